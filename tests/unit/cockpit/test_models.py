"""The presentation models over a tiny city: what a leader reads is what serving says."""

from __future__ import annotations

import html
import re

import duckdb
import pytest

from tests.unit.cockpit import presentation, world


@pytest.fixture(scope="module")
def city() -> duckdb.DuckDBPyConnection:
    return presentation.cockpit(world.tables())


def text(markup: str) -> str:
    return html.unescape(re.sub(r"<[^>]+>", " ", markup))


def one(city: duckdb.DuckDBPyConnection, query: str) -> str:
    row = city.execute(query).fetchone()
    assert row is not None
    return str(row[0])


@pytest.mark.parametrize("model", sorted(presentation.contracts("cockpit")))
def test_models_keep_their_contracts(city: duckdb.DuckDBPyConnection, model: str) -> None:
    described = {name: kind.lower() for name, kind, *_ in city.execute(f"describe cockpit.{model}").fetchall()}
    assert described == presentation.contracts("cockpit")[model]


def test_a_tile_shows_value_change_target_status_freshness_and_flag(city: duckdb.DuckDBPyConnection) -> None:
    shown = text(one(city, "select html_en from cockpit.tile")).split()
    assert " ".join(shown) == "Name ▲ Watch 110.0 Name ▲ 10.0% on previous target 120.0 Name 2022 due by now: 2024 Name"


def test_a_tile_without_a_value_says_which_absence() -> None:
    tables = world.tables()
    tables["indicator_latest"][0] |= {"state": "missing", "value": None, "status": None, "reason": "not_received"}
    shown = one(presentation.cockpit(tables), "select html_zh from cockpit.tile")
    assert "缺报（未收到数据）" in shown
    assert "关注" not in shown


def test_zero_is_a_value() -> None:
    tables = world.tables()
    tables["indicator_latest"][0] |= {"value": 0.0}
    assert "<b>0.0</b>" in one(presentation.cockpit(tables), "select html_zh from cockpit.tile")


def test_the_map_draws_every_shape_and_says_what_is_absent(city: duckdb.DuckDBPyConnection) -> None:
    drawn = dict(city.execute("select region_id, plain_en from cockpit.map_region where place = 1").fetchall())
    assert drawn == {
        "A": "Name: 7.5 Name (2022)",
        "B": "Name: Missing (not received) (2022)",
        "C": "Name: Not applicable (not kept for this district) (2022)",
    }


def test_the_legend_counts_each_class_and_absence(city: duckdb.DuckDBPyConnection) -> None:
    legend = one(city, "select plain_en from cockpit.map_region where region_id = 'legend'")
    assert legend == "7.5 Name (1); Missing (1); Not applicable (1)"
    assert "示意图" in one(city, "select html_zh from cockpit.map_region where region_id = 'legend'")


def test_equal_values_share_a_class_and_classes_follow_the_order() -> None:
    tables = world.tables()
    figures = [3.0, 1.0, 1.0, 2.0, 5.0, 9.0]
    names = [f"D{number}" for number in range(len(figures))]
    shape = tables["region_shape"][0]
    tables["region_shape"] = [{**shape, "region_id": name} for name in names]
    tables["indicator_series"] = [world.figure(name, 2022, figure) for name, figure in zip(names, figures, strict=True)]
    connection = presentation.cockpit(tables)
    classes = dict(connection.execute("select value, class from cockpit.map_region where place = 1").fetchall())
    assert list(dict(sorted(classes.items())).values()) == ["q1", "q2", "q3", "q4", "q5"]


def test_a_period_without_any_value_is_not_offered() -> None:
    tables = world.tables()
    tables["indicator_series"] = [world.figure("A", 2022, None), world.figure("500000", 2022, 1.0)]
    assert one(presentation.cockpit(tables), "select count(*) from cockpit.map_region") == "0"


def test_the_league_puts_the_unranked_last_with_their_reason(city: duckdb.DuckDBPyConnection) -> None:
    rows = city.execute(
        "select region_id, rank, note_html_en, movement_html_en from cockpit.league order by place"
    ).fetchall()
    assert [(region, rank) for region, rank, *_ in rows] == [("A", 1), ("B", None)]
    assert text(rows[0][3]).strip() == "▲ 1"
    assert "data cover 25%, below the required 60%" in text(rows[1][2])


def test_a_peer_area_is_told_from_its_namesake() -> None:
    tables = world.tables()
    tables["region"].append(world.region("Q", "peer_2025", "peer_area", "500000", "Name"))
    tables["scheme"].append(
        {**tables["scheme"][0], "scheme_id": "d", "peer_scheme": "peer_2025", "peer_scheme_en": "of 2025"}
    )
    labels = presentation.cockpit(tables).execute("select label_en from cockpit.peer_area order by 1").fetchall()
    assert labels == [("Name (Name)",), ("Name (of 2025)",)]


def test_the_trend_takes_members_of_the_time() -> None:
    tables = world.tables()
    tables["region"][4]["valid_to"] = tables["indicator_series"][2]["period_end"].replace(year=2020)
    assert one(presentation.cockpit(tables), "select count(*) from cockpit.trend") == "0"


def test_the_banner_names_the_snapshot_and_leads_to_the_other_language(city: duckdb.DuckDBPyConnection) -> None:
    banner = one(city, "select html_zh from cockpit.banner")
    assert "快照 Name" in text(banner) and "隔离 3 行" in text(banner)
    assert 'href="/superset/dashboard/city-en/"' in banner
