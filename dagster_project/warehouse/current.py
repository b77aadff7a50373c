"""Current values of one indicator, above the towns; and those of two indicators side by side."""

from __future__ import annotations

import duckdb

from dagster_project.warehouse.lookup import Row, rows


def newest(connection: duckdb.DuckDBPyConnection, indicator_id: str) -> list[Row]:
    """The newest value, or why there is none, of every region above the towns; the city first."""
    return rows(
        connection,
        """
        select r.region_id, r.name_zh, r.name_en,
               l.period_id, l.state, l.reason, l.value, l.target, l.status, l.flag_ids
        from serving.indicator_latest as l
        inner join (select distinct region_id, level, name_zh, name_en from serving.region) as r using (region_id)
        where l.indicator_id = ? and l.boundary = 'at_time' and r.level not in ('town', 'village')
        order by r.level <> 'city', r.region_id
        """,
        [indicator_id],
    )


def side_by_side(connection: duckdb.DuckDBPyConnection, old: str, new: str) -> list[Row]:
    """Values of both where both have one, by period and region: the overlap of a KPI and its successor."""
    return rows(
        connection,
        """
        select o.period_id, o.region_id, r.name_zh, r.name_en, o.value as old_value, n.value as new_value
        from serving.indicator_series as o
        inner join serving.indicator_series as n using (region_id, period_id, boundary)
        inner join (select distinct region_id, name_zh, name_en from serving.region) as r using (region_id)
        where o.indicator_id = ? and n.indicator_id = ? and boundary = 'at_time'
          and o.state = 'value' and n.state = 'value'
        order by o.period_end desc, o.region_id
        """,
        [old, new],
    )
