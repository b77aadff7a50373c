"""Scheme files: what they mean, every refusal with its place, and that nothing malformed ever ends in a traceback."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any, get_args

import numpy as np
import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dagster_project.evaluation.table import (
    scheme_choices,
    scheme_file,
    scheme_tree,
    scheme_uncertainty,
    scheme_weights,
)
from dagster_project.evaluation.table.figures import read_table
from dagster_project.evaluation.table.problem import FileError, SchemeFileError
from dagster_project.evaluation.table.result import score_table
from dagster_project.evaluation.table.scheme_file import SchemeFile, read_scheme_file
from dagster_project.scoring.scheme import Aggregation, ImputationMethod, Indicator, Method, TreatmentMethod, Weighting

ROOT = Path(__file__).parents[4]
GUIDE = (ROOT / "docs" / "how-to" / "score-a-table.md").read_text(encoding="utf-8")

TABLE = """unit,area,a,b,c,d,e,then,people
one,n,1,5,2,9,1,2,10
two,n,2,4,,8,0,1,20
three,s,3,3,8,7,2,0,30
four,s,4,1,16,6,0,,40
"""
WHOLE = """id: whole
name: {zh: 全, en: Whole}
group: area
out_of: 10
decimals: 1
scope: all
tie_rule: dense
defaults:
  direction: higher
  normaliser: {method: minmax, floor: 0.1, ceiling: 10}
  treatment: {method: winsorise, max_points: 2}
  min_coverage: 0.5
tree:
  id: total
  weighting: ahp
  judgements: [[left, right, 3], [left, e, 2], [right, e, 1/2]]
  children:
    - id: left
      aggregation: geometric
      floor: 0.5
      children:
        - {id: a, weight: 0.6, denominator: people, imputation: group_mean}
        - {id: b, weight: 0.4, direction: lower, normaliser: {method: target, target: 3, cap: 1.2}}
    - id: right
      aggregation: topsis
      weighting: entropy
      children:
        - {id: c, transform: log, normaliser: {method: goalposts, low: 1, high: 32}}
        - {id: pace, column: d, measure: growth, before: then}
        - {id: middle, column: d, normaliser: {method: interval_best, best: [7, 8], worst: [0, 20]}, spread: 0.5}
    - e
bonuses: [{column: e, points: -0.1, cap: 1}]
bonus_cap: 2
vetoes: [{column: e, above: 5, effect: lowest_tier}]
tiers: [{name: A, from: 6.5}, {name: B, from: 5}, {name: C}]
uncertainty:
  seed: 3
  weight_noise: 0.1
  normalisers: [percentile_rank]
  aggregations: [arithmetic]
  max_points: [0, 3]
  imputations: [none]
  leave_one_out: true
"""


def parsed(folder: Path, text: str) -> SchemeFile:
    (folder / "s.yml").write_text(text, encoding="utf-8")
    return read_scheme_file(folder / "s.yml")


def problems(folder: Path, text: str | bytes) -> list[str]:
    """What is refused, without the folder's path; [] if nothing is."""
    (folder / "s.yml").write_bytes(text.encode() if isinstance(text, str) else text)
    try:
        read_scheme_file(folder / "s.yml")
    except SchemeFileError as error:
        assert str(error)
        return [str(problem).replace(f"{folder}/", "") for problem in error.problems]
    return []


def test_a_whole_scheme(tmp_path: Path) -> None:
    found = parsed(tmp_path, WHOLE)
    scheme = found.scheme
    assert [node.id for node in scheme.indicators] == ["a", "b", "c", "pace", "middle", "e"]
    assert list(found.places) == ["total", "left", "a", "b", "right", "c", "pace", "middle", "e"]
    assert (scheme.decimals, scheme.scope, scheme.tie_rule, found.decimals, found.out_of) == (0, "all", "dense", 1, 10)
    a, b, c, pace, middle, _ = (
        scheme.indicators[scheme.place[name]] for name in ("a", "b", "c", "pace", "middle", "e")
    )
    assert (a.normaliser.floor, a.normaliser.ceiling, a.imputation.method, a.treatment.max_points) == (
        1,
        100,
        "group_mean",
        2,
    )
    assert (b.normaliser.method, b.normaliser.direction, b.normaliser.cap, b.weight) == ("target", -1, 1.2, 0.4)
    assert (middle.normaliser.direction, pace.normaliser.method, c.normaliser.method) == (1, "minmax", "goalposts")
    assert found.leaves[2].references == {"low": 0.0, "high": math.log(32)}
    assert found.leaves[4].references == {"low": 0.0, "best_low": 7.0, "best_high": 8.0, "high": 20.0}
    left, right, total = (scheme.nodes[scheme.place[name]] for name in ("left", "right", "total"))
    assert not isinstance(left, Indicator) and not isinstance(right, Indicator) and not isinstance(total, Indicator)
    assert (left.floor, left.min_coverage, right.weighting, total.weighting) == (5.0, 0.5, "entropy", "given")
    # Saaty's answer for judgements that agree wholly is the column of any one of them.
    weights = np.array([left.weight, right.weight, scheme.indicators[5].weight])
    np.testing.assert_allclose(weights, ahp_of([[1, 3, 2], [1 / 3, 1, 1 / 2], [1 / 2, 2, 1]]), rtol=1e-12)
    assert scheme.tiers is not None and scheme.tiers.cuts == (65.0, 50.0)
    assert (scheme.bonuses[0].points, scheme.bonuses[0].cap, scheme.bonus_cap) == (-1.0, 10.0, 20.0)
    assert found.names["total"] == "total" and found.name == "全 · Whole"
    assert found.uncertainty.data and found.uncertainty.leave_one_out and found.uncertainty.max_points == (0, 3)


def ahp_of(matrix: list[list[float]]) -> np.ndarray:
    """By the power method, which knows no eigenvalues."""
    weights = np.ones(len(matrix))
    for _ in range(200):
        weights = np.array(matrix) @ weights
        weights /= weights.sum()
    return weights


def test_a_score_of_the_file_is_exact_in_the_engine(tmp_path: Path) -> None:
    """0.55 * 100 is 55.00000000000001 in binary, and nobody at 0.55 would reach the tier that begins there."""
    text = "{id: s, out_of: 1, decimals: 3, tree: {id: t, children: [{id: a, direction: higher}]}, "
    tiers = parsed(tmp_path, text + "tiers: [{name: A, from: 0.55}, {name: B}]}").scheme.tiers
    assert tiers is not None and tiers.cuts == (55.0,)


def test_a_file_as_a_chinese_editor_saves_it(tmp_path: Path) -> None:
    text = "id: 评价\ntree:\n  id: 总分\n  children:\n    - {id: 产值, direction: higher}\n"
    for encoding in ("utf-8", "utf-8-sig", "gb18030", "utf-16"):
        (tmp_path / "s.yml").write_bytes(text.encode(encoding))
        assert read_scheme_file(tmp_path / "s.yml").scheme.indicators[0].id == "产值"


def with_line(old: str, new: str) -> str:
    assert WHOLE.count(old) == 1, old
    return WHOLE.replace(old, new)


LEAF = "    - e\n"


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("", "s.yml:1:1: the file is empty; write id: and tree:"),
        ("- a", "s.yml:1:1: a scheme is no mapping; write it as key: value"),
        ("id: x", "s.yml:1:1: no tree; write tree: at the beginning of a line"),
        ("id: x\ntree: {id: t}", "s.yml:2:7: the tree has no children; write the root's id:"),
        ("id: [", "s.yml:2:1: no YAML: while parsing"),
        ("a: b\n---\nc: d", "s.yml:2:1: no YAML: expected a single document"),
        (b"id: x\n\xff\xff", "s.yml:2:: bytes that are no UTF-8; save the file again as UTF-8"),
        ("id: \x01", "s.yml:1:1: no YAML"),
        (with_line("scope:", "scopes:"), "s.yml:6:1: unknown key 'scopes' in a scheme; did you mean scope?"),
        (with_line("out_of: 10", "out_of: 7"), "s.yml:4:9: out_of is 7; write one of 1, 10, 100, 1000"),
        (with_line("decimals: 1", "decimals: some"), "s.yml:5:11: decimals is 'some'; write a number"),
        (with_line("decimals: 1", "decimals: 1.5"), "s.yml:5:11: decimals is 1.5; write a whole number"),
        (with_line("decimals: 1", "decimals:"), "s.yml:5:10: decimals is empty; write a value for decimals"),
        (with_line("decimals: 1", "id: again"), "s.yml:5:1: id stands twice in a scheme; keep one of them"),
        (
            with_line("scope: all", "scope: everyone"),
            "s.yml:6:8: scope 'everyone' is not offered; write one of group, all",
        ),
        (with_line("weight: 0.6", "weight: 0"), "s.yml:22:27: weight is 0; write a number above 0, or remove the node"),
        (with_line("weight: 0.6", "weight: .inf"), "s.yml:22:27: weight is '.inf'; write a number"),
        (with_line("weight: 0.6, ", ""), "s.yml:22:11: a has no weight; write one, as its siblings have"),
        (
            with_line("aggregation: topsis", "aggregation: tops"),
            "s.yml:25:20: aggregation 'tops' is not offered; did you mean topsis?",
        ),
        (
            with_line("aggregation: topsis", "floor: 3"),
            "s.yml:25:14: a floor under arithmetic; remove it, or write aggregation: geometric",
        ),
        (with_line("{id: c,", "{id: c, weight: 2,"), "s.yml:28:27: a weight, though node right has weighting entropy"),
        (with_line("{id: c,", "{id: a,"), "s.yml:28:16: id 'a' is that of line 22 too; write another"),
        (with_line("{id: c,", "{"), "s.yml:28:11: a leaf without id; write id: and a short name"),
        (with_line("low: 1,", "low: 40,"), "s.yml:28:82: low and high (direction higher) do not rise"),
        (
            with_line("low: 1,", "low: 0,"),
            "s.yml:28:47: 0 has no logarithm; write it above 0, in the column's own unit",
        ),
        (with_line("low: 1, ", ""), "s.yml:28:47: goalposts without low; write low: beside method: goalposts"),
        (
            with_line("low: 1,", "low: 1, mean: 3,"),
            "s.yml:28:75: mean has no meaning for goalposts; remove it; goalposts",
        ),
        (with_line("target: 3", "target: -3"), "s.yml:23:87: target is -3; write a target above 0, or use goalposts"),
        (with_line("best: [7, 8]", "best: [8, 7]"), "do not rise: 8, 7; correct or swap them"),
        (with_line("best: [7, 8]", "best: 7"), "s.yml:30:77: best is no list; write each member of best"),
        (with_line("best: [7, 8]", "best: [7]"), "s.yml:30:77: best has 1 members; write best: [lower end, upper end]"),
        (with_line(", before: then", ""), "s.yml:29:42: growth without before; write before:"),
        (with_line("measure: growth, ", ""), "before without a measure of progress; write measure: change or growth"),
        (
            with_line("before: then", "before: then, denominator: people"),
            "a denominator under a growth, which has no unit",
        ),
        (with_line("transform: log", "transform: log, spread: 1"), "a spread under a change, a growth or a logarithm"),
        (
            with_line("imputation: group_mean", "imputation: linear"),
            "imputation linear in a table, which has one period",
        ),
        (with_line("[left, e, 2]", "[left, e, 9]"), "s.yml:16:15: judgements that disagree: consistency ratio 0."),
        (with_line(", [left, e, 2]", ""), "s.yml:16:15: no judgement of left and e; judge each pair once"),
        (
            with_line("[left, e, 2]", "[left, f, 2]"),
            "s.yml:16:41: 'f' is no child of node total; write one of left, right, e",
        ),
        (with_line("[left, e, 2]", "[right, left, 2]"), "right and left are judged twice; remove it"),
        (with_line("[left, e, 2]", "[left, e, -2]"), "a judgement of '-2'; write how many times"),
        (with_line("[left, e, 2]", "[left, e]"), "a judgement of 2 parts; write [a, b, how many times"),
        (with_line("[left, e, 2]", "[e, e, 2]"), "a judgement of a child and itself; remove it"),
        (with_line("weighting: ahp", "weighting: equal"), "judgements under weighting equal; write weighting: ahp"),
        (with_line("weighting: entropy", "weighting: ahp"), "weighting ahp of node right without judgements"),
        (
            with_line(LEAF, "    - {id: e, direction: interval}\n"),
            "s.yml:31:26: direction interval with minmax; write normal",
        ),
        (with_line("  direction: higher\n", ""), "s.yml:30:7: leaf e has no direction; write direction: higher"),
        (
            with_line("  direction: higher\n", "  direction: up\n"),
            "s.yml:9:14: direction 'up' is not offered; write one of",
        ),
        (with_line(LEAF, "    - [e]\n"), "s.yml:31:7: a leaf is no mapping; write it as key: value"),
        (with_line(LEAF, "    -\n"), "id is empty; write a value for id, or remove it"),
        (
            with_line(LEAF, "    - &x {id: e}\n    - *x\n"),
            "a node that an alias puts into the tree again; write it out",
        ),
        (with_line(LEAF, "    - {id: e, children: []}\n"), "s.yml:31:25: node e has no children; write them"),
        (with_line("from: 6.5", "from: 4"), "s.yml:35:8: tiers that do not fall; begin with the best"),
        (with_line("{name: C}", "{name: C, share: 1}"), "a tier out of step; write from: on each but the last"),
        (with_line("{name: C}", "{from: 1}"), "a tier without name; write name:"),
        (with_line("above: 5, ", ""), "a veto without its limit, or with two; write above: or below: and a number"),
        (with_line("points: -0.1, ", ""), "a bonus without points; write points:"),
        (
            with_line("[{column: e, points", "[{points"),
            "a bonus without column; write column: and a column of the table",
        ),
        (with_line("[percentile_rank]", "[target]"), "a normaliser 'target' is not offered; write one of minmax"),
        (with_line("[percentile_rank]", "[rank]"), "rank counts places and is no part of 10; remove out_of"),
        (
            with_line("imputations: [none]", "imputations: [last]"),
            "'last' is not offered in imputations; write one of none",
        ),
        (
            with_line("weight_noise: 0.1", "weight_noise: 1.1"),
            "weight_noise is 1.1; write a number of at least 0 and of at",
        ),
        (
            with_line("transform: log, normaliser", "treatment: log, normaliser"),
            "s.yml:28:16: c: goalposts is measured against fixed figures, which a treatment by logs leaves; write",
        ),
        ("id: " + "[" * 200_000 + "]" * 200_000, "s.yml:1:64: more than 60 brackets and indents deep; write the tree"),
    ],
)
def test_a_refusal_says_where_and_what_to_do(tmp_path: Path, text: str | bytes, wanted: str) -> None:
    found = problems(tmp_path, text)
    assert any(wanted in line for line in found), found
    assert all("; " in line for line in found)


def test_every_problem_of_a_file_is_told_at_once(tmp_path: Path) -> None:
    text = WHOLE.replace("scope: all", "scope: any").replace("0.4", "-1").replace("[7, 8]", "[8, 7]")
    assert [line.split(":")[1] for line in problems(tmp_path, text)] == ["6", "23", "30"]


def test_more_levels_than_anybody_reads(tmp_path: Path) -> None:
    text = "id: s\ntree: " + "".join(f"{{id: n{at}, children: [" for at in range(25)) + "a" + "]}" * 25
    assert any("more than 20 levels" in line for line in problems(tmp_path, text))


@pytest.mark.parametrize("method", get_args(Method))
def test_every_normaliser_of_the_engine_can_be_written(tmp_path: Path, method: str) -> None:
    more = {"goalposts": ", low: 0, high: 9", "target": ", target: 3", "efficacy": ", satisfactory: 5, not_allowed: 1"}
    more["interval_best"] = ", best: [2, 3], worst: [0, 9]"
    direction = "interval" if method == "interval_best" else "higher"
    rule = f"{{method: {method}{more.get(method, '')}}}"
    leaf = f"{{id: a, direction: {direction}, normaliser: {rule}}}"
    found = parsed(tmp_path, f"id: s\ntree: {{id: t, children: [{leaf}]}}")
    (tmp_path / "t.csv").write_text(TABLE, encoding="utf-8")
    result = score_table(read_table(tmp_path / "t.csv", found), found)
    assert (result.scores.rank > 0).all()


def test_the_how_to_names_every_key_and_choice() -> None:
    keys = {*scheme_file.KEYS, *scheme_tree.COMMON, *scheme_tree.OF_NODES, *scheme_tree.OF_LEAVES, *scheme_tree.FIGURES}
    keys |= {"judgements", "children", *scheme_choices.ALL_KEYS, *scheme_choices.DIRECTIONS, *scheme_weights.WEIGHTINGS}
    for choices in (Method, Aggregation, Weighting, TreatmentMethod, scheme_choices.Measure):
        keys |= set(get_args(choices))
    keys |= {one for one in get_args(ImputationMethod) if one not in scheme_choices.OVER_TIME}
    assert {key for key in keys if key not in GUIDE} == set()
    assert all(f"`{method}`" in GUIDE for method in scheme_uncertainty.ALTERNATIVES)


# What somebody may write anywhere in a scheme, right or wrong.
WORDS = [
    *("id", "tree", "children", "a", "b", "e", "total", "people", "weight", "direction", "higher", "lower", "interval"),
    *(
        "normaliser",
        "method",
        "minmax",
        "goalposts",
        "low",
        "high",
        "floor",
        "aggregation",
        "geometric",
        "topsis",
        "ahp",
    ),
    *(
        "judgements",
        "tiers",
        "name",
        "from",
        "share",
        "bonuses",
        "column",
        "points",
        "vetoes",
        "above",
        "defaults",
        "log",
    ),
    *(
        "measure",
        "growth",
        "before",
        "then",
        "transform",
        "uncertainty",
        "spread",
        "entropy",
        "critic",
        "pca",
        "zscore",
    ),
    *(
        "0",
        "1",
        "-1",
        "0.5",
        "1e30",
        "1e-30",
        "1e999",
        ".nan",
        "~",
        "no",
        "",
        "*x",
        "&x",
        "<<",
        "!!python/object:x",
        "'",
    ),
]
SNIPPETS = st.one_of(
    st.sampled_from(WORDS),
    st.sampled_from([": ", "- ", "{", "}", "[", "]", ",", "\n", "  ", "#", "\t", "|", "&x ", "*x"]),
)
scalars = st.one_of(st.sampled_from(WORDS), st.integers(-2, 9), st.floats(), st.none(), st.booleans())
values: st.SearchStrategy[Any] = st.recursive(
    scalars,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4), st.dictionaries(st.sampled_from(scheme_file.KEYS + scheme_tree.OF_LEAVES), inner)
    ),
    max_leaves=12,
)


def never_a_traceback(folder: Path, text: str) -> None:
    (folder / "s.yml").write_text(text, encoding="utf-8", errors="surrogatepass")
    (folder / "t.csv").write_text(TABLE, encoding="utf-8")
    try:
        found = read_scheme_file(folder / "s.yml")
    except SchemeFileError as error:
        assert error.problems and all(problem.line >= 1 and problem.mend for problem in error.problems)
        return
    try:
        score_table(read_table(folder / "t.csv", found), found, draws=3)
    except FileError as error:
        assert error.problems and all(problem.line >= 1 and problem.mend for problem in error.problems)


RANDOM = settings(max_examples=250, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@RANDOM
@given(st.lists(st.tuples(st.integers(0, len(WHOLE)), st.integers(0, 25), SNIPPETS), min_size=1, max_size=4))
def test_a_scheme_with_anything_cut_out_or_put_in(tmp_path: Path, edits: list[tuple[int, int, str]]) -> None:
    text = WHOLE
    for at, length, snippet in edits:
        text = text[:at] + snippet + text[at + length :]
    never_a_traceback(tmp_path, text)


@RANDOM
@given(st.dictionaries(st.sampled_from(scheme_file.KEYS), values, max_size=5), values)
def test_a_scheme_of_any_shape(tmp_path: Path, top: dict[str, Any], tree: Any) -> None:
    never_a_traceback(tmp_path, yaml.safe_dump(top | {"id": "s", "tree": {"id": "t", "children": [tree, "a"]}}))


@settings(RANDOM, max_examples=100)
@given(st.text(max_size=60))
def test_any_text(tmp_path: Path, text: str) -> None:
    never_a_traceback(tmp_path, text.encode("utf-8", "ignore").decode())
