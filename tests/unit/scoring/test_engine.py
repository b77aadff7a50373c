"""The engine against a case worked by hand, a slow second implementation, and the properties the method promises."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from dagster_project.scoring.engine import LOW_COVERAGE, NO_DATA, NO_PEER_AREA, RANKED, References, Scores, score
from dagster_project.scoring.normalise import NO_GROUP
from dagster_project.scoring.scheme import (
    Aggregate,
    Indicator,
    MinMax,
    Scheme,
    SchemeError,
    TargetAttainment,
)

NAN = np.nan


@dataclass
class World:
    """A scheme with figures for it: U units, I indicators."""

    scheme: Scheme
    values: np.ndarray
    groups: np.ndarray
    references: References
    applies: np.ndarray

    def score(self) -> Scores:
        return score(self.values, self.scheme, self.groups, self.references, self.applies)


def slow_score(world: World) -> list[dict[str, object]]:
    """Per unit its node scores, coverages and rank, by plain loops from the text of docs/method.md."""
    scheme, references = world.scheme, world.references
    values = [
        [x if on else NAN for x, on in zip(*rows, strict=True)]
        for rows in zip(world.values, world.applies, strict=True)
    ]
    units = range(len(values))
    low = np.broadcast_to(references.low, world.values.shape).tolist()
    high = np.broadcast_to(references.high, world.values.shape).tolist()
    target = np.broadcast_to(references.target, world.values.shape).tolist()

    def normalised(unit: int, column: int) -> float:
        x, rule = values[unit][column], scheme.indicators[column].normaliser
        if math.isnan(x):
            return NAN
        if isinstance(rule, TargetAttainment):
            share = x / target[unit][column]
            return 100 * min(rule.cap, max(0.0, share if rule.direction == 1 else 2 - share))
        if rule.bounds == "goalposts":
            worst, best = low[unit][column], high[unit][column]
        else:
            if world.groups[unit] == NO_GROUP:
                return NAN
            peers = [values[other][column] for other in units if world.groups[other] == world.groups[unit]]
            worst, best = min(p for p in peers if p == p), max(p for p in peers if p == p)
        if worst == best:
            return 50.0
        share = (x - worst) / (best - worst) if rule.direction == 1 else (best - x) / (best - worst)
        return 100 * min(1.0, max(0.0, share))

    def node(unit: int, node_id: str) -> tuple[float, float, bool]:
        """Score, coverage, and whether it applies."""
        for column, indicator in enumerate(scheme.indicators):
            if indicator.id == node_id:
                s = normalised(unit, column)
                return s, float(s == s), bool(world.applies[unit][column])
        (aggregate,) = [a for a in scheme.aggregates if a.id == node_id]
        relevant = entered = present = total = 0.0
        for child in scheme.nodes:
            if child.parent == node_id:
                s, cover, applicable = node(unit, child.id)
                relevant += child.weight if applicable else 0.0
                if s == s:
                    entered += child.weight * cover
                    present += child.weight
                    total += child.weight * s
        coverage = entered / relevant if relevant else 0.0
        enough = present > 0 and coverage >= aggregate.min_coverage - 1e-9
        return (total / present if enough else NAN), coverage, relevant > 0

    found = [{n.id: node(unit, n.id)[:2] for n in scheme.nodes} for unit in units]
    root = scheme.nodes[-1].id
    rounded = [round(f[root][0], scheme.decimals) for f in found]
    ranks = []
    for unit in units:
        mine, group = rounded[unit], world.groups[unit]
        ranked = group != NO_GROUP and mine == mine
        ranks.append(1 + sum(rounded[o] > mine for o in units if world.groups[o] == group) if ranked else 0)
    return [{"nodes": f, "rank": r} for f, r in zip(found, ranks, strict=True)]


@st.composite
def worlds(draw: st.DrawFn) -> World:
    n_units, n_indicators = draw(st.integers(1, 8)), draw(st.integers(1, 6))
    n_branches = draw(st.integers(0, min(2, n_indicators)))
    cover = st.sampled_from([0.01, 0.5, 0.6, 0.75, 1.0])
    weight = st.sampled_from([0.1, 0.2, 1.0, 3.0, 12.5])
    direction = st.sampled_from([1, -1])
    rules = st.one_of(
        st.builds(MinMax, direction, st.sampled_from(["observed", "goalposts"])),
        st.builds(TargetAttainment, direction, st.sampled_from([1.0, 1.2])),
    )
    branches = [f"branch{i}" for i in range(n_branches)]
    # The first indicators fill the branches, so that none is empty.
    parents = branches + [draw(st.sampled_from(["root", *branches])) for _ in range(n_indicators - n_branches)]
    scheme = Scheme(
        "drawn",
        tuple(Indicator(f"i{i}", parent, draw(rules), draw(weight)) for i, parent in enumerate(parents)),
        (Aggregate("root", None, draw(cover)), *(Aggregate(b, "root", draw(cover), draw(weight)) for b in branches)),
    )
    shape = (n_units, n_indicators)

    def filled(cells: st.SearchStrategy[float]) -> np.ndarray:
        return np.array([draw(cells) for _ in range(n_units * n_indicators)], dtype=float).reshape(shape)

    # Whole numbers: no score lies within rounding of a half, where the order of a sum would decide.
    values = filled(st.one_of(st.just(NAN), st.integers(-20, 120).map(float)))
    low = filled(st.sampled_from([-10.0, 0.0, 20.0]))
    references = References(low, low + filled(st.sampled_from([1.0, 40.0])), filled(st.sampled_from([1.0, 60.0])))
    groups = np.array([draw(st.sampled_from([NO_GROUP, 0, 0, 1, 2])) for _ in range(n_units)], dtype=np.int64)
    return World(scheme, values, groups, references, filled(st.sampled_from([1, 1, 1, 0])).astype(bool))


def away_from_halves(scores: Scores, decimals: int) -> bool:
    """False where a score sits on a rounding border, so that the last bit of a sum would decide the rank."""
    scaled = scores.node_scores[..., -1] * 10**decimals
    return not (np.abs(scaled - np.floor(scaled) - 0.5) < 1e-6).any()


@given(worlds())
def test_equals_the_slow_implementation(world: World) -> None:
    got, slow = world.score(), slow_score(world)
    assume(away_from_halves(got, world.scheme.decimals))
    ids = [node.id for node in world.scheme.nodes]
    expected = np.array([[unit["nodes"][i] for i in ids] for unit in slow])
    np.testing.assert_allclose(got.node_scores, expected[..., 0], rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(got.coverage, expected[..., 1], rtol=1e-12, atol=1e-12)
    assert got.rank.tolist() == [unit["rank"] for unit in slow]


def two_branches() -> Scheme:
    return Scheme(
        "hand",
        (
            Indicator("income", "economy", MinMax(1), 3),
            Indicator("unemployment", "economy", MinMax(-1), 1),
            Indicator("green", "place", TargetAttainment(1, cap=1.2), 1),
            Indicator("noise", "place", MinMax(-1, "goalposts"), 1),
        ),
        (Aggregate("all", None, 0.6), Aggregate("economy", "all", 0.5, 60), Aggregate("place", "all", 0.5, 40)),
    )


def test_by_hand() -> None:
    """Three districts. See the numbered formulas of docs/method.md.

    A: income 100, unemployment 0 -> economy (3*100 + 0)/4 = 75; green 45/50 = 90, noise (70-50)/(70-30) = 50 -> place
       70; all = 0.6*75 + 0.4*70 = 73.
    B: income 0, unemployment 100 -> economy 25; green 70/50, capped 120, noise missing -> place 120, half covered;
       all = 0.6*25 + 0.4*120 = 63, coverage 0.6 + 0.4*0.5 = 0.8.
    C: income missing, unemployment 50 -> a quarter covered, below 0.5: no economy; place 0.5*(20 + 100) = 60;
       coverage 0.4, below 0.6: not ranked.
    """
    values = np.array([[200.0, 8.0, 45.0, 50.0], [100.0, 4.0, 70.0, NAN], [NAN, 6.0, 10.0, 20.0]])
    references = References(low=np.array([30.0]), high=np.array([70.0]), target=np.array([50.0]))
    got = score(values, two_branches(), np.zeros(3, dtype=np.int64), references)

    nodes = [node.id for node in two_branches().nodes]
    assert nodes == ["income", "unemployment", "green", "noise", "place", "economy", "all"]
    expected = [[100, 0, 90, 50, 70, 75, 73], [0, 100, 120, NAN, 120, 25, 63], [NAN, 50, 20, 100, 60, NAN, NAN]]
    np.testing.assert_allclose(got.node_scores, expected, rtol=1e-12)
    np.testing.assert_allclose(got.coverage[:, 4:], [[1, 1, 1], [0.5, 1, 0.8], [1, 0.25, 0.4]], rtol=1e-12)
    in_force = [[0.45, 0.15, 0.2, 0.2, 0.4, 0.6, 1], [0.45, 0.15, 0.4, 0, 0.4, 0.6, 1], [NAN] * 7]
    np.testing.assert_allclose(got.weights, in_force, rtol=1e-12)
    np.testing.assert_array_equal(got.score, [73, 63, NAN])
    assert got.rank.tolist() == [1, 2, 0]
    assert got.n_ranked.tolist() == [2, 2, 2]
    assert got.n_units.tolist() == [3, 3, 3]
    assert got.reason.tolist() == [RANKED, RANKED, LOW_COVERAGE]


@given(worlds(), st.randoms())
def test_permuting_units_permutes_everything(world: World, random: st.random.Random) -> None:
    order = list(range(len(world.values)))
    random.shuffle(order)
    references = References(*(a[order] for a in (world.references.low, world.references.high, world.references.target)))
    moved = World(world.scheme, world.values[order], world.groups[order], references, world.applies[order]).score()
    stayed = world.score()
    assert moved.rank.tolist() == stayed.rank[order].tolist()
    assert moved.reason.tolist() == stayed.reason[order].tolist()
    np.testing.assert_array_equal(moved.node_scores, stayed.node_scores[order])


@given(worlds(), st.data())
def test_other_peer_areas_do_not_matter(world: World, data: st.DataObject) -> None:
    group = data.draw(st.sampled_from(sorted(set(world.groups.tolist()))))
    before, own = world.score(), world.groups == group
    world.values = np.where(own[:, np.newaxis], world.values, 3 * world.values + 7)
    after = world.score()
    assert after.rank[own].tolist() == before.rank[own].tolist()
    np.testing.assert_array_equal(after.score[own], before.score[own])
    assert after.n_ranked[own].tolist() == before.n_ranked[own].tolist()


@given(worlds(), st.data())
def test_a_better_value_never_lowers_a_score(world: World, data: st.DataObject) -> None:
    unit = data.draw(st.integers(0, world.values.shape[0] - 1))
    column = data.draw(st.integers(0, world.values.shape[1] - 1))
    before = world.score()
    gain = data.draw(st.integers(0, 100)) * world.scheme.indicators[column].normaliser.direction
    world.values = world.values.copy()
    world.values[unit, column] += gain
    after = world.score()
    lower = after.node_scores[unit] < before.node_scores[unit] - 1e-9
    assert not lower.any()
    assert (np.isnan(after.node_scores) == np.isnan(before.node_scores)).all()


@given(worlds())
def test_weights_in_force_sum_to_one_and_rebuild_the_score(world: World) -> None:
    got = world.score()
    leaves = len(world.scheme.indicators)
    scored = ~np.isnan(got.node_scores[:, -1])
    weights = got.weights[scored][:, :leaves]
    np.testing.assert_allclose(weights.sum(axis=-1), 1.0, rtol=1e-12)
    parts = weights * np.nan_to_num(got.node_scores[scored][:, :leaves])
    np.testing.assert_allclose(parts.sum(axis=-1), got.node_scores[scored][:, -1], rtol=1e-9, atol=1e-9)
    assert np.isnan(got.weights[~scored]).all()


@given(worlds(), st.sampled_from([0.01, 7.0, 100.0]))
def test_only_the_proportion_of_weights_counts(world: World, scale: float) -> None:
    scheme = world.scheme
    scaled = Scheme(
        scheme.id,
        tuple(Indicator(i.id, i.parent, i.normaliser, i.weight * scale) for i in scheme.indicators),
        tuple(Aggregate(a.id, a.parent, a.min_coverage, a.weight * scale) for a in scheme.aggregates),
    )
    after = World(scaled, world.values, world.groups, world.references, world.applies).score()
    np.testing.assert_allclose(after.node_scores, world.score().node_scores, rtol=1e-9, atol=1e-9)


@given(worlds())
def test_leading_axes_equal_one_call_each(world: World) -> None:
    values, groups = np.stack([world.values, 2 * world.values[::-1]]), np.stack([world.groups, world.groups[::-1]])
    together = score(values, world.scheme, groups, world.references)
    for at in range(2):
        alone = score(values[at], world.scheme, groups[at], world.references)
        np.testing.assert_array_equal(together.node_scores[at], alone.node_scores)
        np.testing.assert_array_equal(together.rank[at], alone.rank)


def simple(min_coverage: float = 0.6, decimals: int = 2, rule: MinMax | TargetAttainment | None = None) -> Scheme:
    rule = rule or MinMax(1)
    leaves = (Indicator("a", "all", rule), Indicator("b", "all", rule))
    return Scheme("simple", leaves, (Aggregate("all", None, min_coverage),), decimals)


def test_one_unit_scores_the_middle_and_is_first() -> None:
    got = score(np.array([[3.0, 4.0]]), simple(), np.array([0]))
    assert (got.score.tolist(), got.rank.tolist(), got.n_ranked.tolist()) == ([50.0], [1], [1])


def test_reasons() -> None:
    values = np.array([[1.0, 2.0], [3.0, NAN], [NAN, NAN], [2.0, 3.0]])
    got = score(values, simple(), np.array([0, 0, 0, NO_GROUP]))
    assert got.reason.tolist() == [RANKED, LOW_COVERAGE, NO_DATA, NO_PEER_AREA]
    assert got.rank.tolist() == [1, 0, 0, 0]
    assert got.n_ranked.tolist() == [1, 1, 1, 0]
    assert got.n_units.tolist() == [3, 3, 3, 0]


def test_all_missing() -> None:
    got = score(np.full((3, 2), NAN), simple(), np.zeros(3, dtype=np.int64))
    assert np.isnan(got.score).all()
    assert got.reason.tolist() == [NO_DATA] * 3
    assert got.coverage[:, -1].tolist() == [0, 0, 0]


def test_not_applicable_leaves_the_coverage_whole() -> None:
    values = np.array([[1.0, 2.0], [3.0, NAN]])
    applies = np.array([[True, True], [True, False]])
    got = score(values, simple(min_coverage=1.0), np.zeros(2, dtype=np.int64), applies=applies)
    assert got.coverage[:, -1].tolist() == [1.0, 1.0]
    assert got.rank.tolist() == [2, 1]


def test_coverage_exactly_at_the_rule_is_enough() -> None:
    leaves = tuple(Indicator(name, "all", MinMax(1), 0.1) for name in "abcdefghij")
    scheme = Scheme("tenths", leaves, (Aggregate("all", None, 0.7),))
    values = np.array([[1.0] * 7 + [NAN] * 3, [2.0] * 6 + [NAN] * 4])
    assert score(values, scheme, np.zeros(2, dtype=np.int64)).reason.tolist() == [RANKED, LOW_COVERAGE]


def test_scores_that_read_the_same_share_a_rank() -> None:
    scheme = simple(decimals=0, rule=MinMax(1, "goalposts"))
    references = References(np.array([0.0]), np.array([100.0]), np.array([NAN]))
    values = np.array([[70.1, 70.1], [69.9, 69.9], [68.5, 68.5], [67.5, 67.5]])
    got = score(values, scheme, np.zeros(4, dtype=np.int64), references)
    assert got.score.tolist() == [70, 70, 68, 68]  # halves go to the even number
    assert got.rank.tolist() == [1, 1, 3, 3]


@pytest.mark.parametrize(
    ("rule", "values", "references", "said"),
    [
        (MinMax(1), [1.0, math.inf], References.none(), "infinite value in b"),
        (
            MinMax(1, "goalposts"),
            [1.0, 2.0],
            References(np.array([0.0, 5.0]), np.array([1.0, 5.0]), np.array([NAN])),
            "goalposts not low < high in b",
        ),
        (
            MinMax(1, "goalposts"),
            [1.0, 2.0],
            References(np.array([0.0, 0.0]), np.array([math.inf, 5.0]), np.array([NAN])),
            "goalposts not low < high in a",
        ),
        (
            TargetAttainment(1),
            [1.0, 2.0],
            References(np.array([NAN]), np.array([NAN]), np.array([0.0, 5.0])),
            "target not above 0 in a",
        ),
    ],
)
def test_refusals_name_the_indicator(
    rule: MinMax | TargetAttainment, values: list[float], references: References, said: str
) -> None:
    with pytest.raises(SchemeError, match=said):
        score(np.array([values]), simple(rule=rule), np.array([0]), references)


def test_wrong_number_of_columns_is_refused() -> None:
    with pytest.raises(SchemeError, match="need 2 columns"):
        score(np.zeros((3, 5)), simple(), np.zeros(3, dtype=np.int64))
