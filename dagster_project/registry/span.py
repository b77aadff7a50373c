"""Dated rows. A span is the pair of columns valid_from and valid_to, both inclusive, in whole days.

Belongs here: joining, merging and cutting spans, whatever the rows mean.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from dagster_project.registry.spec import OPEN_FROM, OPEN_TO

SPAN = ["valid_from", "valid_to"]
DAY = pd.Timedelta(days=1)
FIRST = pd.Timestamp(OPEN_FROM).as_unit("s")
LAST = pd.Timestamp(OPEN_TO).as_unit("s")


def join(left: pd.DataFrame, right: pd.DataFrame, left_on: str, right_on: str) -> pd.DataFrame:
    """Pairs of rows alike in the key whose spans meet; the span of a pair is where both hold."""
    pairs = left.merge(right, left_on=left_on, right_on=right_on, suffixes=("", "_right"))
    pairs["valid_from"] = pairs[["valid_from", "valid_from_right"]].max(axis=1)
    pairs["valid_to"] = pairs[["valid_to", "valid_to_right"]].min(axis=1)
    return pairs[pairs["valid_from"] <= pairs["valid_to"]].drop(columns=["valid_from_right", "valid_to_right"])


def merge(rows: pd.DataFrame) -> pd.DataFrame:
    """Rows alike in every other column whose spans touch or overlap become one row. Sorted by all columns."""
    keys = [column for column in rows.columns if column not in SPAN]
    rows = rows.sort_values([*keys, *SPAN], ignore_index=True)
    if rows.empty:
        return rows
    day = rows[SPAN].to_numpy().astype("datetime64[D]").astype(np.int64)
    same_key = ~(rows[keys] != rows[keys].shift()).any(axis=1).to_numpy()
    group = np.cumsum(~same_key)
    # Spans of one key, one after another on a single axis, so that a running maximum never reaches into the next key.
    offset = group * (int(day.max()) - int(day.min()) + 2)
    reached = np.maximum.accumulate(day[:, 1] + offset)
    begins = np.ones(len(rows), dtype=bool)
    begins[1:] = ~same_key[1:] | (day[1:, 0] + offset[1:] > reached[:-1] + 1)
    island = np.cumsum(begins)
    merged = rows[begins].reset_index(drop=True)
    merged["valid_to"] = rows.groupby(island)["valid_to"].max().to_numpy()
    return merged


def overlapping(rows: pd.DataFrame, keys: Sequence[str]) -> pd.Series:
    """Which rows begin before an earlier row alike in `keys` has ended (index of `rows`)."""
    ordered = rows.sort_values([*keys, *SPAN])
    reached = ordered.groupby(list(keys))["valid_to"].cummax()
    reached = reached.groupby([ordered[key] for key in keys]).shift()
    return (ordered["valid_from"] <= reached).reindex(rows.index)


def segments(*frames: pd.DataFrame) -> pd.DataFrame:
    """The shortest list of spans, from the first day to the last, inside which no row of `frames` begins or ends."""
    starts = {FIRST}
    for frame in frames:
        starts.update(frame["valid_from"].unique())
        ended = frame["valid_to"][frame["valid_to"] < LAST]
        starts.update((ended + DAY).unique())
    begin = pd.Series(sorted(starts)).astype("datetime64[s]")
    return pd.DataFrame({"valid_from": begin, "valid_to": (begin.shift(-1) - DAY).fillna(LAST)}).astype("datetime64[s]")


def cut(rows: pd.DataFrame, pieces: pd.DataFrame) -> pd.DataFrame:
    """Each row once per piece it covers, with the piece's number in `segment` instead of a span."""
    start = np.searchsorted(pieces["valid_from"].to_numpy(), rows["valid_from"].to_numpy())
    stop = np.searchsorted(pieces["valid_to"].to_numpy(), rows["valid_to"].to_numpy(), side="right")
    times = np.maximum(stop - start, 0)
    cut_rows = rows.drop(columns=SPAN).loc[rows.index.repeat(times)].reset_index(drop=True)
    within = np.arange(times.sum()) - np.repeat(np.cumsum(times) - times, times)
    return cut_rows.assign(segment=np.repeat(start, times) + within)


def glue(rows: pd.DataFrame, pieces: pd.DataFrame) -> pd.DataFrame:
    """The reverse of `cut`: spans instead of segment numbers, neighbours that say the same joined."""
    spans = pieces.iloc[rows["segment"].to_numpy()].reset_index(drop=True)
    return merge(pd.concat([rows.drop(columns="segment").reset_index(drop=True), spans], axis=1))
