"""The city at a small scale and two of its months, made once for all tests of the simulator."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pytest

from dagster_project import registry
from dagster_project.ingest.contract import Contract, load_contracts
from dagster_project.registry.write import derive
from dagster_project.settings import ROOT
from dagster_project.simulate.run import Made, Maker, inhabitants, products
from dagster_project.simulate.world import SHARES, Month, World

SEED = 7
BEFORE, MONTH = Month(2025, 8), Month(2025, 9)
# No month that is made is the first one, so that none carries the returns that were due before it.
NEVER = Month(2000, 1)


@dataclass(frozen=True)
class City:
    """What the simulator is given."""

    world: World
    contracts: dict[str, Contract]
    seed: int = SEED

    def seeded(self, seed: int) -> World:
        """The same city from another seed."""
        return World(seed, self.world.share, self.world.tables, self.world.people, self.world.product)

    def maker(self, landing: Path, *feeds: str, seed: int = SEED, first: Month = NEVER) -> Maker:
        """Makes the named feeds, or all."""
        chosen = {name: each for name, each in self.contracts.items() if not feeds or name in feeds}
        return Maker(self.seeded(seed), chosen, landing, first)

    @staticmethod
    def contents(folder: Path) -> dict[str, str]:
        """Hash of every file, by its path in the folder."""
        return {
            str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
            for path in sorted(folder.rglob("*"))
            if path.is_file()
        }


@dataclass(frozen=True)
class Series:
    """Two months made one after the other; what is said of the second."""

    landing: Path
    made: Made


@pytest.fixture(scope="session")
def city() -> City:
    tables = derive(registry.load(ROOT / "seeds"), date(2025, 10, 31))
    alias = tables["region_alias"]
    people, product = (find(ROOT / "seeds", alias) for find in (inhabitants, products))
    contracts = {name: each for name, each in load_contracts(ROOT / "dbt").items() if each.simulated}
    return City(World(SEED, SHARES["small"], tables, people, product), contracts)


@pytest.fixture(scope="session")
def series(city: City, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Series]:
    landing = tmp_path_factory.mktemp("series")
    maker = city.maker(landing)
    maker(BEFORE)
    yield Series(landing, maker(MONTH))
