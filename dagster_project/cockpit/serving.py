"""What a dashboard's rendering takes from the serving file: the city's shapes, and the filters' first values."""

from __future__ import annotations

from collections.abc import Mapping

import duckdb

from dagster_project.cockpit.geometry import Shape
from dagster_project.cockpit.template import Dashboard, Dataset


def read_shapes(connection: duckdb.DuckDBPyConnection) -> list[Shape]:
    """The shapes served, in the order of their ids."""
    rows = connection.execute(
        "select region_id, left_pct, top_pct, width_pct, height_pct, polygon, label_x_pct, label_y_pct, map_aspect"
        " from serving.region_shape order by region_id"
    ).fetchall()
    return [Shape(*row) for row in rows]


def first_values(
    connection: duckdb.DuckDBPyConnection, dashboard: Dashboard, datasets: Mapping[str, Dataset]
) -> dict[str, object]:
    """First value of each filter by its order, among the rows that the filters before it leave; None without rows, and
    for a filter that is open at first."""
    values: dict[str, object] = {}
    columns = {item.name: item.column for item in dashboard.filters}
    for item in dashboard.filters:
        if item.open:
            values[item.name] = None
            continue
        # Names come from the templates, which the static check holds against the contracts; values are bound.
        conditions = " and ".join(["true", *(f"{columns[name]} = ?" for name in item.after)])
        order = datasets[item.dataset].metrics[item.order_by]
        row = connection.execute(
            f"select {item.column} from cockpit.{item.dataset} where {conditions} group by {item.column}"
            f" order by {order} {'asc' if item.ascending else 'desc'}, {item.column} limit 1",
            [values[name] for name in item.after],
        ).fetchone()
        values[item.name] = row[0] if row else None
    return values
