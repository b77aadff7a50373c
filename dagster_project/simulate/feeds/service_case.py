"""Government-service cases: accepted in the month, still open from before, or with a promise that ends in it.

A case stays in the statements until it is decided and its promised time is over. `_accepted` draws a month's new cases
with their whole fate; a statement shows of it what is known at the month's end.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from dagster_project.simulate.feeds.service_item import FIRM_STARTUP, catalogue, district_offers, on_list
from dagster_project.simulate.world import Month, World

A_DAY = 30_000
LONGEST_DAYS = 58  # a case of the last day but two months is still over by the month's end
LOOK_BACK = 2
STARTUP_SHARE, CITY_ITEM_SHARE = 0.018, 0.5
OPENS, OFFICE_SECONDS = 9 * 3600, 8 * 3600
CHANNELS = np.array(["hall", "web", "app", "terminal", "grid"])
COUNTERS = np.array(["district", "town", "village"])
GRANTED, REFUSED, WITHDRAWN = "granted", "refused", "withdrawn"
# Spring Festival and National Day, first and last day off.
BREAKS = (
    ("2022-10-01", "2022-10-07"), ("2023-01-21", "2023-01-27"), ("2023-10-01", "2023-10-06"),
    ("2024-02-10", "2024-02-17"), ("2024-10-01", "2024-10-07"), ("2025-01-28", "2025-02-04"),
    ("2025-10-01", "2025-10-08"), ("2026-02-15", "2026-02-23"), ("2026-10-01", "2026-10-07"),
)  # fmt: skip
HOLIDAYS = np.concatenate([np.arange(a, np.datetime64(b) + 1, dtype="datetime64[D]") for a, b in BREAKS])


def statement(world: World, month: Month) -> dict[str, np.ndarray]:
    """The month's cases and those of the two months before that are not over when it starts, as at its end."""
    start, end = np.datetime64(month.start), np.datetime64(month.next.start)
    parts = []
    for back in range(LOOK_BACK, -1, -1):
        number = month.year * 12 + month.month - 1 - back
        cases = _accepted(world, Month(number // 12, number % 12 + 1))
        over = np.maximum(cases["finished_at"].astype("datetime64[D]"), cases["due_on"])
        keep = over >= start
        parts.append({name: values[keep] for name, values in cases.items()})
    rows = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    still_open = rows["finished_at"] >= end
    rows["finished_at"][still_open] = np.datetime64("NaT")
    rows["used_days"][still_open] = np.nan
    rows["outcome"][still_open] = None
    rows["rating"] = np.ma.masked_where(still_open | (rows["rating"] == 0), rows["rating"])
    return rows


def _accepted(world: World, month: Month) -> dict[str, np.ndarray]:
    """The cases accepted in the month, in the order of acceptance, with all that will become of them."""
    rng = world.rng("service_case", month.id)
    city = world.city(month)
    people = city["share"].to_numpy() * np.exp(0.15 * city["wealth"].to_numpy())
    days = np.datetime64(month.start) + np.arange(month.days)
    works = np.is_busday(days, holidays=HOLIDAYS)
    load = np.where(works, 1.3, 0.25)
    busy = load.sum() / month.days * (1 + 0.004 * (month.number - 18))
    count = rng.poisson(world.volume(A_DAY, month) * busy)
    day = days[np.sort(rng.choice(month.days, count, p=load / load.sum()))]
    town = rng.choice(len(city), count, p=people / people.sum())
    care, digital = city["care"].to_numpy()[town], city["digital"].to_numpy()[town]
    chance = rng.random((6, count))

    item = _items(rng, world, month, city, town)
    startup = item["item_id"] == FIRM_STARTUP
    one_thing = startup | (chance[0] < 0.07)
    online = chance[1] < np.clip(0.765 + 0.045 * digital + 0.0013 * month.number + 0.06 * one_thing, 0.3, 0.97)
    channel = np.where(online, rng.integers(1, 3, count), rng.choice([0, 3, 4], count, p=[0.72, 0.13, 0.15]))
    # A counter stands where its body sits: the district's in the district's largest town.
    counter = rng.choice(3, count, p=[0.38, 0.45, 0.17])
    at_counter = ~online & (channel != 4)
    region = city["region_id"].to_numpy()
    largest = city.groupby("district_id")["people"].transform("idxmax").to_numpy()
    place = np.where(at_counter & (counter == 0), region[largest[town]], region[town])

    promised = item["promised_days"].copy()
    late = chance[2] > np.clip(0.9855 + 0.006 * care + 0.00015 * month.number, 0.9, 0.999)
    spent = rng.beta(2.2, 3.2, count) * np.exp(-0.08 * care)
    used = np.where(startup, rng.gamma(2.0, 0.29, count) * np.exp(-0.15 * care), promised * np.clip(spent, 0.02, 1))
    used = np.where(late, promised + 1 + rng.exponential(2, count), np.minimum(used, promised))
    used = np.round(np.where((promised == 0) & ~late, 0, used), 2)
    pause = np.where((promised >= 5) & (chance[3] < 0.06), rng.integers(1, 9, count), 0)
    accepted, finished, due = _course(rng, day, promised, used, pause)

    outcome = np.array([GRANTED, REFUSED, WITHDRAWN], dtype=object)[rng.choice(3, count, p=[0.95, 0.03, 0.02])]
    rated = (chance[4] < np.clip(0.375 + 0.04 * care + 0.0012 * month.number, 0.1, 0.8)) & (outcome != WITHDRAWN)
    good = chance[5] < np.clip(0.974 + 0.007 * care - 0.05 * late + 0.0002 * month.number, 0.8, 0.998)
    rating = np.where(
        good, rng.choice([4, 5], count, p=[0.15, 0.85]), rng.choice([1, 2, 3], count, p=[0.3, 0.25, 0.45])
    )
    documents = item["documents"].astype("int64")
    reuse = np.clip(0.42 + 0.06 * digital + 0.004 * month.number, 0.05, 0.9)
    numbers = pd.Series(np.arange(1, count + 1)).astype(str).str.zfill(7)
    return {
        "case_id": (f"S{month.year}{month.month:02}-" + numbers).to_numpy(dtype=object),
        "item_id": item["item_id"],
        "region": place,
        "accepted_at": accepted,
        "promised_days": promised,
        "statutory_days": item["statutory_days"],
        "due_on": due,
        "finished_at": finished,
        "used_days": used,
        "channel": CHANNELS[channel],
        "counter": np.where(at_counter, COUNTERS.astype(object)[counter], None),
        "visits": np.where(online, rng.random(count) < 0.08, 1 + (rng.random(count) < 0.15)).astype("int64"),
        "cross_region": rng.random(count) < 0.05 + 0.0012 * month.number,
        "one_thing": one_thing,
        "reused_documents": rng.binomial(documents, reuse),
        "documents": documents,
        "outcome": outcome,
        "rating": np.where(rated, rating, 0),
    }


def _items(
    rng: np.random.Generator, world: World, month: Month, city: pd.DataFrame, town: np.ndarray
) -> dict[str, np.ndarray]:
    """An item for each case: setting up a firm, one of the city's or the district's, the first ones most often."""
    items = catalogue(world)
    asked = on_list(items, month) & (items["kind"] != "office").to_numpy()
    own = np.flatnonzero(asked & (items["level"] == "city"))[1:]
    district, names = pd.factorize(city["district_id"], sort=True)
    offers = [offer[asked[offer]] for offer in district_offers(world, items, [str(name) for name in names])]
    sizes = np.array([len(offer) for offer in offers])
    first = np.cumsum(sizes) - sizes
    kind, rank = rng.random(len(town)), rng.random(len(town)) ** 2
    of_district = np.concatenate(offers)[first[district[town]] + (rank * sizes[district[town]]).astype("int64")]
    which = np.where(kind < CITY_ITEM_SHARE, own[(rank * len(own)).astype("int64")], of_district)
    which[kind > 1 - STARTUP_SHARE] = 0  # the catalogue's first
    columns = ("item_id", "promised_days", "statutory_days", "documents")
    return {name: items[name].to_numpy(dtype=object if name == "item_id" else "float64")[which] for name in columns}


def _course(
    rng: np.random.Generator, day: np.ndarray, promised: np.ndarray, used: np.ndarray, pause: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Moment of acceptance, moment of the decision, last day of the promised time.

    Days are counted in office hours of working days, pauses put on top; what takes no time is done within the hour.
    """
    count = len(day)
    on_duty = rng.random(count)
    accepted = day + (OPENS + on_duty * OFFICE_SECONDS).astype("timedelta64[s]")
    opened = np.busday_offset(day, 0, roll="forward", holidays=HOLIDAYS)
    passed = np.where(opened > day, 0, on_duty) + used + pause
    whole = np.floor(passed)
    last = np.busday_offset(opened, whole.astype("int64"), holidays=HOLIDAYS)
    last = np.minimum(last, day + LONGEST_DAYS)
    decided = last + (OPENS + (passed - whole) * OFFICE_SECONDS).astype("timedelta64[s]")
    at_once = accepted + rng.integers(300, 3600, count).astype("timedelta64[s]")
    due = np.busday_offset(opened, (promised + pause).astype("int64"), holidays=HOLIDAYS)
    spot = (promised == 0) & (used == 0)
    return accepted, np.where(spot, at_once, decided), np.where(promised == 0, day, due)
