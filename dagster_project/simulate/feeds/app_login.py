"""Log-ins to applications, by town and day: those for everyone in proportion to people, those for staff to offices."""

from __future__ import annotations

import numpy as np

from dagster_project.simulate.world import Month, World

# Applications and the share of a town's people who log in on a day, at the start and a year's growth of it.
APPS = {"app_civic": (0.004, 0.25), "app_grass": (0.0015, 0.10)}


def statement(world: World, month: Month) -> dict[str, np.ndarray]:
    """One row per application, town and day; log-ins fall at weekends and rise with the town's digital trait."""
    rng = world.rng("app_login", month.id)
    city = world.city(month)
    towns, days = len(city), month.days
    day = np.datetime64(month.start) + np.arange(days)
    weekend = (day.astype("datetime64[D]").view("int64") + 3) % 7 >= 5
    people, lift = city["people"].to_numpy(), np.exp(0.3 * city["digital"].to_numpy())
    users = []
    for share, growth in APPS.values():
        rate = share * (1 + growth) ** (month.number / 12)
        mean = np.outer(people * lift * rate, np.where(weekend, 0.7, 1.0))
        users.append(rng.poisson(mean))
    found = np.stack(users)
    apps = len(APPS)
    flat = found.reshape(-1)
    return {
        "app_id": np.repeat(np.array(list(APPS)), towns * days),
        "region": np.tile(np.repeat(city["region_id"].to_numpy(), days), apps),
        "day": np.tile(day, towns * apps),
        "accounts": np.tile(np.repeat((people * 0.2).astype("int64"), days), apps),
        "users": flat,
        "logins": flat + rng.poisson(flat * 0.6),
        "minutes": np.round(flat * rng.gamma(4, 1.5, flat.shape), 1),
    }
