"""What a build is made of and how much it serves, against reviewed snapshots; the unit tests of the dbt models.

A difference to a snapshot is either a loss or a change that was meant; for the latter:
`python -m pytest tests/integration/test_build.py --update-snapshots`, then review the difference.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from tests.integration.conftest import Story
from tests.integration.deck import ROOT, Deck

SNAPSHOTS = Path(__file__).with_name("snapshots")
UPDATE = "python -m pytest tests/integration/test_build.py --update-snapshots"


def assert_as_reviewed(name: str, text: str, request: pytest.FixtureRequest) -> None:
    file = SNAPSHOTS / name
    if request.config.getoption("--update-snapshots"):
        file.parent.mkdir(exist_ok=True)
        file.write_text(text, encoding="utf-8")
    assert file.read_text(encoding="utf-8") == text, f"if this is meant, run `{UPDATE}` and review the difference"


def test_assets_jobs_schedules_and_sensors(story: Story, request: pytest.FixtureRequest) -> None:
    environment = {**os.environ, "CITYDECK_DATA": str(story.deck.data), "PYTHONWARNINGS": "ignore"}
    command = [sys.executable, "-m", "tests.integration.pipeline_outline"]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    outline = json.loads(done.stdout)
    assert_as_reviewed("pipeline.json", json.dumps(outline, ensure_ascii=False, indent=1) + "\n", request)


def test_rows_of_every_served_table(story: Story, request: pytest.FixtureRequest) -> None:
    """On 2025-10-31, from the published figures alone."""
    with duckdb.connect(str(story.deck.data / "serving" / f"{story.before}.duckdb"), read_only=True) as connection:
        tables = connection.execute(
            "select schema_name || '.' || table_name from duckdb_tables() order by all"
        ).fetchall()
        counts = [(table, connection.execute(f"select count(*) from {table}").fetchall()[0][0]) for (table,) in tables]
    text = "\n".join(["table,rows", *(f"{table},{rows}" for table, rows in counts)]) + "\n"
    assert_as_reviewed("rows.csv", text, request)


def test_unit_tests_of_the_models(small_deck: Deck, small: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    """Their inputs are made up; what dbt asks the database for is only the columns."""
    warehouse = tmp_path / "warehouse.duckdb"
    shutil.copyfile(small_deck.data / "warehouse" / "current" / "warehouse.duckdb", warehouse)
    environment = {**os.environ, "CITYDECK_DATA": str(small_deck.data), "CITYDECK_WAREHOUSE": str(warehouse)}
    project = str(ROOT / "dbt")
    command = [str(Path(sys.executable).with_name("dbt")), "test", "--select", "test_type:unit"]
    command += ["--project-dir", project, "--profiles-dir", project]
    command += ["--target-path", str(tmp_path / "target"), "--log-path", str(tmp_path / "logs")]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
    results = json.loads((tmp_path / "target" / "run_results.json").read_text(encoding="utf-8"))["results"]
    assert len(results) >= 5 and {result["status"] for result in results} == {"pass"}
