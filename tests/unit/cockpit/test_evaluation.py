"""The evaluation pages over a tiny city: what serving has, with words for what is absent."""

from __future__ import annotations

import base64
import html
import re
from datetime import date
from typing import Any
from urllib.parse import unquote

import duckdb
import pytest

from tests.unit.cockpit import presentation, world

LANGUAGES = pytest.mark.parametrize("language", ["zh", "en"])


def before(**more: Any) -> dict[str, Any]:
    """The ranking of district A a year earlier."""
    ranking = world.tables()["ranking"][0]
    return {
        **ranking,
        "period_id": "2021",
        "score": 78.0,
        "rank": 2,
        "movement": None,
        "movement_reason": "first",
        **more,
    }


def moved(factor: str, points: float, places: float) -> dict[str, Any]:
    return {
        "snapshot_id": "s",
        "scheme_id": "c",
        "scheme_version": 1,
        "region_id": "A",
        "period_id": "2022",
        "previous_period_id": "2021",
        "factor": factor,
        "score_part": points,
        "rank_part": places,
    }


def two_years() -> dict[str, world.Rows]:
    """The tiny city with a period before, and the movement since split."""
    tables = world.tables()
    tables["ranking"].append(before())
    still = ["others", "revision", "definition", "boundary", "imputation"]
    tables["movement"] = [
        moved("own", 3.0, 1.5),
        moved("weights", -1.0, -0.5),
        *(moved(factor, 0.0, 0.0) for factor in still),
    ]
    tables["indicator_series"].append(world.figure("A", 2021, 7.0, period_end=date(2021, 12, 31)))
    return tables


@pytest.fixture(scope="module")
def city() -> duckdb.DuckDBPyConnection:
    return presentation.cockpit(two_years())


def text(markup: str) -> str:
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", markup)).split())


def cells(city: duckdb.DuckDBPyConnection, query: str) -> list[str]:
    return [text(str(cell)) for (cell,) in city.execute(query).fetchall()]


def test_the_interval_is_drawn_to_scale() -> None:
    """Of 11 units, the 2nd to the 6th with the rank at the 3rd: every place is 14.8 wide."""
    image = presentation.value("whisker", "3", "2", "6", "11", "en")
    assert 'alt="rank 3 (interval 2–6) of 11"' in image
    drawn = re.search(r"base64,([^\"]+)", image)
    assert drawn is not None
    svg = base64.b64decode(drawn[1]).decode()
    assert 'd="M20.8 9H80.01"' in svg  # a hundredth longer: a line of no length would not be drawn
    assert not re.search(r"\d\.\d+\.\d", svg), "two numbers run into one another: the path would jump back to the left"
    assert 'cx="35.6"' in svg


def test_without_an_interval_there_is_a_dot_alone() -> None:
    image = presentation.value("whisker", "1", "cast(null as integer)", "cast(null as integer)", "1", "zh")
    drawn = re.search(r"base64,([^\"]+)", image)
    assert drawn is not None
    svg = base64.b64decode(drawn[1]).decode()
    assert svg.count("<circle") == 1
    assert "stroke-linecap" not in svg


@pytest.mark.parametrize("name", ["渝中区", "O'Hara !?&=(x)#", "a,b:c"])
def test_a_link_carries_its_filters(name: str) -> None:
    """As the page reads it: quoted by ! before ! and ', and nothing that ends the address early."""
    macro = presentation.MODULE.page_link("/p/", ["unit", "period"], "r", "en")
    with duckdb.connect() as connection:
        found = connection.execute(f"select {macro} from (select ? as unit_en, '2024' as period_en) as r", [name])
        ((link,),) = found.fetchall()
    said = name.replace("!", "!!").replace("'", "!'")
    assert unquote(link) == (
        "/p/?native_filters=("
        f"NATIVE_FILTER-unit:(id:NATIVE_FILTER-unit,extraFormData:(filters:!((col:unit_en,op:IN,val:!('{said}')))),"
        f"filterState:(label:'{said}',value:!('{said}')),ownState:()),"
        "NATIVE_FILTER-period:(id:NATIVE_FILTER-period,extraFormData:(filters:!((col:period_en,op:IN,val:!('2024')))),"
        "filterState:(label:'2024',value:!('2024')),ownState:()))"
    )
    assert not set(link) & set('#&"<> ')


@pytest.mark.parametrize(
    ("movement", "reason", "zh", "en"),
    [
        ("2", "null", "▲ 升2位", "▲ up 2"),
        ("-3", "null", "▼ 降3位", "▼ down 3"),
        ("0", "null", "= 持平", "= same"),
        ("null", "'first'", "首次排名", "first rank"),
        ("null", "'version'", "方案换版，不可比", "scheme changed"),
        ("null", "'area'", "片区变动，不可比", "peer area changed"),
        ("null", "'not_ranked'", "—", "—"),
    ],
)
def test_a_movement_has_an_arrow_and_a_word(movement: str, reason: str, zh: str, en: str) -> None:
    for language, words in (("zh", zh), ("en", en)):
        assert presentation.value("movement_text", f"{movement}::integer", reason, language) == words


def test_units_that_cannot_be_told_apart_share_a_bracket() -> None:
    tables = world.tables()
    first = tables["ranking"][0]
    tables["ranking"] = [first, {**first, "region_id": "B", "rank": 2}]
    rows = presentation.cockpit(tables).execute("select apart_html_en from cockpit.league order by place").fetchall()
    assert [re.findall('class="apart ([a-z ]+)"', cell) for (cell,) in rows] == [["odd first"], ["odd last"]]
    assert [text(cell) for (cell,) in rows] == ["Group 1 2 units not told apart", "Group 1"]


@LANGUAGES
def test_the_league_says_who_improved_most_and_whom_a_veto_puts_last(language: str) -> None:
    tables = world.tables()
    tables["ranking"][0] |= {"most_improved": True, "vetoed": True}
    query = f"select note_html_{language} || ' ' || note_{language} from cockpit.league where region_id = 'A'"
    (note,) = cells(presentation.cockpit(tables), query)
    for words in {"zh": ("进步最大", "一票否决：列末档"), "en": ("most improved", "veto: last tier")}[language]:
        assert note.count(words) == 2, "on the page and in the export"


@LANGUAGES
def test_the_league_has_a_line_for_a_unit_of_no_peer_area(language: str) -> None:
    tables = world.tables()
    tables["ranking"][1] |= {"peer_area_id": None, "reason": "no_peer_area"}
    query = f"select peer_area_{language} from cockpit.league where region_id = 'B'"
    assert cells(presentation.cockpit(tables), query) == [{"zh": "未划入片区", "en": "In no peer area"}[language]]


def test_the_card_of_a_peer_area_counts_its_ranked(city: duckdb.DuckDBPyConnection) -> None:
    (card,) = cells(city, "select html_en from cockpit.evaluation_area where period_id = '2022' and peer_area_id = 'P'")
    assert card.startswith("Name 1 ranked of 2, groups: 1")


def test_a_large_peer_area_shows_its_first_and_last() -> None:
    tables = world.tables()
    first = tables["ranking"][0]
    names = [f"D{number:02}" for number in range(1, 31)]
    tables["ranking"] = [
        {**first, "region_id": name, "rank": place, "n_ranked": 30} for place, name in enumerate(names, start=1)
    ]
    tables["region"] += [world.region(name, "administrative", "district", "500000", name) for name in names]
    (card,) = cells(
        presentation.cockpit(tables), "select html_en from cockpit.evaluation_area where peer_area_id = 'P'"
    )
    assert re.findall(r"D\d\d", card) == [*names[:8], *names[-8:]]
    assert "… 14 between them" in card


def test_the_method_says_rule_draws_and_tiers(city: duckdb.DuckDBPyConnection) -> None:
    (method,) = cells(city, "select html_en from cockpit.evaluation_method where period_id = '2022'")
    for words in (
        "60%",
        "100 draws, seed 7",
        "share the lower number",
        "50% of the ranked",
        "0.0 points or more",
        "illustrative",
    ):
        assert words in method


def test_a_weight_that_the_data_decide_says_so(city: duckdb.DuckDBPyConnection) -> None:
    rows = cells(city, "select plain_en from cockpit.evaluation_weight where period_id = '2022' order by node_id")
    assert rows == ["Name 75.0% (Name 100.0%)", "Name from the data", "Name 100.0%"]


def test_a_unit_says_where_it_stands(city: duckdb.DuckDBPyConnection) -> None:
    (head,) = cells(city, "select html_en from cockpit.evaluation_head where region_id = 'A' and period_id = '2022'")
    for words in (
        "Rank 1 of 1 ranked",
        "1–2",
        "80.00",
        "Name 90%, Name 10%",
        "▲ up 1",
        "100% required 60%",
        "points −0.50",
    ):
        assert words in head


def test_a_unit_without_a_rank_says_why_everywhere() -> None:
    city = presentation.cockpit(two_years())
    unranked = "where region_id = 'B' and period_id = '2022'"
    why = "data cover 25%, below the required 60%"
    for model in ("evaluation_head", "evaluation_part"):
        assert why in " ".join(cells(city, f"select html_en from cockpit.{model} {unranked}"))
    assert cells(city, f"select indicator_en from cockpit.evaluation_indicator {unranked}") == [
        f"No score to compare: {why}"
    ]
    assert cells(city, f"select html_en from cockpit.evaluation_movement {unranked}") == [
        "No movement to split it has no rank in this period"
    ]


def test_the_parts_sum_to_the_score(city: duckdb.DuckDBPyConnection) -> None:
    rows = city.execute(
        "select node_id, part, gap from cockpit.evaluation_part"
        " where region_id = 'A' and period_id = '2022' order by place, node_id"
    ).fetchall()
    found = {name: part for name, part, _ in rows}
    assert found["E"] + found["F"] == found["total"] == 80.5
    # The score has the deduction in it.
    assert found["total"] + found["points"] == 80.0
    assert {name: gap for name, _, gap in rows}["total"] == 2.0


def test_points_of_the_peer_area_stand_beside_those_of_every_unit_of_it() -> None:
    """Also of a unit without any, whose parts would otherwise not meet the mean score of the area."""
    tables = world.tables()
    first = tables["ranking"][0]
    tables["ranking"] = [first, {**first, "region_id": "B", "rank": 2, "points": 0.0}]
    tables["contribution"] += [{**row, "region_id": "B"} for row in tables["contribution"] if row["region_id"] == "A"]
    found = presentation.cockpit(tables).execute(
        "select region_id, part, area_part, gap from cockpit.evaluation_part"
        " where node_id = 'points' order by region_id"
    )
    assert found.fetchall() == [("A", -0.5, -0.25, -0.25), ("B", 0.0, -0.25, 0.25)]


def test_a_part_without_a_score_is_named() -> None:
    tables = world.tables()
    del tables["contribution"][3]
    rows = cells(
        presentation.cockpit(tables),
        "select html_en from cockpit.evaluation_part where node_id = 'F' and region_id = 'A'",
    )
    assert rows == ["Name no score — —"]


def test_an_indicator_is_shown_with_its_figure_and_its_period(city: duckdb.DuckDBPyConnection) -> None:
    rows = city.execute(
        "select indicator_en, value_en, value_period_en, part, area_part, gap, gap_html_en"
        " from cockpit.evaluation_indicator where region_id = 'A' and period_id = '2022'"
    ).fetchall()
    assert [row[:-1] for row in rows] == [("Name", "7.5 Name", "2021", 60.5, 50.5, 10.0)]
    assert 'class="gapbar plus"' in rows[0][-1]


def test_an_indicator_without_a_figure_is_not_a_zero() -> None:
    tables = world.tables()
    tables["contribution"][2] |= {"score": None, "value": None, "value_period_id": None, "part": 0.0, "gap": -50.5}
    (row,) = (
        presentation.cockpit(tables)
        .execute(
            "select value_en, value_period_en, part, weight_pct, gap"
            " from cockpit.evaluation_indicator where region_id = 'A'"
        )
        .fetchall()
    )
    assert row == ("no figure: not scored", "—", None, None, -50.5)


def test_an_indicator_of_a_part_that_does_not_count_is_not_a_zero() -> None:
    tables = world.tables()
    tables["contribution"][2] |= {"weight_in_force": 0.0, "part": 0.0, "gap": -50.5}
    (row,) = (
        presentation.cockpit(tables)
        .execute("select value_en, part, weight_pct from cockpit.evaluation_indicator where region_id = 'A'")
        .fetchall()
    )
    assert row == ("its part has too little data: not counted", None, None)


def test_the_widest_gaps_are_kept_from_both_ends() -> None:
    tables = world.tables()
    gaps = [gap for gap in range(-15, 16) if gap]
    tables["scheme_node"] += [world.node(f"k{gap}", "E", 2, 0.1, "Name") for gap in gaps]
    tables["contribution"] = [
        {**world.part(f"k{gap}", "E", 20.0 + gap, 20.0), "node_kind": "indicator"} for gap in gaps
    ]
    rows = (
        presentation.cockpit(tables)
        .execute("select gap from cockpit.evaluation_indicator where region_id = 'A' order by place")
        .fetchall()
    )
    assert [gap for (gap,) in rows] == [*range(15, 5, -1), *range(-15, -5)]


@LANGUAGES
def test_a_movement_is_split_into_steps_that_lead_from_score_to_score(
    language: str, city: duckdb.DuckDBPyConnection
) -> None:
    rows = city.execute(
        f"select factor, score_part, html_{language} from cockpit.evaluation_movement"
        " where region_id = 'A' and period_id = '2022' order by place"
    ).fetchall()
    assert [factor for factor, *_ in rows] == ["before", "own", "weights", "now", "still"]
    assert sum(part for factor, part, _ in rows if factor in ("own", "weights")) == rows[3][1] == 2.0
    assert [re.findall(r'class="bar (\w+) (l\d+) (w\d+)"', markup) for *_, markup in rows[1:3]] == [
        [("plus", "l0", "w100")],
        [("minus", "l67", "w33")],
    ]
    assert [re.findall(r'class="dot (l\d+)"', rows[at][2]) for at in (0, 3)] == [["l0"], ["l67"]]
    assert ("修订" if language == "zh" else "Revised") in rows[4][2]


def test_standing_takes_each_schemes_newest_period_by_then() -> None:
    tables = two_years()
    tables["scheme"].append({**tables["scheme"][0], "scheme_id": "d", "name_zh": "D", "name_en": "D"})
    tables["ranking"].append(before(scheme_id="d"))
    rows = (
        presentation.cockpit(tables)
        .execute(
            "select period_id, scheme_id, shown_period_id"
            " from cockpit.evaluation_standing where region_id = 'A' order by 1, 2"
        )
        .fetchall()
    )
    assert rows == [("2021", "c", "2021"), ("2021", "d", "2021"), ("2022", "c", "2022"), ("2022", "d", "2021")]


def test_two_schemes_of_one_name_are_told_apart_by_how_often_they_run() -> None:
    tables = world.tables()
    tables["scheme"].append({**tables["scheme"][0], "scheme_id": "d", "name_en": "Other", "frequency": "quarter"})
    rows = (
        presentation.cockpit(tables)
        .execute("select scheme_zh, scheme_en from cockpit.evaluated_scheme order by 1")
        .fetchall()
    )
    assert rows == [("Name（季度）", "Other"), ("Name（年度）", "Name")]


def test_a_town_stands_behind_its_unit() -> None:
    tables = world.tables()
    tables["region"].append(world.region("T", "governing", "town", "A", "Town"))
    tables["ranking"].append({**tables["ranking"][1], "region_id": "T"})
    assert cells(presentation.cockpit(tables), "select unit_zh from cockpit.evaluated_unit where region_id = 'T'") == [
        "Name · Town"
    ]


def test_the_line_has_the_unit_the_mean_and_the_best(city: duckdb.DuckDBPyConnection) -> None:
    rows = city.execute(
        "select period_id, line_id, value from cockpit.evaluation_line where region_id = 'A' order by 1, 2"
    )
    assert rows.fetchall() == [
        *(("2021", name, 78.0) for name in ("best", "mean", "unit")),
        *(("2022", name, 80.0) for name in ("best", "mean", "unit")),
    ]
