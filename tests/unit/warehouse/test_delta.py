"""A build that goes on gives what a build of everything gives, over random cities whose files come one by one."""

from __future__ import annotations

from datetime import date, datetime, time

import duckdb
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from tests.unit.registry.worlds import World, worlds
from tests.unit.warehouse.cities import Recipe, city_of, recipes, tables
from tests.unit.warehouse.core_sql import Core, Submission

# Two builds of a city take half a second.
slow = settings(
    deadline=None,
    max_examples=40,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.filter_too_much],
)


def differences(connection: duckdb.DuckDBPyConnection, other: duckdb.DuckDBPyConnection, table: str) -> list[object]:
    rows, wanted = (sorted(one.execute(f"from core.{table}").fetchall(), key=repr) for one in (connection, other))
    return [pair for pair in zip(rows, wanted, strict=True) if repr(pair[0]) != repr(pair[1])]


def moved(known: list[Submission], came: list[Submission], was: date) -> set[tuple[str, str]]:
    """The (feed, period) of files that came, and of those that held rows still to be published."""
    late = {row.file_id for row in known if row.published_on > was}
    return {(row.feed_id, row.period_id) for row in [*came, *(row for row in known if row.file_id in late)]}


@slow
@given(recipes(), st.data())
def test_going_on_gives_what_building_everything_gives(core: Core, recipe: Recipe, data: st.DataObject) -> None:
    city = city_of(recipe)
    there = sorted({(row.landed_at, row.file_id) for row in city.submissions if row.landed_at <= city.known_until})
    landed, first = data.draw(st.sampled_from([(datetime.min, ""), *there]))
    earliest = max(landed.date(), date(2000, 1, 1))
    # Often the earliest day there is, so that months begin between the two builds.
    days = st.one_of(st.just(earliest), st.dates(earliest, city.today))
    was = data.draw(days if landed > datetime.min else st.just(city.today))
    known = [row for row in city.submissions if (row.landed_at, row.file_id) <= (landed, first)]
    came = [row for row in city.submissions if (row.landed_at, row.file_id) > (landed, first)]
    # Few periods: where all move there is nothing left that could be forgotten.
    spoken = data.draw(st.sets(st.sampled_from(sorted({row.period_id for row in came})), max_size=3)) if came else set()
    came = [row for row in came if row.period_id in spoken]
    rows = [*known, *came]
    registry = tables(city)
    with (
        core.run(registry, known, was, datetime.combine(was, time.max)) as going_on,
        core.run(registry, rows, city.today, city.known_until) as anew,
    ):
        core.go_on(going_on, rows, moved(known, came, was), was, city.today, city.known_until)
        for statement in core.statements:
            if statement.name != "repeated_key":
                assert differences(going_on, anew, statement.name) == [], statement.name


@settings(slow, max_examples=15)
@given(worlds(), st.integers(0, 10**6))
def test_a_month_that_begins_is_expected_though_no_file_came(core: Core, world: World, seed: int) -> None:
    """Of the quarter and the year that hold it more is expected now: a sum that was whole is a part."""
    was, today = date(2025, 11, 25), date(2025, 12, 5)
    city = city_of(Recipe(world, today, 3, seed))
    rows = [row for row in city.submissions if row.landed_at <= datetime.combine(was, time.max)]
    monthly = any(measure.time_rule == "sum" and measure.frequency == "month" for measure in city.measures)
    assume(monthly and any(row.period_id.startswith("2025") for row in rows))
    registry = tables(city)
    with (
        core.run(registry, rows, was, datetime.combine(was, time.max)) as going_on,
        core.run(registry, rows, today, city.known_until) as anew,
    ):
        core.go_on(going_on, rows, moved(rows, [], was), was, today, city.known_until)
        for statement in core.statements:
            assert differences(going_on, anew, statement.name) == [], statement.name
