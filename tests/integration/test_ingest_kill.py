"""Killed at any moment, or two at once: landing again converges, nothing lost, nothing doubled."""

from __future__ import annotations

import os
import random
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from dagster_project.ingest import ledger
from dagster_project.ingest.contract import load_contracts
from dagster_project.ingest.land import PREPARING, land_feed

ROOT = Path(__file__).resolve().parents[2]
DRIVER = Path(__file__).with_name("ingest_landing.py")
CONTRACT = load_contracts(ROOT / "dbt")["gdp_annual"]
HEADER = "region,year,gdp_100m_cny,flag,note,source_id,published_on"


def _write_world(folder: Path) -> Path:
    (folder / "landing/gdp_annual").mkdir(parents=True)
    (folder / "registry").mkdir()
    for table, column in (("region_alias", "alias"), ("flag", "flag_id"), ("source", "source_id")):
        pq.write_table(
            pa.table({column: [f"known {number}" for number in range(1000)]}), folder / f"registry/{table}.parquet"
        )
    return folder


def _drop(world: Path, name: str, regions: range, years: range, bad: bool = False) -> int:
    rows = [f"known {region},{year},{region + year},,,known 1,2020-01-01" for region in regions for year in years]
    text = "\n".join([HEADER, *rows, *(["nowhere,2000,x,,=1,known 1,2020-01-01"] if bad else [])])
    (world / "landing/gdp_annual" / name).write_text(text + "\n", encoding="utf-8")
    return len(rows)


def _start(*arguments: object) -> subprocess.Popen[str]:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, str(DRIVER), *map(str, arguments)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment)


def _assert_converges(world: Path, files: int, accepted: int, quarantined: int) -> None:
    """A further landing ends with every row there once, and nothing left over."""
    land_feed(CONTRACT, world / "landing", world / "raw", world / "registry", datetime.now(UTC))
    assert ledger.prove(world / "raw") == []
    totals = ledger.totals(world / "raw")["gdp_annual"]
    assert (totals.files, totals.accepted, totals.quarantined) == (files, accepted, quarantined)
    assert totals.landed == accepted + quarantined
    accepted_files = f"read_parquet('{world}/raw/gdp_annual/*/accepted.parquet')"
    found = duckdb.sql(f"SELECT count(*), count(DISTINCT (region, year)) FROM {accepted_files}").fetchall()
    assert found == [(accepted, accepted)]
    assert not list((world / "landing/gdp_annual").iterdir())
    assert not list((world / "raw" / PREPARING).glob("*"))


def test_killed_at_each_step(tmp_path: Path) -> None:
    template = _write_world(tmp_path / "template")
    rows = _drop(template, "a.csv", range(3), range(2000, 2002), bad=True)
    rows += _drop(template, "b.csv", range(3, 5), range(2000, 2002))
    worlds = tmp_path / "worlds"
    with _start("steps", template, worlds) as driver:
        assert driver.wait() == 0
    killed = sorted(worlds.iterdir())
    assert len(killed) > 40, "too few steps: does the audit hook still see the landing?"
    seen = set()
    for world in killed:
        seen.add(len(ledger.read(world / "raw")))
        _assert_converges(world, files=2, accepted=rows, quarantined=1)
    assert seen == {0, 1, 2}, "kills must fall before, between and after the two commits"


@pytest.mark.parametrize("seed", range(3))
def test_killed_at_random_moments(tmp_path: Path, seed: int) -> None:
    moments = random.Random(seed)
    world = _write_world(tmp_path)
    rows = _drop(world, "a.csv", range(1000), range(1950, 2020), bad=True)
    rows += _drop(world, "b.csv", range(1000), range(2020, 2025))
    for _ in range(6):
        with _start("land", world) as process:
            assert process.stdout
            assert process.stdout.readline() == "ready\n"
            try:
                process.wait(timeout=moments.uniform(0, 0.6))
            except subprocess.TimeoutExpired:
                process.kill()
        assert ledger.prove(world / "raw") == []
    _assert_converges(world, files=2, accepted=rows, quarantined=1)


def test_two_landings_at_once(tmp_path: Path) -> None:
    world = _write_world(tmp_path)
    rows = sum(_drop(world, f"{part}.csv", range(part, part + 1), range(1950, 2020)) for part in range(8))
    processes = [_start("land", world) for _ in range(2)]
    for process in processes:
        process.communicate()
    assert [process.returncode for process in processes] == [0, 0]
    assert ledger.totals(world / "raw")["gdp_annual"].files == 8
    _assert_converges(world, files=8, accepted=rows, quarantined=0)
