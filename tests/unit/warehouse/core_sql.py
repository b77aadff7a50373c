"""The compiled core of the dbt project as plain statements, run over tables that a test makes up."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd

ROOT = Path(__file__).resolve().parents[3]
OBSERVED = (
    "feed_id varchar, source_code varchar, region_id varchar, period_id varchar, period_grain varchar, "
    "period_end date, contested boolean, value double, flags integer, published_on date, landed_at timestamp, "
    "file_id varchar, row_number integer, note varchar, source_id varchar"
)


DELTA = ROOT / "dagster_project" / "warehouse" / "delta.sql"


@dataclass(frozen=True)
class Submission:
    """One figure in one landed file, as staging hands it on. File ids sort in the order of landing."""

    feed_id: str
    source_code: str
    region_id: str
    period_id: str
    value: float
    published_on: date
    landed_at: datetime
    file_id: str
    flags: int = 0
    note: str | None = None


@dataclass(frozen=True)
class Statement:
    """A model's SQL in a full build and in a delta build; the table of `delta` whose `keys` the latter replaces."""

    name: str
    full: str
    delta: str
    replaced: str | None
    keys: tuple[str, ...]


class Core:
    """The statements of the core's models, each after those it reads, and the staging models they read.

    No dataclass: a failing example would print every statement.
    """

    def __init__(self, statements: Sequence[Statement], staging: Sequence[str]) -> None:
        self.statements = statements
        self.staging = staging

    def run(
        self,
        registry: Mapping[str, pd.DataFrame],
        submissions: Iterable[Submission],
        today: date,
        known_until: datetime,
    ) -> duckdb.DuckDBPyConnection:
        """A database with these registry tables, these figures in staging, and every core model over them."""
        connection = duckdb.connect(config={"threads": 1})
        connection.execute("attach ':memory:' as warehouse; use warehouse")
        connection.execute("create schema registry; create schema staging; create schema core")
        for name, frame in registry.items():
            connection.register("frame", frame)
            dates = [column for column in frame if frame[column].dtype.kind == "M"]
            cast = f"replace ({', '.join(f'cast({column} as date) as {column}' for column in dates)})" if dates else ""
            connection.execute(f"create table registry.{name} as select * {cast} from frame")
            connection.unregister("frame")
        connection.execute(
            "create table registry.build as "
            "select cast($today as date) as today, cast($known as timestamp) as known_until, "
            "cast(null as date) as simulated_from",
            {"today": today, "known": known_until},
        )
        for model in self.staging:
            connection.execute(f"create table staging.{model} ({OBSERVED})")
        self._submit(connection, submissions)
        for model in self.statements:
            connection.execute(f"create table core.{model.name} as {model.full}")
        return connection

    def go_on(
        self,
        connection: duckdb.DuckDBPyConnection,
        submissions: Sequence[Submission],
        moved: Iterable[tuple[str, str]],
        was: date,
        today: date,
        known_until: datetime,
    ) -> None:
        """A delta build on what `run` made on the day `was`: `submissions` is all there is now, `moved` what of it is
        (feed, period) of which files came or became known."""
        connection.execute(
            "update registry.build set today = $today, known_until = $known", {"today": today, "known": known_until}
        )
        self._submit(connection, submissions)
        connection.execute(
            "create schema delta; create schema quality; create table quality.indicator_grade (grade varchar)"
        )
        connection.execute("create table delta.stated (feed_id varchar, period_id varchar)")
        connection.execute("create table delta.statement (feed_id varchar, reads varchar)")
        connection.execute("create table delta.clock as select $was as was, $now as now", {"was": was, "now": today})
        connection.executemany("insert into delta.stated values (?, ?)", [["", ""], *map(list, moved)])
        connection.execute(DELTA.read_text(encoding="utf-8"))
        for model in self.statements:
            if model.name == "indicator_value":
                for window, figures in (("period", "measure_value"), ("year_to_date", "measure_to_date")):
                    connection.execute(
                        f"create table delta.figure_{window} as from core.{figures} where (measure_id, period_id) in "
                        f"(select measure_id, period_id from delta.term where accumulation = '{window}')"
                    )
            if model.replaced:
                keys = ", ".join(model.keys)
                connection.execute(
                    f"delete from core.{model.name} where ({keys}) in (select {keys} from delta.{model.replaced})"
                )
                connection.execute(f"insert into core.{model.name} by name {model.delta}")
            else:
                connection.execute(f"create or replace table core.{model.name} as {model.delta}")

    @staticmethod
    def _submit(connection: duckdb.DuckDBPyConnection, submissions: Iterable[Submission]) -> None:
        connection.execute("delete from staging.stg_bulletin")
        connection.execute("create or replace temp table given (" + OBSERVED.replace("contested boolean, ", "") + ")")
        rows = [
            (
                *(s.feed_id, s.source_code, s.region_id, s.period_id, None, None, s.value, s.flags),
                *(s.published_on, s.landed_at, s.file_id, 1, s.note, "x"),
            )
            for s in submissions
        ]
        if rows:
            connection.executemany(f"insert into given values ({', '.join('?' * 14)})", rows)
        connection.execute(
            """
            insert into staging.stg_bulletin by name
            select g.* replace (p.grain as period_grain, p.end_date as period_end),
                   min(file_id) over slice < max(file_id) over slice as contested
            from given as g inner join registry.period as p using (period_id)
            window slice as (partition by g.feed_id, g.period_id)
            """
        )


def compile_core(folder: Path) -> Core:
    """Let dbt compile the core for a full and for a delta build; `folder` takes what it writes."""
    full, delta = folder / "full", folder / "delta"
    manifest = _compile(full, delta=False)
    delta.mkdir()
    with duckdb.connect(str(delta / "warehouse.duckdb")) as connection:
        connection.execute("create schema delta; create table delta.feed_period as select 'bulletin' as feed_id")
    _compile(delta, delta=True)
    nodes = {key: node for key, node in manifest["nodes"].items() if node["resource_type"] == "model"}
    core = {key: node for key, node in nodes.items() if node["schema"] == "core"}
    read = {key for node in core.values() for key in node["depends_on"]["nodes"]}
    ordered: list[str] = []

    def visit(key: str) -> None:
        if key in core and key not in ordered:
            for needed in core[key]["depends_on"]["nodes"]:
                visit(needed)
            ordered.append(key)

    for key in core:
        visit(key)

    def statement(node: Mapping[str, Any]) -> Statement:
        texts = [
            (one / "target" / "compiled" / "citydeck" / node["original_file_path"]).read_text(encoding="utf-8")
            for one in (full, delta)
        ]
        view = node["config"]["materialized"] == "view"
        replaced = {} if view else node["config"]["meta"].get("replaced", {})
        return Statement(node["name"], *texts, replaced.get("delta"), tuple(replaced.get("keys", ())))

    statements = [statement(core[key]) for key in ordered]
    staging = sorted(node["name"] for key, node in nodes.items() if key in read and node["schema"] == "staging")
    return Core(statements, staging)


def _compile(folder: Path, delta: bool) -> dict[str, Any]:
    """The manifest of a compilation of the core."""
    environment = {
        **os.environ,
        "CITYDECK_WAREHOUSE": str(folder / "warehouse.duckdb"),
        "CITYDECK_DATA": str(folder),
        "CITYDECK_DELTA": "yes" if delta else "",
        "DO_NOT_TRACK": "1",
    }
    project = str(ROOT / "dbt")
    command = [str(Path(sys.executable).with_name("dbt")), "compile", "--quiet", "--no-populate-cache"]
    command += ["--select", "core", "--project-dir", project, "--profiles-dir", project]
    command += ["--target-path", str(folder / "target"), "--log-path", str(folder / "logs")]
    folder.mkdir(exist_ok=True)
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    manifest: dict[str, Any] = json.loads((folder / "target" / "manifest.json").read_text(encoding="utf-8"))
    return manifest
