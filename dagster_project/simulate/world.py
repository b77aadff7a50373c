"""The simulated city: its months, its towns with their people and character, and its sources of chance.

Belongs here: what several feeds share. One seed gives one city; a feed's month depends on nothing but the seed, the
feed and the month, so any file can be made again alone.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cached_property

import numpy as np
import pandas as pd

LAST_OF_DEMONSTRATION = (2025, 9)
MONTHS_OF_DEMONSTRATION = 36
STATEMENT_DAY = 5
CITY = "500000"
# Share of the city's real volume of transactions.
SHARES = {"small": 0.001, "demo": 0.1, "large": 1.0}


@dataclass(frozen=True, order=True)
class Month:
    """A calendar month. `number` counts from 2022-10 (0), the first month of the demonstration at full length."""

    year: int
    month: int

    @property
    def id(self) -> str:
        return f"{self.year}M{self.month:02}"

    @property
    def start(self) -> date:
        return date(self.year, self.month, 1)

    @property
    def next(self) -> Month:
        return Month(self.year + self.month // 12, self.month % 12 + 1)

    @property
    def before(self) -> Month:
        return Month(self.year - (self.month == 1), (self.month - 2) % 12 + 1)

    @property
    def end(self) -> date:
        return self.next.start - timedelta(days=1)

    @property
    def days(self) -> int:
        return self.end.day

    @property
    def number(self) -> int:
        return (self.year - 2022) * 12 + self.month - 10

    @property
    def handed_over(self) -> date:
        """Day on which the month's statements are handed over."""
        return self.end + timedelta(days=STATEMENT_DAY)


def months(count: int) -> list[Month]:
    """`count` months: up to 36 end with 2025-09, before the reform; those beyond follow it."""
    year, month = LAST_OF_DEMONSTRATION
    last = year * 12 + month - 1 + max(0, count - MONTHS_OF_DEMONSTRATION)
    return [Month(m // 12, m % 12 + 1) for m in range(last - count + 1, last + 1)]


@dataclass(frozen=True, eq=False)
class World:
    """The city. `tables`: the registry as the warehouse reads it; `people`: inhabitants by district (GB code);
    `product`: gross regional product of the city and of the districts of which it is published.

    `share` is the share of the real volume of transactions. Registers (components, layers, plans) come whole.
    """

    seed: int
    share: float
    tables: Mapping[str, pd.DataFrame]
    people: Mapping[str, float]
    product: Mapping[str, float]
    _cities: dict[Month, pd.DataFrame] = field(default_factory=dict)

    def rng(self, *names: str | int) -> np.random.Generator:
        """A stream of chance of its own for each list of names, the same in every run."""
        return np.random.default_rng([self.seed, *(zlib.crc32(str(name).encode()) for name in names)])

    def volume(self, a_day: float, month: Month) -> int:
        """How many of something happen in the month where `a_day` happen on a real day in the whole city."""
        return round(a_day * month.days * self.share)

    @cached_property
    def towns(self) -> pd.DataFrame:
        """What stays with a town for all time, sorted by region_id: people, urban, villages (how many), area_weight,
        care, wealth, digital.

        `care` (how well the place is run), `wealth` and `digital` are normal scores; most of each comes from the
        district, so that districts differ and towns within them vary.
        """
        region = self.tables["region"]
        town = region.loc[region["level"] == "town", ["region_id", "name_zh", "kind_zh"]].sort_values("region_id")
        town = town.reset_index(drop=True).assign(code=lambda rows: rows["region_id"].str[:6])
        rng = self.rng("towns")
        town["urban"] = town["kind_zh"].eq("街道")
        size = np.where(town["urban"], 3.0, np.where(town["kind_zh"].eq("镇"), 1.0, 0.45))
        weight = pd.Series(size * np.exp(rng.normal(0, 0.35, len(town))))
        town["people"] = np.round(
            weight / weight.groupby(town["code"]).transform("sum") * town["code"].map(self.people)
        )
        inside = region.loc[region["level"] == "village", "region_id"].str[:9].value_counts()
        town["villages"] = town["region_id"].map(inside).fillna(0)
        town["area_weight"] = np.where(town["urban"], 0.25, 1.0) * np.exp(rng.normal(0, 0.4, len(town)))
        codes = sorted(town["code"].unique())
        for trait in ("care", "wealth", "digital"):
            district = dict(zip(codes, self.rng("district", trait).normal(0, 0.8, len(codes)), strict=True))
            town[trait] = town["code"].map(district) + rng.normal(0, 0.6, len(town))
        # The centre is richer and further on with everything digital.
        density = np.log(town["people"] / town["area_weight"])
        score = (density - density.mean()) / density.std()
        town["wealth"] += 0.5 * score
        town["digital"] += 0.3 * score
        return town.drop(columns="kind_zh")

    def city(self, month: Month) -> pd.DataFrame:
        """`towns` with the district_id and unit_id in force at the month's end and `share`, each town's part of the
        city's people."""
        if month not in self._cities:
            frame = self.towns.copy()
            closure = self.tables["region_closure"]
            at = pd.Timestamp(month.end)
            live = closure[(closure["valid_from"] <= at) & (closure["valid_to"] >= at)]
            level = self.tables["region"].set_index("region_id")["level"]
            for column, hierarchy, levels in (
                ("district_id", "administrative", ("district",)),
                ("unit_id", "governing", ("unit", "district")),
            ):
                up = live[(live["hierarchy"] == hierarchy) & (live["distance"] == 1)]
                up = up[up["ancestor_id"].map(level).isin(levels)]
                frame[column] = frame["region_id"].map(up.set_index("descendant_id")["ancestor_id"])
            frame["share"] = frame["people"] / frame["people"].sum()
            self._cities[month] = frame
        return self._cities[month]

    def leaves(self, grain: str, month: Month) -> list[str]:
        """Ids of the regions in force at the month's end that report at `grain`: city, district, unit or town."""
        leaf = self.tables["region_leaf"]
        at = pd.Timestamp(month.end)
        live = (leaf["valid_from"] <= at) & (leaf["valid_to"] >= at)
        return sorted(leaf.loc[live & (leaf["grain"] == grain), "region_id"])
