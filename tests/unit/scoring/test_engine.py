"""The engine against a case worked by hand, a slow second implementation, and the properties the method promises."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from dagster_project.scoring.engine import LOW_COVERAGE, NO_DATA, NO_PEER_AREA, RANKED, VETOED, Scores, score
from dagster_project.scoring.normalise import NO_GROUP
from dagster_project.scoring.prepare import Inputs
from dagster_project.scoring.scheme import (
    Aggregate,
    Bonus,
    Imputation,
    Indicator,
    Normaliser,
    Scheme,
    SchemeError,
    Tiers,
    Veto,
)

NAN = np.nan


@dataclass
class World:
    """A scheme with figures for it: I indicators, U units."""

    scheme: Scheme
    values: np.ndarray
    groups: np.ndarray
    low: np.ndarray
    high: np.ndarray
    target: np.ndarray
    applies: np.ndarray

    def inputs(self) -> Inputs:
        return Inputs(self.values, self.groups, self.applies, self.low, self.high, self.target)

    def score(self) -> Scores:
        return score(self.inputs(), self.scheme)

    def reordered(self, order: list[int]) -> World:
        columns = [a[:, order] for a in (self.low, self.high, self.target, self.applies)]
        return World(self.scheme, self.values[:, order], self.groups[order], *columns)


def mean(node: Aggregate, parts: list[tuple[float, float]]) -> float:
    total = sum(weight for weight, _ in parts)
    floored = [(weight, max(score, node.floor) if node.floor else score) for weight, score in parts]
    if node.aggregation == "geometric":
        return math.prod(score ** (weight / total) for weight, score in floored)
    if node.aggregation == "harmonic":
        return total / sum(weight / score for weight, score in floored)
    return sum(weight * score for weight, score in parts) / total


def slow_score(world: World) -> list[dict[str, object]]:
    """Per unit its node scores, coverages and rank, by plain loops from the text of docs/method.md."""
    scheme = world.scheme
    values = np.where(world.applies, world.values, NAN).T.tolist()
    low, high, target = (a.T.tolist() for a in (world.low, world.high, world.target))
    units = range(len(values))

    def normalised(unit: int, column: int) -> float:
        x, rule = values[unit][column], scheme.indicators[column].normaliser
        if math.isnan(x):
            return NAN
        if world.groups[unit] == NO_GROUP:
            return NAN
        if rule.method == "target":
            share = x / target[unit][column]
            return 100 * min(rule.cap, max(0.0, share if rule.direction == 1 else 2 - share))
        if rule.method == "goalposts":
            worst, best = low[unit][column], high[unit][column]
        else:
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
                return s, float(s == s), bool(world.applies[column][unit])
        (aggregate,) = [a for a in scheme.aggregates if a.id == node_id]
        relevant = entered = present = 0.0
        parts = []
        for child in scheme.nodes:
            if child.parent == node_id:
                s, cover, applicable = node(unit, child.id)
                relevant += child.weight if applicable else 0.0
                if s == s:
                    entered += child.weight * cover
                    present += child.weight
                    parts.append((child.weight, s))
        coverage = entered / relevant if relevant else 0.0
        enough = present > 0 and coverage >= aggregate.min_coverage - 1e-9
        return (mean(aggregate, parts) if enough else NAN), coverage, relevant > 0

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
        st.builds(Normaliser, st.sampled_from(["minmax", "goalposts"]), direction),
        st.builds(Normaliser, st.just("target"), direction, cap=st.sampled_from([1.0, 1.2])),
    )
    kind = st.sampled_from(["arithmetic", "arithmetic", "geometric", "harmonic"])
    branches = [f"branch{i}" for i in range(n_branches)]
    # The first indicators fill the branches, so that none is empty.
    parents = branches + [draw(st.sampled_from(["root", *branches])) for _ in range(n_indicators - n_branches)]
    scheme = Scheme(
        "drawn",
        tuple(Indicator(f"i{i}", parent, draw(rules), draw(weight)) for i, parent in enumerate(parents)),
        (
            Aggregate("root", None, draw(cover), 1.0, draw(kind), floor=1.0),
            *(Aggregate(b, "root", draw(cover), draw(weight), draw(kind), floor=2.0) for b in branches),
        ),
    )
    shape = (n_indicators, n_units)

    def filled(cells: st.SearchStrategy[float]) -> np.ndarray:
        return np.array([draw(cells) for _ in range(n_units * n_indicators)], dtype=float).reshape(shape)

    # Whole numbers: no score lies within rounding of a half, where the order of a sum would decide.
    values = filled(st.one_of(st.just(NAN), st.integers(-20, 120).map(float)))
    low = filled(st.sampled_from([-10.0, 0.0, 20.0]))
    high, target = low + filled(st.sampled_from([1.0, 40.0])), filled(st.sampled_from([1.0, 60.0]))
    groups = np.array([draw(st.sampled_from([NO_GROUP, 0, 0, 1, 2])) for _ in range(n_units)], dtype=np.int64)
    return World(scheme, values, groups, low, high, target, filled(st.sampled_from([1, 1, 1, 0])).astype(bool))


def away_from_halves(scores: Scores, decimals: int) -> bool:
    """False where a score sits on a rounding border, so that the last bit of a sum would decide the rank."""
    scaled = scores.node_scores[-1] * 10**decimals
    return not (np.abs(scaled - np.floor(scaled) - 0.5) < 1e-6).any()


@given(worlds())
def test_equals_the_slow_implementation(world: World) -> None:
    got, slow = world.score(), slow_score(world)
    assume(away_from_halves(got, world.scheme.decimals))
    ids = [node.id for node in world.scheme.nodes]
    expected = np.array([[unit["nodes"][i] for i in ids] for unit in slow])
    np.testing.assert_allclose(got.node_scores, expected[..., 0].T, rtol=1e-12, atol=1e-11)
    np.testing.assert_allclose(got.coverage, expected[..., 1].T, rtol=1e-12, atol=1e-12)
    assert got.rank.tolist() == [unit["rank"] for unit in slow]


def two_branches() -> Scheme:
    return Scheme(
        "hand",
        (
            Indicator("income", "economy", Normaliser("minmax", 1), 3),
            Indicator("unemployment", "economy", Normaliser("minmax", -1), 1),
            Indicator("green", "place", Normaliser("target", 1, cap=1.2), 1),
            Indicator("noise", "place", Normaliser("goalposts", -1), 1),
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
    fixed = {"low": np.array([[30.0]]), "high": np.array([[70.0]]), "target": np.array([[50.0]])}
    got = score(Inputs(values.T, np.zeros(3, dtype=np.int64), **fixed), two_branches())

    nodes = [node.id for node in two_branches().nodes]
    assert nodes == ["income", "unemployment", "green", "noise", "place", "economy", "all"]
    expected = [[100, 0, 90, 50, 70, 75, 73], [0, 100, 120, NAN, 120, 25, 63], [NAN, 50, 20, 100, 60, NAN, NAN]]
    np.testing.assert_allclose(got.node_scores.T, expected, rtol=1e-12)
    np.testing.assert_allclose(got.coverage.T[:, 4:], [[1, 1, 1], [0.5, 1, 0.8], [1, 0.25, 0.4]], rtol=1e-12)
    in_force = [[0.45, 0.15, 0.2, 0.2, 0.4, 0.6, 1], [0.45, 0.15, 0.4, 0, 0.4, 0.6, 1], [NAN] * 7]
    np.testing.assert_allclose(got.weights.T, in_force, rtol=1e-12)
    np.testing.assert_array_equal(got.score, [73, 63, NAN])
    assert got.rank.tolist() == [1, 2, 0]
    assert got.n_ranked.tolist() == [2, 2, 2]
    assert got.n_units.tolist() == [3, 3, 3]
    assert got.reason.tolist() == [RANKED, RANKED, LOW_COVERAGE]


@given(worlds(), st.randoms())
def test_permuting_units_permutes_everything(world: World, random: st.random.Random) -> None:
    order = list(range(len(world.groups)))
    random.shuffle(order)
    moved = world.reordered(order).score()
    stayed = world.score()
    assert moved.rank.tolist() == stayed.rank[order].tolist()
    assert moved.reason.tolist() == stayed.reason[order].tolist()
    np.testing.assert_array_equal(moved.node_scores, stayed.node_scores[:, order])


@given(worlds(), st.data())
def test_other_peer_areas_do_not_matter(world: World, data: st.DataObject) -> None:
    group = data.draw(st.sampled_from(sorted(set(world.groups.tolist()))))
    before, own = world.score(), world.groups == group
    world.values = np.where(own, world.values, 3 * world.values + 7)
    after = world.score()
    assert after.rank[own].tolist() == before.rank[own].tolist()
    np.testing.assert_array_equal(after.score[own], before.score[own])
    assert after.n_ranked[own].tolist() == before.n_ranked[own].tolist()


@given(worlds(), st.data())
def test_a_better_value_never_lowers_a_score(world: World, data: st.DataObject) -> None:
    column = data.draw(st.integers(0, world.values.shape[0] - 1))
    unit = data.draw(st.integers(0, world.values.shape[1] - 1))
    before = world.score()
    gain = data.draw(st.integers(0, 100)) * world.scheme.indicators[column].normaliser.direction
    world.values = world.values.copy()
    world.values[column, unit] += gain
    after = world.score()
    lower = after.node_scores[:, unit] < before.node_scores[:, unit] - 1e-9
    assert not lower.any()
    assert (np.isnan(after.node_scores) == np.isnan(before.node_scores)).all()


@given(worlds())
def test_weights_in_force_sum_to_one_and_rebuild_an_arithmetic_score(world: World) -> None:
    got = world.score()
    leaves = len(world.scheme.indicators)
    scored = ~np.isnan(got.node_scores[-1])
    weights = got.weights[:leaves, scored]
    np.testing.assert_allclose(weights.sum(axis=0), 1.0, rtol=1e-12)
    assert np.isnan(got.weights[:, ~scored]).all()
    if all(node.aggregation == "arithmetic" for node in world.scheme.aggregates):
        parts = weights * np.nan_to_num(got.node_scores[:leaves, scored])
        np.testing.assert_allclose(parts.sum(axis=0), got.node_scores[-1, scored], rtol=1e-9, atol=1e-9)


@given(worlds(), st.sampled_from([0.01, 7.0, 100.0]))
def test_only_the_proportion_of_weights_counts(world: World, scale: float) -> None:
    scheme = world.scheme
    scaled = replace(
        scheme,
        indicators=tuple(replace(i, weight=i.weight * scale) for i in scheme.indicators),
        aggregates=tuple(replace(a, weight=a.weight * scale) for a in scheme.aggregates),
    )
    after = replace(world, scheme=scaled).score()
    np.testing.assert_allclose(after.node_scores, world.score().node_scores, rtol=1e-9, atol=1e-9)


@given(worlds())
def test_periods_equal_one_call_each(world: World) -> None:
    other = world.reordered(list(range(len(world.groups)))[::-1])
    both = [
        np.stack([getattr(w, name) for w in (world, other)], axis=-2)
        for name in ("values", "applies", "low", "high", "target")
    ]
    values, applies, low, high, target = both
    groups = np.stack([world.groups, other.groups])
    together = score(Inputs(values, groups, applies, low, high, target), world.scheme)
    for at, alone in enumerate((world.score(), other.score())):
        np.testing.assert_array_equal(together.node_scores[:, at], alone.node_scores)
        np.testing.assert_array_equal(together.rank[at], alone.rank)


def simple(min_coverage: float = 0.6, decimals: int = 2, method: str = "minmax", **choices: object) -> Scheme:
    rule = Normaliser(method, 1)  # type: ignore[arg-type]
    leaves = (Indicator("a", "all", rule), Indicator("b", "all", rule))
    return Scheme("simple", leaves, (Aggregate("all", None, min_coverage),), decimals, **choices)  # type: ignore[arg-type]


def table(rows: list[list[float]], groups: list[int] | None = None, **more: np.ndarray) -> Inputs:
    """Inputs from a row per unit."""
    return Inputs(np.array(rows).T, np.array(groups or [0] * len(rows)), **more)


def test_one_unit_scores_the_middle_and_is_first() -> None:
    got = score(table([[3.0, 4.0]]), simple())
    assert (got.score.tolist(), got.rank.tolist(), got.n_ranked.tolist()) == ([50.0], [1], [1])


def test_a_peer_area_of_two_is_ranked() -> None:
    got = score(table([[3.0, 4.0], [5.0, 4.0]]), simple())
    assert (got.score.tolist(), got.rank.tolist()) == ([25.0, 75.0], [2, 1])


def test_reasons() -> None:
    got = score(table([[1.0, 2.0], [3.0, NAN], [NAN, NAN], [2.0, 3.0]], [0, 0, 0, NO_GROUP]), simple())
    assert got.reason.tolist() == [RANKED, LOW_COVERAGE, NO_DATA, NO_PEER_AREA]
    assert got.rank.tolist() == [1, 0, 0, 0]
    assert got.n_ranked.tolist() == [1, 1, 1, 0]
    assert got.n_units.tolist() == [3, 3, 3, 0]


def test_all_missing() -> None:
    got = score(table([[NAN, NAN]] * 3), simple())
    assert np.isnan(got.score).all()
    assert got.reason.tolist() == [NO_DATA] * 3
    assert got.coverage[-1].tolist() == [0, 0, 0]


def test_not_applicable_leaves_the_coverage_whole() -> None:
    got = score(
        table([[1.0, 2.0], [3.0, NAN]], applies=np.array([[True, True], [True, False]])), simple(min_coverage=1.0)
    )
    assert got.coverage[-1].tolist() == [1.0, 1.0]
    assert got.rank.tolist() == [2, 1]


def test_coverage_exactly_at_the_rule_is_enough() -> None:
    leaves = tuple(Indicator(name, "all", Normaliser("minmax", 1), 0.1) for name in "abcdefghij")
    scheme = Scheme("tenths", leaves, (Aggregate("all", None, 0.7),))
    inputs = table([[1.0] * 7 + [NAN] * 3, [2.0] * 6 + [NAN] * 4])
    assert score(inputs, scheme).reason.tolist() == [RANKED, LOW_COVERAGE]


GOALPOSTS = {"low": np.array([[0.0]]), "high": np.array([[100.0]])}


def test_scores_that_read_the_same_share_a_rank() -> None:
    rows = [[70.1, 70.1], [69.9, 69.9], [68.5, 68.5], [67.5, 67.5]]
    got = score(table(rows, **GOALPOSTS), simple(decimals=0, method="goalposts"))
    assert got.score.tolist() == [70, 70, 68, 68]  # halves go to the even number
    assert got.rank.tolist() == [1, 1, 3, 3]


@pytest.mark.parametrize(("rule", "ranks"), [("min", [1, 2, 2, 4]), ("max", [1, 3, 3, 4]), ("dense", [1, 2, 2, 3])])
def test_tie_rules(rule: str, ranks: list[int]) -> None:
    rows = [[90.0, 90.0], [50.0, 50.0], [50.0, 50.0], [10.0, 10.0]]
    assert score(table(rows, **GOALPOSTS), simple(method="goalposts", tie_rule=rule)).rank.tolist() == ranks


def test_bonus_deduction_veto_and_tiers() -> None:
    """A 60 + 2 awards of 1.5, capped at 2 = 62; B 60 - 4 complaints of 0.5 = 58; C vetoed; D 80, in the lowest tier."""
    scheme = simple(
        method="goalposts",
        bonuses=(Bonus("awards", 1.5, 2.0), Bonus("complaints", -0.5, 10.0)),
        vetoes=(Veto("deaths", 0.0), Veto("fraud", 0.0, effect="lowest_tier")),
        tiers=Tiers(("good", "fair", "poor"), cuts=(75.0, 60.0)),
    )
    extras = np.array([[2.0, 0, 0, 0], [NAN, 4, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]])
    got = score(table([[60.0, 60], [60, 60], [90, 90], [80, 80]], **GOALPOSTS, extras=extras), scheme)
    np.testing.assert_array_equal(got.score, [62, 58, NAN, 80])
    assert got.points.tolist() == [2, -2, 0, 0]
    assert got.rank.tolist() == [2, 3, 0, 1]
    assert got.reason.tolist() == [RANKED, RANKED, VETOED, RANKED]
    assert got.tier.tolist() == [1, 2, -1, 2]
    assert got.vetoed.tolist() == [False, False, True, True]


@pytest.mark.parametrize(
    ("method", "row", "fixed", "said"),
    [
        ("minmax", [1.0, math.inf], {}, "infinite value in b"),
        ("goalposts", [1.0, 2.0], {"low": [0.0, 5.0], "high": [1.0, 5.0]}, "goalposts not low < high in b"),
        ("goalposts", [1.0, 2.0], {"low": [0.0, 0.0], "high": [math.inf, 5.0]}, "goalposts not low < high in a"),
        ("efficacy", [1.0, 2.0], {"low": [0.0, 3.0], "high": [1.0, 2.0]}, "goalposts not low < high in b"),
        ("target", [1.0, 2.0], {"target": [0.0, 5.0]}, "target not above 0 in a"),
        ("fraction_of_best", [1.0, -2.0], {}, "value not above 0 in b"),
        (
            "interval_best",
            [1.0, 2.0],
            {"low": [0.0, 0.0], "best_low": [1.0, 0.0], "best_high": [2.0, 2.0], "high": [3.0, 3.0]},
            "interval not worst < low <= high < worst in b",
        ),
    ],
)
def test_refusals_name_the_indicator(method: str, row: list[float], fixed: dict[str, list[float]], said: str) -> None:
    references = {name: np.array(column)[:, np.newaxis] for name, column in fixed.items()}
    with pytest.raises(SchemeError, match=said):
        score(table([row], **references), simple(method=method))


@pytest.mark.parametrize("aggregation", ["geometric", "harmonic"])
def test_a_zero_under_a_mean_that_has_no_answer_is_refused_by_name(aggregation: str) -> None:
    scheme = replace(simple(), aggregates=(Aggregate("all", None, 0.6, 1.0, aggregation),))  # type: ignore[arg-type]
    with pytest.raises(SchemeError, match=rf"{aggregation} mean of all: a, b; give the node a floor"):
        score(table([[1.0, 2.0], [3.0, 4.0]]), scheme)


def test_a_choice_over_time_needs_periods() -> None:
    scheme = simple()
    late = replace(scheme.indicators[1], imputation=Imputation("last"))
    with pytest.raises(SchemeError, match="imputation last of b needs several periods"):
        score(table([[1.0, 2.0]]), replace(scheme, indicators=(scheme.indicators[0], late)))


@pytest.mark.parametrize(
    ("inputs", "said"),
    [
        (Inputs(np.zeros((5, 3)), np.zeros(3, dtype=np.int64)), "one row for each of 2"),
        (Inputs(np.zeros((2, 3)), np.zeros(4, dtype=np.int64)), "one group per unit"),
        (Inputs(np.zeros((2, 3)), np.zeros(3, dtype=np.int64), extras=np.zeros((1, 3))), "1 extra figures"),
    ],
)
def test_figures_that_do_not_fit_are_refused(inputs: Inputs, said: str) -> None:
    with pytest.raises(SchemeError, match=said):
        score(inputs, simple())
