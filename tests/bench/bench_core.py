"""The core (observation -> measure_value -> indicator_value, every level) against SQL written by hand for the same indicators.

Both start from the same landed Parquet, write a table, run in a process of their own with the same memory and threads,
and must agree on every value. The core's time is the sum of its dbt models' own times; dbt's start is reported beside it.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import duckdb

from dagster_project import registry as registry_package
from dagster_project.ingest.contract import load_contracts
from dagster_project.ingest.land import prepare
from dagster_project.settings import ROOT
from dagster_project.warehouse.plan import BuildPlan

HERE = Path(__file__).parent
MODELS = (
    *("observation_version", "observation", "source_of_measure", "measure_preferred", "measure_base", "measure_standing"),
    *("measure_region", "expected_cell", "measure_period", "measure_value"),
    *("frequency_grain", "dated_target", "indicator_period", "indicator_value"),
)
SIZES = {"1e6": (50, 19), "1e7": (50, 194), "1e8": (500, 194)}
MEMORY_LIMIT = "6GB"
MEMORY_AIM_GIB = 8.0
RATIO_AIM = 2.0
THREADS = 2
TOLERANCE = 1e-9


@dataclass(frozen=True)
class Timing:
    """Seconds of the work itself and of the whole process, and the process's peak memory in GiB."""

    work: float
    whole: float
    peak_gib: float


def run(sizes: tuple[str, ...] = tuple(SIZES)) -> list[dict[str, Any]]:
    """Rows `{name, value, unit, reference, ratio, aim, met}` for each size."""
    return [row for size in sizes for row in _measure(size)]


def _measure(size: str) -> list[dict[str, Any]]:
    codes, months = SIZES[size]
    with tempfile.TemporaryDirectory(prefix="citydeck-bench-") as name:
        folder = Path(name)
        rows = write_world(folder, codes, months)
        plan = _plan(folder)
        plan.prepare(folder / "registry", datetime.now(UTC))
        core = _core(plan, folder)
        hand = _by_hand(plan, folder)
        values, differing = _compare(plan)
    if differing:
        raise AssertionError(f"{size}: {differing} of {values} indicator values differ from the hand-written SQL's")
    return [
        {
            "name": f"core {size}: {rows:,} observations to {values:,} indicator values (whole dbt process {core.whole:.0f} s)",
            "value": round(core.work, 2),
            "unit": "s",
            "reference": round(hand.work, 2),
            "ratio": round(core.work / hand.work, 2),
            "aim": RATIO_AIM if size == "1e7" else None,
            "met": core.work / hand.work <= RATIO_AIM if size == "1e7" else None,
        },
        {
            "name": f"core {size}: peak memory",
            "value": round(core.peak_gib, 2),
            "unit": "GiB",
            "reference": round(hand.peak_gib, 2),
            "ratio": round(core.peak_gib / hand.peak_gib, 2),
            "aim": MEMORY_AIM_GIB if size == "1e8" else None,
            "met": core.peak_gib <= MEMORY_AIM_GIB if size == "1e8" else None,
        },
    ]


def _plan(folder: Path) -> BuildPlan:
    return BuildPlan(
        snapshot_id="bench",
        registry_version="bench",
        known_until=datetime(2026, 12, 31, tzinfo=UTC),
        today=date(2025, 12, 31),
        name="current",
        folder=folder / "warehouse",
    )


def write_world(folder: Path, codes: int, months: int) -> int:
    """Raw files and a registry: `codes` items of which a fifth are stocks, for every town and month up to 2025-12; rows written.

    One item in five is a denominator, shared by four indicators. The last six months come in a second file too, one
    figure in fifty of them revised, as departments do.
    """
    registry = folder / "registry"
    loaded = registry_package.load(ROOT / "seeds")
    registry_package.write(loaded, registry, date(2025, 12, 31))
    with duckdb.connect(config={"threads": THREADS, "memory_limit": MEMORY_LIMIT}) as con:
        con.execute(f"create view region as from read_parquet('{registry / 'region.parquet'}')")
        con.execute(
            f"""
            create table item as
            select i, 'm' || lpad(i::varchar, 3, '0') || case when i % 5 = 4 then '_stock' else '' end as item
            from range({codes}) as t (i);
            create table month as
            select period_id, row_number() over (order by end_date desc) as age
            from read_parquet('{registry / "period.parquet"}')
            where grain = 'month' and end_date <= date '2025-12-31'
            qualify age <= {months};
            create table town as select region_id from region where level = 'town';
            """
        )
        _write_registry(con, registry)
        prepare(load_contracts(ROOT / "dbt").values(), folder / "landing", folder / "raw")
        landed = 0
        for number, condition in enumerate(("true", "age <= 6 and hash(region_id, item, period_id) % 50 = 0")):
            file_id = f"2026010{number + 1}T000000000000-bench"
            target = folder / "raw" / "bulletin" / file_id / "accepted.parquet"
            target.parent.mkdir(parents=True)
            con.execute(
                f"""
                copy (
                    select region_id as region, period_id as period, item,
                        (1000 + hash(region_id, item, period_id, {number}) % 1000000) / 10.0 as value,
                        'x' as unit, cast(null as varchar) as flag, cast(null as varchar) as note, 'bench' as source_id,
                        date '2026-01-01' as published_on, '{file_id}' as _file_id, cast(1 as integer) as _row,
                        timestamp '2026-01-0{number + 1} 00:00:00' as _landed_at
                    from month, item, town
                    where {condition}
                ) to '{target}' (format parquet)
                """
            )
            landed += con.execute(f"select count(*) from read_parquet('{target}')").fetchall()[0][0]
    return landed


def _write_registry(con: duckdb.DuckDBPyConnection, registry: Path) -> None:
    """The measures, indicators and aliases of the bench, in the shape of the real registry's files."""
    replaced = {
        "measure": """
            select item as measure_id, item as name_zh, item as name_en, 'x' as unit,
                case when item like '%stock' then 'stock' else 'flow' end as kind, 'month' as frequency, 'town' as grain,
                'sum' as region_rule, case when item like '%stock' then 'last' else 'sum' end as time_rule,
                1.0::double as min_coverage, item as definition_zh, item as definition_en from item
        """,
        "measure_source": "select item as measure_id, 'bulletin' as feed_id, item as source_code, 1.0::double as factor, 1::integer as priority from item",
        "region_alias": "select region_id as alias, region_id, date '1900-01-01' as valid_from, date '9999-12-31' as valid_to, 'bench' as source_id from town",
        "target": f"select * from read_parquet('{registry / 'target.parquet'}') where false",
        "indicator": f"""
            select * replace (
                n.item as indicator_id, 1 as version, n.item as numerator, d.item as denominator, 100.0::double as factor, 'level' as transform,
                cast(null as integer) as span_years, cast(null as varchar) as parent, 'month' as frequency, 'town' as lowest_grain,
                date '1900-01-01' as valid_from, date '9999-12-31' as valid_to, false as illustrative
            )
            from (select * from read_parquet('{registry / "indicator.parquet"}') limit 1) as pattern
            cross join (from item where i % 5 <> 0) as n
            inner join item as d on d.i = n.i - n.i % 5
        """,
    }
    for table, query in replaced.items():
        kept = "* exclude (i, item, i_1, item_1)" if table == "indicator" else "*"
        con.execute(f"create table made as select {kept} from ({query})")
        con.execute(f"copy made to '{registry / table}.parquet' (format parquet)")
        con.execute("drop table made")


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
    return time.monotonic() - begun, _peak(usage)


def _peak(usage: resource.struct_rusage) -> float:
    return usage.ru_maxrss / 2**20


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
    project = ["--project-dir", str(ROOT / "dbt"), "--profiles-dir", str(ROOT / "dbt"), "--log-path", str(folder / "logs")]
    _spawn([dbt, "run", "--select", "staging", *project], environment)
    whole, peak = _spawn([dbt, "run", "--select", *MODELS, *project], environment)
    results = json.loads((target / "run_results.json").read_text(encoding="utf-8"))["results"]
    return Timing(sum(result["execution_time"] for result in results), whole, peak)


def _by_hand(plan: BuildPlan, folder: Path) -> Timing:
    script = folder / "by_hand.sql"
    script.write_text((HERE / "core_by_hand.sql").read_text(encoding="utf-8").replace("{raw}", str(folder / "raw")), encoding="utf-8")
    program = (
        "import duckdb, sys, time\n"
        "con = duckdb.connect(sys.argv[1], config={'threads': int(sys.argv[3]), 'memory_limit': sys.argv[4]})\n"
        "con.execute('set preserve_insertion_order = false')\n"
        "begun = time.monotonic()\n"
        "con.execute(open(sys.argv[2]).read())\n"
        "open(sys.argv[2] + '.seconds', 'w').write(str(time.monotonic() - begun))\n"
    )
    whole, peak = _spawn([sys.executable, "-c", program, str(plan.database), str(script), str(THREADS), MEMORY_LIMIT], {})
    work = float((folder / "by_hand.sql.seconds").read_text(encoding="utf-8"))
    return Timing(work, whole, peak)


def _compare(plan: BuildPlan) -> tuple[int, int]:
    """How many values there are, and how many are on one side only or differ."""
    with duckdb.connect(str(plan.database), config={"threads": THREADS, "memory_limit": MEMORY_LIMIT}) as con:
        con.execute(f"set temp_directory = '{plan.building / 'spill'}'")
        row = con.execute(
            f"""
            select count(*), count(*) filter (
                where c.value is null or h.value is null or abs(c.value - h.value) > {TOLERANCE} * greatest(abs(c.value), abs(h.value))
            )
            from core.indicator_value as c full join by_hand as h using (indicator_id, region_id, period_id)
            """
        ).fetchall()[0]
    return row[0], row[1]
