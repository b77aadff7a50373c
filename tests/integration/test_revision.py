"""The published figures through a reform and a correction: what was known then stays askable, what changed says so."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest

from dagster_project.warehouse.explain import explain
from tests.integration.conftest import AFTER, BEFORE, Story

YUZHONG, JIANGBEI = "500103", "500105"


def ranking_of(story: Story, *arguments: str) -> dict[str, dict[str, Any]]:
    """The league of 2022 by region, as a program reads it from the command line."""
    found = story.deck.json("ranking", "--scheme", "economy", "--period", "2022", *arguments, today=AFTER)
    return {row["region_id"]: row for row in found}


def test_the_correction_moves_the_ranking_and_says_so(story: Story) -> None:
    now, then = ranking_of(story), ranking_of(story, "--as-of", BEFORE)
    for region in (YUZHONG, JIANGBEI):
        assert now[region]["score"] != then[region]["score"]
        assert {"revised"} <= set(now[region]["flag_ids"].split(","))
        assert "suspect" not in now[region]["flag_ids"]
        assert "suspect" in then[region]["flag_ids"] and "revised" not in then[region]["flag_ids"]
    assert now[JIANGBEI]["score"] > then[JIANGBEI]["score"]
    assert now[YUZHONG]["score"] < then[YUZHONG]["score"]
    unmoved = [region for region in now if "revised" not in now[region]["flag_ids"]]
    assert len(unmoved) == len(now) - 2


def test_the_tile_shows_the_new_value_flagged_and_without_the_old_remark(story: Story) -> None:
    with story.deck.serving() as connection:
        rows = connection.execute(
            "select region_id, value, flag_ids, note from serving.indicator_latest "
            "where indicator_id = 'gdp' and region_id in (?, ?) and boundary = 'at_time' order by region_id",
            [YUZHONG, JIANGBEI],
        ).fetchall()
    assert rows == [(YUZHONG, 1560.91, "revised", None), (JIANGBEI, 1602.76, "revised", None)]


def test_explain_shows_both_versions_and_which_is_in_force(story: Story) -> None:
    told = story.deck.json("explain", "gdp", "江北区", "2022", today=AFTER)
    assert told["agrees"] is True and told["value"] == 1602.76
    submissions = told["terms"][0]["parts"][0]["submissions"]
    assert [(s["file"], s["value"], s["in_force"]) for s in submissions] == [
        ("gdp_corrected.csv", 1602.76, True),
        ("gdp_annual.csv", 1560.91, False),
    ]
    before = story.deck.json("explain", "gdp", "江北区", "2022", "--as-of", BEFORE, today=AFTER)
    assert before["value"] == 1560.91 and before["agrees"] is True


def test_as_of_before_the_correction_is_what_was_built_before_it(story: Story) -> None:
    """Table by table, but for what counts landed files, what they hand in (known or not), and what names the build.

    Ratios of floating-point numbers may end in other digits, hence the rounding.
    """
    with story.deck.warehouse(story.as_of) as connection:
        old = story.deck.data / "warehouse" / story.before / "warehouse.duckdb"
        connection.execute(f"attach '{old}' as built_then (read_only)")
        tables: dict[str, list[str]] = {}
        for table, column, kind in connection.execute(
            "select c.schema_name || '.' || c.table_name, c.column_name, c.data_type "
            "from duckdb_columns() as c inner join duckdb_tables() as t using (table_oid, database_name) "
            "where database_name = 'built_then' and c.schema_name in ('core', 'serving') "
            "and c.column_name <> 'snapshot_id' "
            "and c.table_name not in "
            "('snapshot', 'feed_health', 'observation_version', 'submission', 'repeated_key')"
        ).fetchall():
            shown = f'round("{column}", 6)' if kind == "DOUBLE" else f'"{column}"'
            tables.setdefault(table, []).append(shown)
        assert len(tables) > 20
        other = [
            table
            for table, columns in tables.items()
            if connection.execute(
                f"with now as (select {', '.join(columns)} from {table}), "
                f"built as (select {', '.join(columns)} from built_then.{table}) "
                "select count(*) from ((from now except all from built) union all (from built except all from now))"
            ).fetchone()
            != (0,)
        ]
    assert other == []


def test_building_again_with_nothing_new_keeps_the_snapshot(story: Story) -> None:
    served = story.deck.data / "serving" / "current.duckdb"
    file = served.resolve()
    before = (file, file.stat().st_mtime_ns, file.stat().st_ino)
    assert story.deck.build(AFTER) == story.after
    file = served.resolve()
    assert (file, file.stat().st_mtime_ns, file.stat().st_ino) == before


@pytest.mark.parametrize(("as_of", "districts", "units"), [(BEFORE, 38, 41), (None, 37, 39)])
def test_status_counts(story: Story, as_of: str | None, districts: int, units: int) -> None:
    told = story.deck.json("status", *(["--as-of", as_of] if as_of else []), today=AFTER)
    assert {"sectors", "tracks", "sub_tracks", "kpis", "evaluable_kpis", "vital_signs"} <= told.keys()
    assert {"regions", "feeds", "snapshot_id", "known_at", "built_at", "services"} <= told.keys()
    assert told["snapshot_id"] == (story.as_of if as_of else story.after)
    assert told["known_at"].startswith(as_of or AFTER)
    assert (told["sectors"], told["tracks"], told["sub_tracks"]) == (8, 70, 255)
    assert told["kpis"] >= 520 and told["vital_signs"] >= 3000
    assert 0.3 * told["kpis"] < told["evaluable_kpis"] <= told["kpis"]
    assert told["regions"]["administrative"] == {"city": 1, "district": districts, "town": 1031, "village": 11270}
    assert told["regions"]["governing"] == {"city": 1, "unit": units, "town": 1031}
    assert told["feeds"]["gdp_annual"] == {"files": 2, "landed": 232, "accepted": 232, "quarantined": 0}
    for feed in told["feeds"].values():
        assert feed["landed"] == feed["accepted"] + feed["quarantined"]
    assert {service["state"] for service in told["services"].values()} == {"stopped"}


def test_towns_on_the_boundaries_of_the_time_and_on_todays(story: Story) -> None:
    with story.deck.serving() as connection:
        rows = connection.execute(
            "select region_id, boundary, period_id, state, value from serving.indicator_series "
            "where indicator_id = 'towns' and region_id in ('NEW-LJXQ', '500109', '500105', '500112') "
            "and period_id in ('2025M10', '2025M12')"
        ).fetchall()
    found = {(region, boundary, period): (state, value) for region, boundary, period, state, value in rows}
    assert found == {
        ("500105", "at_time", "2025M10"): ("value", 12.0),
        ("500112", "at_time", "2025M10"): ("value", 30.0),
        ("500109", "at_time", "2025M10"): ("value", 17.0),
        ("500109", "at_time", "2025M12"): ("value", 17.0),
        ("NEW-LJXQ", "at_time", "2025M12"): ("value", 42.0),
        ("500109", "restated", "2025M10"): ("value", 17.0),
        ("500109", "restated", "2025M12"): ("value", 17.0),
        ("NEW-LJXQ", "restated", "2025M10"): ("value", 42.0),
        ("NEW-LJXQ", "restated", "2025M12"): ("value", 42.0),
    }


@pytest.mark.parametrize(
    ("region", "period", "kinds"),
    [("NEW-LJXQ", "2025-12-31", {"街道": 31, "镇": 11}), ("500109", "2025-12-31", {"街道": 6, "镇": 11})],
)
def test_kinds_of_towns(story: Story, region: str, period: str, kinds: dict[str, int]) -> None:
    with story.deck.warehouse(story.after) as connection:
        rows = connection.execute(
            "select r.kind_zh, count(*) from registry.region_closure as c "
            "inner join registry.region as r on c.descendant_id = r.region_id and r.level = 'town' "
            "where c.hierarchy = 'administrative' and c.ancestor_id = ? "
            "and cast(? as date) between c.valid_from and c.valid_to group by r.kind_zh",
            [region, period],
        ).fetchall()
    assert dict(rows) == kinds


def test_totals_of_the_city_are_those_of_its_parts(story: Story) -> None:
    """1031 towns, whether the districts or the governing units are added up."""
    with story.deck.serving() as connection:
        for hierarchy, period, end in (
            ("administrative", "2025M10", "2025-10-31"),
            ("governing", "2025M10", "2025-10-31"),
            ("governing", "2025M12", "2025-12-31"),
        ):
            row = connection.execute(
                "select count(*), sum(s.value) from serving.region as r "
                "inner join serving.indicator_series as s on s.region_id = r.region_id and s.boundary = 'at_time' "
                "and s.indicator_id = 'towns' and s.period_id = ? "
                "where r.hierarchy = ? and r.parent_id = '500000' "
                "and cast(? as date) between r.valid_from and r.valid_to",
                [period, hierarchy, end],
            ).fetchone()
            units = {("administrative", "2025M10"): 38, ("governing", "2025M10"): 41, ("governing", "2025M12"): 39}
            assert row == (units[hierarchy, period], 1031.0)


def test_every_indicator_explains_itself(story: Story) -> None:
    """The newest and an older value of each indicator, at every level that has one, recomputed from landed rows."""
    with story.deck.warehouse(story.after) as connection:
        sample = connection.execute(
            """
            select s.indicator_id, s.region_id, s.period_id
            from serving.indicator_series as s inner join registry.region as r using (region_id)
            where s.state = 'value' and s.boundary = 'at_time'
            qualify row_number() over (
                partition by s.indicator_id, r.level order by s.period_end desc, hash(s.region_id)
            ) in (1, 40)
            """
        ).fetchall()
        indicators = connection.execute("select count(distinct indicator_id) from core.indicator_value").fetchone()
        assert indicators == (len({indicator for indicator, _, _ in sample}),)
        for indicator, region, period in sample:
            told = explain(connection, story.deck.data / "raw", indicator, region, period)
            assert told.agrees, (indicator, region, period, told.value, told.recomputed)
            assert told.recomputed is not None and told.value is not None
            assert math.isclose(told.recomputed, told.value, rel_tol=1e-9, abs_tol=1e-12)
            assert all(part.submissions for term in told.terms for part in term.parts)
            json.loads(told.as_json())


def test_a_region_left_out_says_why(story: Story) -> None:
    left_out = [row for row in ranking_of(story).values() if row["rank"] is None]
    assert left_out
    for row in left_out:
        assert row["reason"] in ("coverage", "no_data") and row["reason_zh"] and row["reason_en"]


def test_asking_for_what_is_not_there_is_told_kindly(story: Story) -> None:
    for arguments in (
        ("ranking", "--as-of", "2001-01-01"),
        ("explain", "gdp", "江北区", "never"),
        ("explain", "gdq", "江北区", "2022"),
        ("ranking", "--scheme", "none"),
    ):
        done = story.deck.run(*arguments, today=AFTER)
        assert done.returncode == 1
        assert "Traceback" not in done.stderr and done.stderr.startswith("citydeck:")
