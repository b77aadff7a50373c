"""`citydeck scheme ...`: a scheme looked at as a whole, before it is used and after.

Belongs here: arguments, exit codes.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape

from dagster_project import settings as settings_module

if TYPE_CHECKING:
    import duckdb
    import pandas as pd

    from dagster_project.settings import Settings

scheme = typer.Typer(name="scheme", help="The schemes of evaluation.", no_args_is_help=True)
out = Console()
err = Console(stderr=True)

AsOf = Annotated[
    datetime | None,
    typer.Option("--as-of", formats=["%Y-%m-%d"], help="The warehouse as it was known at the end of this day."),
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON for programs.")]


@scheme.command()
def check(
    scheme: Annotated[str | None, typer.Argument(help="Id or name; drafts too; all schemes by default.")] = None,
    period: Annotated[str | None, typer.Option(help="Period; the newest ranked one by default.")] = None,
    edited: Annotated[
        bool, typer.Option("--edited", help="As the registry's files say now, over the snapshot's figures.")
    ] = False,
    as_of: AsOf = None,
    as_json: Json = False,
) -> None:
    """Say whether a scheme hangs together: findings first, then its weights as given beside weights as they act.

    Findings do not fail the command; a scheme that cannot be scored does.
    """
    from dagster_project.cli import DISCLAIMER
    from dagster_project.printing_scheme import show_check
    from dagster_project.scoring.scheme import SchemeError
    from dagster_project.warehouse.lookup import NotFound
    from dagster_project.warehouse.scheme_inputs import load, read_tables, scheme_id_of
    from dagster_project.warehouse.scheme_study import check as checked
    from dagster_project.warehouse.snapshot import folder_of, open_snapshot

    settings = settings_module.load()
    folder = folder_of(settings.warehouse, as_of.date().isoformat() if as_of else None)
    told: list[dict[str, Any]] = []
    failed = 0
    with open_snapshot(folder) as connection:
        tables = _edited(settings, connection) if edited else read_tables(connection)
        wanted = [scheme_id_of(tables, scheme)] if scheme else sorted(set(tables["scheme"]["scheme_id"]))
        for name in wanted:
            try:
                found = checked(load(connection, name, period, tables))
            except (SchemeError, NotFound) as error:
                failed += 1
                told.append({"scheme_id": name, "error": str(error)})
                err.print(
                    f"[red]{escape(name)}[/] cannot be scored: {escape(str(error))}", highlight=False, soft_wrap=True
                )
                continue
            told.append(found.as_row())
            if not as_json:
                show_check(found, out)
    if as_json:
        out.print_json(json.dumps(told, ensure_ascii=False))
    elif len(told) > failed:
        err.print(DISCLAIMER)
    raise typer.Exit(1 if failed else 0)


@scheme.command()
def sensitivity(
    scheme: Annotated[str, typer.Argument(help="Id or name of the scheme, for example city.")],
    period: Annotated[str | None, typer.Argument(help="Period; the newest ranked one by default.")] = None,
    base: Annotated[
        int, typer.Option(min=16, max=2**14, help="Size of the base sample of the Sobol indices, a power of two.")
    ] = 256,
    as_of: AsOf = None,
    as_json: Json = False,
) -> None:
    """Say what the ranks hang on: Sobol indices per choice, places moved without a node, weights that swap units."""
    from dagster_project.cli import DISCLAIMER
    from dagster_project.printing_scheme import show_sensitivity
    from dagster_project.warehouse.scheme_inputs import load
    from dagster_project.warehouse.scheme_study import study
    from dagster_project.warehouse.snapshot import folder_of, open_snapshot

    if base & (base - 1):
        raise typer.BadParameter(f"--base {base}: write a power of two, for example 256")
    settings = settings_module.load()
    with open_snapshot(folder_of(settings.warehouse, as_of.date().isoformat() if as_of else None)) as connection:
        of = load(connection, scheme, period)
    found = study(of, base)
    if as_json:
        out.print_json(found.as_json())
        return
    show_sensitivity(found, out)
    err.print(DISCLAIMER)


def _edited(settings: Settings, connection: duckdb.DuckDBPyConnection) -> Mapping[str, pd.DataFrame]:
    """The working registry's tables, as a build of the snapshot's day would read them; it has to lint."""
    from dagster_project import registry
    from dagster_project.registry.write import arrow, derive

    working = registry.load(settings.seeds)
    findings = registry.lint(working)
    for finding in findings:
        err.print(escape(str(finding)), highlight=False, soft_wrap=True)
    if findings:
        err.print(f"[red]{len(findings)} findings.[/] Mend them first; a build refuses this registry too.")
        raise typer.Exit(1)
    ((today,),) = connection.execute("select today from registry.build").fetchall()
    return {name: arrow(frame).to_pandas() for name, frame in derive(working, today).items()}
