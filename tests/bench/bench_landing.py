"""Landing speed: seconds to land CSV files of long-form figures, against DuckDB's plain COPY of them to Parquet."""

from __future__ import annotations

import shutil
import statistics
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb

from dagster_project.ingest.contract import load_contracts
from dagster_project.ingest.land import land_feed

ROOT = Path(__file__).resolve().parents[2]
AIM = 3.0
SIZES = (1_000_000, 5_000_000)
MANY_AIM = 2.0  # of small files: what a landing does once per file counts here, not its rows
MANY = 100
MANY_ROWS = 1_000
ROUNDS = 3


def run(sizes: tuple[int, ...] = SIZES, rounds: int = ROUNDS) -> list[dict[str, Any]]:
    """Rows `{name, value, unit, reference, ratio, aim, met}`: rows per second of landing, and of the reference.

    The ratio is that of the medians of `rounds` alternating runs, both on the same number of threads. Landing includes
    hashing, every check of the contract, and flushing to disk, which COPY does not do.
    """
    return [*(_measure(1, size, rounds, AIM) for size in sizes), _measure(MANY, MANY_ROWS, rounds, MANY_AIM)]


def write_returns(path: Path, rows: int, first: int = 0) -> None:
    """A CSV file of the bulletin feed: 41 regions, 20 years of months, as many items as it takes."""
    duckdb.sql(
        f"""
        COPY (
            SELECT
                'region ' || i % 41 AS region,
                (2004 + i // 41 % 20) || 'M' || lpad((1 + i // 820 % 12)::VARCHAR, 2, '0') AS period,
                'item_' || i // 9840 AS item,
                round((hash(i) % 100000) / 7, 2) AS value,
                '万人' AS unit,
                CASE WHEN i % 50 = 0 THEN 'estimated' END AS flag,
                CASE WHEN i % 50 = 0 THEN '初步核算数, 待最终核实' END AS note,
                'yearbook' AS source_id,
                DATE '2024-01-01' + (i % 300)::INTEGER AS published_on
            FROM range({first}, {first + rows}) AS t (i)
        ) TO '{path}' (HEADER)
        """
    )


def write_codes(registry: Path) -> None:
    """The code lists that the bulletin feed is checked against."""
    registry.mkdir(parents=True)
    for table, query in {
        "region_alias": "SELECT 'region ' || i AS alias FROM range(41) AS t (i)",
        "flag": "SELECT 'estimated' AS flag_id",
        "source": "SELECT 'yearbook' AS source_id",
    }.items():
        duckdb.sql(f"COPY ({query}) TO '{registry / table}.parquet'")


def _measure(files: int, rows: int, rounds: int, aim: float) -> dict[str, Any]:
    contract = load_contracts(ROOT / "dbt")["bulletin"]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_codes(folder / "registry")
        sources = [folder / f"returns_{number}.csv" for number in range(files)]
        for number, source in enumerate(sources):
            write_returns(source, rows, number * rows)
        inbox = folder / "landing" / contract.feed
        inbox.mkdir(parents=True)

        def copy() -> None:
            with duckdb.connect(config={"threads": 2}) as con:
                for source in sources:
                    con.execute(f"COPY (SELECT * FROM read_csv('{source}')) TO '{folder / 'copy.parquet'}'")

        def land() -> None:
            shutil.rmtree(folder / "raw", ignore_errors=True)
            for source in sources:
                shutil.copyfile(source, inbox / source.name)
            started = time.perf_counter()
            landed = land_feed(contract, folder / "landing", folder / "raw", folder / "registry", datetime.now(UTC))
            seconds_of["land"].append(time.perf_counter() - started)
            if [file.manifest and file.manifest.accepted for file in landed] != [rows] * files:
                raise AssertionError(f"not every row was accepted: {landed}")

        seconds_of: dict[str, list[float]] = {"land": [], "copy": []}
        for _ in range(rounds):
            seconds_of["copy"].append(_seconds(copy))
            land()
        landing, reference = (statistics.median(seconds_of[which]) for which in ("land", "copy"))
    ratio = round(landing / reference, 2)
    return {
        "name": f"landing {rows:.0e} rows" + (f" in each of {files} files" if files > 1 else ""),
        "value": round(files * rows / landing),
        "unit": "rows/s",
        "reference": round(files * rows / reference),
        "ratio": ratio,
        "aim": aim,
        "met": ratio <= aim,
    }


def _seconds(work: Callable[[], None]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started
