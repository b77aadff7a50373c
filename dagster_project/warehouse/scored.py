"""Which rows of a warehouse scoring reads: of millions of figures those of units on active schemes."""

from __future__ import annotations

from collections.abc import Mapping

import duckdb
import pandas as pd

from dagster_project.evaluation.figures import wanted

VALUES = ("value", "numerator", "denominator", "target", "flags")


def figures(
    connection: duckdb.DuckDBPyConnection, tables: Mapping[str, pd.DataFrame], value: str, absence: str
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The values and absences that the active schemes of `tables` need, from relations shaped like those of the core.

    Ids are categories: a town's name stands in a million rows.
    """
    asked = wanted(tables)
    unit = tables["region_unit"][["region_id", "unit_grain"]].drop_duplicates()
    period = tables["period"][["period_id", "grain"]]
    for name, frame in (("asked", asked), ("unit", unit), ("calendar", period)):
        connection.register(f"scored_{name}", frame.astype("str"))
    kinds = {"indicator_id": asked, "region_id": unit, "period_id": period}
    keys = []
    for key, frame in kinds.items():
        names = ", ".join("'" + str(one).replace("'", "''") + "'" for one in sorted(set(frame[key]))) or "''"
        keys.append(f"cast(v.{key} as enum ({names})) as {key}")
    query = """
        select {keys}, {columns}
        from {relation} as v
        inner join scored_calendar as p on v.period_id = p.period_id
        where {states} and exists (
            select 1 from scored_asked as a inner join scored_unit as u on a.unit_grain = u.unit_grain
            where a.indicator_id = v.indicator_id and a.grain = p.grain and u.region_id = v.region_id
        )
    """
    told = {"keys": ", ".join(keys)}
    values = query.format(**told, columns=", ".join(f"v.{name}" for name in VALUES), relation=value, states="true")
    states = "v.state in ('not_applicable', 'not_yet_due')"
    absences = query.format(**told, columns="v.state", relation=absence, states=states)
    found = connection.execute(values).df(), connection.execute(absences).df()
    for name in ("asked", "unit", "calendar"):
        connection.unregister(f"scored_{name}")
    return found
