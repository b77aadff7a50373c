"""Finding an indicator, a scheme, a region or a period by what a person types: an id, a Chinese or an English name."""

from __future__ import annotations

import difflib
from typing import Any

import duckdb

Row = dict[str, Any]
COARSE = {"city", "peer_area", "district", "unit"}


class NotFound(LookupError):
    """Nothing, or more than one thing, is meant; the message lists what could be."""


def rows(
    connection: duckdb.DuckDBPyConnection, sql: str, parameters: list[Any] | dict[str, Any] | None = None
) -> list[Row]:
    """The rows of a query as dictionaries."""
    cursor = connection.execute(sql, parameters) if parameters is not None else connection.execute(sql)
    names = [column[0] for column in cursor.description or []]
    return [dict(zip(names, values, strict=True)) for values in cursor.fetchall()]


def pick(kind: str, wanted: str, candidates: list[Row], key: str, names: tuple[str, ...]) -> Row:
    """The candidate that is meant: its `key` as written, or one of its `names` in any case.

    Raises:
        NotFound: none or several are meant; names what is near.
    """
    exact = [row for row in candidates if row[key] == wanted]
    if exact:
        return exact[0]
    folded = wanted.strip().casefold()
    named = [row for row in candidates if folded in {str(row[name]).casefold() for name in names}]
    if len({row[key] for row in named}) == 1:
        return named[0]
    if named:
        listed = ", ".join(f"{row[key]} ({row[names[0]]})" for row in named[:8])
        raise NotFound(f"{wanted!r} is more than one {kind}: {listed}; give the id")
    known = {str(row[name]): row[key] for row in candidates for name in (key, *names)}
    near = difflib.get_close_matches(wanted, list(known), n=5, cutoff=0.5)
    hint = "; did you mean " + ", ".join(f"{name} ({known[name]})" for name in near) + "?" if near else ""
    raise NotFound(f"no {kind} is called {wanted!r}{hint}")


def indicator(connection: duckdb.DuckDBPyConnection, wanted: str) -> str:
    """The indicator's id.

    Raises:
        NotFound: none or several are meant.
    """
    found = rows(connection, "select distinct indicator_id, name_zh, name_en from serving.catalogue")
    return str(pick("indicator", wanted, found, "indicator_id", ("name_zh", "name_en"))["indicator_id"])


def scheme(connection: duckdb.DuckDBPyConnection, wanted: str) -> str:
    """The scheme's id.

    Raises:
        NotFound: none or several are meant.
    """
    found = rows(connection, "select distinct scheme_id, name_zh, name_en from serving.scheme")
    return str(pick("scheme", wanted, found, "scheme_id", ("name_zh", "name_en"))["scheme_id"])


def scheme_or_indicator(connection: duckdb.DuckDBPyConnection, wanted: str) -> tuple[str | None, str]:
    """What an explanation is asked of: (a scheme's id, a node of its tree or "" for the whole), or (None, an
    indicator's id). A node is written `scheme/node`.

    Raises:
        NotFound: none or several are meant.
    """
    names = ("name_zh", "name_en")
    indicators = rows(
        connection, "select distinct indicator_id as id, name_zh, name_en, false as ranks from serving.catalogue"
    )
    if "/" in wanted and not any(wanted in (row["id"], row["name_zh"], row["name_en"]) for row in indicators):
        whole, node = wanted.split("/", 1)
        return scheme(connection, whole), node
    schemes = rows(connection, "select distinct scheme_id as id, name_zh, name_en, true as ranks from serving.scheme")
    found = pick("indicator or scheme", wanted, [*indicators, *schemes], "id", names)
    return (str(found["id"]), "") if found["ranks"] else (None, str(found["id"]))


def unit(connection: duckdb.DuckDBPyConnection, wanted: str, period_id: str, of: str, ids: list[str]) -> Row:
    """One of some units, by id, name, short name, or what it was called at the period's end. `of` says whose they are.

    Raises:
        NotFound: none or several are meant.
    """
    found = rows(
        connection,
        """
        select region_id, level, name_zh, name_en, short_zh, short_en from registry.region
        where list_contains($ids, region_id)
        union
        select r.region_id, r.level, a.alias, r.name_en, r.short_zh, r.short_en
        from registry.region_alias as a inner join registry.region as r using (region_id)
        inner join registry.period as p on p.period_id = $period and p.end_date between a.valid_from and a.valid_to
        where list_contains($ids, r.region_id)
        """,
        {"period": period_id, "ids": ids},
    )
    return pick(
        f"unit of {of} in {period_id}", wanted, found, "region_id", ("name_zh", "name_en", "short_zh", "short_en")
    )


def region(connection: duckdb.DuckDBPyConnection, wanted: str, period_id: str) -> Row:
    """The region's row, by id, name or alias, among those that existed at the period's end where a name is shared.

    Raises:
        NotFound: none or several are meant.
    """
    alive = rows(
        connection,
        """
        select r.region_id, r.level, r.name_zh, r.name_en, r.short_zh, r.short_en,
               p.end_date between r.valid_from and r.valid_to as alive, false as dated
        from registry.region as r cross join (from registry.period where period_id = $period) as p
        where r.restated_of is null
        union
        select r.region_id, r.level, a.alias, r.name_en, r.short_zh, r.short_en,
               p.end_date between a.valid_from and a.valid_to as alive, true as dated
        from registry.region_alias as a inner join registry.region as r using (region_id)
        cross join (from registry.period where period_id = $period) as p
        """,
        {"period": period_id},
    )
    names = ("name_zh", "name_en", "short_zh", "short_en")
    named = {wanted.strip().casefold()}
    there = [row for row in alive if row["alive"]]
    coarse = [row for row in there if row["level"] in COARSE]
    # What the name meant at that time, then what carries it among the coarser regions, then any.
    dated = [row for row in coarse if row["dated"] and str(row["name_zh"]).casefold() in named]
    if wanted not in {row["region_id"] for row in alive}:
        for candidates in (dated, coarse, there):
            if any(str(row[name]).casefold() in named for row in candidates for name in names):
                return pick("region", wanted, candidates, "region_id", names)
    return pick("region", wanted, alive, "region_id", names)


def running_month(connection: duckdb.DuckDBPyConnection) -> str:
    """The month of the snapshot's day: what names mean today."""
    found = rows(
        connection,
        "select p.period_id from registry.period as p inner join serving.snapshot as s "
        "on p.grain = 'month' and s.today between p.start_date and p.end_date",
    )
    return str(found[0]["period_id"])


def period(connection: duckdb.DuckDBPyConnection, wanted: str) -> str:
    """The period's id; `2025-10` is read as the month.

    Raises:
        NotFound: no such period.
    """
    canonical = f"{wanted[:4]}M{wanted[5:7]}" if len(wanted) == 7 and wanted[4] == "-" else wanted.upper()
    known = rows(connection, "select period_id from registry.period where period_id = ?", [canonical])
    if not known:
        raise NotFound(f"no period is called {wanted!r}; write 2024, 2024H1, 2024Q1, 2024M03 or 2024-03")
    return canonical
