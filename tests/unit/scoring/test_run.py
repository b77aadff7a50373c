"""A small world of registry frames and indicator values, worked by hand, through `score_schemes`."""

from __future__ import annotations

from datetime import date

import pandas as pd
import pytest

from dagster_project.scoring.run import RANKING, SCORE_SERIES, score_schemes
from dagster_project.scoring.scheme import SchemeError

FIRST, LAST = date(1900, 1, 1), date(9999, 12, 31)
REFORM = date(2021, 7, 1)
REQUIRED = 0.6


def world() -> dict[str, pd.DataFrame]:
    """Two peer areas. On 2021-07-01 unit C ends, D begins, and B moves from WEST to EAST. E belongs to no area."""
    scheme = {
        "scheme_id": "economy",
        "version": 2,
        "peer_scheme": "peer_2020",
        "frequency": "year",
        "unit_grain": "district",
        "boundary": "at_time",
        "min_coverage": REQUIRED,
        "decimals": 1,
        "tie_rule": "min",
        "status": "active",
        "valid_from": FIRST,
        "valid_to": LAST,
        "illustrative": False,
    }
    node = {"scheme_id": "economy", "version": 2, "aggregation": None, "normaliser": None, "bounds": None, "cap": None}
    node |= {"min_coverage": None, "weight": None, "parent_id": "all"}
    nodes = [
        node | {"node_id": "all", "parent_id": None, "aggregation": "arithmetic"},
        node | {"node_id": "gdp_growth", "weight": 50.0, "normaliser": "minmax", "bounds": "goalposts"},
        node | {"node_id": "idle_land", "weight": 30.0, "normaliser": "minmax", "bounds": "observed"},
        node | {"node_id": "urban", "weight": 20.0, "normaliser": "target", "cap": 1.0},
    ]
    indicator = [
        ("gdp_growth", 1, "higher", "GDP 增速", "GDP growth"),
        ("idle_land", 1, "lower", "闲置土地", "Idle land"),
        ("urban", 1, "higher", "城镇化率", "Urbanisation"),
    ]
    target = [
        ("gdp_growth", "A", date(2021, 1, 1), LAST, 0.0, 20.0),
        ("gdp_growth", "*", FIRST, LAST, 0.0, 10.0),
        ("urban", "*", FIRST, LAST, None, None),
    ]
    member = [
        ("peer_2020", "WEST", "district", "A", FIRST, LAST),
        ("peer_2020", "WEST", "district", "B", FIRST, date(2021, 6, 30)),
        ("peer_2020", "EAST", "district", "B", REFORM, LAST),
        ("peer_2020", "WEST", "district", "C", FIRST, date(2021, 6, 30)),
        ("peer_2020", "WEST", "district", "D", REFORM, LAST),
        ("peer_2025", "OTHER", "district", "A", FIRST, LAST),
    ]
    unit = [("district", name, FIRST, LAST) for name in "ABE"]
    unit += [("district", "C", FIRST, date(2021, 6, 30)), ("district", "D", REFORM, LAST), ("unit", "Z", FIRST, LAST)]
    years = [(str(y), "year", y, date(y, 1, 1), date(y, 12, 31), str(y - 1), y % 10 == 0) for y in range(2010, 2024)]
    quarter = ("2021Q1", "quarter", 2021, date(2021, 1, 1), date(2021, 3, 31), "2020Q4", False)
    return {
        "scheme": pd.DataFrame([scheme]),
        "scheme_node": pd.DataFrame(nodes),
        "indicator": pd.DataFrame(indicator, columns=["indicator_id", "version", "direction", "name_zh", "name_en"]),
        "target_span": pd.DataFrame(
            target, columns=["indicator_id", "region_id", "valid_from", "valid_to", "goal_low", "goal_high"]
        ),
        "region_unit": pd.DataFrame(unit, columns=["unit_grain", "region_id", "valid_from", "valid_to"]),
        "peer_member": pd.DataFrame(
            member,
            columns=["peer_scheme_id", "peer_area_id", "unit_grain", "region_id", "valid_from", "valid_to"],
        ),
        "period": pd.DataFrame(
            [*years, quarter],
            columns=["period_id", "grain", "year", "start_date", "end_date", "previous_id", "is_decade"],
        ),
        "flag": pd.DataFrame({"flag_id": ["suspect", "provisional", "illustrative"], "bit": [32, 1, 256]}),
    }


def indicator_values(*rows: tuple[str, str, str, float, float | None, int]) -> pd.DataFrame:
    return pd.DataFrame(list(rows), columns=["indicator_id", "region_id", "period_id", "value", "target", "flags"])


VALUES = indicator_values(
    ("gdp_growth", "A", "2020", 8.0, None, 1),
    ("idle_land", "A", "2020", 30.0, None, 32),
    ("urban", "A", "2020", 60.0, 80.0, 0),
    ("gdp_growth", "B", "2020", 12.0, None, 0),
    ("idle_land", "B", "2020", 10.0, None, 0),
    ("gdp_growth", "C", "2020", 5.0, None, 0),
    ("urban", "C", "2020", 50.0, None, 0),
    ("gdp_growth", "A", "2021", 8.0, None, 0),
    ("idle_land", "A", "2021", 30.0, None, 0),
    ("gdp_growth", "B", "2021", 9.0, None, 0),
    ("idle_land", "B", "2021", 9.0, None, 0),
    ("gdp_growth", "D", "2021", 9.0, None, 0),
    ("idle_land", "D", "2021", 30.0, None, 0),
    ("gdp_growth", "A", "2021Q1", 1.0, None, 0),
    ("gdp_growth", "500000", "2023", 6.1, None, 0),
)
NO_ABSENCES = pd.DataFrame(columns=["indicator_id", "region_id", "period_id", "state"])


def scored(
    tables: dict[str, pd.DataFrame] | None = None,
    values: pd.DataFrame = VALUES,
    absences: pd.DataFrame = NO_ABSENCES,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    return score_schemes(tables or world(), values, absences)


def of(ranking: pd.DataFrame, region_id: str, period_id: str) -> dict[str, object]:
    rows = ranking[(ranking["region_id"] == region_id) & (ranking["period_id"] == period_id)]
    (row,) = rows.to_dict("records")
    return {str(column): None if pd.isna(cell) else cell for column, cell in row.items()}


def test_ranking_by_hand() -> None:
    """2020, WEST: A 80*.5 + 0*.3 + 75*.2 = 55; B 100 and 100 over 80% of the weight = 100; C only half covered."""
    _, ranking = scored()
    a, b, c = (of(ranking, name, "2020") for name in "ABC")
    assert (a["score"], a["rank"], a["coverage"], a["movement"]) == (55.0, 2, 1.0, None)
    assert (b["score"], b["rank"], b["coverage"]) == (100.0, 1, 0.8)
    assert (c["score"], c["rank"], c["coverage"], c["reason"]) == (None, None, 0.5, "coverage")
    assert {(r["n_ranked"], r["n_units"], r["peer_area_id"]) for r in (a, b, c)} == {(2, 3, "WEST")}
    assert (a["scheme_version"], a["peer_scheme"], a["reason"], a["reason_zh"]) == (2, "peer_2020", None, None)


def test_flags_of_the_values_that_entered() -> None:
    _, ranking = scored()
    assert (of(ranking, "A", "2020")["flags"], of(ranking, "A", "2020")["flag_ids"]) == (33, "provisional,suspect")
    assert (of(ranking, "B", "2020")["flags"], of(ranking, "B", "2020")["flag_ids"]) == (0, "")


def test_an_illustrative_scheme_flags_every_row() -> None:
    tables = world()
    tables["scheme"]["illustrative"] = True
    _, ranking = scored(tables)
    assert of(ranking, "A", "2020")["flag_ids"] == "provisional,suspect,illustrative"


def test_reasons_name_the_missing_indicators_in_both_languages() -> None:
    _, ranking = scored()
    c = of(ranking, "C", "2020")
    assert c["reason_zh"] == (
        "缺少 3 项指标中的 2 项（闲置土地、城镇化率（有值，无目标或界值）），覆盖率 50% 低于要求的 60%"
    )
    assert c["reason_en"] == (
        "2 of 3 indicators missing (Idle land, Urbanisation (has a value, but no target or goalposts)); "
        "coverage 50% is below the required 60%"
    )


def test_a_unit_without_any_value_and_one_without_peer_area_are_listed() -> None:
    tables = world()
    tables["region_unit"].loc[len(tables["region_unit"])] = ["district", "F", FIRST, LAST]
    tables["peer_member"].loc[len(tables["peer_member"])] = ["peer_2020", "EAST", "district", "F", FIRST, LAST]
    _, ranking = scored(tables)
    f, e = of(ranking, "F", "2020"), of(ranking, "E", "2020")
    assert (f["reason"], f["n_ranked"], f["n_units"]) == ("no_data", 0, 1)
    assert f["reason_zh"] == "缺少 3 项指标中的 3 项（GDP 增速、闲置土地、城镇化率），覆盖率 0% 低于要求的 60%"
    assert (e["reason"], e["peer_area_id"], e["reason_en"]) == (
        "no_peer_area",
        None,
        "in no peer area in this period",
    )


def test_units_and_areas_are_those_in_force_at_the_end_of_the_period() -> None:
    """2021: goalposts 0..20 for A only; idle land equal. A (40*.5 + 50*.3)/.8 = 43.75, D (90*.5 + 50*.3)/.8 = 75."""
    _, ranking = scored()
    assert sorted(ranking.loc[ranking["period_id"] == "2020", "region_id"]) == ["A", "B", "C", "E"]
    assert sorted(ranking.loc[ranking["period_id"] == "2021", "region_id"]) == ["A", "B", "D", "E"]
    a, b, d = (of(ranking, name, "2021") for name in "ABD")
    assert (a["peer_area_id"], a["score"], a["rank"]) == ("WEST", 43.8, 2)
    assert (d["peer_area_id"], d["score"], d["rank"]) == ("WEST", 75.0, 1)
    assert (b["peer_area_id"], b["score"], b["rank"], b["n_units"]) == ("EAST", 75.0, 1, 1)


def test_movement_needs_two_ranks_in_the_same_peer_area() -> None:
    """A was second and is second; B changed its area; D is new."""
    _, ranking = scored()
    moved = {name: of(ranking, name, "2021")["movement"] for name in "ABD"}
    assert moved == {"A": 0, "B": None, "D": None}


def test_movement_is_positive_upwards() -> None:
    values = indicator_values(
        *(("gdp_growth", region, "2018", value, None, 0) for region, value in (("A", 9.0), ("B", 5.0), ("C", 1.0))),
        *(("gdp_growth", region, "2019", value, None, 0) for region, value in (("A", 1.0), ("B", 5.0), ("C", 9.0))),
        *(("gdp_growth", region, "2022", value, None, 0) for region, value in (("A", 1.0), ("D", 9.0))),
    )
    tables = world()
    tables["scheme"]["min_coverage"] = 0.5
    _, ranking = scored(tables, values)
    assert [of(ranking, name, "2019")["movement"] for name in "ABC"] == [-2, 0, 2]
    assert of(ranking, "A", "2022")["movement"] is None  # 2021 has no ranking to compare with


def test_only_periods_of_the_frequency_in_which_a_unit_has_a_value() -> None:
    _, ranking = scored()
    assert sorted(set(ranking["period_id"])) == ["2020", "2021"]


def test_decade_schemes_compare_with_the_decade_before() -> None:
    tables = world()
    tables["scheme"]["frequency"] = "decade"
    tables["scheme"]["min_coverage"] = 0.5
    earlier = [("gdp_growth", region, "2010", value, None, 0) for region, value in (("A", 9.0), ("B", 1.0), ("C", 5.0))]
    _, ranking = scored(tables, pd.concat([VALUES, indicator_values(*earlier)]))
    assert sorted(set(ranking["period_id"])) == ["2010", "2020"]
    assert {name: of(ranking, name, "2020")["movement"] for name in "ABC"} == {"A": -1, "B": 2, "C": -1}


def test_scheme_validity_and_status() -> None:
    tables = world()
    tables["scheme"]["valid_to"] = date(2020, 12, 31)
    assert set(scored(tables)[1]["period_id"]) == {"2020"}
    tables["scheme"]["status"] = "draft"
    series, ranking = scored(tables)
    assert (len(series), len(ranking)) == (0, 0)
    assert list(series.columns) == list(SCORE_SERIES)
    assert list(ranking.columns) == list(RANKING)


def test_not_applicable_is_not_missing() -> None:
    """C without urbanisation by rule: 50 of 80 are covered, 62.5%."""
    absences = pd.DataFrame(
        {
            "indicator_id": ["urban", "idle_land"],
            "region_id": ["C", "C"],
            "period_id": ["2020", "2020"],
            "state": ["not_applicable", "missing"],
        }
    )
    values = VALUES[~((VALUES["region_id"] == "C") & (VALUES["indicator_id"] == "urban"))]
    _, ranking = scored(values=values, absences=absences)
    c = of(ranking, "C", "2020")
    assert (c["coverage"], c["score"], c["rank"]) == (0.625, 50.0, 3)


def test_nothing_applies() -> None:
    absences = pd.DataFrame(
        [(name, "C", "2020", "not_applicable") for name in ("gdp_growth", "idle_land", "urban")],
        columns=["indicator_id", "region_id", "period_id", "state"],
    )
    _, ranking = scored(values=VALUES[VALUES["region_id"] != "C"], absences=absences)
    c = of(ranking, "C", "2020")
    assert (c["reason"], c["reason_zh"]) == ("no_data", "所有指标均不适用")


def test_score_series_holds_every_node_that_has_a_score() -> None:
    series, _ = scored()
    rows = series[(series["region_id"] == "A") & (series["period_id"] == "2020")].set_index("node_id")
    assert rows["score"].round(9).to_dict() == {"gdp_growth": 80, "idle_land": 0, "urban": 75, "all": 55}
    assert rows["weight_in_force"].round(9).to_dict() == {"gdp_growth": 0.5, "idle_land": 0.3, "urban": 0.2, "all": 1}
    assert rows["node_kind"].to_dict()["all"] == "aggregate"
    assert set(rows["node_kind"].drop("all")) == {"indicator"}
    c = series[(series["region_id"] == "C") & (series["period_id"] == "2020")]
    assert c["node_id"].tolist() == ["gdp_growth"]
    assert c["weight_in_force"].isna().all()
    assert not series.duplicated(["scheme_id", "node_id", "region_id", "period_id"]).any()


def test_frames_have_the_declared_types() -> None:
    series, ranking = scored()
    assert series.dtypes.astype(str).to_dict() == SCORE_SERIES
    assert ranking.dtypes.astype(str).to_dict() == RANKING


def test_dates_may_be_timestamps() -> None:
    tables = world()
    for table in ("scheme", "region_unit", "peer_member", "period", "target_span"):
        for column in tables[table].columns.intersection(["valid_from", "valid_to", "start_date", "end_date"]):
            tables[table][column] = tables[table][column].astype("datetime64[us]")
    pd.testing.assert_frame_equal(scored(tables)[1], scored()[1])


def change(table: str, column: str, row: int, value: object) -> dict[str, pd.DataFrame]:
    tables = world()
    tables[table][column] = tables[table][column].astype(object)
    tables[table].loc[row, column] = value
    return tables


@pytest.mark.parametrize(
    ("tables", "said"),
    [
        (change("scheme", "tie_rule", 0, "max"), "tie_rule 'max' is not offered; write min"),
        (change("scheme", "boundary", 0, "restated"), "boundary 'restated' is not offered; write at_time"),
        (change("scheme", "unit_grain", 0, "town"), "no units of grain town"),
        (change("scheme_node", "normaliser", 1, "z_score"), "gdp_growth: .*z_score"),
        (change("scheme_node", "bounds", 3, "observed"), "urban: .*normaliser target alone"),
        (change("scheme_node", "node_id", 1, "gpd_growth"), "gpd_growth is not in the registry"),
        (change("scheme_node", "parent_id", 1, "economy"), "gdp_growth has parent economy"),
        (change("indicator", "direction", 0, "target_best"), "gdp_growth has the direction target_best"),
        (change("target_span", "goal_low", 1, 10.0), "goalposts not low < high in gdp_growth"),
    ],
)
def test_refusals(tables: dict[str, pd.DataFrame], said: str) -> None:
    with pytest.raises(SchemeError, match=said):
        scored(tables)


def test_two_directions_of_one_indicator_are_refused() -> None:
    tables = world()
    tables["indicator"].loc[3] = ["gdp_growth", 2, "lower", "GDP 增速", "GDP growth"]
    with pytest.raises(SchemeError, match="gdp_growth has the direction higher and lower"):
        scored(tables)


def two_versions(first_ends: date) -> dict[str, pd.DataFrame]:
    """Version 1 ranks by GDP growth alone."""
    tables = world()
    node = tables["scheme_node"]
    first = node[node["node_id"].isin(["all", "gdp_growth"])].assign(version=1)
    tables["scheme_node"] = pd.concat([first, node], ignore_index=True)
    old = tables["scheme"].assign(version=1, valid_to=first_ends)
    new = tables["scheme"].assign(valid_from=REFORM)
    tables["scheme"] = pd.concat([old, new], ignore_index=True)
    return tables


def test_each_period_is_ranked_by_the_version_in_force() -> None:
    _, ranking = scored(two_versions(date(2020, 12, 31)))
    assert (of(ranking, "A", "2020")["scheme_version"], of(ranking, "A", "2020")["score"]) == (1, 80.0)
    assert (of(ranking, "A", "2021")["scheme_version"], of(ranking, "A", "2021")["score"]) == (2, 43.8)
    assert ranking["movement"].isna().all()  # ranks of two versions are not compared


def test_two_versions_for_one_period_are_refused() -> None:
    with pytest.raises(SchemeError, match=r"two versions of a scheme rank one period: \['economy', '2021'\]"):
        scored(two_versions(date(2022, 12, 31)))


def test_two_values_for_one_key_are_refused() -> None:
    with pytest.raises(SchemeError, match=r"several values for \['gdp_growth', 'A', '2020'\]"):
        scored(values=pd.concat([VALUES, VALUES.head(1)]))


def test_a_period_without_units_is_refused() -> None:
    tables = world()
    tables["region_unit"]["valid_from"] = date(2021, 1, 1)
    with pytest.raises(SchemeError, match=r"no unit of grain district is in force at the end of \['2020'\]"):
        scored(tables)


def test_an_active_scheme_without_values_ranks_nothing() -> None:
    series, ranking = scored(values=VALUES.head(0))
    assert (len(series), len(ranking)) == (0, 0)
    assert ranking.dtypes.astype(str).to_dict() == RANKING
