"""The split of a movement: against averaging over every order by plain loops, and what each factor may get."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dagster_project.scoring.engine import score
from dagster_project.scoring.mixture import FACTORS, Evaluation, evaluation
from dagster_project.scoring.movement import Moved, movement
from dagster_project.scoring.normalise import NO_GROUP
from dagster_project.scoring.prepare import Inputs
from dagster_project.scoring.scheme import Aggregate, Imputation, Indicator, Normaliser, Scheme, SchemeError, Veto
from tests.unit.scoring.worlds import AGGREGATIONS, MEANS, figures, schemes, weights

# A scheme takes some milliseconds to score, so fewer of them, and no deadline.
RELAXED = settings(max_examples=60, deadline=None)
NAN = np.nan
ROW = {factor: at for at, factor in enumerate(FACTORS)}


@dataclass
class Pair:
    """Two evaluations, and the earlier one restated."""

    then: tuple[Inputs, Scheme]
    restated: tuple[Inputs, Scheme]
    now: tuple[Inputs, Scheme]
    changed: tuple[str, ...]

    def evaluations(self) -> tuple[Evaluation, Evaluation, Evaluation]:
        return evaluation(*self.then), evaluation(*self.now), evaluation(*self.restated)

    def moved(self) -> Moved:
        return movement(*self.evaluations())

    def slow(self) -> tuple[np.ndarray, np.ndarray]:
        """Score and rank parts (F, U): revision first, then every order of the others, one mixture at a time."""
        then, now, restated = self.evaluations()
        units = range(then.inputs.values.shape[1])
        known: dict[tuple[frozenset[str], int], tuple[float, float]] = {}

        def rank_of(on: frozenset[str], unit: int) -> tuple[float, float]:
            if (on, unit) not in known:
                got = score(*mixture(then, restated, now, on, unit))
                if got.rank[unit] == 0 and on:
                    known[on, unit] = rank_of(frozenset(), unit)
                else:
                    known[on, unit] = (float(got.score[unit]), float(got.rank[unit]) or NAN)
            return known[on, unit]

        orders = [("revision", *order) for order in permutations(self.changed)]
        parts = np.zeros((2, len(FACTORS), len(units)))
        for unit in units:
            for order in orders:
                for at, factor in enumerate(order):
                    before = rank_of(frozenset(order[:at]), unit)
                    after = rank_of(frozenset(order[: at + 1]), unit)
                    for kind in (0, 1):
                        parts[kind, ROW[factor], unit] += (after[kind] - before[kind]) / len(orders)
            ends = [score(*end) for end in (self.then, self.now)]
            if not all(end.rank[unit] for end in ends):
                parts[:, :, unit] = NAN
        return parts[0], parts[1]


def mixture(
    then: Evaluation, restated: Evaluation, now: Evaluation, on: frozenset[str], unit: int
) -> tuple[Inputs, Scheme]:
    """Cell by cell from the docstring of `movement`."""
    scheme = now.scheme if "definition" in on else then.scheme
    weigher = now.scheme if "weights" in on else then.scheme
    of = {(node.id, node.parent): node.weight for node in weigher.nodes}
    scheme = replace(
        scheme,
        indicators=tuple(replace(n, weight=of.get((n.id, n.parent), n.weight)) for n in scheme.indicators),
        aggregates=tuple(replace(n, weight=of.get((n.id, n.parent), n.weight)) for n in scheme.aggregates),
    )
    side = now if "definition" in on else then
    groups = (now if "boundary" in on else then).inputs.groups
    names = [leaf.id for leaf in scheme.indicators]
    rows = [{leaf.id: at for at, leaf in enumerate(one.scheme.indicators)} for one in (then, restated, now)]
    values = np.full((len(names), len(groups)), NAN)
    for at, name in enumerate(names):
        for u in range(len(groups)):
            if name not in rows[0]:
                values[at, u] = now.inputs.values[rows[2][name], u]
                continue
            base = restated if "revision" in on else then
            first = base.inputs.values[rows[0][name], u]
            last = now.inputs.values[rows[2][name], u] if name in rows[2] else first
            imputed = restated.imputed[rows[1][name], u] or (name in rows[2] and now.imputed[rows[2][name], u])
            moves_on = "imputation" if imputed else "own" if u == unit else "others"
            values[at, u] = last if moves_on in on else first
    return replace(side.inputs, values=values, groups=groups), scheme


@st.composite
def pairs(draw: st.DrawFn, units: int = 4, aggregations: tuple[str, ...] = MEANS, at_once: int = 5) -> Pair:
    """Two periods between which anything may have changed, each thing or not, besides the figures `at_once` things."""
    some = draw(st.sets(st.sampled_from(FACTORS[:5]), max_size=at_once))
    changed = {factor: factor in some for factor in FACTORS[:5]}
    scheme = draw(schemes(aggregations, scope=draw(st.sampled_from(("group", "all")))))  # type: ignore[arg-type]
    if changed["imputation"]:
        fill = st.sampled_from((Imputation("group_mean"), Imputation()))
        scheme = replace(scheme, indicators=tuple(replace(leaf, imputation=draw(fill)) for leaf in scheme.indicators))
    later = scheme
    if changed["weights"]:
        later = replace(later, indicators=tuple(replace(leaf, weight=draw(weights)) for leaf in later.indicators))
        later = replace(later, aggregates=tuple(replace(node, weight=draw(weights)) for node in later.aggregates))
    missing = draw(st.sampled_from((0.0, 0.15)))
    then = draw(figures(scheme, units=units, missing=missing))
    restated = then
    if changed["revision"]:
        other = draw(figures(scheme, units=units, missing=missing))
        revised = np.random.default_rng(draw(st.integers(0, 99))).random(then.values.shape) < 0.3
        restated = replace(then, values=np.where(revised, other.values, then.values))
    now = draw(figures(scheme, units=units, missing=missing))
    stays = np.array([draw(st.booleans()) for _ in range(units)])
    now = replace(now, values=np.where(stays, restated.values, now.values))
    if not changed["boundary"]:
        now = replace(now, groups=then.groups)
    if changed["definition"]:
        now = replace(now, high=np.array([[12.0]]))
        if draw(st.booleans()):
            extra = Indicator("new", "root", Normaliser("minmax", 1), 0.5)
            later = replace(later, indicators=(extra, *later.indicators))
            now = replace(now, values=np.vstack([np.arange(units, dtype=float), now.values]))
        if draw(st.booleans()):
            later = replace(later, decimals=1, tie_rule="dense")
    may_differ = (*(factor for factor in some if factor != "revision"), "own", "others")
    return Pair((then, scheme), (restated, scheme), (now, later), may_differ)


@settings(max_examples=40, deadline=None)
@given(pair=pairs(at_once=3))
def test_the_mean_over_every_order(pair: Pair) -> None:
    moved = pair.moved()
    slow_score, slow_rank = pair.slow()
    np.testing.assert_allclose(moved.score, slow_score, rtol=0, atol=1e-9)
    np.testing.assert_allclose(moved.rank, slow_rank, rtol=0, atol=1e-9)


@RELAXED
@given(pair=pairs(units=7, aggregations=AGGREGATIONS))
def test_parts_sum_to_the_whole(pair: Pair) -> None:
    moved = pair.moved()
    then, now = score(*pair.then), score(*pair.now)
    both = (then.rank > 0) & (now.rank > 0)
    np.testing.assert_allclose(moved.score.sum(axis=0), np.where(both, now.score - then.score, NAN), rtol=0, atol=1e-9)
    np.testing.assert_allclose(moved.rank.sum(axis=0), np.where(both, now.rank - then.rank, NAN), rtol=0, atol=1e-9)


@RELAXED
@given(pair=pairs(units=5))
def test_what_did_not_change_is_exactly_0(pair: Pair) -> None:
    moved = pair.moved()
    (then, scheme), (restated, _), (now, later) = pair.then, pair.restated, pair.now
    quiet = {
        "weights": {n.id: n.weight for n in scheme.nodes} == {n.id: n.weight for n in later.nodes if n.id != "new"},
        "boundary": np.array_equal(then.groups, now.groups),
        "revision": np.array_equal(then.values, restated.values, equal_nan=True),
        "imputation": not any(one.imputed.any() for one in pair.evaluations()),
        "definition": np.array_equal(then.high, now.high) and scheme.decimals == later.decimals,
    }
    for factor, still in quiet.items():
        if still:
            for parts in (moved.score, moved.rank):
                assert not np.nan_to_num(parts[ROW[factor]]).any(), factor
    if len(now.values) == len(restated.values):
        same = (restated.values == now.values) | (np.isnan(restated.values) & np.isnan(now.values))
        still_units = same.all(axis=0)
        assert not np.nan_to_num(moved.score[ROW["own"], still_units]).any()
        if still_units.all():
            assert not np.nan_to_num(moved.rank[[ROW["own"], ROW["others"]]]).any()


RULE = Normaliser("goalposts", 1)
ROOT = Aggregate("root", None, 0.01)
ONE = Scheme("one", (Indicator("a", "root", RULE),), (ROOT,))
AREA = np.zeros(3, dtype=np.int64)


def inputs(*values: float, **others: object) -> Inputs:
    whole = {"groups": AREA[: len(values)], "low": np.array([[0.0]]), "high": np.array([[100.0]]), **others}
    return Inputs(np.array([values]), **whole)  # type: ignore[arg-type]


def test_under_goalposts_the_score_moves_by_itself_and_the_rank_by_both() -> None:
    """By hand: 50, 60, 40 become 70, 60, 75. The first overtakes the second by its own doing, and is overtaken."""
    moved = movement(evaluation(inputs(50, 60, 40), ONE), evaluation(inputs(70, 60, 75), ONE))
    np.testing.assert_allclose(moved.score[ROW["own"]], [20, 0, 35])
    assert not moved.score[ROW["others"]].any()
    # First: from 2; own alone 1, others alone 3, both 2. Own: (-1 + -1) / 2; others: (1 + 1) / 2.
    np.testing.assert_allclose(moved.rank[[ROW["own"], ROW["others"]], 0], [-1, 1])
    np.testing.assert_allclose(moved.rank[[ROW["own"], ROW["others"]], 1], [0, 2])


def test_a_revision_is_told_from_what_happened() -> None:
    """50 was revised to 65 and then stayed there: all revision, nothing of it the unit's own doing."""
    then, restated = evaluation(inputs(50, 60), ONE), evaluation(inputs(65, 60), ONE)
    moved = movement(then, evaluation(inputs(65, 60), ONE), restated)
    assert moved.score[ROW["revision"]].tolist() == [15, 0]
    assert moved.rank[ROW["revision"]].tolist() == [-1, 1]
    assert np.delete(moved.score, ROW["revision"], axis=0).any() == 0


def test_cells_once_imputed_are_imputation() -> None:
    scheme = replace(ONE, indicators=(replace(ONE.indicators[0], imputation=Imputation("group_mean")),))
    moved = movement(evaluation(inputs(NAN, 60, 40), scheme), evaluation(inputs(30, 60, 40), scheme))
    assert moved.score[ROW["imputation"]].tolist() == [-20, 0, 0]
    assert not np.delete(moved.score, ROW["imputation"], axis=0).any()


def test_an_indicator_of_one_scheme_alone_is_definition() -> None:
    two = replace(ONE, indicators=(*ONE.indicators, Indicator("b", "root", RULE)))
    both = replace(inputs(50, 60), values=np.array([[50.0, 60.0], [100.0, 0.0]]))
    moved = movement(evaluation(inputs(50, 60), ONE), evaluation(both, two))
    assert moved.score[ROW["definition"]].tolist() == [25, -30]
    assert not np.delete(moved.score, ROW["definition"], axis=0).any()


def test_an_indicator_given_up_or_no_longer_applicable_is_definition() -> None:
    two = replace(ONE, indicators=(*ONE.indicators, Indicator("b", "root", RULE)))
    both = replace(inputs(50, 60), values=np.array([[50.0, 60.0], [100.0, 0.0]]))
    given_up = movement(evaluation(both, two), evaluation(inputs(50, 60), ONE))
    applies = np.array([[True, True], [False, True]])
    no_more = replace(both, values=np.array([[50.0, 60.0], [NAN, 0.0]]), applies=applies)
    not_applicable = movement(evaluation(both, two), evaluation(no_more, two))
    for moved, changes in ((given_up, [-25, 30]), (not_applicable, [-25, 0])):
        assert moved.score[ROW["definition"]].tolist() == changes
        assert not np.delete(moved.score, ROW["definition"], axis=0).any()


def test_a_new_peer_area_moves_the_rank_and_not_the_score() -> None:
    apart = inputs(50, 60, 40, groups=np.array([0, 1, 0]))
    moved = movement(evaluation(inputs(50, 60, 40), ONE), evaluation(apart, ONE))
    assert moved.rank[ROW["boundary"]].tolist() == [-1, 0, -1]
    assert not moved.score.any()


def test_a_unit_ranked_once_has_no_split() -> None:
    later = inputs(50, 60, 40, groups=np.array([0, 0, NO_GROUP]))
    moved = movement(evaluation(inputs(50, NAN, 40), ONE), evaluation(later, ONE))
    assert np.isnan(moved.score[:, 1:]).all() and np.isnan(moved.rank[:, 1:]).all()
    assert moved.rank[:, 0].sum() == pytest.approx(1)


def test_a_mixture_without_a_score_is_stood_in_for() -> None:
    """First one indicator alone has a value, then, imputed, the other: one mixture of the two has none at all."""
    imputed = Indicator("b", "root", RULE, imputation=Imputation("group_mean"))
    scheme = Scheme("two", (Indicator("a", "root", RULE), imputed), (replace(ROOT, min_coverage=0.5),))
    then = replace(inputs(50, 60), values=np.array([[50.0, 60.0], [NAN, NAN]]))
    now = replace(inputs(50, 60), values=np.array([[NAN, 60.0], [NAN, 80.0]]))
    moved = movement(evaluation(then, scheme), evaluation(now, scheme))
    assert moved.stood_in.tolist() == [True, False]
    # 50 to 80: imputation alone gives 65, the unit's own gap alone no score, so 50.
    np.testing.assert_allclose(moved.score[[ROW["own"], ROW["imputation"]], 0], [7.5, 22.5])
    np.testing.assert_allclose(moved.score.sum(axis=0), [30, 10])


def test_extra_figures_move_on_like_others() -> None:
    scheme = replace(ONE, vetoes=(Veto("accidents", 5.0),), tie_rule="min")
    calm = inputs(50, 60, 40, extras=np.zeros((1, 3)))
    moved = movement(evaluation(calm, scheme), evaluation(replace(calm, extras=np.array([[0.0, 9.0, 0.0]])), scheme))
    assert np.isnan(moved.rank[:, 1]).all()
    assert moved.rank[ROW["others"], [0, 2]].tolist() == [-1, -1]


def test_a_period_of_a_panel_is_filled_from_the_others() -> None:
    scheme = replace(ONE, indicators=(replace(ONE.indicators[0], imputation=Imputation("last", 1)),))
    panel = replace(inputs(0, 0), values=np.array([[[50.0, 60.0], [NAN, 40.0]]]), times=np.array([0, 1]))
    then, now = (evaluation(panel, scheme, period) for period in (0, 1))
    assert now.inputs.values.tolist() == [[50.0, 40.0]] and now.imputed.tolist() == [[True, False]]
    assert movement(then, now).score[ROW["own"]].tolist() == [0, -20]
    with pytest.raises(SchemeError, match="period"):
        evaluation(panel, scheme)


@pytest.mark.parametrize("method", ["group_mean", "group_median", "last", "linear"])
def test_filling_beforehand_is_what_the_engine_does(method: str) -> None:
    filled = Indicator("a", "root", Normaliser("minmax", 1), imputation=Imputation(method, 2))  # type: ignore[arg-type]
    scheme = replace(ONE, indicators=(filled, Indicator("b", "root", RULE)))
    random = np.random.default_rng(5)
    values = random.uniform(0, 100, (2, 4, 9))
    values[random.random(values.shape) < 0.3] = NAN
    groups = random.integers(-1, 2, (4, 9))
    panel = replace(inputs(0), values=values, groups=groups, times=np.arange(4))
    whole = score(panel, scheme)
    for period in range(4):
        one = evaluation(panel, scheme, period)
        got = score(one.inputs, one.scheme)
        np.testing.assert_array_equal(got.node_scores, whole.node_scores[:, period])
        np.testing.assert_array_equal(got.rank, whole.rank[period])
        inside = groups[period] != NO_GROUP
        np.testing.assert_array_equal(one.imputed[:, inside], whole.imputed[:, period, inside])


def test_other_units_or_another_scheme_for_restated_figures_are_refused() -> None:
    then = evaluation(inputs(50, 60), ONE)
    with pytest.raises(SchemeError, match="same units"):
        movement(then, evaluation(inputs(50, 60, 40), ONE))
    with pytest.raises(SchemeError, match="first scores"):
        movement(then, then, evaluation(inputs(50, 60), replace(ONE, decimals=1)))
