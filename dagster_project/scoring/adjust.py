"""What happens after the root's score: bonus and deduction, veto, tiers, the award for the most improved.

Shapes: rules come first, (K, ..., U), units last. NaN is "no value" and never gains, costs or triggers anything.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from dagster_project.scoring.normalise import Booleans, Floats, Integers

NO_TIER = -1
# Sums of decimal quotas miss a half by rounding alone.
_HALF_TOLERANCE = 1e-9


def bonus(values: Floats, points_per_unit: Floats, cap: Floats, total_cap: float) -> tuple[Floats, Floats]:
    """Points gained or lost by counted things: each rule capped, then the total.

    A rule with positive points per unit gives 0 to `cap` points, one with negative points takes 0 to `cap`: a deduction
    is a bonus with the other sign. A value below 0 counts as 0. The total lies within -`total_cap` to `total_cap`;
    where that cap binds, every rule's points are cut in the same proportion, so that they still sum to the total.

    Args:
        values: (K, ..., U), finite or NaN.
        points_per_unit: (K,), finite.
        cap: (K,), not negative; infinite for a rule without one.
        total_cap: not negative; infinite for none.

    Returns:
        The total, (..., U), and each rule's points, (K, ..., U).
    """
    per_unit, most = _per_rule(points_per_unit, values), _per_rule(cap, values)
    counted = np.where(values > 0, values, 0.0)
    points = np.clip(per_unit * counted, -most, most)
    total = points.sum(axis=0)
    size = np.abs(total)
    kept = np.divide(total_cap, size, out=np.ones(size.shape), where=size > total_cap)
    return np.clip(total, -total_cap, total_cap), points * kept


def veto(values: Floats, threshold: Floats, triggers_when: str | Sequence[str]) -> Booleans:
    """(K, ..., U): True where a value lies beyond the rule's threshold. On the threshold nothing is triggered.

    Args:
        values: (K, ..., U).
        threshold: (K,).
        triggers_when: "above" or "below", for all rules or one per rule.

    Raises:
        ValueError: another word.
    """
    rules = [triggers_when] * len(values) if isinstance(triggers_when, str) else list(triggers_when)
    if len(rules) != len(values) or not set(rules) <= {"above", "below"}:
        raise ValueError(f"a veto triggers when a value is above or below its threshold, not {triggers_when!r}")
    sign = _per_rule(np.array([1.0 if rule == "above" else -1.0 for rule in rules]), values)
    return np.asarray(sign * values > sign * _per_rule(threshold, values))


def tiers_by_cut(score: Floats, cuts: Sequence[float]) -> Integers:
    """Tier of each unit, (..., U): 0 is the best. A score on a cut belongs to the better tier.

    Args:
        score: (..., U), rounded as it is shown; NaN has no tier (`NO_TIER`).
        cuts: the lowest score of each tier but the last, from the best down; none means one tier.

    Raises:
        ValueError: cuts that do not fall.
    """
    edges = np.asarray(cuts, dtype=float)
    if not (np.isfinite(edges).all() and (np.diff(edges) < 0).all()):
        raise ValueError(f"cuts must fall from tier to tier: {list(cuts)}")
    tier = (score[..., np.newaxis] < edges).sum(axis=-1)
    return np.where(np.isnan(score), NO_TIER, tier)


def tiers_by_quota(rank: Integers, n_ranked: Integers, quotas: Sequence[float]) -> Integers:
    """Tier of each unit by its rank, (..., U): 0 is the best. The best tier holds the first quota of ranks, and so on.

    The tiers from the best down to tier t end at rank n (q_0 + ... + q_t), rounded half up; what rounding leaves over
    in one tier thus falls to the next, and every ranked unit has a tier. Units that share a rank share the tier of that
    rank (its lower number), so a better tier can hold more than its quota and the next fewer. In a small group a tier
    can be empty: a lone unit belongs to the tier in which the middle of the quotas lies, or, on an edge, the better.

    Args:
        rank: (..., U), from 1, shared by equal units; 0 is not ranked and has no tier (`NO_TIER`).
        n_ranked: broadcastable to `rank`, the ranked units of the unit's group.
        quotas: shares of the tiers from the best down, not negative, summing to 1.

    Raises:
        ValueError: quotas that are negative or do not sum to 1.
    """
    shares = np.asarray(quotas, dtype=float)
    if not (shares.size and (shares >= 0).all() and abs(shares.sum() - 1) < _HALF_TOLERANCE):
        raise ValueError(f"quotas must not be negative and must sum to 1: {list(quotas)}")
    upto = np.cumsum(shares)[:-1]
    ends = np.floor(np.asarray(n_ranked)[..., np.newaxis] * upto + 0.5 + _HALF_TOLERANCE)
    tier = (rank[..., np.newaxis] > ends).sum(axis=-1)
    return np.where(rank > 0, tier, NO_TIER)


def most_improved(gain: Floats, eligible: Booleans) -> Booleans:
    """(..., U): True for the eligible unit with the largest gain; equal gains win together.

    A gain that is NaN, 0 or below never wins: where nobody gained there is no award.

    Args:
        gain: (..., U), rounded as it is shown.
        eligible: broadcastable to `gain`.
    """
    counted = np.where(eligible & (gain > 0), gain, 0.0)
    return np.asarray((counted > 0) & (counted == counted.max(axis=-1, keepdims=True, initial=0.0)))


def _per_rule(numbers: Floats, values: Floats) -> Floats:
    return np.asarray(numbers, dtype=float).reshape(-1, *(1,) * (values.ndim - 1))
