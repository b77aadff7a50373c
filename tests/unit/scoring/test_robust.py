"""Draws: each equals one ordinary evaluation; the same seed gives the same bytes; and what is said of the draws."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dagster_project.scoring import robust
from dagster_project.scoring.draw import Uncertainty, plan, variants_of
from dagster_project.scoring.engine import score
from dagster_project.scoring.normalise import NO_GROUP
from dagster_project.scoring.prepare import Inputs
from dagster_project.scoring.rank import rank_in_groups
from dagster_project.scoring.robust import Robustness, evaluate, robustness, share_ahead, told_apart
from dagster_project.scoring.scheme import Aggregate, Indicator, Normaliser, Scheme, SchemeError, Tiers, Treatment
from dagster_project.scoring.sensitivity import sensitivity, varying

EVERYTHING = Uncertainty(
    draws=40,
    seed=5,
    weight_noise=0.3,
    normalisers=(Normaliser("zscore", 1, mean=50.0, sd=15.0),),
    aggregations=("geometric",),
    max_points=(1, 2),
    imputations=("group_mean",),
    leave_one_out=True,
    data=True,
)


def world(seed: int = 0, units: int = 9, compares: bool = False) -> tuple[Inputs, Scheme, np.ndarray]:
    random = np.random.default_rng(seed)
    rule, treatment = Normaliser("minmax", 1), Treatment("winsorise_log", 3)
    leaves = tuple(Indicator(f"i{at}", "ab"[at % 2], rule, 1 + at % 3, treatment) for at in range(6))
    kind = "entropy" if compares else "given"
    scheme = Scheme(
        "w",
        leaves,
        (Aggregate("all", None, 0.4), Aggregate("a", "all", 0.3, 2, weighting=kind), Aggregate("b", "all", 0.3, 1)),  # type: ignore[arg-type]
        tiers=Tiers(("top", "rest"), quotas=(0.3, 0.7)),
    )
    values = random.lognormal(0, 1, (6, units))
    values[random.random(values.shape) < 0.1] = np.nan
    spread = np.where(random.random(values.shape) < 0.3, 0.2, 0.0)
    groups = random.integers(-1, 2, units)
    return Inputs(values, groups), scheme, spread


@pytest.mark.parametrize("compares", [False, True])
def test_each_draw_is_one_ordinary_evaluation(compares: bool) -> None:
    """Its own scheme, with its weights written in, over its own figures; a left-out indicator is taken off the tree.

    Weights that come from the data cannot be written in, so there they are not varied.
    """
    inputs, scheme, spread = world(compares=compares)
    noise, leave_one_out = (0.0, False) if compares else (0.3, True)
    draws = plan(scheme, replace(EVERYTHING, weight_noise=noise, leave_one_out=leave_one_out))
    got = evaluate(inputs, scheme, draws, spread)
    moved = np.nonzero((spread > 0) & ~np.isnan(inputs.values))
    rows = np.array(sorted(set(moved[0].tolist())))
    at = np.searchsorted(rows, moved[0])
    factor = np.ones((len(scheme.nodes), draws.number)) if draws.factors is None else draws.factors
    for draw in range(draws.number):
        values = inputs.values.copy()
        values[moved] += draws.noise(np.array([draw]), len(at))[0] * spread[moved]
        factors = dict(zip((node.id for node in scheme.nodes), factor[:, draw], strict=True))
        one = draws.variants[draws.which[draw]]
        kept = tuple(replace(i, weight=i.weight * factors[i.id]) for i in one.indicators if factors[i.id] > 0)
        places = [scheme.place[i.id] for i in kept]
        nodes = tuple(replace(a, weight=a.weight * factors[a.id], min_coverage=1e-9) for a in one.aggregates)
        alone = score(Inputs(values[places], inputs.groups), replace(one, indicators=kept, aggregates=nodes))
        ranked = got.rank[draw] > 0
        np.testing.assert_allclose(got.score[draw][ranked], alone.score[ranked], atol=0.0101)
        assert ranked.any()


def test_the_same_seed_gives_the_same_bytes_in_any_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    inputs, scheme, spread = world()
    draws = plan(scheme, EVERYTHING)
    once = evaluate(inputs, scheme, draws, spread, workers=1)
    monkeypatch.setattr(robust, "CHUNK_BYTES", 1)
    again = evaluate(inputs, scheme, plan(scheme, EVERYTHING), spread, workers=2)
    assert once.score.tobytes() == again.score.tobytes()
    assert once.rank.tobytes() == again.rank.tobytes()
    other = evaluate(inputs, scheme, plan(scheme, replace(EVERYTHING, seed=6)), spread)
    assert once.score.tobytes() != other.score.tobytes()


def test_nothing_varied_moves_nothing() -> None:
    inputs, scheme, spread = world()
    got, nominal = robustness(inputs, scheme, Uncertainty(draws=7), spread), score(inputs, scheme)
    for interval in (got.low, got.median, got.high):
        np.testing.assert_array_equal(interval, nominal.rank)
    ranked = nominal.rank > 0
    np.testing.assert_array_equal(got.tier_probability[:, ranked].argmax(axis=0), nominal.tier[ranked])


def test_intervals_and_tiers_by_hand() -> None:
    inputs, scheme, spread = world(units=12)
    drawn, got = (
        evaluate(inputs, scheme, plan(scheme, EVERYTHING), spread),
        robustness(inputs, scheme, EVERYTHING, spread),
    )
    for unit in range(12):
        ranks = sorted(drawn.rank[:, unit].tolist())
        # The smallest rank that at least 5 % (of 40: two draws), half, 95 % of the draws do not exceed.
        assert [got.low[unit], got.median[unit], got.high[unit]] == [ranks[1], ranks[19], ranks[37]]
        share = [sum(tier == at for tier in drawn.tier[:, unit].tolist()) / 40 for at in (0, 1)]
        assert got.tier_probability[:, unit].tolist() == share
    assert ((got.low > 0) == (got.high > 0)).all()


def slow_apart(ahead: np.ndarray, rank: list[int], groups: list[int]) -> list[int]:
    number = [0] * len(rank)
    for group in set(groups) - {NO_GROUP}:
        order = sorted((u for u in range(len(rank)) if groups[u] == group and rank[u]), key=lambda u: rank[u])
        current = 1
        for place, unit in enumerate(order):
            if place and all(ahead[a][b] >= 0.95 for a in order[:place] for b in order[place:]):
                current += 1
            number[unit] = current
    return number


@settings(max_examples=60)
@given(st.integers(1, 7), st.integers(1, 25), st.integers(0, 10**6))
def test_who_can_be_told_apart(units: int, draws: int, seed: int) -> None:
    random = np.random.default_rng(seed)
    groups = random.integers(-1, 2, units)
    base = random.integers(0, 3, units) * random.integers(0, 20)
    scores = base + random.integers(0, 4, (draws, units)).astype(float)
    rank = rank_in_groups(scores, groups)
    ahead = share_ahead(rank, groups)
    for a in range(units):
        for b in range(units):
            if groups[a] != groups[b] or groups[a] == NO_GROUP:
                assert ahead[a, b] == 0
                continue
            won = sum((r[a] < r[b]) + 0.5 * (r[a] == r[b]) for r in rank)
            assert ahead[a, b] == pytest.approx(won / draws, abs=1e-12)
    assert told_apart(ahead, rank[0], groups).tolist() == slow_apart(ahead, rank[0].tolist(), groups.tolist())


def test_two_clear_halves_are_two_groups() -> None:
    """Four units whose two best swap places in half of the draws, and whose two worst do."""
    rank = np.array([[1, 2, 3, 4], [2, 1, 4, 3]] * 10)
    groups = np.zeros(4, dtype=np.int64)
    assert told_apart(share_ahead(rank, groups), rank[0], groups).tolist() == [1, 1, 2, 2]


def test_variants_begin_with_the_scheme_itself() -> None:
    _, scheme, _ = world()
    variants = variants_of(scheme, EVERYTHING)
    assert variants[0] == scheme
    assert len(variants) == 2 * 2 * 3 * 2


def test_refusals() -> None:
    inputs, scheme, _ = world()
    with pytest.raises(SchemeError, match="0 draws"):
        Uncertainty(draws=0)
    with pytest.raises(SchemeError, match="one period at a time"):
        panel = Inputs(inputs.values[:, np.newaxis], inputs.groups)
        evaluate(panel, scheme, plan(scheme, EVERYTHING))
    with pytest.raises(SchemeError, match="at least two"):
        sensitivity(inputs, scheme, Uncertainty(weight_noise=0.2))


def test_sensitivity_finds_the_choice_that_matters() -> None:
    """Figures that hardly move beside weights that turn everything round."""
    random = np.random.default_rng(1)
    good = random.random(12)
    leaves = tuple(Indicator(name, "all", Normaliser("minmax", 1)) for name in "ab")
    scheme = Scheme("s", leaves, (Aggregate("all", None),))
    inputs = Inputs(np.stack([good, 1 - good + 0.01 * random.random(12)]), np.zeros(12, dtype=np.int64))
    uncertainty = Uncertainty(seed=3, weight_noise=0.9, data=True)
    assert varying(scheme, uncertainty) == ("weights", "data")
    got = sensitivity(inputs, scheme, uncertainty, np.full((2, 12), 1e-6), base=64)
    weights, data = got.total
    assert weights > 0.8
    assert data < 0.1


def test_a_robustness_says_nothing_of_units_without_a_rank() -> None:
    inputs, scheme, spread = world(units=12)
    got: Robustness = robustness(inputs, scheme, EVERYTHING, spread)
    unranked = score(inputs, scheme).rank == 0
    assert unranked.any()
    assert not got.low[unranked].any()
    assert not got.apart[unranked].any()
    assert not got.tier_probability[:, unranked].any()
    assert not got.ahead[unranked].any()


def test_a_draw_ranks_whom_the_scheme_ranks() -> None:
    """Without goalposts there is no score, by the alternative there is: coverage would be met in some draws only."""
    rule = Normaliser("goalposts", 1)
    leaves = tuple(Indicator(name, "all", rule) for name in "ab")
    scheme = Scheme("s", leaves, (Aggregate("all", None, 0.6),))
    values = np.array([[1.0, 2.0, 3.0], [3.0, 1.0, 2.0]])
    low = np.array([[0.0, 0.0, 0.0], [0.0, 0.0, np.nan]])
    inputs = Inputs(values, np.zeros(3, dtype=np.int64), low=low, high=low + 5)
    assert score(inputs, scheme).reason.tolist() == ["", "", "coverage"]
    uncertainty = Uncertainty(draws=50, normalisers=(Normaliser("percentile_rank", 1),))
    drawn = evaluate(inputs, scheme, plan(scheme, uncertainty))
    assert set(drawn.rank[:, 2].tolist()) == {0}
    assert drawn.rank[:, :2].max() == 2
    assert robustness(inputs, scheme, uncertainty).high.max() == 2
