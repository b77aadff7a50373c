"""A tiny build to publish, and a process that publishes it and may be killed on the way.

`python -m tests.integration.publishing FOLDER SNAPSHOT [LINE]`: publish, and die before the given line of the code that
publishes is run; without LINE print the lines that were run.
"""

from __future__ import annotations

import os
import signal
import sys
from datetime import UTC, date, datetime
from pathlib import Path
from types import FrameType
from typing import Any

import duckdb

from dagster_project.warehouse import plan as planning
from dagster_project.warehouse import publish as publishing
from dagster_project.warehouse.plan import BuildPlan

ROWS = 2000
CONTRACTS = {
    "serving.snapshot": [("snapshot_id", "varchar")],
    "serving.series": [("snapshot_id", "varchar"), ("value", "integer")],
    "cockpit.tile": [("snapshot_id", "varchar"), ("value", "integer")],
}
WATCHED = {"publish", "flip", "_prune"}


def plan_of(folder: Path, snapshot_id: str) -> BuildPlan:
    return BuildPlan(
        snapshot_id=snapshot_id,
        registry_version="r",
        known_until=datetime(2025, 12, 31, tzinfo=UTC),
        today=date(2025, 12, 31),
        name="current",
        folder=folder / "warehouse",
    )


def build(plan: BuildPlan, *statements: str) -> None:
    """What a build leaves for publishing; `statements` spoil it."""
    plan.prepare(plan.folder / "no registry", datetime(2025, 12, 31, tzinfo=UTC))
    with duckdb.connect(str(plan.database)) as connection:
        connection.execute("create schema serving; create schema cockpit")
        connection.execute(f"create table serving.snapshot as select '{plan.snapshot_id}' as snapshot_id")
        for table in ("serving.series", "cockpit.tile"):
            connection.execute(
                f"create table {table} as select '{plan.snapshot_id}' as snapshot_id, "
                f"cast(i as integer) as value from range({ROWS}) as t (i)"
            )
        for statement in statements:
            connection.execute(statement)


def publish(folder: Path, snapshot_id: str) -> dict[str, int]:
    plan = plan_of(folder, snapshot_id)
    build(plan)
    return publishing.publish(plan, folder / "serving", CONTRACTS)


def snapshots(file: Path) -> set[tuple[str, int]]:
    """(snapshot, rows) of every table that a published file must hold."""
    with duckdb.connect(str(file), read_only=True) as connection:
        return {
            row
            for table in ("serving.series", "cockpit.tile")
            for row in connection.execute(f"select snapshot_id, count(*) from {table} group by 1").fetchall()
        } | {(row[0], ROWS) for row in connection.execute("select snapshot_id from serving.snapshot").fetchall()}


def main(folder: Path, snapshot_id: str, line: str | None) -> None:
    seen: list[str] = []
    files = {planning.__file__, publishing.__file__}

    def watch(frame: FrameType, event: str, _: Any) -> Any:
        code = frame.f_code
        if code.co_filename not in files or code.co_name not in WATCHED:
            return None
        if event == "line":
            here = f"{code.co_name}:{frame.f_lineno}"
            if here == line:
                os.kill(os.getpid(), signal.SIGKILL)
            if here not in seen:
                seen.append(here)
        return watch

    plan = plan_of(folder, snapshot_id)
    build(plan)
    sys.stdout.write("built\n")
    sys.stdout.flush()
    sys.settrace(watch)
    publishing.publish(plan, folder / "serving", CONTRACTS)
    sys.settrace(None)
    sys.stdout.write(" ".join(seen) + "\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], sys.argv[3] if len(sys.argv) > 3 else None)
