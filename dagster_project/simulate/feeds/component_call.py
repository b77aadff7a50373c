"""Calls of listed components by applications: one row per component, application, calling body's region and day.

Belongs here: who calls what. Which components there are is `component`'s.
"""

from __future__ import annotations

import numpy as np

from dagster_project.simulate.feeds import app_onboarding, component
from dagster_project.simulate.registers import CITY, seats
from dagster_project.simulate.world import LAST_OF_DEMONSTRATION, Month, World

ROWS_A_DAY = 10_000
GROWTH = 0.25
CITY_SHARE = 0.35
# Share of the listed components that is called with success in a month: at the start, and gained in three years.
IN_USE, IN_USE_GAINED = 0.74, 0.11
FAILING = 0.006
PROMISED_MS = 500


def statement(world: World, month: Month) -> dict[str, np.ndarray]:
    """Every component in use is called at least once, at any scale; a few of the others are tried in vain."""
    rng = world.rng("component_call", month.id)
    parts = component.register(world, month)
    parts = parts[parts["status"] == "listed"]
    years = (month.number - Month(*LAST_OF_DEMONSTRATION).number) / 12
    wanted = IN_USE + IN_USE_GAINED * min(1, month.number / 36) + 0.05 * parts["care"]
    idle = (parts["idleness"] + rng.normal(0, 0.02, len(parts)) > wanted).to_numpy()
    used, vain = parts[~idle], parts[idle][rng.random(idle.sum()) < 0.3]
    called = parts.loc[[*used.index, *vain.index]]

    demand = used["demand"].to_numpy() + 1
    more = rng.choice(len(used), world.volume(ROWS_A_DAY * (1 + GROWTH) ** years, month), p=demand / demand.sum())
    which = np.concatenate([np.arange(len(called)), more])
    apps = app_onboarding.register(world, month)
    app_ids = apps.loc[apps["listed_on"] <= str(month.end), "app_id"].to_numpy()
    app = (len(app_ids) * rng.random(len(which)) ** 2).astype("int64")
    callers = seats(world)
    weight = callers["people"] ** 0.5 * np.exp(0.3 * callers["digital"])
    regions, care = np.append(callers.index, CITY), np.append(callers["care"].to_numpy(), 0.5)
    chance = np.append(weight / weight.sum() * (1 - CITY_SHARE), CITY_SHARE)
    region = rng.choice(len(regions), len(which), p=chance)
    dates = np.datetime64(month.start) + np.arange(month.days)
    work = np.where((dates.astype("datetime64[D]").view("int64") + 3) % 7 >= 5, 0.4, 1.0)
    day = rng.choice(month.days, len(which), p=work / work.sum())
    # What was drawn twice is one row, with the calls of both.
    shape = (len(called), len(app_ids), len(regions), month.days)
    found, times = np.unique(np.ravel_multi_index((which, app, region, day), shape), return_counts=True)
    which, app, region, day = np.unravel_index(found, shape)

    in_vain = which >= len(used)
    calls = np.where(
        in_vain, rng.integers(1, 4, len(which)), 1 + (times * rng.lognormal(3.8, 1.1, len(which))).astype("int64")
    )
    of_part = np.exp(rng.normal(0, 0.3, len(called)) - 0.3 * called["care"])
    failing = np.minimum(FAILING * of_part.to_numpy()[which] * np.exp(-0.4 * care[region] - 0.1 * years), 1)
    promised = called["promised_ms"].fillna(PROMISED_MS).to_numpy()[which]
    return {
        "component_id": called["component_id"].to_numpy()[which],
        "app_id": app_ids[app],
        "region": regions[region],
        "day": dates[day],
        "calls": calls,
        "succeeded": np.where(in_vain, 0, rng.binomial(calls, 1 - failing)),
        "p90_ms": np.where(in_vain, np.nan, np.round(promised * rng.lognormal(-0.3, 0.3, len(which)))),
    }
