"""The league table of a scheme, read from serving."""

from __future__ import annotations

import duckdb

from dagster_project.warehouse import lookup
from dagster_project.warehouse.lookup import NotFound, Row, rows


def league_table(
    connection: duckdb.DuckDBPyConnection, scheme: str | None, period: str | None, peer_area: str | None
) -> list[Row]:
    """Rows of one scheme and period, by peer area, ranked ones first. Defaults: the first scheme, its newest period.

    Raises:
        NotFound: no such scheme, period or peer area; lists those there are.
    """
    schemes = [
        str(row["scheme_id"]) for row in rows(connection, "select distinct scheme_id from serving.ranking order by 1")
    ]
    chosen = scheme or (schemes[0] if schemes else "")
    if chosen not in schemes:
        raise NotFound(f"no ranking of scheme {chosen!r}; there are {', '.join(schemes) or 'none'}")
    when = period_of(connection, chosen, period)
    found = rows(
        connection,
        """
        select k.scheme_id, k.scheme_version, k.peer_scheme, k.period_id,
               k.peer_area_id, a.name_zh as peer_area_zh, a.name_en as peer_area_en,
               k."rank", k.rank_low, k.rank_high, k.apart, k.region_id, r.name_zh, r.name_en,
               k.score, k.coverage, k.points, k.vetoed, k.most_improved,
               k.tier_id, t.name_zh as tier_zh, t.name_en as tier_en,
               k.movement, k.movement_reason, k.n_ranked, k.n_units,
               k.reason, k.reason_zh, k.reason_en, k.flag_ids
        from serving.ranking as k
        inner join registry.region as r on k.region_id = r.region_id
        inner join registry.region as a on k.peer_area_id = a.region_id
        left join serving.scheme_tier as t
            on k.scheme_id = t.scheme_id and k.scheme_version = t.version and k.tier_id = t.tier_id
        where k.scheme_id = ? and k.period_id = ?
        order by k.peer_area_id, k."rank" nulls last, k.region_id
        """,
        [chosen, when],
    )
    if peer_area is None:
        return found
    kept = [row for row in found if peer_area in (row["peer_area_id"], row["peer_area_zh"], row["peer_area_en"])]
    if not kept:
        areas = sorted({f"{row['peer_area_id']} ({row['peer_area_zh']})" for row in found})
        raise NotFound(f"no peer area {peer_area!r} in this ranking; there are {', '.join(areas)}")
    return kept


def period_of(connection: duckdb.DuckDBPyConnection, scheme_id: str, wanted: str | None) -> str:
    """The period that is meant: one in which the scheme ranks somebody, the newest by default.

    Raises:
        NotFound: it ranks nobody then; lists the periods in which it does.
    """
    periods = [
        str(row["period_id"])
        for row in rows(
            connection,
            "select distinct period_id from serving.ranking where scheme_id = ? and n_ranked > 0 "
            "order by period_id desc",
            [scheme_id],
        )
    ]
    when = lookup.period(connection, wanted) if wanted else (periods[0] if periods else "")
    if when not in periods:
        raise NotFound(f"scheme {scheme_id!r} ranks nobody in {when!r}; it does in {', '.join(periods) or 'no period'}")
    return when


def version_of(connection: duckdb.DuckDBPyConnection, scheme_id: str, period_id: str) -> int:
    """The version of the scheme that ranked a period."""
    found = rows(
        connection,
        "select distinct scheme_version from serving.ranking where scheme_id = ? and period_id = ?",
        [scheme_id, period_id],
    )
    return int(found[0]["scheme_version"])
