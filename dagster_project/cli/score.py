"""`citydeck score`: any table of units by indicators, without a warehouse."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape

PROBLEMS_SHOWN = 100

out = Console()
err = Console(stderr=True)


def score(
    data: Annotated[
        Path, typer.Option(exists=True, dir_okay=False, help="CSV: a row per unit, its id in the first column.")
    ],
    scheme: Annotated[
        Path, typer.Option(exists=True, dir_okay=False, help="YAML: tree, weights, directions, choices.")
    ],
    results: Annotated[
        Path | None, typer.Option("--out", dir_okay=False, help="Where the results go: CSV, a row per unit and node.")
    ] = None,
    robust: Annotated[
        int | None, typer.Option(min=1, max=1_000_000, help="Draws of the scheme's uncertainty, for rank intervals.")
    ] = None,
    explain: Annotated[str | None, typer.Option(help="Unit whose score is shown as the sum of its parts.")] = None,
) -> None:
    """Score and rank any table of units by indicators; docs/how-to/score-a-table.md."""
    from dagster_project.evaluation.table.figures import read_table
    from dagster_project.evaluation.table.problem import FileError
    from dagster_project.evaluation.table.result import score_table, write_results
    from dagster_project.evaluation.table.scheme_file import read_scheme_file
    from dagster_project.printing_score import show_contributions, show_scores

    try:
        asked = read_scheme_file(scheme)
        found = score_table(read_table(data, asked), asked, robust)
        if explain is not None:
            found.place_of(explain)
    except FileError as error:
        for problem in error.problems[:PROBLEMS_SHOWN]:
            err.print(escape(str(problem)), highlight=False, soft_wrap=True)
        more = len(error.problems) - PROBLEMS_SHOWN
        number = len(error.problems)
        err.print(f"[red]{number} problem{'s' * (number != 1)}.[/]" + (f" {more} are not shown." if more > 0 else ""))
        raise typer.Exit(1) from error
    except KeyError as error:
        err.print(f"[red]citydeck:[/] {escape(error.args[0])}", highlight=False, soft_wrap=True)
        raise typer.Exit(1) from error
    if results is not None:
        rows = write_results(found, results)
        err.print(f"{rows} rows: {escape(str(results))}", highlight=False, soft_wrap=True)
    if explain is not None:
        show_contributions(found, explain, out)
    else:
        show_scores(found, out, f" in {results}" if results is not None else "; --out FILE has all")
