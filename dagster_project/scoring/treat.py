"""Outliers: columns whose distribution is too skewed to be compared on a line are winsorised or put on a log scale.

A column fails where its skewness and its kurtosis are both beyond their thresholds. What is treated is the copy of the
values that is scored; whoever calls keeps the values that were measured.
Shapes: values are (..., U), a column per leading index; NaN is "no value" and stays NaN. Values are finite.
Source: OECD/JRC, Handbook on Constructing Composite Indicators (2008), step 3; the order of steps and the thresholds
are those of the European Commission's COIN Tool and of COINr.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np

from dagster_project.scoring.normalise import Booleans, Floats, Integers, deviations, observed_bounds

Method = Literal["winsorise", "log", "winsorise_log"]

SKEWNESS_THRESHOLD = 2.0
KURTOSIS_THRESHOLD = 3.5


@dataclass(frozen=True)
class Treated:
    """Values after treatment, and what was done to each column.

    Attributes:
        values: (..., U); a logged column is on a scale of its own, to which no goalpost or target of the original fits.
        points: (...), how many values were winsorised.
        logged: (...), whether the column is on a log scale.
    """

    values: Floats
    points: Integers
    logged: Booleans


def skewness(values: Floats) -> Floats:
    """Sample-adjusted skewness (type 2, that of Excel and SAS), (...); NaN for fewer than 3 values or where constant.

    Source: Joanes and Gill (1998), Comparing measures of sample skewness and kurtosis, G1.
    """
    return _moments(values)[0]


def kurtosis(values: Floats) -> Floats:
    """Sample-adjusted excess kurtosis (type 2), (...), 0 for a normal distribution; NaN for fewer than 4 or constant.

    Source: Joanes and Gill (1998), G2.
    """
    return _moments(values)[1]


def _moments(values: Floats) -> tuple[Floats, Floats]:
    apart, count = deviations(values)
    n = count[..., 0].astype(np.float64)
    square = apart * apart
    second = square.sum(axis=-1)
    skewed = (n >= 3) & (second > 0)
    peaked = (n >= 4) & (second > 0)
    # Where a moment is not defined the formula is worked out for five values of spread 1, and the result not used.
    m, spread = np.where(skewed, n, 5.0), np.where(skewed, second, 1.0)
    third = np.sqrt(m) * (square * apart).sum(axis=-1) / (spread * np.sqrt(spread))
    skew = third * np.sqrt(m * (m - 1)) / (m - 2)
    m = np.where(peaked, n, 5.0)
    fourth = m * (square * square).sum(axis=-1) / (spread * spread)
    excess = ((m + 1) * (fourth - 3) + 6) * (m - 1) / ((m - 2) * (m - 3))
    return np.where(skewed, skew, np.nan), np.where(peaked, excess, np.nan)


def fails(values: Floats, skew: float = SKEWNESS_THRESHOLD, kurtosis: float = KURTOSIS_THRESHOLD) -> Booleans:
    """Columns with |skewness| >= skew and kurtosis >= kurtosis, (...); never a constant one or one of fewer than 4."""
    skewed, excess = _moments(values)
    return np.asarray((np.abs(skewed) >= skew) & (excess >= kurtosis))


def winsorise(
    values: Floats,
    points: Integers | int,
    skew: float = SKEWNESS_THRESHOLD,
    kurtosis: float = KURTOSIS_THRESHOLD,
) -> tuple[Floats, Integers]:
    """Draws in the most extreme values, one step at a time, while the column fails and the limit allows.

    A step gives the highest value (the lowest, where the skewness is negative) the value next to it; values that are
    equal go together. A step that would move more than `points` values in all, or make the column constant, is not
    taken. COINr, whose steps these are, does take it: its limit can be overrun by values that are equal.

    Args:
        values: (..., U).
        points: the most values to move, at least 0; broadcastable to the leading axes.

    Returns:
        The values drawn in, and the number of values moved, (...).
    """
    shape, units = values.shape[:-1], values.shape[-1]
    original = values.reshape(math.prod(shape), units)
    limit = np.broadcast_to(points, shape).reshape(-1)
    drawn, moved = original.copy(), np.zeros(len(original), dtype=np.int64)
    open_columns = np.flatnonzero(fails(drawn, skew, kurtosis))
    while open_columns.size:  # every step moves at least one value more, so there are at most max(points) of them
        column = drawn[open_columns]
        low, high = observed_bounds(column)
        inner_high = np.max(column, axis=-1, keepdims=True, where=column < high, initial=-np.inf)
        inner_low = np.min(column, axis=-1, keepdims=True, where=column > low, initial=np.inf)
        upper = skewness(column)[:, np.newaxis] >= 0
        column = np.where(upper, np.minimum(column, inner_high), np.maximum(column, inner_low))
        before = original[open_columns]
        number = ((column != before) & ~np.isnan(before)).sum(axis=-1)
        parts = np.where(upper, inner_high > low, inner_low < high)[:, 0]
        taken = (number <= limit[open_columns]) & parts
        open_columns = open_columns[taken]
        drawn[open_columns], moved[open_columns] = column[taken], number[taken]
        open_columns = open_columns[fails(drawn[open_columns], skew, kurtosis)]
    return drawn.reshape(values.shape), moved.reshape(shape)


def log_treated(values: Floats) -> Floats:
    """ln(x - lowest + 0.01 (highest - lowest)); a constant column stays as it is.

    The order of the values stays; the longer the upper tail, the more it is drawn in.
    Source: the European Commission's COIN Tool, as COINr's log_CT.
    """
    low, high = observed_bounds(values)
    varied = high > low
    shifted = values - low + 0.01 * (high - low)
    return np.where(varied, np.log(np.where(varied, shifted, 1.0)), values)


def treat(
    values: Floats,
    max_points: Integers | int = 5,
    skew: float = SKEWNESS_THRESHOLD,
    kurtosis: float = KURTOSIS_THRESHOLD,
    method: Method = "winsorise_log",
) -> Treated:
    """Treats the columns that fail; the others, constant ones and those of fewer than 4 values stay as they are.

    "winsorise" draws in up to `max_points` values and keeps what that makes, even where the column still fails. "log"
    takes the logarithm. "winsorise_log" winsorises, and where the column still fails after that, gives the values back
    and takes the logarithm instead, which is kept even where the column fails again (see `fails`).
    The logarithm is for a long upper tail; it would stretch a lower one. A column with a negative skewness is never put
    on a log scale: under "log" it stays, under "winsorise_log" it stays winsorised. (COINr takes the logarithm there.)

    Args:
        values: (..., U).
        max_points: the most values to winsorise, at least 0; broadcastable to the leading axes, e.g. one per draw.

    Raises:
        ValueError: an unknown method.
    """
    if method not in ("winsorise", "log", "winsorise_log"):
        raise ValueError(f"There is no treatment {method!r}; take winsorise, log or winsorise_log.")
    shape = values.shape[:-1]
    treated = values.reshape(math.prod(shape), values.shape[-1]).copy()
    limit = np.broadcast_to(max_points, shape).reshape(-1)
    points, logged = np.zeros(len(treated), dtype=np.int64), np.zeros(len(treated), dtype=np.bool_)
    failing = np.flatnonzero(fails(treated, skew, kurtosis))
    original = treated[failing]
    still = np.ones(len(failing), dtype=np.bool_)
    if method != "log":
        treated[failing], points[failing] = winsorise(original, limit[failing], skew, kurtosis)
        still = fails(treated[failing], skew, kurtosis)
    if method != "winsorise":
        still &= skewness(original) > 0
        onto_log = failing[still]
        treated[onto_log], points[onto_log], logged[onto_log] = log_treated(original[still]), 0, True
    return Treated(treated.reshape(values.shape), points.reshape(shape), logged.reshape(shape))
