"""The core against the same by hand, over random cities: roll-up, coverage, versions, ratios, transforms, absences."""

from __future__ import annotations

import math
from typing import Any

import duckdb
from hypothesis import HealthCheck, given, settings

from tests.unit.warehouse.cities import Recipe, city_of, recipes, tables
from tests.unit.warehouse.core_sql import Core

# The core takes a fifth of a second per city.
slow = settings(deadline=None, max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])


def found(connection: duckdb.DuckDBPyConnection, query: str, keys: int) -> dict[tuple[Any, ...], tuple[Any, ...]]:
    rows = connection.execute(query).fetchall()
    by_key = {row[:keys]: row[keys:] for row in rows}
    assert len(by_key) == len(rows), "the key repeats"
    return by_key


def assert_same(made: dict[Any, tuple[Any, ...]], by_hand: dict[Any, tuple[Any, ...]]) -> None:
    assert made.keys() == by_hand.keys()
    for key, wanted in by_hand.items():
        for one, other in zip(made[key], wanted, strict=True):
            same = math.isclose(one, other, rel_tol=1e-9, abs_tol=1e-9) if isinstance(other, float) else one == other
            assert same, (key, made[key], wanted)


@slow
@given(recipes())
def test_the_core_is_what_it_is_by_hand(core: Core, recipe: Recipe) -> None:
    city = city_of(recipe)
    with core.run(tables(city), city.submissions, city.today, city.known_until) as connection:
        assert_same(
            found(
                connection,
                "select feed_id, source_code, region_id, period_id, value, flags, cast(known_at as date) "
                "from core.observation",
                4,
            ),
            city.observed,
        )
        assert_same(
            found(
                connection,
                "select measure_id, region_id, period_id, value, present, expected, flags, known_on, in_force, origin "
                "from core.measure_value",
                3,
            ),
            {
                key: (f.value, f.present, f.expected, f.flags, f.known_on, f.in_force, f.origin)
                for key, f in city.figures.items()
            },
        )
        assert_same(
            found(
                connection,
                "select indicator_id, region_id, period_id, value, cast(coverage as double), flags, known_on, target "
                "from core.indicator_value",
                3,
            ),
            {
                (name, place, period_id): (
                    *(v.value, v.coverage, v.flags, v.known_on),
                    city.target(name, place, city.period(period_id).end),
                )
                for (name, place, period_id), v in city.values.items()
            },
        )
        assert_same(
            found(connection, "select indicator_id, region_id, period_id, state from core.indicator_absence", 3),
            {key: (state,) for key, state in city.absences.items()},
        )
