"""Parts of an aggregate's score per child. They sum to the score, for every aggregation; those of the arithmetic mean
follow from its formula, for the others the rule is this project's own statement.

- arithmetic: w s, with the weights rescaled over what is present.
- geometric, harmonic: the score, shared in proportion to w s. A child at 0 has no part, and where all children are
  equal the parts are the arithmetic ones. What unevenness costs is stated beside the parts, by `imbalance`.
- topsis: the score, in proportion to the child's part in the squared distance from the worst, w^2 (s - worst)^2.
- copeland: the score, in proportion to w times the number of units that stand below in the child, and half of those
  that are level.

Where nothing can be shared out in proportion (all of it 0), present children share by weight.
"""

from __future__ import annotations

import numpy as np

from dagster_project.scoring.aggregate import COMPARED_DECIMALS, Scale, aligned, arithmetic, told_apart, unit_length
from dagster_project.scoring.normalise import Floats


def attribute(kind: str, scores: Floats, weights: Floats, result: Floats, normalise: Scale = "none") -> Floats:
    """Parts of `result`, (C, ..., U); 0 for an absent child, NaN for a unit without a result.

    Args:
        kind: a key of `aggregate.AGGREGATIONS`.
        scores: (C, ..., U), as aggregated (after a floor, where there is one).
        weights: (C, ...), as in `aggregate`.
        result: (..., U), the aggregate's score, not rounded.
        normalise: as given to `topsis`.

    Raises:
        ValueError: unknown kind.
    """
    scores, weights = aligned(scores, weights)
    present = ~np.isnan(scores)
    weight = np.where(present, weights, 0.0)
    by_weight = _in_proportion(weight, np.zeros(weight.shape))
    filled = np.where(present, scores, 0.0)
    if kind == "arithmetic":
        parts = by_weight * filled
    else:
        if kind in ("geometric", "harmonic"):
            claim = weight * filled
        elif kind == "topsis":
            claim = (weight * _above_worst(scores, normalise)) ** 2
        elif kind == "copeland":
            claim = weight * _stands_above(scores)
        else:
            raise ValueError(f"no attribution for {kind!r}")
        parts = _in_proportion(claim, by_weight) * result
    shape = (len(scores), *result.shape)
    return np.where(np.isnan(result), np.nan, parts).reshape(shape)


def imbalance(scores: Floats, weights: Floats, result: Floats) -> Floats:
    """What uneven children cost: the arithmetic mean less the result, (..., U); not below 0 for the other means."""
    return arithmetic(scores, weights) - result


def _in_proportion(claim: Floats, otherwise: Floats) -> Floats:
    """Claims as shares of their sum over children; `otherwise` where there is none."""
    total = claim.sum(axis=0)
    return np.divide(claim, total, out=np.broadcast_to(otherwise, claim.shape).copy(), where=total > 0)


def _above_worst(scores: Floats, normalise: Scale) -> Floats:
    scores = told_apart(unit_length(scores) if normalise == "vector" else scores)
    return np.nan_to_num(scores - np.fmin.reduce(scores, axis=-1, keepdims=True), nan=0.0)


def _stands_above(scores: Floats) -> Floats:
    """Units below in the child, and half of those level, without the unit itself; 0 for an absent child."""
    compared = np.round(scores, COMPARED_DECIMALS)
    order = np.argsort(compared, axis=-1)
    lined_up = np.take_along_axis(compared, order, axis=-1)  # absent ones last
    place = np.broadcast_to(np.arange(scores.shape[-1]), scores.shape)
    starts = np.ones(scores.shape, dtype=bool)
    starts[..., 1:] = lined_up[..., 1:] != lined_up[..., :-1]
    ends = np.roll(starts, -1, axis=-1)
    first = np.maximum.accumulate(np.where(starts, place, 0), axis=-1)
    last = np.minimum.accumulate(np.where(ends, place, place.shape[-1])[..., ::-1], axis=-1)[..., ::-1]
    above = np.empty(scores.shape)
    np.put_along_axis(above, order, (first + last) / 2, axis=-1)
    return np.where(np.isnan(scores), 0.0, above)
