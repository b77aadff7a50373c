"""The calendar against the dates of the standard library."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from dagster_project.registry.period import FIRST_YEAR, LAST_YEAR, period_parents, periods

YEARS = LAST_YEAR - FIRST_YEAR + 1


@pytest.fixture(scope="module")
def calendar():
    return periods()


def test_every_grain_tiles_the_calendar(calendar):
    for grain, count in {"year": YEARS, "half": 2 * YEARS, "quarter": 4 * YEARS, "month": 12 * YEARS}.items():
        rows = calendar[calendar["grain"] == grain].sort_values("start_date")
        assert len(rows) == count
        start, end = rows["start_date"].dt.date.tolist(), rows["end_date"].dt.date.tolist()
        assert (start[0], end[-1]) == (date(FIRST_YEAR, 1, 1), date(LAST_YEAR, 12, 31))
        assert all(after == before + timedelta(days=1) for before, after in zip(end, start[1:], strict=False))


@pytest.mark.parametrize(
    ("period_id", "first", "last", "previous", "year_ago"),
    [
        ("2024", date(2024, 1, 1), date(2024, 12, 31), "2023", "2023"),
        ("2024H1", date(2024, 1, 1), date(2024, 6, 30), "2023H2", "2023H1"),
        ("2024Q1", date(2024, 1, 1), date(2024, 3, 31), "2023Q4", "2023Q1"),
        ("2024M02", date(2024, 2, 1), date(2024, 2, 29), "2024M01", "2023M02"),
        ("2000M01", date(2000, 1, 1), date(2000, 1, 31), None, None),
    ],
)
def test_periods_by_hand(calendar, period_id, first, last, previous, year_ago):
    row = calendar.set_index("period_id").loc[period_id]
    assert (row["start_date"].date(), row["end_date"].date()) == (first, last)
    assert [None if value != value else value for value in row[["previous_id", "year_ago_id"]]] == [previous, year_ago]


def test_year_and_within_find_the_same_period_of_another_year(calendar):
    key = calendar.set_index(["grain", "year", "within"])["period_id"]
    for row in calendar[calendar["year"] > FIRST_YEAR].itertuples():
        assert key[row.grain, row.year - 1, row.within] == row.year_ago_id


def test_census_years(calendar):
    assert calendar.loc[calendar["is_decade"], "period_id"].tolist() == ["2000", "2010", "2020", "2030"]


def test_parents_hold_their_children(calendar):
    parents = period_parents(calendar)
    assert len(parents) == (calendar["grain"] != "year").sum()
    dates = calendar.set_index("period_id")[["start_date", "end_date"]]
    child, parent = dates.loc[parents["period_id"]].reset_index(), dates.loc[parents["parent_id"]].reset_index()
    assert (parent["start_date"] <= child["start_date"]).all()
    assert (child["end_date"] <= parent["end_date"]).all()
    assert set(zip(parents["grain"], parents["parent_grain"], strict=True)) == {
        ("month", "quarter"),
        ("quarter", "half"),
        ("half", "year"),
    }
