"""Opening a finished warehouse to read: its tables, and the registry that it was built from, in one connection."""

from __future__ import annotations

from pathlib import Path

import duckdb


class NoSnapshot(RuntimeError):
    """There is no such build yet; the message says which command makes it."""


def folder_of(warehouse: Path, as_of: str | None = None) -> Path:
    """The folder of the build in force, or of the one as of a date (`YYYY-MM-DD`).

    Raises:
        NoSnapshot: it was not built.
    """
    link = warehouse / (f"as-of-{as_of}" if as_of else "current")
    if not link.exists():
        command = f"citydeck build --as-of {as_of}" if as_of else "citydeck build"
        raise NoSnapshot(f"nothing is built yet under {link.name}; run `{command}`")
    return link.resolve()


def open_snapshot(folder: Path) -> duckdb.DuckDBPyConnection:
    """A connection to the read-only warehouse: schemas registry, staging, core, serving, cockpit."""
    return duckdb.connect(str(folder / "warehouse.duckdb"), read_only=True)
