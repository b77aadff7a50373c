"""What an edit of the registry changes in values, statuses, targets, scores and ranks, before it is built.

Belongs here: comparing a snapshot with what `edited` makes of its figures. Nothing is written.
"""

from __future__ import annotations

import difflib
import json
from collections.abc import Collection
from dataclasses import asdict, dataclass

import duckdb
import pandas as pd

from dagster_project.registry.spec import TABLES
from dagster_project.warehouse.edited import Edited, listed
from dagster_project.warehouse.explain import RELATIVE_TOLERANCE
from dagster_project.warehouse.lookup import NotFound, Row, rows

LARGEST = 10
BOTH_SIDES = ("state", "reason", "value", "target", "status", "flags", "coverage")
RANKED = ("score", "rank", "coverage", "reason_zh", "reason_en")


@dataclass(frozen=True)
class Preview:
    """`edits`: the registry's rows that differ. `indicators`: what moves, by indicator and level of regions (not
    `at_time`: on today's boundary); `statuses`: between which statuses; `places`: the city and each district in its
    newest period that moves; `largest`: the largest moves. `schemes`, `ranks`: the same of scores.
    """

    snapshot_id: str
    edits: list[Row]
    indicators: list[Row]
    statuses: list[Row]
    places: list[Row]
    largest: list[Row]
    schemes: list[Row]
    ranks: list[Row]

    def as_json(self, seconds: float) -> str:
        return json.dumps({**asdict(self), "seconds": round(seconds, 2)}, ensure_ascii=False, default=str)


def preview(edited: Edited, wanted: Collection[str] = ()) -> Preview:
    """What the edited registry changes; of the indicators in `wanted` alone, if there are any.

    Raises:
        NotFound: an indicator of `wanted` is in the registry neither before nor after.
        NoPreview: the edit can move every figure, or breaks a scheme.
    """
    connection = edited.connection
    known = edited.column("select indicator_id from edited.indicator union select indicator_id from before.indicator")
    for indicator_id in sorted(set(wanted) - known):
        near = difflib.get_close_matches(indicator_id, sorted(known), n=3, cutoff=0.5)
        hint = f"; did you mean {', '.join(near)}?" if near else ""
        raise NotFound(f"no indicator has the id {indicator_id!r}, before or after the edit{hint}")
    edited.recompute()
    _compare(edited, wanted)
    series, ranking = edited.score()
    schemes, ranks = _scores(edited, series, ranking)
    return Preview(
        snapshot_id=edited.folder.name,
        edits=[edit for table in sorted(edited.changed) if table in TABLES for edit in _edits(connection, table)],
        indicators=rows(connection, SUMMARY),
        statuses=rows(connection, STATUSES),
        places=rows(connection, PLACES),
        largest=rows(connection, f"{LARGEST_MOVES} limit {LARGEST}"),
        schemes=schemes,
        ranks=ranks,
    )


def _edits(connection: duckdb.DuckDBPyConnection, table: str) -> list[Row]:
    """The rows of a table that differ, each with its key and, of one that is on both sides, the cells that do."""
    key = TABLES[table].key
    sides: list[dict[tuple[str, ...], Row]] = []
    for one, other in (("before", "edited"), ("edited", "before")):
        found = rows(connection, f"select * from {one}.{table} except select * from {other}.{table} order by all")
        sides.append({tuple(str(row[column]) for column in key): row for row in found})
    old, new = sides
    return [
        {
            "table": table,
            "key": " ".join(at),
            "edit": "added" if at not in old else "removed" if at not in new else "changed",
            "cells": {name: [old[at][name], cell] for name, cell in new[at].items() if cell != old[at][name]}
            if at in old and at in new
            else {},
        }
        for at in sorted(old.keys() | new.keys())
    ]


def _compare(edited: Edited, wanted: Collection[str]) -> None:
    """Table `move`: the cells (indicator, region, period) that differ, both sides, and the region and period they are.

    Figures that differ by less than rounding are the same.
    """
    chosen = edited.indicators & set(wanted) if wanted else edited.indicators
    sides = {
        name: f"""
            select indicator_id, region_id, period_id, 'value' as state, cast(null as varchar) as reason,
                   value, target, status, flags, coverage
            from {schema}.indicator_value where indicator_id in {listed(chosen)}
            union all
            select indicator_id, region_id, period_id, state, reason, null, null, null, null, coverage
            from {schema}.indicator_absence where indicator_id in {listed(chosen)}
        """
        for name, schema in (("b", "warehouse.core"), ("a", "core"))
    }
    pairs = ", ".join(f"b.{name} as {name}_before, a.{name} as {name}_after" for name in BOTH_SIDES)
    edited.connection.execute(
        f"""
        create table move as
        with paired as (
            select indicator_id, region_id, period_id, {pairs}
            from ({sides["b"]}) as b full join ({sides["a"]}) as a using (indicator_id, region_id, period_id)
        ),
        judged as (
            select *,
                   value_before is null and value_after is not null as added,
                   value_before is not null and value_after is null as removed,
                   coalesce({_differ("value")}, false) as changed,
                   coalesce({_differ("target")}, (target_before is null) <> (target_after is null)) as target_moved,
                   status_before is not null and status_after is not null
                       and status_before <> status_after as status_moved,
                   coalesce({_differ("coverage")}, false) or flags_before is distinct from flags_after as remarked,
                   value_before is null and value_after is null
                       and (state_before, reason_before) is distinct from (state_after, reason_after) as absence_moved
            from paired
        )
        select j.*, r.level, r.restated_of is null as at_time, r.name_zh as region_zh, r.name_en as region_en,
               p.start_date, p.end_date, n.name_zh, n.name_en, n.unit_zh, n.unit_en, n.decimals
        from judged as j
        inner join edited.region as r using (region_id)
        inner join edited.period as p using (period_id)
        inner join (
            select * from (
                select *, 1 as side from edited.indicator union all by name select *, 0 as side from before.indicator
            )
            qualify row_number() over (partition by indicator_id order by side desc, version desc) = 1
        ) as n using (indicator_id)
        where added or removed or changed or target_moved or status_moved or remarked or absence_moved
        """
    )


def _differ(name: str) -> str:
    before, after = f"{name}_before", f"{name}_after"
    return f"abs({after} - {before}) > greatest({RELATIVE_TOLERANCE} * greatest(abs({before}), abs({after})), 1e-12)"


SUMMARY = """
    select indicator_id, any_value(name_zh) as name_zh, any_value(name_en) as name_en,
           level, at_time, min(period_id) as first_period, max(period_id) as last_period,
           count_if(changed) as changed, count_if(added) as added, count_if(removed) as removed,
           count_if(target_moved) as targets, count_if(status_moved) as statuses, count_if(absence_moved) as absences,
           count_if(remarked) as coverage_or_flags
    from move group by indicator_id, level, at_time order by indicator_id, at_time desc, level
"""
STATUSES = """
    select indicator_id, status_before, status_after, count(*) as cells
    from move where status_moved and at_time group by all order by all
"""
SHOWN = """
    select indicator_id, name_zh, name_en, unit_zh, unit_en, decimals,
           region_id, region_zh, region_en, level, period_id,
           state_before, value_before, target_before, status_before,
           state_after, value_after, target_after, status_after
    from move where at_time
"""
PLACES = f"""
    {SHOWN} and level in ('city', 'district', 'unit')
    qualify row_number() over (partition by indicator_id, region_id order by end_date desc, start_date desc) = 1
    order by indicator_id, level <> 'city', not status_moved, region_id
"""
LARGEST_MOVES = f"""
    {SHOWN} and changed
    order by abs(value_after - value_before) / nullif(abs(value_before), 0) desc nulls last,
        indicator_id, region_id, period_id
"""


def _scores(edited: Edited, series: pd.DataFrame, ranking: pd.DataFrame) -> tuple[list[Row], list[Row]]:
    """What moves in the affected schemes; and their units, each in the newest period that moves its rank, or score."""
    connection = edited.connection
    for name, frame in (("score_series", series), ("ranking", ranking)):
        connection.register("frame", frame)
        connection.execute(f"create table {name} as from frame")
        connection.unregister("frame")
        file = edited.folder / "scores" / f"{name}.parquet"
        connection.execute(
            f"create view {name}_before as from read_parquet('{file}') where scheme_id in {listed(edited.schemes)}"
        )
    pairs = ", ".join(f"b.{name} as {name}_before, a.{name} as {name}_after" for name in RANKED)
    connection.execute(
        f"""
        create table rank_move as
        with paired as (
            select scheme_id, region_id, period_id, coalesce(a.peer_area_id, b.peer_area_id) as peer_area_id, {pairs}
            from ranking_before as b full join ranking as a using (scheme_id, region_id, period_id)
        )
        select m.*, r.name_zh, r.name_en, g.name_zh as area_zh, g.name_en as area_en, p.end_date
        from paired as m
        left join edited.region as g on m.peer_area_id = g.region_id
        inner join edited.region as r on m.region_id = r.region_id
        inner join edited.period as p using (period_id)
        where coalesce({_differ("score")}, (score_before is null) <> (score_after is null))
            or coalesce({_differ("coverage")}, (coverage_before is null) <> (coverage_after is null))
            or rank_before is distinct from rank_after or reason_en_before is distinct from reason_en_after
        """
    )
    schemes = rows(
        connection,
        f"""
        with node as (
            select scheme_id, count(*) as nodes
            from (
                select scheme_id, b.score as score_before, a.score as score_after
                from score_series_before as b full join score_series as a
                using (scheme_id, node_id, region_id, period_id)
            )
            where coalesce({_differ("score")}, (score_before is null) <> (score_after is null))
            group by scheme_id
        ),
        moved as (
            select scheme_id, min(period_id) as first_period, max(period_id) as last_period,
                   count_if(score_before is distinct from score_after) as scores,
                   count_if(rank_before is distinct from rank_after) as ranks
            from rank_move group by scheme_id
        )
        select scheme_id, s.name_zh, s.name_en, m.first_period, m.last_period,
               coalesce(m.scores, 0) as scores, coalesce(m.ranks, 0) as ranks, coalesce(n.nodes, 0) as node_scores
        from (select unnest(cast($schemes as varchar[])) as scheme_id)
        inner join (
            select scheme_id, max_by(name_zh, version) as name_zh, max_by(name_en, version) as name_en
            from (select * from before.scheme union all select * from edited.scheme) group by scheme_id
        ) as s using (scheme_id)
        left join moved as m using (scheme_id)
        left join node as n using (scheme_id)
        order by scheme_id
        """,
        {"schemes": sorted(edited.schemes)},
    )
    ranks = rows(
        connection,
        """
        select * exclude (end_date, rank_same) from (
            select *, rank_before is not distinct from rank_after as rank_same from rank_move
        )
        qualify row_number() over (partition by scheme_id, region_id order by rank_same, end_date desc) = 1
        order by scheme_id, rank_same, period_id desc, peer_area_id, rank_after, region_id
        """,
    )
    return schemes, ranks
