"""Readings that measures are made of: dust of building sites, pressure of water and fire mains, oxygen in rivers.

Belongs here: what the devices of `sensing_device.READS` read. They read at set times, from the day after they were
installed until they were last seen.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd

from dagster_project.simulate.feeds.sensing_device import DAY_SECONDS, devices, readings_a_day
from dagster_project.simulate.world import Month, World

# Per class: quantity read, lowest and highest value allowed (of river sections the section's own, by its water class).
QUANTITIES = {
    "site_monitor": ("pm10", None, 150.0),
    "water_main": ("water_pressure", 0.14, 0.6),
    "fire_main": ("static_pressure", 0.15, 0.8),
    "river_section": ("dissolved_oxygen", None, None),
}
SECTION_LIMITS = (
    np.array([6.0, 5.0, 3.0]),
    [0.2, 0.68, 0.12],
)  # mg/L in waters of class II, III, IV; parts of sections
LOST, SUSPECT, BAD = 0.016, 0.008, 0.006
WARMTH = np.array([-0.9, -0.7, -0.3, 0.1, 0.5, 0.8, 1.0, 1.0, 0.6, 0.1, -0.4, -0.8])
OXYGEN_MEMORY = 5  # days over which a spell of good or bad water fades


def statement(world: World, month: Month) -> dict[str, np.ndarray]:
    """The month's readings that arrived, class by class, device by device in the order of time."""
    device = devices(world, month)
    parts = [_readings(world, month, device[device["object_class"] == name], name) for name in QUANTITIES]
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def _readings(world: World, month: Month, device: pd.DataFrame, name: str) -> dict[str, np.ndarray]:
    rng = world.rng("sensing_reading", name, month.id)
    quantity, low, high = QUANTITIES[name]
    places, a_day = len(device), readings_a_day(world, name)
    interval = DAY_SECONDS // a_day
    shape = (places, month.days, a_day)
    # What stays with a device: the moment of its first reading of the day and how its place is.
    fixed = world.rng("sensing_reading", name, "device")
    serial = device["device_id"].str[-5:].astype(int).to_numpy() - 1
    phase = fixed.integers(0, interval, serial.max() + 1)[serial]
    nature = fixed.standard_normal(serial.max() + 1)[serial]
    seconds = phase[:, None, None] + DAY_SECONDS * np.arange(month.days)[:, None] + interval * np.arange(a_day)
    read_at = np.datetime64(month.start, "s") + seconds.astype("timedelta64[s]")

    care = world.towns["care"].to_numpy()[device["town"]]
    if name == "river_section":
        limits, parts = SECTION_LIMITS
        lowest = limits[world.rng("sensing_reading", "sections").choice(len(limits), serial.max() + 1, p=parts)[serial]]
    else:
        lowest = np.full(places, np.nan if low is None else low)
    value = VALUES[name](rng, month, care, nature, lowest, shape)

    seen, installed = device["seen_at"].to_numpy(), device["installed_on"].to_numpy().astype("datetime64[D]") + 1
    loss = LOST * np.exp(-0.4 * care - 0.006 * month.number)
    arrived = (
        (rng.random(shape) >= loss[:, None, None])
        & (read_at >= installed[:, None, None])
        & (read_at <= seen[:, None, None])
    )
    arrived &= (device["status"] != "retired").to_numpy()[:, None, None]
    doubt = np.where(device["status"] == "faulty", 20.0, np.exp(-0.3 * care))[:, None, None]
    luck = rng.random(shape)
    quality = np.where(luck < BAD * doubt, "bad", np.where(luck < (BAD + SUSPECT) * doubt, "suspect", "good"))
    value = np.where(quality == "bad", 0.0, value)

    at, *_ = np.nonzero(arrived)
    unit = world.tables["quantity"].set_index("quantity_id")["unit_en"][quantity]
    rows = len(at)
    return {
        "device_id": device["device_id"].to_numpy(dtype=object)[at],
        "quantity": np.full(rows, quantity, dtype=object),
        "read_at": read_at[arrived],
        "object_class": np.full(rows, name, dtype=object),
        "object_id": device["object_id"].to_numpy(dtype=object)[at],
        "region": device["region"].to_numpy(dtype=object)[at],
        "value": np.round(value[arrived], 3),
        "unit": np.full(rows, unit, dtype=object),
        "low_limit": lowest[at],
        "high_limit": np.full(rows, np.nan if high is None else high),
        "quality": quality[arrived],
    }


Shape = tuple[int, int, int]  # places, days, readings a day


def _dust(
    rng: np.random.Generator, month: Month, care: np.ndarray, nature: np.ndarray, _: np.ndarray, shape: Shape
) -> np.ndarray:
    """PM10 at a site: more in winter and where little is done against it, with dusty days."""
    typical = 57 * np.exp(-0.18 * care + 0.15 * nature - 0.004 * month.number) * (1 - 0.15 * WARMTH[month.month - 1])
    day = rng.standard_normal(shape[:2])[:, :, None]
    return typical[:, None, None] * np.exp(0.25 * day + 0.38 * rng.standard_normal(shape))


def _water_pressure(
    rng: np.random.Generator, month: Month, care: np.ndarray, nature: np.ndarray, _: np.ndarray, shape: Shape
) -> np.ndarray:
    """Pressure of a water main: a little low in the heat, very low on the day of a burst."""
    usual = (0.36 + 0.045 * nature + 0.01 * care - 0.012 * WARMTH[month.month - 1]).clip(0.22, 0.5)
    burst = rng.random(shape[:2]) < (0.007 * np.exp(-0.5 * care - 0.01 * month.number))[:, None]
    return usual[:, None, None] * np.where(burst, 0.32, 1.0)[:, :, None] + 0.03 * rng.standard_normal(shape)


def _fire_pressure(
    rng: np.random.Generator, month: Month, care: np.ndarray, nature: np.ndarray, _: np.ndarray, shape: Shape
) -> np.ndarray:
    """Pressure of a high-rise's fire main: steady, and gone on the days when a pump or valve is shut."""
    usual = (0.42 + 0.07 * nature).clip(0.28, 0.62)
    shut = rng.random(shape[:2]) < (0.03 * np.exp(-0.5 * care - 0.012 * month.number))[:, None]
    return usual[:, None, None] * np.where(shut, 0.15, 1.0)[:, :, None] + 0.015 * rng.standard_normal(shape)


def _oxygen(
    rng: np.random.Generator, month: Month, care: np.ndarray, nature: np.ndarray, limit: np.ndarray, shape: Shape
) -> np.ndarray:
    """Oxygen in a river: less in warm water, above the section's limit on most days; bad days come in spells."""
    usual = limit + 2.4 + 0.25 * care + 0.5 * nature - 0.9 * WARMTH[month.month - 1] + 0.008 * month.number
    noise = rng.standard_normal((shape[0], shape[1] + OXYGEN_MEMORY - 1))
    windows = np.lib.stride_tricks.sliding_window_view(noise, OXYGEN_MEMORY, axis=1)
    day = windows.sum(axis=2) / np.sqrt(OXYGEN_MEMORY)
    return usual[:, None, None] + 0.75 * day[:, :, None] + 0.25 * rng.standard_normal(shape)


VALUES: dict[str, Callable[..., np.ndarray]] = {
    "site_monitor": _dust,
    "water_main": _water_pressure,
    "fire_main": _fire_pressure,
    "river_section": _oxygen,
}
