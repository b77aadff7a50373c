"""A data folder and the command line on it, as a person at a terminal has them."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

ROOT = Path(__file__).resolve().parents[2]
CITYDECK = Path(sys.executable).with_name("citydeck")


@dataclass(frozen=True)
class Deck:
    """`seeds` is the registry it runs on; `today` is written YYYY-MM-DD everywhere, None: the demonstration's clock."""

    data: Path
    seeds: Path = ROOT / "seeds"

    def run(self, *arguments: str, today: str | None) -> subprocess.CompletedProcess[str]:
        """`citydeck <arguments>` on that day."""
        clean = {name: value for name, value in os.environ.items() if not name.startswith(("CITYDECK_", "DAGSTER_"))}
        told = {"CITYDECK_DATA": str(self.data), "CITYDECK_SEEDS": str(self.seeds), "CITYDECK_TODAY": today or ""}
        # Ports that nothing listens on: a test never speaks to a cockpit that happens to run.
        ports = {"CITYDECK_SUPERSET_PORT": "1", "CITYDECK_DAGSTER_PORT": "2", "CITYDECK_THREADS": "2"}
        command = [str(CITYDECK), *arguments]
        return subprocess.run(command, env={**clean, **told, **ports}, capture_output=True, text=True, check=False)

    def must(self, *arguments: str, today: str | None) -> str:
        """What the command printed; it has to succeed."""
        done = self.run(*arguments, today=today)
        assert done.returncode == 0, f"citydeck {' '.join(arguments)}\n{done.stdout}\n{done.stderr}"
        return done.stdout

    def json(self, *arguments: str, today: str | None) -> Any:
        return json.loads(self.must(*arguments, "--json", today=today))

    def build(self, today: str | None, as_of: str | None = None) -> str:
        """Id of the snapshot that is in force afterwards."""
        return self.must("build", *(["--as-of", as_of] if as_of else []), today=today).strip()

    def drop(self, feed: str, name: str, text: str) -> None:
        """Put a file into the feed's inbox in one step."""
        inbox = self.data / "landing" / feed
        inbox.mkdir(parents=True, exist_ok=True)
        beside = inbox / f".{name}.part"
        beside.write_text(text, encoding="utf-8")
        beside.replace(inbox / name)

    def warehouse(self, snapshot_id: str) -> duckdb.DuckDBPyConnection:
        return duckdb.connect(str(self.data / "warehouse" / snapshot_id / "warehouse.duckdb"), read_only=True)

    def serving(self, name: str = "current") -> duckdb.DuckDBPyConnection:
        """What a cockpit opens."""
        return duckdb.connect(str(self.data / "serving" / f"{name}.duckdb"), read_only=True)

    def remove(self) -> None:
        shutil.rmtree(self.data, ignore_errors=True)
