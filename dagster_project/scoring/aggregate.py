"""Aggregation of the children's scores into one score: three means, TOPSIS and Copeland.

Shapes: scores are (C, ..., U), children first, units last, and NaN is an absent child. Weights are (C, ...), without
the axis of units and not negative; their axes after the first broadcast against the middle axes of the scores, from
the right. Results are (..., U).

Weights need not sum to 1. An absent child's weight is handed to the others; a unit without any child that has weight
has no score (NaN). An infinite score is refused beforehand.

Sums run child after child in one fixed order, elementwise, and not through a matrix product: the last bits of a matrix
product depend on a unit's place and on the number of draws, and two equal districts on the edge of a rounding step
would then part.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Literal

import numpy as np

from dagster_project.scoring.normalise import FULL_SCORE, Booleans, Floats

Scale = Literal["none", "vector"]

MIDDLE = 50.0
# What comes from rounding alone parts nobody: sums of weights that balance, a child whose scores all but coincide
# (both relative), and two scores that are compared (decimals of a score).
BALANCE, FLAT, COMPARED_DECIMALS = 1e-12, 1e-12, 9
# Numbers a working array may hold: what fits a core's cache; and what a table of pairs may hold.
_BLOCK, _PAIRS = 2**15, 2**22


def arithmetic(scores: Floats, weights: Floats) -> Floats:
    """Weighted arithmetic mean, sum(w s) / sum(w): full compensation between children. (..., U).

    Source: OECD/JRC, Handbook on Constructing Composite Indicators (2008), step 6, additive aggregation.
    """
    return _mean(scores, weights, None)


def geometric(scores: Floats, weights: Floats) -> Floats:
    """Weighted geometric mean, exp(sum(w log s) / sum(w)): a low child costs more than a high one gains. (..., U).

    Scores must be above 0 (`not_positive` says where they are not, `floored` lifts them).
    Source: OECD/JRC, Handbook (2008), step 6, geometric aggregation.
    """
    return np.exp(_mean(scores, weights, np.log))


def harmonic(scores: Floats, weights: Floats) -> Floats:
    """Weighted harmonic mean, sum(w) / sum(w / s): less compensation still. (..., U).

    Scores must be above 0 (`not_positive` says where they are not, `floored` lifts them).
    Source: the power mean with exponent -1; Hardy, Littlewood and Polya, "Inequalities" (1934), chapter 2.
    """
    return np.reciprocal(_mean(scores, weights, np.reciprocal))


def not_positive(scores: Floats) -> Booleans:
    """(C, ...): True where a child has a score that is 0 or below, for which no geometric or harmonic mean exists."""
    return np.asarray((scores <= 0).any(axis=-1))


def floored(scores: Floats, floor: float) -> Floats:
    """Scores lifted to the node's declared floor; an absent score stays absent."""
    return np.maximum(scores, floor)


def topsis(scores: Floats, weights: Floats, normalise: Scale = "none") -> Floats:
    """Closeness to the best, 100 d- / (d+ + d-), by weighted Euclidean distances to the best and the worst. (..., U).

    Best and worst are, per child, the highest and lowest score among the units given. A unit's distances run over the
    children it has; handing the weight of the others over would stretch both distances alike, so closeness does not
    depend on it. No distance between best and worst (one unit, or all units equal) gives 50. Other units matter: a
    score can change because another unit's did.
    Source: C.-L. Hwang and K. Yoon, "Multiple Attribute Decision Making" (1981), chapter III.

    Args:
        normalise: "none" takes the scores as they are (children are on one scale already); "vector" divides each child
            by the root of the sum of its squares over units, as the book does with raw values. A child that is all 0
            tells nobody apart either way.
    """
    scores, weights = aligned(scores, weights)
    scores = told_apart(unit_length(scores) if normalise == "vector" else scores)
    best, worst = np.fmax.reduce(scores, axis=-1, keepdims=True), np.fmin.reduce(scores, axis=-1, keepdims=True)
    to_best, to_worst = (_distance(scores, weights, end) for end in (best, worst))
    both = to_best + to_worst
    closeness = np.divide(FULL_SCORE * to_worst, both, out=np.full(both.shape, MIDDLE), where=both > 0)
    return np.where(_has_weight(scores, weights), closeness, np.nan)


def unit_length(scores: Floats) -> Floats:
    """Each child divided by the root of the sum of its squares over units; as it is where that is 0."""
    length = np.sqrt((np.where(np.isnan(scores), 0.0, scores) ** 2).sum(axis=-1, keepdims=True))
    return scores / np.where(length > 0, length, 1.0)


def told_apart(scores: Floats) -> Floats:
    """Scores in which a child whose best and worst differ by rounding alone is made equal for all units."""
    best, worst = np.fmax.reduce(scores, axis=-1, keepdims=True), np.fmin.reduce(scores, axis=-1, keepdims=True)
    flat = best - worst <= FLAT * np.maximum(np.abs(best), np.abs(worst))
    return np.where(flat & ~np.isnan(scores), best, scores)


def copeland_points(scores: Floats, weights: Floats) -> Floats:
    """Copeland's points: units outranked less units that outrank, from 1 - U to U - 1. (..., U).

    One unit outranks another where the weight of the children in which it stands higher exceeds the weight of those in
    which it stands lower. Both are taken over the children that both units have; with none in common the two are level.
    Scores are compared to nine decimals. A unit without a score is compared with nobody.
    Source: A. H. Copeland, "A reasonable social welfare function", University of Michigan (1951); G. Munda, "Social
    Multi-Criteria Evaluation for a Sustainable Economy" (2008), for outranking by weights.
    """
    scores, weights = aligned(scores, weights)
    shape = np.broadcast_shapes(scores.shape[1:], weights.shape[1:])
    points, units, compared = np.empty(shape), shape[-1], np.round(scores, COMPARED_DECIMALS)
    for rows, here, weight in _blocks(compared, weights, shape, _PAIRS // max(units, 1)):
        above = np.zeros((*points[rows].shape, units))
        for score, part in zip(here, weight, strict=True):
            above += part[..., np.newaxis] * (score[..., :, np.newaxis] > score[..., np.newaxis, :])
        tolerance = BALANCE * _in_order(weight)[..., np.newaxis]
        outranks = above - np.swapaxes(above, -1, -2) > tolerance
        points[rows] = outranks.sum(axis=-1) - outranks.sum(axis=-2)
    return np.where(_has_weight(scores, weights), points, np.nan).reshape(shape)


def copeland(scores: Floats, weights: Floats) -> Floats:
    """Copeland's points from 0 (outranked by all) to 100 (outranks all); 50 for one unit. (..., U)."""
    points = copeland_points(scores, weights)
    others = np.isfinite(points).sum(axis=-1, keepdims=True) - 1.0
    share = np.divide(points + others, 2 * others, out=np.full(points.shape, 0.5), where=others > 0)
    return np.where(np.isnan(points), np.nan, FULL_SCORE * share)


AGGREGATIONS: dict[str, Callable[[Floats, Floats], Floats]] = {
    "arithmetic": arithmetic,
    "geometric": geometric,
    "harmonic": harmonic,
    "topsis": topsis,
    "copeland": copeland,
}
NEEDS_POSITIVE = frozenset({"geometric", "harmonic"})


def aligned(scores: Floats, weights: Floats) -> tuple[Floats, Floats]:
    """Scores (C, ..., U) and weights (C, ..., 1) with the same number of axes, the middle ones aligned at the right."""
    weights = weights[..., np.newaxis]
    axes = max(scores.ndim, weights.ndim)
    return _widened(scores, axes), _widened(weights, axes)


def _widened(array: Floats, axes: int) -> Floats:
    return array.reshape(array.shape[0], *(1,) * (axes - array.ndim), *array.shape[1:])


def _mean(scores: Floats, weights: Floats, change: Callable[[Floats], Floats] | None) -> Floats:
    """Weighted mean of the changed scores, block by block so that working arrays stay in the cache."""
    scores, weights = aligned(scores, weights)
    shape = np.broadcast_shapes(scores.shape[1:], weights.shape[1:])
    mean = np.empty(shape)
    for rows, here, weight in _blocks(scores, weights, shape, _BLOCK):
        total, kept = mean[rows], np.zeros(weight.shape[1:])
        total.fill(0.0)
        term = np.empty(total.shape)
        for score, part in zip(here, weight, strict=True):
            np.multiply(part, change(score) if change else score, out=term)
            absent = np.isnan(score)
            if absent.any():
                np.copyto(term, 0.0, where=absent)
                part = np.where(absent, 0.0, part)
            kept = kept + part
            total += term
        weightless = kept <= 0
        total /= np.where(weightless, np.nan, kept)
    return mean


def _in_order(weights: Floats) -> Floats:
    """Sum over children, one after the other."""
    total = np.zeros(weights.shape[1:])
    for part in weights:
        total += part
    return total


def _has_weight(scores: Floats, weights: Floats) -> Booleans:
    """(..., U): True where a unit has a child that has weight."""
    found = np.zeros(np.broadcast_shapes(scores.shape[1:], weights.shape[1:]), dtype=bool)
    for score, part in zip(scores, weights, strict=True):
        np.logical_or(found, ~np.isnan(score) & (part > 0), out=found)
    return found


def _distance(scores: Floats, weights: Floats, end: Floats) -> Floats:
    total = np.zeros(np.broadcast_shapes(scores.shape[1:], weights.shape[1:]))
    for score, part, goal in zip(scores, weights, end, strict=True):
        gap = part * (score - goal)
        np.copyto(gap, 0.0, where=np.isnan(gap))
        total += gap * gap
    return np.sqrt(total)


def _blocks(
    scores: Floats, weights: Floats, shape: tuple[int, ...], size: int
) -> Iterator[tuple[slice, Floats, Floats]]:
    """Runs of the first middle axis holding about `size` numbers: the rows of the result, its scores and weights."""
    if len(shape) == 1:
        yield slice(None), scores, weights
        return
    step = max(1, size // max(1, int(np.prod(shape[1:]))))
    for start in range(0, shape[0], step):
        rows = slice(start, start + step)
        here, weight = (array if array.shape[1] == 1 else array[:, rows] for array in (scores, weights))
        yield rows, here, weight
