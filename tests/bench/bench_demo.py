"""The demonstration: what a month and a corrected file cost beside a build of everything, with their equality proved.

The last simulated month is held back and lands on the others. Every ratio is of times taken in the same run.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from tests.integration.arrival import DAY_BEFORE, hand_in_correction, hand_in_last_month, hold_last_month
from tests.integration.digest import digest

MONTH_AIM, FILE_AIM, MEMORY_AIM_GIB = 0.10, 0.05, 6.0
CORRECTED = "economy_month"
PACE = re.compile(r"(?P<rows>[\d,]+) rows")


@dataclass(frozen=True)
class Command:
    """`citydeck` on a data folder."""

    data: Path
    today: str = ""

    def run(self, *arguments: str) -> tuple[float, float, str]:
        """Seconds, peak GiB of its largest process, and what it told."""
        told = {"CITYDECK_DATA": str(self.data), "CITYDECK_TODAY": self.today}
        ports = {"CITYDECK_SUPERSET_PORT": "1", "CITYDECK_DAGSTER_PORT": "2", "CITYDECK_THREADS": "2"}
        # In a process of its own, which says how large its children became.
        measured = (
            "import resource, subprocess, sys; code = subprocess.call(sys.argv[1:]); "
            "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss); sys.exit(code)"
        )
        command = [sys.executable, "-c", measured, str(Path(sys.executable).with_name("citydeck")), *arguments]
        begun = time.monotonic()
        done = subprocess.run(command, env={**os.environ, **told, **ports}, capture_output=True, text=True, check=False)
        seconds = time.monotonic() - begun
        if done.returncode:
            raise RuntimeError(f"citydeck {' '.join(arguments)} failed:\n{done.stderr[-4000:]}")
        return seconds, int(done.stdout.split()[-1]) / 2**20, done.stderr


def run(scale: str = "demo") -> list[dict[str, Any]]:
    """Rows `{name, value, unit, reference, ratio, aim, met}`."""
    with tempfile.TemporaryDirectory(prefix="citydeck-bench-") as name:
        now = Command(Path(name))
        simulated, _, told = now.run("simulate", "--scale", scale)
        # Lines count parts, one of them the whole.
        count = max(int(rows.replace(",", "")) for rows in PACE.findall(told))
        size = sum(file.stat().st_size for file in now.data.glob("landing/*/*")) / 2**30
        hold_last_month(now.data)
        full, peak, _ = replace(now, today=DAY_BEFORE).run("build")
        hand_in_last_month(now.data)
        month, month_peak, told = now.run("build")
        _require("goes on from" in told, "the month did not go on from the snapshot before it")
        hand_in_correction(now.data, CORRECTED)
        corrected, _, told = now.run("build")
        _require("goes on from" in told, "the correction did not go on from the snapshot before it")
        nothing, _, _ = now.run("build")
        delta = digest(now.data)
        for folder in ("warehouse", "serving"):
            shutil.rmtree(now.data / folder)
        anew, _, _ = now.run("build")
        _require(digest(now.data) == delta, "a build of everything gives other figures")
        parse = _parse(now.data)
    what = f"{scale}: {count:,} rows"
    return [
        _row(f"{what} simulated, {size:.1f} GiB, {count / simulated:,.0f} rows/s", simulated),
        _row(f"{what} landed and built, without the last month", full),
        _row(f"{scale}: everything built anew, nothing landed", anew),
        _row(f"{scale}: the last month landed and built", month, full, MONTH_AIM),
        _row(f"{scale}: one corrected file landed and built", corrected, full, FILE_AIM),
        _row(f"{scale}: build with nothing new", nothing, full),
        _row("dbt parse of the whole project", parse),
        {
            "name": f"{scale}: peak memory of the largest process",
            "value": round(max(peak, month_peak), 2),
            "unit": "GiB",
            "reference": None,
            "ratio": None,
            "aim": MEMORY_AIM_GIB,
            "met": max(peak, month_peak) <= MEMORY_AIM_GIB,
        },
    ]


def _parse(data: Path) -> float:
    """Seconds of `dbt parse` from nothing."""
    project = str(Path(__file__).resolve().parents[2] / "dbt")
    environment = {**os.environ, "CITYDECK_DATA": str(data), "CITYDECK_WAREHOUSE": str(data / "none.duckdb")}
    command = [str(Path(sys.executable).with_name("dbt")), "parse", "--quiet", "--no-partial-parse"]
    command += ["--project-dir", project, "--profiles-dir", project, "--target-path", str(data / "parsed")]
    begun = time.monotonic()
    subprocess.run(command, env=environment, check=True, capture_output=True)
    return time.monotonic() - begun


def _require(held: bool, otherwise: str) -> None:
    if not held:
        raise AssertionError(otherwise)


def _row(name: str, seconds: float, reference: float | None = None, aim: float | None = None) -> dict[str, Any]:
    ratio = None if reference is None else round(seconds / reference, 3)
    return {
        "name": name,
        "value": round(seconds, 1),
        "unit": "s",
        "reference": None if reference is None else round(reference, 1),
        "ratio": ratio,
        "aim": aim,
        "met": None if aim is None or ratio is None else ratio <= aim,
    }
