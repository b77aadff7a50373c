"""`citydeck registry export|import`: the registry in Excel and back. Belongs here: what is printed and asked."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape

from dagster_project import settings as settings_module

registry = typer.Typer(name="registry", help="The registry as a workbook.", no_args_is_help=True)
out = Console()


@registry.command("export")
def export_workbook(file: Annotated[Path, typer.Argument(help="The .xlsx file to write.")]) -> None:
    """Write the registry into one Excel workbook, with drop-downs and notes."""
    from dagster_project.registry.workbook import SHEETS, export

    rows = export(settings_module.load().seeds, file)
    out.print(f"{escape(str(file))}: {rows} rows on {len(SHEETS)} sheets", highlight=False, soft_wrap=True)


@registry.command("import")
def import_workbook(
    file: Annotated[Path, typer.Argument(help="A workbook made by `citydeck registry export`.")],
    apply: Annotated[bool, typer.Option("--apply", help="Write what is shown.")] = False,
) -> None:
    """Show what a workbook changes, row by row; with --apply write it, if no row conflicts and the registry lints."""
    from dagster_project.registry.edit import put, tried
    from dagster_project.registry.workbook import WorkbookError, differences, places, read

    seeds = settings_module.load().seeds
    back = read(file)
    found = differences(seeds, back)
    for one in found:
        verb = "added" if one.old is None else "removed" if one.new is None else "changed"
        where = f"{one.table}, row {one.row}" if one.row else one.table
        mark = " [red]conflict: changed in the seeds meanwhile[/]" if one.conflict else ""
        out.print(f"[bold]{verb}[/] {where}: {escape(', '.join(one.key))}{mark}", highlight=False, soft_wrap=True)
        if verb == "changed":
            for column, (old, new) in one.cells.items():
                out.print(
                    f"    {column}: {escape(old) or '-'} -> {escape(new) or '-'}", highlight=False, soft_wrap=True
                )
    conflicts = sum(one.conflict for one in found)
    out.print(f"{len(found)} rows differ, {conflicts} of them in conflict", highlight=False)
    if not found:
        return
    trial = tried(seeds, [one.change(seeds) for one in found if not one.conflict])
    for where, finding in places(back, trial):
        line = f"{where} {finding.column}: {finding.message} [{finding.rule}] {finding.mend}"
        out.print(f"[red]would not lint[/] {escape(line)}", highlight=False, soft_wrap=True)
    if not apply:
        out.print("Nothing is written without --apply.", highlight=False)
        return
    if conflicts:
        raise WorkbookError("nothing was written: export again and repeat the changes of the rows in conflict")
    if trial.findings:
        raise WorkbookError("nothing was written: mend the cells that would not lint, then import again")
    for path in put(seeds, trial):
        out.print(f"written: {escape(str(path))}", highlight=False, soft_wrap=True)
