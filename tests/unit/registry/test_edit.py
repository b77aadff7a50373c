"""Rows put into seed files: sorted, nothing else touched, refused where lint would complain; ids that end."""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path

import pytest

from dagster_project import registry
from dagster_project.registry.edit import Change, EditError, Refused, added, apply, cells_of
from dagster_project.registry.succession import rename, retire

SMALL = Path(__file__).parents[2] / "integration" / "small_world" / "seeds"
REASON = ("合并口径", "definitions merged")


@pytest.fixture
def seeds(tmp_path: Path) -> Path:
    return Path(shutil.copytree(SMALL, tmp_path / "seeds"))


def lines(seeds: Path, file: str) -> list[str]:
    return (seeds / file).read_text(encoding="utf-8").splitlines()


def kpi(seeds: Path, indicator_id: str) -> dict[str, str]:
    return cells_of(seeds, "indicator", indicator_id=indicator_id)[-1]


def free_kpi(seeds: Path, besides: str = "") -> str:
    """A KPI that no scheme weighs."""
    weighed = {besides, *(row["node_id"] for row in cells_of(seeds, "scheme_node"))}
    return next(row["indicator_id"] for row in cells_of(seeds, "indicator") if row["indicator_id"] not in weighed)


def test_an_added_row_stands_in_its_place_and_no_other_line_changes(seeds: Path) -> None:
    before = lines(seeds, "indicator/indicator.csv")
    new = {**kpi(seeds, "output"), "indicator_id": "output_more", "name_zh": "再产出", "name_en": "More output"}
    new |= {"transform": "growth", "span_periods": "1"}
    assert [path.name for path in apply(seeds, [added("indicator", new)])] == ["indicator.csv"]
    after = lines(seeds, "indicator/indicator.csv")
    assert [line for line in after if line not in before] == [line for line in after if line.startswith("output_more,")]
    assert [line for line in after if line in before] == before
    assert registry.lint(registry.load(seeds)) == []


def test_a_row_is_changed_in_place_and_removed(seeds: Path) -> None:
    row = cells_of(seeds, "body")[0]
    before = lines(seeds, "body/body.csv")
    apply(seeds, [added("body", {**row, "name_en": "Another name, with a comma"})])
    assert cells_of(seeds, "body", body_id=row["body_id"])[0]["name_en"] == "Another name, with a comma"
    assert len(lines(seeds, "body/body.csv")) == len(before)
    with pytest.raises(Refused) as refused:
        apply(seeds, [Change("body", (row["body_id"],), None)])
    assert {finding.rule for finding in refused.value.findings} == {"dangling"}
    assert "Another name" in lines(seeds, "body/body.csv")[1]
    with pytest.raises(EditError, match="no row nobody"):
        apply(seeds, [Change("body", ("nobody",), None)])


def test_what_would_not_lint_is_refused_and_nothing_is_written(seeds: Path) -> None:
    before = lines(seeds, "indicator/indicator.csv")
    with pytest.raises(Refused, match="duplicate_meaning"):
        apply(
            seeds,
            [
                added(
                    "indicator", {**kpi(seeds, "output"), "indicator_id": "twin", "name_zh": "孪生", "name_en": "Twin"}
                )
            ],
        )
    assert lines(seeds, "indicator/indicator.csv") == before


def test_a_retired_kpi_keeps_its_past_and_its_id_is_gone(seeds: Path) -> None:
    gone = free_kpi(seeds)
    apply(seeds, retire(seeds, gone, date(2024, 12, 31), REASON))
    assert kpi(seeds, gone) | {"status": "retired", "valid_to": "2024-12-31"} == kpi(seeds, gone)
    assert cells_of(seeds, "succession")[0]["reason_en"] == REASON[1]
    with pytest.raises(EditError, match="ended already"):
        retire(seeds, gone, date(2025, 12, 31), REASON)
    again = {**kpi(seeds, gone), "version": "2", "valid_from": "2026-01-01", "valid_to": "", "status": "active"}
    with pytest.raises(Refused, match="id_reused"):
        apply(seeds, [added("indicator", again)])


def test_a_scheme_in_force_holds_its_kpis(seeds: Path) -> None:
    weighed = next(row["node_id"] for row in cells_of(seeds, "scheme_node") if row["normaliser"])
    with pytest.raises(EditError, match="weighed by"):
        retire(seeds, weighed, date(2024, 12, 31), REASON)
    with pytest.raises(EditError, match="in force"):
        rename(seeds, weighed, "another", date(2022, 12, 31), REASON)


def test_a_kpi_does_not_end_after_its_end(seeds: Path) -> None:
    with pytest.raises(EditError, match="holds until 2023-12-31 already"):
        rename(seeds, "output_growth", "another", date(2024, 12, 31), REASON)


def test_a_renamed_kpi_keeps_its_place_and_judgements_in_a_draft(seeds: Path) -> None:
    scheme = seeds / "scoring" / "scheme.csv"
    scheme.write_text(scheme.read_text(encoding="utf-8").replace(",active,", ",draft,"), encoding="utf-8")
    tree = seeds / "scoring" / "scheme_node.csv"
    text = tree.read_text(encoding="utf-8").replace("expert", "ahp").replace(",0.4,", ",,").replace(",0.6,,,", ",,,,")
    tree.write_text(text, encoding="utf-8")
    row = {"scheme_id": "progress", "version": "1", "parent_id": "progress"}
    row |= {"node_a": "output_per_head", "node_b": "output_growth", "ratio": "2"}
    apply(seeds, [added("judgement", row)])
    apply(seeds, rename(seeds, "output_growth", "another", date(2022, 12, 31), REASON, ("另一指标", "Another")))
    assert {one["node_id"] for one in cells_of(seeds, "scheme_node", parent_id="progress")} == {
        "another",
        "output_per_head",
    }
    assert cells_of(seeds, "judgement") == [{**row, "node_b": "another"}]


def test_a_renamed_kpi_goes_on_under_its_new_id(seeds: Path) -> None:
    old = free_kpi(seeds)
    terms = kpi(seeds, old)
    apply(
        seeds, rename(seeds, old, "renamed_kpi", date(2024, 12, 31), REASON, ("新名", "New name"), date(2025, 12, 31))
    )
    fresh = kpi(seeds, "renamed_kpi")
    assert (fresh["valid_from"], kpi(seeds, old)["valid_to"]) == ("2025-01-01", "2025-12-31")
    assert (fresh["name_zh"], fresh["name_en"]) == ("新名", "New name")
    for field in ("numerator", "denominator", "transform", "owner", "definition_zh"):
        assert fresh[field] == terms[field]
    targets = [{**row, "indicator_id": "renamed_kpi"} for row in cells_of(seeds, "target", indicator_id=old)]
    assert cells_of(seeds, "target", indicator_id="renamed_kpi") == targets
    with pytest.raises(EditError, match="is taken"):
        rename(seeds, free_kpi(seeds, besides=old), "renamed_kpi", date(2024, 12, 31), REASON)


def test_an_unknown_kpi_is_told(seeds: Path) -> None:
    with pytest.raises(EditError, match="no KPI has the id nothing"):
        retire(seeds, "nothing", date(2024, 12, 31), REASON)


def test_a_file_keeps_its_line_ends_and_counts_its_versions(seeds: Path) -> None:
    path = seeds / "indicator" / "indicator.csv"
    path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    before = path.read_bytes().splitlines(keepends=True)
    first = kpi(seeds, free_kpi(seeds))
    versions = [
        added("indicator", {**first, "version": str(n), "valid_from": f"{2000 + n}-01-01", "valid_to": until})
        for n, until in ((1, "2001-12-31"), (2, "2009-12-31"), (10, ""))
    ]
    apply(seeds, [*versions[::2], versions[1]])
    after = path.read_bytes().splitlines(keepends=True)
    assert all(line.endswith(b"\r\n") for line in after)
    assert [row["version"] for row in cells_of(seeds, "indicator", indicator_id=first["indicator_id"])] == [
        "1",
        "2",
        "10",
    ]
    assert [line for line in before if line not in after] == [
        line for line in before if line.startswith(f"{first['indicator_id']},".encode())
    ]


def test_a_line_too_short_is_stepped_over(seeds: Path) -> None:
    path = seeds / "body" / "body.csv"
    path.write_text(path.read_text(encoding="utf-8") + "\nzzz\n", encoding="utf-8")
    apply(seeds, [added("body", {"body_id": "a_desk", "name_zh": "专班", "name_en": "A desk"})])
    assert lines(seeds, "body/body.csv")[1].startswith("a_desk,")
