"""`citydeck kpi preview` says what a build then gives, figure for figure, and writes nothing."""

from __future__ import annotations

import csv
import hashlib
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import duckdb
import pytest

from dagster_project import registry, settings
from dagster_project.warehouse.core import NoPreview
from dagster_project.warehouse.edited import edited
from dagster_project.warehouse.preview import preview
from dagster_project.warehouse.snapshot import folder_of
from tests.integration.deck import Deck

TODAY = "2024-03-31"
FIGURES = "select * from {}core.{} where indicator_id in ({})"
TARGET = ("target/target.csv", {"indicator_id": "output", "region_id": "*"}, {"target": "70"})
FACTOR = ("indicator/indicator.csv", {"indicator_id": "output_per_head"}, {"factor": "1000", "unit_zh": "十元/人"})
NUMERATOR = ("indicator/indicator.csv", {"indicator_id": "permits"}, {"numerator": "residents"})
SOURCE = ("measure/measure_source.csv", {"source_code": "wait", "measure_id": "peak"}, {"factor": "2"})
RULE = ("measure/measure.csv", {"measure_id": "permits"}, {"min_coverage": "1"})
WEIGHTS = (
    *(
        ("scoring/scheme_node.csv", {"node_id": node}, {"weight": weight})
        for node, weight in (("output_growth", "0.9"), ("output_per_head", "0.1"))
    ),
)
GOALPOSTS = ("target/target.csv", {"indicator_id": "output_growth"}, {"goal_high": "40"})
NEW = (
    "indicator/indicator.csv",
    {"indicator_id": "output"},
    {"indicator_id": "output_per_town", "name_zh": "镇均产出", "name_en": "Output per town", "denominator": "towns"},
)


def rewrite(seeds: Path, edit: tuple[str, dict[str, str], dict[str, str]], *, add: bool = False) -> None:
    """Change the cells of the rows that match; with `add`, leave them and put the changed copies beside them."""
    file, match, cells = edit
    with (seeds / file).open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    found = [row for row in rows if match.items() <= row.items()]
    assert len(found) == 1, edit
    changed = {**found[0], **cells}
    rows = [*rows, changed] if add else [changed if row is found[0] else row for row in rows]
    with (seeds / file).open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, rows[0], lineterminator="\n")
        writer.writeheader()
        writer.writerows(sorted(rows, key=lambda row: tuple(row.values())[:3]))


@pytest.fixture
def working(small_deck: Deck, tmp_path: Path) -> Iterator[Deck]:
    """The small world as built, with a registry that may be edited."""
    shutil.copytree(small_deck.seeds, tmp_path / "seeds")
    yield replace(small_deck, seeds=tmp_path / "seeds")


def told(deck: Deck) -> settings.Settings:
    return replace(settings.load(), data=deck.data, seeds=deck.seeds)


def prints(*folders: Path) -> dict[str, str]:
    """Every file below with the hash of its content."""
    return {
        str(path): hashlib.sha256(path.read_bytes()).hexdigest()
        for folder in folders
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def keyed(connection: duckdb.DuckDBPyConnection, query: str, keys: int) -> dict[Any, tuple[Any, ...]]:
    return {row[:keys]: row[keys:] for row in connection.execute(query).fetchall()}


def assert_same(made: dict[Any, tuple[Any, ...]], wanted: dict[Any, tuple[Any, ...]]) -> None:
    assert sorted(made.keys() ^ wanted.keys()) == []
    for key, row in wanted.items():
        assert made[key] == tuple(
            pytest.approx(cell, rel=1e-9, nan_ok=True) if isinstance(cell, float) else cell for cell in row
        ), key


def test_a_preview_is_what_a_build_then_gives(working: Deck, tmp_path: Path) -> None:
    """A target, a factor, a numerator, a source, a rule, goalposts, weights and a new KPI, edited all at once."""
    for edit in (TARGET, FACTOR, NUMERATOR, SOURCE, RULE, GOALPOSTS, *WEIGHTS):
        rewrite(working.seeds, edit)
    rewrite(working.seeds, NEW, add=True)
    before = prints(working.data, working.seeds)
    loaded = registry.load(working.seeds)
    assert registry.lint(loaded) == []
    after = Deck(tmp_path / "data", working.seeds)
    after.build(TODAY)
    with (
        edited(folder_of(told(working).warehouse), loaded, told(working)) as scratch,
        after.warehouse("current") as built,
    ):
        found = preview(scratch)
        assert prints(working.data, working.seeds) == before
        ids = ", ".join(f"'{name}'" for name in scratch.indicators)
        assert scratch.indicators == {
            *("output", "output_growth", "output_per_head", "output_per_town", "peak", "permit_rate", "permits"),
        }
        for model in ("indicator_value", "indicator_absence"):
            order = "select indicator_id, version, region_id, period_id, * from ({})"
            made = keyed(scratch.connection, order.format(FIGURES.format("", model, ids)), 4)
            assert len(made) > 10
            assert_same(made, keyed(built, order.format(FIGURES.format("", model, ids)), 4))
            # What is not affected is as it was.
            rest = order.format(f"select * from {{}}core.{model} where indicator_id not in ({ids})")
            unmoved = keyed(scratch.connection, rest.format("warehouse."), 4)
            assert_same(unmoved, keyed(built, rest.format(""), 4))
        for name, keys in (("ranking", 3), ("score_series", 4)):
            file = after.data / "warehouse" / "current" / "scores" / f"{name}.parquet"
            columns = "scheme_id, region_id, period_id" + (", node_id" if keys == 4 else "")
            # A preview draws nothing: that would take longer than the build of this city.
            told_by_draws = " exclude (rank_low, rank_high, apart)" if name == "ranking" else ""
            made = keyed(scratch.connection, f"select {columns}, *{told_by_draws} from {name}", keys)
            assert len(made) >= 6
            assert_same(made, keyed(built, f"select {columns}, *{told_by_draws} from '{file}'", keys))
    rows = {(row["indicator_id"], row["level"]): row for row in found.indicators if row["at_time"]}
    assert rows["output_per_head", "city"]["changed"] == 2
    assert rows["output_per_town", "city"]["added"] > 0
    assert rows["output", "district"]["targets"] == 7
    assert ("output", "watch", "on_target", 1) in [tuple(row.values()) for row in found.statuses]
    assert found.schemes[0]["scores"] > 0


@pytest.mark.parametrize("edit", [TARGET, FACTOR, RULE, WEIGHTS[0]], ids=["target", "factor", "rule", "weight"])
def test_only_what_is_affected_is_made_again(working: Deck, edit: Any) -> None:
    for one in WEIGHTS if edit in WEIGHTS else (edit,):
        rewrite(working.seeds, one)
    affected = {"target": {"output"}, "indicator": {"output_per_head"}, "measure": {"permits", "permit_rate"}}
    with edited(folder_of(told(working).warehouse), registry.load(working.seeds), told(working)) as scratch:
        found = preview(scratch)
        assert scratch.indicators == affected.get(edit[0].split("/")[0], set())
        made = scratch.connection.execute(
            "select table_name from duckdb_tables() where schema_name = 'core' and database_name = 'memory'"
        ).fetchall()
        assert (("measure_base",) in made) == (edit is RULE)
    assert {row["edit"] for row in found.edits} == {"changed"}
    if edit in WEIGHTS:
        assert not found.indicators
        assert [row["region_id"] for row in found.ranks] == ["900101", "900102", "900103"]


def test_an_unedited_registry_changes_nothing(working: Deck) -> None:
    assert "none" in working.must("kpi", "preview", today=TODAY)


def test_the_command_names_what_moves(working: Deck) -> None:
    rewrite(working.seeds, FACTOR)
    before = prints(working.data, working.seeds)
    said = working.must("kpi", "preview", today=TODAY)
    assert "人均产出 · Output per head (output_per_head)" in said
    assert "北区 North 2023: 605.0 → 60.5" in said
    found = working.json("kpi", "preview", "output_per_head", today=TODAY)
    assert {row["indicator_id"] for row in found["places"]} == {"output_per_head"}
    assert working.json("kpi", "preview", "wait", today=TODAY)["indicators"] == []
    unknown = working.run("kpi", "preview", "wiat", today=TODAY)
    assert unknown.returncode == 1 and "did you mean wait?" in " ".join(unknown.stderr.split())
    assert prints(working.data, working.seeds) == before


def test_a_registry_that_does_not_lint_is_refused(working: Deck) -> None:
    rewrite(working.seeds, (*FACTOR[:2], {"numerator": "nothing"}))
    refused = working.run("kpi", "preview", today=TODAY)
    assert refused.returncode == 1
    assert "numerator" in refused.stderr and refused.stdout == ""


def test_an_edit_of_regions_asks_for_a_build(working: Deck) -> None:
    rewrite(working.seeds, ("region/region.csv", {"region_id": "900103"}, {"name_en": "Far North"}))
    refused = working.run("kpi", "preview", today=TODAY)
    assert refused.returncode == 1
    assert "region" in refused.stderr and "citydeck build" in refused.stderr


def test_other_code_than_the_snapshots_asks_for_a_build(working: Deck, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dagster_project.warehouse.core.code_version", lambda: "other")
    folder = folder_of(told(working).warehouse)
    with (
        pytest.raises(NoPreview, match="citydeck build"),
        edited(folder, registry.load(working.seeds), told(working)),
    ):
        pass
