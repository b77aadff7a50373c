"""Normalisation: indicator values to scores. Direction is applied here and nowhere else.

Shapes: values are (..., U); the last axis holds the units that are compared with each other, the axes before it are
indicators, periods, draws. NaN is "no value" and stays NaN. Every other argument is broadcastable to the values, e.g.
(I, 1) for one number per indicator. Values are finite; whoever calls has refused the infinite ones.
`direction` is 1 where higher is better, -1 where lower is better; 100 is best unless a docstring says otherwise.
Two values tie only where they are equal to the last digit: whoever wants coarser ties rounds beforehand.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
Booleans = npt.NDArray[np.bool_]

FULL_SCORE = 100.0
MIDDLE_SCORE = 50.0
PASS_SCORE = 60.0
NO_GROUP = -1


def observed_bounds(values: Floats) -> tuple[Floats, Floats]:
    """Lowest and highest value of each column, two arrays (..., 1); NaN where it has no value."""
    low: Floats = np.fmin.reduce(values, axis=-1, keepdims=True, initial=np.nan)
    high: Floats = np.fmax.reduce(values, axis=-1, keepdims=True, initial=np.nan)
    return low, high


def minmax(
    values: Floats,
    low: Floats | float,
    high: Floats | float,
    direction: Integers | int,
    floor: float = 0.0,
    ceiling: float = FULL_SCORE,
) -> Floats:
    """Min-max: floor + (ceiling - floor) (x - low) / (high - low), or (high - x) / ... where lower is better.

    A value outside the bounds is kept at floor or ceiling. Where low is not below high (a constant column, one unit)
    nobody is told apart and every value gets the middle of the scale. A bound that is NaN gives no score.
    Source: OECD/JRC, Handbook on Constructing Composite Indicators (2008), step 5, re-scaling.
    """
    span = np.subtract(high, low)
    scores: Floats = np.subtract(values, np.where(np.greater(direction, 0), low, high))
    scores /= np.where(span <= 0, 1.0, span) * direction
    if (span <= 0).any():
        np.copyto(scores, 0.5, where=(span <= 0) & ~np.isnan(scores))
    scores *= ceiling - floor
    if floor:
        scores += floor
    return np.clip(scores, floor, ceiling, out=scores)


def deviations(values: Floats) -> tuple[Floats, Integers]:
    """Each value's distance from the mean of its column, in shares of the column's range, and the number of values.

    Free of unit and size, so that no power of it grows out of the numbers a machine holds, and exactly 0 in a constant
    column, where a mean that is rounded would leave a rest.

    Returns:
        (..., U), 0 where there is no value, and (..., 1).
    """
    share = minmax(values, *observed_bounds(values), 1, 0.0, 1.0)
    known = ~np.isnan(values)
    count = known.sum(axis=-1, keepdims=True)
    mean = np.where(known, share, 0.0).sum(axis=-1, keepdims=True) / np.maximum(count, 1)
    return np.where(known, share - mean, 0.0), count


def zscore(values: Floats, direction: Integers | int, mean: float = 0.0, sd: float = 1.0) -> Floats:
    """Z-score: mean + sd (x - m) / s, with m the mean and s the sample standard deviation (n - 1) of the column.

    Not bounded. A constant column, or one unit, tells nobody apart: every value gets `mean`.
    Source: OECD/JRC Handbook (2008), step 5, standardisation; the sample deviation as in COINr and R.
    """
    apart, count = deviations(values)
    deviation = np.sqrt((apart * apart).sum(axis=-1, keepdims=True) / np.maximum(count - 1, 1))
    scores = mean + sd * direction * apart / np.where(deviation > 0, deviation, 1.0)
    return np.where(np.isnan(values), np.nan, scores)


def rank_points(values: Floats, direction: Integers | int) -> Floats:
    """Points for the place from below: 1 for the worst, ties share the lower number; at most n, the number of values.

    By the formula every value of a constant column gets 1, and so does a lone unit.
    Source: OECD/JRC Handbook (2008), step 5, ranking.
    """
    signed = values * direction
    order = np.argsort(signed, axis=-1)  # values that are missing come last
    ordered = np.take_along_axis(signed, order, axis=-1)
    place = np.ones(values.shape)
    place[..., 1:] = np.where(ordered[..., 1:] != ordered[..., :-1], np.arange(2, values.shape[-1] + 1), 1)
    points = np.empty(values.shape)
    np.put_along_axis(points, order, np.maximum.accumulate(place, axis=-1), axis=-1)
    points[np.isnan(signed)] = np.nan
    return points


def borda(values: Floats, direction: Integers | int) -> Floats:
    """Borda points: the number of units that are worse, 0 to n - 1; 0 throughout a constant column or for a lone unit.

    Source: de Borda (1781), Mémoire sur les élections au scrutin; ties share the lower number as in COINr.
    """
    return rank_points(values, direction) - 1.0


def percentile_rank(values: Floats, direction: Integers | int) -> Floats:
    """Percentile rank: 100 x (units that are worse) / (n - 1), ties share the lower number.

    A constant column, or one unit, tells nobody apart and every value scores 50.
    Source: OECD/JRC Handbook (2008), step 5, percentile ranks; (n - 1) below the line as in COINr and Excel's INC.
    """
    low, high = observed_bounds(values)
    others = (~np.isnan(values)).sum(axis=-1, keepdims=True) - 1
    scores = FULL_SCORE * borda(values, direction) / np.maximum(others, 1)
    return np.where((low == high) & ~np.isnan(scores), MIDDLE_SCORE, scores)


def distance_to_best(values: Floats, direction: Integers | int) -> Floats:
    """Distance to the best: 100 (1 - |best - x| / (highest - lowest)); a constant column, or one unit, scores 50.

    The same line as min-max between the observed bounds; offered under the name that JRC and COINr give it.
    Source: OECD/JRC Handbook (2008), step 5, distance to a reference (the leader).
    """
    return minmax(values, *observed_bounds(values), direction)


def fraction_of_best(values: Floats, direction: Integers | int) -> Floats:
    """Share of the best: 100 x / best, or 100 best / x where lower is better. A constant column scores 100.

    For values above 0 alone, see `not_positive`: a ratio to 0, or of figures of different sign, says nothing. Where it
    was not refused, 0 of a best above 0 scores 0 and any other such value has no score.
    Source: OECD/JRC Handbook (2008), step 5, distance to the leader; the inverse form for costs is the usual one of
    multi-criteria analysis (linear normalisation, Hwang and Yoon 1981).
    """
    low, high = observed_bounds(values)
    upwards = np.broadcast_to(np.greater(direction, 0), values.shape)
    part, whole = np.where(upwards, values, low), np.where(upwards, high, values)
    sound = (np.greater_equal(part, 0) & np.greater(whole, 0)) & (upwards | np.greater(part, 0))
    return FULL_SCORE * np.divide(part, whole, out=np.full(values.shape, np.nan), where=sound)


def not_positive(values: Floats) -> Booleans:
    """Columns with a value of 0 or below, (...,): no `fraction_of_best`, no denominator."""
    found: Booleans = np.any(values <= 0, axis=-1)
    return found


def target_attainment(values: Floats, target: Floats | float, direction: Integers | int, cap: Floats | float) -> Floats:
    """Target attainment: 100 x / t, or 100 (2 - x / t) where lower is better; kept within 0..100 cap.

    The negative form is the linear one: missing the target by a tenth costs a tenth in either direction, and x = 0 has
    an answer.

    Args:
        target: above 0; NaN gives no score.
        cap: the highest share that counts.
    """
    ratio = values / target
    scores: Floats = FULL_SCORE * np.clip(np.where(np.greater(direction, 0), ratio, 2.0 - ratio), 0.0, cap)
    return scores


def efficacy(values: Floats, satisfactory: Floats | float, not_allowed: Floats | float) -> Floats:
    """Efficacy coefficient (功效系数): 60 + 40 (x - x_no) / (x_yes - x_no), kept within 0..100.

    The value that is not allowed still passes with 60, the satisfactory one has 100; which of them is the higher says
    the direction. They must differ; where they do not, or one is NaN, there is no score.
    Source: Ministry of Finance of China (1999), 国有资本金效绩评价操作细则, for state-owned enterprises.
    """
    span = np.subtract(satisfactory, not_allowed)
    share = (values - not_allowed) / np.where(span == 0, np.nan, span)
    scores: Floats = np.clip(PASS_SCORE + (FULL_SCORE - PASS_SCORE) * share, 0.0, FULL_SCORE)
    return scores


def interval_best(
    values: Floats, low: Floats | float, high: Floats | float, worst_low: Floats | float, worst_high: Floats | float
) -> Floats:
    """Best inside an interval: 100 from low to high, a straight line down to 0 at worst_low and worst_high, 0 beyond.

    Where a worst value is the interval's own end, there is no slope: 100 at the end, 0 beyond it. A bound that is NaN
    gives no score.
    Source: Cables, Lamata and Verdegay (2016), RIM - reference ideal method, Information Sciences 337-338.

    Args:
        low, high: the interval, low <= high; low = high is one best value.
        worst_low, worst_high: worst_low <= low and high <= worst_high.
    """
    below, above = np.subtract(low, worst_low), np.subtract(worst_high, high)
    short, over = low - values, values - high
    lost = np.where(
        short > 0,
        short / np.where(below > 0, below, 1.0) + (below <= 0),
        np.where(over > 0, over / np.where(above > 0, above, 1.0) + (above <= 0), 0.0),
    )
    defined = ~np.isnan(short + over + below + above)
    return np.where(defined, FULL_SCORE * np.clip(1.0 - lost, 0.0, 1.0), np.nan)
