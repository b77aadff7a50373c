"""How explanations and league tables are printed for a person."""

from __future__ import annotations

from itertools import groupby

from rich.console import Console
from rich.markup import escape
from rich.table import Table
from rich.tree import Tree

from dagster_project.warehouse.explanation import Explanation, Part, Term
from dagster_project.warehouse.lookup import Row

PARTS_SHOWN = 12
STATES = {
    "missing": "missing: expected, not received · 缺失:应报未报",
    "not_applicable": "not applicable · 不适用",
    "not_yet_due": "not yet due · 未到期",
}
REASONS = {
    "not_received": "no figure was received",
    "incomplete": "not all parts were received",
    "zero_denominator": "its denominator is zero",
    "zero_base": "what it is compared with is zero",
    "other_boundary": "its boundary has changed within the time that it rests on",
    "base_missing": "what it is compared with is missing",
    "not_due": "its due day is still to come",
    "declared": "declared in the registry",
}


def number(value: float | None, decimals: int | None = None) -> str:
    """A figure with thousands separated; a dash for none."""
    if value is None:
        return "-"
    return f"{value:,.{decimals}f}" if decimals is not None else f"{value:,.10g}"


def both(zh: str, en: str) -> str:
    """A word in both languages; once if it is the same in both, as % is."""
    return zh if zh == en else f"{zh} · {en}"


def _part_line(part: Part) -> str:
    flags = f" [yellow]{', '.join(part.flags)}[/]" if part.flags else ""
    return f"{escape(part.region_zh)} {escape(part.region_en)} {part.period_id}: {number(part.value)}{flags}"


def _add_part(branch: Tree, part: Part) -> None:
    leaf = branch.add(_part_line(part))
    for item in part.submissions:
        row = f", row {item.row}" if item.row is not None else ""
        force = "" if item.in_force else " [dim](replaced)[/]"
        known = f"published {item.published_on}, landed {item.landed_at:%Y-%m-%d %H:%M}"
        line = f"{item.feed}/{escape(item.file)}{row}: {number(item.value)}, {known}{force}"
        entry = leaf.add(line)
        if item.source:
            entry.add(f"[dim]source: {escape(item.source)} {escape(item.url or '')}[/]")
        if item.note:
            entry.add(f"[yellow]{escape(item.note)}[/]")


def _add_term(tree: Tree, term: Term) -> None:
    branch = tree.add(
        f"[bold]{term.role}[/] {escape(term.name_zh)} · {escape(term.name_en)} of {escape(term.region_zh)} "
        f"in {term.period_id}: [bold]{number(term.value)}[/] {escape(both(term.unit_zh, term.unit_en))} "
        f"[dim]({term.origin}; {term.rule}; {term.present} of {term.expected} parts)[/]"
    )
    for part in term.parts[:PARTS_SHOWN]:
        _add_part(branch, part)
    if len(term.parts) > PARTS_SHOWN:
        branch.add(f"[dim]and {len(term.parts) - PARTS_SHOWN} more; --json lists all[/]")


def show_explanation(explanation: Explanation, console: Console) -> None:
    """Print an explanation as a tree from the value to the landed rows."""
    e = explanation
    if e.state == "value":
        head = f"{number(e.value, e.decimals)} {escape(both(e.unit_zh, e.unit_en))}"
    else:
        head = f"{STATES[e.state]} ({REASONS.get(e.reason or '', e.reason)})"
    tree = Tree(
        f"[bold]{escape(e.name_zh)} · {escape(e.name_en)}[/] ({e.indicator_id} v{e.version}), "
        f"{escape(e.region_zh)} {escape(e.region_en)}, {e.period_id}: [bold]{head}[/]"
    )
    tree.add(escape(f"{e.definition_zh} {e.definition_en}"))
    tree.add(f"formula: {escape(e.formula_zh)} · {escape(e.formula_en)}")
    tree.add(
        f"definition v{e.version} in force {e.valid_from} to {e.valid_to}"
        + ("; illustrative, ours · 示意" if e.illustrative else "")
    )
    if e.target is not None:
        tree.add(f"target {number(e.target)}: {e.status}")
    for flag in e.flags:
        tree.add(f"[yellow]{flag['flag_id']}[/] {escape(flag['meaning_zh'])} · {escape(flag['meaning_en'])}")
    for term in e.terms:
        _add_term(tree, term)
    if e.recomputed is not None:
        verdict = "[green]agrees[/]" if e.agrees else "[red]does not agree[/]"
        tree.add(f"recomputed from the landed rows: {number(e.recomputed)} ({verdict})")
    tree.add(f"[dim]snapshot {e.snapshot_id}, known until {e.known_until:%Y-%m-%d %H:%M}[/]")
    console.print(tree, highlight=False)


def _lowered(row: Row) -> str:
    return " (一票否决 veto)" if row["vetoed"] else ""


def show_ranking(found: list[Row], console: Console) -> None:
    """Print a league table, a peer area at a time; those without a rank below it, by reason."""
    first = found[0]
    console.print(
        f"[bold]{first['scheme_id']} v{first['scheme_version']}[/], {first['period_id']}, {first['peer_scheme']}",
        highlight=False,
    )
    drawn = any(row["rank_low"] is not None for row in found)
    tiered = any(row["tier_id"] is not None for row in found)
    for area, rows in groupby(found, key=lambda row: f"{row['peer_area_zh']} · {row['peer_area_en']}"):
        members = list(rows)
        ranked = [row for row in members if row["rank"] is not None]
        table = Table(title=escape(area), title_justify="left")
        columns = {
            "位次 Rank": "right",
            "区间 Interval": "right",
            "区县 District": "left",
            "得分 Score": "right",
            "等级 Tier": "left",
            "覆盖 Coverage": "right",
            "标记 Flags": "left",
        }
        shown = {"区间 Interval": drawn, "等级 Tier": tiered}
        for column, justify in columns.items():
            if shown.get(column, True):
                table.add_column(column, justify=justify, overflow="fold")  # type: ignore[arg-type]
        for row, following in zip(ranked, [*ranked[1:], None], strict=False):
            cells = {
                "位次 Rank": f"{row['rank']} / {row['n_ranked']}",
                "区间 Interval": f"{row['rank_low']}–{row['rank_high']}",
                "区县 District": escape(f"{row['name_zh']} {row['name_en']}"),
                "得分 Score": f"{row['score']:.2f}",
                "等级 Tier": escape(both(row["tier_zh"] or "", row["tier_en"] or "")) + _lowered(row),
                "覆盖 Coverage": f"{row['coverage']:.0%}",
                "标记 Flags": ("★ 进步最大 most improved " if row["most_improved"] else "") + (row["flag_ids"] or ""),
            }
            apart = drawn and following is not None and following["apart"] != row["apart"]
            table.add_row(
                *(cell for column, cell in cells.items() if shown.get(column, True)),
                end_section=apart,
            )
        console.print(table)
        unranked = sorted((row for row in members if row["rank"] is None), key=lambda row: row["reason_en"])
        for reason, same in groupby(unranked, key=lambda row: (row["reason_zh"], row["reason_en"])):
            names = "、".join(row["name_zh"] for row in same)
            console.print(
                f"[yellow]未排名 not ranked[/] {escape(names)}: {escape(' · '.join(reason))}",
                highlight=False,
                soft_wrap=True,
            )
    if drawn:
        console.print(
            "[dim]区间为抽样的 5–95 % 位次;横线之间的单位不可区分 "
            "Interval: 5–95 % of the draws; units between two lines cannot be told apart.[/]",
            highlight=False,
            soft_wrap=True,
        )
