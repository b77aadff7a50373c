"""Bonus and deduction, veto, tiers, the most improved: cases by hand, properties, and a slow second implementation."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dagster_project.scoring.adjust import NO_TIER, bonus, most_improved, tiers_by_cut, tiers_by_quota, veto
from dagster_project.scoring.normalise import Floats
from dagster_project.scoring.rank import rank_in_groups

NAN, INF = math.nan, math.inf


# --- bonus and deduction ---------------------------------------------------------------------------------------------


def test_bonus_by_hand() -> None:
    values = np.array([[0.0, 1.0, 5.0, NAN, -2.0], [3.0, 0.0, 3.0, NAN, 1.0]])
    total, points = bonus(values, np.array([2.0, 1.0]), np.array([4.0, INF]), 5.0)
    np.testing.assert_allclose(total, [3, 2, 5, 0, 1])
    np.testing.assert_allclose(points, [[0, 2, 4 * 5 / 7, 0, 0], [3, 0, 3 * 5 / 7, 0, 1]])


def test_a_deduction_is_a_bonus_with_the_other_sign() -> None:
    values = np.array([[0.0, 1.0, 5.0, NAN]])
    gained, lost = (bonus(values, np.array([sign]), np.array([3.0]), 2.0) for sign in (1.5, -1.5))
    np.testing.assert_array_equal(lost[0], -gained[0])
    np.testing.assert_array_equal(lost[1], -gained[1])


def test_no_rules_no_points() -> None:
    total, points = bonus(np.empty((0, 2, 3)), np.empty(0), np.empty(0), 5.0)
    assert total.tolist() == np.zeros((2, 3)).tolist() and points.shape == (0, 2, 3)


@st.composite
def rules(draw: st.DrawFn) -> tuple[Floats, Floats, Floats, float]:
    number, units = draw(st.integers(1, 4)), draw(st.integers(1, 5))
    cell = st.one_of(st.floats(-10, 100), st.integers(-2, 5).map(float), st.just(NAN))
    values = draw(st.lists(st.lists(cell, min_size=units, max_size=units), min_size=number, max_size=number))
    points, caps = (
        draw(st.lists(kind, min_size=number, max_size=number))
        for kind in (st.floats(-5, 5), st.one_of(st.floats(0, 20), st.just(INF)))
    )
    return np.array(values), np.array(points), np.array(caps), draw(st.one_of(st.floats(0, 20), st.just(INF)))


def slow_bonus(values: list[float], points: Floats, caps: Floats, total_cap: float) -> tuple[float, list[float]]:
    gains = []
    for value, per_unit, cap in zip(values, points, caps, strict=True):
        size = 0.0 if math.isnan(value) or value <= 0 else min(abs(per_unit) * value, cap)
        gains.append(math.copysign(size, per_unit))
    total = sum(gains)
    if abs(total) <= total_cap:
        return total, gains
    return math.copysign(total_cap, total), [gain * total_cap / abs(total) for gain in gains]


@given(rules())
def test_bonus_sums_and_equals_the_slow_implementation(given_rules: tuple[Floats, Floats, Floats, float]) -> None:
    values, per_unit, caps, total_cap = given_rules
    total, points = bonus(*given_rules)
    np.testing.assert_allclose(points.sum(axis=0), total, rtol=1e-12, atol=1e-12)
    assert (np.abs(points) <= caps[:, np.newaxis]).all() and (np.abs(total) <= total_cap).all()
    for unit, column in enumerate(values.T):
        expected, parts = slow_bonus([float(v) for v in column], per_unit, caps, total_cap)
        np.testing.assert_allclose(total[unit], expected, rtol=1e-12, atol=1e-12)
        np.testing.assert_allclose(points[:, unit], parts, rtol=1e-12, atol=1e-12)
    deep = np.stack([values, values], axis=1)
    np.testing.assert_array_equal(bonus(deep, per_unit, caps, total_cap)[1][:, 1], points)


# --- veto ------------------------------------------------------------------------------------------------------------


def test_veto_by_hand() -> None:
    values = np.array([[1.0, 2.0, 3.0, NAN], [1.0, 2.0, 3.0, NAN]])
    limit = np.array([2.0, 2.0])
    above, below = [False, False, True, False], [True, False, False, False]
    assert veto(values, limit, ["above", "below"]).tolist() == [above, below]
    assert veto(values, limit, "above").tolist() == [above, above]
    assert veto(values[:, np.newaxis], limit, "below").shape == (2, 1, 4)


@pytest.mark.parametrize("word", ["over", ["above"], ["above", "under"]])
def test_veto_refuses_other_words(word: str | list[str]) -> None:
    with pytest.raises(ValueError, match="above or below its threshold"):
        veto(np.ones((2, 3)), np.ones(2), word)


# --- tiers -----------------------------------------------------------------------------------------------------------


def test_tiers_by_cut_by_hand() -> None:
    score = np.array([[90.0, 80.0, 79.99, NAN], [60.0, 59.99, -5.0, 200.0]])
    assert tiers_by_cut(score, [80, 60]).tolist() == [[0, 0, 1, NO_TIER], [1, 2, 2, 0]]
    assert tiers_by_cut(score, []).tolist() == [[0, 0, 0, NO_TIER], [0, 0, 0, 0]]


@pytest.mark.parametrize("cuts", [[60, 80], [60, 60], [NAN], [INF, 3]])
def test_cuts_must_fall(cuts: list[float]) -> None:
    with pytest.raises(ValueError, match="cuts must fall"):
        tiers_by_cut(np.ones(1), cuts)


@given(st.lists(st.integers(0, 10_000), min_size=1, max_size=20), st.sets(st.integers(0, 10_000), max_size=5))
def test_a_rounded_score_meets_a_cut_of_the_same_decimals(hundredths: list[int], edges: set[int]) -> None:
    """Scores come from arithmetic, cuts from a text; equal to two decimals is equal."""
    cuts = sorted((float(f"{edge / 100:.2f}") for edge in edges), reverse=True)
    score = np.round(np.array([h / 300 for h in hundredths]) * 3, 2)
    expected = [sum(h < edge for edge in edges) for h in hundredths]
    assert tiers_by_cut(score, cuts).tolist() == expected


def test_tiers_by_quota_by_hand() -> None:
    rank, ten = np.array([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 0]), np.array(10)
    assert tiers_by_quota(rank, ten, [0.25, 0.35, 0.4]).tolist() == [0, 0, 0, 1, 1, 1, 2, 2, 2, 2, NO_TIER]
    tied = np.array([1, 2, 2, 2, 5, 5, 7, 7, 7, 7, 0])
    assert tiers_by_quota(tied, ten, [0.25, 0.35, 0.4]).tolist() == [0, 0, 0, 0, 1, 1, 2, 2, 2, 2, NO_TIER]


def test_tiers_by_quota_in_small_groups() -> None:
    """One unit: 0.2 and 0.5 round to 0 and 1, so it is in the second tier. Two: 0.4 and 1 round to 0 and 1."""
    quotas = [0.2, 0.3, 0.5]
    assert tiers_by_quota(np.array([1]), np.array(1), quotas).tolist() == [1]
    assert tiers_by_quota(np.array([1, 2]), np.array(2), quotas).tolist() == [1, 2]
    assert tiers_by_quota(np.array([1, 1]), np.array([2, 2]), quotas).tolist() == [1, 1]
    assert tiers_by_quota(np.array([0, 0]), np.array(0), quotas).tolist() == [NO_TIER, NO_TIER]
    assert tiers_by_quota(np.array([1, 2]), np.array(2), [1.0]).tolist() == [0, 0]


def test_decimal_quotas_that_miss_a_half_by_rounding_round_up() -> None:
    assert 10 * (0.3 + 0.35) < 6.5
    tier = tiers_by_quota(np.arange(1, 11), np.array(10), [0.3, 0.35, 0.35])
    assert np.bincount(tier).tolist() == [3, 4, 3]


@pytest.mark.parametrize("quotas", [[], [0.5, 0.4], [1.2, -0.2], [NAN, 1.0]])
def test_quotas_must_sum_to_one(quotas: list[float]) -> None:
    with pytest.raises(ValueError, match="quotas must not be negative"):
        tiers_by_quota(np.ones(1, dtype=np.int64), np.array(1), quotas)


@given(
    st.lists(st.one_of(st.integers(0, 6), st.none()), min_size=1, max_size=30), st.lists(st.integers(0, 9), max_size=4)
)
def test_tiers_by_quota_keep_order_and_never_split_a_tie(scores: list[int | None], tenths: list[int]) -> None:
    shares = [Fraction(t, 20) for t in tenths]
    if sum(shares) > 1:
        shares = [share / sum(shares) for share in shares]
    shares.append(1 - sum(shares))
    score = np.array([NAN if s is None else float(s) for s in scores])
    rank = rank_in_groups(score, np.zeros(1, dtype=np.int64))
    ranked = int((rank > 0).sum())
    tier = tiers_by_quota(rank, np.full(rank.shape, ranked), [float(share) for share in shares])
    for unit, place in enumerate(rank.tolist()):
        ends = [math.floor(ranked * sum(shares[: t + 1]) + Fraction(1, 2)) for t in range(len(shares))]
        expected = NO_TIER if place == 0 else next(t for t, end in enumerate(ends) if place <= end)
        assert tier[unit] == expected
    for a, b in np.ndindex(len(rank), len(rank)):
        if 0 < rank[a] <= rank[b]:
            assert tier[a] <= tier[b] and (rank[a] < rank[b] or tier[a] == tier[b])


# --- the most improved -----------------------------------------------------------------------------------------------


def test_most_improved_by_hand() -> None:
    gain = np.array([[1.0, 3.0, 3.0, NAN, 9.0], [-1.0, 0.0, NAN, NAN, 9.0]])
    eligible = np.array([True, True, True, True, False])
    assert most_improved(gain, eligible).tolist() == [[False, True, True, False, False], [False] * 5]
    assert most_improved(np.empty((2, 0)), np.empty(0, dtype=bool)).shape == (2, 0)


@given(st.lists(st.one_of(st.integers(-3, 3).map(float), st.just(NAN)), min_size=1, max_size=12), st.data())
def test_most_improved_equals_the_slow_implementation(gain: list[float], data: st.DataObject) -> None:
    eligible = data.draw(st.lists(st.booleans(), min_size=len(gain), max_size=len(gain)))
    candidates = [g for g, e in zip(gain, eligible, strict=True) if e and g > 0]
    expected = [e and g > 0 and g == max(candidates) for g, e in zip(gain, eligible, strict=True)]
    assert most_improved(np.array(gain), np.array(eligible)).tolist() == expected
