"""How a what-if and a way up are printed for a person."""

from __future__ import annotations

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from dagster_project.printing import PARTS_SHOWN, both, number
from dagster_project.printing_explained import signed
from dagster_project.warehouse.lookup import Row
from dagster_project.warehouse.whatif import WayUp, WhatIf

GOALS = {"rank": "下一位次 the next rank", "tier": "上一等级 the next tier"}


def show_what_if(found: WhatIf, console: Console) -> None:
    """Print the changes, then every peer area that they touch, before and after, and who gains and loses places."""
    _say(console, _title(found))
    for change in found.changes:
        _say(console, f"  {_change(change)}")
    if not found.areas:
        _say(console, "得分、位次均无变化 no score or rank changes")
    for area in found.areas:
        table = Table(title=escape(f"{area['name_zh']} · {area['name_en']}"), title_justify="left")
        table.add_column("位次 Rank", justify="right", overflow="fold")
        table.add_column("变动 Moved", overflow="fold")
        table.add_column("单位 Unit", overflow="fold")
        for column in ("原得分 Before", "新得分 After", "差 Change"):
            table.add_column(column, justify="right", overflow="fold")
        tiered = any(row["tier_id_before"] or row["tier_id_after"] for row in area["units"])
        if tiered:
            table.add_column("等级 Tier", overflow="fold")
        ranked = [row for row in area["units"] if row["rank_before"] or row["rank_after"]]
        for row in ranked:
            cells = [
                f"{_dash(row['rank_before'])} → {_dash(row['rank_after'])}",
                _moved(row["moved"]),
                escape(f"{row['name_zh']} {row['name_en']}"),
                number(row["score_before"], found.decimals),
                number(row["score_after"], found.decimals),
                signed(_difference(row), found.decimals),
            ]
            if tiered:
                tiers = row["tier_id_before"], row["tier_id_after"]
                cells.append(_dash(tiers[0]) if tiers[0] == tiers[1] else f"{_dash(tiers[0])} → {_dash(tiers[1])}")
            table.add_row(*cells)
        console.print(table)
        told = {
            "上升 gain": [row for row in ranked if (row["moved"] or 0) > 0],
            "下降 lose": [row for row in ranked if (row["moved"] or 0) < 0],
            "新进入排名 ranked now": [row for row in ranked if not row["rank_before"]],
            "不再排名 no longer ranked": [row for row in ranked if not row["rank_after"]],
            "仍未排名 not ranked": [row for row in area["units"] if row not in ranked],
        }
        for title, rows in told.items():
            if rows:
                places = [f" ({abs(row['moved'])})" if row["moved"] else "" for row in rows]
                names = "、".join(f"{row['name_zh']}{more}" for row, more in zip(rows, places, strict=True))
                _say(console, f"{title}: {escape(names)}")


def show_way_up(found: WayUp, console: Console) -> None:
    """Print where a unit stands, what is next, and the cheapest way there."""
    _say(console, f"{_title(found)}, [bold]{escape(f'{found.region_zh} {found.region_en}')}[/]")
    area = f"{found.area['name_zh']} · {found.area['name_en']}" if found.area else ""
    _say(console, f"  现在 now: {_stands(found.now, found.decimals)}, {escape(area)}")
    for goal, following in (("rank", found.next_rank), ("tier", found.next_tier)):
        if following is not None:
            tier = f", {following['tier_id']}" if following["tier_id"] else ""
            _say(
                console,
                f"  {GOALS[goal]}: {following['rank']}{tier}, 得分 score {number(following['score'], found.decimals)}; "
                f"还差 short of it by [bold]{number(following['points'], found.decimals + 1)}[/] 分 points",
            )
        elif goal == "rank" or found.now["tier_id"]:
            _say(console, f"  {GOALS[goal]}: 得分无法达到 no score leads to one: it is the first, or a veto holds")
    if not found.plan:
        if (found.next_rank if found.goal == "rank" else found.next_tier) is not None:
            _say(
                console,
                "[yellow]现有指标全部满分也不够 its indicators cannot bring these points, even at full scores[/]",
            )
        return
    table = Table(title=f"{GOALS[found.goal]}: 最省的指标组合 the cheapest set of indicators", title_justify="left")
    table.add_column("指标 Indicator", overflow="fold")
    table.add_column("数值 Value", justify="right", overflow="fold")
    table.add_column("期 Period", overflow="fold")
    table.add_column("指标得分 Score", justify="right", overflow="fold")
    table.add_column("增分 Points", justify="right", overflow="fold")
    largest = sorted(found.plan, key=lambda row: -row["points"])
    for row in largest[:PARTS_SHOWN]:
        after = number(row["value_after"], row["decimals"]) if row["value_after"] is not None else "按位次 by place"
        unit = escape(both(row["unit_zh"], row["unit_en"]))
        table.add_row(
            escape(f"{row['node_zh']} {row['node_en']} ({row['node_id']})"),
            f"{number(row['value_before'], row['decimals'])} → {after} {unit}",
            row["value_period_id"],
            f"{number(row['score_before'], 1)} → {number(row['score_after'], 1)}",
            signed(row["points"], found.decimals + 1),
        )
    console.print(table)
    if len(largest) > PARTS_SHOWN:
        rest = sum(row["points"] for row in largest[PARTS_SHOWN:])
        _say(console, f"[dim]and {len(largest) - PARTS_SHOWN} more, {signed(rest, 3)} points; --json lists all[/]")
    how = "无更省者 no other set needs less" if found.cheapest else "逐步求得 found step by step"
    _say(console, f"指标得分合计提高 {number(found.cost, 1)} 分 points of indicators' scores in all; {how}")
    if found.verified and found.after:
        _say(console, f"[green]已重新评分核实 scored anew[/]: {_stands(found.after, found.decimals)}")
    elif found.verified:
        _say(
            console, "[green]已按得分核实 verified with these scores[/]; 部分指标按位次计分,无对应数值 some go by place"
        )
    else:
        _say(
            console,
            "[red]重新评分未达到 scored anew, it does not get there[/]: these figures are bounds for other units",
        )
    _say(console, "[dim]其他单位不变时成立 holds while all other figures stay as they are[/]")
    if found.command and len(found.plan) <= PARTS_SHOWN:
        _say(console, f"  [dim]→[/] {escape(found.command)}")


def _say(console: Console, line: str) -> None:
    console.print(line, highlight=False, soft_wrap=True)


def _title(found: WhatIf | WayUp) -> str:
    mark = " [yellow]示意 illustrative[/]" if found.illustrative else ""
    name = escape(f"{found.name_zh} · {found.name_en}")
    return f"[bold]{name}[/] ({found.scheme_id} v{found.version}), {found.period_id}{mark}"


def _change(change: Row) -> str:
    node = escape(f"{change['node_zh']} {change['node_en']} ({change['node_id']})")
    if change["kind"] == "weight":
        before = "-" if change["before"] is None else f"{change['before']:.2%}"
        return f"权重 weight {node}: {before} → [bold]{change['after']:.2%}[/]"
    unit, place = both(change["unit_zh"], change["unit_en"]), f"{change['name_zh']} {change['name_en']}"
    before = number(change["before"], change["decimals"])
    return f"{escape(place)}, {node}: {before} → [bold]{number(change['after'])}[/] {escape(unit)}"


def _moved(places: int | None) -> str:
    if not places:
        return "" if places is None else "="
    return f"[green]▲ {places}[/]" if places > 0 else f"[red]▼ {-places}[/]"


def _difference(row: Row) -> float | None:
    if row["score_before"] is None or row["score_after"] is None:
        return None
    return float(row["score_after"] - row["score_before"])


def _stands(row: Row, decimals: int) -> str:
    tier = f", 等级 tier {escape(row['tier_id'])}" if row["tier_id"] else ""
    found = number(row["score"], decimals)
    return f"位次 rank [bold]{_dash(row['rank'])} / {row['n_ranked']}[/], 得分 score {found}{tier}"


def _dash(cell: object) -> str:
    return "-" if cell is None else escape(str(cell))
