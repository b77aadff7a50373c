"""The departmental returns: figures as the departments print them, and when each unit sends its own in.

Belongs here: one return (feed x period) as a frame of rows. What goes wrong with it is in `faults.py`; files are
written in `write.py`.
"""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from dagster_project.simulate.figures import Figures, Span, span_of
from dagster_project.simulate.profile import Profile
from dagster_project.simulate.world import CITY, Month, World

# Share of units that send a return after the day on which it is due, and of those that never send a monthly one; longer
# periods' returns are chased until they come.
LATE, NEVER = 0.03, 0.0004
# By so many days at most.
LATEST = 20
# Share of rows that are corrected by a second submission.
CORRECTED = 0.004


@dataclass(frozen=True, eq=False)
class Returns:
    """The returns of all feeds in long form. `feeds`: id -> (cadence, due_day)."""

    world: World
    figures: Figures
    feeds: Mapping[str, tuple[str, int]]
    _towns: dict[Month, dict[str, str]] = field(default_factory=dict)

    @cached_property
    def items(self) -> dict[str, list[dict[Hashable, Any]]]:
        """By feed: measure_id, source_code, factor, unit (as printed) of what its return carries."""
        source, measure = self.world.tables["measure_source"], self.world.tables["measure"]
        unit = self.world.tables["measure_unit"].set_index("unit_id")["name_zh"]
        known = source[source["measure_id"].isin(self.figures.profiles) & source["feed_id"].isin(self.feeds)]
        units = measure.set_index("measure_id")["unit"]
        known = known.assign(unit=known["measure_id"].map(units).map(unit))
        columns = ["measure_id", "source_code", "factor", "unit"]
        return {
            str(feed): rows.sort_values("source_code")[columns].to_dict("records")
            for feed, rows in known.groupby("feed_id")
        }

    @cached_property
    def _full_names(self) -> dict[str, str]:
        region = self.world.tables["region"]
        return dict(zip(region["region_id"], region["name_zh"], strict=True))

    def names(self, month: Month) -> Mapping[str, str]:
        """Region id -> the name that departments print in the month: the full name, a town's after its district's."""
        if month not in self._towns:
            town = self.world.city(month)
            district = town["district_id"].map(self._full_names)
            self._towns[month] = dict(zip(town["region_id"], district + town["name_zh"], strict=True))
        return ChainMap(self._towns[month], self._full_names)

    def due(self, feed: str, month: Month) -> list[tuple[Span, pd.DataFrame]]:
        """The periods of a feed that end with the month, each with the rows of its return: region_id, unit_id (who
        sends it in), measure_id, item, unit (all categorical), value."""
        cadence, _ = self.feeds[feed]
        items = self.items[feed]
        found: dict[Span, list[tuple[int, np.ndarray, np.ndarray, np.ndarray]]] = {}
        for number, item in enumerate(items):
            profile = self.figures.profiles[item["measure_id"]]
            span = span_of(cadence if profile.time_rule == "standing" else profile.frequency, month)
            if span.last == month:
                regions, units, value = self._rows(profile, month)
                found.setdefault(span, []).append((number, regions, units, value / item["factor"]))
        return [(span, _frame(parts, items)) for span, parts in found.items()]

    def _rows(self, profile: Profile, month: Month) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Regions, who sends their return in, values: towns, districts and the units beside them, or the city."""
        value = self.figures.value(profile.measure_id, month)
        places = self.figures.places(month)
        if profile.grain == "town":
            return *places.regions_and_units, value
        if profile.grain == "city":
            return np.array([CITY]), np.array([CITY]), value
        if profile.grain == "unit":
            ids, group = places.units
            groups: tuple[tuple[np.ndarray, np.ndarray, np.ndarray], ...] = ((ids, ids, group),)
        else:
            groups = places.districts_and_units
        if profile.is_rate:
            # Nobody can sum a rate: the department prints the city's own beside those of its parts.
            mean = np.array([np.average(value, weights=places.atom["people"])])
            city = (np.array([CITY]), np.array([CITY]), np.round(mean, profile.digits))
            parts = [*((ids, by, _over(value, group, rate=True)) for ids, by, group in groups), city]
        else:
            parts = [(ids, by, _over(value, group, rate=False)) for ids, by, group in groups]
        regions, senders, values = (np.concatenate([part[n] for part in parts]) for n in range(3))
        return regions, senders, values

    def sent(self, feed: str, span: Span, rows: pd.DataFrame) -> pd.DataFrame:
        """The rows with `sent` (moment), `late` and `never`: each unit sends its rows at once, mostly in time."""
        _, due_day = self.feeds[feed]
        place = rows["unit_id"].cat.codes.to_numpy()
        rng = self.world.rng("sent", feed, span.id)
        count = len(rows["unit_id"].cat.categories)
        never = (rng.random(count) < NEVER) & (span.first == span.last)
        late = (rng.random(count) < LATE) & ~never
        in_time = rng.integers(max(1, due_day // 3), due_day, count)
        day = np.where(late, due_day + rng.integers(1, LATEST + 1, count), in_time)
        second = rng.integers(8 * 3600, 18 * 3600, count)
        moment = np.datetime64(span.last.end, "s") + day.astype("m8[D]") + second.astype("m8[s]")
        return rows.assign(sent=moment[place], late=late[place], never=never[place])

    def corrected(self, feed: str, span: Span, rows: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
        """The rows as first sent, some of them a few percent off, and the second submissions that put those right."""
        rng = self.world.rng("corrected", feed, span.id)
        value = rows["value"].to_numpy()
        usual = ~rows["never"].to_numpy() & ~rows["late"].to_numpy()
        chosen = (rng.random(len(rows)) < CORRECTED) & (value >= 20) & usual
        whole = of_measure(rows, {name: each.digits == 0 for name, each in self.figures.profiles.items()})
        off = value * (1 - rng.uniform(0.02, 0.08, len(rows)))
        off = np.where(whole, np.floor(off), np.round(off, 2))
        again = rows[chosen].assign(submission=2)
        again["sent"] += pd.to_timedelta(rng.integers(15, 50, len(again)), unit="D")
        return rows.assign(value=np.where(chosen, off, value), submission=1), again


def _over(value: np.ndarray, group: np.ndarray, rate: bool) -> np.ndarray:
    """Atoms' figures summed, of a rate averaged, over groups; group -1 is left out."""
    inside = group >= 0
    total = np.bincount(group[inside], value[inside])
    return total / np.bincount(group[inside]) if rate else total


def _frame(
    parts: list[tuple[int, np.ndarray, np.ndarray, np.ndarray]], items: list[dict[Hashable, Any]]
) -> pd.DataFrame:
    numbers = [number for number, _, _, _ in parts]
    sizes = [len(value) for _, _, _, value in parts]
    which = np.repeat(np.arange(len(parts)), sizes)
    columns: dict[str, Any] = {}
    for place, column in ((1, "region_id"), (2, "unit_id")):
        names, codes = np.unique(np.concatenate([part[place] for part in parts]), return_inverse=True)
        columns[column] = pd.Categorical.from_codes(codes, categories=pd.Index(names, dtype="object"))
    for column, key in (("measure_id", "measure_id"), ("item", "source_code"), ("unit", "unit")):
        names, codes = np.unique(np.array([items[number][key] for number in numbers], dtype="str"), return_inverse=True)
        columns[column] = pd.Categorical.from_codes(codes[which], categories=pd.Index(names, dtype="object"))
    return pd.DataFrame(columns | {"value": np.concatenate([value for _, _, _, value in parts])})


def of_measure(rows: pd.DataFrame, fact: Mapping[str, Any]) -> np.ndarray:
    """A fact of each row's measure."""
    column = rows["measure_id"]
    return np.array([fact[name] for name in column.cat.categories])[column.cat.codes.to_numpy()]


def printed(rows: pd.DataFrame, span: Span, names: Mapping[str, str]) -> pa.Table:
    """The rows in the columns of the contract, all as text; spoilt ones as `faults.py` left them."""
    moments, which = np.unique(rows["sent"].to_numpy(dtype="M8[s]"), return_inverse=True)
    sent = pa.array(moments).cast(pa.string())
    accepted = pa.array(moments.astype("M8[D]") + 1).cast(pa.string())
    value = pc.cast(pa.array(np.round(rows["value"].to_numpy(), 6)), pa.string())
    text = pa.array(rows["text"], pa.string(), from_pandas=True)
    table = pa.table(
        {
            "region": _text(rows["region_id"], names),
            "period": pa.repeat(span.id, len(rows)),
            "item": pc.coalesce(pa.array(rows["printed_item"], pa.string(), from_pandas=True), _text(rows["item"])),
            "value": pc.coalesce(text, value),
            "unit": _text(rows["unit"]),
            "flag": pa.repeat("simulated", len(rows)),
            "note": pa.nulls(len(rows), pa.string()),
            "submitted_at": sent.take(pa.array(which)),
            "submission": pa.array(rows["submission"], pa.int32()),
            "source_id": pa.nulls(len(rows), pa.string()),
            "published_on": accepted.take(pa.array(which)),
        }
    )
    return table.take(pa.array(np.repeat(np.arange(len(rows)), rows["copies"])))


def _text(column: pd.Series, names: Mapping[str, str] | None = None) -> pa.Array:
    """A categorical column as text, or as what `names` calls it."""
    categories = [names[name] if names else name for name in column.cat.categories]
    return pa.array(categories, pa.string()).take(pa.array(column.cat.codes.to_numpy()))
