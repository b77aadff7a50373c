"""Small random cities whose towns change district and unit over time, and the slow, obvious reading of them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import pandas as pd
from hypothesis import strategies as st

START = (date(1900, 1, 1), date(2010, 6, 18), date(2025, 11, 6))
LAST = date(9999, 12, 31)
CITY = "C"


@dataclass(frozen=True)
class World:
    """Assignments by segment of time: town to district, town to unit, district to peer area."""

    district: tuple[dict[str, str], ...]
    unit: tuple[dict[str, str], ...]
    area: tuple[dict[str, str], ...]

    @property
    def towns(self) -> list[str]:
        return sorted(self.district[0])

    def days(self) -> list[tuple[int, date]]:
        """The first and the last day of every segment."""
        last = [*(start - timedelta(days=1) for start in START[1:]), LAST]
        return [(segment, day) for segment, pair in enumerate(zip(START, last, strict=True)) for day in pair]

    def sets(self, segment: int) -> dict[str, frozenset[str]]:
        """Towns of every region that exists in the segment."""
        found: dict[str, set[str]] = {CITY: set(self.towns)}
        for town in self.towns:
            district = self.district[segment][town]
            for region in (town, district, self.unit[segment][town], self.area[segment][district]):
                found.setdefault(region, set()).add(town)
        return {region: frozenset(towns) for region, towns in found.items()}

    def leaves(self, segment: int, grain: str) -> set[str]:
        by_grain = {
            "city": {CITY},
            "district": set(self.district[segment].values()),
            "unit": set(self.unit[segment].values()),
            "town": set(self.towns),
        }
        return by_grain[grain]

    def partition(self, segment: int, grain: str, towns: frozenset[str]) -> set[str] | None:
        """The leaves that fill `towns` exactly, or None."""
        sets = self.sets(segment)
        parts = {leaf for leaf in self.leaves(segment, grain) if sets[leaf] & towns}
        return parts if all(sets[leaf] <= towns for leaf in parts) else None

    def tables(self) -> tuple[pd.DataFrame, pd.DataFrame]:
        """The tables region and region_edge that say this."""
        level = {CITY: "city"} | dict.fromkeys(self.towns, "town")
        edges: list[tuple[str, str, str, int]] = []
        for segment in range(len(START)):
            for hierarchy, name, assigned in (
                ("administrative", "district", self.district),
                ("governing", "unit", self.unit),
            ):
                for town, region in assigned[segment].items():
                    level.setdefault(region, name)
                    edges.append((hierarchy, region, town, segment))
                edges += [(hierarchy, CITY, region, segment) for region in set(assigned[segment].values())]
            for district in set(self.district[segment].values()):
                area = self.area[segment][district]
                level[area] = "peer_area"
                edges += [("peer", area, district, segment), ("peer", CITY, area, segment)]
        region = pd.DataFrame({"region_id": sorted(level), "level": [level[name] for name in sorted(level)]})
        edge = pd.DataFrame(sorted(set(edges)), columns=["hierarchy", "parent_id", "child_id", "segment"])
        last = [*(start - timedelta(days=1) for start in START[1:]), LAST]
        dated = {
            "valid_from": edge["segment"].map(dict(enumerate(START))),
            "valid_to": edge["segment"].map(dict(enumerate(last))),
        }
        edge = edge.assign(**{name: column.astype("datetime64[s]") for name, column in dated.items()})
        return region.astype("str"), edge.drop(columns="segment").astype(
            {"hierarchy": "str", "parent_id": "str", "child_id": "str"}
        )


@st.composite
def worlds(draw: st.DrawFn) -> World:
    towns = [f"t{number}" for number in range(draw(st.integers(1, 7)))]
    districts, areas = ["d0", "d1", "d2"], ["a0", "a1"]
    unit_names = st.sampled_from(["u0", "u1", "u2", "d0", "d1"])
    district, unit, area = [], [], []
    for _ in START:
        of_town = {town: draw(st.sampled_from(districts)) for town in towns}
        district.append(of_town)
        # Often the units are the districts, as in life; else anything goes.
        unit.append(of_town if draw(st.booleans()) else {town: draw(unit_names).replace("d", "v") for town in towns})
        area.append({name: draw(st.sampled_from(areas)) for name in districts})
    return World(tuple(district), tuple(unit), tuple(area))
