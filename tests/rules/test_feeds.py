"""The feed register and the contracts say the same, and a planned feed's contract waits in its own folder."""

from __future__ import annotations

import csv

import pytest

from dagster_project.ingest.contract import FOLDER, PLANNED, Contract, load_contracts
from dagster_project.settings import ROOT

with (ROOT / "seeds/feed/feed.csv").open(encoding="utf-8") as file:
    FEEDS = {row["feed_id"]: row for row in csv.DictReader(file)}
WHERE = {"connected": FOLDER, "planned": PLANNED}
CONTRACTS = {status: load_contracts(ROOT / "dbt", folder) for status, folder in WHERE.items()}


@pytest.mark.parametrize("status", WHERE)
def test_each_feed_has_its_contract_where_its_status_says(status: str) -> None:
    assert set(CONTRACTS[status]) == {feed for feed, row in FEEDS.items() if row["status"] == status}


@pytest.mark.parametrize(
    "contract", [each for found in CONTRACTS.values() for each in found.values()], ids=lambda each: each.feed
)
def test_a_contract_agrees_with_the_register(contract: Contract) -> None:
    row = FEEDS[contract.feed]
    said = (contract.owner, contract.cadence, str(contract.due_day), str(contract.simulated).lower())
    assert said == (row["owner"], row["cadence"], row["due_day"], row["simulated"])


def test_departmental_returns_have_one_shape() -> None:
    contracts = [each for found in CONTRACTS.values() for each in found.values()]
    returns = [each for each in contracts if {"item", "submission"} <= set(each.names)]
    assert len(returns) == 18
    assert len({each.columns for each in returns}) == 1
