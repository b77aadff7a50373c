"""`citydeck kpi ...`: what an analyst does with the KPIs of the registry. Belongs here: arguments, what is printed."""

from __future__ import annotations

import json
from itertools import groupby
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape

from dagster_project import settings as settings_module

kpi = typer.Typer(name="kpi", help="The KPIs of the registry.", no_args_is_help=True)
out = Console()


@kpi.command("list")
def list_kpis(
    sector: Annotated[str | None, typer.Option(help="Id of a sector, for example ECO.")] = None,
    track: Annotated[str | None, typer.Option(help="Id of a track, for example ECO-01.")] = None,
    owner: Annotated[str | None, typer.Option(help="Id of the body that answers for it.")] = None,
    status: Annotated[str | None, typer.Option(help="active, draft or retired.")] = None,
    evaluable: Annotated[bool, typer.Option("--evaluable", help="Only those that may be evaluated.")] = False,
    search: Annotated[str | None, typer.Option(help="Part of an id or of a name in either language.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON for programs.")] = False,
) -> None:
    """List the KPIs, by sub-track, with what they are called and who answers for them."""
    from dagster_project import registry
    from dagster_project.registry.listing import listed

    rows = listed(registry.load(settings_module.load().seeds), sector, track, owner, status, evaluable, search)
    if as_json:
        out.print_json(json.dumps(rows, ensure_ascii=False))
        return
    for place, members in groupby(rows, key=lambda row: row["sub_track_id"]):
        out.print(f"[bold]{place}[/]", highlight=False)
        for row in members:
            marks = "".join(f" [dim]{word}[/]" for word in (row["status"],) if word != "active")
            line = f"  {row['indicator_id']}  {escape(row['name_zh'])} · {escape(row['name_en'])}"
            out.print(
                f"{line} [dim]{escape(row['unit_en'])}, {row['frequency']}, {row['owner']}[/]{marks}", highlight=False
            )
    out.print(f"{len(rows)} KPIs", highlight=False)
