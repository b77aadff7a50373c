"""The core (observation -> measure_value -> indicator_value, every level) against SQL written by hand for the same.

Both start from the same landed Parquet, write a table, run in a process of their own with the same memory and
threads, and must agree on every value. The core's time is the sum of its dbt models' own times; dbt's start is
reported beside it.
"""

from __future__ import annotations

import json
import math
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from statistics import median
from typing import Any

import duckdb

from dagster_project.settings import ROOT
from dagster_project.warehouse.plan import BuildPlan

HERE = Path(__file__).parent
MODELS = (
    *("submission", "repeated_key", "observation_version", "observation", "source_of_measure"),
    *("measure_preferred", "measure_base", "measure_standing"),
    *("measure_region", "expected_cell", "measure_period", "measure_value", "measure_to_date"),
    *("frequency_grain", "indicator_period", "indicator_value"),
)
# size -> source codes, months, rounds
SIZES = {"1e6": (50, 19, 3), "1e7": (50, 194, 3), "1e8": (500, 194, 1)}
MEMORY_LIMIT = "6GB"
MEMORY_AIM_GIB = 8.0
RATIO_AIM = 2.0
GROWTH_AIM = 0.5
THREADS = 2
TOLERANCE = 1e-9


@dataclass(frozen=True)
class Timing:
    """Seconds of the work itself and of the whole process, and the process's peak memory in GiB."""

    work: float
    whole: float
    peak_gib: float


def run(sizes: tuple[str, ...] = tuple(SIZES)) -> list[dict[str, Any]]:
    """Rows `{name, value, unit, reference, ratio, aim, met}` for each size; medians of alternating rounds."""
    return [row for size in sizes for row in _measure(size)] + [_growth()]


def _measure(size: str) -> list[dict[str, Any]]:
    codes, months, rounds = SIZES[size]
    with tempfile.TemporaryDirectory(prefix="citydeck-bench-") as name:
        folder = Path(name)
        # In a process of its own: a child's peak memory starts at that of the parent it was forked from.
        world = [sys.executable, "-m", "tests.bench.core_world", name, str(codes), str(months)]
        rows = int(subprocess.run(world, cwd=ROOT, check=True, capture_output=True, text=True).stdout)
        plan = _plan(folder)
        cores, hands = [], []
        for _ in range(rounds):
            plan.prepare(folder / "registry", datetime.now(UTC))
            cores.append(_core(plan, folder))
            hands.append(_by_hand(plan, folder))
            values, differing = _compare(plan)
            if differing:
                raise AssertionError(
                    f"{size}: {differing} of {values} indicator values differ from the hand-written SQL's"
                )
    work, by_hand = median(c.work for c in cores), median(h.work for h in hands)
    peak, hand_peak = max(c.peak_gib for c in cores), max(h.peak_gib for h in hands)
    whole = median(c.whole for c in cores)
    return [
        {
            "name": f"core {size}: {rows:,} observations, {values:,} indicator values (with dbt's start {whole:.0f} s)",
            "value": round(work, 2),
            "unit": "s",
            "reference": round(by_hand, 2),
            "ratio": round(work / by_hand, 2),
            "aim": RATIO_AIM if size == "1e7" else None,
            "met": work / by_hand <= RATIO_AIM if size == "1e7" else None,
        },
        {
            "name": f"core {size}: peak memory",
            "value": round(peak, 2),
            "unit": "GiB",
            "reference": round(hand_peak, 2),
            "ratio": round(peak / hand_peak, 2),
            "aim": MEMORY_AIM_GIB if size == "1e8" else None,
            "met": peak <= MEMORY_AIM_GIB if size == "1e8" else None,
        },
    ]


def _growth() -> dict[str, Any]:
    """The exponent with which the core's time grows from 520 to 5,200 KPIs on the same figures."""
    seconds = []
    for definitions in (1, 10):
        with tempfile.TemporaryDirectory(prefix="citydeck-bench-") as name:
            world = [sys.executable, "-m", "tests.bench.core_world", name, "650", "2", str(definitions)]
            subprocess.run(world, cwd=ROOT, check=True, capture_output=True)
            plan = _plan(Path(name))
            plan.prepare(Path(name) / "registry", datetime.now(UTC))
            seconds.append(_core(plan, Path(name)).work)
    few, many = seconds
    exponent = math.log10(many / few)
    return {
        "name": f"core: growth from 520 KPIs ({few:.1f} s) to 5,200 ({many:.1f} s), exponent",
        "value": round(exponent, 2),
        "unit": "",
        "reference": None,
        "ratio": None,
        "aim": GROWTH_AIM,
        "met": exponent <= GROWTH_AIM,
    }


def _plan(folder: Path) -> BuildPlan:
    return BuildPlan(
        snapshot_id="bench",
        registry_version="bench",
        known_until=datetime(2026, 12, 31, tzinfo=UTC),
        today=date(2025, 12, 31),
        name="current",
        folder=folder / "warehouse",
        files=tuple(path.name for path in (folder / "raw" / "bulletin").iterdir()),
    )


def _spawn(command: list[str], environment: dict[str, str]) -> tuple[float, float]:
    """Seconds and peak GiB of a process that must succeed."""
    begun = time.monotonic()
    with tempfile.TemporaryFile() as output:
        process = subprocess.Popen(command, env={**os.environ, **environment}, stdout=output, stderr=subprocess.STDOUT)
        _, code, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(code)
        if process.returncode:
            output.seek(0)
            raise RuntimeError(f"{command[:3]} failed:\n{output.read().decode()[-4000:]}")
    return time.monotonic() - begun, usage.ru_maxrss / 2**20


def _core(plan: BuildPlan, folder: Path) -> Timing:
    target = folder / "dbt"
    environment = {
        "CITYDECK_WAREHOUSE": str(plan.database),
        "CITYDECK_SCORES": str(plan.scores),
        "CITYDECK_DATA": str(folder),
        "CITYDECK_MEMORY_LIMIT": MEMORY_LIMIT,
        "CITYDECK_THREADS": str(THREADS),
        "DBT_TARGET_PATH": str(target),
    }
    dbt = str(Path(sys.executable).with_name("dbt"))
    project = [
        "--project-dir",
        str(ROOT / "dbt"),
        "--profiles-dir",
        str(ROOT / "dbt"),
        "--log-path",
        str(folder / "logs"),
    ]
    _spawn([dbt, "run", "--select", "staging", *project], environment)
    whole, peak = _spawn([dbt, "run", "--select", *MODELS, *project], environment)
    results = json.loads((target / "run_results.json").read_text(encoding="utf-8"))["results"]
    return Timing(sum(result["execution_time"] for result in results), whole, peak)


def _by_hand(plan: BuildPlan, folder: Path) -> Timing:
    script = folder / "by_hand.sql"
    script.write_text(
        (HERE / "core_by_hand.sql").read_text(encoding="utf-8").replace("{raw}", str(folder / "raw")), encoding="utf-8"
    )
    program = (
        "import duckdb, sys, time\n"
        "con = duckdb.connect(sys.argv[1], config={'threads': int(sys.argv[3]), 'memory_limit': sys.argv[4]})\n"
        "con.execute('set preserve_insertion_order = false')\n"
        "begun = time.monotonic()\n"
        "con.execute(open(sys.argv[2]).read())\n"
        "open(sys.argv[2] + '.seconds', 'w').write(str(time.monotonic() - begun))\n"
    )
    whole, peak = _spawn(
        [sys.executable, "-c", program, str(plan.database), str(script), str(THREADS), MEMORY_LIMIT], {}
    )
    work = float((folder / "by_hand.sql.seconds").read_text(encoding="utf-8"))
    return Timing(work, whole, peak)


def _compare(plan: BuildPlan) -> tuple[int, int]:
    """How many values there are, and how many are on one side only or differ."""
    with duckdb.connect(str(plan.database), config={"threads": THREADS, "memory_limit": MEMORY_LIMIT}) as con:
        con.execute(f"set temp_directory = '{plan.building / 'spill'}'")
        row = con.execute(
            f"""
            select count(*), count(*) filter (
                where c.value is null or h.value is null
                    or abs(c.value - h.value) > {TOLERANCE} * greatest(abs(c.value), abs(h.value))
            )
            from core.indicator_value as c full join by_hand as h using (indicator_id, region_id, period_id)
            """
        ).fetchall()[0]
    return row[0], row[1]
