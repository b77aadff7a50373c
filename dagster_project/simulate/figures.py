"""What the departments would count: the true figure of every measure of the returns, at every place and period.

Belongs here: figures by place. How they are printed, sent in and spoilt is in `returns.py`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import pandas as pd

from dagster_project.simulate.feeds.network_link import grids
from dagster_project.simulate.profile import Profile
from dagster_project.simulate.world import CITY, Month, World

MONTHS_OF = {"month": 1, "quarter": 3, "half": 6, "year": 12}
# Measures that no return carries but returns depend on: the city's total at any time, and how it spreads.
OUTSIDE = {
    "towns": (1031.0, "even"),
    "villages": (11_270.0, "villages"),
    "villages_rural": (7_900.0, "rural"),
    "land_area": (82_403.0, "area"),
}
# Measures by town of which a statement lists the things themselves.
COUNTED = {"grids": grids}
LOG_ODDS_LIMIT = 1e-4
EACH = "each"


@dataclass(frozen=True)
class Span:
    """A period of the registry: its id, its first and its last month."""

    id: str
    first: Month
    last: Month

    @property
    def months(self) -> tuple[int, ...]:
        return tuple(range(self.first.month, self.last.month + 1))


def span_of(frequency: str, month: Month) -> Span:
    """The period of that frequency in which the month lies; a decade's is the year."""
    size = MONTHS_OF.get(frequency, 12)
    first = Month(month.year, (month.month - 1) // size * size + 1)
    number = (month.month - 1) // size + 1
    name = {1: month.id, 3: f"{month.year}Q{number}", 6: f"{month.year}H{number}", 12: str(month.year)}[size]
    return Span(name, first, Month(first.year, first.month + size - 1))


@dataclass(frozen=True, eq=False)
class Places:
    """Where figures arise in a month: towns, and `atoms`, the parts of districts that lie in one governing unit.

    `town_atom`: the atom of each town. `weight[by]`: the towns' parts of a city total. All sorted as `World.towns`.
    """

    town: pd.DataFrame
    atom: pd.DataFrame
    town_atom: np.ndarray
    weight: dict[str, np.ndarray]

    @cached_property
    def regions_and_units(self) -> tuple[np.ndarray, np.ndarray]:
        """The ids of the towns and of the units in which they lie."""
        return self.town["region_id"].to_numpy(dtype="str"), self.town["unit_id"].to_numpy(dtype="str")

    @cached_property
    def units(self) -> tuple[np.ndarray, np.ndarray]:
        """The ids of the units, and the place of each atom's among them."""
        ids, group = np.unique(self.atom["unit_id"].to_numpy(dtype="str"), return_inverse=True)
        return ids, group

    @cached_property
    def atoms(self) -> tuple[str, ...]:
        return tuple(self.atom["name"])

    @cached_property
    def first_town(self) -> np.ndarray:
        """The place of each atom's first town."""
        return np.unique(self.town_atom, return_index=True)[1]

    @cached_property
    def people_of_atom(self) -> np.ndarray:
        """Each town's part of the people of its atom."""
        return (self.town["people"] / self.atom["people"].to_numpy()[self.town_atom]).to_numpy()

    @cached_property
    def people_of_district(self) -> np.ndarray:
        """Each atom's part of the people of its district."""
        people = self.atom["people"]
        return (people / people.groupby(self.atom["district_id"]).transform("sum")).to_numpy()

    @cached_property
    def town_care(self) -> np.ndarray:
        return self.town["care"].to_numpy()

    @cached_property
    def atom_care(self) -> np.ndarray:
        return self.atom["care"].to_numpy()

    @cached_property
    def districts_and_units(self) -> tuple[tuple[np.ndarray, np.ndarray, np.ndarray], ...]:
        """For districts, then for the units that are no districts: their ids, those who send their returns in (of a
        district of several units the remainder), and the group of each atom, -1 for atoms of none of them."""
        unit = self.atom["unit_id"].to_numpy(dtype="str")
        district, group = np.unique(self.atom["district_id"].to_numpy(dtype="str"), return_inverse=True)
        # A remainder's id, beginning with G, is the last of its district's.
        sender = self.atom.groupby("district_id", sort=True)["unit_id"].max().to_numpy(dtype="str")
        others, part = np.unique(unit, return_inverse=True)
        own = ~np.isin(others, district)
        number = np.where(own, np.cumsum(own) - 1, -1)
        return (district, sender, group), (others[own], others[own], number[part])

    @classmethod
    def of(cls, world: World, month: Month) -> Places:
        town = world.city(month)
        key = town["code"] + "|" + town["district_id"] + "|" + town["unit_id"]
        names, town_atom = np.unique(key, return_inverse=True)
        first = np.unique(town_atom, return_index=True)[1]
        atom = town.iloc[first][["code", "district_id", "unit_id"]].assign(name=names).reset_index(drop=True)
        atom["people"] = np.bincount(town_atom, town["people"])
        for trait in ("care", "wealth", "digital"):
            atom[trait] = np.bincount(town_atom, town[trait] * town["people"]) / atom["people"]
        people, urban = town["people"].to_numpy(), town["urban"].to_numpy()
        size = {
            "people": people,
            "urban": people * np.where(urban, 1.0, 0.12),
            "rural": people * np.where(urban, 0.1, 1.0),
            "area": town["area_weight"].to_numpy(),
            "gdp": _product(world, town),
            "villages": town["villages"].to_numpy(),
            "even": np.ones(len(town)),
            "each": np.ones(len(town)),
        }
        return cls(town, atom, town_atom, {by: each / each.sum() for by, each in size.items()})


def _product(world: World, town: pd.DataFrame) -> np.ndarray:
    """Towns' parts of the city's product: those of a district with a published figure add up to it."""
    size = town["people"] * np.exp(0.45 * town["wealth"])
    district = size.groupby(town["code"]).transform("sum")
    published = town["code"].map(world.product)
    others = size[published.isna()].sum()
    rest = world.product[CITY] - sum(value for code, value in world.product.items() if code != CITY)
    return np.where(published.notna(), size / district * published, size / others * rest)


@dataclass(eq=False)
class Figures:
    """The figures of all profiles. A value is an array over towns, over atoms, or of one number, by the measure's
    grain; for measures not summed over regions each is a rate of its own."""

    world: World
    profiles: dict[str, Profile]
    _values: dict[tuple[str, str], np.ndarray] = field(default_factory=dict)
    _places: dict[Month, Places] = field(default_factory=dict)
    _traits: dict[tuple[str, str], np.ndarray] = field(default_factory=dict)
    _dithers: dict[str, np.ndarray] = field(default_factory=dict)

    def forget(self, year: int) -> None:
        """Forget the figures of the years before, which no later return builds on; they can be drawn again."""
        self._values = {key: value for key, value in self._values.items() if int(key[1][:4]) >= year}
        self._places = {month: places for month, places in self._places.items() if month.year >= year}

    def places(self, month: Month) -> Places:
        if month not in self._places:
            self._places[month] = Places.of(self.world, month)
        return self._places[month]

    def value(self, measure_id: str, month: Month) -> np.ndarray:
        """The figure of the measure's own period that ends with, or else contains, the month."""
        profile = self.profiles[measure_id]
        span = span_of(profile.frequency, month)
        key = (measure_id, span.id)
        if key not in self._values:
            self._values[key] = self._draw(profile, span)
        return self._values[key]

    def _draw(self, profile: Profile, span: Span) -> np.ndarray:
        places = self.places(span.last)
        if profile.measure_id in COUNTED:
            return COUNTED[profile.measure_id](places.town).astype("float64")
        rng = self.world.rng("figures", profile.measure_id, span.id)
        years = (span.last.number - 35) / 12
        mood = self._mood(profile, places)
        # What does not change as a whole (an area) does not change in a place either.
        slope = profile.growth + 0.05 * profile.spread * self._trait(profile, "slope", places) * (profile.growth != 0)
        seasonal = profile.seasonal(span.months)
        whole = self._whole(profile, span, places)
        if profile.part:
            level = np.clip(
                profile.level * (1 + profile.growth) ** years * seasonal, LOG_ODDS_LIMIT, 1 - LOG_ODDS_LIMIT
            )
            odds = np.log(level / (1 - level)) + profile.spread * mood
            rate = 1 / (1 + np.exp(-odds))
            return self._subset(profile, rng, whole, rate, places)
        lift = np.exp(profile.spread * mood)
        if not profile.is_rate and whole.sum() > 0 and profile.by != EACH:
            lift /= np.average(lift, weights=np.abs(whole))
        return self._count(profile, rng, whole * lift * (1 + slope) ** years * seasonal, places)

    def _subset(
        self, profile: Profile, rng: np.random.Generator, whole: np.ndarray, rate: np.ndarray, places: Places
    ) -> np.ndarray:
        """A part of the whole: drawn for flows, moving slowly for stocks."""
        if profile.digits:
            return np.round(whole * np.clip(rate * np.exp(0.02 * rng.standard_normal(len(rate))), 0, 1), profile.digits)
        if profile.kind == "flow":
            return rng.binomial(np.maximum(np.round(whole), 0).astype("int64"), rate).astype("float64")
        return np.minimum(np.floor(whole * rate + self._dither(profile, places)), np.floor(whole))

    def _count(self, profile: Profile, rng: np.random.Generator, mean: np.ndarray, places: Places) -> np.ndarray:
        if profile.digits or profile.is_rate or profile.by == EACH:
            noise = 0.04 if profile.kind == "flow" else min(0.1 * profile.spread, 0.04)
            value = np.round(mean * np.exp(noise * rng.standard_normal(len(mean))), profile.digits)
            return np.minimum(value, 100.0) if profile.unit == "percent" and profile.is_rate else value
        if profile.kind == "flow":
            return np.sign(mean) * rng.poisson(np.abs(mean))
        return np.floor(mean + self._dither(profile, places))

    def _whole(self, profile: Profile, span: Span, places: Places) -> np.ndarray:
        """What the figure is a proportion of, on its own places; for a measure of its own size the mean size."""
        if profile.of is None:
            if profile.is_rate or profile.grain == "city":
                return np.full(self._length(profile, places), profile.level)
            if profile.by == EACH:
                # Every district has as much (days of a month): the parts of a divided one share it.
                return profile.level * places.people_of_district
            return profile.level * self._spread(profile.grain, places.weight[profile.by], places)
        if profile.of not in self.profiles:
            total, by = OUTSIDE[profile.of]
            return (
                (1.0 if profile.part else profile.level)
                * total
                * self._spread(profile.grain, places.weight[by], places)
            )
        of = self.profiles[profile.of]
        parts = [self._moved(of, end, profile, places) for end in self._ends(of, span)]
        base = np.sum(parts, axis=0) / (len(parts) if of.time_rule == "mean" else 1)
        return (1.0 if profile.part else profile.level) * base

    def _ends(self, of: Profile, span: Span) -> list[Month]:
        """The ends of the periods of `of` that make up the span: of a finer flow all, else that at its end."""
        size, wanted = MONTHS_OF.get(of.frequency, 12), len(span.months)
        if size >= wanted or of.time_rule not in ("sum", "mean"):
            return [span_of(of.frequency, span.last).last]
        return [Month(span.first.year, span.first.month + size * (n + 1) - 1) for n in range(wanted // size)]

    def _moved(self, of: Profile, end: Month, to: Profile, places: Places) -> np.ndarray:
        """The figure of `of` at the places of `to`; what is coarser is spread by people, a rate is taken as it is."""
        base, there = self.value(of.measure_id, end), self.places(end)
        same_atoms = there is places or there.atoms == places.atoms
        if len(base) == self._length(to, places) and (to.grain in ("town", "city") or same_atoms):
            return base
        rate = of.is_rate
        on_towns = base
        if of.grain == "city":
            on_towns = np.full(len(places.town), base[0]) if rate else base[0] * places.weight["people"]
        elif of.grain != "town":
            on_towns = base[there.town_atom]
            if not rate:
                on_towns = on_towns * there.people_of_atom
        if rate:
            mean = np.bincount(places.town_atom, on_towns) / np.bincount(places.town_atom)
            return {"town": on_towns, "city": np.array([on_towns.mean()])}.get(to.grain, mean)
        return self._spread(to.grain, on_towns, places)

    def _spread(self, grain: str, towns: np.ndarray, places: Places) -> np.ndarray:
        if grain == "town":
            return towns
        return np.array([towns.sum()]) if grain == "city" else np.bincount(places.town_atom, towns)

    def _length(self, profile: Profile, places: Places) -> int:
        return {"town": len(places.town), "city": 1}.get(profile.grain, len(places.atom))

    def _mood(self, profile: Profile, places: Places) -> np.ndarray:
        """How a place stands in this measure: by how well it is run where that matters, and by luck that stays."""
        care = {"town": places.town_care, "city": np.zeros(1)}.get(profile.grain, places.atom_care)
        return 0.6 * profile.sense * care + 0.8 * self._trait(profile, "mood", places)

    def _trait(self, profile: Profile, what: str, places: Places) -> np.ndarray:
        """Lasting luck of each place in this measure: of its (first) district, and in part of its town."""
        if profile.grain == "city":
            return np.zeros(1)
        key = (profile.measure_id, what)
        if key not in self._traits:
            index = self._district
            rng = self.world.rng("trait", *key)
            district = rng.standard_normal(index.max() + 1)
            self._traits[key] = np.stack([district[index], rng.standard_normal(len(index))])
        district, own = self._traits[key]
        if profile.grain == "town":
            return 0.8 * district + 0.6 * own
        return district[places.first_town]

    @cached_property
    def _district(self) -> np.ndarray:
        """The number of each town's (first) district."""
        return np.unique(self.world.towns["code"], return_inverse=True)[1]

    def _dither(self, profile: Profile, places: Places) -> np.ndarray:
        """Lasting roundings in [0, 1): a stock moves when its size does, not by chance."""
        if profile.measure_id not in self._dithers:
            self._dithers[profile.measure_id] = self.world.rng("dither", profile.measure_id).random(len(places.town))
        drawn = self._dithers[profile.measure_id]
        if profile.grain == "town":
            return drawn
        return drawn[:1] if profile.grain == "city" else drawn[places.first_town]
