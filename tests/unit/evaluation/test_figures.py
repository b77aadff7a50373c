"""Which figure of an indicator a scheme's period has."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
import pytest

from dagster_project.evaluation.figures import read_figures, wanted
from dagster_project.registry.period import periods
from dagster_project.scoring.scheme import SchemeError

FIRST, LAST = date(1900, 1, 1), date(9999, 12, 31)
# indicator: frequency, time rule of its numerator.
KPIS = {
    "own": ("quarter", "sum"),
    "yearly": ("year", "sum"),
    "monthly": ("month", "sum"),
    "unrolled": ("month", "none"),
}


def world() -> dict[str, pd.DataFrame]:
    scheme = {"scheme_id": "s", "version": 1, "unit_grain": "unit", "frequency": "quarter", "status": "active"}
    node = {"scheme_id": "s", "version": 1, "normaliser": "rank"}
    return {
        "scheme": pd.DataFrame([scheme, scheme | {"scheme_id": "old", "status": "retired"}]),
        "scheme_node": pd.DataFrame(
            [node | {"node_id": name} for name in KPIS] + [node | {"node_id": "x", "normaliser": None}]
        ),
        "adjustment": pd.DataFrame([{"scheme_id": "s", "version": 1, "indicator_id": "extra"}]),
        "indicator": pd.DataFrame(
            [
                {"indicator_id": name, "version": 1, "frequency": how[0], "numerator": f"m_{name}", "denominator": None}
                for name, how in {**KPIS, "extra": ("quarter", "sum")}.items()
            ]
        ),
        "measure": pd.DataFrame(
            [("m_extra", "sum"), *((f"m_{name}", how[1]) for name, how in KPIS.items())],
            columns=["measure_id", "time_rule"],
        ),
        "region_unit": pd.DataFrame(
            [("unit", name, FIRST, LAST) for name in "AB"],
            columns=["unit_grain", "region_id", "valid_from", "valid_to"],
        ),
        "target_span": pd.DataFrame(
            [
                ("own", "*", FIRST, LAST, 0.0, 10.0, None, None),
                ("own", "B", date(2024, 4, 1), LAST, 5.0, 20.0, 1.0, 2.0),
            ],
            columns=["indicator_id", "region_id", "valid_from", "valid_to", "goal_low", "goal_high", "low", "high"],
        ),
        "period": periods(),
    }


def figures(values: list[tuple[str, str, str, float]], absences: list[tuple[str, str, str, str]] | None = None):
    rows = pd.DataFrame(values, columns=["indicator_id", "region_id", "period_id", "value"])
    rows = rows.assign(numerator=None, denominator=None, target=None, flags=0)
    gone = pd.DataFrame(absences or [], columns=["indicator_id", "region_id", "period_id", "state"])
    return read_figures(world(), "unit", "quarter", rows, gone)


OWN = [("own", name, period, 1.0) for name in "AB" for period in ("2024Q3", "2024Q4", "2025Q1")]


def of(found, indicator: str, unit: str, what: str = "value") -> list[float | str | None]:
    row = getattr(found, what)[found.indicators.get_loc(indicator), :, found.units.get_loc(unit)]
    if what == "source":
        return [found.source_ids[at] for at in row]
    return [None if np.isnan(one) else one for one in row.astype(float)]


def test_what_is_asked_for() -> None:
    """An indicator that is rolled up to quarters is read there; the others at their own periods too."""
    asked = wanted(world())
    assert set(asked.itertuples(index=False, name=None)) == {
        *((name, "unit", "quarter") for name in (*KPIS, "extra")),
        ("yearly", "unit", "year"),
        ("unrolled", "unit", "month"),
    }


def test_a_slower_indicator_enters_with_its_newest_period_that_has_ended() -> None:
    found = figures([*OWN, ("yearly", "A", "2023", 7.0), ("yearly", "A", "2024", 8.0)])
    assert found.period_ids.tolist() == ["2024Q3", "2024Q4", "2025Q1"]
    assert of(found, "yearly", "A") == [7.0, 8.0, 8.0]
    assert of(found, "yearly", "A", "source") == ["2023", "2024", "2024"]


def test_before_it_is_due_the_year_before_counts_and_after_that_it_is_missing() -> None:
    late = [("yearly", "A", "2024", "not_yet_due"), ("yearly", "B", "2024", "missing")]
    found = figures([*OWN, *(("yearly", name, "2023", 7.0) for name in "AB")], late)
    assert of(found, "yearly", "A") == [7.0, 7.0, 7.0]
    assert of(found, "yearly", "A", "source")[-1] == "2023"
    assert of(found, "yearly", "B") == [7.0, None, None]


def test_what_does_not_apply_in_its_own_period_does_not_apply() -> None:
    gone = [("yearly", "A", "2024", "not_applicable"), ("own", "B", "2024Q4", "not_applicable")]
    found = figures(OWN, gone)
    assert of(found, "yearly", "A", "applies") == [1, 0, 0]
    assert of(found, "own", "B", "applies") == [1, 0, 1]


def test_an_indicator_that_is_not_rolled_up_enters_with_the_last_month() -> None:
    months = [
        ("unrolled", "A", month, value) for month, value in (("2024M08", 1.0), ("2024M09", 2.0), ("2024M11", 3.0))
    ]
    assert of(figures([*OWN, *months]), "unrolled", "A") == [2.0, None, None]


def test_a_period_is_not_there_for_a_carried_figure_alone() -> None:
    found = figures([("own", "A", "2024Q3", 1.0), ("yearly", "A", "2023", 7.0), ("monthly", "A", "2024M01", 2.0)])
    assert found.period_ids.tolist() == ["2024Q3"]


def test_the_units_own_goalposts_beat_everyones() -> None:
    found = figures([*OWN, ("own", "A", "2024Q1", 1.0), ("own", "B", "2024Q1", 1.0)])
    assert (of(found, "own", "A", "low"), of(found, "own", "B", "low")) == ([0.0] * 4, [0.0, 5.0, 5.0, 5.0])
    assert of(found, "own", "B", "best_high") == [None, 2.0, 2.0, 2.0]


def test_two_figures_for_one_key_are_refused() -> None:
    with pytest.raises(SchemeError, match=r"several values for \['own', 'A', '2024Q3'\]"):
        figures([*OWN, OWN[0]])
