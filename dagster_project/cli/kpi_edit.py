"""`citydeck kpi new|retire|rename`: changes of the registry, shown before they are written."""

from __future__ import annotations

import shlex
from datetime import datetime
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape

from dagster_project import settings as settings_module
from dagster_project.cli.kpi import kpi, out

if TYPE_CHECKING:
    from dagster_project.registry.spec import Field

Day = Annotated[datetime, typer.Option("--on", formats=["%Y-%m-%d"], help="Last day of the old definition.")]
ReasonZh = Annotated[str, typer.Option("--reason-zh", help="Why, in Chinese.")]
ReasonEn = Annotated[str, typer.Option("--reason-en", help="Why, in English.")]
Yes = Annotated[bool, typer.Option("--yes", help="Write without asking.")]

# What `new` fills in where it is not told otherwise, by table; the rest it asks for.
USUAL = {
    "indicator": {
        **{"version": "1", "status": "active", "valid_from": "", "valid_to": ""},
        **{"factor": "1", "transform": "level", "accumulation": "period", "decimals": "1"},
        **{"evaluable": "false", "illustrative": "true"},
    },
    "target": {"region_id": "*", "illustrative": "true"},
    "scheme_node": {"version": "1", "normaliser": "minmax", "bounds": "goalposts"},
    "measure": {"min_coverage": "1"},
    "measure_source": {"factor": "1", "priority": "1"},
}
SILENT = {
    *("indicator.version", "indicator.status", "indicator.valid_from", "indicator.valid_to"),
    *("scheme_node.version", "scheme_node.aggregation", "scheme_node.weighting", "scheme_node.min_coverage"),
    *("scheme_node.name_zh", "scheme_node.name_en"),
    *("scheme_node.floor", "scheme_node.treatment", "scheme_node.imputation"),
}
# A field is asked for only where the answer to another one is among these.
ONLY_WITH = {
    "span_years": ("transform", {"change", "growth"}),
    "span_periods": ("transform", {"change", "growth"}),
    "parent": ("transform", {"share_of_parent"}),
}
# Rows that `new` writes beside the KPI's own: what `--set` calls them, and their tables.
BESIDE = {
    "target": ("target",),
    "scheme": ("scheme_node",),
    "numerator": ("measure", "measure_source"),
    "denominator": ("measure", "measure_source"),
}
Told = dict[str, dict[str, str]]


@kpi.command()
def new(
    given: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            metavar="FIELD=VALUE",
            help="Answer beforehand: unit_en=%, target.target=90, scheme.parent_id=..., numerator.name_en=... of a new "
            "measure. Repeatable.",
        ),
    ] = None,
    yes: Yes = False,
) -> None:
    """Add a KPI, with its target, weight and new measures: answers become rows. --yes asks nothing, reads --set."""
    from dagster_project.registry.edit import Change, Refused, added, apply, cells_of, part_for

    seeds = settings_module.load().seeds
    told = _parse(given or [])
    own = _row(seeds, "indicator", "", told[""], ask=not yes)
    rows = [("indicator", "", own)]
    for role in ("numerator", "denominator"):
        if own[role] and not cells_of(seeds, "measure", measure_id=own[role]):
            out.print(f"{own[role]} is a new measure; what it is, and which feed carries it:", highlight=False)
            for table in BESIDE[role]:
                rows.append((table, role, _row(seeds, table, role, {**told[role], "measure_id": own[role]}, not yes)))
    wanted = told["target"] or own["evaluable"] == "true"
    if wanted or (not yes and typer.confirm("目标值 · A target?", default=False)):
        told["target"] |= {"indicator_id": own["indicator_id"]}
        told["target"].setdefault("period_from", own["first_period"])
        rows.append(("target", "target", _row(seeds, "target", "target", told["target"], not yes)))
    if told["scheme"] or own["evaluable"] == "true":
        told["scheme"] |= {"node_id": own["indicator_id"]}
        rows.append(("scheme_node", "scheme", _row(seeds, "scheme_node", "scheme", told["scheme"], not yes)))
    changes: list[Change] = []
    for table, _, cells in rows:
        changes.append(added(table, cells, part_for(seeds, table, own["sub_track_id"])))
        out.print(f"[bold]{table}[/]", highlight=False)
        _show({name: cell for name, cell in cells.items() if cell})
    if not yes and not typer.confirm("Write it?"):
        raise typer.Exit(1)
    try:
        paths = apply(seeds, changes)
    except Refused:
        out.print(
            f"Your answers, to mend and run again:\n{_again(rows)}", markup=False, highlight=False, soft_wrap=True
        )
        raise
    for path in paths:
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
    out.print(f"Values until {on:%Y-%m-%d} stay, with definition, targets and exceptions.", highlight=False)
    if successor:
        out.print(f"{successor} has its own targets and weights; none is carried over to it.", highlight=False)
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
    out.print(
        f"Not carried over: earlier versions; values before {new_id} begins stay with {indicator}.", highlight=False
    )
    if not yes and not typer.confirm(f"Rename {indicator} to {new_id} after {on:%Y-%m-%d}?"):
        raise typer.Exit(1)
    for path in apply(seeds, changes):
        out.print(f"written: {escape(str(path))}", highlight=False, soft_wrap=True)


def _parse(given: list[str]) -> Told:
    """Answers of `--set`, by the row that they are about; the KPI's own under an empty name."""
    from dagster_project.registry.edit import EditError
    from dagster_project.registry.spec import TABLES

    tables = {"": ("indicator",), **BESIDE}
    known = {
        f"{row}.{name}".lstrip("."): (row, name)
        for row, parts in tables.items()
        for table in parts
        for name in TABLES[table].names
    }
    told: Told = {row: {} for row in tables}
    for item in given:
        field, mark, cell = item.partition("=")
        if field not in known or not mark:
            near = get_close_matches(field, known, 1)
            hint = f"; did you mean {near[0]}?" if near else ""
            raise EditError(f"{item!r} is no FIELD=VALUE of a KPI{hint}")
        row, name = known[field]
        told[row][name] = cell.strip()
    return told


def _row(seeds: Path, table: str, prefix: str, told: dict[str, str], ask: bool) -> dict[str, str]:
    """Cells of a new row: what was told, and the rest asked for, or the usual."""
    from dagster_project.registry.edit import EditError
    from dagster_project.registry.spec import TABLES

    cells: dict[str, str] = {}
    missing = []
    for field in TABLES[table].fields:
        usual = USUAL[table].get(field.name, "")
        condition, answers = ONLY_WITH.get(field.name, ("", set()))
        if field.name in told:
            cells[field.name] = told[field.name]
        elif ask and f"{table}.{field.name}" not in SILENT and (not condition or cells[condition] in answers):
            cells[field.name] = _ask(seeds, table, field, usual)
        else:
            cells[field.name] = usual
            if field.required and not usual:
                missing.append(f"--set {prefix}.{field.name}=...".replace(" .", " "))
    if missing:
        raise EditError("say also " + ", ".join(missing))
    return cells


def _ask(seeds: Path, table: str, field: Field, usual: str) -> str:
    """An answer that fits the field: one of its choices, an id of the table it refers to, or text of its kind."""
    from dagster_project.registry.edit import cells_of
    from dagster_project.registry.labels import label
    from dagster_project.registry.load import WANTED, reason
    from dagster_project.registry.spec import TABLES

    question = f"{field.name}: {' · '.join(label(table, field.name))}"
    choices = ("true", "false") if field.kind == "boolean" else field.choices
    hint = f" ({', '.join(choices)})" if choices else "" if field.required else " (may be empty)"
    other = TABLES.get(field.references)
    names = {}
    if other:
        for row in cells_of(seeds, other.name):
            if other.name != "node" or row["level"] == "sub_track":
                names[row[other.key[0]]] = f"{row.get('name_zh', '')} {row.get('name_en', '')}"
        hint += ", an id, or words to search for" + ("; +id for a new one" if other.name == "measure" else "")
    while True:
        answer = str(typer.prompt(question + hint, default=usual, show_default=bool(usual))).strip()
        if answer.startswith("+") and other and other.name == "measure":
            return answer[1:]
        if other and answer and answer not in (*names, *field.also):
            near = [name for name in names if answer.lower() in f"{name} {names[name]}".lower()][:12]
            for name in near or get_close_matches(answer, names, 8, 0.4):
                out.print(f"  {name}  {escape(names[name])}", highlight=False)
            out.print(f"[yellow]{escape(answer)} is no {other.name}.[/]", highlight=False)
        elif reason(field, answer):
            out.print(f"[yellow]Write {', '.join(choices) or WANTED[field.kind]}.[/]", highlight=False)
        else:
            return answer


def _again(rows: list[tuple[str, str, dict[str, str]]]) -> str:
    """The command that gives the same answers."""
    said = {
        f"{prefix}.{name}".lstrip("."): cell
        for table, prefix, cells in rows
        for name, cell in cells.items()
        if cell != USUAL[table].get(name, "")
    }
    return shlex.join(["citydeck", "kpi", "new", *(word for one in said.items() for word in ("--set", "=".join(one)))])


def _show(cells: dict[str, str]) -> None:
    for name, cell in cells.items():
        out.print(f"  {name}: {escape(cell)}", highlight=False, soft_wrap=True)
