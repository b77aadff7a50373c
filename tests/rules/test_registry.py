"""The seeds: clean, true to the facts they were made from, and every planted fault found where it was planted."""

from __future__ import annotations

import csv
import shutil
from datetime import date
from pathlib import Path

import pandas as pd
import pytest

from dagster_project import registry
from dagster_project.registry.period import period_id

SEEDS = Path(__file__).resolve().parents[2] / "seeds"
TODAY = date(2026, 1, 31)
CENSUS_2020 = 32_054_159
DAYS = [
    date(1999, 12, 31),
    date(2010, 6, 18),
    date(2022, 12, 31),
    date(2025, 11, 5),
    date(2025, 11, 6),
    date(2025, 12, 31),
]


@pytest.fixture(scope="module")
def seeds() -> registry.Registry:
    return registry.load(SEEDS)


@pytest.fixture(scope="module")
def tables(seeds) -> dict[str, pd.DataFrame]:
    return registry.derive(seeds, TODAY)


def published(feed: str) -> pd.DataFrame:
    return pd.read_csv(SEEDS / "published" / feed / f"{feed}.csv", dtype="str")


def on(rows: pd.DataFrame, day: date) -> pd.DataFrame:
    stamp = pd.Timestamp(day)
    return rows[(rows["valid_from"] <= stamp) & (rows["valid_to"] >= stamp)]


def test_seeds_lint_clean(seeds):
    findings = registry.lint(seeds)
    assert not findings, "run `citydeck check`:\n" + "\n".join(map(str, findings))


def test_the_tree_is_whole(seeds, tables):
    """Lint holds the tree to its numbers and every sub-track to a KPI; here is how much hangs on it."""
    kpi = seeds["indicator"].query("status == 'active'").drop_duplicates("indicator_id")
    assert len(kpi) >= 520
    assert kpi["evaluable"].sum() > 0.3 * len(kpi)
    assert len(tables["vital_sign"]) >= 3000
    for way in ("level", "change", "growth", "share_of_parent"):
        assert (kpi["transform"] == way).any()
    assert (kpi["accumulation"] == "year_to_date").any()
    published = pd.read_csv(SEEDS / "hierarchy" / "node.csv").query("source_id == 'tracks_published'")["name_zh"]
    assert set(published) >= {"数字人大", "数字政协", "森林消防", "人大监督", "政协协商", "服务职工群众"}


# The divisions and the reform


@pytest.mark.parametrize("day", DAYS)
def test_every_town_is_in_one_district_and_one_unit(tables, day):
    towns = set(tables["region"].loc[tables["region"]["level"] == "town", "region_id"])
    assert len(towns) == 1031
    closed = on(tables["region_closure"], day)
    for grain, hierarchy in {"district": "administrative", "unit": "governing"}.items():
        units = on(tables["region_unit"], day)
        tops = units.loc[units["unit_grain"] == grain, "region_id"]
        held = closed[
            (closed["hierarchy"] == hierarchy) & closed["ancestor_id"].isin(tops) & closed["descendant_id"].isin(towns)
        ]
        assert sorted(held["descendant_id"]) == sorted(towns)


@pytest.mark.parametrize(
    ("day", "districts", "units"),
    [
        (date(2025, 10, 31), 38, 41),
        (date(2025, 11, 5), 38, 41),
        (date(2025, 11, 6), 37, 39),
        (date(2025, 12, 31), 37, 39),
    ],
)
def test_districts_and_units_before_and_after_the_reform(tables, day, districts, units):
    counts = on(tables["region_unit"], day)["unit_grain"].value_counts()
    assert (counts["district"], counts["unit"]) == (districts, units)


def towns_of(tables: dict[str, pd.DataFrame], region_id: str, day: date) -> pd.DataFrame:
    closed = on(tables["region_closure"], day)
    town = tables["region"][tables["region"]["level"] == "town"]
    held = closed.loc[(closed["hierarchy"] == "administrative") & (closed["ancestor_id"] == region_id), "descendant_id"]
    return town[town["region_id"].isin(held)]


def test_the_reform_of_2025_11_06(tables):
    after, before = date(2025, 12, 31), date(2025, 10, 31)
    new, beibei = towns_of(tables, "NEW-LJXQ", after), towns_of(tables, "500109", after)
    assert new["kind_zh"].value_counts().to_dict() == {"街道": 31, "镇": 11}
    assert beibei["kind_zh"].value_counts().to_dict() == {"镇": 11, "街道": 6}
    assert towns_of(tables, "NEW-LJXQ", before).empty
    assert towns_of(tables, "500105", after).empty
    assert towns_of(tables, "500112", after).empty
    assert [len(towns_of(tables, region_id, before)) for region_id in ("500105", "500112", "500109")] == [12, 30, 17]
    units = on(tables["region_unit"], after).query("unit_grain == 'unit'")["region_id"]
    assert {"DZ-GXQ", "DZ-WSJKQ", "NEW-LJXQ", "500109"} <= set(units)
    assert "DZ-LJXQ" not in set(units)


def test_todays_boundary_is_there_for_all_of_time(tables):
    restated = tables["region"].dropna(subset=["restated_of"])
    assert restated["region_id"].tolist() == ["500109~", "NEW-LJXQ~"]
    expected = (
        on(tables["region_expected"], date(2020, 12, 31)).query("grain == 'town'").set_index("region_id")["leaves"]
    )
    assert expected[["500109~", "NEW-LJXQ~"]].tolist() == [17, 42]


@pytest.mark.parametrize("day", DAYS)
@pytest.mark.parametrize(("scheme", "areas"), [("peer_2020", 4), ("peer_2025", 5), ("peer_air", 2)])
def test_peer_areas_hold_every_district_and_unit_once(tables, day, scheme, areas):
    members = on(tables["peer_member"], day).query("peer_scheme_id == @scheme")
    units = on(tables["region_unit"], day)
    assert members["peer_area_id"].nunique() == areas
    for grain in ("district", "unit"):
        held = members[members["unit_grain"] == grain]["region_id"]
        assert sorted(held) == sorted(units[units["unit_grain"] == grain]["region_id"])


@pytest.mark.parametrize("day", DAYS)
def test_totals_over_the_41_never_double_count(tables, day):
    """City from units, from districts and from towns: the same 1031 towns."""
    rollup, expected = on(tables["region_rollup"], day), on(tables["region_expected"], day)
    towns = expected.query("grain == 'town'").set_index("region_id")["leaves"]
    for grain in ("district", "unit"):
        parts = rollup.loc[(rollup["grain"] == grain) & (rollup["region_id"] == "500000"), "part_id"]
        assert towns[parts].sum() == 1031
    districts = rollup.query("grain == 'town' and step == 2 and region_id == '500000'")["part_id"]
    assert towns[districts].sum() == 1031


def test_a_host_district_is_its_zone_and_its_remainder(tables):
    rollup = on(tables["region_rollup"], date(2025, 12, 31)).query("grain == 'unit'")
    assert set(rollup.loc[rollup["region_id"] == "500110", "part_id"]) == {"G500110", "DZ-WSJKQ"}


# The published figures


def test_census_2020_closes_on_the_official_total():
    rows = published("census").query("year == '2020'").set_index("region")
    districts = rows.drop("重庆市")
    assert len(districts) == 38
    assert districts["population"].astype(int).sum() == CENSUS_2020 == int(rows.at["重庆市", "population"])
    assert (districts["flag"] == "unconfirmed").sum() == 7


def test_the_suspect_figures_are_flagged_and_unchanged():
    rows = published("gdp_annual").query("flag == 'suspect'")
    assert rows[["region", "year", "gdp_100m_cny"]].to_numpy().tolist() == [
        ["渝中区", "2022", "1602.76"],
        ["江北区", "2022", "1560.91"],
    ]


@pytest.mark.parametrize("feed", ["air_ranking", "bulletin", "census", "gdp_annual", "land_area", "population_annual"])
def test_every_printed_name_is_one_region_at_its_time(seeds, tables, feed):
    rows = published(feed)
    column = next(name for name in ("period", "year") if name in rows)
    # Cumulative lists such as 2019-01..09 are read at their last month.
    month = rows[column].str.extract(r"^(\d{4})-(?:\d{2}\.\.)?(\d{2})$")
    written = [period_id("month", int(year), int(number)) for year, number in month.dropna().itertuples(index=False)]
    rows.loc[month.notna().all(axis=1), column] = written
    ends = tables["period"].set_index("period_id")["end_date"]
    names = rows.melt(
        id_vars=column, value_vars=[name for name in ("region", "area") if name in rows], value_name="alias"
    )
    names = names[[column, "alias"]].drop_duplicates()
    names["end"] = names[column].map(ends)
    assert names["end"].notna().all()
    found = names.merge(seeds["region_alias"], on="alias", how="left")
    valid = found[(found["valid_from"] <= found["end"]) & (found["end"] <= found["valid_to"])]
    assert len(valid) == len(names)
    known = tables["region"].set_index("region_id")
    assert (known.loc[valid["region_id"], "valid_to"].to_numpy() >= valid["end"].to_numpy()).all()


def test_every_feed_that_is_not_simulated_has_a_file_with_known_flags_and_sources(seeds):
    folders = {path.name for path in (SEEDS / "published").iterdir()}
    assert folders == set(seeds["feed"].query("status == 'connected' and not simulated")["feed_id"])
    sources = seeds["source"].set_index("source_id")["published_on"].dt.strftime("%Y-%m-%d")
    for feed in folders:
        rows = published(feed)
        assert (rows["source_id"].map(sources) == rows["published_on"]).all()
        if "flag" in rows:
            assert set(rows["flag"].dropna().str.split(";").explode()) <= set(seeds["flag"]["flag_id"])


def test_every_source_is_used(seeds):
    connected = seeds["feed"].query("status == 'connected' and not simulated")["feed_id"]
    used = {source for feed in connected for source in published(feed)["source_id"]}
    for table in seeds:
        if table != "source" and "source_id" in seeds[table]:
            used.update(seeds[table]["source_id"].dropna())
    assert set(seeds["source"]["source_id"]) == used


def test_bulletin_items_are_those_that_measures_read(seeds):
    read = seeds["measure_source"].query("feed_id == 'bulletin'")["source_code"]
    assert set(published("bulletin")["item"]) == set(read)


def test_divisions_are_the_towns_of_the_registry(seeds):
    towns = seeds["region"].query("level == 'town'").set_index("region_id")["name_zh"]
    rows = published("divisions").set_index("town_code")
    assert rows["town_name"].to_dict() == towns.to_dict()
    assert rows["villages"].astype(int).sum() == (seeds["region"]["level"] == "village").sum() == 11_270


# Copies


def test_writing_twice_changes_nothing(seeds, tmp_path):
    first = registry.write(seeds, tmp_path, TODAY)
    times = {path.name: path.stat().st_mtime_ns for path in tmp_path.iterdir()}
    assert registry.write(seeds, tmp_path, TODAY) == first
    assert {path.name: path.stat().st_mtime_ns for path in tmp_path.iterdir()} == times
    assert len(times) == len(registry.derive(seeds, TODAY))
    assert registry.write(seeds, tmp_path, date(2025, 10, 31)) != first


# Planted faults


class Broken:
    """A copy of the seeds in which faults are planted; each remembers where it must be found."""

    def __init__(self, seeds: Path) -> None:
        self.seeds = seeds
        self.expected: list[tuple[str, int, str, str]] = []

    def rows(self, file: str) -> list[list[str]]:
        with (self.seeds / file).open(encoding="utf-8", newline="") as stream:
            return list(csv.reader(stream))

    def save(self, file: str, rows: list[list[str]]) -> None:
        with (self.seeds / file).open("w", encoding="utf-8", newline="") as stream:
            csv.writer(stream, lineterminator="\n").writerows(rows)

    def find(self, file: str, *ids: str) -> int:
        """Position of the one row that holds all these ids."""
        found = [at for at, row in enumerate(self.rows(file)) if set(ids) <= set(row)]
        assert len(found) == 1, (file, ids, found)
        return found[0]

    def expect(self, file: str, row: int, column: str, rule: str) -> None:
        self.expected.append((file, row + 1, column, rule))

    def change(self, file: str, ids: tuple[str, ...], column: str, cell: str, rule: str, at: str | None = None) -> None:
        """Write a cell; the finding is expected there, or in the column `at` of the same row."""
        rows = self.rows(file)
        row = self.find(file, *ids)
        rows[row][rows[0].index(column)] = cell
        self.save(file, rows)
        self.expect(file, row, at or column, rule)

    def append(self, file: str, copy_of: tuple[str, ...], changes: dict[str, str], column: str, rule: str) -> None:
        rows = self.rows(file)
        new = list(rows[self.find(file, *copy_of)])
        for name, cell in changes.items():
            new[rows[0].index(name)] = cell
        self.save(file, [*rows, new])
        self.expect(file, len(rows), column, rule)

    def unweigh(self, file: str) -> str:
        """Take one of the equally weighted KPIs out of the scheme, and say which."""
        header, *rows = self.rows(file)
        node, parent, weighting = (header.index(name) for name in ("node_id", "parent_id", "weighting"))
        equal = {row[node] for row in rows if row[weighting] == "equal"}
        gone = next(row for row in rows if row[parent] in equal)
        self.save(file, [header, *(row for row in rows if row is not gone)])
        return gone[node]


CELLS: list[tuple[str, tuple[str, ...], str, str, str, str | None]] = [
    ("measure/measure.csv", ("pop_urban",), "min_coverage", "lots", "bad_value", None),
    ("feed/feed.csv", ("land_area",), "owner", "", "missing_value", None),
    ("hierarchy/node.csv", ("ECO-02", "ECO"), "name_en", "", "missing_translation", None),
    ("flag/flag.csv", ("suspect",), "name_en", "存疑", "missing_translation", None),
    ("indicator/indicator.eco.csv", ("software", "ECO-04-02"), "owner", "nobody", "dangling", None),
    ("measure/measure.csv", ("software",), "unit", "furlong", "dangling", None),
    ("measure/measure.csv", ("pop_resident",), "time_rule", "sum", "stock_summed", None),
    ("measure/measure.csv", ("retail_growth",), "region_rule", "sum", "rate_summed", None),
    ("target/target.csv", ("urbanisation",), "warn", "80", "warn_beyond_target", None),
    ("target/target.csv", ("gdp_per_resident",), "goal_low", "300000", "goalposts", None),
    ("indicator/indicator.eco.csv", ("core_share",), "factor", "1", "factor_against_unit", None),
    ("indicator/indicator.soc.csv", ("village_people",), "unit_zh", "%", "unit_against_terms", "denominator"),
    ("indicator/indicator.svc.csv", ("pop_growth20",), "span_years", "10", "duplicate_meaning", "indicator_id"),
    ("indicator/indicator.svc.csv", ("registered_ratio",), "next_review", "soon", "bad_value", None),
    (
        "region/region_edge.town.csv",
        ("administrative", "500109", "500112133"),
        "valid_from",
        "2025-11-01",
        "overlap",
        None,
    ),
    ("region/region_edge.town.csv", ("DZ-WSJKQ", "500110107"), "valid_to", "2024-12-31", "town_uncovered", "child_id"),
    ("region/region_edge.csv", ("peer_2025", "500112"), "valid_to", "", "edge_outside_region", "child_id"),
    ("region/region_alias.csv", ("两江新区", "NEW-LJXQ"), "valid_from", "2025-10-01", "overlap", None),
    ("indicator/indicator.eco.csv", ("gdp_growth4y",), "span_years", "", "transform_argument", None),
    ("indicator/indicator.soc.csv", ("town_area",), "sub_track_id", "SOC-01", "node_level", None),
    ("indicator/indicator.eco.csv", ("gdp_per_km2",), "evaluable", "true", "evaluable", None),
    ("indicator/indicator.eco.csv", ("gdp_share",), "lowest_grain", "town", "finer_than_measure", None),
    ("indicator/indicator.eco.csv", ("industry_growth", "ECO-02-01"), "frequency", "month", "finer_than_measure", None),
    ("hierarchy/node.csv", ("EMG-01", "EMG"), "source_id", "", "missing_source", None),
    ("indicator/indicator.env.csv", ("ENV-01-01", "air_worst_pm"), "valid_to", "2018-12-31", "reversed_validity", None),
    ("flag/flag.csv", ("partial",), "bit", "100", "flag_bit", None),
    ("region/region.csv", ("PA-FDSQ",), "short_en", "", "missing_translation", None),
    ("hierarchy/node.csv", ("SVC-01-02",), "parent_id", "SVC", "node_level", None),
    ("hierarchy/node_level.csv", ("track",), "members", "71", "tree_count", None),
    ("body/body.csv", ("fire",), "name_zh", "市应急管理局", "same_name", None),
    ("indicator/indicator.eco.csv", ("gdp_share",), "checker", "stats", "self_checked", None),
    ("indicator/indicator.eco.csv", ("gdp_per_km2",), "due_day", "10", "due_before_feed", None),
    (
        "indicator/indicator.eco.csv",
        ("digital_core", "数字经济核心产业增加值"),
        "unit_zh",
        "%",
        "unit_against_terms",
        "denominator",
    ),
    ("indicator/indicator.soc.csv", ("town_villages",), "status", "retired", "succession", None),
    ("indicator/indicator.fac.csv", ("urban_change",), "span_periods", "1", "transform_argument", "span_years"),
    ("measure/measure_source.csv", ("digital_core", "bulletin"), "feed_id", "census", "slower_than_measure", None),
    ("scoring/scheme_node.csv", ("economy_level", "Level"), "weighting", "", "weighting", None),
    ("scoring/scheme_node.city.csv", ("ECO",), "weight", "0.5", "weighting", None),
    ("vital_sign/statistic.csv", ("alarm_minutes",), "direction", "", "sign_limits", "unit_zh"),
    ("quality/part.csv", ("abnormal_firms",), "whole_id", "gdp", "part_not_comparable", None),
    ("quality/part.csv", ("accident_reports_done",), "whole_id", "accident_reports_done", "part_of_itself", None),
]


def test_planted_faults_are_found_exactly(tmp_path):
    shutil.copytree(SEEDS, tmp_path / "seeds")
    broken = Broken(tmp_path / "seeds")
    for file, ids, column, cell, rule, at in CELLS:
        broken.change(file, ids, column, cell, rule, at)

    rows = broken.rows("body/body.csv")
    broken.save("body/body.csv", [[*rows[0], "colour"], *([*row, "red"] for row in rows[1:])])
    broken.expect("body/body.csv", 0, "colour", "unknown_column")

    rows = broken.rows("region/peer_scheme.csv")
    broken.save("region/peer_scheme.csv", [rows[0], rows[2], rows[1], *rows[3:]])
    broken.expect("region/peer_scheme.csv", 2, "peer_scheme_id", "unsorted")

    rows = broken.rows("indicator/applicability.csv")
    broken.save("indicator/applicability.csv", [*rows[:-1], [*rows[-1], "and more"]])
    broken.expect("indicator/applicability.csv", len(rows) - 1, "", "ragged_row")

    rows = broken.rows("measure/measure_source.csv")
    row = broken.find("measure/measure_source.csv", "electronics")
    broken.save("measure/measure_source.csv", rows[:row] + rows[row + 1 :])
    eco = "indicator/indicator.eco.csv"
    broken.expect(eco, broken.find(eco, "electronics", "ECO-04-02"), "numerator", "measure_without_source")

    nodes = "scoring/scheme_node.csv"
    broken.change(nodes, ("population", "pop_growth20"), "weight", "0.5", "weights", None)
    broken.expected[-1] = (nodes, broken.find(nodes, "population", "pop_growth10") + 1, "weight", "weights")

    svc = "indicator/indicator.svc.csv"
    broken.change(svc, ("pop_growth20",), "direction", "none", "scheme_direction", None)
    broken.expected[-1] = (nodes, broken.find(nodes, "pop_growth20") + 1, "node_id", "scheme_direction")

    wells = {"measure_id": "wells", "name_zh": "水井数", "name_en": "Wells"}
    broken.append("measure/measure.csv", ("villages",), wells, "measure_id", "measure_unused")
    fac = "indicator/indicator.fac.csv"
    newest = tuple(broken.rows(fac)[-1][:4])
    broken.append(fac, newest, {"version": "2"}, "valid_from", "overlap")
    last = broken.rows("source/source.csv")[-1][0]
    broken.append("source/source.csv", (last,), {}, "source_id", "duplicate_id")

    again = ["town_people", "", "1899-12-31", "renamed", "改用新口径", "a new definition"]
    broken.save("indicator/succession.csv", [*broken.rows("indicator/succession.csv"), again])
    broken.expect(
        "indicator/succession.csv", len(broken.rows("indicator/succession.csv")) - 1, "successor", "succession"
    )
    soc = "indicator/indicator.soc.csv"
    broken.expect(soc, broken.find(soc, "town_people"), "valid_from", "id_reused")

    judged = broken.rows("scoring/judgement.csv")
    broken.save("scoring/judgement.csv", [judged[0], *judged[2:]])
    city = "scoring/scheme_node.city.csv"
    broken.expect(city, broken.find(city, "全市综合评价得分"), "weighting", "judgement")

    extra = ["SVC-99-01", "sub_track", "SVC-01", "多出的子跑道", "One sub-track too many", "", "", "true", ""]
    broken.save("hierarchy/node.csv", [*broken.rows("hierarchy/node.csv"), extra])
    broken.expect(
        "hierarchy/node_level.csv", broken.find("hierarchy/node_level.csv", "sub_track"), "members", "tree_count"
    )
    broken.expect("hierarchy/node.csv", len(broken.rows("hierarchy/node.csv")) - 1, "node_id", "sub_track_empty")

    family = broken.rows("vital_sign/family.fac.csv")
    family[1][family[0].index("normal_low")] = "1e12"
    broken.save("vital_sign/family.fac.csv", family)
    broken.expect("vital_sign/family.fac.csv", 1, "normal_low", "sign_limits")

    classes = broken.rows("vital_sign/object_class.fac.csv")
    unwatched = ["zz_unwatched", *classes[-1][1:2], "无人监测之物", "Things nobody watches", *classes[-1][4:]]
    broken.save("vital_sign/object_class.fac.csv", [*classes, unwatched])
    broken.expect("vital_sign/object_class.fac.csv", len(classes), "class_id", "unused")

    unweighed = broken.unweigh("scoring/scheme_node.eco.csv")
    broken.expect(eco, broken.find(eco, unweighed, "1"), "evaluable", "unweighted")

    (broken.seeds / "indicator/indicators.csv").write_text("indicator_id\n", encoding="utf-8")
    broken.expect("indicator/indicators.csv", 0, "", "unknown_table")

    findings = registry.lint(registry.load(broken.seeds))
    assert [(one.file, one.line, one.column, one.rule) for one in findings] == sorted(broken.expected)
    assert len(findings) >= 30
    assert all(one.message and one.mend for one in findings)


@pytest.mark.parametrize(
    ("file", "ids", "column", "cell", "rules"),
    [
        ("region/region_edge.csv", ("peer_2025", "DZ-WSJKQ"), "parent_id", "P25-ZXCQ", {"peer_split", "unsorted"}),
        (
            "region/region_edge.csv",
            ("P20-ZXCQ", "peer_2020", "500103"),
            "valid_to",
            "2019-12-31",
            {"peer_uncovered"},
        ),
        (
            "region/region_edge.csv",
            ("governing", "500103"),
            "parent_id",
            "500103",
            {"edge_level", "unsorted", "town_uncovered"},
        ),
        ("scoring/scheme_node.csv", ("economy", "gdp_share"), "parent_id", "size", {"scheme_tree", "weights"}),
        ("scoring/scheme_node.csv", ("economy", "gdp_share"), "bounds", "goalposts", {"scheme_goalposts"}),
        ("scoring/scheme_node.csv", ("economy", "gdp_share"), "version", "2", {"dangling", "weights", "scheme_tree"}),
        (
            "scoring/scheme_node.csv",
            ("economy", "gdp_share"),
            "aggregation",
            "arithmetic",
            {"scheme_tree", "weighting"},
        ),
        ("scoring/scheme_node.csv", ("economy", "gdp_share"), "cap", "1", {"scheme_choice"}),
        ("scoring/scheme_node.csv", ("economy", "gdp_share"), "bounds", "", {"scheme_choice"}),
        ("scoring/scheme_node.csv", ("economy", "Level"), "aggregation", "geometric", {"scheme_choice"}),
        ("scoring/scheme_node.csv", ("economy", "Level"), "treatment", "winsorise", {"scheme_choice"}),
        ("scoring/scheme.csv", ("sector_eco", "20252"), "root_id", "ECON", {"scheme_tree"}),
        ("scoring/scheme.csv", ("town", "20252"), "tree_version", "2", {"scheme_tree", "uncertainty"}),
        ("scoring/scheme.csv", ("town", "20252"), "tree_of", "", {"scheme_tree", "uncertainty"}),
        ("scoring/scheme.csv", ("economy", "20191"), "tree_of", "city", {"scheme_tree"}),
        ("scoring/tier.csv", ("city", "2", "t3"), "quota", "0.3", {"tiers"}),
        ("scoring/tier.csv", ("city", "2", "t3"), "quota", "", {"tiers"}),
        ("scoring/tier.csv", ("city", "2", "t3"), "place", "4", {"tiers"}),
        ("scoring/tier.csv", ("city", "2", "t3"), "tier_id", "t1", {"tiers"}),
        ("scoring/adjustment.csv", ("2", "gas_accidents_year"), "points", "", {"adjustment"}),
        ("scoring/adjustment.csv", ("2", "gas_accidents_year"), "threshold", "1", {"adjustment"}),
        ("scoring/adjustment.csv", ("2", "work_accidents_large"), "effect", "", {"adjustment"}),
        ("scoring/adjustment.csv", ("2", "work_accidents_large"), "version", "3", {"dangling", "adjustment"}),
        ("scoring/uncertainty.csv", ("city", "zscore"), "option", "z", {"uncertainty"}),
        ("scoring/uncertainty.csv", ("city", "weights"), "option", "1.5", {"uncertainty"}),
        ("target/target.csv", ("gdp_growth",), "period_to", "2017", {"reversed_validity"}),
        ("measure/measure.csv", ("gdp",), "measure_id", "GDP", {"bad_id", "measure_unused", "dangling", "unsorted"}),
    ],
)
def test_a_fault_that_breaks_several_rules(tmp_path, file, ids, column, cell, rules):
    shutil.copytree(SEEDS, tmp_path / "seeds", ignore=shutil.ignore_patterns("*.village.csv", "published"))
    broken = Broken(tmp_path / "seeds")
    broken.change(file, ids, column, cell, "")
    findings = registry.lint(registry.load(broken.seeds))
    assert {one.rule for one in findings} == rules
