"""A small world of registry frames and indicator values, worked by hand, through `score_schemes`."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pandas as pd
import pytest

from dagster_project.evaluation.memory import Memory
from dagster_project.evaluation.moves import MOVEMENT
from dagster_project.evaluation.run import CONTRIBUTION, RANKING, SCORE_SERIES, TIER_CHANCE, score_schemes
from dagster_project.scoring.scheme import SchemeError

FIRST, LAST = date(1900, 1, 1), date(9999, 12, 31)
REFORM = date(2021, 7, 1)
REQUIRED = 0.6
VERSION = ("scheme_id", "version")
FLAGS = [("suspect", 32), ("provisional", 1), ("illustrative", 256), ("imputed", 8)]
ADJUSTMENT = ("indicator_id", "kind", "points", "cap", "when", "threshold", "effect")
INDICATOR = ("indicator_id", "version", "direction", "name_zh", "name_en", "frequency", "numerator", "denominator")
TARGET = ("indicator_id", "region_id", "valid_from", "valid_to", "goal_low", "goal_high")


def world() -> dict[str, pd.DataFrame]:
    """Two peer areas. On 2021-07-01 unit C ends, D begins, and B moves from WEST to EAST. E belongs to no area."""
    scheme = {
        "scheme_id": "economy",
        "version": 2,
        "peer_scheme": "peer_2020",
        "frequency": "year",
        "unit_grain": "district",
        "boundary": "at_time",
        "scope": "group",
        "min_coverage": REQUIRED,
        "treatment": "none",
        "imputation": "none",
        "impute_periods": None,
        "decimals": 1,
        "tie_rule": "min",
        "points_cap": None,
        "draws": 0,
        "seed": 1,
        "status": "active",
        "valid_from": FIRST,
        "valid_to": LAST,
        "illustrative": False,
    }
    node = {"scheme_id": "economy", "version": 2, "aggregation": None, "normaliser": None, "bounds": None, "cap": None}
    node |= {"min_coverage": None, "weight": None, "parent_id": "all", "weighting": None, "floor": None}
    node |= {"treatment": None, "imputation": None}
    nodes = [
        node | {"node_id": "all", "parent_id": None, "aggregation": "arithmetic", "weighting": "expert"},
        node | {"node_id": "gdp_growth", "weight": 50.0, "normaliser": "minmax", "bounds": "goalposts"},
        node | {"node_id": "idle_land", "weight": 30.0, "normaliser": "minmax", "bounds": "observed"},
        node | {"node_id": "urban", "weight": 20.0, "normaliser": "target", "cap": 1.0},
    ]
    indicator = [
        ("gdp_growth", 1, "higher", "GDP 增速", "GDP growth", "year", "gdp", None),
        ("idle_land", 1, "lower", "闲置土地", "Idle land", "year", "idle", None),
        ("urban", 1, "higher", "城镇化率", "Urbanisation", "year", "urban_people", "people"),
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
        "tier": pd.DataFrame(columns=[*VERSION, "place", "tier_id", "cut", "quota"]),
        "adjustment": pd.DataFrame(columns=[*VERSION, *ADJUSTMENT]),
        "uncertainty": pd.DataFrame(columns=[*VERSION, "choice", "option"]),
        "indicator": pd.DataFrame(indicator, columns=INDICATOR),
        "measure": pd.DataFrame(
            [(name, "sum") for name in ("gdp", "idle", "urban_people", "people")], columns=["measure_id", "time_rule"]
        ),
        "target_span": pd.DataFrame(target, columns=TARGET).assign(low=None, high=None),
        "region_unit": pd.DataFrame(unit, columns=["unit_grain", "region_id", "valid_from", "valid_to"]),
        "peer_member": pd.DataFrame(
            member,
            columns=["peer_scheme_id", "peer_area_id", "unit_grain", "region_id", "valid_from", "valid_to"],
        ),
        "peer_town": pd.DataFrame(columns=["peer_scheme_id", "peer_area_id", "region_id", "valid_from", "valid_to"]),
        "period": pd.DataFrame(
            [*years, quarter],
            columns=["period_id", "grain", "year", "start_date", "end_date", "previous_id", "is_decade"],
        ),
        "flag": pd.DataFrame(
            {"flag_id": ["suspect", "provisional", "illustrative", "imputed"], "bit": [32, 1, 256, 8]}
        ),
    }


def indicator_values(*rows: tuple[str, str, str, float, float | None, int]) -> pd.DataFrame:
    found = pd.DataFrame(list(rows), columns=["indicator_id", "region_id", "period_id", "value", "target", "flags"])
    return found.assign(numerator=None, denominator=None)


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
    results = score_schemes(tables or world(), values, absences)
    return results.score_series, results.ranking


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
    gained = {name: of(ranking, name, "2019")["score"] - of(ranking, name, "2018")["score"] for name in "ABC"}
    assert max(gained, key=lambda name: gained[name]) == "C"
    best = ranking.loc[ranking["most_improved"], ["region_id", "period_id"]].to_numpy().tolist()
    assert best == [["C", "2019"]]  # nobody in a first period, nor where there is none to compare with


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
        (change("scheme", "tie_rule", 0, "random"), "tie_rule 'random' is not offered; write one of min, max, dense"),
        (change("scheme", "boundary", 0, "restated"), "boundary 'restated' is not offered; write at_time"),
        (change("scheme", "unit_grain", 0, "town"), "no units of grain town"),
        (change("scheme_node", "normaliser", 1, "z_score"), "gdp_growth: .*z_score"),
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
    tables["indicator"].loc[3] = ["gdp_growth", 2, "lower", "GDP 增速", "GDP growth", "year", "gdp", None]
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
    assert of(ranking, "A", "2021")["movement_reason"] == "version"
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


def test_why_there_is_no_movement() -> None:
    """A moved within WEST; B changed its area; D is new; C of 2020 is not ranked, and nobody was ranked before 2020."""
    _, ranking = scored()
    said = {(name, "2021"): of(ranking, name, "2021")["movement_reason"] for name in "ABD"}
    said |= {(name, "2020"): of(ranking, name, "2020")["movement_reason"] for name in "BC"}
    assert said == {
        ("A", "2021"): None,
        ("B", "2021"): "area",
        ("D", "2021"): "first",
        ("B", "2020"): "first",
        ("C", "2020"): "not_ranked",
    }


def test_ranks_at_every_aggregate() -> None:
    """The root alone, here: A second of two, C without a score; indicators have none."""
    series, _ = scored()
    rows = series[series["period_id"] == "2020"].set_index(["region_id", "node_id"])
    assert rows.loc[("A", "all"), ["rank", "n_ranked"]].tolist() == [2, 2]
    assert rows.loc[("A", "gdp_growth"), ["rank", "n_ranked"]].isna().all()


def adjusted(**rules: list[tuple[object, ...]]) -> dict[str, pd.DataFrame]:
    """Tiers by cut, at 70; urbanisation above 55 is vetoed, each point of it above 0 costs 0.1, at most 2."""
    tables = world()
    tiers = [("economy", 2, 1, "high", 70.0, None), ("economy", 2, 2, "low", None, None)]
    tables["tier"] = pd.DataFrame(tiers, columns=tables["tier"].columns)
    tables["adjustment"] = pd.DataFrame(
        [("economy", 2, *rule) for rule in rules["rules"]], columns=tables["adjustment"].columns
    )
    return tables


DEDUCTION = ("urban", "deduction", 0.1, 2.0, None, None, None)


@pytest.mark.parametrize(
    ("effect", "rank", "tier", "reason"), [("lowest_tier", 2, "low", None), ("not_ranked", None, None, "veto")]
)
def test_deductions_vetoes_and_tiers(effect: str, rank: int | None, tier: str | None, reason: str | None) -> None:
    """Of 2020, WEST: A 55 less 2, B 100 without an urban figure; A's 60 is above the veto's 55."""
    veto = ("urban", "veto", None, None, "above", 55.0, effect)
    _, ranking = scored(adjusted(rules=[DEDUCTION, veto]))
    a, b = of(ranking, "A", "2020"), of(ranking, "B", "2020")
    assert (a["rank"], a["tier_id"], a["reason"], a["points"]) == (rank, tier, reason, -2.0)
    assert (a["vetoed"], b["vetoed"]) == (True, False)
    assert a["score"] == (53.0 if rank else None)
    assert (b["rank"], b["tier_id"], b["points"]) == (1, "high", 0.0)
    if reason:
        assert (a["reason_zh"], a["reason_en"]) == ("触发一票否决", "vetoed")


def drawing(**cells: object) -> dict[str, pd.DataFrame]:
    tables = adjusted(rules=[])
    tables["scheme"] = tables["scheme"].assign(**{"draws": 64, "seed": 7, **cells})
    options = [("weights", "0.5"), ("leave_out", "one"), ("data", "spread")]
    rows = [("economy", 2, *one) for one in options]
    tables["uncertainty"] = pd.DataFrame(rows, columns=tables["uncertainty"].columns)
    return tables


def test_draws_give_intervals_groups_and_chances() -> None:
    results = score_schemes(drawing(), VALUES, NO_ABSENCES)
    a, c = of(results.ranking, "A", "2020"), of(results.ranking, "C", "2020")
    assert (a["rank_low"], a["rank_high"], a["apart"]) == (2, 2, 2)
    assert (c["rank_low"], c["rank_high"], c["apart"]) == (None, None, None)
    chance = results.tier_chance
    assert chance.groupby(["region_id", "period_id"])["probability"].sum().tolist() == pytest.approx([1.0] * 5)
    assert chance.dtypes.astype(str).to_dict() == TIER_CHANCE


def test_the_same_seed_says_the_same_and_what_is_remembered_is_not_drawn_again(tmp_path: Path) -> None:
    memory = Memory()
    first = score_schemes(drawing(), VALUES, NO_ABSENCES, memory=memory)
    memory.write(tmp_path / "kept.npz")
    again = Memory(tmp_path / "kept.npz")
    second = score_schemes(drawing(), VALUES, NO_ABSENCES, memory=again)
    assert again.hits == len(again.used) == len(memory.used) > 0
    for name, frame in first.frames.items():
        pd.testing.assert_frame_equal(second.frames[name], frame)
    other = Memory(tmp_path / "kept.npz")
    later = VALUES.copy()
    later.loc[(later["period_id"] == "2021") & (later["region_id"] == "D"), "value"] = 8.0
    score_schemes(drawing(), later, NO_ABSENCES, memory=other)
    assert other.hits == 1  # the draws of 2020; those of 2021 and the split between the two are new
    score_schemes(drawing(seed=8), VALUES, NO_ABSENCES, memory=(changed := Memory(tmp_path / "kept.npz")))
    assert changed.hits == 1  # the split, which has no seed


def test_contributions_sum_to_the_score_and_gaps_to_the_gap() -> None:
    results = score_schemes(world(), VALUES, NO_ABSENCES)
    rows = results.contribution
    assert rows.dtypes.astype(str).to_dict() == CONTRIBUTION
    leaves = rows[rows["node_kind"] == "indicator"].groupby(["region_id", "period_id"])[["part", "gap"]].sum()
    roots = rows[rows["node_id"] == "all"].set_index(["region_id", "period_id"])
    assert (leaves - roots[["part", "gap"]]).abs().to_numpy().max() < 1e-9
    assert roots["parent_id"].isna().all()
    b = rows[(rows["region_id"] == "B") & (rows["period_id"] == "2020")].set_index("node_id")
    assert (b.at["gdp_growth", "part"], b.at["gdp_growth", "gap"]) == pytest.approx((62.5, 62.5 - (62.5 + 40) / 2))
    # B has no urban figure, to which A owes 15 points: it is behind by half of them.
    assert pd.isna(b.at["urban", "score"])
    assert (b.at["urban", "part"], b.at["urban", "gap"]) == (0.0, -7.5)
    assert b.loc["gdp_growth", ["value", "value_period_id"]].tolist() == [12.0, "2020"]


def test_a_move_is_split_over_its_factors() -> None:
    results = score_schemes(world(), VALUES, NO_ABSENCES)
    rows = results.movement
    assert rows.dtypes.astype(str).to_dict() == MOVEMENT
    assert set(rows["region_id"]) == {"A"}
    assert set(rows["previous_period_id"]) == {"2020"}
    then, now = of(results.ranking, "A", "2020"), of(results.ranking, "A", "2021")
    assert rows["score_part"].sum() == pytest.approx(float(str(now["score"])) - float(str(then["score"])))
    assert rows["rank_part"].sum() == pytest.approx(float(str(now["movement"])))


def test_without_details_there_are_scores_and_ranks_alone() -> None:
    results = score_schemes(drawing(), VALUES, NO_ABSENCES, details=False)
    assert results.ranking["rank"].notna().any()
    assert results.ranking["rank_low"].isna().all()
    assert [len(results.frames[name]) for name in ("tier_chance", "contribution", "movement")] == [0, 0, 0]


def test_towns_stand_in_the_peer_area_of_their_unit() -> None:
    tables = world()
    tables["scheme"]["unit_grain"] = "town"
    towns = [(name, FIRST, LAST) for name in ("T1", "T2")]
    tables["region_unit"] = pd.DataFrame(
        [("town", *town) for town in towns], columns=["unit_grain", "region_id", "valid_from", "valid_to"]
    )
    tables["peer_town"] = pd.DataFrame(
        [("peer_2020", "WEST", *town) for town in towns], columns=tables["peer_town"].columns
    )
    rows = [
        (kpi, name, "2020", at * 5.0, 50.0, 0)
        for kpi in ("gdp_growth", "idle_land", "urban")
        for at, (name, *_) in enumerate(towns, 1)
    ]
    _, ranking = scored(tables, indicator_values(*rows))
    assert [
        (of(ranking, name, "2020")["peer_area_id"], of(ranking, name, "2020")["n_units"]) for name in ("T1", "T2")
    ] == [("WEST", 2)] * 2


def test_what_a_scheme_fills_in_is_flagged_and_weighed() -> None:
    """B's urban figure is the mean of A's 60 and C's 50; without a target of its own it still has no score."""
    tables = world()
    tables["scheme"]["imputation"] = "group_mean"
    tables["scheme_node"].loc[3, ["normaliser", "bounds", "cap"]] = ["minmax", "observed", None]
    _, ranking = scored(tables)
    a, b = of(ranking, "A", "2020"), of(ranking, "B", "2020")
    assert (a["imputed_share"], b["imputed_share"], b["coverage"]) == (0.0, 0.2, 1.0)
    assert "imputed" in str(b["flag_ids"])
