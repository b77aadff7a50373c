"""Risks found, held and removed: newly found, still standing, or with their limit in the month.

A risk stays in the statements until it is removed and its limit is over. `_found` draws a month's new risks with their
whole fate; a statement shows of it what is known at the month's end.
"""

from __future__ import annotations

import numpy as np

from dagster_project.simulate.world import Month, World

A_DAY = 2000
LOOK_BACK = 2
LONGEST_DAYS = 58  # a risk of the last day but two months is removed by the month's end
ASKED_BEFORE = np.timedelta64(2, "D")  # an extension is asked for when the limit is near
# The risk list: the body that answers, the part of all risks, how much more of it there is in the flood season.
# A red risk of work safety is a major work hazard.
CATEGORIES = {
    "work_safety": ("emergency", 0.26, 0.0),
    "fire": ("fire", 0.15, -0.2),
    "flood": ("water", 0.08, 1.6),
    "geology": ("land", 0.09, 1.0),
    "forest_fire": ("forestry", 0.06, -0.5),
    "road": ("police", 0.12, 0.0),
    "gas": ("econ_info", 0.08, 0.0),
    "building": ("housing", 0.08, 0.2),
    "pollution": ("ecology", 0.05, 0.0),
    "public_health": ("health", 0.03, 0.1),
}
LEVELS = {"red": (0.10, 18), "orange": (0.20, 20), "yellow": (0.34, 25), "blue": (0.36, 30)}  # part, days to remove it
SOURCES = {"sensing": 0.24, "inspection": 0.26, "grid": 0.28, "hotline": 0.08, "model": 0.06, "report": 0.08}
FLOOD_SEASON = range(5, 10)


def statement(world: World, month: Month) -> dict[str, np.ndarray]:
    """The month's risks and those of the two months before that are not over when it starts, as at its end."""
    start = np.datetime64(month.start, "s")
    parts = []
    for back in range(LOOK_BACK, -1, -1):
        number = month.year * 12 + month.month - 1 - back
        risks = _found(world, Month(number // 12, number % 12 + 1))
        keep = np.maximum(risks["removed"], risks["limit"]) >= start
        parts.append({name: values[keep] for name, values in risks.items()})
    risks = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    return _as_at(risks, np.datetime64(month.next.start, "s"))


def _found(world: World, month: Month) -> dict[str, np.ndarray]:
    """The risks found in the month, in the order of finding, with all that will become of them."""
    rng = world.rng("risk", month.id)
    city = world.city(month)
    wet = month.month in FLOOD_SEASON
    weight = np.array([part * (1 + extra * wet) for _, part, extra in CATEGORIES.values()])
    count = rng.poisson(world.volume(A_DAY, month) * weight.sum())
    category = rng.choice(len(CATEGORIES), count, p=weight / weight.sum())
    part = 0.3 / len(city) + 0.7 * city["share"].to_numpy()
    town = rng.choice(len(city), count, p=part / part.sum())
    care = city["care"].to_numpy()[town] + 0.025 * month.number
    parts, work_days = (np.array(each) for each in zip(*LEVELS.values(), strict=True))
    level = rng.choice(len(LEVELS), count, p=parts)

    days = np.datetime64(month.start, "s") + np.sort(rng.integers(0, month.days, count)).astype("timedelta64[D]")
    found = days + _seconds(7 * 3600 + 13 * 3600 * rng.beta(1.8, 2.0, count))
    first_limit = days + (work_days[level] * 24 + 18).astype("timedelta64[h]")
    extended = rng.random(count) < 0.06
    limit = first_limit + np.where(extended, rng.integers(5, 16, count), 0).astype("timedelta64[D]")
    span = (limit - found).astype("float64")
    lasting = span * np.exp(-0.7 - 0.1 * care + 0.4 * rng.standard_normal(count))
    removed = found + _seconds(np.clip(lasting, 1800, LONGEST_DAYS * 86400))
    limit = np.where(removed > first_limit - ASKED_BEFORE, limit, first_limit)
    lasting = (removed - found).astype("float64")
    back_after = rng.exponential(60, count) * 86400
    return {
        "risk_id": np.char.add(
            f"R{month.year}{month.month:02}-", np.char.zfill(np.arange(1, count + 1).astype("U6"), 6)
        ),
        "region": city["region_id"].to_numpy(dtype=object)[town],
        "category": np.array(list(CATEGORIES), dtype=object)[category],
        "level": np.array(list(LEVELS), dtype=object)[level],
        "source": rng.choice(np.array(list(SOURCES), dtype=object), count, p=list(SOURCES.values())),
        "found": found,
        "held": found + _seconds(lasting * rng.beta(1, 6, count)),
        "first_limit": first_limit,
        "limit": limit,
        "removed": removed,
        "body": np.array([body for body, *_ in CATEGORIES.values()], dtype=object)[category],
        "struck": np.where(
            rng.random(count) < 0.025, found + _seconds(lasting * rng.random(count)), np.datetime64("NaT")
        ),
        "came_back": np.where(
            (rng.random(count) < 0.05 * np.exp(-0.2 * care)) & (back_after < 90 * 86400),
            removed + _seconds(back_after),
            np.datetime64("NaT"),
        ),
    }


def _as_at(risk: dict[str, np.ndarray], end: np.datetime64) -> dict[str, np.ndarray]:
    """What is known of the risks at the end of a month."""
    removed = risk["removed"] < end
    extended = (risk["limit"] > risk["first_limit"]) & (risk["first_limit"] - ASKED_BEFORE < end)
    nothing = np.datetime64("NaT")
    return {
        "risk_id": risk["risk_id"],
        "region": risk["region"],
        "category": risk["category"],
        "level": risk["level"],
        "source": risk["source"],
        "identified_at": risk["found"],
        "controlled_at": np.where(risk["held"] < end, risk["held"], nothing),
        "due_at": np.where(extended, risk["limit"], risk["first_limit"]),
        "removed_at": np.where(removed, risk["removed"], nothing),
        "body": risk["body"],
        "became_event": risk["struck"] < end,
        "recurred": np.ma.masked_where(~removed, risk["came_back"] < end),
    }


def _seconds(values: np.ndarray) -> np.ndarray:
    return np.round(values).astype("timedelta64[s]")
