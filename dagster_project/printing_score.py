"""How the scores of a table are printed for a person."""

from __future__ import annotations

import numpy as np
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from dagster_project.evaluation.table.result import TableScores
from dagster_project.scoring.scheme import Indicator

# Units of each group.
SHOWN = 10


def show_scores(result: TableScores, console: Console, rest: str) -> None:
    """The top of each group, then who is not ranked and why. `rest` says where all units are."""
    console.print(f"[bold]{escape(result.file.name)}[/]", highlight=False)
    for code, name in enumerate(result.table.groups):
        members = np.flatnonzero((result.table.codes == code) & (result.scores.rank > 0))
        members = members[np.argsort(result.scores.rank[members], kind="stable")]
        title = f"{name}, 排名 ranked: {len(members)}" if name else f"排名 ranked: {len(members)}"
        console.print(_league(result, title, members[:SHOWN]))
        if len(members) > SHOWN:
            console.print(f"[dim]and {len(members) - SHOWN} more{rest}[/]", highlight=False)
    reasons: dict[str, list[str]] = {}
    for unit in np.flatnonzero(result.scores.rank == 0):
        reasons.setdefault(" · ".join(result.reason(int(unit))), []).append(result.table.units[unit])
    for reason, units in reasons.items():
        line = f"[yellow]未排名 not ranked[/] {escape('、'.join(units))}: {escape(reason)}"
        console.print(line, highlight=False, soft_wrap=True)


def _league(result: TableScores, title: str, units: np.ndarray) -> Table:
    scheme, scores = result.file.scheme, result.scores
    table = Table(title=escape(title), title_justify="left")
    table.add_column("位次\nRank", justify="right")
    if result.robust:
        table.add_column("90%区间\nInterval", justify="right", min_width=8)
    table.add_column("单位\nUnit")
    table.add_column("得分\nScore", justify="right")
    if scheme.tiers:
        table.add_column("等级\nTier")
    table.add_column("覆盖\nCoverage", justify="right", min_width=8)
    for unit in units:
        cells = [str(scores.rank[unit])]
        if result.robust:
            cells.append(f"{result.robust.low[unit]}–{result.robust.high[unit]}")
        cells += [escape(result.table.units[unit]), result.shown(scores.score[unit])]
        if scheme.tiers:
            cells.append(escape(scheme.tiers.names[scores.tier[unit]]))
        table.add_row(*cells, f"{scores.coverage[-1, unit]:.0%}")
    return table


def show_contributions(result: TableScores, unit: str, console: Console) -> None:
    """A unit's score as the sum of its parts, down the tree."""
    at, scheme, scores = result.place_of(unit), result.file.scheme, result.scores
    rank = scores.rank[at]
    head = f"{result.shown(scores.score[at])}, {rank} / {scores.n_ranked[at]}" if rank else "未排名 not ranked"
    table = Table(title=f"[bold]{escape(unit)}[/]: {escape(head)}", title_justify="left")
    table.add_column("节点\nNode")
    for column in ("数值\nValue", "得分\nScore", "位次\nRank", "权重\nWeight", "贡献\nContribution"):
        table.add_column(column, justify="right")
    depth = {scheme.nodes[-1].id: 0}
    for node_id in result.file.places:
        place = scheme.place[node_id]
        node = scheme.nodes[place]
        if node.parent is not None:
            depth[node_id] = depth[node.parent] + 1
        value = result.values[place, at] if isinstance(node, Indicator) else None
        table.add_row(
            "  " * depth[node_id] + escape(result.file.names[node_id]),
            "" if value is None else "-" if np.isnan(value) else f"{value:,.6g}",
            _rounded(result, place, at),
            f"{result.ranks[place, at]} / {result.ranked[place, at]}" if result.ranks[place, at] else "-",
            "-" if np.isnan(scores.weights[place, at]) else f"{scores.weights[place, at]:.1%}",
            result.shown(result.parts[place, at]) or "-",
        )
    console.print(table)
    if scores.points[at]:
        console.print(f"加减分 bonus and deduction: {result.shown(scores.points[at])}", highlight=False)
    if not rank:
        reason = escape(" · ".join(result.reason(at)))
        console.print(f"[yellow]未排名 not ranked[/] {escape(unit)}: {reason}", highlight=False, soft_wrap=True)


def _rounded(result: TableScores, node: int, unit: int) -> str:
    found = result.scores.node_scores[node, unit]
    return result.shown(np.round(found, result.file.scheme.decimals)) or "-"
