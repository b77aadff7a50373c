"""The reform of 2025-11-06 on simulated feeds: every unit, peer area and series is carried across it.

A demonstration of one month, September 2025, goes on to December: 41 governing units become 39, 38 districts 37.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import duckdb
import pytest

from dagster_project.ingest import ledger
from tests.integration.deck import Deck
from tests.integration.quality_report import evaluated

CITY, NEW_AREA, BEIBEI, UNTOUCHED = "500000", "NEW-LJXQ", "500109", "500108"
DISSOLVED = ("500105", "500112", "DZ-LJXQ", "G500105", "G500109", "G500112")
BEFORE, AFTER, LAST = "2025M10", "2025M11", "2025M12"


@pytest.fixture(scope="module")
def deck(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deck]:
    deck = Deck(tmp_path_factory.mktemp("reform"))
    deck.must("simulate", "--scale", "small", "--months", "1", today=None)
    deck.must("simulate", "--scale", "small", "--months", "39", today=None)
    deck.build(None)
    yield deck
    deck.remove()


@pytest.fixture(scope="module")
def served(deck: Deck) -> Iterator[duckdb.DuckDBPyConnection]:
    with deck.serving() as connection:
        yield connection


def rows(served: duckdb.DuckDBPyConnection, query: str, *told: Any) -> list[tuple[Any, ...]]:
    return served.execute(query, list(told)).fetchall()


def test_every_landed_row_is_accepted_or_kept_out_for_what_was_planted(deck: Deck) -> None:
    files = ledger.read(deck.data / "raw")
    assert [one.name for one in files if one.message_en or one.landed != one.accepted + one.quarantined] == []
    table = evaluated(deck)[0].set_index("kind").loc[["duplicate", "unknown_code", "not_a_number"]]
    assert (table["planted"] > 0).all()
    assert (table["found"] == table["planted"]).all() and (table["found"] == table["findings"]).all()


def test_each_unit_has_its_figures_up_to_the_reform_or_from_it(served: duckdb.DuckDBPyConnection) -> None:
    """Of each KPI that is kept by unit: the 41 of before, the 39 of after; no figure outlives its unit."""
    counted = rows(
        served,
        """
        select s.period_id, r.hierarchy, count(distinct s.region_id)
        from serving.indicator_series as s
        inner join serving.region as r
            on s.region_id = r.region_id and r.parent_id = ? and s.period_end between r.valid_from and r.valid_to
        where
            r.hierarchy in ('administrative', 'governing')
            and s.boundary = 'at_time' and s.state = 'value' and s.period_id in (?, ?, ?)
        group by 1, 2
        """,
        *(CITY, BEFORE, AFTER, LAST),
    )
    after = {(month, of): count for month in (AFTER, LAST) for of, count in (("administrative", 37), ("governing", 39))}
    expected = {(BEFORE, "administrative"): 38, (BEFORE, "governing"): 41} | after
    assert {(month, of): count for month, of, count in counted} == expected
    of_the_dissolved = rows(
        served,
        "select region_id, period_id, state, count(*) from serving.indicator_series "
        "where boundary = 'at_time' and list_contains(?, region_id) and period_end > date '2025-11-05' group by all",
        list(DISSOLVED),
    )
    assert of_the_dissolved == []


def test_the_new_unit_lacks_no_more_than_others_do(served: duckdb.DuckDBPyConnection) -> None:
    """What no one can send is not missing: a comparison with a time before it, a sum that began before it."""
    told = rows(
        served,
        "select region_id, period_id, count(*) filter (where state = 'missing') / count(*), "
        "count(*) filter (where reason = 'other_boundary') from serving.indicator_series "
        "where boundary = 'at_time' and list_contains(?, region_id) and period_id in (?, ?, '2025Q4') group by all",
        [NEW_AREA, BEIBEI, UNTOUCHED],
        *(AFTER, LAST),
    )
    assert len(told) == 9
    assert [row for row in told if row[2] >= 0.03] == []
    # Of a quarter Beibei has all the months, on whatever boundary, and nothing to compare them with is simulated.
    reformed = {(NEW_AREA, AFTER), (NEW_AREA, LAST), (NEW_AREA, "2025Q4"), (BEIBEI, AFTER), (BEIBEI, LAST)}
    assert {(region, period) for region, period, _, elsewhere in told if elsewhere} == reformed


def test_a_part_of_the_quarter_is_not_shown_as_the_quarter(deck: Deck) -> None:
    """Whoever was there for one of its months, or for two, has no sum of the quarter."""
    with deck.warehouse("current") as warehouse:
        told = rows(
            warehouse,
            """
            select v.region_id, bool_or(v.in_force), max(v.present / v.expected)
            from core.measure_value as v
            inner join registry.measure as m on v.measure_id = m.measure_id
            where
                m.time_rule = 'sum' and m.frequency = 'month' and m.grain = 'district' and m.min_coverage = 1
                and v.origin = 'rolled' and v.period_id = '2025Q4' and list_contains(?, v.region_id)
            group by v.region_id
            """,
            [NEW_AREA, UNTOUCHED, *DISSOLVED],
        )
    found = {region: (in_force, round(share, 2)) for region, in_force, share in told}
    assert found == {
        UNTOUCHED: (True, 1.0),
        NEW_AREA: (False, 0.67),
        "500105": (False, 0.33),
        "500112": (False, 0.33),
    }


def test_the_parts_still_make_the_city(served: duckdb.DuckDBPyConnection) -> None:
    """Towns, and tickets of the month: over the districts as over the governing units."""
    told = rows(
        served,
        """
        select s.indicator_id, s.period_id, r.hierarchy, sum(s.value), any_value(c.value)
        from serving.indicator_series as s
        inner join serving.region as r
            on s.region_id = r.region_id and r.level in ('district', 'unit')
            and s.period_end between r.valid_from and r.valid_to
        inner join serving.indicator_series as c
            on s.indicator_id = c.indicator_id and s.period_id = c.period_id
            and c.region_id = ? and c.boundary = 'at_time'
        where
            s.boundary = 'at_time' and s.indicator_id in ('towns', 'events_received') and r.parent_id = ?
            and s.period_id in (?, ?, ?)
        group by 1, 2, 3
        """,
        *(CITY, CITY, BEFORE, AFTER, LAST),
    )
    assert len(told) == 12
    assert [row for row in told if abs(row[3] - row[4]) > 1e-6] == []


def test_todays_boundary_carries_the_series_across(served: duckdb.DuckDBPyConnection) -> None:
    told = rows(
        served,
        "select period_id, count(*) filter (where state = 'value') from serving.indicator_series "
        "where region_id = ? and boundary = 'restated' and period_id in (?, ?) group by 1",
        *(NEW_AREA, BEFORE, AFTER),
    )
    assert {period for period, count in told if count > 100} == {BEFORE, AFTER}


def test_peer_areas_maps_and_trends_follow(served: duckdb.DuckDBPyConnection) -> None:
    members = rows(
        served,
        "select m.month, count(*) from serving.region as r "
        "inner join (values (date '2025-10-31'), (date '2025-11-30')) as m (month) "
        "on m.month between r.valid_from and r.valid_to "
        "where r.hierarchy = 'peer_2025' and r.parent_id = 'P25-ZXCQ' and r.level = 'district' group by 1 order by 1",
    )
    assert [count for _, count in members] == [9, 8]
    areas = rows(
        served,
        "select period_id, count(distinct region_id) from serving.indicator_series "
        "where state = 'value' and starts_with(region_id, 'P25-') and period_id in (?, ?, ?) group by 1 order by 1",
        *(BEFORE, AFTER, LAST),
    )
    assert areas == [(month, 5) for month in (BEFORE, AFTER, LAST)]
    drawn = rows(
        served,
        "select period_id, count(distinct region_id), bool_or(region_id = ? and state = 'value') "
        "from cockpit.map_region where region_id <> 'legend' and period_id in (?, ?, ?) group by 1 order by 1",
        *(NEW_AREA, BEFORE, AFTER, LAST),
    )
    assert drawn == [(BEFORE, 38, False), (AFTER, 37, True), (LAST, 37, True)]
    trends = rows(served, "select distinct period_id from cockpit.trend where region_id = ?", NEW_AREA)
    assert {AFTER, LAST} <= {month for (month,) in trends}
    graded = rows(served, "select distinct period_id from serving.unit_quality where unit_id = ?", NEW_AREA)
    assert {(AFTER,), (LAST,)} <= set(graded)


def test_whoever_is_ranked_is_there(served: duckdb.DuckDBPyConnection) -> None:
    """A unit is part of the peer area in which it is ranked, a town part of such a unit, on the period's last day."""
    told = rows(
        served,
        """
        select k.scheme_id, k.period_id, k.region_id
        from serving.ranking as k
        inner join (select distinct period_id, period_end from cockpit.league) as p
            on k.period_id = p.period_id
        where k.peer_area_id is not null and not exists (
            from serving.region as r
            left join serving.region as u
                on r.parent_id = u.region_id and r.level = 'town' and p.period_end between u.valid_from and u.valid_to
            where r.region_id = k.region_id and k.peer_area_id in (r.parent_id, u.parent_id)
            and p.period_end between r.valid_from and r.valid_to
        )
        """,
    )
    assert told == []


def test_the_city_ranks_the_units_that_there_are(served: duckdb.DuckDBPyConnection) -> None:
    """41 governing units before the reform, 39 after it, the new district among them; nobody has moved over another."""
    query = "select region_id, movement from serving.ranking where scheme_id = 'city' and period_id = ?"
    before, after = (dict(rows(served, query, period)) for period in ("2025Q3", "2025Q4"))
    assert (len(before), len(after)) == (41, 39)
    assert NEW_AREA in after and NEW_AREA not in before
    assert after[NEW_AREA] is None
