"""How a KPI whole is printed for a person."""

from __future__ import annotations

from rich.console import Console
from rich.markup import escape
from rich.tree import Tree

from dagster_project.printing import REASONS, STATES, both, number
from dagster_project.registry.model import Row
from dagster_project.registry.whole import Whole

FACTS = (
    *("region_id", "period_from", "target", "warn", "low", "high", "goal_low", "goal_high", "scheme_id", "parent_id"),
    *("weight", "normaliser", "bounds", "reason_zh", "reason_en", "basis_zh", "basis_en"),
)


def show_kpi(whole: Whole, formula: tuple[str, str], values: list[Row] | None, console: Console) -> None:
    """Print what the registry says of a KPI, and its current values; None where no snapshot has been built."""
    row = whole.newest
    tree = Tree(
        f"[bold]{escape(row['name_zh'])} · {escape(row['name_en'])}[/] ({whole.indicator_id} v{row['version']}, "
        f"{row['status']}, {'connected · 已接入' if whole.connected else 'not connected yet · 尚未接入'})"
        + (" [yellow]illustrative · 示意[/]" if row["illustrative"] else "")
    )
    tree.add(" › ".join(f"{escape(node['name_zh'])} {escape(node['name_en'])}" for node in whole.place))
    tree.add(escape(f"{row['definition_zh']} {row['definition_en']}"))
    tree.add(f"formula: {escape(formula[0])} · {escape(formula[1])}")
    tree.add(
        f"unit {escape(both(row['unit_zh'], row['unit_en']))}; {row['direction']} is better; "
        f"by {row['frequency']}, down to {row['lowest_grain']}, due after {row['due_day']} days, "
        f"from {row['first_period']}"
    )
    owner, checker = (_body(whole, row[role]) for role in ("owner", "checker"))
    tree.add(f"owner {owner}; checked by {checker}; next review {row['next_review']:%Y-%m-%d}")
    terms = tree.add("measures")
    for term in whole.terms:
        unit = both(term["unit_zh"] or "?", term["unit_en"] or "?")
        branch = terms.add(
            f"{term['measure_id']} {escape(term['name_zh'])} · {escape(term['name_en'])} ({escape(unit)}): "
            f"{term['region_rule']} over regions, {term['time_rule']} over time"
        )
        for source in whole.sources:
            if source["measure_id"] == term["measure_id"]:
                branch.add(
                    f"{source['feed_id']}:{source['source_code']} [dim]{source['feed_en']}, {source['status']}[/]"
                )
    for title, found in (("targets", whole.targets), ("weights", whole.weights), ("exceptions", whole.exceptions)):
        if found:
            _facts(tree.add(title), found)
    for version in whole.versions[:-1]:
        tree.add(f"before: v{version['version']} {escape(version['name_zh'])}, until {version['valid_to']:%Y-%m-%d}")
    for ended in whole.successions:
        tree.add(
            f"{ended['indicator_id']} {ended['kind']} after {ended['ended_on']:%Y-%m-%d}, followed by "
            f"{ended['successor'] or 'nothing'}: {escape(ended['reason_zh'])} {escape(ended['reason_en'])}"
        )
    _values(tree, row, values)
    console.print(tree, highlight=False)


def _body(whole: Whole, body_id: str) -> str:
    body = whole.bodies.get(body_id)
    return escape(f"{body['name_zh']} {body['name_en']} ({body_id})" if body else body_id)


def _facts(branch: Tree, found: list[Row]) -> None:
    for row in found:
        facts = [
            f"{name} {number(row[name]) if isinstance(row[name], float) else row[name]}"
            for name in FACTS
            if row.get(name)
        ]
        branch.add(escape(", ".join(facts)))


def _values(tree: Tree, row: Row, values: list[Row] | None) -> None:
    if values is None:
        tree.add("[dim]no snapshot has been built yet; `citydeck build` makes one[/]")
        return
    branch = tree.add("current values" if values else "[dim]no current values[/]")
    for at in values:
        name = f"{escape(at['name_zh'])} {escape(at['name_en'])} {at['period_id']}"
        if at["state"] == "value":
            flags = f" [yellow]{at['flag_ids']}[/]" if at["flag_ids"] else ""
            branch.add(f"{name}: [bold]{number(at['value'], row['decimals'])}[/] {at['status']}{flags}")
        else:
            branch.add(f"{name}: {STATES[at['state']]} ({REASONS.get(at['reason'] or '', at['reason'])})")
