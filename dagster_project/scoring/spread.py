"""How far a figure may be off: the standard deviation that an uncertainty analysis draws it with.

Shapes: I indicators, any leading axes, U units: (I, ..., U). NaN is "no value"; a figure that is certain has 0.
Declared here, not estimated from what is published: see docs/method.md, Uncertainty of the data.
"""

from __future__ import annotations

import numpy as np

from dagster_project.scoring.block import blocks
from dagster_project.scoring.normalise import Booleans, Floats, Integers

# A provisional figure is off by this share of the span between the lowest and the highest figure of its peer area.
PROVISIONAL = 0.01
# Of a share of fewer cases than this it matters which cases happened to fall into the period.
SMALL = 1000
TOLERANCE = 1e-6


def spread(
    values: Floats,
    groups: Integers,
    provisional: Booleans,
    imputed: Booleans,
    numerator: Floats,
    denominator: Floats,
) -> Floats:
    """Standard deviations, (I, ..., U), of figures that are provisional, imputed or shares of few cases; where several
    hold, the root of the sum of their squares.

    Args:
        values: (I, ..., U), imputed ones filled in.
        groups: (U,) or (P, U); a unit in no peer area has certain figures.
        provisional, imputed: (I, ..., U).
        numerator, denominator: (I, ..., U), of which `values` are made; NaN where there are none.
    """
    variance = np.zeros(values.shape)
    for block in blocks(groups, "group"):
        part, stood_in = block.take(values), block.take(imputed)
        given = np.where(stood_in, np.nan, part)
        known = ~np.isnan(given)
        lowest = np.min(np.where(known, given, np.inf), axis=-1, keepdims=True)
        highest = np.max(np.where(known, given, -np.inf), axis=-1, keepdims=True)
        span = np.where(known.any(axis=-1, keepdims=True), highest - lowest, 0.0)
        off = np.where(block.take(provisional), (PROVISIONAL * span) ** 2, 0.0)
        block.put(variance, off + np.where(stood_in, _variance(given, known), 0.0))
    variance += _of_few_cases(values, numerator, denominator) ** 2
    return np.where(np.isnan(values), 0.0, np.sqrt(variance))


def _variance(given: Floats, known: Booleans) -> Floats:
    """Mean squared distance from the mean of the given figures of a peer area; 0 without any."""
    count = np.maximum(known.sum(axis=-1, keepdims=True), 1)
    mean = np.where(known, given, 0.0).sum(axis=-1, keepdims=True) / count
    return np.where(known, (given - mean) ** 2, 0.0).sum(axis=-1, keepdims=True) / count


def _of_few_cases(values: Floats, numerator: Floats, denominator: Floats) -> Floats:
    """The standard deviation of a share x / n of n independent cases, in the unit of the value, with
    p = (x + 1/2) / (n + 1) so that 0 and n out of n are not certain (Jeffreys 1946); 0 where it is no such share.

    An indicator is a share of cases if all of its numerators and denominators are whole numbers, no part is larger
    than its whole, and each value is one factor times their ratio.
    """
    known = ~(np.isnan(values) | np.isnan(numerator) | np.isnan(denominator)) & (np.nan_to_num(denominator) > 0)
    whole = np.where(known, denominator, 1.0)
    part = np.where(known, numerator, 0.0)
    share = part / whole
    counted = ~known | ((np.round(numerator) == numerator) & (np.round(denominator) == denominator))
    inside = (share >= 0) & (share <= 1)
    flat = (len(values), -1)
    largest = np.argmax(share.reshape(flat), axis=1)
    rows = np.arange(len(values))
    top, value = share.reshape(flat)[rows, largest], np.nan_to_num(values.reshape(flat)[rows, largest])
    factor = np.divide(value, top, out=np.zeros(len(values)), where=top > 0)
    factor = factor.reshape(-1, *(1,) * (values.ndim - 1))
    fits = ~known | (np.abs(np.nan_to_num(values) - factor * share) <= TOLERANCE * np.maximum(np.abs(factor), 1.0))
    is_share = (counted & inside & fits).reshape(flat).all(axis=1).reshape(factor.shape)
    likely = (np.clip(part, 0.0, whole) + 0.5) / (whole + 1.0)
    deviation = np.abs(factor) * np.sqrt(likely * (1.0 - likely) / whole)
    return np.where(is_share & known & (whole < SMALL), deviation, 0.0)
