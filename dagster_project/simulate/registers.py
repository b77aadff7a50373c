"""What the registers of systems share: a stock that keeps to a plan month by month, and who owns what.

Belongs here: the construction by which a register's headline number is exact at every seed and scale. Does not belong
here: what a single register lists.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from dagster_project.simulate.world import LAST_OF_DEMONSTRATION, Month, World

CITY = "500000"
FOREVER = 10_000
LAST = Month(*LAST_OF_DEMONSTRATION)


@dataclass(frozen=True)
class Stock:
    """A stock that grows from nothing in month number `start` to exactly `total` in the demonstration's last month, and
    on after it."""

    total: int
    start: int
    power: float = 1.0

    def at(self, number: int) -> int:
        """The stock at the end of the month of that number."""
        grown = max(0, number - self.start) / (LAST.number - self.start)
        return round(self.total * grown**self.power)

    @property
    def room(self) -> int:
        """How many entities to draw, those that go and those of many months more among them."""
        return 4 * self.total


def lifetimes(rng: np.random.Generator, room: int, short: float, mean: float, lasting: int = 1) -> np.ndarray:
    """Months that each entity stays: a share `short` about `mean`; the others, and the first `lasting`, for ever."""
    months = np.where(rng.random(room) < short, 1 + rng.poisson(mean, room), FOREVER)
    months[:lasting] = FOREVER
    return months


def lives(stock: Stock, until: int, stay: np.ndarray) -> pd.DataFrame:
    """Month numbers `born` and `gone` of the entities in the order in which they come, those that come by `until`.

    In force in month n are those with born <= n < gone, and they are exactly `stock.at(n)`: who goes is replaced.
    """
    born, gone = np.full(len(stay), FOREVER), np.full(len(stay), FOREVER)
    count = 0
    for number in range(stock.start + 1, until + 1):
        leaving = int((gone[:count] == number).sum())
        come = slice(count, count + stock.at(number) - stock.at(number - 1) + leaving)
        if come.stop > len(stay):
            raise ValueError(f"the register has room for {len(stay)} entities, month number {number} needs more")
        born[come] = number
        gone[come] = number + stay[come]
        count = come.stop
    return pd.DataFrame({"born": born[:count], "gone": gone[:count]})


def units(world: World, month: Month) -> pd.DataFrame:
    """The governing units in force: unit_id, region_id (the town in which the unit's bodies sit, its largest), people,
    towns and the people's mean of care, wealth and digital."""
    city = world.city(month)
    traits = ["care", "wealth", "digital"]
    weighted = city[["unit_id", "people"]].join(city[traits].mul(city["people"], axis=0))
    found = weighted.groupby("unit_id").sum()
    found[traits] = found[traits].div(found["people"], axis=0)
    found["towns"] = city.groupby("unit_id").size()
    found["region_id"] = city.sort_values(["people", "region_id"]).groupby("unit_id")["region_id"].last()
    return found.reset_index()


def seats(world: World) -> pd.DataFrame:
    """The towns where the governing units sit, by region_id: each unit's most populous one, with the unit's mean `care`
    and `digital` (of towns, not of people) and its sums of `people` and `area_weight`. The same for all time."""
    towns = world.city(LAST).sort_values(["unit_id", "people"], ascending=[True, False])
    found = towns.groupby("unit_id").agg(
        region_id=("region_id", "first"),
        care=("care", "mean"),
        digital=("digital", "mean"),
        people=("people", "sum"),
        area_weight=("area_weight", "sum"),
    )
    return found.set_index("region_id")


def owners(world: World, feed: str, room: int, city: float) -> pd.DataFrame:
    """Who owns the entities of a register, in their order: `region`, and the place's mean `care` and `digital`.

    A share `city` belongs to the city's own bodies, the first entity among them. The others go round the governing
    units in turns, so that each has its part; `region` is then the town where the unit sits.
    """
    rng = world.rng(feed, "owners")
    places = seats(world)
    own = rng.random(room) < city
    own[0] = True
    rounds = -(-room // len(places))
    turns = np.argsort(rng.random((rounds, len(places))), axis=1).ravel()
    turn = turns[np.cumsum(~own) - 1]
    return pd.DataFrame(
        {
            "region": np.where(own, CITY, places.index.to_numpy()[turn]),
            "care": np.where(own, 0.5, places["care"].to_numpy()[turn]),
            "digital": np.where(own, 0.5, places["digital"].to_numpy()[turn]),
        }
    )


def day_in(number: np.ndarray, part: np.ndarray) -> np.ndarray:
    """The day at `part` (0 to 1) of the months of these numbers."""
    month = np.datetime64("2022-10", "M") + np.asarray(number, dtype="int64")
    first = month.astype("datetime64[D]")
    length = ((month + 1).astype("datetime64[D]") - first).astype("int64")
    return first + (part * length).astype("int64")


def names(rng: np.random.Generator, starts: str, ends: Sequence[str]) -> np.ndarray:
    """Every start (words between blanks) with every end, shuffled."""
    return rng.permutation(np.array([start + end for start in starts.split() for end in ends]))


def codes_of(world: World, table: str, column: str, level: str | None = None) -> np.ndarray:
    """Ids of a table of the registry, sorted; of `node` those of a level."""
    rows = world.tables[table]
    return np.sort((rows if level is None else rows[rows["level"] == level])[column].to_numpy(dtype="U"))
