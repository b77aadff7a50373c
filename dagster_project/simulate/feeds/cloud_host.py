"""Hosts of the government cloud by day, with how far the system on them has moved to the private cloud.

Exactly 96 % of the systems meant to move have moved by the end of 2025M09, whatever the seed and the scale. Hosts come
whole: each system must be seen on one.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from dagster_project.simulate.registers import FOREVER, Stock, codes_of, day_in, lives, owners
from dagster_project.simulate.world import LAST_OF_DEMONSTRATION, Month, World

TO_MOVE = 300
NATIVE = Stock(60, start=-12)
# Share moved when the demonstration begins, in its last month, and the most there will be.
MOVED_FIRST, MOVED_LAST, MOVED_MOST = 0.62, 0.96, 0.99
MOVING_MONTHS = 4
MORE_HOSTS = 1.1
WEEKEND = 0.75


def moved(number: int) -> int:
    """How many systems have moved by the end of the month of that number; fewer come the nearer the end is."""
    done = max(number, 0) / Month(*LAST_OF_DEMONSTRATION).number
    share = MOVED_FIRST + (MOVED_LAST - MOVED_FIRST) * done**0.8
    return round(TO_MOVE * min(share, MOVED_MOST))


def statement(world: World, month: Month) -> dict[str, np.ndarray]:
    """One row per host and day. Systems of well-run places moved first; one that has not moved yet has a single host,
    all but idle, set up for it."""
    rng = world.rng("cloud_host", "register")
    room = TO_MOVE + NATIVE.room
    system = owners(world, "cloud_host", room, city=0.3)
    care = system["care"].to_numpy()
    part, more, body = (
        rng.random(room),
        rng.poisson(MORE_HOSTS, room),
        rng.choice(codes_of(world, "body", "body_id"), room),
    )
    order = np.argsort(np.argsort((rng.normal(0, 1, room) - 0.4 * care)[:TO_MOVE]))
    protected = rng.random(room) < 0.9 + 0.05 * care
    place = pd.Series(rng.normal(0, 7, system["region"].nunique()), index=np.sort(system["region"].unique()))
    busy = 36 + 5 * care + system["region"].map(place).to_numpy() + rng.normal(0, 10, room)

    reached = np.array([moved(number) for number in range(month.number + MOVING_MONTHS + 1)])
    # The number of the month in which each moves. Those that have by the first month did so in the two years before.
    when = np.searchsorted(reached, order, side="right")
    when = np.where(when == 0, -1 - order * 24 // reached[0], when)
    born = lives(NATIVE, month.number, np.full(NATIVE.room, FOREVER))["born"].to_numpy()
    count = TO_MOVE + len(born)
    native = np.arange(count) >= TO_MOVE
    at_work = native | (np.append(when, born) <= month.number)
    moved_on = day_in(np.append(when, born), part[:count])
    moved_on[~at_work | native] = np.datetime64("NaT")
    waiting = np.where(np.append(when, born) > month.number + MOVING_MONTHS, "planned", "running")

    size = np.where(at_work, 1 + more[:count], 1)
    of = np.repeat(np.arange(count), size)
    nth = np.arange(len(of)) - np.repeat(np.cumsum(size) - size, size)
    # A host is the same whichever others there are.
    every = (np.cumsum(1 + more) - 1 - more)[of] + nth
    hosts = (1 + more).sum()
    cores = rng.choice([4, 8, 16, 32, 64], hosts, p=[0.2, 0.35, 0.25, 0.15, 0.05])
    memory, disk = cores * rng.choice([2, 4, 8], hosts), rng.choice([200, 500, 1000, 2000, 4000], hosts)
    own = rng.normal(0, 8, hosts)
    filled, filling = rng.uniform(15, 60, hosts), rng.uniform(0.1, 0.8, hosts)

    rng = world.rng("cloud_host", month.id)
    dates = (np.datetime64(month.start) + np.arange(month.days)).astype("datetime64[D]")
    week = np.where((dates.view("int64") + 3) % 7 >= 5, WEEKEND, 1.0)
    shape = (len(of), month.days)
    level = np.where(at_work[of], np.clip(busy[of] + own[every], 6, 80), 3) + 0.1 * month.number * at_work[of]
    cpu = np.clip(level[:, None] * week * rng.lognormal(0, 0.12, shape), 0.5, 98)
    down = np.where(rng.random(shape) < 0.004, np.minimum(rng.exponential(70, shape), 1440), 0)
    has_moved = dates >= moved_on[of][:, None]
    state = np.where(native[of][:, None], "native", np.where(has_moved, "migrated", waiting[of][:, None]))
    label = np.char.add(
        np.char.add("H", np.char.zfill((of + 1).astype("U4"), 4)), np.char.add("-", (nth + 1).astype("U2"))
    )

    def daily(values: np.ndarray) -> np.ndarray:
        return np.repeat(values, month.days)

    return {
        "host_id": daily(label),
        "day": np.tile(dates, len(of)),
        "system_id": daily(np.char.add("S", np.char.zfill((of + 1).astype("U4"), 4))),
        "region": daily(system["region"].to_numpy()[of]),
        "body": daily(body[of]),
        "cores": daily(cores[every]),
        "memory_gb": daily(memory[every]),
        "disk_gb": daily(disk[every]),
        "cpu_use": np.round(cpu, 1).ravel(),
        "memory_use": np.round(np.clip(25 + 0.6 * cpu + rng.normal(0, 4, shape), 2, 98), 1).ravel(),
        "disk_use": daily(np.round(np.minimum(filled + filling * month.number, 95), 1)[every]),
        "up_minutes": np.round(1440 - down).ravel(),
        "migration": state.ravel(),
        "migrated_on": np.where(has_moved, moved_on[of][:, None], np.datetime64("NaT")).ravel(),
        "graded_protection": daily(protected[of]),
    }
