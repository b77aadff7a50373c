"""Ways to the next rank and tier: against linear programming, verified by scoring anew; swaps against root finding."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy.optimize import brentq, linprog

from dagster_project.scoring.engine import score
from dagster_project.scoring.prepare import Inputs
from dagster_project.scoring.reach import Standing, distance, reach
from dagster_project.scoring.scheme import (
    Aggregate,
    Bonus,
    Indicator,
    Normaliser,
    Scheme,
    SchemeError,
    Tiers,
    Veto,
)
from dagster_project.scoring.swap import neighbours, smallest_swap
from tests.unit.scoring.worlds import AGGREGATIONS, MEANS, figures, schemes

# A scheme takes some milliseconds to score, so fewer of them, and no deadline.
RELAXED = settings(max_examples=60, deadline=None)
NAN = np.nan
TIERS = (Tiers(("good", "fair", "poor"), cuts=(70.0, 40.0)), Tiers(("good", "fair", "poor"), quotas=(0.3, 0.4, 0.3)))
choices = {"tie_rule": st.sampled_from(("min", "max", "dense")), "tiers": st.sampled_from(TIERS)}


@st.composite
def standings(draw: st.DrawFn, aggregations: tuple[str, ...]) -> Standing:
    chosen = {name: draw(choice) for name, choice in choices.items()}
    scheme = draw(schemes(aggregations, scope=draw(st.sampled_from(("group", "all"))), **chosen))  # type: ignore[arg-type]
    return Standing(draw(figures(scheme)), scheme)


units, goals = st.integers(0, 5), st.sampled_from(("rank", "tier"))


@RELAXED
@given(standing=standings(("arithmetic",)), unit=units, goal=goals, data=st.data())
def test_the_cheapest_set_is_that_of_linear_programming(
    standing: Standing, unit: int, goal: str, data: st.DataObject
) -> None:
    count = len(standing.scores)
    cost = np.array(data.draw(st.lists(st.sampled_from((0.5, 1.0, 2.0, 3.7)), min_size=count, max_size=count)))
    way = reach(standing, unit, goal, cost)  # type: ignore[arg-type]
    assume(not np.isnan(way.points))
    own = standing.scores[:, unit]
    room = np.where(np.isnan(own), 0.0, 100 - np.nan_to_num(own))
    gain = np.nan_to_num(standing.weights[:count, unit])
    best = linprog(cost, A_ub=-gain[np.newaxis], b_ub=[-way.points], bounds=[(0.0, most) for most in room])
    assert way.cheapest
    assert bool(best.success) == bool(way.moves or way.points == 0)
    if way.moves:
        np.testing.assert_allclose(way.cost, best.fun, rtol=1e-6, atol=1e-6)
        np.testing.assert_allclose(sum(move.gain for move in way.moves), way.points, rtol=1e-9, atol=1e-9)
        assert way.verified


@settings(max_examples=40, deadline=None)
@given(standing=standings(AGGREGATIONS), unit=units, goal=goals)
def test_what_is_offered_suffices_in_any_tree(standing: Standing, unit: int, goal: str) -> None:
    """The moves are put into the indicators' scores by hand; rank and tier come from the production functions."""
    way = reach(standing, unit, goal)  # type: ignore[arg-type]
    if not way.moves:
        assert not way.verified
        return
    places = {leaf.id: at for at, leaf in enumerate(standing.scheme.indicators)}
    for move in way.moves:
        assert move.before == standing.scores[places[move.indicator], unit]
        assert move.before < move.after <= 100 + 1e-9
    total = sum(move.gain for move in way.moves)
    if not standing.scheme.compares_units:
        assert total >= way.points - 1e-9
        assert way.verified
    if way.verified:
        columns = standing.scores[:, unit].copy()
        for move in way.moves:
            columns[places[move.indicator]] = move.after
        after = standing.conclude(standing.with_scores(unit, columns[:, np.newaxis]))
        before = standing.result
        better = after.rank[0, unit] < before.rank[unit] if goal == "rank" else after.tier[0, unit] < before.tier[unit]
        assert better


@RELAXED
@given(standing=standings(MEANS), unit=units, goal=goals)
def test_no_lower_score_has_the_goal(standing: Standing, unit: int, goal: str) -> None:
    target, points = distance(standing, unit, goal)  # type: ignore[arg-type]
    before, now = standing.result, standing.result.score[unit]
    if np.isnan(now):
        assert np.isnan(target) and np.isnan(points)
        return
    own = standing.node_scores[-1, unit]
    steps = np.round(np.arange(now + 0.01, min(target, 101.0) if not np.isnan(target) else 101.0, 0.01), 2)
    roots = np.repeat(standing.node_scores[-1:], len(steps), axis=0)
    roots[:, unit] = steps
    after = standing.conclude(roots)
    better = (
        (after.rank[:, unit] > 0) & (after.rank[:, unit] < before.rank[unit])
        if goal == "rank"
        else after.tier[:, unit] < before.tier[unit]
    )
    better &= steps < (target if not np.isnan(target) else np.inf)
    if before.rank[unit]:
        assert not better.any()
    if not np.isnan(target):
        assert round(own + points, 2) == target


RULE = Normaliser("goalposts", 1)


def flat(values: list[list[float]], weights: tuple[float, ...], **choices: object) -> Standing:
    leaves = tuple(Indicator(f"i{at}", "root", RULE, weight) for at, weight in enumerate(weights))
    scheme = Scheme("flat", leaves, (Aggregate("root", None, 0.01),), **choices)  # type: ignore[arg-type]
    given = np.array(values)
    count = given.shape[1]
    extras = np.zeros((len(scheme.bonuses) + len(scheme.vetoes), count))
    if len(extras):
        extras[-1, -1] = 1.0
    area, ends = np.zeros(count, dtype=np.int64), {"low": np.array([[0.0]]), "high": np.array([[100.0]])}
    return Standing(Inputs(given, area, extras=extras, **ends), scheme)


def test_by_hand() -> None:
    """Second with 50 to 60. The weight of 3 is used first, 8 points of it to the ceiling, then the other one."""
    standing = flat([[60.0, 20.0], [60.0, 60.0]], (1, 3), decimals=0)
    assert standing.result.score.tolist() == [60, 50]
    way = reach(standing, 1, "rank", ceiling=np.array([100.0, 68.0]))
    assert way.target == 60
    assert way.points == pytest.approx(9.5, abs=1e-5)
    assert [(move.indicator, move.before) for move in way.moves] == [("i1", 60.0), ("i0", 20.0)]
    assert way.moves[0].after == 68.0 and way.moves[0].gain == pytest.approx(6.0)
    assert way.moves[1].after == pytest.approx(34.0, abs=1e-4)
    assert way.verified and way.cost == pytest.approx(22.0, abs=1e-4)


def test_sharing_a_rank_counts_only_where_it_betters_the_number() -> None:
    values = [[60.0, 50.0]]
    assert reach(flat(values, (1,), decimals=0, tie_rule="min"), 1, "rank").target == 60
    assert reach(flat(values, (1,), decimals=0, tie_rule="max"), 1, "rank").target == 61


def test_nothing_above_no_data_and_a_veto_have_no_way() -> None:
    standing = flat([[60.0, NAN, 50.0]], (1,), tiers=TIERS[0], vetoes=(Veto("v", 0.5, effect="lowest_tier"),))
    for unit, goal in ((0, "rank"), (1, "rank"), (1, "tier"), (2, "tier")):
        way = reach(standing, unit, goal)  # type: ignore[arg-type]
        assert np.isnan(way.target) and way.moves == () and not way.verified
    assert reach(standing, 0, "tier").target == 70


def test_too_little_room_is_said() -> None:
    way = reach(flat([[60.0, 50.0]], (1,)), 1, "rank", ceiling=55.0)
    assert way.points == pytest.approx(10 - 0.005, abs=1e-6) and way.moves == () and not way.verified


def test_points_of_a_bonus_count() -> None:
    standing = flat([[60.0, 50.0]], (1,), bonuses=(Bonus("b", 4.0, 10.0),))
    assert standing.result.score.tolist() == [60, 54]
    assert reach(standing, 1, "rank").points == pytest.approx(6 - 0.005, abs=1e-6)


def test_several_periods_are_refused() -> None:
    standing = flat([[60.0, 50.0]], (1,))
    with pytest.raises(SchemeError, match="one period"):
        Standing(replace(standing.inputs, values=np.ones((1, 2, 2))), standing.scheme)


def shares_of(standing: Standing, node: str, share: float) -> Scheme:
    """The scheme with another share for one node, the others' weights untouched."""
    nodes = {n.id: n for n in standing.scheme.nodes}
    siblings = sum(n.weight for n in standing.scheme.nodes if n.parent == nodes[node].parent and n.id != node)
    weight = share * siblings / (1 - share)
    change = {"indicators": standing.scheme.indicators, "aggregates": standing.scheme.aggregates}
    return replace(
        standing.scheme,
        **{k: tuple(replace(n, weight=weight) if n.id == node else n for n in v) for k, v in change.items()},  # type: ignore[arg-type]
    )


def gap(standing: Standing, pair: tuple[int, int], node: str, share: float) -> float:
    root = score(standing.inputs, shares_of(standing, node, share)).node_scores[-1]
    return float(root[pair[0]] - root[pair[1]])


@settings(max_examples=15, deadline=None)
@given(standing=standings(("arithmetic",)), data=st.data())
def test_no_node_swaps_neighbours_with_less(standing: Standing, data: st.DataObject) -> None:
    """Against a fine walk over the shares of every node, and Brent's method, through `score`."""
    lenient = tuple(replace(node, min_coverage=1e-6) for node in standing.scheme.aggregates)
    standing = Standing(standing.inputs, replace(standing.scheme, aggregates=lenient))
    pairs = list(neighbours(standing))
    assume(pairs)
    pair = data.draw(st.sampled_from(pairs))
    found = smallest_swap(standing, *pair)
    nearest = np.inf
    for node in standing.scheme.nodes[:-1]:
        siblings = [n.weight for n in standing.scheme.nodes if n.parent == node.parent]
        before = node.weight / sum(siblings)
        if len(siblings) == 1:
            continue
        grid = np.unique([before, *np.linspace(0.005, 0.995, 12)])
        gaps = [gap(standing, pair, node.id, share) for share in grid]
        for left, right, low, high in zip(grid, grid[1:], gaps, gaps[1:], strict=False):
            if low * high < 0:
                share = brentq(lambda s, node=node: gap(standing, pair, node.id, s), left, right, xtol=1e-13)
                nearest = min(nearest, abs(share / before - 1))
            elif low == 0 or high == 0:
                nearest = min(nearest, abs((left if low == 0 else right) / before - 1))
    if found is None:
        assert nearest == np.inf
    else:
        assert abs(found.relative) <= nearest + 1e-8
        if 0 < found.after < 1:
            assert gap(standing, pair, found.node, found.after) == pytest.approx(0, abs=1e-8)


def test_a_swap_by_hand() -> None:
    """60/0 against 20/60 under weights 3 and 1: 45 to 30. Equal where 60 v = 20 v + 60 (1 - v): v = 0.6."""
    found = smallest_swap(flat([[60.0, 20.0], [0.0, 60.0]], (3, 1)), 0, 1)
    assert found is not None
    assert (found.node, found.before) == ("i0", 0.75)
    assert found.after == pytest.approx(0.6) and found.relative == pytest.approx(-0.2)


def test_points_of_a_bonus_count_in_a_swap() -> None:
    """60/0 and 4 points against 20/60: 4 + 60 v = 20 v + 60 (1 - v), v = 0.56; the same by root finding."""
    bonuses = (Bonus("b", 4.0, 10.0),)
    additive = flat([[20.0, 60.0], [60.0, 0.0]], (3, 1), bonuses=bonuses)
    found = smallest_swap(additive, 1, 0)
    assert found is not None and found.after == pytest.approx(0.56)
    positive = flat([[20.0, 60.0], [60.0, 1.0]], (3, 1), bonuses=bonuses)
    root = replace(positive.scheme.aggregates[0], aggregation="harmonic", floor=1.0)
    harmonic = Standing(positive.inputs, replace(positive.scheme, aggregates=(root,)))
    found = smallest_swap(harmonic, 1, 0)
    assert found is not None
    v = found.after
    assert 1 / (v / 60 + (1 - v) / 1) + 4 == pytest.approx(1 / (v / 20 + (1 - v) / 60))


def test_who_is_ahead_everywhere_is_swapped_by_no_weight() -> None:
    assert smallest_swap(flat([[60.0, 20.0], [50.0, 40.0]], (3, 1)), 0, 1) is None


@settings(max_examples=40, deadline=None)
@given(standing=standings(AGGREGATIONS), data=st.data())
def test_a_swap_in_any_tree_turns_the_order_there(standing: Standing, data: st.DataObject) -> None:
    pairs = list(neighbours(standing))
    assume(pairs and not standing.additive)
    pair = data.draw(st.sampled_from(pairs))
    found = smallest_swap(standing, *pair)
    if found is None or found.relative == 0 or not 1e-6 < found.after < 0.998:
        return
    lenient = tuple(replace(node, min_coverage=1e-6) for node in standing.scheme.aggregates)
    standing = Standing(standing.inputs, replace(standing.scheme, aggregates=lenient))
    assume(smallest_swap(standing, *pair) == found)
    sides = [gap(standing, pair, found.node, found.after * (1 + way * 1e-7)) for way in (-1, 1)]
    assert np.sign(sides[0]) != np.sign(sides[1]) or min(map(abs, sides)) < 1e-9
