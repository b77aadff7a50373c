"""Landing speed: seconds to land a CSV file of long-form figures, against DuckDB's plain COPY of it to Parquet."""

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
ROUNDS = 3


def run(sizes: tuple[int, ...] = SIZES, rounds: int = ROUNDS) -> list[dict[str, Any]]:
    """Rows `{name, value, unit, reference, ratio, aim, met}`: rows per second of landing, and of the reference.

    The ratio is that of the medians of `rounds` alternating runs, both on the same number of threads. Landing includes
    hashing, every check of the contract, and flushing to disk, which COPY does not do.
    """
    return [_measure(size, rounds) for size in sizes]


def write_returns(path: Path, rows: int) -> None:
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
            FROM range({rows}) AS t (i)
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


def _measure(rows: int, rounds: int) -> dict[str, Any]:
    contract = load_contracts(ROOT / "dbt")["bulletin"]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_codes(folder / "registry")
        source = folder / "returns.csv"
        write_returns(source, rows)
        inbox = folder / "landing" / contract.feed
        inbox.mkdir(parents=True)

        def copy() -> None:
            with duckdb.connect(config={"threads": 2}) as con:
                con.execute(f"COPY (SELECT * FROM read_csv('{source}')) TO '{folder / 'copy.parquet'}'")

        def land() -> None:
            shutil.rmtree(folder / "raw", ignore_errors=True)
            shutil.copyfile(source, inbox / "returns.csv")
            started = time.perf_counter()
            (file,) = land_feed(contract, folder / "landing", folder / "raw", folder / "registry", datetime.now(UTC))
            seconds_of["land"].append(time.perf_counter() - started)
            if file.manifest is None or file.manifest.accepted != rows:
                raise AssertionError(f"not every row was accepted: {file}")

        seconds_of: dict[str, list[float]] = {"land": [], "copy": []}
        for _ in range(rounds):
            seconds_of["copy"].append(_seconds(copy))
            land()
        landing, reference = (statistics.median(seconds_of[which]) for which in ("land", "copy"))
    ratio = round(landing / reference, 2)
    return {
        "name": f"landing {rows:.0e} rows",
        "value": round(rows / landing),
        "unit": "rows/s",
        "reference": round(rows / reference),
        "ratio": ratio,
        "aim": AIM,
        "met": ratio <= AIM,
    }


def _seconds(work: Callable[[], None]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started
