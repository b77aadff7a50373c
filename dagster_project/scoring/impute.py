"""Gaps: a missing value is filled from the unit's peers, or from the unit's own other periods.

Every function returns the filled values and a mask of what it filled, so that a filled value is never shown as one
that was measured. A value that is there is never changed. Values are finite; NaN is "no value".
"""

from __future__ import annotations

from typing import Literal

import numpy as np

from dagster_project.scoring.normalise import NO_GROUP, Booleans, Floats, Integers

Centre = Literal["mean", "median"]


def fill_group(values: Floats, groups: Integers | None, how: Centre) -> tuple[Floats, Booleans]:
    """Gives a unit without a value the mean or the median of the values in its own group.

    A group without any value stays without; so does a unit that belongs to no group.
    Source: OECD/JRC, Handbook on Constructing Composite Indicators (2008), step 4, unconditional mean and median.

    Args:
        values: (..., U).
        groups: (U,), a code per unit, `NO_GROUP` for none; None puts all units into one group.

    Raises:
        ValueError: `how` is neither "mean" nor "median".
    """
    if how not in ("mean", "median"):
        raise ValueError(f"A gap cannot be filled by {how!r}; take mean or median.")
    units = values.shape[-1]
    groups = np.zeros(units, dtype=np.int64) if groups is None else groups
    missing = np.isnan(values)
    filled = values.copy()
    for group in np.unique(groups[groups != NO_GROUP]):
        member = groups == group
        centre = _centre(values[..., member], how)
        np.copyto(filled, centre, where=missing & member)
    return filled, missing & ~np.isnan(filled)


def _centre(values: Floats, how: Centre) -> Floats:
    """Mean or median along the last axis, (..., 1); NaN where there is no value."""
    known = ~np.isnan(values)
    count = known.sum(axis=-1, keepdims=True)
    if how == "mean":
        total = np.where(known, values, 0.0).sum(axis=-1, keepdims=True)
        return np.where(count > 0, total / np.maximum(count, 1), np.nan)
    ordered = np.sort(values, axis=-1)  # values that are missing come last
    last = np.maximum(count - 1, 0)
    lower, upper = (np.take_along_axis(ordered, at, axis=-1) for at in (last // 2, last - last // 2))
    return lower + (upper - lower) / 2


def last_within(values: Floats, times: Integers, periods: int) -> tuple[Floats, Booleans]:
    """Carries a unit's last value forward, where it is at most `periods` of time old; never backward.

    Age is counted in time, not in rows: between the times 1 and 3 lie two periods, whether or not there is a row for 2.
    Before the first value, and where the last one is older, nothing is filled. With `periods` 0 nothing is.

    Args:
        values: (P, ..., U), a period per leading index.
        times: (P,), ascending, e.g. the ordinal number of each period.
        periods: at least 0.
    """
    missing = np.isnan(values)
    last = _last_known(~missing)
    source = np.maximum(last, 0)
    age = _by_period(times, values.ndim) - times[source]
    filled: Booleans = missing & (last >= 0) & (age <= periods)
    return np.where(filled, np.take_along_axis(values, source, axis=0), values), filled


def linear(values: Floats, times: Integers) -> tuple[Floats, Booleans]:
    """Puts a gap between two known periods onto the straight line between them; fills nothing beyond the ends.

    Whoever wants the last value carried on beyond the end says so with `last_within`: it is another assumption.

    Args:
        values: (P, ..., U), a period per leading index.
        times: (P,), ascending.
    """
    missing = np.isnan(values)
    last, ahead = _last_known(~missing), _last_known(~missing[::-1])[::-1]
    filled: Booleans = missing & (last >= 0) & (ahead >= 0)
    before, after = np.maximum(last, 0), len(values) - 1 - np.maximum(ahead, 0)
    start, end = (np.take_along_axis(values, at, axis=0) for at in (before, after))
    span = np.where(filled, times[after] - times[before], 1)
    share = (_by_period(times, values.ndim) - times[before]) / span
    return np.where(filled, start + (end - start) * share, values), filled


def _last_known(known: Booleans) -> Integers:
    """Index of the last known period up to each one, (P, ..., U); -1 where there is none."""
    at = np.where(known, _by_period(np.arange(len(known)), known.ndim), -1)
    last: Integers = np.maximum.accumulate(at, axis=0)
    return last


def _by_period(numbers: Integers, dimensions: int) -> Integers:
    """(P,) to (P, 1, ..., 1)."""
    return numbers.reshape(-1, *[1] * (dimensions - 1))
