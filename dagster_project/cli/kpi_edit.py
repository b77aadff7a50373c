"""`citydeck kpi new|retire|rename`: changes of the registry, shown before they are written."""

from __future__ import annotations

from datetime import datetime
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from dagster_project import settings as settings_module
from dagster_project.cli.kpi import kpi, out

Day = Annotated[datetime, typer.Option("--on", formats=["%Y-%m-%d"], help="Last day of the old definition.")]
ReasonZh = Annotated[str, typer.Option("--reason-zh", help="Why, in Chinese.")]
ReasonEn = Annotated[str, typer.Option("--reason-en", help="Why, in English.")]
Yes = Annotated[bool, typer.Option("--yes", help="Write without asking.")]

# What `new` fills in where it is not told otherwise; the rest it asks for.
USUAL = {
    "version": "1",
    "factor": "1",
    "transform": "level",
    "accumulation": "period",
    "decimals": "1",
    "evaluable": "false",
    "status": "active",
    "illustrative": "true",
}
OPTIONAL = {"denominator", "span_years", "span_periods", "parent", "valid_from", "valid_to"}
QUESTIONS = {
    "indicator_id": "Id, small letters and underscores",
    "sub_track_id": "Sub-track",
    "name_zh": "Name in Chinese",
    "name_en": "Name in English",
    "unit_zh": "Unit in Chinese",
    "unit_en": "Unit in English",
    "direction": "Which way is better",
    "numerator": "Measure above the line",
    "denominator": "Measure below the line (empty for none)",
    "factor": "Factor (100 for %)",
    "transform": "Transform",
    "accumulation": "Of the period, or of the year to date",
    "span_years": "Compared with how many years before (empty for none)",
    "span_periods": "Compared with how many periods before (empty for none)",
    "parent": "Share of what: city or a peer scheme (empty for none)",
    "frequency": "How often",
    "lowest_grain": "Lowest level",
    "due_day": "Due how many days after the period",
    "decimals": "Decimals",
    "evaluable": "May it be evaluated",
    "owner": "Body that answers for it",
    "checker": "Body that checks it",
    "next_review": "Next review (2027-06-30)",
    "illustrative": "Is the definition our own",
    "definition_zh": "Definition in Chinese",
    "definition_en": "Definition in English",
    "first_period": "First period (2024, 2024Q1, 2024M01)",
}


@kpi.command()
def new(
    given: Annotated[
        list[str] | None,
        typer.Option(
            "--set", metavar="FIELD=VALUE", help="Answer beforehand, for example --set unit_en=%. Repeatable."
        ),
    ] = None,
    yes: Yes = False,
) -> None:
    """Add a KPI: answers to questions become a row of the registry. With --yes only --set is read and nothing asked."""
    from dagster_project.registry.edit import EditError, added, apply
    from dagster_project.registry.spec import TABLES

    seeds = settings_module.load().seeds
    cells = {**USUAL, **_parse(given or [], set(TABLES["indicator"].names))}
    asked = {**QUESTIONS}
    if yes:
        missing = [field for field in asked if field not in cells and field not in OPTIONAL]
        if missing:
            raise EditError("say also " + ", ".join(f"--set {field}=..." for field in missing))
    else:
        told = set(_parse(given or [], set(TABLES["indicator"].names)))
        for field, question in asked.items():
            if field not in told:
                cells[field] = _ask(seeds, field, question, cells.get(field, ""))
    part = cells["sub_track_id"].split("-")[0].lower()
    change = added("indicator", cells, part)
    _show({name: cell for name, cell in (change.cells or {}).items() if cell})
    if not yes and not typer.confirm(f"Write it to indicator.{part}.csv?"):
        raise typer.Exit(1)
    for path in apply(seeds, [change]):
        out.print(f"written: {escape(str(path))}", highlight=False, soft_wrap=True)
    out.print("Next: `citydeck kpi preview` shows what it changes, `citydeck build` builds it.", highlight=False)


@kpi.command()
def retire(
    indicator: Annotated[str, typer.Argument(help="Id of the KPI.")],
    on: Day,
    reason_zh: ReasonZh,
    reason_en: ReasonEn,
    successor: Annotated[str, typer.Option(help="Id of the KPI that takes its place.")] = "",
    yes: Yes = False,
) -> None:
    """End a KPI: no value after the day, those before it stay, and the id is never used again."""
    from dagster_project.registry.edit import apply
    from dagster_project.registry.succession import retire as changes_of

    seeds = settings_module.load().seeds
    changes = changes_of(seeds, indicator, on.date(), (reason_zh, reason_en), successor)
    if not yes and not typer.confirm(f"Retire {indicator} after {on:%Y-%m-%d}?"):
        raise typer.Exit(1)
    for path in apply(seeds, changes):
        out.print(f"written: {escape(str(path))}", highlight=False, soft_wrap=True)


@kpi.command()
def rename(
    indicator: Annotated[str, typer.Argument(help="Id of the KPI.")],
    new_id: Annotated[str, typer.Argument(help="Its new id.")],
    on: Day,
    reason_zh: ReasonZh,
    reason_en: ReasonEn,
    name_zh: Annotated[str, typer.Option(help="New name in Chinese; with --name-en.")] = "",
    name_en: Annotated[str, typer.Option(help="New name in English; with --name-zh.")] = "",
    overlap_until: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Until then both are computed.")
    ] = None,
    yes: Yes = False,
) -> None:
    """Carry a KPI on under another id, with its targets, exceptions and places in draft schemes."""
    from dagster_project.registry.edit import EditError, apply
    from dagster_project.registry.succession import rename as changes_of

    if bool(name_zh) != bool(name_en):
        raise EditError("give both --name-zh and --name-en, or neither")
    seeds = settings_module.load().seeds
    changes = changes_of(
        seeds,
        indicator,
        new_id,
        on.date(),
        (reason_zh, reason_en),
        (name_zh, name_en) if name_zh else None,
        overlap_until.date() if overlap_until else None,
    )
    for change in changes:
        verb = "remove" if change.cells is None else "write"
        out.print(f"{verb} {change.table} {', '.join(change.key)}", highlight=False)
    if not yes and not typer.confirm(f"Rename {indicator} to {new_id} after {on:%Y-%m-%d}?"):
        raise typer.Exit(1)
    for path in apply(seeds, changes):
        out.print(f"written: {escape(str(path))}", highlight=False, soft_wrap=True)


def _parse(given: list[str], known: set[str]) -> dict[str, str]:
    from dagster_project.registry.edit import EditError

    cells = dict(item.partition("=")[::2] for item in given)
    unknown = sorted(set(cells) - known)
    if unknown:
        near = get_close_matches(unknown[0], known, 1)
        raise EditError(f"a KPI has no field {unknown[0]!r}" + (f"; did you mean {near[0]}?" if near else ""))
    return cells


def _ask(seeds: Path, field: str, question: str, usual: str) -> str:
    """An answer that fits the field: one of its choices, an id of the table it refers to, or free text."""
    from dagster_project.registry.edit import cells_of
    from dagster_project.registry.spec import TABLES

    spec = next(one for one in TABLES["indicator"].fields if one.name == field)
    choices = ("true", "false") if spec.kind == "boolean" else spec.choices
    hint = f" ({', '.join(choices)})" if choices else ""
    while True:
        answer = typer.prompt(question + hint, default=usual, show_default=bool(usual)).strip()
        if (not answer and field in OPTIONAL) or answer in (*choices, *spec.also):
            return str(answer)
        if choices or not answer:
            continue
        if not spec.references:
            return str(answer)
        other = TABLES[spec.references]
        names = {
            row[other.key[0]]: f"{row.get('name_zh', '')} {row.get('name_en', '')}"
            for row in cells_of(seeds, other.name)
        }
        if answer in names:
            return str(answer)
        near = [name for name in names if answer.lower() in f"{name} {names[name]}".lower()][:12]
        for name in near or get_close_matches(answer, names, 8, 0.4):
            out.print(f"  {name}  {escape(names[name])}", highlight=False)
        out.print(f"[yellow]{escape(answer)} is no {other.name}; type an id, or part of a name to search.[/]")


def _show(cells: dict[str, str]) -> None:
    for name, cell in cells.items():
        out.print(f"  {name}: {escape(cell)}", highlight=False, soft_wrap=True)
