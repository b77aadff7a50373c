"""A small city worked by hand: nine towns, three districts, one zone, one reform, eleven measures, fifteen indicators.

East has 900101001..3, West 900102001..4 (003 and 004 form the zone DZ-Z), North 900103001..2; on 2023-01-01 the town
900101002 moves from East to West. Today is 2024-03-31. The returns are in `small_world/seeds/published`, what follows
from them in `small_world/expected`: `arithmetic` is the calculation on paper with the landed figures, `value` its
result.
"""

from __future__ import annotations

import ast
import csv
import math
import operator
from collections.abc import Callable
from typing import Any

import duckdb
import pytest

from tests.integration.conftest import SMALL_WORLD

OPERATORS: dict[type, Callable[[float, float], float]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
}
FUNCTIONS: dict[str, Callable[..., float]] = {"max": max, "min": min}


def paper(name: str) -> list[dict[str, str]]:
    with (SMALL_WORLD / "expected" / f"{name}.csv").open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def worked(arithmetic: str) -> float:
    """The result of sums, differences, products, quotients, max and min of plain numbers."""

    def result(node: ast.expr) -> float:
        match node:
            case ast.Constant(value=int() | float() as number):
                return float(number)
            case ast.BinOp(left, sign, right):
                return OPERATORS[type(sign)](result(left), result(right))
            case ast.Call(func=ast.Name(id=name), args=arguments):
                return FUNCTIONS[name](*(result(argument) for argument in arguments))
        raise AssertionError(f"{arithmetic!r} is more than arithmetic")

    return result(ast.parse(arithmetic, mode="eval").body)


def rows(connection: duckdb.DuckDBPyConnection, query: str) -> list[tuple[Any, ...]]:
    return connection.execute(query).fetchall()


def assert_close(made: dict[Any, tuple[Any, ...]], wanted: dict[Any, tuple[Any, ...]]) -> None:
    assert sorted(made.keys() ^ wanted.keys()) == []
    for key, row in wanted.items():
        assert made[key] == tuple(
            pytest.approx(cell, rel=1e-9, abs=1e-12) if isinstance(cell, float) else cell for cell in row
        ), key


def test_the_paper_agrees_with_itself() -> None:
    for row in paper("indicator_value"):
        assert math.isclose(worked(row["arithmetic"]), float(row["value"]), abs_tol=5e-5), row


def test_every_indicator_value(small: duckdb.DuckDBPyConnection) -> None:
    made = {
        (indicator, period, region): (value, coverage, set(filter(None, flags.split(","))), target, status)
        for indicator, period, region, value, coverage, flags, target, status in rows(
            small,
            "select indicator_id, period_id, region_id || case boundary when 'restated' then '~' else '' end, "
            "value, coverage, flag_ids, target, status from serving.indicator_series where state = 'value'",
        )
    }
    wanted = {
        (row["indicator_id"], row["period_id"], row["region_id"]): (
            worked(row["arithmetic"]),
            worked(row["coverage"]),
            set(row["flags"].split()),
            float(row["target"]) if row["target"] else None,
            row["status"],
        )
        for row in paper("indicator_value")
    }
    assert_close(made, wanted)


def test_every_absence(small: duckdb.DuckDBPyConnection) -> None:
    made = {
        (indicator, period, region): (state, reason, coverage)
        for indicator, period, region, state, reason, coverage in rows(
            small,
            "select indicator_id, period_id, region_id, state, reason, cast(coverage as double) "
            "from core.indicator_absence",
        )
    }
    wanted = {
        (row["indicator_id"], row["period_id"], region): (row["state"], row["reason"], worked(row["coverage"]))
        for row in paper("indicator_absence")
        for region in row["region_ids"].split()
    }
    assert_close(made, wanted)


def test_values_recompute_from_their_numerator_and_denominator(small: duckdb.DuckDBPyConnection) -> None:
    differing = rows(
        small,
        """
        select v.indicator_id, v.region_id, v.period_id
        from core.indicator_value as v inner join registry.indicator as i using (indicator_id, version)
        where abs(v.value - i.factor * case i.transform
            when 'growth' then v.numerator / v.denominator - 1
            when 'change' then v.numerator - v.denominator
            else v.numerator / coalesce(v.denominator, 1) end) > 1e-9
        """,
    )
    assert differing == []


def test_a_revision_keeps_both_versions(small: duckdb.DuckDBPyConnection) -> None:
    versions = rows(
        small,
        "select value, cast(known_at as varchar), revised, in_force from core.observation_version "
        "where source_code = 'visits' and region_id = '900102001' and period_id = '2022M12' order by known_at",
    )
    assert versions == [(30.0, "2023-01-10 00:00:00", 2, False), (33.0, "2023-05-10 00:00:00", 2, True)]


def test_the_note_is_that_of_the_figure_in_force(small: duckdb.DuckDBPyConnection) -> None:
    notes = rows(small, "select source_code, region_id, period_id, note from core.observation_note")
    assert notes == [("visits", "900102001", "2022M12", "counted again")]


def test_changes_on_the_period_before(small: duckdb.DuckDBPyConnection) -> None:
    """Output of the city: 350, 355, 381. Of visits, West proper and the zone have December and January."""
    made = rows(
        small,
        "select indicator_id, region_id, period_id, previous, change, change_sense from serving.indicator_series "
        "where boundary = 'at_time' and (indicator_id = 'output' and region_id = '900000' and state = 'value' "
        "or indicator_id = 'visits' and region_id in ('900103', '900102002') and period_id = '2023M01') "
        "order by 1, 2, 3",
    )
    assert made == [
        ("output", "900000", "2021", None, None, None),
        ("output", "900000", "2022", 350.0, 5.0, "better"),
        ("output", "900000", "2023", 355.0, 26.0, "better"),
        ("visits", "900102002", "2023M01", 0.0, 1.0, "better"),
        ("visits", "900103", "2023M01", 67.0, 2.0, "better"),
    ]


def test_the_latest_value_and_what_is_overdue(small: duckdb.DuckDBPyConnection) -> None:
    made = rows(
        small,
        "select indicator_id, region_id, period_id, state, value, newest_due_period_id, periods_overdue, note "
        "from serving.indicator_latest where boundary = 'at_time' and (indicator_id, region_id) in "
        "(('output', '900101'), ('output_growth', '900101'), ('visits', '900101002'), ('visits', '900102')) "
        "order by 1, 2",
    )
    assert made == [
        ("output", "900101", "2023", "value", 80.0, "2023", 0, None),
        ("output_growth", "900101", "2022", "value", pytest.approx(10.0), "2023", 0, None),
        ("visits", "900101002", "2022M12", "value", 20.0, "2023M01", 1, None),
        ("visits", "900102", "2022M12", "value", 86.0, "2023M01", 1, None),
    ]


def test_the_ranking(small: duckdb.DuckDBPyConnection) -> None:
    """Growth between the goalposts -10 and 20; output per head between the extremes of the peer area; weights 0.4, 0.6.

    2022: East 0.4 * 100 * (10 + 10) / 30 + 0.6 * 0 = 26.7; West 0.4 * 100 * (-5 + 10) / 30 + 0.6 * 100 = 66.7; North,
    alone in its area, 0.4 * 100 * (10 + 10) / 30 + 0.6 * 50 = 56.7. 2023: the boundary of East and West has changed,
    so that neither growth nor output per head can be said.
    """
    made = rows(
        small,
        'select period_id, peer_area_id, region_id, score, "rank", n_ranked, n_units, coverage, movement, reason '
        "from serving.ranking order by 1, 2, 3",
    )
    assert made == [
        ("2022", "PA-1", "900101", 26.7, 2, 2, 2, 1.0, None, None),
        ("2022", "PA-1", "900102", 66.7, 1, 2, 2, 1.0, None, None),
        ("2022", "PA-2", "900103", 56.7, 1, 1, 1, 1.0, None, None),
        ("2023", "PA-1", "900101", None, None, 0, 2, 0.0, None, "no_data"),
        ("2023", "PA-1", "900102", None, None, 0, 2, 0.0, None, "no_data"),
        ("2023", "PA-2", "900103", 56.7, 1, 1, 1, 1.0, 0, None),
    ]


def test_the_scores_below_the_ranking(small: duckdb.DuckDBPyConnection) -> None:
    made = rows(
        small,
        "select region_id, node_id, round(score, 4), weight_in_force, coverage from serving.score_series "
        "where period_id = '2022' order by 1, 2",
    )
    assert made == [
        ("900101", "output_growth", 66.6667, 0.4, 1.0),
        ("900101", "output_per_head", 0.0, 0.6, 1.0),
        ("900101", "progress", 26.6667, 1.0, 1.0),
        ("900102", "output_growth", 16.6667, 0.4, 1.0),
        ("900102", "output_per_head", 100.0, 0.6, 1.0),
        ("900102", "progress", 66.6667, 1.0, 1.0),
        ("900103", "output_growth", 66.6667, 0.4, 1.0),
        ("900103", "output_per_head", 50.0, 0.6, 1.0),
        ("900103", "progress", 56.6667, 1.0, 1.0),
    ]


def test_the_ledger_proves_every_row(small: duckdb.DuckDBPyConnection) -> None:
    """67 returns, one of them of a district that does not exist, and one correction; 3 censuses; 9 towns."""
    made = rows(
        small,
        "select feed_id, files, landed, accepted, quarantined, newest_period_id from serving.feed_health order by 1",
    )
    assert made == [
        ("bulletin", 2, 68, 67, 1, "2023Q4"),
        ("census", 1, 3, 3, 0, "2020"),
        ("divisions", 1, 9, 9, 0, "2022"),
    ]


def test_one_snapshot_throughout(small: duckdb.DuckDBPyConnection) -> None:
    tables = [name for (name,) in rows(small, "select table_name from duckdb_tables() where schema_name = 'serving'")]
    assert len(tables) > 8
    for table in tables:
        strangers = rows(
            small,
            f"select count(*) from serving.{table} where snapshot_id <> (select snapshot_id from registry.build)",
        )
        assert strangers == [(0,)], table
