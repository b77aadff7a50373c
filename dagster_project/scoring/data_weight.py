"""Weights from the data: entropy, CRITIC, principal component, and several weightings combined.

Shapes: scores are (C, ..., U), children first, units last, direction applied; NaN is an absent child. Weights are
(C, ...), not negative, summing to 1. Each child's own figures (mean, deviation, entropy) are taken over the units that
have it, a correlation over the units that have both. An infinite score is refused beforehand.

Where the data prefer no child (one unit, all children constant, all saying the same), weights are equal.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
from scipy.special import xlog1py

from dagster_project.scoring.normalise import Booleans, Floats

Combination = Literal["product", "mean"]

# What a correlation may miss 1, a variance 0 and two eigenvalues each other by rounding alone.
ROUNDING = 1e-12
_LEVEL = 1e-9


def entropy(scores: Floats) -> Floats:
    """One less the Shannon entropy of a child's shares, in units of the entropy of equal shares. (C, ...).

    With p = x / sum(x) over the n units that have the child: d = 1 + sum(p ln p) / ln n, weights d / sum(d). A zero
    counts as 0 ln 0 = 0. A child that is constant, or that fewer than two units have, gets 0. Computed as the mean of
    q ln q - q + 1 with q = n p, whose terms are never negative, so that nearly equal shares do not drown in rounding.
    Source: C. E. Shannon (1948); as weights: M. Zeleny, "Multiple Criteria Decision Making" (1982), chapter 7.

    Scores must be positive or zero with a sum above 0: `entropy_refuses`.
    """
    known, number = _known(scores)
    total = np.where(known, scores, 0.0).sum(axis=-1)
    excess = scores / _or_one(total / _or_one(number))[..., np.newaxis] - 1.0
    terms = np.where(known, xlog1py(1.0 + excess, excess) - excess, 0.0)
    diversity = terms.sum(axis=-1) / _or_one(number * np.log(_or_one(number)))
    return _shares(np.where(_constant(scores) | (number < 2), 0.0, np.maximum(diversity, 0.0)))


def entropy_refuses(scores: Floats) -> Booleans:
    """(C, ...): True where a child has a negative score, or scores that are all 0: shares of their sum mean nothing."""
    known, number = _known(scores)
    filled = np.where(known, scores, 0.0)
    return np.asarray((filled < 0).any(axis=-1) | ((number > 0) & (filled.sum(axis=-1) <= 0)))


def critic(scores: Floats, scale: bool = True) -> Floats:
    """Standard deviation times the sum of (1 - correlation with each other child), as shares. (C, ...).

    A constant child has deviation 0 and weight 0, and its correlations count as 0. Children that all say the same
    (every correlation 1) leave nothing to prefer: equal weights. Nothing is refused.
    Source: D. Diakoulaki, G. Mavrotas, L. Papayannakis, "Determining objective weights in multiple criteria problems:
    The CRITIC method", Computers & Operations Research 22 (1995) 763-770.

    Args:
        scale: min-max each child over the units given first, as the paper does (no change to scores that span their
            range already); False takes the deviation of the scores as they are.
    """
    deviation = np.sqrt(_variance(scores))
    if scale:
        deviation = deviation / _or_one(_high(scores) - _low(scores))
    conflict = 1.0 - correlations(scores)
    conflict[conflict < ROUNDING] = 0.0
    return _shares(deviation * np.moveaxis(conflict.sum(axis=-1), -1, 0))


def pca(scores: Floats) -> Floats:
    """Absolute loadings of the first principal component of the standardised children, as shares. (C, ...).

    The loadings are the eigenvector of the correlation matrix for its largest eigenvalue; their sign is arbitrary, and
    a child that runs against the others counts by how much it takes part. Where the largest eigenvalue is not single, a
    child's loading is the length of its part in all of its eigenvectors. A constant child has weight 0. Nothing is
    refused.
    Source: OECD/JRC, Handbook on Constructing Composite Indicators (2008), step 6, weights based on principal
    components, there with squared loadings; COINr takes the loadings themselves, as here.
    """
    constant = _constant(scores)
    values, vectors = np.linalg.eigh(correlations(scores))
    largest = values >= values[..., -1:] * (1.0 - _LEVEL)
    loading = np.sqrt((np.where(largest[..., np.newaxis, :], vectors, 0.0) ** 2).sum(axis=-1))
    loading[loading < _LEVEL] = 0.0
    return _shares(np.where(constant, 0.0, np.moveaxis(loading, -1, 0)))


def combined(weight_sets: Floats, how: Combination = "product") -> Floats:
    """Several weightings in one: their product or their mean, as shares. (C, ...).

    Each set is rescaled to sum to 1 first. Where the product is 0 for every child, weights are equal.

    Args:
        weight_sets: (K, C, ...), not negative.
        how: "product" lets a child count where all sets agree; "mean" lets one set speak for the others.
    """
    sets = np.array([_shares(weights) for weights in weight_sets])
    return _shares(sets.prod(axis=0) if how == "product" else sets.mean(axis=0))


def correlations(scores: Floats) -> Floats:
    """Pearson's correlations between children, (..., C, C), over the units that have both; 1 with itself.

    0 where either is constant over them or fewer than two units have both.
    """
    known, number = _known(scores)
    spread = np.sqrt(_variance(scores))
    # Centred and scaled by each child's own figures, so that the sums over pairs below lose no digits.
    mean = np.where(known, scores, 0.0).sum(axis=-1) / _or_one(number)
    scaled = np.where(known, (scores - mean[..., np.newaxis]) / _or_one(spread)[..., np.newaxis], 0.0)
    z = np.moveaxis(np.where(_constant(scores)[..., np.newaxis], 0.0, scaled), 0, -2)
    has = np.moveaxis(known, 0, -2).astype(float)
    both = _or_one(has @ np.swapaxes(has, -1, -2))
    total, square = z @ np.swapaxes(has, -1, -2), (z * z) @ np.swapaxes(has, -1, -2)
    variance = square / both - (total / both) ** 2
    variance[variance < ROUNDING] = 0.0
    covariance = z @ np.swapaxes(z, -1, -2) / both - total * np.swapaxes(total, -1, -2) / both**2
    scale = np.sqrt(variance * np.swapaxes(variance, -1, -2))
    result = np.clip(np.divide(covariance, scale, out=np.zeros(scale.shape), where=scale > 0), -1.0, 1.0)
    itself = np.arange(len(scores))
    result[..., itself, itself] = 1.0
    return result


def _shares(amounts: Floats) -> Floats:
    """Amounts over the first axis as shares of their sum; equal where there is none."""
    total = amounts.sum(axis=0)
    equal = np.full(amounts.shape, 1.0 / len(amounts))
    return np.divide(amounts, total, out=equal, where=total > 0)


def _known(scores: Floats) -> tuple[Booleans, Floats]:
    known = ~np.isnan(scores)
    return known, known.sum(axis=-1, dtype=float)


def _variance(scores: Floats) -> Floats:
    """(C, ...): mean squared deviation over the units that have the child; exactly 0 for a constant child."""
    known, number = _known(scores)
    mean = np.where(known, scores, 0.0).sum(axis=-1) / _or_one(number)
    squares = np.where(known, scores - mean[..., np.newaxis], 0.0) ** 2
    return np.where(_constant(scores), 0.0, squares.sum(axis=-1) / _or_one(number))


def _constant(scores: Floats) -> Booleans:
    """(C, ...): True where nobody is told apart, also by rounding alone, and where nobody has the child."""
    low, high = _low(scores), _high(scores)
    return ~(high - low > ROUNDING * np.maximum(np.abs(low), np.abs(high)))


def _low(scores: Floats) -> Floats:
    return np.fmin.reduce(scores, axis=-1)


def _high(scores: Floats) -> Floats:
    return np.fmax.reduce(scores, axis=-1)


def _or_one(amounts: Floats) -> Floats:
    """A divisor: 1 where there is nothing to divide by."""
    return np.where(amounts > 0, amounts, 1.0)
