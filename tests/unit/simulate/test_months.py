"""Which months there are, the demonstration's date, and the reform of November 2025."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import pytest

from dagster_project.simulate.run import clock_after
from dagster_project.simulate.world import Month, months

if TYPE_CHECKING:
    from conftest import City

JIANGBEI, YUBEI, BEIBEI, NEW_AREA = "500105", "500112", "500109", "NEW-LJXQ"


@pytest.mark.parametrize(
    ("count", "first", "last"),
    [(1, "2025M09", "2025M09"), (4, "2025M06", "2025M09"), (36, "2022M10", "2025M09"), (38, "2022M10", "2025M11")],
)
def test_the_months_end_before_the_reform_or_go_on_beyond_it(count: int, first: str, last: str) -> None:
    found = months(count)
    assert (len(found), found[0].id, found[-1].id) == (count, first, last)
    assert [month.next for month in found[:-1]] == found[1:]


def test_a_month_knows_its_days() -> None:
    assert [Month(2024, 2).days, Month(2024, 12).next] == [29, Month(2025, 1)]
    assert [Month(2025, 1).before, Month(2025, 12).before] == [Month(2024, 12), Month(2025, 11)]
    assert Month(2025, 9).handed_over == date(2025, 10, 5)
    assert [months(36)[0].number, months(36)[-1].number] == [0, 35]


@pytest.mark.parametrize(
    ("month", "clock"),
    [(Month(2025, 9), date(2025, 10, 31)), (Month(2025, 11), date(2025, 12, 31)), (Month(2024, 1), date(2024, 2, 29))],
)
def test_the_clock_stands_at_the_end_of_the_month_that_follows(month: Month, clock: date) -> None:
    assert clock_after(month) == clock


def test_the_reform_moves_the_towns_of_the_abolished_districts_and_exchanges_some_of_one(city: City) -> None:
    before, after = city.world.city(Month(2025, 10)), city.world.city(Month(2025, 11))
    assert before["region_id"].equals(after["region_id"])
    assert (before["district_id"].nunique(), after["district_id"].nunique()) == (38, 37)
    moves = {(old, new) for old, new in zip(before["district_id"], after["district_id"], strict=True) if old != new}
    assert moves == {(JIANGBEI, NEW_AREA), (YUBEI, NEW_AREA), (YUBEI, BEIBEI), (BEIBEI, NEW_AREA)}
    assert not after["district_id"].isin([JIANGBEI, YUBEI]).any()
    # Who lives where does not change by it.
    assert before["people"].equals(after["people"])
