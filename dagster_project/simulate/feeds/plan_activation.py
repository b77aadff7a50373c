"""Plans started to answer events: started in the month, or still running when it began. Whole at every scale.

The emergency system numbers the events it answers itself (EP...); they are not the tickets of `event_ticket`.
"""

from __future__ import annotations

import numpy as np

from dagster_project.simulate.feeds.plan import register
from dagster_project.simulate.world import Month, World

A_DAY = 40
LOOK_BACK = 2
LONGEST_DAYS = 40  # no response runs longer
SEASON = np.array([0.75, 0.85, 0.85, 0.95, 1.15, 1.35, 1.5, 1.35, 1.1, 0.75, 0.7, 0.75])
RESPONSE_LEVELS = {"1": 0.02, "2": 0.1, "3": 0.3, "4": 0.58}
SECOND_PLAN = 0.05  # share of starts that answer an event for which another plan was started before


def statement(world: World, month: Month) -> dict[str, np.ndarray]:
    """The month's activations and those of the two months before that still ran when it began, as at its end."""
    start, end = np.datetime64(month.start, "s"), np.datetime64(month.next.start, "s")
    parts = []
    for back in range(LOOK_BACK, -1, -1):
        number = month.year * 12 + month.month - 1 - back
        rows = _activated(world, Month(number // 12, number % 12 + 1))
        keep = rows["ended_at"] >= start
        parts.append({name: values[keep] for name, values in rows.items()})
    rows = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    running = rows["ended_at"] >= end
    rows["ended_at"] = np.where(running, np.datetime64("NaT"), rows["ended_at"])
    rows["reviewed"] = np.ma.masked_where(running, rows["reviewed"])
    return rows


def _activated(world: World, month: Month) -> dict[str, np.ndarray]:
    """The activations of the month in the order of their moments, with the end of each."""
    rng = world.rng("plan_activation", month.id)
    city = world.city(month)
    count = rng.poisson(A_DAY * month.days * SEASON[month.month - 1])
    seconds = np.sort(rng.integers(0, month.days * 86400, count)).astype("timedelta64[s]")
    activated = np.datetime64(month.start, "s") + seconds
    part = 0.3 / len(city) + 0.7 * city["share"].to_numpy()
    # A second plan follows the first one to the same event.
    second = rng.random(count) < SECOND_PLAN
    second[:1] = False
    event = np.maximum.accumulate(np.where(second, 0, np.arange(count)))
    town = rng.choice(len(city), count, p=part / part.sum())[event]
    care, digital = city["care"].to_numpy()[town], city["digital"].to_numpy()[town]

    matched = rng.random(count) < np.clip(0.815 + 0.0022 * month.number + 0.055 * digital, 0.3, 0.985)
    plan_id, digital_plan = _plans(rng, world, month, town, matched)
    matched &= digital_plan
    median = np.where(matched, 9, 21) * np.exp(-0.15 * care - 0.008 * month.number)
    minutes = np.exp(np.log(median) + 0.6 * rng.standard_normal(count)).clip(1, 240)
    event_at = activated - np.round(60 * minutes).astype("timedelta64[s]")
    event_at = np.where(second, event_at[event], event_at)
    level = rng.choice(np.array(list(RESPONSE_LEVELS), dtype=object), count, p=list(RESPONSE_LEVELS.values()))
    heavy = np.where(level <= "2", 4.0, 1.0)
    hours = (heavy * 6 * np.exp(0.9 * rng.standard_normal(count))).clip(0.5, LONGEST_DAYS * 24)
    steps = 8 + rng.poisson(6 * np.sqrt(heavy))
    return {
        "activation_id": np.char.add(f"A{month.year}{month.month:02}-", _numbers(np.arange(count))),
        "plan_id": plan_id,
        "event_id": np.char.add(f"EP{month.year}{month.month:02}-", _numbers(event)),
        "region": city["region_id"].to_numpy(dtype=object)[town],
        "response_level": level,
        "matched": matched,
        "event_at": event_at,
        "activated_at": activated,
        "ended_at": activated + np.round(3600 * hours).astype("timedelta64[s]"),
        "steps": steps,
        "steps_in_time": rng.binomial(steps, np.clip(0.92 + 0.02 * care + 0.001 * month.number, 0.6, 0.995)),
        "reviewed": rng.random(count) < np.clip(0.75 + 0.08 * care + 0.003 * month.number, 0.2, 0.99),
    }


def _numbers(places: np.ndarray) -> np.ndarray:
    return np.char.zfill((places + 1).astype("U6"), 5)


def _plans(
    rng: np.random.Generator, world: World, month: Month, town: np.ndarray, matched: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """For each activation one of the plans of its governing unit in force, a digital one where the system proposed it.

    Returns the plan's id and whether it is digital.
    """
    plan, now = register(world), month.number
    plan = plan[(plan["level"] == "district") & (plan["first"] <= now) & (plan["withdrawn"] > now)]
    units, unit = np.unique(world.city(month)["unit_id"].to_numpy(dtype=str), return_inverse=True)
    plan = plan.assign(unit=unit[plan["town"]], live=plan["digital"] <= now).sort_values(
        ["unit", "live", "plan_id"], ascending=[True, False, True]
    )
    every = np.bincount(plan["unit"], minlength=len(units))
    live = np.bincount(plan["unit"], weights=plan["live"], minlength=len(units))
    first = np.cumsum(every) - every
    of_town = unit[town]
    choice = np.where(matched, np.maximum(live, 1)[of_town], every[of_town]) * rng.random(len(town))
    at = first[of_town] + choice.astype("int64")
    return plan["plan_id"].to_numpy(dtype=object)[at], plan["live"].to_numpy()[at]
