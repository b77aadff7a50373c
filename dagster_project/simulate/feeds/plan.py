"""Emergency plans and their versions: in force, drawn up anew, replaced or withdrawn.

Belongs here: the register of plans, whole at every scale. A city's own plans belong to the city (region 500000), a
district's to the town where its government sits, all others to the town that they are for.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import pandas as pd

from dagster_project.simulate.feeds.risk import CATEGORIES
from dagster_project.simulate.world import LAST_OF_DEMONSTRATION, MONTHS_OF_DEMONSTRATION, Month, World

CITY = "500000"
LAST = MONTHS_OF_DEMONSTRATION - 1
# Plans in force in the first and in the last month of the demonstration by who drew them up. The last sum to the city's
# published 6,600, the grass roots' (town, village) to its 600.
LEVELS = {"city": (170, 200), "district": (1500, 1900), "unit": (2900, 3900), "town": (170, 350), "village": (60, 250)}
WITHDRAWN = 360  # others, withdrawn one by one before the last month
OLDEST, NEWEST = -48, LAST + 36  # months in which plans were first issued
REVIEW_MONTHS, REVISION_MONTHS = 12, 34  # every year it is reviewed, about every third one drawn up anew
VERSIONS = 5  # no plan has more by the newest month
NAMES = {
    "work_safety": "生产安全事故",
    "fire": "火灾",
    "flood": "洪涝灾害",
    "geology": "地质灾害",
    "forest_fire": "森林火灾",
    "road": "道路交通事故",
    "gas": "燃气事故",
    "building": "建筑安全事故",
    "pollution": "环境污染",
    "public_health": "公共卫生事件",
}
PLACES = {"city": "重庆市", "district": "区县", "unit": "重点单位", "town": "", "village": "村社区"}


@lru_cache(maxsize=1)
def register(world: World) -> pd.DataFrame:
    """All plans there ever are: plan_id, level, category, day (of the month on which things happen to it) and

    town: its place in `World.towns`, -1 for the city's own;
    first, withdrawn, digital, drill_phase, revised_1 to _4: numbers of the months in which it came to that;
    drill_gap, review_delay: months from drill to drill, and by which reviews are put off.
    """
    rng = world.rng("plan", "register")
    level, first, withdrawn = [], [], []
    later = NEWEST - LAST
    for name, (early, late) in LEVELS.items():
        gone = round(WITHDRAWN * late / sum(end for _, end in LEVELS.values()))
        more = (late - early) * later // MONTHS_OF_DEMONSTRATION
        level += [name] * (late + gone + more)
        first += [
            rng.integers(OLDEST, 1, early), rng.integers(1, LAST + 1, late - early),
            rng.integers(OLDEST, 1, gone), rng.integers(LAST + 1, NEWEST + 1, more),
        ]  # fmt: skip
        withdrawn += [np.full(late, NEWEST + 1), rng.integers(1, LAST + 1, gone), np.full(more, NEWEST + 1)]
    plan = pd.DataFrame({"level": level, "first": np.concatenate(first), "withdrawn": np.concatenate(withdrawn)})
    count = len(plan)
    towns = world.towns
    plan["plan_id"] = "PL-" + pd.Series(np.arange(1, count + 1)).astype(str).str.zfill(6)
    plan["category"] = rng.choice(np.array(list(CATEGORIES), dtype=object), count)
    people = towns["people"].to_numpy() / towns["people"].sum()
    town = rng.choice(len(towns), count, p=people)
    seats = _seats(world)
    town = np.where(plan["level"] == "district", seats[rng.permutation(count) % len(seats)], town)
    plan["town"] = np.where(plan["level"] == "city", -1, town)
    care, digital = (np.where(plan["town"] < 0, 1.0, towns[trait].to_numpy()[town]) for trait in ("care", "digital"))
    plan["digital"] = np.round(rng.uniform(-10, 58, count) - 6 * digital).astype("int64")
    gap = 19 * np.exp(-0.3 * care + 0.4 * rng.standard_normal(count))
    plan["drill_gap"] = np.clip(np.round(gap), 6, 60).astype("int64")
    plan["drill_phase"] = rng.integers(0, plan["drill_gap"])
    plan["day"] = rng.integers(2, 27, count)
    plan["review_delay"] = np.clip(rng.exponential(1.3 * np.exp(-0.4 * care)).astype("int64"), 0, 8)
    revised = plan["first"].to_numpy()
    for number in range(1, VERSIONS):
        revised = revised + np.clip(rng.normal(REVISION_MONTHS, 4, count).round(), 24, 46).astype("int64")
        plan[f"revised_{number}"] = revised
    return plan


def _seats(world: World) -> np.ndarray:
    """Places in `World.towns` of the towns where the governing units sit: the largest of each."""
    city = world.city(Month(*LAST_OF_DEMONSTRATION))
    return np.sort(city.groupby("unit_id")["people"].idxmax().to_numpy())


def statement(world: World, month: Month) -> dict[str, np.ndarray]:
    """Of each plan the version in force, the one it replaced in the month, the draft to replace it in the next."""
    plan, now = register(world), month.number
    issues = plan[["first", *(f"revised_{number}" for number in range(1, VERSIONS))]].to_numpy()
    version = (issues <= now).sum(axis=1)
    withdrawn = plan["withdrawn"].to_numpy()
    listed = withdrawn >= now
    rows = [
        (listed & (version > 0), version, np.where(withdrawn == now, "withdrawn", "in_force")),
        (listed & (version > 1) & (issues == now).any(axis=1), version - 1, np.full(len(plan), "replaced")),
        ((withdrawn > now + 1) & (issues == now + 1).any(axis=1), version + 1, np.full(len(plan), "draft")),
    ]
    at = np.concatenate([np.flatnonzero(keep) for keep, *_ in rows])
    numbers = np.concatenate([number[keep] for keep, number, _ in rows])
    status = np.concatenate([states[keep] for keep, _, states in rows])

    part = plan.iloc[at]
    issued = issues[at, numbers - 1]
    review_due = _review_due(issued, part["review_delay"].to_numpy(), now)
    drilled, drills = _drills(part, now, month.month)
    region = np.where(part["town"] < 0, CITY, world.towns["region_id"].to_numpy()[part["town"]])
    place = np.where(part["town"] < 0, "", world.towns["name_zh"].to_numpy()[part["town"]])
    level, category = part["level"].to_numpy(), part["category"].to_numpy()
    return {
        "plan_id": part["plan_id"].to_numpy(dtype=object),
        "version": numbers,
        "name": place
        + pd.Series(level).map(PLACES).to_numpy()
        + pd.Series(category).map(NAMES).to_numpy()
        + "应急预案",
        "region": region,
        "level": level,
        "category": category,
        "body": pd.Series(category).map({code: body for code, (body, *_) in CATEGORIES.items()}).to_numpy(),
        "digital": part["digital"].to_numpy() <= now,
        "issued_on": _date(issued, part["day"].to_numpy()),
        "review_due_on": _date(review_due, part["day"].to_numpy()),
        "drilled_on": drilled,
        "drills": drills,
        "status": status,
    }


def _review_due(issued: np.ndarray, delay: np.ndarray, now: int) -> np.ndarray:
    """Month in which the next review falls due, or the one that is being put off; a draft's is that of its issue."""
    rounds = np.maximum(now - issued, -REVIEW_MONTHS) // REVIEW_MONTHS
    put_off = (rounds > 0) & ((now - issued) % REVIEW_MONTHS < delay)
    return issued + REVIEW_MONTHS * (rounds + ~put_off)


def _drills(plan: pd.DataFrame, now: int, month: int) -> tuple[np.ndarray, np.ndarray]:
    """Day of the last drill by the end of month number `now`, and the drills of the year: one every so many months."""
    gap, phase, first = (plan[name].to_numpy() for name in ("drill_gap", "drill_phase", "first"))
    done = (now - phase) // gap
    last = phase + done * gap
    before = np.maximum((now - month - phase) // gap, -((phase - first) // gap) - 1)
    drills = np.where(last >= first, np.maximum(done - before, 0), 0)
    return np.where(last >= first, _date(last, plan["day"].to_numpy()), np.datetime64("NaT")), drills


def _date(number: np.ndarray, day: np.ndarray) -> np.ndarray:
    """The day of the month with that number (see `Month.number`)."""
    months = np.datetime64("2022-10") + number.astype("timedelta64[M]")
    return months.astype("datetime64[D]") + (day - 1).astype("timedelta64[D]")
