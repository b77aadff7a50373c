"""The builds that the integration tests share: each is made once in a session."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pytest

from tests.integration.deck import ROOT, Deck

SMALL_WORLD = Path(__file__).with_name("small_world")
BEFORE, AFTER = "2025-10-31", "2025-12-31"
SWAPPED = {"渝中区": "江北区", "江北区": "渝中区"}


@pytest.fixture(scope="session")
def small_deck(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deck]:
    """The small world on 2024-03-31, built by the jobs that everyone runs."""
    deck = Deck(tmp_path_factory.mktemp("small"), SMALL_WORLD / "seeds")
    deck.build("2024-03-31")
    yield deck
    deck.remove()


@pytest.fixture(scope="session")
def small(small_deck: Deck) -> Iterator[duckdb.DuckDBPyConnection]:
    with small_deck.warehouse("current") as connection:
        yield connection


@dataclass(frozen=True)
class Story:
    """The published figures before the reform and, corrected, after it: ids of the three snapshots."""

    deck: Deck
    before: str
    after: str
    as_of: str


@pytest.fixture(scope="session")
def story(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    """Built on 2025-10-31; a corrected GDP file dropped and built on 2025-12-31; built again as of 2025-10-31."""
    deck = Deck(tmp_path_factory.mktemp("story"))
    before = deck.build(BEFORE)
    deck.drop("gdp_annual", "gdp_corrected.csv", corrected_gdp())
    after = deck.build(AFTER)
    yield Story(deck, before, after, deck.build(AFTER, as_of=BEFORE))
    deck.remove()


def corrected_gdp() -> str:
    """The published GDP file with the two figures of 2022 that were taken for swapped put right."""
    published = ROOT / "seeds" / "published" / "gdp_annual" / "gdp_annual.csv"
    with published.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    figure = {row["region"]: row["gdp_100m_cny"] for row in rows if row["year"] == "2022"}
    for row in rows:
        if row["year"] == "2022" and row["region"] in SWAPPED:
            row |= {"gdp_100m_cny": figure[SWAPPED[row["region"]]], "flag": "", "note": ""}
    return "\n".join([",".join(rows[0]), *(",".join(row.values()) for row in rows)]) + "\n"
