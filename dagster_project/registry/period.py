"""The calendar: years, halves, quarters and months, and how they nest."""

from __future__ import annotations

import pandas as pd

FIRST_YEAR, LAST_YEAR = 2000, 2030
MONTHS = {"year": 12, "half": 6, "quarter": 3, "month": 1}
COARSER = {"month": "quarter", "quarter": "half", "half": "year"}


def periods() -> pd.DataFrame:
    """period_id, grain, year, within, ordinal, start_date, end_date, previous_id, year_ago_id, is_decade.

    within is 0 for a year, else 1, 2, ... inside the year; ordinal counts the periods of the grain; previous_id and
    year_ago_id are of the same grain, null before the calendar begins; is_decade marks census years.
    """
    frames = []
    for grain, months in MONTHS.items():
        start = pd.Series(pd.date_range(f"{FIRST_YEAR}-01-01", f"{LAST_YEAR}-12-31", freq=f"{months}MS"))
        within = (start.dt.month - 1) // months + 1
        frame = pd.DataFrame(
            {
                "period_id": [period_id(grain, day.year, int(n)) for day, n in zip(start, within, strict=True)],
                "grain": grain,
                "year": start.dt.year,
                "within": 0 if grain == "year" else within,
                "ordinal": range(len(start)),
                "start_date": start.astype("datetime64[s]"),
                "end_date": (start + pd.offsets.MonthEnd(months)).astype("datetime64[s]"),
            }
        )
        frame["previous_id"] = frame["period_id"].shift()
        frame["year_ago_id"] = frame["period_id"].shift(12 // months)
        frame["is_decade"] = (frame["grain"] == "year") & (frame["year"] % 10 == 0)
        frames.append(frame)
    return pd.concat(frames, ignore_index=True)


def period_id(grain: str, year: int, within: int) -> str:
    """`2024`, `2024H1`, `2024Q1`, `2024M03`."""
    match grain:
        case "year":
            return f"{year}"
        case "half":
            return f"{year}H{within}"
        case "quarter":
            return f"{year}Q{within}"
    return f"{year}M{within:02d}"


def period_parents(period: pd.DataFrame) -> pd.DataFrame:
    """period_id, grain, parent_id, parent_grain: each period in the one next coarser."""
    parents = []
    for grain, coarser in COARSER.items():
        fine = period[period["grain"] == grain]
        upper = period[period["grain"] == coarser]
        pairs = pd.merge_asof(
            fine.sort_values("start_date")[["period_id", "grain", "start_date"]],
            upper.sort_values("start_date")[["period_id", "grain", "start_date"]].rename(
                columns={"period_id": "parent_id", "grain": "parent_grain"}
            ),
            on="start_date",
        )
        parents.append(pairs.drop(columns="start_date"))
    return pd.concat(parents, ignore_index=True)
