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

import duckdb
import pandas as pd

ROOT = Path(__file__).resolve().parents[3]
OBSERVED = (
    "feed_id varchar, source_code varchar, region_id varchar, period_id varchar, period_grain varchar, "
    "period_end date, contested boolean, value double, flags integer, published_on date, landed_at timestamp, "
    "file_id varchar, row_number integer, note varchar, source_id varchar"
)


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


class Core:
    """The statements of the core's models, each after those it reads, and the staging models they read.

    No dataclass: a failing example would print every statement.
    """

    def __init__(self, statements: Sequence[tuple[str, str]], staging: Sequence[str]) -> None:
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
        connection.execute("create temp table given (" + OBSERVED.replace("contested boolean, ", "") + ")")
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
        for name, statement in self.statements:
            connection.execute(f"create table core.{name} as {statement}")
        return connection


def compile_core(folder: Path) -> Core:
    """Let dbt compile the core once; `folder` takes what it writes."""
    environment = {
        **os.environ,
        "CITYDECK_WAREHOUSE": str(folder / "warehouse.duckdb"),
        "CITYDECK_DATA": str(folder),
        "DO_NOT_TRACK": "1",
    }
    project = str(ROOT / "dbt")
    command = [str(Path(sys.executable).with_name("dbt")), "compile", "--quiet", "--no-populate-cache"]
    command += ["--select", "core", "--project-dir", project, "--profiles-dir", project]
    command += ["--target-path", str(folder / "target"), "--log-path", str(folder / "logs")]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    manifest = json.loads((folder / "target" / "manifest.json").read_text(encoding="utf-8"))
    nodes = {key: node for key, node in manifest["nodes"].items() if node["resource_type"] == "model"}
    core = {key: node for key, node in nodes.items() if node["schema"] == "core"}
    read = {key for node in core.values() for key in node["depends_on"]["nodes"]}
    compiled = folder / "target" / "compiled" / "citydeck"
    ordered: list[str] = []

    def visit(key: str) -> None:
        if key in core and key not in ordered:
            for needed in core[key]["depends_on"]["nodes"]:
                visit(needed)
            ordered.append(key)

    for key in core:
        visit(key)
    statements = [
        (core[key]["name"], (compiled / core[key]["original_file_path"]).read_text(encoding="utf-8")) for key in ordered
    ]
    staging = sorted(node["name"] for key, node in nodes.items() if key in read and node["schema"] == "staging")
    return Core(statements, staging)
