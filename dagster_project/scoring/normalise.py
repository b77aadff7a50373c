"""Normalisation: indicator values to scores from 0 (worst) to 100 (best). Direction is applied here and nowhere else.

Shapes: values are (..., U, I), units by indicators, with any leading axes (periods, draws). NaN is "no value".
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
Booleans = npt.NDArray[np.bool_]

FULL_SCORE = 100.0
NO_GROUP = -1


def observed_bounds(values: Floats, groups: Integers) -> tuple[Floats, Floats]:
    """Lowest and highest value of each indicator inside each unit's own group.

    Args:
        values: (..., U, I).
        groups: (..., U) or (U,), a code per unit; `NO_GROUP` belongs to none.

    Returns:
        Two arrays of the shape of `values`; NaN where the group has no value, or there is no group.
    """
    groups = np.broadcast_to(groups, values.shape[:-1])
    known = ~np.isnan(values)
    low, high = np.full(values.shape, np.nan), np.full(values.shape, np.nan)
    for group in np.unique(groups[groups != NO_GROUP]):
        member = (groups == group)[..., np.newaxis]
        counted = member & known
        filled = member & counted.any(axis=-2, keepdims=True)
        np.copyto(low, values.min(axis=-2, keepdims=True, where=counted, initial=np.inf), where=filled)
        np.copyto(high, values.max(axis=-2, keepdims=True, where=counted, initial=-np.inf), where=filled)
    return low, high


def minmax(values: Floats, low: Floats, high: Floats, direction: Integers) -> Floats:
    """Min-max: 100 (x - low) / (high - low); 100 (high - x) / (high - low) where lower is better; kept in 0..100.

    Where high = low the indicator tells nobody apart and every value scores 50.
    Source: OECD/JRC, Handbook on Constructing Composite Indicators (2008), step 5, re-scaling.

    Args:
        values: (..., U, I).
        low, high: broadcastable to `values`; NaN gives no score.
        direction: (I,), 1 where higher is better, -1 where lower is better.
    """
    span = high - low
    gain = np.where(direction > 0, values - low, high - values)
    share = np.divide(gain, span, out=np.full(values.shape, 0.5), where=span > 0)
    return np.where(np.isnan(gain), np.nan, FULL_SCORE * np.clip(share, 0.0, 1.0))


def target_attainment(values: Floats, target: Floats, direction: Integers, cap: Floats) -> Floats:
    """Target attainment: 100 x / t, or 100 (2 - x / t) where lower is better; kept within 0..100 cap.

    The negative form is the linear one: missing the target by a tenth costs a tenth in either direction, and x = 0 has
    an answer.

    Args:
        values: (..., U, I).
        target: broadcastable to `values`, above 0; NaN gives no score.
        direction: (I,), 1 where higher is better, -1 where lower is better.
        cap: (I,), the highest share that counts.
    """
    ratio = values / target
    return FULL_SCORE * np.clip(np.where(direction > 0, ratio, 2.0 - ratio), 0.0, cap)
