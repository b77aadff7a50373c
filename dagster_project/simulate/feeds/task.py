"""Key tasks handed down to who must carry them out: newly issued, still at work, or with their limit in the month.

A task stays in the statements until it is accepted (or cancelled) and its limit is over. `_issued` draws a month's new
tasks with their whole fate; a statement shows of it what is known at the month's end.
"""

from __future__ import annotations

import numpy as np

from dagster_project.simulate.world import Month, World

A_DAY = 1500
GROWTH_A_MONTH = 0.004
LOOK_BACK = 2
LONGEST = np.timedelta64(58, "D")  # a task of the last day but two months is still over by the month's end
ASKED_BEFORE = np.timedelta64(2, "D")  # an extension is asked for when the limit is near
# Where a task comes from: its part of all tasks, hours within which it is to be signed for, days for the work.
ORIGINS = {
    "leadership": (0.14, 4, 15),
    "meeting": (0.25, 24, 25),
    "document": (0.27, 24, 28),
    "inspection": (0.16, 12, 20),
    "plan": (0.06, 2, 7),
    "risk": (0.12, 4, 10),
}
BODIES = (
    "agriculture", "civil", "ecology", "education", "emergency", "fire", "health", "housing", "labour", "land",
    "market", "police", "politics_law", "transport", "urban_management", "water",
)  # fmt: skip
# The year's work is handed out after Spring Festival, and closed before the year's end.
SEASON = np.array([0.8, 0.85, 1.25, 1.15, 1.05, 1.0, 0.95, 0.95, 1.05, 0.95, 1.1, 0.9])
NEVER = np.datetime64("9999-01-01T00:00:00")


def statement(world: World, month: Month) -> dict[str, np.ndarray]:
    """The month's tasks and those of the two months before that are not over when it starts, as at its end."""
    start = np.datetime64(month.start, "s")
    parts = []
    for back in range(LOOK_BACK, -1, -1):
        number = month.year * 12 + month.month - 1 - back
        tasks = _issued(world, Month(number // 12, number % 12 + 1))
        keep = (
            np.maximum(tasks["closed"], np.where(tasks["cancelled"] < NEVER, tasks["closed"], tasks["limit"])) >= start
        )
        parts.append({name: values[keep] for name, values in tasks.items()})
    tasks = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    return _as_at(tasks, np.datetime64(month.next.start, "s"))


def _issued(world: World, month: Month) -> dict[str, np.ndarray]:
    """The tasks issued in the month, in the order of issue, with all that will become of them."""
    rng = world.rng("task", month.id)
    city = world.city(month)
    count = rng.poisson(world.volume(A_DAY, month) * (1 + GROWTH_A_MONTH * month.number) * SEASON[month.month - 1])
    part = 0.3 / len(city) + 0.7 * city["share"].to_numpy()
    town = rng.choice(len(city), count, p=part / part.sum())
    care = city["care"].to_numpy()[town] + 0.025 * month.number
    parts, sign_hours, work_days = (np.array(each) for each in zip(*ORIGINS.values(), strict=True))
    origin = rng.choice(len(ORIGINS), count, p=parts)

    days = np.datetime64(month.start) + np.arange(month.days)
    load = np.where(np.is_busday(days), 1.0, 0.2)
    day = days[np.sort(rng.choice(month.days, count, p=load / load.sum()))].astype("datetime64[s]")
    issued = day + _seconds(8.5 * 3600 + 9.5 * 3600 * rng.beta(1.6, 1.6, count))
    sign_due = issued + _seconds(3600.0 * sign_hours[origin])
    signing = np.exp(-1.6 - 0.22 * care + 0.8 * rng.standard_normal(count))
    signed = issued + _seconds(3600 * sign_hours[origin] * np.minimum(signing, 6))

    first_limit = day + (work_days[origin] * 24 + 18).astype("timedelta64[h]")
    extended = rng.random(count) < 0.07
    limit = first_limit + np.where(extended, rng.integers(5, 13, count), 0).astype("timedelta64[D]")
    pace = np.exp(-0.52 - 0.12 * care + 0.34 * rng.standard_normal(count))
    stuck = np.where(rng.random(count) < 0.012, rng.uniform(8, 20, count) * 86400, 0)
    submitted = signed + _seconds(pace * (limit - signed).astype("float64") + stuck)
    submitted = np.minimum(submitted, issued + LONGEST - np.timedelta64(12, "D"))
    limit = np.where(submitted > first_limit - ASKED_BEFORE, limit, first_limit)
    heard = submitted + _seconds(rng.exponential(14 * 3600, count).clip(600, 4 * 86400))
    returned = rng.random(count) < np.clip(0.062 * np.exp(-0.35 * care), 0.005, 0.25)
    again = heard + _seconds(rng.exponential(1.6 * 86400, count).clip(3600, 6 * 86400))
    closed = np.where(returned, again + np.timedelta64(3, "h"), heard)
    cancelled = np.where(rng.random(count) < 0.012, issued + _seconds(rng.uniform(1, 6, count) * 86400), NEVER)
    cancelled = np.where(cancelled < submitted, cancelled, NEVER)
    return {
        "task_id": np.char.add(
            f"K{month.year}{month.month:02}-", np.char.zfill(np.arange(1, count + 1).astype("U6"), 6)
        ),
        "origin": np.array(list(ORIGINS), dtype=object)[origin],
        "region": city["region_id"].to_numpy(dtype=object)[town],
        "body": rng.choice(np.array(BODIES, dtype=object), count),
        "issued": issued,
        "sign_due": sign_due,
        "signed": signed,
        "first_limit": first_limit,
        "limit": limit,
        "submitted": submitted,
        "heard": heard,
        "returned": returned,
        "again": again,
        "closed": np.minimum(closed, cancelled),
        "cancelled": cancelled,
    }


def _as_at(task: dict[str, np.ndarray], end: np.datetime64) -> dict[str, np.ndarray]:
    """What is known of the tasks at the end of a month."""
    cancelled = task["cancelled"] < end
    signed = (task["signed"] < end) & (task["signed"] < task["cancelled"])
    submitted = (task["submitted"] < end) & ~cancelled
    back = task["returned"] & (task["heard"] < end) & ~cancelled
    again = back & (task["again"] < end)
    finished = submitted & (again | ~back)
    accepted = finished & (task["closed"] < end)
    extended = (task["limit"] > task["first_limit"]) & (task["first_limit"] - ASKED_BEFORE < end) & ~cancelled
    limit = np.where(extended, task["limit"], task["first_limit"])
    late_days = np.where(finished | cancelled, 0, np.maximum((end - limit).astype("float64") / 86400, 0))
    running = signed & (task["signed"] + np.timedelta64(1, "D") < end)
    share = np.clip((end - task["signed"]) / (task["submitted"] - task["signed"]), 0.1, 0.95)
    verified = np.full(len(limit), None, dtype=object)
    verified[back] = "false"
    verified[accepted] = "true"
    cases = [cancelled, finished, back, running, signed]
    return {
        "task_id": task["task_id"],
        "origin": task["origin"],
        "region": task["region"],
        "body": task["body"],
        "issued_at": task["issued"],
        "sign_due_at": task["sign_due"],
        "signed_at": _known(task["signed"], signed),
        "due_at": limit,
        "submitted_at": _known(task["submitted"], submitted),
        "returns": back.astype("int64"),
        "finished_at": _known(np.where(back, task["again"], task["submitted"]), finished),
        "progress": np.select(cases, [0.0, 100.0, 80.0, np.round(100 * share), 5.0], 0.0),
        "status": np.select(cases, ["cancelled", "finished", "returned", "running", "signed"], "issued"),
        "extensions": extended.astype("int64"),
        "urged": np.ceil(late_days / 3).astype("int64"),
        "verified": verified,
    }


def _known(moment: np.ndarray, known: np.ndarray) -> np.ndarray:
    return np.where(known, moment, np.datetime64("NaT"))


def _seconds(values: np.ndarray) -> np.ndarray:
    return np.round(values).astype("timedelta64[s]")
