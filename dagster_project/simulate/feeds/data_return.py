"""Data that the city returns to districts and towns: rows given and times used, by table, receiver and day.

Every town has a row a month at any scale: whether a town uses what it receives is the town's doing, not the sample's.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import pandas as pd

from dagster_project.simulate.feeds.catalogue_resource import BORN, SPAN, in_force, owners
from dagster_project.simulate.world import Month, World

# Rows on a real day, by who receives.
A_DAY = {"town": 5900, "district": 500}
TABLES = {"town": 320, "district": 80}
# The first tables of all were returned to everyone before the demonstration begins.
COMMON = 12


def statement(world: World, month: Month) -> dict[str, np.ndarray]:
    """One row per table, receiver and day; a table asked for and not yet returned has no data and no use."""
    rng = world.rng("data_return", month.id)
    city, around = world.city(month), owners(world).iloc[:-1]
    odds = 1.5 + 1.55 * month.number / SPAN + 0.6 * city["digital"] + 0.4 * city["care"]
    uses = rng.random(len(city)) < 1 / (1 + np.exp(-odds.to_numpy()))
    first = rng.integers(COMMON, size=len(city)) * len(city) + np.arange(len(city))
    rows = pd.concat(
        [
            _rows(world, month, rng, "town", city.assign(towns=1, uses=uses), first),
            _rows(world, month, rng, "district", around.assign(uses=True), np.array([], dtype="int64")),
        ],
        ignore_index=True,
    )
    there = (rows["returned_on"] <= rows["day"]).to_numpy()
    amount = rows["people"] ** 0.5 * 4 * 1.22 ** (month.number / 12) * rng.lognormal(0, 0.8, len(rows))
    # What a town that uses data is sure to have used is its first row.
    calls = (rng.poisson(2.5, len(rows)) + rows["sure"]) * rows["uses"]
    return {
        **{name: rows[name].to_numpy() for name in ("table_id", "region", "level", "resource_id", "towns")},
        **{name: rows[name].to_numpy().astype("datetime64[D]") for name in ("day", "requested_on")},
        "rows": np.where(there, np.round(amount), 0.0),
        "calls": np.ma.masked_array(calls.to_numpy(), ~there),
        "returned_on": rows["returned_on"].where(there).to_numpy().astype("datetime64[D]"),
    }


def _rows(
    world: World, month: Month, rng: np.random.Generator, level: str, receivers: pd.DataFrame, first: np.ndarray
) -> pd.DataFrame:
    """The rows of one level: on some day each of the pairs of table and receiver in `first`, and as many as the volume
    asks for of all pairs that were requested before the month."""
    requested, returned = _asked(world, level)
    start = np.datetime64(month.start)
    sure = first * month.days + rng.integers(month.days, size=len(first))
    pairs = np.flatnonzero(requested < start)
    count = max(0, world.volume(A_DAY[level], month) - len(sure))
    drawn = rng.choice(len(pairs) * month.days, size=count, replace=False, shuffle=False)
    others = pairs[drawn // month.days] * month.days + drawn % month.days
    cells = np.concatenate([sure, others[~np.isin(others, sure)]])
    pair, day = np.divmod(cells, month.days)
    table, receiver = np.divmod(pair, len(receivers))
    letter, names = level[0].upper(), ("region_id", "people", "towns", "uses")
    region, people, towns, uses = (receivers[name].to_numpy()[receiver] for name in names)
    return pd.DataFrame(
        {
            "table_id": np.char.mod(f"H{letter}%04d", table).astype(object),
            "region": region,
            "level": level,
            "day": start + day,
            "resource_id": _sources(world, level)[table],
            "people": people,
            "towns": towns,
            "uses": uses,
            "sure": np.arange(len(cells)) < len(sure),
            "requested_on": requested[pair],
            "returned_on": returned[pair],
        }
    )


@lru_cache(maxsize=4)
def _asked(world: World, level: str) -> tuple[np.ndarray, np.ndarray]:
    """Days on which each receiver asked for each table and first had it, receiver by receiver within tables."""
    rng = world.rng("data_return", "register", level)
    tables, receivers = TABLES[level], len(world.towns) if level == "town" else len(owners(world)) - 1
    offered = np.sort(rng.integers(0, 1600, tables))
    offered[:COMMON] = -300
    after = rng.exponential(150, (tables, receivers))
    after[:COMMON] = after[:COMMON] % 200
    requested = np.datetime64("2021-06-01") + (offered[:, None] + after).astype("int64").reshape(-1)
    return requested, requested + np.ceil(rng.gamma(2, 4, len(requested))).astype("int64").clip(1, 60)


@lru_cache(maxsize=4)
def _sources(world: World, level: str) -> np.ndarray:
    """Resource from which each table comes, one of those that stay on the ledger throughout."""
    ledger = in_force(world, 0)
    lasting = ledger[((ledger["left"] > BORN[1]) & (ledger["kind"] == "data")).to_numpy()]
    rng = world.rng("data_return", "sources", level)
    return lasting["resource_id"].sample(TABLES[level], random_state=rng).to_numpy()
