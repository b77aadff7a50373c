"""The DuckDB tables between reading and checking, and how rows get into them.

- `cells`: `_row` and the contract's columns, all text, empty cells null; one row per row that could be read.
- `findings`: what keeps rows out (`FINDING`). A row that could not be read is only here, with its text as `raw`.

Belongs here: SQL spelling shared by the readers and the checks.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import duckdb
import pyarrow as pa

from dagster_project.ingest.contract import Contract
from dagster_project.ingest.reason import Reason, Refused, reason

FINDING = {
    "row": "INTEGER",
    "column": "VARCHAR",
    "value": "VARCHAR",
    "reason": "VARCHAR",
    "message_en": "VARCHAR",
    "message_zh": "VARCHAR",
    "raw": "VARCHAR",
}
VALUE_CHARACTERS = 200
RAW_CHARACTERS = 1000
_BATCH = 50_000


def literal(value: object) -> str:
    """`value` as a SQL string."""
    return "'" + str(value).replace("'", "''") + "'"


def identifier(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def schema(columns: dict[str, str]) -> str:
    return ", ".join(f"{identifier(name)} {kind}" for name, kind in columns.items())


def connect(spill: Path, memory_limit: str, threads: int) -> duckdb.DuckDBPyConnection:
    """An in-memory database that spills into `spill`."""
    return duckdb.connect(
        config={
            "memory_limit": memory_limit,
            "threads": threads,
            "temp_directory": str(spill),
            "autoinstall_known_extensions": "false",
        }
    )


def apart(database: duckdb.DuckDBPyConnection) -> duckdb.DuckDBPyConnection:
    """A connection for one file, with an empty `findings`; its temporary tables are its own and end with it."""
    con = database.cursor()
    con.execute(f"CREATE TEMP TABLE findings ({schema(FINDING)})")
    return con


def count(con: duckdb.DuckDBPyConnection, query: str) -> int:
    """The one number that a query yields; of a statement that writes rows, how many."""
    return int(con.execute(query).fetchall()[0][0])


def header_columns(printed: Sequence[str], contract: Contract, rows: int = 0) -> list[str]:
    """The contract's column for each printed header cell, which may be its name or its Chinese label.

    Raises:
        Refused: a required column is missing, or a column is unknown or stands twice. `rows` goes into the refusal.
    """
    names = {name: column.name for column in contract.columns for name in (column.name, column.label_zh)}
    found = [names.get(cell.strip(), "") for cell in printed]
    missing = [c.name for c in contract.columns if c.required and c.name not in found]
    unknown = [cell[:60] for cell, name in zip(printed, found, strict=True) if not name]
    twice = [name for name, count in Counter(filter(None, found)).items() if count > 1]
    if missing or unknown or twice:
        details = {"missing": missing, "unknown": unknown[:20], "twice": twice}
        raise Refused(reason("columns", **{key: ", ".join(value) or "-" for key, value in details.items()}), rows)
    return found


class Writer:
    """Adds rows to `table` (`_row` and text columns) and to `findings`, in batches. Use as a context manager."""

    def __init__(self, con: duckdb.DuckDBPyConnection, table: str, columns: Sequence[str]) -> None:
        self._con = con
        self._table = table
        self._columns = columns
        self._rows: list[tuple[int, Sequence[str | None]]] = []
        self._malformed: list[tuple[int, str, str, str, str, str]] = []
        con.execute(f"CREATE TEMP TABLE {table} ({schema({'_row': 'INTEGER'} | dict.fromkeys(columns, 'VARCHAR'))})")

    def __enter__(self) -> Writer:
        return self

    def __exit__(self, *_: object) -> None:
        self._flush()

    def add(self, row: int, cells: Sequence[str | None]) -> None:
        """One row; its cells in the order of the columns, empty ones become null."""
        self._rows.append((row, cells))
        if len(self._rows) >= _BATCH:
            self._flush()

    def malformed(self, row: int, text: str, why: Reason) -> None:
        """One row that cannot be read; `text` is what stands there."""
        printable = text.encode("utf-8", "backslashreplace").decode()
        raw = json.dumps({"text": printable[:RAW_CHARACTERS]}, ensure_ascii=False)
        self._malformed.append((row, printable[:VALUE_CHARACTERS], why.code, why.message_en, why.message_zh, raw))
        if len(self._malformed) >= _BATCH:
            self._flush()

    def _flush(self) -> None:
        cells = list(zip(*(cells for _, cells in self._rows), strict=True)) or [()] * len(self._columns)
        texts = [pa.array([cell or None for cell in column], pa.string()) for column in cells]
        numbers = pa.array([row for row, _ in self._rows], pa.int32())
        self._insert(self._table, pa.table([numbers, *texts], names=["_row", *self._columns]))
        kept = [name for name in FINDING if name != "column"]
        columns = list(zip(*self._malformed, strict=True)) or [()] * len(kept)
        kinds = [pa.int32() if FINDING[name] == "INTEGER" else pa.string() for name in kept]
        arrays = [pa.array(column, kind) for column, kind in zip(columns, kinds, strict=True)]
        self._insert("findings", pa.table(arrays, names=kept))
        self._rows.clear()
        self._malformed.clear()

    def _insert(self, table: str, rows: pa.Table) -> None:
        if rows.num_rows:
            self._con.register("batch", rows)
            self._con.execute(f"INSERT INTO {table} BY NAME SELECT * FROM batch")
            self._con.unregister("batch")
