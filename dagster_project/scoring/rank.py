"""Ranks inside groups, from the rounded score that people see."""

from __future__ import annotations

import numpy as np

from dagster_project.scoring.normalise import NO_GROUP, Booleans, Floats, Integers
from dagster_project.scoring.scheme import TieRule

NOT_RANKED = 0


def rank_in_groups(scores: Floats, groups: Integers, tie_rule: TieRule = "min") -> Integers:
    """Rank of each unit inside its group: 1 is the highest score.

    Equal scores share a number: the lowest of their places ("min": 1, 2, 2, 4), the highest ("max": 1, 3, 3, 4), or the
    next number ("dense": 1, 2, 2, 3).

    Args:
        scores: (..., U), already rounded; NaN is not ranked.
        groups: (..., U) or (U,); `NO_GROUP` is not ranked.

    Returns:
        (..., U); `NOT_RANKED` where there is none.
    """
    groups = np.broadcast_to(groups, scores.shape)
    ranked = ~np.isnan(scores) & (groups != NO_GROUP)
    # One sort per row of units: by group, within it ranked before not ranked, then from the highest score down.
    order = np.lexsort((-np.where(ranked, scores, 0.0), ~ranked, groups), axis=-1)
    group, score, counted = (np.take_along_axis(a, order, axis=-1) for a in (groups, scores, ranked))

    starts_group = np.ones(group.shape, dtype=bool)
    starts_group[..., 1:] = group[..., 1:] != group[..., :-1]
    starts_rank = starts_group.copy()
    starts_rank[..., 1:] |= score[..., 1:] != score[..., :-1]
    starts_rank[..., 1:] |= counted[..., 1:] != counted[..., :-1]
    place = np.broadcast_to(np.arange(scores.shape[-1]), group.shape)
    group_start = np.maximum.accumulate(np.where(starts_group, place, 0), axis=-1)
    if tie_rule == "dense":
        nth = np.cumsum(starts_rank, axis=-1)
        number = nth - np.maximum.accumulate(np.where(starts_group, nth, 0), axis=-1) + 1
    elif tie_rule == "max":
        ends = np.ones(group.shape, dtype=bool)
        ends[..., :-1] = starts_rank[..., 1:]
        last = np.where(ends, place, scores.shape[-1])
        tie_end = np.minimum.accumulate(last[..., ::-1], axis=-1)[..., ::-1]
        number = tie_end - group_start + 1
    else:
        number = np.maximum.accumulate(np.where(starts_rank, place, 0), axis=-1) - group_start + 1

    rank = np.zeros(scores.shape, dtype=np.int64)
    np.put_along_axis(rank, order, np.where(counted, number, NOT_RANKED), axis=-1)
    return rank


def count_in_groups(counted: Booleans, groups: Integers) -> Integers:
    """Number of counted units in each unit's own group, (..., U); 0 outside every group.

    Args:
        counted: (..., U).
        groups: (..., U) or (U,).
    """
    groups = np.broadcast_to(groups, counted.shape)
    number = np.zeros(counted.shape, dtype=np.int64)
    for group in np.unique(groups[groups != NO_GROUP]):
        member = groups == group
        np.copyto(number, (member & counted).sum(axis=-1, keepdims=True), where=member)
    return number
