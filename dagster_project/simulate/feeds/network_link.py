"""Links of the government network, day by day: one to each governing unit, one to each town.

A town's link is one line with what hangs on it: `level` says how far it reaches by now, the town, its villages or its
grids. The lines are carried on to the grids town by town.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from dagster_project.simulate.feeds.catalogue_resource import SPAN
from dagster_project.simulate.registers import units
from dagster_project.simulate.world import Month, World

DAY_MINUTES = 1440
# Part of the towns whose line reaches at least the grids, the villages: at 2022M10, at 2025M09.
REACH = {"grid": (0.58, 0.95), "village": (0.80, 0.99)}
# Faults a day of a link to a district, to a town, at the start.
FAULTS = {"district": 0.006, "town": 0.025}
# Months of storms and floods have more faults.
STORMS = {5: 1.2, 6: 1.5, 7: 1.7, 8: 1.4, 9: 1.1}
PEOPLE_OF_GRID = {True: 750, False: 560}


def statement(world: World, month: Month) -> dict[str, np.ndarray]:
    """One row per link and day."""
    rng = world.rng("network_link", month.id)
    links, days = _links(world, month), month.days
    count, on = len(links), month.number / SPAN
    trunk = (links["level"] == "district").to_numpy()
    day = np.datetime64(month.start) + np.arange(days)
    weekend = (day.view("int64") + 3) % 7 >= 5

    often = np.where(trunk, FAULTS["district"], FAULTS["town"]) * np.exp(-0.45 * on - 0.3 * links["care"].to_numpy())
    faults = rng.poisson(np.repeat(often * STORMS.get(month.month, 1.0), days))
    # Minutes to mend: most within the hour, some the better part of a day.
    down = faults * rng.lognormal(3.9, 0.8, count * days) * np.repeat(np.exp(-0.15 * links["care"].to_numpy()), days)
    busy = np.outer(links["load"].to_numpy(), np.where(weekend, 0.55, 1.0)).reshape(-1)
    use = np.clip(100 * busy * rng.lognormal(0, 0.15, count * days), 0.5, 99)
    return {
        **{name: np.repeat(links[name].to_numpy(), days) for name in ("link_id", "region", "level", "grids")},
        "day": np.tile(day, count),
        "bandwidth_mbps": np.repeat(links["bandwidth"].to_numpy(dtype=float), days),
        "up_minutes": np.round(DAY_MINUTES - np.minimum(down, DAY_MINUTES), 1),
        "latency_ms": np.round(np.repeat(links["latency"].to_numpy(), days) * (1 + use / 200), 2),
        "loss": np.round(np.minimum(100, rng.exponential(0.02, count * days) + 0.3 * faults), 3),
        "peak_use": np.round(use, 1),
        "faults": faults,
    }


def grids(town: pd.DataFrame) -> np.ndarray:
    """Grids into which each town is divided."""
    return (town["people"] / town["urban"].map(PEOPLE_OF_GRID)).round().clip(lower=3).to_numpy().astype("int64")


def _links(world: World, month: Month) -> pd.DataFrame:
    """The links in service in the month and what they are like."""
    rng = world.rng("network_link", "register")
    town, unit = world.city(month), units(world, month)
    on = min(1.0, month.number / SPAN)
    turn = (town["digital"] + rng.normal(0, 0.7, len(town))).rank(method="first", ascending=False) / len(town)
    reaching = {level: (turn <= start + (now - start) * on).to_numpy() for level, (start, now) in REACH.items()}
    # A line carried on to the grids misses a few of them, fewer as years go by.
    part = np.minimum(1.0, rng.uniform(0.9, 1.0, len(town)) + 0.06 * on)
    towns = pd.DataFrame(
        {
            "link_id": "L-T-" + town["region_id"],
            "region": town["region_id"],
            "level": np.select(list(reaching.values()), list(reaching), "town").astype(object),
            "grids": np.where(reaching["grid"], np.floor(grids(town) * part), 0).astype("int64"),
            "care": town["care"],
            "bandwidth": np.where(town["people"] > 50_000, 1000, np.where(town["people"] > 15_000, 500, 200)),
            "latency": 3.0 + 3.0 * town["area_weight"],
            "load": rng.uniform(0.25, 0.6, len(town)),
        }
    )
    districts = pd.DataFrame(
        {
            "link_id": "L-D-" + unit["unit_id"],
            "region": unit["region_id"],
            "level": "district",
            "grids": 0,
            "care": unit["care"],
            "bandwidth": 10_000,
            "latency": 2.0,
            "load": 0.35,
        }
    )
    return pd.concat([districts, towns], ignore_index=True)
