"""A snapshot knows the files it was built from: one that lands later changes nothing in it."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime

import duckdb

from dagster_project.ingest.contract import load_contracts
from dagster_project.ingest.land import land_feed
from tests.integration.deck import ROOT, Deck

TODAY = "2024-03-31"
HEADER = "region,period,item,value,unit,flag,note,source_id,published_on"


def test_a_file_that_lands_later_changes_nothing_in_a_snapshot(
    small_deck: Deck, small: duckdb.DuckDBPyConnection
) -> None:
    observed = "select count(*), sum(value) from core.observation"
    before = small.execute(observed).fetchone()
    explained = small_deck.must("explain", "output", "西区", "2022", "--json", today=TODAY)
    source = small.execute("select min(source_id) from registry.source").fetchall()[0][0]
    small_deck.drop("bulletin", "later.csv", f"{HEADER}\n东区,2022,output,1,x,,,{source},2024-03-01\n")
    data = small_deck.data
    now = datetime(2024, 3, 31, 12, tzinfo=UTC)
    (landed,) = land_feed(
        load_contracts(ROOT / "dbt")["bulletin"], data / "landing", data / "raw", data / "registry", now
    )
    assert landed.manifest is not None
    try:
        assert landed.manifest.accepted == 1, landed.manifest.reasons
        assert small.execute(observed).fetchone() == before
        assert small_deck.must("explain", "output", "西区", "2022", "--json", today=TODAY) == explained
    finally:
        shutil.rmtree(data / "raw" / landed.manifest.folder)
