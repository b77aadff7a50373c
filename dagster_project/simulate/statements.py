"""A month's statement of one feed as an Arrow table in the shape of its contract."""

from __future__ import annotations

from importlib import import_module

import numpy as np
import pyarrow as pa

from dagster_project.ingest.contract import Contract
from dagster_project.simulate.world import Month, World

_TYPES = {"varchar": pa.string(), "double": pa.float64(), "integer": pa.int32(), "date": pa.date32()}


def statement(world: World, contract: Contract, month: Month) -> pa.Table:
    """The rows of `feeds/<feed>.py`, with the month and the day on which they were handed over.

    Raises:
        ValueError: the module gives other columns than the contract has.
    """
    module = import_module(f"dagster_project.simulate.feeds.{contract.feed}")
    given: dict[str, np.ndarray] = module.statement(world, month)
    wanted = set(contract.names) - {"period", "published_on"}
    if set(given) != wanted:
        raise ValueError(f"{contract.feed}: columns {sorted(set(given) ^ wanted)} are given or wanted, not both")
    rows = len(next(iter(given.values())))
    same = {"period": pa.scalar(month.id), "published_on": pa.scalar(month.handed_over)}
    return pa.table(
        {
            column.name: (
                pa.repeat(same[column.name], rows)
                if column.name in same
                else _column(given[column.name], _TYPES[column.type])
            )
            for column in contract.columns
        }
    )


def _column(values: np.ndarray, kind: pa.DataType) -> pa.Array:
    """As the contract's type; None, NaN, NaT and -1 masks of `numpy.ma` arrays are empty cells.

    Moments are text in the contracts: `2024-03-05 08:30:00`.
    """
    mask = np.ma.getmaskarray(values) if isinstance(values, np.ma.MaskedArray) else None
    data = np.ma.getdata(values)
    if pa.types.is_string(kind) and data.dtype.kind == "M":
        return pa.array(data.astype("M8[s]"), mask=mask).cast(kind)
    if data.dtype.kind == "M":
        data = data.astype("datetime64[D]")
    if pa.types.is_string(kind) and data.dtype.kind == "b":
        data = np.where(data, "true", "false")
    return pa.array(data, mask=mask, from_pandas=True).cast(kind)


# How often a statement repeats rows, or carries codes that nobody knows; and how many rows then.
OFTEN, MOST_ROWS = 0.3, 4


def spoilt(world: World, contract: Contract, month: Month, table: pa.Table) -> tuple[pa.Table, list[tuple[str, str]]]:
    """The statement with a few faulty rows added, so that the true ones stay: (kind, region) of each.

    Rows repeated word for word, and copies of rows under a key of their own whose region no register has.
    """
    rng = world.rng("statement faults", contract.feed, month.id)
    region = table["region"].to_numpy(zero_copy_only=False) if "region" in table.column_names else None
    planted: list[tuple[str, str]] = []
    parts = [table]
    if table.num_rows > MOST_ROWS and rng.random() < OFTEN:
        chosen = rng.choice(table.num_rows, int(rng.integers(1, MOST_ROWS + 1)), replace=False)
        parts.append(table.take(pa.array(chosen)))
        planted += [("duplicate", "" if region is None else str(region[place])) for place in chosen]
    if region is not None and "region" not in contract.key and table.num_rows > MOST_ROWS and rng.random() < OFTEN:
        chosen = rng.choice(table.num_rows, int(rng.integers(1, MOST_ROWS + 1)), replace=False)
        key = next(name for name in contract.key if name not in ("period", "region"))
        if pa.types.is_string(table.schema.field(key).type):
            strange = table.take(pa.array(chosen))
            ids = [f"{value}-x" for value in strange[key].to_pylist()]
            strange = strange.set_column(table.column_names.index(key), key, pa.array(ids, pa.string()))
            codes = pa.array(["509999999"] * len(chosen), pa.string())
            parts.append(strange.set_column(table.column_names.index("region"), "region", codes))
            planted += [("unknown_code", "509999999")] * len(chosen)
    return pa.concat_tables(parts), planted
