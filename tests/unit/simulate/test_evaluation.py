"""Recall and precision of findings against planted faults, on a handful of rows."""

from __future__ import annotations

import pandas as pd
import pytest

from dagster_project.simulate.evaluation import MATCHED, TOTAL, encodings_read, evaluate

FINDING = ["rule_id", "feed_id", "period_id", "unit_id", "region_id", "measure_id", "file"]
TRUTH = ["kind", "feed", "period_id", "unit_id", "region_id", "measure_id", "file"]
RETURN, FILE = ("economy_month", "2024M03"), "economy_month_2024M03.csv"


def finding(*rows: tuple[str | None, ...]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=FINDING)


def truth(*rows: tuple[str, ...]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=TRUTH)


def of(kind: str, finding: pd.DataFrame, truth: pd.DataFrame) -> dict[str, float]:
    table = evaluate(finding, truth).set_index("kind")
    return table.loc[kind, ["planted", "found", "findings", "recall", "precision"]].to_dict()


def test_what_was_planted_and_found_and_what_was_not() -> None:
    planted = truth(*(("late", *RETURN, unit, "", "", FILE) for unit in ("A", "B", "C", "D")))
    found = finding(*(("late_return", *RETURN, unit, unit, None, None) for unit in ("A", "B", "C", "X")))
    expected = {"planted": 4, "found": 3, "findings": 4, "recall": 0.75, "precision": 0.75}
    assert of("late", found, planted) == of(TOTAL, found, planted) == expected


def test_each_planted_row_wants_a_row_of_its_own() -> None:
    """Three codes in one file that nobody knows, of which two are found; and a second file where one too many is."""
    planted = truth(
        *[("unknown_code", *RETURN, "A", "a", "jobs", FILE)] * 3,
        ("unknown_code", *RETURN, "A", "a", "jobs", "other.csv"),
    )
    found = finding(
        *[("unknown_code", *RETURN, None, None, None, FILE)] * 2,
        *[("unknown_code", *RETURN, None, None, None, "other.csv")] * 2,
    )
    assert of("unknown_code", found, planted) == {
        "planted": 4,
        "found": 3,
        "findings": 4,
        "recall": 0.75,
        "precision": 0.75,
    }


def test_a_slip_spoils_all_figures_of_a_unit_and_counts_once() -> None:
    planted = truth(("unit_slip", *RETURN, "G1", "1", "jobs", FILE))
    found = finding(*(("unit_slip", *RETURN, "G1", region, "jobs", None) for region in ("1", "G1")))
    assert of("unit_slip", found, planted)["findings"] == 1
    assert of("unit_slip", found, planted)["precision"] == 1


def test_a_figure_is_its_measure_region_and_period() -> None:
    planted = truth(("negative", *RETURN, "A", "a", "jobs", FILE))
    for other in (("2024M04", "A", "a", "jobs"), ("2024M03", "A", "b", "jobs"), ("2024M03", "A", "a", "firms")):
        assert of("negative", finding(("negative_count", "economy_month", *other, None)), planted)["found"] == 0
    assert of("negative", finding(("negative_count", *RETURN, "A", "a", "jobs", None)), planted)["found"] == 1


def test_a_habit_is_of_no_period() -> None:
    planted = truth(("heaping", "economy_month", "", "A", "", "jobs", ""))
    assert of("heaping", finding(("heaping", *RETURN, "A", "A", "jobs", None)), planted)["recall"] == 1


def test_a_finding_of_another_kind_is_no_finding() -> None:
    planted = truth(("impossible_sum", *RETURN, "A", "a", "jobs", FILE))
    table = evaluate(finding(("unit_slip", *RETURN, "A", "a", "jobs", None)), planted).set_index("kind")
    assert table.loc["impossible_sum", "recall"] == 0
    assert table.loc["unit_slip", "precision"] == 0
    assert pd.isna(table.loc["late", "recall"])


def test_nothing_at_all() -> None:
    table = evaluate(finding(), truth())
    assert table["kind"].tolist() == [*MATCHED, TOTAL]
    assert table["recall"].isna().all()


@pytest.mark.parametrize(("read_as", "recall"), [("gb18030", 1.0), ("utf-8", 0.0)])
def test_an_encoding_is_told_by_the_manifest(read_as: str, recall: float) -> None:
    planted = truth(("gb18030", *RETURN, "", "", "", FILE))
    assert encodings_read(planted, {FILE: read_as})["recall"].tolist() == [recall]


def test_what_was_missing_and_came_later_is_late() -> None:
    planted = truth(
        ("missing", *RETURN, "A", "", "", ""),
        ("missing", *RETURN, "B", "", "", ""),
        ("missing", *RETURN, "B", "", "", ""),
        ("late", *RETURN, "A", "", "", FILE),
    )
    nothing = finding()
    assert [of(kind, nothing, planted)["planted"] for kind in ("missing", "late")] == [1, 1]
