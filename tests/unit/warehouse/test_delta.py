"""A build that goes on gives what a build of everything gives, over random cities whose files come one by one."""

from __future__ import annotations

from datetime import date, datetime, time

import duckdb
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.unit.warehouse.cities import Recipe, city_of, recipes, tables
from tests.unit.warehouse.core_sql import Core, Submission

# Two builds of a city take half a second.
slow = settings(deadline=None, max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])


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
