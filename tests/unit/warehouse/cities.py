"""Random small cities with measures of every rule, returns in several files, and indicators of every transform."""

from __future__ import annotations

import random
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import Any

import pandas as pd
from hypothesis import strategies as st

from dagster_project.registry import region, span, target
from dagster_project.registry.period import period_parents, periods
from dagster_project.registry.write import with_restated
from tests.unit.registry.worlds import START, World, worlds
from tests.unit.warehouse.by_hand import City, Indicator, Measure, Period, Target
from tests.unit.warehouse.core_sql import Submission

# The years round both changes of boundary, and the years before them.
YEARS = (2009, 2010, 2024, 2025)
TODAYS = (date(2010, 6, 30), date(2025, 10, 31), date(2025, 12, 20))
GRAINS = ("city", "district", "unit", "town")
TIME_RULES = ("sum", "mean", "max", "min", "last", "standing", "none")
FREQUENCIES = ("month", "quarter", "half", "year")
FEED = "bulletin"


def calendar() -> tuple[pd.DataFrame, pd.DataFrame]:
    whole = periods()
    kept = whole[whole["year"].isin(YEARS)].reset_index(drop=True)
    return kept, period_parents(kept)


CALENDAR, PARENTS = calendar()
PERIODS = tuple(
    Period(row["period_id"], row["grain"], row["year"], row["within"], row["start_date"].date(), row["end_date"].date())
    for row in CALENDAR.to_dict("records")
)


@dataclass(frozen=True)
class Recipe:
    """What a failing example prints; `city` makes the rest of it, always the same."""

    world: World
    today: date
    measures: int
    seed: int


def recipes() -> st.SearchStrategy[Recipe]:
    return st.builds(Recipe, worlds(), st.sampled_from(TODAYS), st.integers(1, 3), st.integers(0, 10**6))


def city_of(recipe: Recipe) -> City:
    chance = random.Random(recipe.seed)
    measures = tuple(_measure(chance, number) for number in range(recipe.measures))
    city = City(
        world=recipe.world,
        today=recipe.today,
        known_until=datetime.combine(recipe.today, time.max),
        periods=PERIODS,
        measures=measures,
        indicators=tuple(_indicators(chance, measures)),
        submissions=(),
        not_applicable=frozenset(),
        targets=(),
    )
    declared = [(i.indicator_id, place) for i in city.indicators for place in sorted(city.sets(city.today))]
    return replace(
        city,
        submissions=tuple(_submissions(chance, city)),
        not_applicable=frozenset(pair for pair in declared if chance.random() < 0.1),
        targets=tuple(_targets(chance, city)),
    )


def _measure(chance: random.Random, number: int) -> Measure:
    name = f"m{number}"
    return Measure(
        measure_id=name,
        frequency=chance.choice(FREQUENCIES),
        grain=chance.choice(GRAINS),
        region_rule=chance.choice(("sum", "sum", "mean", "max", "min", "none")),
        time_rule=chance.choice(TIME_RULES),
        min_coverage=chance.choice((0.0, 0.5, 1.0)),
        sources=((FEED, name, 1.0),) if chance.random() < 0.7 else ((FEED, name, 1.0), (FEED, f"{name}_flash", 0.5)),
    )


def _indicators(chance: random.Random, measures: tuple[Measure, ...]) -> list[Indicator]:
    made = []
    for transform, parent in (
        *(("level", None), ("growth", None), ("change", None)),
        *(("share_of_parent", "city"), ("share_of_parent", "peer")),
    ):
        above = chance.choice(measures)
        below = chance.choice([None, *measures])
        years = chance.choice((None, 1, 1)) if transform in ("growth", "change") else None
        coarsest = max(FREQUENCIES.index(m.frequency) for m in (above, below) if m is not None)
        made.append(
            Indicator(
                indicator_id=f"{transform}_{parent}",
                numerator=above.measure_id,
                denominator=None if below is None else below.measure_id,
                factor=chance.choice((1.0, 100.0)),
                transform=transform,
                accumulation=chance.choice(("period", "year_to_date")),
                span_years=years,
                span_periods=None if years or transform not in ("growth", "change") else chance.choice((1, 2, 5)),
                valid_from=chance.choice((START[0], START[0], date(2010, 4, 1), date(2024, 7, 1))),
                parent=parent,
                frequency=FREQUENCIES[chance.randint(coarsest, len(FREQUENCIES) - 1)],
                lowest_grain=chance.choice(GRAINS),
                due_day=chance.choice((0, 19, 20, 50, 400)),
            )
        )
    return made


def _targets(chance: random.Random, city: City) -> list[Target]:
    places = {place for number in range(len(START)) for place in city.world.sets(number)}
    found = []
    for indicator in city.indicators:
        for place in ["*", *sorted(places)]:
            first, last = sorted(chance.sample(city.periods, 2), key=lambda p: p.start)
            if chance.random() < 0.8:
                aim = chance.choice((None, float(chance.randint(0, 99)), float(chance.randint(0, 99))))
                ends = chance.choice((last.end, date.max))
                found.append(Target(indicator.indicator_id, place, first.start, ends, aim))
    return found


def _submissions(chance: random.Random, city: City) -> list[Submission]:
    """A first file with most figures, and later ones that repeat or change some."""
    files = [(f"file{number}", city.known_until + timedelta(days=chance.randint(-30, 2))) for number in range(3)]
    files = [(name, landed) for (name, _), landed in zip(files, sorted(at for _, at in files), strict=True)]
    found = []
    for measure in city.measures:
        density = chance.choice((1.0, 0.9, 0.4))
        for place, p in _places(chance, city, measure):
            for number, (_, code, _) in enumerate(measure.sources):
                for again, (name, landed) in enumerate(files):
                    begun = p.start < landed.date()
                    if begun and chance.random() < (density if again + number == 0 else 0.15):
                        published = min(p.end + timedelta(days=chance.choice((5, 10, 40))), landed.date())
                        value, flags = float(chance.randint(-3, 12)), chance.choice((0, 0, 1, 4))
                        found.append(Submission(FEED, code, place, p.period_id, value, published, landed, name, flags))
    return found


def _places(chance: random.Random, city: City, measure: Measure) -> list[tuple[str, Period]]:
    """The leaves in every base period of two years, some coarser regions, and some coarser periods."""
    years = chance.sample(YEARS, 2)
    base = "year" if measure.time_rule == "standing" else measure.frequency
    grains = FREQUENCIES[FREQUENCIES.index(base) :]
    found = []
    for p in city.periods:
        if p.year not in years or p.grain not in grains:
            continue
        segment = city.segment(p.end)
        leaves = city.world.leaves(segment, measure.grain)
        for place in sorted(city.world.sets(segment)):
            usual = p.grain == base and place in leaves
            countable = measure.time_rule == "none" or city.parts(place, measure.grain, p.end) is not None
            if usual or (measure.time_rule != "standing" and countable and chance.random() < 0.08):
                found.append((place, p))
    return found


def tables(city: City) -> dict[str, pd.DataFrame]:
    """The registry's tables that the core reads."""
    scope, edge = city.world.tables()
    closed = region.closure(edge)
    sets = region.town_sets(scope, closed)
    again = region.restated_sets(sets, city.today)
    leaf = region.leaves(scope, edge)
    everything = pd.concat([sets, again], ignore_index=True)
    summed = region.roll_up(scope, leaf, everything)
    members = region.peer_members(edge, leaf, scope)
    named = scope.assign(valid_from=span.FIRST, valid_to=span.LAST, name_zh="", name_en="")
    scopes = with_restated(named, again)
    return {
        "period": CALENDAR,
        "period_parent": PARENTS,
        "region": scopes,
        "region_closure": closed,
        "region_rollup": summed.rollup,
        "region_leaf": summed.leaf,
        "region_expected": summed.expected,
        "region_span": region.constant_spans(everything),
        "peer_member": members,
        "measure": _frame(
            [
                {
                    **{
                        name: getattr(measure, name)
                        for name in ("measure_id", "frequency", "grain", "region_rule", "time_rule", "min_coverage")
                    },
                    "unit": "x",
                }
                for measure in city.measures
            ]
        ),
        "measure_source": _frame(
            [
                {
                    "measure_id": m.measure_id,
                    "feed_id": feed,
                    "source_code": code,
                    "factor": factor,
                    "priority": number + 1,
                }
                for m in city.measures
                for number, (feed, code, factor) in enumerate(m.sources)
            ]
        ),
        "indicator": _frame([_indicator_row(indicator) for indicator in city.indicators]).astype(
            {"span_years": "Int64", "span_periods": "Int64"}
        ),
        "target_span": target.target_spans(_target(city), scopes, sets, members, CALENDAR),
        "applicability": _frame(
            [{"indicator_id": indicator, "region_id": place} for indicator, place in sorted(city.not_applicable)],
            ["indicator_id", "region_id"],
        ).assign(valid_from=span.FIRST, valid_to=span.LAST),
    }


def _indicator_row(indicator: Indicator) -> dict[str, Any]:
    return {
        **{name: getattr(indicator, name) for name in Indicator.__dataclass_fields__},
        "valid_from": pd.Timestamp(indicator.valid_from).as_unit("s"),
        "valid_to": span.LAST,
        "version": 1,
        "connected": True,
        "simulated": False,
        "direction": "higher",
        "status": "active",
        "illustrative": False,
        "first_period": str(YEARS[0]),
    }


def _target(city: City) -> pd.DataFrame:
    """The seeds' table, its rows from the first day of a period to the last day of one."""
    begins = {p.start: p.period_id for p in city.periods}
    ends = {p.end: p.period_id for p in city.periods}
    rows = [
        (t.indicator_id, t.region_id, begins[t.first], ends.get(t.last), t.target, *[None] * 5, False)
        for t in city.targets
    ]
    frame = pd.DataFrame(rows, columns=[*target.KEY, "period_from", "period_to", *target.FIGURES, "illustrative"])
    texts = dict.fromkeys([*target.KEY, "period_from", "period_to"], "str")
    return frame.astype({**texts, **dict.fromkeys(target.FIGURES, "float64"), "illustrative": "boolean"})


def _frame(rows: list[dict[str, Any]], columns: list[str] | None = None) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=columns)
    return frame.astype({name: "str" for name in frame if frame[name].dtype == object})
