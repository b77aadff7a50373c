"""Dated rows against day-by-day sets."""

from __future__ import annotations

import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from dagster_project.registry import span

ORIGIN = pd.Timestamp("2020-01-01")
SPANS = st.lists(st.tuples(st.sampled_from("ab"), st.integers(0, 12), st.integers(0, 5)), min_size=1, max_size=10)


def frame(rows: list[tuple[str, int, int]]) -> pd.DataFrame:
    day = [ORIGIN + pd.Timedelta(days=start) for _, start, _ in rows]
    last = [ORIGIN + pd.Timedelta(days=start + length) for _, start, length in rows]
    table = pd.DataFrame({"id": [name for name, _, _ in rows], "valid_from": day, "valid_to": last})
    return table.astype({"id": "str", "valid_from": "datetime64[s]", "valid_to": "datetime64[s]"})


def days(rows: pd.DataFrame) -> dict[str, set[int]]:
    """Per id, the numbers of the days its rows cover."""
    covered: dict[str, set[int]] = {}
    for row in rows.itertuples():
        covered.setdefault(row.id, set()).update(
            range((row.valid_from - ORIGIN).days, (row.valid_to - ORIGIN).days + 1)
        )
    return covered


@given(SPANS)
def test_merge_covers_the_same_days_in_the_fewest_rows(rows):
    merged = span.merge(frame(rows))
    assert days(merged) == days(frame(rows))
    for _, group in merged.groupby("id"):
        gaps = group["valid_from"].iloc[1:].to_numpy() - group["valid_to"].iloc[:-1].to_numpy()
        assert (gaps > pd.Timedelta(days=1)).all()


@given(SPANS)
def test_cut_and_glue_give_back_the_days(rows):
    merged = span.merge(frame(rows))
    pieces = span.segments(merged)
    pd.testing.assert_frame_equal(span.glue(span.cut(merged, pieces), pieces), merged)


@given(SPANS)
def test_segments_tile_all_of_time(rows):
    pieces = span.segments(frame(rows))
    assert pieces["valid_from"].iloc[0] == span.FIRST
    assert pieces["valid_to"].iloc[-1] == span.LAST
    assert (pieces["valid_from"].iloc[1:].to_numpy() - pieces["valid_to"].iloc[:-1].to_numpy() == span.DAY).all()


@given(SPANS, SPANS)
def test_join_covers_the_common_days(left, right):
    both = span.join(frame(left), frame(right), "id", "id")
    ours, theirs = days(frame(left)), days(frame(right))
    common = {name: ours[name] & theirs[name] for name in ours.keys() & theirs.keys()}
    assert days(both) == {name: shared for name, shared in common.items() if shared}


@given(SPANS)
def test_overlapping_finds_the_rows_whose_first_day_is_taken(rows):
    table = frame(rows).sort_values(["id", "valid_from", "valid_to"], ignore_index=True)
    expected = [
        any(
            other.id == row.id and other.Index < row.Index and other.valid_to >= row.valid_from
            for other in table.itertuples()
        )
        for row in table.itertuples()
    ]
    assert span.overlapping(table, ["id"]).tolist() == expected
