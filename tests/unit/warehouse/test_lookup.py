"""What is meant by a word: an indicator, a scheme, a node of one, a unit."""

from __future__ import annotations

from collections.abc import Iterator

import duckdb
import pytest

from dagster_project.warehouse.lookup import NotFound, scheme, scheme_or_indicator, unit


@pytest.fixture
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as found:
        found.execute(
            """
            create schema serving; create schema registry;
            create table serving.catalogue as from (values
                ('growth', '增速', 'Growth'), ('ratio', '供需比', 'Supply/demand'), ('level', '水平', 'Level')
            ) as t (indicator_id, name_zh, name_en);
            create table serving.scheme as from (values
                ('city', '综合评价', 'City-wide'), ('eco', '经济评价', 'Economy'),
                ('sector_eco', '经济评价', 'Sector: Economy'), ('level', '分级', 'Tiers')
            ) as t (scheme_id, name_zh, name_en);
            create table registry.region as from (values
                ('1', 'district', '东区', 'East', '东', 'East'), ('2', 'district', '西区', 'West', '西', 'West'),
                ('3', 'town', '东区', 'East town', '东', 'East')
            ) as t (region_id, level, name_zh, name_en, short_zh, short_en);
            create table registry.period as select '2024' as period_id, date '2024-12-31' as end_date;
            create table registry.region_alias as from (values
                ('旧西', '2', date '2000-01-01', date '2030-01-01'), ('更旧', '2', date '2000-01-01', date '2010-01-01')
            ) as t (alias, region_id, valid_from, valid_to);
            """
        )
        yield found


@pytest.mark.parametrize(
    ("word", "meant"),
    [
        ("city", ("city", "")),
        ("city-wide", ("city", "")),
        ("综合评价", ("city", "")),
        ("city/ECO", ("city", "ECO")),
        ("City-wide/经济", ("city", "经济")),
        ("growth", (None, "growth")),
        ("增速", (None, "growth")),
        ("Supply/demand", (None, "ratio")),
        # An id that both have is the indicator's; the scheme goes by its name.
        ("level", (None, "level")),
        ("Tiers", ("level", "")),
    ],
)
def test_a_word_of_an_explanation(
    connection: duckdb.DuckDBPyConnection, word: str, meant: tuple[str | None, str]
) -> None:
    assert scheme_or_indicator(connection, word) == meant


@pytest.mark.parametrize(
    ("word", "said"),
    [("经济评价", "eco (经济评价), sector_eco (经济评价)"), ("citi", "did you mean city"), ("x/y", "no scheme")],
)
def test_a_word_that_is_unclear(connection: duckdb.DuckDBPyConnection, word: str, said: str) -> None:
    with pytest.raises(NotFound) as error:
        scheme_or_indicator(connection, word)
    assert said in str(error.value)


def test_a_scheme(connection: duckdb.DuckDBPyConnection) -> None:
    assert scheme(connection, "Economy") == "eco"


def test_a_unit_among_those_of_a_ranking(connection: duckdb.DuckDBPyConnection) -> None:
    """The town of the same name is not ranked; an alias counts while it was printed."""
    ids = ["1", "2"]
    for word, region in (("东区", "1"), ("East", "1"), ("2", "2"), ("旧西", "2")):
        assert unit(connection, word, "2024", "eco", ids)["region_id"] == region
    with pytest.raises(NotFound, match="no unit of eco in 2024 is called '更旧'"):
        unit(connection, "更旧", "2024", "eco", ids)
