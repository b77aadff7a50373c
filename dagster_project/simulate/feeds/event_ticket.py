"""Event tickets: reported, judged, handled by grid, village, town, district or city, checked, closed, rated.

A ticket's whole life is drawn in the month that opens it (`opened`); a statement shows what of it was known at the
month's end. No life is longer than `LONGEST`, so that two months back hold every ticket still open.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import pandas as pd

from dagster_project.simulate.event_kinds import FINDERS, KINDS, PLACES, SEASONS, SOURCES
from dagster_project.simulate.world import Month, World

A_DAY = 20_000
MINUTE, HOUR, DAY = 60.0, 3600.0, 86400.0
LONGEST = 57 * DAY
LEVELS = ("grid", "village", "town", "district", "city")
GRID, TOWN, DISTRICT, CITY = 0, 2, 3, 4
# How much more often than others a source finds something where digital means, or care, are a point better.
DIGITAL_FINDS = (0.25, 0, 0, -0.05, 0, 0.25, 0)
CARE_FINDS = (0, 0.15, 0.15, -0.15, -0.15, 0, 0)
# Share of the limit for closing that a ticket of level 1, 2, 3, 4 has.
HASTE = np.array([0.25, 0.5, 0.8, 1.0])
CLOCK = np.array([1, 1, 1, 1, 1, 2, 4, 7, 10, 11, 11, 9, 7, 7, 9, 10, 10, 9, 8, 7, 6, 5, 3, 2])
# City look, roads, rivers and dump trucks are closed late somewhat more often than the rest.
SLOW_BODIES = ("urban_management", "water", "ecology")
MOMENTS = (
    *(
        "happened_at",
        "city_report_due_at",
        "city_reported_at",
        "reported_at",
        "judged_at",
        "dispatched_at",
        "signed_at",
    ),
    *("sign_due_at", "due_at", "resolved_at", "closed_at"),
)


def statement(world: World, month: Month) -> dict[str, np.ndarray]:
    """The tickets opened in the month, and those of the two before that were open in it or fell due in it."""
    start, end = seconds(month), seconds(month.next)
    lives = []
    for earlier in (2, 1, 0):
        life = opened(world, back(month, earlier))
        here = (life["closed_at"] >= start) | (life["due_at"] >= start)
        lives.append({name: values[here] for name, values in life.items()})
    life = {name: np.concatenate([part[name] for part in lives]) for name in lives[0]}

    def known(name: str) -> np.ndarray:
        return np.where(life[name] < end, life[name], np.nan)

    judged, signed, resolved, closed = (known(f"{name}_at") for name in ("judged", "signed", "resolved", "closed"))
    pausing = life["pause"] > 0
    paused_for = np.where(pausing, np.clip(end - life["signed_at"], 0, life["pause"]), 0.0)
    shut = ~np.isnan(closed)
    seen = {name: known(name) for name in ("happened_at", "city_reported_at", "dispatched_at")} | {
        "reported_at": life["reported_at"],
        "city_report_due_at": life["city_report_due_at"],
        "judged_at": judged,
        "signed_at": signed,
        "sign_due_at": np.where(life["dispatched_at"] < end, life["sign_due_at"], np.nan),
        # A pause moves the limit once it is approved, which it is as it begins.
        "due_at": life["due_at"] - np.where(pausing & np.isnan(signed), life["pause"], 0.0),
        "resolved_at": resolved,
        "closed_at": closed,
    }
    status = np.select(
        [
            shut & life["true"],
            shut,
            (paused_for > 0) & (paused_for < life["pause"]),
            ~np.isnan(resolved),
            signed < end - HOUR,
            ~np.isnan(signed),
            life["dispatched_at"] < end,
            ~np.isnan(judged),
        ],
        ["closed", "rejected", "suspended", "verifying", "handling", "signed", "dispatched", "judged"],
        "reported",
    )
    # Ratings reach the statement until the day on which it is handed over.
    rated = shut & (life["rated_at"] < np.datetime64(month.handed_over).astype("datetime64[s]").astype(float))
    kind = life["kind"]
    return {
        "ticket_id": life["ticket_id"],
        "region": life["region"],
        "source": np.array(SOURCES, object)[life["source"]],
        "category": np.array([k.code for k in KINDS], object)[kind],
        "level": np.array(["1", "2", "3", "4"], object)[life["level"]],
        **{name: moments(seen[name]) for name in MOMENTS},
        "paused_minutes": np.round(paused_for / MINUTE, 1),
        "lead_body": np.array([k.body for k in KINDS], object)[kind],
        "handling_level": np.array(LEVELS, object)[life["handling"]],
        "co_handlers": life["co_handlers"],
        "co_handlers_in_time": np.where(np.isnan(resolved), 0, life["co_in_time"]),
        "status": status,
        "verdict": np.ma.array(
            np.array(["duplicate", "false", "true"], object)[life["verdict"]], mask=np.isnan(judged)
        ),
        "reworked": known("redone_at") < end,
        "rating_asked": shut & life["asked"],
        "satisfaction": np.ma.array(life["score"], mask=~rated),
        "cross_district": life["cross"],
    }


@lru_cache(maxsize=4)
def opened(world: World, month: Month) -> dict[str, np.ndarray]:
    """The tickets reported in the month with all that will become of them; moments in seconds, NaN where none.

    The months before a statement's are drawn again for it, and for the actions: hence the cache.
    """
    rng = world.rng("event_ticket", month.id)
    city = world.city(month)
    kind = _kinds(rng, world, month)
    n = len(kind)
    town = _towns(rng, city, kind)
    # All gets better by the years as if the place were better run.
    care = city["care"].to_numpy()[town] + 0.15 * (month.number - 24) / 12
    fate = {
        name: np.array([getattr(k, name) for k in KINDS])[kind]
        for name in ("hours", "check", "false", "lasts", "grave")
    }

    def chance(share: np.ndarray | float, better: float = 0.0) -> np.ndarray:
        """Whether it happens to each ticket, the less often the better run the place is."""
        return rng.random(n) < np.clip(share * np.exp(-better * care), 0, 0.9)

    def around(median: np.ndarray | float, spread: float, better: float = 0.0) -> np.ndarray:
        return median * np.exp(rng.normal(0, spread, n) - better * care)

    reported = _reports(rng, month, n)
    level = np.searchsorted(np.cumsum([0.001, 0.012, 0.25]), rng.random(n))
    level = np.where(fate["grave"], rng.random(n) < 0.8, level).astype("int64")
    grave = level < 2
    limit = fate["hours"] * HASTE[level] * HOUR
    judged = reported + np.minimum(around(fate["check"] * MINUTE, 0.7, 0.15), 0.1 * limit)
    verdict = np.where(chance(fate["false"], 0.2), 1, np.where(chance(0.035), 0, 2))
    true = verdict == 2

    handling = np.searchsorted(np.cumsum([0.32, 0.17]), rng.random(n))
    higher = chance(np.where(grave, 0.8, 0.125), 0.15)
    handling = np.where(higher, np.where(rng.random(n) < 0.12, CITY, DISTRICT), np.where(true, handling, TOWN))
    # What the grid settles on the spot is not dispatched.
    sent = true & (handling != GRID)
    dispatched = np.where(sent, judged + np.minimum(around(11 * MINUTE, 0.7, 0.2), 0.1 * limit), np.nan)
    sign_limit = np.where(grave, 0.5, 1.0) * HOUR
    waited = np.where(chance(0.019, 0.5), 1 + np.minimum(rng.exponential(0.4, n), 1), 0.05 + 0.9 * rng.random(n) ** 1.7)
    signed = dispatched + waited * sign_limit

    co = np.minimum(rng.poisson(np.where(handling >= DISTRICT, 1.1, 0.05)), 5)
    cross = sent & (handling >= DISTRICT) & (rng.random(n) < 0.05)
    co = np.where(sent, np.maximum(co, cross), 0)
    co_in_time = rng.binomial(co, np.clip(1 - 0.027 * np.exp(-0.35 * care), 0, 1))

    pause = np.where(sent & chance(0.03), rng.uniform(0.2, 1.2, n) * limit, 0.0)
    due = reported + limit + pause
    slow = np.isin(np.array([k.body for k in KINDS])[kind], SLOW_BODIES)
    late = true & chance(np.where(slow, 0.037, 0.029), 0.42)
    begun = np.where(sent, signed, judged)
    share = np.where(sent, rng.beta(2.2, 1.7, n), rng.beta(1.1, 9, n)) ** np.exp(0.15 * care)
    overrun = np.where(rng.random(n) < 0.35, rng.exponential(0.4, n) * limit, rng.exponential(15, n) * DAY)
    closed = np.where(late, due + MINUTE + overrun, begun + pause + (due - begun - pause) * share)
    closed = np.minimum(closed, reported + LONGEST)
    redone = np.where(sent & chance(0.034, 0.35), begun + 0.8 * (closed - begun), np.nan)

    watched = fate["lasts"] > 0
    happened = np.where(watched | grave, reported - around(4 * MINUTE, 0.5), np.nan)
    # Mean, not median, is what `lasts` says.
    lasting = around(fate["lasts"] * np.exp(-0.125) * MINUTE, 0.5, 0.2)
    covers = kind == next(place for place, k in enumerate(KINDS) if k.code == "manhole_cover")
    fenced = 2 * HOUR * np.where(chance(0.018, 0.5), 1 + rng.exponential(0.5, n), rng.beta(2, 2.5, n))
    resolved = np.where(watched, reported + np.where(covers, fenced, lasting), begun + 0.87 * (closed - begun))
    closed = np.where(true, np.where(watched, np.maximum(closed, resolved + 10 * MINUTE), closed), judged)

    called_for = grave & true
    untold = chance(0.018, 0.5)
    told = np.where(untold, 1 + rng.exponential(0.8, n), 0.13 + 0.85 * rng.beta(2, 3, n)) * 30 * MINUTE
    told = np.where(untold & (rng.random(n) < 0.1), np.nan, happened + told)

    source = _sources(rng, city, kind, town, care)
    asked = true & np.isin(source, [SOURCES.index("hotline"), SOURCES.index("public")]) & chance(0.85)
    rating_after = rng.exponential(1.3, n) * DAY
    rated = np.where(asked & chance(0.55) & (rating_after < 7 * DAY), closed + rating_after, np.nan)
    cross_with_it = chance(np.where(late | ~np.isnan(redone), 0.2, 0.06), 0.3)
    score = np.where(cross_with_it, rng.integers(1, 4, n), 4 + (rng.random(n) < 0.6))
    return {
        "ticket_id": np.strings.add(
            f"T{month.id.replace('M', '')}-", np.strings.zfill(np.arange(1, n + 1).astype(str), 6)
        ),
        "region": city["region_id"].to_numpy(object)[town],
        "care": care,
        "kind": kind,
        "source": source,
        "level": level,
        "happened_at": happened,
        "city_report_due_at": np.where(called_for, happened + 30 * MINUTE, np.nan),
        "city_reported_at": np.where(called_for, told, np.nan),
        "reported_at": reported,
        "judged_at": judged,
        "dispatched_at": dispatched,
        "signed_at": signed,
        "sign_due_at": dispatched + sign_limit,
        "due_at": due,
        "pause": pause,
        "redone_at": redone,
        "resolved_at": np.where(true, resolved, np.nan),
        "closed_at": closed,
        "rated_at": rated,
        "score": score,
        "verdict": verdict,
        "true": true,
        "handling": handling,
        "co_handlers": co,
        "co_in_time": co_in_time,
        "cross": cross,
        "asked": asked,
    }


def seconds(month: Month) -> float:
    """The month's first moment in seconds."""
    return float(np.datetime64(month.start).astype("datetime64[s]").astype("int64"))


def back(month: Month, count: int) -> Month:
    """The month so many before."""
    number = month.year * 12 + month.month - 1 - count
    return Month(number // 12, number % 12 + 1)


def moments(values: np.ndarray) -> np.ndarray:
    """Seconds as moments; NaN becomes NaT."""
    whole = np.where(np.isnan(values), 0, values).astype("int64").astype("datetime64[s]")
    return np.where(np.isnan(values), np.datetime64("NaT"), whole)


def _kinds(rng: np.random.Generator, world: World, month: Month) -> np.ndarray:
    """Kind of each ticket, in no order. Rare kinds come whole at every scale, the others thinned to the world's."""
    rate = np.array([k.part * SEASONS[k.season][month.month - 1] for k in KINDS]) * np.exp(
        rng.normal(0, 0.08, len(KINDS))
    )
    rare = np.array([k.rare for k in KINDS])
    usual = sum(k.part for k in KINDS if not k.rare)
    volume = world.volume(A_DAY, month) * (1 + 0.03 * (month.number - 24) / 12)
    counts = rng.poisson(np.where(rare, rate, rate / usual * volume))
    return rng.permutation(np.repeat(np.arange(len(KINDS)), counts))


def _towns(rng: np.random.Generator, city: pd.DataFrame, kind: np.ndarray) -> np.ndarray:
    """Row of `city` for each ticket: by people, by streets or by land, a little more where the place is worse run."""
    people, urban, care = (city[name].to_numpy() for name in ("share", "urban", "care"))
    land = city["area_weight"].to_numpy()
    weight = {"urban": people * np.where(urban, 2.0, 0.6), "rural": land * np.where(urban, 0.2, 1.0), "all": people}
    town = np.zeros(len(kind), "int64")
    place = np.array([PLACES.index(k.place) for k in KINDS])[kind]
    for number, name in enumerate(PLACES):
        chosen = place == number
        odds = np.cumsum(weight[name] * np.exp(-0.1 * care))
        town[chosen] = np.searchsorted(odds / odds[-1], rng.random(chosen.sum()))
    return town


def _reports(rng: np.random.Generator, month: Month, n: int) -> np.ndarray:
    """Moments of report in order: fewer at weekends and by night."""
    day = np.datetime64(month.start) + np.arange(month.days)
    odds = np.cumsum(np.where((day.astype("int64") + 3) % 7 >= 5, 0.8, 1.0))
    chosen = np.searchsorted(odds / odds[-1], rng.random(n))
    hour = np.searchsorted(np.cumsum(CLOCK) / CLOCK.sum(), rng.random(n))
    return np.sort(seconds(month) + chosen * DAY + hour * HOUR + np.floor(rng.random(n) * HOUR))


def _sources(
    rng: np.random.Generator, city: pd.DataFrame, kind: np.ndarray, town: np.ndarray, care: np.ndarray
) -> np.ndarray:
    """Number of the source of each ticket, by who finds its kind and by how digital and well run the town is."""
    digital = city["digital"].to_numpy()[town]
    odds = np.array([FINDERS[k.finder] for k in KINDS])[kind]
    odds = np.cumsum(odds * np.exp(np.outer(digital, DIGITAL_FINDS) + np.outer(care, CARE_FINDS)), axis=1)
    return (rng.random(len(kind))[:, None] * odds[:, -1:] > odds).sum(axis=1)
