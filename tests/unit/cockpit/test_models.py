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
    assert (
        " ".join(shown) == "Name ▲ Watch 110.0 Name ▲ 10.0% on previous target 120.0 Name 2022 B due by now: 2024 Name"
    )


def test_a_tiles_grade_says_what_it_means_in_both_languages(city: duckdb.DuckDBPyConnection) -> None:
    badge = '<span class="grade grade-B" title="{}">B</span>'
    for language, words in (
        ("zh", "数据质量等级：B 有迟报、更正或轻微问题"),
        ("en", "Grade of the data: B late, corrected, or slight findings"),
    ):
        assert badge.format(words) in one(city, f"select html_{language} from cockpit.tile")


def test_a_tile_without_a_value_says_which_absence() -> None:
    tables = world.tables()
    tables["indicator_latest"][0] |= {
        "state": "missing",
        "value": None,
        "status": None,
        "grade": None,
        "reason": "not_received",
    }
    shown = one(presentation.cockpit(tables), "select html_zh from cockpit.tile")
    assert "缺报（未收到数据）" in shown
    assert "关注" not in shown
    assert "grade" not in shown


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
    assert text(rows[0][3]).strip() == "▲ up 1"
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


def test_a_picture_with_simulated_figures_says_so() -> None:
    """Neither a line nor a filled district has room for the flags of its figure."""
    tables = world.tables()
    marked = [{**row, "flag_ids": "estimated,simulated"} for row in tables["indicator_series"]]
    for shown, series in ((False, tables["indicator_series"]), (True, marked)):
        connection = presentation.cockpit({**tables, "indicator_series": series})
        for lang, word in (("zh", "模拟"), ("en", "simulated")):
            legend = one(connection, f"select html_{lang} from cockpit.map_region where region_id = 'legend'")
            periods = connection.execute(f"select distinct period_{lang} from cockpit.trend").fetchall()
            assert periods and {word in text for text in [legend, *(period for (period,) in periods)]} == {shown}


def test_the_banner_names_the_snapshot_and_leads_to_the_other_language(city: duckdb.DuckDBPyConnection) -> None:
    banner = one(city, "select html_zh from cockpit.banner where page = 'city'")
    assert "快照 Name" in text(banner) and "隔离 3 行" in text(banner)
    assert 'href="/superset/dashboard/city-en/"' in banner


def test_each_page_leads_to_the_others_in_its_own_language(city: duckdb.DuckDBPyConnection) -> None:
    pages = ["city", "evaluation", "quality"]
    for page in (*pages, "evaluation_unit"):
        for language, back in (("zh", "en"), ("en", "zh")):
            banner = one(city, f"select html_{language} from cockpit.banner where page = '{page}'")
            names = [f"{other}-{language}" for other in pages if other != page]
            # The way to the other language of a page about one unit is in its head, where its filters are known.
            names += [f"{page}-{back}"] if page in pages else []
            assert re.findall('href="([^"]+)"', banner) == [f"/superset/dashboard/{name}/" for name in names]


def test_big_numbers_are_those_of_the_newest_period(city: duckdb.DuckDBPyConnection) -> None:
    assert dict(city.execute("select figure_id, plain_en from cockpit.quality_tile").fetchall()) == {
        "pass_rate": "Governance pass rate: 80.00% (newest period of 1 returns: 80 of 100 cells)",
        "open": "Findings open: 1 (■ high 1 · ▲ medium 0 · ● low 0 · corrected 1 · accepted 0)",
        "feeds_d": "Feeds graded D: 1 (newest period: A 0 · B 0 · C 0)",
        "values_a": "City indicators graded A: 0.0% (newest values of 1: B 1 · C 0 · D 0)",
    }


def test_big_numbers_stand_where_nothing_was_returned() -> None:
    tables = world.tables() | {"feed_quality": [], "unit_quality": [], "finding": []}
    shown = presentation.cockpit(tables).execute("select plain_en from cockpit.quality_tile order by place").fetchall()
    assert [plain.split(" (")[0] for (plain,) in shown[:3]] == [
        "Governance pass rate: —",
        "Findings open: 0",
        "Feeds graded D: 0",
    ]


def test_the_pass_rate_of_a_month_is_of_all_returns_together() -> None:
    tables = world.tables()
    quarter = {**world.quality(6, 20, "Q"), "feed_id": "q", "period_id": "2025Q2", "period_grain": "quarter"}
    tables["feed_quality"].append(quarter)
    tables["feed_quality"].append({**quarter, "feed_id": "statement", "expected": None, "pass_rate": None})
    rows = presentation.cockpit(tables).execute(
        "select line_id, month_id, pass_pct from cockpit.quality_month order by 1, 2"
    )
    assert rows.fetchall() == [
        ("all", "2025M05", 100.0),
        ("all", "2025M06", 50.0),
        ("f", "2025M05", 100.0),
        ("f", "2025M06", 80.0),
    ]


def test_the_heat_map_has_a_cell_for_each_unit(city: duckdb.DuckDBPyConnection) -> None:
    row = one(city, "select html_en from cockpit.quality_heat where feed_id = 'f'")
    assert re.findall('class="cell ([a-z]+)" title="([^"]+)">([^<]*)<', row) == [
        ("full", "Name: 60 of 60 cells, 0 late, findings open: 0", ""),
        ("late", "Name: 20 of 20 cells, 2 late, findings open: 1", "•"),
        ("none", "Name: 0 of 20 cells, 0 late, findings open: 0", "0"),
    ]
    assert (
        one(city, "select plain_en from cockpit.quality_heat where feed_id = 'f'") == "Name, 2025-06: 80 of 100 cells"
    )


def test_what_is_not_whole_never_reads_as_whole() -> None:
    tables = world.tables()
    tables["unit_quality"] = [{**world.received("u", 9999, 0, "Name"), "expected": 10000}]
    tables["feed_quality"] = [{**world.quality(6, 99999, "Name"), "expected": 100000, "pass_rate": 0.99999}]
    made = presentation.cockpit(tables)
    assert ">99<" in one(made, "select html_en from cockpit.quality_heat where feed_id = 'f'")
    assert one(made, "select pass_rate_pct from cockpit.quality_feed") == "99.9"
    assert "99.99%" in one(made, "select plain_en from cockpit.quality_tile where place = 1")


def test_findings_that_are_open_come_first(city: duckdb.DuckDBPyConnection) -> None:
    columns = "finding_id, dimension_zh, severity_en, unit_en, mark_zh, period_en"
    assert city.execute(f"select {columns} from cockpit.finding_line order by place").fetchall() == [
        ("f1", "有效性", "High", "Name", "待处置", "2025-06"),
        ("f2", "有效性", "Low", "Name", "已更正", "2025-06"),
    ]
