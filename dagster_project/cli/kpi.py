"""`citydeck kpi ...`: what an analyst does with the KPIs of the registry. Belongs here: arguments, what is printed."""

from __future__ import annotations

import json
import time
from itertools import groupby
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape

from dagster_project import settings as settings_module
from dagster_project.settings import Settings

kpi = typer.Typer(name="kpi", help="The KPIs of the registry.", no_args_is_help=True)
out = Console()
err = Console(stderr=True)


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


@kpi.command()
def show(
    indicator: Annotated[str, typer.Argument(help="Id of the KPI; `citydeck kpi list --search` finds it.")],
    overlap: Annotated[bool, typer.Option("--overlap", help="Beside its predecessor or successor.")] = False,
) -> None:
    """Show a KPI whole: definition, measures, feeds, targets, weights, owner, versions, and its current values."""
    from dagster_project import registry
    from dagster_project.catalogue.formula import formula
    from dagster_project.printing_kpi import show_kpi
    from dagster_project.registry.whole import whole
    from dagster_project.warehouse import current
    from dagster_project.warehouse.lookup import NotFound
    from dagster_project.warehouse.snapshot import NoSnapshot, folder_of, open_snapshot

    settings = settings_module.load()
    found = whole(registry.load(settings.seeds), indicator)
    if found is None:
        raise NotFound(f"no KPI has the id {indicator!r}; `citydeck kpi list --search ...` finds it")
    if overlap:
        _overlap(settings, found.successions)
        return
    names = [[term[f"name_{language}"] for term in found.terms] for language in ("zh", "en")]
    words = [
        formula(found.newest, above[0], above[1] if len(above) > 1 else None, language)
        for above, language in zip(names, ("zh", "en"), strict=True)
    ]
    try:
        with open_snapshot(folder_of(settings.warehouse, None)) as connection:
            values = current.newest(connection, indicator)
    except NoSnapshot:
        values = None
    show_kpi(found, (words[0], words[1]), values, out)


def _overlap(settings: Settings, successions: list[dict[str, Any]]) -> None:
    """Values of a KPI and of its successor where both have one."""
    from dagster_project.printing import number
    from dagster_project.warehouse import current
    from dagster_project.warehouse.lookup import NotFound
    from dagster_project.warehouse.snapshot import folder_of, open_snapshot

    pairs = [(row["indicator_id"], row["successor"]) for row in successions if row["successor"]]
    if not pairs:
        raise NotFound("it has neither predecessor nor successor")
    with open_snapshot(folder_of(settings.warehouse, None)) as connection:
        for old, fresh in pairs:
            both = current.side_by_side(connection, old, fresh)
            out.print(f"[bold]{old} beside {fresh}[/]: {len(both)} values of both", highlight=False)
            for row in both:
                name = f"{row['period_id']} {row['name_zh']} {row['name_en']}"
                out.print(f"  {name}: {number(row['old_value'])} | {number(row['new_value'])}", highlight=False)


@kpi.command()
def preview(
    indicators: Annotated[list[str] | None, typer.Argument(help="Ids to show; all that change by default.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON for programs.")] = False,
) -> None:
    """Say what the edited registry changes in values, targets, scores and ranks, against the snapshot in force."""
    from dagster_project import registry
    from dagster_project.printing_preview import show_preview
    from dagster_project.warehouse.edited import edited
    from dagster_project.warehouse.preview import preview as previewed
    from dagster_project.warehouse.snapshot import folder_of

    begun = time.monotonic()
    settings = settings_module.load()
    working = registry.load(settings.seeds)
    findings = registry.lint(working)
    for finding in findings:
        err.print(escape(str(finding)), highlight=False, soft_wrap=True)
    if findings:
        err.print(f"[red]{len(findings)} findings.[/] Mend them first; a build refuses this registry too.")
        raise typer.Exit(1)
    with edited(folder_of(settings.warehouse), working, settings) as scratch:
        found = previewed(scratch, indicators or [])
    seconds = time.monotonic() - begun
    if as_json:
        out.print_json(found.as_json(seconds))
        return
    show_preview(found, out)
    err.print(f"[dim]{seconds:.1f} s; nothing was written[/]", highlight=False)
