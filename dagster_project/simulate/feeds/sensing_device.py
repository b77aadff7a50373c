"""Sensing devices on the register and how they did in the month. Whole at every scale.

Only devices of `READS` send readings at set times, those that a measure is made of; all others report what occurs, and
nothing is due from them. The interval of the former depends on the scale, so that readings keep to their volume.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import pandas as pd

from dagster_project.simulate.world import MONTHS_OF_DEMONSTRATION, Month, World

LAST = MONTHS_OF_DEMONSTRATION - 1
OLDEST, NEWEST = -30, LAST + 36  # months in which devices were installed
EARLY = 0.52  # part of a class that stood in the first month
RETIRED = 0.08  # others besides, taken out of use one by one by the last month
LISTED_AFTER = 3  # months for which a retired device stays on the register
DAY_SECONDS = 86400
COLUMNS = (
    "device_id", "object_class", "object_id", "region", "body", "kind", "longitude", "latitude", "installed_on",
    "calibrated_on", "interval_seconds", "seen_at", "status", "online_minutes",
)  # fmt: skip
RURAL, EVEN, URBAN = 0.0, 0.5, 1.0
# Classes of objects that are watched: kind of device, devices in the last month of the demonstration, where they stand,
# devices an object.
CLASSES = {
    "safety_camera": ("camera", 2700, URBAN, 1),
    "smoke_detector": ("sensor", 2100, URBAN, 1),
    "rain_gauge": ("sensor", 1700, RURAL, 1),
    "landslide": ("sensor", 2000, RURAL, 4),
    "bridge": ("sensor", 1300, EVEN, 8),
    "tunnel": ("sensor", 700, EVEN, 10),
    "cable_bridge": ("sensor", 270, URBAN, 30),
    "bridge_pier": ("sensor", 200, EVEN, 2),
    "river_gauge": ("radar", 900, RURAL, 1),
    "reservoir": ("sensor", 1000, RURAL, 5),
    "slope": ("sensor", 800, EVEN, 4),
    "gas_main": ("sensor", 900, URBAN, 1),
    "lift": ("sensor", 900, URBAN, 1),
    "manhole": ("sensor", 700, URBAN, 1),
    "street_hydrant": ("meter", 800, URBAN, 1),
    "pump_station": ("meter", 300, URBAN, 3),
    "forest_camera": ("camera", 800, RURAL, 1),
    "fishing_watch": ("camera", 300, RURAL, 1),
    "burn_camera": ("camera", 300, RURAL, 1),
    "noise_station": ("sensor", 250, URBAN, 1),
    "air_station": ("sensor", 350, EVEN, 1),
    "site_monitor": ("sensor", 180, URBAN, 1),
    "water_main": ("meter", 300, EVEN, 1),
    "fire_main": ("meter", 150, URBAN, 1),
    "river_section": ("sensor", 100, RURAL, 1),
}
# Classes that send readings at set times, and how many a device sends on a day at demonstration scale.
READS = {"site_monitor": 3, "water_main": 3, "fire_main": 2, "river_section": 3}
# Classes that are looked after better than others, as the chance of not working against the usual one.
UPKEEP = {"bridge": 0.55, "tunnel": 0.55, "cable_bridge": 0.4, "rain_gauge": 0.6, "river_gauge": 0.6} | dict.fromkeys(
    READS, 0.45
)
# The frame of the maps of the registry in degrees, and where a district lies that the newest map no longer shows.
WEST, EAST, NORTH, SOUTH = 105.29, 110.19, 32.20, 28.16
CENTRE = (106.53, 29.58)


def statement(world: World, month: Month) -> dict[str, np.ndarray]:
    """Devices in use at the month's end, and those lately retired."""
    device = devices(world, month)
    return {name: device[name].to_numpy() for name in COLUMNS}


def devices(world: World, month: Month) -> pd.DataFrame:
    """The register at the month's end with the columns of the contract and `town`, the place in `World.towns`."""
    device = _register(world)
    now, end = month.number, np.datetime64(month.next.start, "s")
    # Chance is drawn for every device there ever is, so that each has its own whatever the others do.
    rng = world.rng("sensing_device", month.id)
    count = len(device)
    chance, days_down, idle, calm = (
        rng.random(count),
        rng.exponential(4, count),
        rng.exponential(1, count),
        rng.random(count),
    )
    care = world.towns["care"].to_numpy()[device["town"]]
    upkeep = device["object_class"].map(UPKEEP).fillna(1.0).to_numpy()
    failing = np.clip(upkeep * device["frailty"] * np.exp(-0.35 * care - 0.008 * now) * 0.055, 0.001, 0.5)
    retired = device["retired"].to_numpy() <= now
    status = np.where(
        retired, "retired", np.where(chance < 0.7 * failing, "offline", np.where(chance < failing, "faulty", "online"))
    )

    installed = device["installed_on"].to_numpy().astype("datetime64[s]") + np.timedelta64(9, "h")
    gone = (np.datetime64("2022-10") + device["retired"].to_numpy().astype("timedelta64[M]")).astype("datetime64[s]")
    seen = end - np.round(1 + 1200 * calm).astype("timedelta64[s]")
    seen = np.where(
        status == "offline", end - np.round(DAY_SECONDS * days_down.clip(0.05, 25)).astype("timedelta64[s]"), seen
    )
    seen = np.maximum(np.where(retired, gone, seen), installed)
    since = np.maximum(np.datetime64(month.start, "s"), installed)
    online = np.clip((seen - since) / np.maximum(end - since, np.timedelta64(1, "s")), 0, 1)
    online = np.where(
        retired, 0, online * (1 - np.clip(0.015 * upkeep * device["frailty"] * np.exp(-0.35 * care) * idle, 0, 0.4))
    )
    device = device.assign(
        status=status,
        seen_at=seen,
        online_minutes=np.round(1440 * online, 1),
        calibrated_on=_calibrated(device, month),
        interval_seconds=_interval(world, device["object_class"]),
    )
    return device[(device["first"] <= now) & (device["retired"] > now - LISTED_AFTER)]


def readings_a_day(world: World, object_class: str) -> int:
    """How many readings a device of the class sends on a day, at least one."""
    return max(1, round(READS[object_class] * world.share / 0.1))


def _interval(world: World, object_class: pd.Series) -> np.ndarray:
    seconds = {name: DAY_SECONDS // readings_a_day(world, name) for name in READS}
    return object_class.map(seconds).fillna(0).to_numpy(dtype="float64")


@lru_cache(maxsize=1)
def _register(world: World) -> pd.DataFrame:
    """All devices there ever are, with what never changes of them and the months (numbers) `first` and `retired`."""
    rng = world.rng("sensing_device", "register")
    owner = world.tables["object_class"].set_index("class_id")["owner"]
    parts = []
    for name, (kind, late, where, each) in CLASSES.items():
        early, gone = round(EARLY * late), round(RETIRED * late)
        more = (late - early) * (NEWEST - LAST) // MONTHS_OF_DEMONSTRATION
        first = np.concatenate(
            [
                rng.integers(OLDEST, 1, early),
                rng.integers(1, LAST + 1, late - early),
                rng.integers(OLDEST, 1, gone),
                rng.integers(LAST + 1, NEWEST + 1, more),
            ]
        )
        retired = np.full(len(first), NEWEST + LISTED_AFTER)
        retired[late : late + gone] = rng.integers(1, LAST + 1, gone)
        number = np.arange(len(first))
        place = _town(rng, world, where, len(first) // each + 1)[number // each]
        digits = pd.Series(number + 1).astype(str).str.zfill(5)
        objects = pd.Series(number // each + 1).astype(str).str.zfill(5)
        parts.append(
            pd.DataFrame(
                {
                    "object_class": name,
                    "kind": kind,
                    "body": owner[name],
                    "first": first,
                    "retired": retired,
                    "town": place,
                }
            ).assign(device_id=f"{name}-" + digits, object_id=f"{name}-object-" + objects)
        )
    device = pd.concat(parts, ignore_index=True)
    count = len(device)
    device["region"] = world.towns["region_id"].to_numpy()[device["town"]]
    device["frailty"] = np.exp(0.5 * rng.standard_normal(count))
    day = rng.integers(0, 25, count).astype("timedelta64[D]")
    device["installed_on"] = (np.datetime64("2022-10") + device["first"].to_numpy().astype("timedelta64[M]")).astype(
        "datetime64[D]"
    ) + day
    device["calibration_gap"] = rng.integers(8, 19, count)
    longitude, latitude = _places(world)
    device["longitude"] = np.round(longitude[device["town"]] + 0.015 * rng.uniform(-1, 1, count), 5)
    device["latitude"] = np.round(latitude[device["town"]] + 0.015 * rng.uniform(-1, 1, count), 5)
    return device


def _town(rng: np.random.Generator, world: World, where: float, count: int) -> np.ndarray:
    """Places in `World.towns` for so many objects: after people in the urban ones, evenly in the others."""
    towns = world.towns
    urban = towns["people"].to_numpy() * np.where(towns["urban"], 1.0, 0.25)
    rural = towns["area_weight"].to_numpy() * np.where(towns["urban"], 0.2, 1.0)
    part = where * urban / urban.sum() + (1 - where) * rural / rural.sum()
    return rng.choice(len(towns), count, p=part / part.sum())


def _places(world: World) -> tuple[np.ndarray, np.ndarray]:
    """Longitude and latitude of the towns: about the middle of their district on the map, near enough for a dot."""
    rng = world.rng("sensing_device", "places")
    shape = world.tables["region_shape"].set_index("region_id").reindex(world.towns["code"])
    x = shape["left_pct"] + shape["width_pct"] * (0.5 + 0.14 * rng.standard_normal(len(shape)))
    y = shape["top_pct"] + shape["height_pct"] * (0.5 + 0.14 * rng.standard_normal(len(shape)))
    longitude = (WEST + (EAST - WEST) * x / 100).fillna(CENTRE[0]).clip(WEST, EAST)
    latitude = (NORTH - (NORTH - SOUTH) * y / 100).fillna(CENTRE[1]).clip(SOUTH, NORTH)
    return longitude.to_numpy(), latitude.to_numpy()


def _calibrated(device: pd.DataFrame, month: Month) -> np.ndarray:
    """Day of the last calibration: one every so many months since installation; cameras and new devices have none."""
    rounds = (month.number - device["first"].to_numpy()) // device["calibration_gap"].to_numpy()
    months = rounds * device["calibration_gap"].to_numpy()
    day = device["installed_on"].to_numpy().astype("datetime64[D]") + (months * 30).astype("timedelta64[D]")
    return np.where((rounds > 0) & (device["kind"] != "camera"), day, np.datetime64("NaT"))
