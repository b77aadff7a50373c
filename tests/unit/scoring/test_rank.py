"""Ranks inside groups, against counting the better ones one by one."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from dagster_project.scoring.normalise import NO_GROUP
from dagster_project.scoring.rank import NOT_RANKED, count_in_groups, rank_in_groups

units = st.lists(
    st.tuples(st.sampled_from([NO_GROUP, 0, 1, 2]), st.sampled_from([0.0, 1.5, 1.5, 2.0, 99.99, np.nan])), max_size=12
)


def slow_ranks(scores: list[float], groups: list[int]) -> list[int]:
    ranks = []
    for score, group in zip(scores, groups, strict=True):
        if group == NO_GROUP or score != score:
            ranks.append(NOT_RANKED)
            continue
        better = 0
        for other, where in zip(scores, groups, strict=True):
            better += where == group and other > score
        ranks.append(1 + better)
    return ranks


def test_ties_share_the_lower_number_and_the_next_is_skipped() -> None:
    scores, groups = np.array([80.0, 90.0, 80.0, 70.0, np.nan]), np.zeros(5, dtype=np.int64)
    assert rank_in_groups(scores, groups).tolist() == [2, 1, 2, 4, NOT_RANKED]
    assert count_in_groups(~np.isnan(scores), groups).tolist() == [4, 4, 4, 4, 4]


@given(units)
def test_equals_the_slow_count(rows: list[tuple[int, float]]) -> None:
    groups, scores = np.array([g for g, _ in rows], dtype=np.int64), np.array([s for _, s in rows], dtype=float)
    assert rank_in_groups(scores, groups).tolist() == slow_ranks(scores.tolist(), groups.tolist())


@given(units, st.randoms())
def test_permuting_units_permutes_ranks(rows: list[tuple[int, float]], random: st.random.Random) -> None:
    groups, scores = np.array([g for g, _ in rows], dtype=np.int64), np.array([s for _, s in rows], dtype=float)
    order = list(range(len(rows)))
    random.shuffle(order)
    moved = rank_in_groups(scores[order], groups[order])
    assert moved.tolist() == rank_in_groups(scores, groups)[order].tolist()


@given(st.lists(units.filter(lambda rows: len(rows) >= 3).map(lambda rows: rows[:3]), min_size=1, max_size=4))
def test_leading_axes_are_independent(blocks: list[list[tuple[int, float]]]) -> None:
    groups = np.array([[g for g, _ in rows] for rows in blocks], dtype=np.int64)
    scores = np.array([[s for _, s in rows] for rows in blocks], dtype=float)
    together = rank_in_groups(scores, groups)
    assert together.tolist() == [rank_in_groups(s, g).tolist() for s, g in zip(scores, groups, strict=True)]
