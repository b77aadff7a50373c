"""`citydeck simulate`: raw feeds made up for the demonstration, into the landing folder."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Literal

import typer
from rich.console import Console
from rich.markup import escape

from dagster_project import settings as settings_module
from dagster_project.settings import Settings

Scale = Literal["small", "demo", "large"]
# Months that a scale covers unless told otherwise.
MONTHS = {"small": 18, "demo": 36, "large": 36}
SEED = 20251106
# What a process needs while it makes a month.
PROCESS_MB = {"small": 600, "demo": 600, "large": 2600}

err = Console(stderr=True)


def simulate(
    scale: Annotated[
        Scale, typer.Option(help="Share of the city's real volume: a thousandth, a tenth, the whole.")
    ] = "demo",
    seed: Annotated[int, typer.Option(help="The same seed gives the same files.")] = SEED,
    months: Annotated[
        int | None,
        typer.Option(
            min=1,
            max=120,
            help="Up to 36 end with 2025-09, before the reform; more go on from there.",
        ),
    ] = None,
) -> None:
    """Make up the raw feeds of a city, month by month, for `citydeck build` to land."""
    settings = settings_module.load()
    run(settings, scale, seed, months or MONTHS[scale], lambda line: err.print(f"  {escape(line)}", highlight=False))
    err.print(f"The demonstration's date is {settings.today}. `citydeck build` lands the files.", highlight=False)


def run(settings: Settings, scale: str, seed: int, months: int, say: Callable[[str], None]) -> None:
    """Simulate the months that are not there yet.

    Raises:
        SimulationError: the data folder holds another simulation.
    """
    import psutil

    from dagster_project import registry
    from dagster_project.ingest.contract import load_contracts
    from dagster_project.registry.write import derive
    from dagster_project.simulate import run as simulation
    from dagster_project.simulate.world import World

    def world_of(seed: int, share: float) -> World:
        tables = derive(registry.load(settings.seeds), settings.today)
        alias = tables["region_alias"]
        people, product = (find(settings.seeds, alias) for find in (simulation.inhabitants, simulation.products))
        return World(seed, share, tables, people, product)

    contracts = load_contracts(settings.dbt)
    room = psutil.virtual_memory().available // (PROCESS_MB[scale] * 2**20)
    processes = max(1, min(settings.threads, room))
    folder, landing = settings.simulation, settings.landing
    simulation.simulate(scale, seed, months, folder, landing, world_of, contracts, say, processes)
