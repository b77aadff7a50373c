"""`citydeck whatif` and `citydeck reach`: other figures, other weights, and what it would take."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Annotated

import typer
from rich.console import Console

from dagster_project import settings as settings_module

out = Console()
err = Console(stderr=True)

AsOf = Annotated[
    datetime | None,
    typer.Option("--as-of", formats=["%Y-%m-%d"], help="The warehouse as it was known at the end of this day."),
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON for programs.")]
SchemeName = Annotated[str, typer.Argument(help="Id or name of the scheme, for example city.")]
Period = Annotated[str | None, typer.Argument(help="Period; the newest ranked one by default.")]


class To(StrEnum):
    rank = "rank"
    tier = "tier"


def whatif(
    scheme: SchemeName,
    period: Period = None,
    sets: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="REGION:INDICATOR=VALUE", help="Another figure; none takes it away."),
    ] = None,
    weights: Annotated[
        list[str] | None,
        typer.Option(
            "--weight",
            metavar="NODE=W",
            help="Another share of its parent's weight, 0.3 or 30%; siblings share the rest.",
        ),
    ] = None,
    as_of: AsOf = None,
    as_json: Json = False,
) -> None:
    """Say how scores and ranks would change if some figures or weights were others. Writes nothing."""
    from dagster_project.cli import DISCLAIMER
    from dagster_project.printing_whatif import show_what_if
    from dagster_project.warehouse.scheme_inputs import load
    from dagster_project.warehouse.snapshot import folder_of, open_snapshot
    from dagster_project.warehouse.whatif import Unclear, what_if

    if not sets and not weights:
        raise typer.BadParameter("nothing changes; add --set REGION:INDICATOR=VALUE or --weight NODE=W")
    settings = settings_module.load()
    with open_snapshot(folder_of(settings.warehouse, _iso(as_of))) as connection:
        try:
            found = what_if(connection, load(connection, scheme, period), sets or [], weights or [])
        except Unclear as error:
            raise typer.BadParameter(str(error)) from error
    if as_json:
        out.print_json(found.as_json())
        return
    show_what_if(found, out)
    err.print(DISCLAIMER)


def reach(
    scheme: SchemeName,
    region: Annotated[str, typer.Argument(help="Id or name of the unit, for example 渝中区.")],
    period: Period = None,
    to: Annotated[To, typer.Option("--to", help="The next rank or the next tier.")] = To.rank,
    as_of: AsOf = None,
    as_json: Json = False,
) -> None:
    """Say what it would take a unit to be ranked better: the points missing, the cheapest indicators to bring them."""
    from dagster_project.cli import DISCLAIMER
    from dagster_project.printing_whatif import show_way_up
    from dagster_project.warehouse.scheme_inputs import load
    from dagster_project.warehouse.snapshot import folder_of, open_snapshot
    from dagster_project.warehouse.whatif import way_up

    settings = settings_module.load()
    with open_snapshot(folder_of(settings.warehouse, _iso(as_of))) as connection:
        of = load(connection, scheme, period)
        if to is To.tier and of.scheme.tiers is None:
            raise typer.BadParameter(f"scheme {of.scheme_id} has no tiers; ask for --to rank")
        found = way_up(of, of.place_of(region, connection), to.value, _iso(as_of))
    if as_json:
        out.print_json(found.as_json())
        return
    show_way_up(found, out)
    err.print(DISCLAIMER)


def _iso(moment: datetime | None) -> str | None:
    return moment.date().isoformat() if moment else None
