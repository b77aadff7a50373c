"""From an indicator's value down to the rows of the files it came from, recomputed on the way.

Belongs here: reading a finished warehouse and saying why a number is what it is. The figures it returns recompute the
value; `agrees` says whether they did.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path

import duckdb

from dagster_project.warehouse import lookup, provenance
from dagster_project.warehouse.explanation import Explanation, Part, Term
from dagster_project.warehouse.lookup import NotFound, Row, rows

RELATIVE_TOLERANCE = 1e-9


def explain(
    connection: duckdb.DuckDBPyConnection, raw: Path, indicator: str, region: str, period: str, restated: bool = False
) -> Explanation:
    """Explain one value of the snapshot that `connection` has open; `raw` holds the manifests of the landed files.

    `restated` asks for the region's figure on today's boundary instead of that of the period.

    Raises:
        NotFound: no such indicator, region or period, or the indicator was not expected there.
    """
    period_id = lookup.period(connection, period)
    indicator_id = lookup.indicator(connection, indicator)
    place = lookup.region(connection, region, lookup.running_month(connection) if restated else period_id)
    shown = rows(
        connection,
        """
        select s.*, c.* exclude (snapshot_id, indicator_id, version, status),
               i.factor, i.transform, i.accumulation, i.span_years, i.span_periods, i.parent,
               i.numerator as numerator_id, i.denominator as denominator_id, n.known_until
        from serving.indicator_series as s
        inner join serving.catalogue as c using (indicator_id, version)
        inner join registry.indicator as i using (indicator_id, version)
        cross join serving.snapshot as n
        where s.indicator_id = ? and s.region_id = ? and s.period_id = ? and s.boundary = ?
        """,
        [indicator_id, place["region_id"], period_id, "restated" if restated else "at_time"],
    )
    if not shown and restated:
        where = f"{indicator_id} of {place['name_zh']} in {period_id}"
        raise NotFound(f"{where} has no restated figure: the boundary never changed, or its parts are not reported")
    if not shown:
        raise NotFound(_why_not_expected(connection, indicator_id, place, period_id))
    if restated:
        place = {**place, "region_id": f"{place['region_id']}~"}
    row = shown[0]
    terms = _terms(connection, raw, row, place) if row["state"] == "value" else []
    recomputed = _recompute(row, terms) if terms else None
    return Explanation(
        **{
            name: row[name]
            for name in Explanation.__dataclass_fields__
            if name in row and name not in {"flags", "region_id"}
        },
        region_id=place["region_id"],
        region_zh=place["name_zh"],
        region_en=place["name_en"],
        flags=rows(
            connection,
            'select * exclude (snapshot_id) from serving.flag where ("bit" & ?) > 0 order by "bit"',
            [row["flags"]],
        ),
        terms=terms,
        recomputed=recomputed,
        agrees=None
        if recomputed is None
        else math.isclose(recomputed, row["value"], rel_tol=RELATIVE_TOLERANCE, abs_tol=1e-12),
    )


def _why_not_expected(connection: duckdb.DuckDBPyConnection, indicator_id: str, place: Row, period_id: str) -> str:
    had = rows(
        connection,
        "select min(period_id) as first, max(period_id) as last from serving.indicator_series "
        "where indicator_id = ? and region_id = ?",
        [indicator_id, place["region_id"]],
    )[0]
    where = f"{indicator_id} of {place['name_zh']} ({place['region_id']})"
    if had["first"] is None:
        return (
            f"{where} is not computed at this region's level; ask for a region at or above the indicator's lowest grain"
        )
    return f"{where} was not expected in {period_id}; it runs from {had['first']} to {had['last']}"


def _terms(connection: duckdb.DuckDBPyConnection, raw: Path, row: Row, place: Row) -> list[Term]:
    """Numerator and denominator here and now, and at the moment or place the transform compares with."""
    spots = [("", place["region_id"], row["period_id"])]
    if row["transform"] in ("growth", "change"):
        spots.append(("base ", place["region_id"], _before(connection, row)))
    if row["transform"] == "share_of_parent":
        spots.append(
            ("whole ", _parent(connection, row["parent"], place["region_id"], row["period_id"]), row["period_id"])
        )
    return [
        _term(connection, raw, prefix + role, measure, region_id, period_id, row["accumulation"] == "year_to_date")
        for prefix, region_id, period_id in spots
        for role, measure in (("numerator", row["numerator_id"]), ("denominator", row["denominator_id"]))
        if measure is not None
    ]


def _before(connection: duckdb.DuckDBPyConnection, row: Row) -> str:
    """The period that a growth or a change compares with."""
    found = rows(
        connection,
        "select b.period_id from core.indicator_period as p inner join registry.period as b "
        "on p.grain = b.grain and p.ordinal - p.lag = b.ordinal "
        "where p.indicator_id = ? and p.version = ? and p.period_id = ?",
        [row["indicator_id"], row["version"], row["period_id"]],
    )
    return str(found[0]["period_id"])


def _parent(connection: duckdb.DuckDBPyConnection, parent: str, region_id: str, period_id: str) -> str:
    if parent == "city":
        return str(rows(connection, "select region_id from registry.region where level = 'city'")[0]["region_id"])
    found = rows(
        connection,
        "select m.peer_area_id from registry.peer_member as m inner join registry.period as p "
        "on p.period_id = ? and p.end_date between m.valid_from and m.valid_to "
        "where m.peer_scheme_id = ? and m.region_id = ?",
        [period_id, parent, region_id],
    )
    return str(found[0]["peer_area_id"])


def _term(
    connection: duckdb.DuckDBPyConnection,
    raw: Path,
    role: str,
    measure_id: str,
    region_id: str,
    period_id: str,
    to_date: bool,
) -> Term:
    row = rows(
        connection,
        """
        select v.value, v.origin, v.present, v.expected,
               m.name_zh, m.name_en, u.name_zh as unit_zh, u.name_en as unit_en, m.grain, m.region_rule, m.time_rule,
               case m.frequency when 'decade' then 'year' else m.frequency end as base_grain,
               p.grain as period_grain, p.start_date, p.end_date, r.name_zh as region_zh, r.name_en as region_en
        from core.measure_value as v
        inner join registry.measure as m using (measure_id)
        inner join registry.measure_unit as u on m.unit = u.unit_id
        inner join registry.period as p using (period_id)
        inner join registry.region as r on v.region_id = r.region_id
        where v.measure_id = ? and v.region_id = ? and v.period_id = ?
        """,
        [measure_id, region_id, period_id],
    )[0]
    if to_date and row["time_rule"] == "sum":
        row |= rows(
            connection,
            "select value, present, expected, 'rolled' as origin, make_date(p.year, 1, 1) as start_date "
            "from core.measure_to_date inner join registry.period as p using (period_id) "
            "where measure_id = ? and region_id = ? and period_id = ?",
            [measure_id, region_id, period_id],
        )[0]
    cells = _cells(connection, measure_id, region_id, period_id, row)
    parts = provenance.parts(connection, raw, measure_id, cells, row["time_rule"] == "standing")
    return Term(
        role=role,
        measure_id=measure_id,
        region_id=region_id,
        period_id=period_id,
        rule=f"{row['region_rule']} over regions, {row['time_rule']} over time",
        recomputed=_roll_up(parts, row),
        parts=parts,
        **{
            name: row[name]
            for name in (
                "name_zh",
                "name_en",
                "unit_zh",
                "unit_en",
                "region_zh",
                "region_en",
                "value",
                "origin",
                "present",
                "expected",
            )
        },
    )


def _cells(
    connection: duckdb.DuckDBPyConnection, measure_id: str, region_id: str, period_id: str, row: Row
) -> list[Row]:
    """The leaf figures (region, base period) under a figure; a reported one is its own only leaf."""
    if row["origin"] == "reported":
        return rows(
            connection,
            "select region_id, period_id, value, flags from core.measure_base "
            "where measure_id = ? and region_id = ? and period_id = ? and role = 'reported'",
            [measure_id, region_id, period_id],
        )
    return rows(
        connection,
        """
        with base as (
            select period_id, end_date from registry.period
            where grain = $base_grain and start_date >= $start and end_date <= $end
              and ($summed or end_date = $end)
        ),
        reach as (
            select $region as region_id, b.period_id from base as b
            union
            select r.part_id, b.period_id
            from registry.region_rollup as r inner join base as b on b.end_date between r.valid_from and r.valid_to
            where r.region_id = $region and r.grain = $grain and r.step = 1
            union
            select s.part_id, b.period_id
            from registry.region_rollup as r
            inner join base as b on b.end_date between r.valid_from and r.valid_to
            inner join registry.region_rollup as s
                on s.region_id = r.part_id and s.grain = r.grain and s.step = 1
                and b.end_date between s.valid_from and s.valid_to
            where r.region_id = $region and r.grain = $grain and r.step = 2
        )
        select l.region_id, l.period_id, l.value, l.flags
        from core.measure_value as l inner join reach using (region_id, period_id)
        where l.measure_id = $measure and l.origin = 'leaf'
        order by l.period_id, l.region_id
        """,
        {
            "measure": measure_id,
            "region": region_id,
            "grain": row["grain"],
            "base_grain": row["base_grain"],
            "start": row["start_date"],
            "end": row["end_date"],
            "summed": row["time_rule"] not in ("last", "standing", "none"),
        },
    )


def _roll_up(parts: list[Part], row: Row) -> float:
    """The figure again from its parts: over regions first, then over time."""
    rules: dict[str, Callable[[list[float]], float]] = {
        "sum": sum,
        "max": max,
        "min": min,
        "mean": lambda values: sum(values) / len(values),
    }
    over_regions, over_time = rules.get(row["region_rule"], sum), rules.get(row["time_rule"], sum)
    by_period: dict[str, list[float]] = {}
    for part in parts:
        by_period.setdefault(part.period_id, []).append(part.value)
    return float(over_time([over_regions(values) for values in by_period.values()]))


def _recompute(row: Row, terms: list[Term]) -> float:
    """The value again, from the terms that were themselves recomputed from the landed rows."""
    made = {term.role: term.recomputed for term in terms}
    x = made["numerator"] / made.get("denominator", 1.0)
    if row["transform"] == "growth":
        return float(row["factor"] * (x / (made["base numerator"] / made.get("base denominator", 1.0)) - 1))
    if row["transform"] == "change":
        return float(row["factor"] * (x - made["base numerator"] / made.get("base denominator", 1.0)))
    if row["transform"] == "share_of_parent":
        return float(row["factor"] * x / (made["whole numerator"] / made.get("whole denominator", 1.0)))
    return float(row["factor"] * x)
