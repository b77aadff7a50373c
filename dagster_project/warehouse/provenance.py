"""From leaf figures to the rows of the landed files: which file, which row, which version is in force."""

from __future__ import annotations

import json
from pathlib import Path

import duckdb

from dagster_project.warehouse.explanation import Part, Submission
from dagster_project.warehouse.lookup import Row, rows


def parts(
    connection: duckdb.DuckDBPyConnection, raw: Path, measure_id: str, cells: list[Row], standing: bool
) -> list[Part]:
    """Leaf figures with the landed rows behind them; a standing figure is traced to the period it was given for."""
    bits = rows(connection, 'select flag_id, "bit" from serving.flag order by "bit"')
    observed = {
        (row["region_id"], row["cell_period"]): row
        for row in rows(
            connection,
            """
            with cell as (select unnest($regions) as region_id, unnest($periods) as period_id)
            select c.region_id, c.period_id as cell_period, o.feed_id, o.source_code, o.period_id,
                   r.name_zh as region_zh, r.name_en as region_en
            from cell as c
            inner join registry.period as q on q.period_id = c.period_id
            inner join core.observation as o on o.region_id = c.region_id
            inner join registry.measure_source as s on s.feed_id = o.feed_id and s.source_code = o.source_code
            inner join registry.period as p on p.period_id = o.period_id
            inner join registry.region as r on r.region_id = o.region_id
            where s.measure_id = $measure
              and (o.period_id = c.period_id or ($standing and p.start_date <= q.start_date))
            qualify row_number() over (
                partition by c.region_id, c.period_id order by p.start_date desc, s.priority
            ) = 1
            """,
            {
                "measure": measure_id,
                "regions": [cell["region_id"] for cell in cells],
                "periods": [cell["period_id"] for cell in cells],
                "standing": standing,
            },
        )
    }
    landed = _submissions(connection, raw, list(observed.values()))
    traced = []
    for cell in cells:
        origin = observed[cell["region_id"], cell["period_id"]]
        traced.append(
            Part(
                region_id=cell["region_id"],
                region_zh=origin["region_zh"],
                region_en=origin["region_en"],
                period_id=origin["period_id"],
                value=cell["value"],
                flags=[flag["flag_id"] for flag in bits if cell["flags"] & flag["bit"]],
                submissions=landed.get(_key(origin), []),
            )
        )
    return traced


def _key(row: Row) -> tuple[str, str, str, str]:
    return row["feed_id"], row["source_code"], row["region_id"], row["period_id"]


def _submissions(
    connection: duckdb.DuckDBPyConnection, raw: Path, observed: list[Row]
) -> dict[tuple[str, str, str, str], list[Submission]]:
    """The landed rows of observations, newest first, by feed, source code, region and period."""
    names: dict[str, str] = {}
    found: dict[tuple[str, str, str, str], list[Submission]] = {}
    for feed in sorted({row["feed_id"] for row in observed}):
        wanted = [row for row in observed if row["feed_id"] == feed]
        for row in rows(
            connection,
            """
            with wanted as (
                select distinct unnest($codes) as source_code, unnest($regions) as region_id,
                       unnest($periods) as period_id
            )
            select v.*, s.publisher, s.url, coalesce(k.in_force, true) as in_force
            from core.submission as v
            inner join wanted as w
                on w.source_code = v.source_code and w.region_id = v.region_id and w.period_id = v.period_id
            left join core.observation_version as k
                on v.feed_id = k.feed_id and v.source_code = k.source_code and v.region_id = k.region_id
                and v.period_id = k.period_id and v.file_id = k.file_id
            left join registry.source as s on s.source_id = v.source_id
            where v.feed_id = $feed and (
                k.file_id is not null
                or v.published_on <= (select known_until from serving.snapshot) and not exists (
                    from core.observation_version as o
                    where v.feed_id = o.feed_id and v.source_code = o.source_code and v.region_id = o.region_id
                    and v.period_id = o.period_id
                )
            )
            order by v.landed_at desc, v.file_id desc
            """,
            {
                "feed": feed,
                "codes": [row["source_code"] for row in wanted],
                "regions": [row["region_id"] for row in wanted],
                "periods": [row["period_id"] for row in wanted],
            },
        ):
            file_id = row["file_id"]
            if file_id not in names:
                manifest = (raw / feed / file_id / "manifest.json").read_text(encoding="utf-8")
                names[file_id] = json.loads(manifest)["name"]
            submission = Submission(
                feed=feed,
                file=names[file_id],
                file_id=file_id,
                row=row["row_number"],
                value=row["value"],
                published_on=row["published_on"],
                landed_at=row["landed_at"],
                in_force=row["in_force"],
                note=row["note"],
                source=row["publisher"],
                url=row["url"],
            )
            found.setdefault(_key(row), []).append(submission)
    return found
