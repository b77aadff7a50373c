"""How a preview is printed for a person: edited rows, then the indicators, scores and ranks that they move."""

from __future__ import annotations

from collections.abc import Callable
from itertools import groupby

from rich.console import Console
from rich.markup import escape

from dagster_project.printing import PARTS_SHOWN, STATES, number
from dagster_project.warehouse.lookup import Row
from dagster_project.warehouse.preview import Preview

INDICATORS_SHOWN = 8
LEVELS = {
    "city": "全市 city",
    "peer_area": "片区 peer area",
    "district": "区县 district",
    "unit": "管理单元 unit",
    "town": "镇街 town",
}
STATUSES = {
    "on_target": "达标 on target",
    "watch": "关注 watch",
    "off_target": "未达标 off target",
    "no_target": "未设目标 no target",
}


def show_preview(preview: Preview, console: Console) -> None:
    """Print what an edit changes: the edited rows, the indicators that move, the scores and ranks that move."""

    def say(line: str) -> None:
        console.print(line, highlight=False, soft_wrap=True)

    say(f"[bold]改动 Edited rows[/] [dim]against snapshot {preview.snapshot_id}[/]")
    _some(preview.edits, lambda edit: say(f"  {_edit(edit)}"), say)
    if not preview.edits:
        say("  无 none: the registry is the snapshot's")
        return
    if not preview.indicators:
        say("[bold]指标 Indicators[/]: 数值、状态、目标均无变化 no value, status or target changes")
    moved = [(key, list(same)) for key, same in groupby(preview.indicators, key=lambda row: row["indicator_id"])]
    for indicator_id, levels in moved[:INDICATORS_SHOWN]:
        say(f"[bold]{escape(levels[0]['name_zh'])} · {escape(levels[0]['name_en'])}[/] ({indicator_id})")
        for row in levels:
            say(f"  {_extent(row)}")
        for row in (row for row in preview.statuses if row["indicator_id"] == indicator_id):
            before, after = (STATUSES[row[f"status_{side}"]] for side in ("before", "after"))
            say(f"  状态 status: {before} → {after}: {row['cells']}")
        places = [row for row in preview.places if row["indicator_id"] == indicator_id]
        _some(places, lambda row: say(f"    {_move(row)}"), say)
    if len(moved) > INDICATORS_SHOWN:
        say(f"[dim]and {len(moved) - INDICATORS_SHOWN} more indicators; --json lists all[/]")
    if preview.largest:
        say("[bold]最大变化 Largest changes[/]")
        for row in preview.largest:
            say(f"  {row['indicator_id']} {_move(row)}")
    for scheme in preview.schemes:
        say(f"[bold]{escape(scheme['name_zh'])} · {escape(scheme['name_en'])}[/] ({scheme['scheme_id']})")
        if scheme["first_period"] is None:
            say(f"  得分、位次无变化 no score or rank changes; {scheme['node_scores']} scores below them do")
            continue
        say(
            f"  {_span(scheme)}: 得分 {scheme['scores']} scores, 位次 {scheme['ranks']} ranks change, "
            f"and {scheme['node_scores']} scores of nodes"
        )
        _some(
            [row for row in preview.ranks if row["scheme_id"] == scheme["scheme_id"]],
            lambda row: say(f"    {_rank(row)}"),
            say,
        )


def _some(found: list[Row], show: Callable[[Row], None], say: Callable[[str], None]) -> None:
    for row in found[:PARTS_SHOWN]:
        show(row)
    if len(found) > PARTS_SHOWN:
        say(f"    [dim]and {len(found) - PARTS_SHOWN} more; --json lists all[/]")


def _edit(edit: Row) -> str:
    cells = "; ".join(f"{name} {before} → {after}" for name, (before, after) in edit["cells"].items())
    return escape(f"{edit['table']} {edit['key']}: {edit['edit']}" + (f": {cells}" if cells else ""))


def _span(row: Row) -> str:
    first, last = row["first_period"], row["last_period"]
    return first if first == last else f"{first}–{last}"


def _extent(row: Row) -> str:
    counts = (
        ("changed", "数值改变 values changed"),
        ("added", "新增 added"),
        ("removed", "消失 removed"),
        ("targets", "目标改变 targets changed"),
        ("absences", "缺报等改变 absences changed"),
        ("coverage_or_flags", "覆盖或标记改变 coverage or flags changed"),
    )
    said = ", ".join(f"{words} {row[name]}" for name, words in counts if row[name])
    boundary = "" if row["at_time"] else ", 现行边界 today's boundary"
    return f"{LEVELS[row['level']]}{boundary}, {_span(row)}: {said or '状态改变 statuses changed'}"


def _move(row: Row) -> str:
    sides = []
    for side in ("before", "after"):
        state, value, status = (row[f"{name}_{side}"] for name in ("state", "value", "status"))
        if state == "value":
            word = STATUSES[status] if status != "no_target" else ""
            target = row[f"target_{side}"]
            aim = f"target {number(target)}" if target is not None else ""
            note = ", ".join(filter(None, (aim, word)))
            sides.append(number(value, row["decimals"]) + (f" [dim]({note})[/]" if note else ""))
        else:
            sides.append(f"[dim]{STATES[state] if state else '无 none'}[/]")
    return f"{escape(row['region_zh'])} {escape(row['region_en'])} {row['period_id']}: {' → '.join(sides)}"


def _rank(row: Row) -> str:
    sides = [
        f"{row[f'rank_{side}']} ({row[f'score_{side}']:.2f})"
        if row[f"rank_{side}"] is not None
        else f"未排名 not ranked{f' ({reason})' if (reason := row[f'reason_en_{side}']) else ''}"
        for side in ("before", "after")
    ]
    place = f"{row['name_zh']} {row['name_en']}, {row['area_zh']} {row['area_en']}, {row['period_id']}"
    return escape(f"{place}: {' → '.join(sides)}")
