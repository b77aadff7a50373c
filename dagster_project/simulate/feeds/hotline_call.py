"""Calls to the 12345 hotline: new in the month, or their order is open, due or waiting for its callback in it.

A call becomes a case when an agent hears what it is about; a case is settled on the call, is a duplicate of an open
one, or becomes an order to the body in charge. `_called` draws a month's calls with their whole fate; a statement shows
of it what is known at the month's end. Calls without a case belong to no town: their region is the city.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from dagster_project.simulate.world import Month, World

CITY = "500000"
A_DAY = 20_000
LOOK_BACK = 2
LONGEST_DAYS = 45  # from the call to the answer; the callback follows within days
HOUR = 3600
# What a statement says of yes and no: the places 0, 1 and UNSAID.
WORDS, UNSAID = np.array(["false", "true", None], dtype=object), 2
CHANNELS = np.array(["phone", "wechat", "app", "web", "transfer"])
BY_CHANNEL = (0.78, 0.09, 0.07, 0.03, 0.03)
BY_HOUR = (1, 1, 1, 1, 1, 1, 2, 4, 8, 12, 12, 10, 7, 8, 10, 10, 9, 8, 7, 7, 6, 4, 3, 2)
REQUESTS = np.array(["consult", "complaint", "help", "report", "suggestion", "praise"], dtype=object)
# How requests of a category divide into those of REQUESTS.
NUISANCE, DEFECT, QUESTION = (2, 78, 9, 10, 1, 0), (15, 30, 50, 1, 3, 1), (68, 8, 18, 1, 3, 2)
# Categories that KPIs set against people or rides, with the city's real calls a month: they come in real numbers as
# long as they fit into the sample, so that these KPIs are true to scale also where other transactions are a tenth.
COUNTED = {
    "noise_building": (3200, NUISANCE), "noise_social": (4400, NUISANCE), "noise_traffic": (1700, NUISANCE),
    "noise_industry": (1200, NUISANCE), "air_industry": (900, NUISANCE), "air_odour": (900, NUISANCE),
    "air_cooking": (800, NUISANCE), "air_dust": (900, NUISANCE), "water_quality": (600, DEFECT),
    "water_pressure": (800, DEFECT), "telecom_mobile": (1100, DEFECT), "telecom_broadband": (1000, DEFECT),
    "taxi_cab": (2600, NUISANCE), "taxi_hailed": (5400, NUISANCE),
}  # fmt: skip
SMALLEST_WHOLE_SHARE = 0.1
# All others, with their weights.
OTHER = {
    "property_management": (10, DEFECT), "parking": (8, DEFECT), "road_repair": (6, DEFECT), "waste": (5, DEFECT),
    "illegal_building": (4, NUISANCE), "wages": (7, NUISANCE), "consumer_rights": (12, NUISANCE), "fraud": (3, DEFECT),
    "education": (6, QUESTION), "health_care": (6, QUESTION), "social_insurance": (9, QUESTION),
    "housing": (7, QUESTION), "household_registration": (5, QUESTION), "public_transport": (4, QUESTION),
    "power_supply": (4, DEFECT), "gas_supply": (3, DEFECT), "business_policy": (4, QUESTION), "tourism": (2, QUESTION),
    "pensions": (4, QUESTION), "pets": (2, NUISANCE),
}  # fmt: skip
# Of each request: the chance to settle it on the call, and the hours that an order has.
SETTLED = np.array([0.88, 0.14, 0.42, 0.12, 0.80, 0.95])
LIMIT_HOURS = np.array([24, 120, 72, 120, 120, 120])


def statement(world: World, month: Month) -> dict[str, np.ndarray]:
    """The month's calls and those of the two months before whose course goes on in it, as at the month's end."""
    start, end = np.datetime64(month.start), np.datetime64(month.next.start)
    parts = []
    for back in range(LOOK_BACK, -1, -1):
        number = month.year * 12 + month.month - 1 - back
        came = Month(number // 12, number % 12 + 1)
        calls = _called(world, came)
        keep = np.fmax.reduce([calls[name] for name in ("called_at", "due_at", "answered_at", "revisited_at")]) >= start
        part = {name: values[keep] for name, values in calls.items()}
        place = pd.Series(np.flatnonzero(keep) + 1).astype(str).str.zfill(6)
        part["call_id"] = (f"C{came.year}{came.month:02}-" + place).to_numpy(dtype=object)
        parts.append(part)
    rows = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}

    ordered, closed, back_called = (rows[name] < end for name in ("dispatched_at", "answered_at", "revisited_at"))
    for names, known in (
        (("dispatched_at", "due_at"), ordered),
        (("answered_at", "upheld"), closed),
        (("revisited_at", "solved", "satisfied"), back_called),
    ):
        for name in names:
            rows[name][~known] = np.datetime64("NaT") if name.endswith("_at") else UNSAID
    tickets = np.char.replace(rows["call_id"][ordered].astype(str), "C", "W")
    rows["ticket_id"] = np.full(len(ordered), None, dtype=object)
    rows["ticket_id"][ordered] = tickets
    rows["revisited"] = np.where(ordered, back_called, UNSAID)
    for name in ("settled_at_once", "duplicate", "repeated", "upheld", "revisited", "solved", "satisfied"):
        rows[name] = WORDS[rows[name]]
    return rows


def _called(world: World, month: Month) -> dict[str, np.ndarray]:
    """The month's calls in the order in which they came, with all that will become of them."""
    rng = world.rng("hotline_call", month.id)
    city, number = world.city(month), month.number
    days = np.datetime64(month.start) + np.arange(month.days)
    weekend = (days.view("int64") + 3) % 7 >= 5
    heat = {6: 0.06, 7: 0.15, 8: 0.15, 9: 0.05, 2: -0.08}.get(month.month, 0.0)
    count = rng.poisson(world.volume(A_DAY, month) * (1 + heat) * (1 + 0.003 * (number - 18)))
    day = rng.choice(month.days, count, p=_parts(np.where(weekend, 0.75, 1.1)))
    second = rng.choice(24, count, p=_parts(BY_HOUR)) * HOUR + rng.integers(0, HOUR, count)
    called = days[0] + np.sort(day * 24 * HOUR + second).astype("timedelta64[s]")

    channel = rng.choice(len(CHANNELS), count, p=BY_CHANNEL)
    answered, wait = _queue(rng, channel == 0, 0.885 + 0.0009 * number - 0.2 * max(heat, 0))
    case = answered & (rng.random(count) > 0.03)
    names, kind, request = _matters(rng, world, month, count)
    town = _towns(rng, city, kind < len(COUNTED))
    care = city["care"].to_numpy()[town]
    chance = rng.random((9, count))

    complaint = (request == 1) | (request == 3)
    at_once = case & (chance[0] < SETTLED[request] + 0.001 * number)
    duplicate = case & ~at_once & (chance[1] < 0.06)
    order = case & ~at_once & ~duplicate
    dispatched = called + (np.exp(rng.normal(7.4, 0.8, count)) + 60).astype("timedelta64[s]")
    limit = LIMIT_HOURS[request] * HOUR
    limit = limit + np.where(chance[2] < 0.05, 120 * HOUR, 0)  # an approved extension
    in_time = chance[3] < np.clip(0.9845 + 0.005 * care + 0.00015 * number, 0.9, 0.998)
    spent = np.where(in_time, rng.beta(1.8, 2.2, count), 1.02 + rng.exponential(0.6, count))
    taken = np.minimum(
        limit * spent * np.exp(-0.06 * care * in_time), np.where(in_time, limit, LONGEST_DAYS * 24 * HOUR)
    )
    due = dispatched + limit.astype("timedelta64[s]")
    talked = called + rng.integers(120, 600, count).astype("timedelta64[s]")
    closed = np.where(order, dispatched + taken.astype("timedelta64[s]"), talked)
    closed[~(order | at_once)] = np.datetime64("NaT")
    back = closed + (rng.uniform(0.5, 6, count) * 24 * HOUR).astype("timedelta64[s]")
    back[~order | (chance[4] > 0.85)] = np.datetime64("NaT")

    noise = np.char.startswith(names, "noise_")[kind]
    valid = ~np.isnat(back) & (chance[5] < np.clip(0.74 + 0.02 * care + 0.001 * number, 0.3, 0.95))
    solved = chance[6] < np.clip(0.853 + 0.03 * care + 0.0011 * number - 0.08 * noise, 0.3, 0.99)
    satisfied = chance[7] < np.where(solved, 0.985, 0.42 + 0.04 * care)
    upheld = complaint & order
    just = rng.random(count) < 0.65
    repeated = chance[8] < np.clip(0.09 - 0.015 * care - 0.0006 * number, 0.01, 0.3)
    dispatched[~order] = due[~order] = np.datetime64("NaT")
    return {
        "region": np.append(city["region_id"].to_numpy(dtype=object), CITY)[np.where(case, town, len(city))],
        "called_at": called,
        "answered": answered,
        "wait_seconds": wait,
        "channel": CHANNELS[channel],
        "request": np.append(REQUESTS, [None])[np.where(case, request, len(REQUESTS))],
        "category": np.append(names.astype(object), [None])[np.where(case, kind, len(names))],
        "settled_at_once": np.where(case, at_once, UNSAID),
        "duplicate": np.where(case, duplicate, UNSAID),
        "dispatched_at": dispatched,
        "due_at": due,
        "answered_at": closed,
        "upheld": np.where(upheld, just, UNSAID),
        "revisited_at": back,
        "solved": np.where(valid, solved, UNSAID),
        "satisfied": np.where(valid, satisfied, UNSAID),
        "repeated": np.where(case, repeated, UNSAID),
    }


def _queue(rng: np.random.Generator, queued: np.ndarray, prompt: float) -> tuple[np.ndarray, np.ndarray]:
    """Whether an agent answered and the seconds until then or until the caller hung up; what is written waits not."""
    count = len(queued)
    soon = rng.random(count) < prompt
    wait = np.where(soon, 2 + 13 * rng.beta(1.2, 2.0, count), 15.5 + rng.exponential(50, count))
    patience = rng.exponential(250, count)
    answered = ~queued | (wait < patience)
    return answered, np.where(queued, np.round(np.minimum(wait, patience), 1), 0.0)


def _matters(
    rng: np.random.Generator, world: World, month: Month, count: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The categories' names; for each call the place of its category, those of COUNTED first, and of its request."""
    real = np.array([calls for calls, _ in COUNTED.values()], dtype="float64")
    season = {5: 1.1, 6: 1.2, 7: 1.25, 8: 1.25, 9: 1.1, 1: 0.85, 2: 0.75}.get(month.month, 1.0)
    real = real * season / (A_DAY * month.days * max(world.share, SMALLEST_WHOLE_SHARE))
    others = _parts([weight for weight, _ in OTHER.values()]) * (1 - real.sum())
    kind = rng.choice(len(real) + len(others), count, p=np.concatenate([real, others]))
    mixes = np.array([_parts(mix).cumsum() for _, mix in [*COUNTED.values(), *OTHER.values()]])
    request = np.minimum((rng.random(count)[:, None] > mixes[kind]).sum(axis=1), len(REQUESTS) - 1)
    return np.array([*COUNTED, *OTHER]), kind, request


def _towns(rng: np.random.Generator, city: pd.DataFrame, nuisance: np.ndarray) -> np.ndarray:
    """The town of each matter: where people are, and of nuisances where people live closely and care is poor."""
    share = city["share"].to_numpy()
    close = share * np.where(city["urban"], 1.25, 0.75) * np.exp(-0.2 * city["care"].to_numpy())
    drawn = [rng.choice(len(city), len(nuisance), p=_parts(weight)) for weight in (share, close)]
    return np.where(nuisance, drawn[1], drawn[0])


def _parts(weights: np.ndarray | list[int] | tuple[int, ...]) -> np.ndarray:
    whole = np.asarray(weights, dtype="float64")
    return np.asarray(whole / whole.sum())
