"""What the warehouse holds and what runs: counts a program can rely on, out of the snapshot in force."""

from __future__ import annotations

from typing import Any

import duckdb

from dagster_project.warehouse.lookup import rows


def contents(connection: duckdb.DuckDBPyConnection) -> dict[str, Any]:
    """Counts of the tree and the regions on the snapshot's day, rows landed by feed, and the snapshot itself."""
    snapshot = rows(connection, "select * from serving.snapshot")[0]
    today = snapshot["today"]
    nodes = {
        row["level"]: row["n"]
        for row in rows(
            connection,
            "select level, count(*) as n from registry.node where ? between valid_from and valid_to group by level",
            [today],
        )
    }
    kinds = rows(
        connection,
        """
        select count(distinct indicator_id) as kpis,
               count(distinct case when evaluable then indicator_id end) as evaluable_kpis,
               (select count(*) from serving.vital_sign) as vital_signs
        from serving.catalogue where status = 'active' and ? between valid_from and valid_to
        """,
        [today],
    )[0]
    regions: dict[str, dict[str, int]] = {}
    for row in rows(
        connection,
        """
        -- A district that is a governing unit as it stands is counted as the unit it is there.
        select c.hierarchy,
               case when c.hierarchy = 'governing' and r.level = 'district' then 'unit' else r.level end as level,
               count(distinct c.descendant_id) as n
        from registry.region_closure as c inner join registry.region as r on c.descendant_id = r.region_id
        where ? between c.valid_from and c.valid_to and ? between r.valid_from and r.valid_to and r.restated_of is null
        group by all order by all
        """,
        [today, today],
    ):
        regions.setdefault(row["hierarchy"], {})[row["level"]] = row["n"]
    feeds = {
        row["feed_id"]: {
            "files": row["files"],
            "landed": row["landed"],
            "accepted": row["accepted"],
            "quarantined": row["quarantined"],
        }
        for row in rows(connection, "select * from serving.feed_health order by feed_id")
    }
    return {
        "sectors": nodes.get("sector", 0),
        "tracks": nodes.get("track", 0),
        "sub_tracks": nodes.get("sub_track", 0),
        **kinds,
        "regions": regions,
        "feeds": feeds,
        "snapshot_id": snapshot["snapshot_id"],
        "registry_version": snapshot["registry_version"],
        "known_at": snapshot["known_until"].isoformat(),
        "today": today.isoformat(),
        "built_at": snapshot["built_at"].isoformat(),
        "data_kind": snapshot["data_kind"],
    }
