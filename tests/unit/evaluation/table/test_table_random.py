"""Any well-formed scheme over any table of figures: a result that holds together, or a refusal with its place."""

from __future__ import annotations

import csv
import math
from pathlib import Path
from typing import Any, get_args

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from dagster_project.evaluation.table.figures import read_table
from dagster_project.evaluation.table.problem import FileError
from dagster_project.evaluation.table.result import TableScores, rows_of, score_table
from dagster_project.evaluation.table.scheme_file import read_scheme_file
from dagster_project.evaluation.table.scheme_uncertainty import ALTERNATIVES, IMPUTATIONS
from dagster_project.scoring.scheme import Aggregation, TreatmentMethod, Weighting

COLUMNS = ("p", "q", "r", "s", "t")
figures = st.one_of(st.none(), st.integers(-3, 9), st.floats(-1e6, 1e6).map(lambda x: round(x, 3)))
tables = st.lists(st.tuples(st.sampled_from(["n", "s", ""]), *[figures] * len(COLUMNS)), min_size=1, max_size=8)

goalposts = st.fixed_dictionaries(
    {"method": st.just("goalposts"), "low": st.integers(-9, 0), "high": st.integers(1, 9)}
)
targets = st.fixed_dictionaries(
    {"method": st.just("target"), "target": st.integers(1, 9), "cap": st.sampled_from([1, 1.5])}
)
choices: st.SearchStrategy[Any] = st.one_of(st.sampled_from(ALTERNATIVES), goalposts, targets)
measures = st.sampled_from([{}, {"measure": "change", "before": "t"}, {"measure": "growth", "before": "t"}])


@st.composite
def leaves(draw: st.DrawFn, name: str) -> dict[str, Any]:
    normaliser = draw(choices)
    fixed = isinstance(normaliser, dict)
    treatments = ["none", "winsorise"] if fixed else get_args(TreatmentMethod)
    return {
        "id": name,
        "direction": draw(st.sampled_from(["higher", "lower"])),
        "normaliser": normaliser,
        "treatment": draw(st.sampled_from(treatments)),
        "imputation": draw(st.sampled_from(IMPUTATIONS)),
        **draw(measures),
        **draw(st.sampled_from([{}, {"weight": 2.5}])),
    }


@st.composite
def schemes(draw: st.DrawFn) -> dict[str, Any]:
    def node(name: str, children: list[dict[str, Any]]) -> dict[str, Any]:
        weighting = draw(st.sampled_from(get_args(Weighting)))
        for child in children:
            if weighting not in ("given", "combined") or any("weight" not in one for one in children):
                child.pop("weight", None)
        aggregation = draw(st.sampled_from(get_args(Aggregation)))
        floor = {"floor": 1} if aggregation in ("geometric", "harmonic") and draw(st.booleans()) else {}
        share = draw(st.sampled_from([0.01, 0.5, 1]))
        return {"id": name, "aggregation": aggregation, "weighting": weighting, "min_coverage": share, **floor} | {
            "children": children
        }

    p, q, r, s = (draw(leaves(name)) for name in COLUMNS[:4])
    tree = node("root", [node("left", [p, q]), node("right", [r]), s])
    tiers = [[{"name": "A", "share": 0.4}, {"name": "B", "share": 0.6}], [{"name": "A", "from": 60}, {"name": "B"}]]
    return {
        "id": "any",
        "group": "area",
        "decimals": draw(st.integers(0, 4)),
        "scope": draw(st.sampled_from(["group", "all"])),
        "tie_rule": draw(st.sampled_from(["min", "max", "dense"])),
        "tree": tree,
        "bonuses": [{"column": "t", "points": draw(st.integers(-1, 1)), "cap": 5}],
        "tiers": draw(st.sampled_from(tiers)),
    }


def holds_together(result: TableScores) -> None:
    leaves_of: dict[str, list[dict[str, str]]] = {}
    for row in rows_of(result):
        leaves_of.setdefault(row["unit"], []).append(row)
        assert (row["score"] == "") <= (row["rank"] == "")
        assert 0 <= float(row["coverage"]) <= 1 + 1e-9
    for rows in leaves_of.values():
        root, indicators = rows[0], [row for row in rows if row["kind"] == "indicator"]
        assert (root["rank"] == "") == (root["reason"] != "")
        assert (root["tier"] == "") == (root["rank"] == "")
        if root["unrounded"]:
            total = float(root["unrounded"])
            parts = math.fsum(float(row["contribution"]) for row in indicators)
            assert math.isclose(parts, total, rel_tol=1e-9, abs_tol=1e-9)
            assert math.isclose(math.fsum(float(row["weight_in_force"]) for row in indicators), 1, rel_tol=1e-9)


def scored(folder: Path, table: list[tuple[Any, ...]], scheme: dict[str, Any], draws: int | None) -> TableScores | None:
    """None if it is refused, which then says where in the scheme."""
    (folder / "s.yml").write_text(yaml.safe_dump(scheme, sort_keys=False), encoding="utf-8")
    with (folder / "t.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["unit", "area", *COLUMNS])
        writer.writerows([f"u{at}", *row] for at, row in enumerate(table))
    asked = read_scheme_file(folder / "s.yml")
    try:
        return score_table(read_table(folder / "t.csv", asked), asked, draws)
    except FileError as error:
        assert error.problems and all(problem.file.endswith("s.yml") and problem.line > 1 for problem in error.problems)
        return None


@settings(max_examples=300, deadline=None)
@given(tables, schemes())
def test_a_result_that_holds_together_or_a_refusal(
    tmp_path_factory: pytest.TempPathFactory, table: list[tuple[Any, ...]], scheme: dict[str, Any]
) -> None:
    result = scored(tmp_path_factory.getbasetemp(), table, scheme, None)
    if result is not None:
        holds_together(result)


@settings(max_examples=100, deadline=None)
@given(tables, schemes())
def test_draws_change_no_score_and_hold_the_rank_of_whoever_is_ranked(
    tmp_path_factory: pytest.TempPathFactory, table: list[tuple[Any, ...]], scheme: dict[str, Any]
) -> None:
    folder = tmp_path_factory.getbasetemp()
    drawn = scored(folder, table, scheme, 5)
    if drawn is not None:
        plain = scored(folder, table, scheme, None)
        assert plain is not None and plain.scores.rank.tolist() == drawn.scores.rank.tolist()
        for row in rows_of(drawn):
            if row["kind"] == "root":
                assert (row["rank"] == "") == (row["rank_low"] == "") == (row["apart"] == "")
