"""How a scheme looked at as a whole is printed for a person: findings first, then what was measured."""

from __future__ import annotations

from itertools import groupby

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from dagster_project.printing import PARTS_SHOWN, number
from dagster_project.printing_explained import signed
from dagster_project.warehouse.lookup import Row
from dagster_project.warehouse.scheme_study import SchemeCheck, SchemeSensitivity

# Findings of one kind, and pairs of units, shown.
SHOWN = 5
SEVERITIES = {"error": "[red]错误 error[/]", "warning": "[yellow]警告 warning[/]", "note": "[dim]提示 note[/]"}
CHOICES = {
    "normaliser": "标准化方法 normaliser",
    "aggregation": "合成方法 aggregation",
    "treatment": "异常值处理 treatment of outliers",
    "imputation": "插补 imputation",
    "weights": "权重 weights",
    "leave_out": "剔除一项指标 leaving one indicator out",
    "data": "数据本身 the data's own uncertainty",
}


def show_check(found: SchemeCheck, console: Console) -> None:
    """Print the findings of a scheme, the gravest first, then its upper nodes' weights as given and as they act."""
    draft = " [yellow]草案 draft[/]" if found.status == "draft" else ""
    _say(
        console,
        f"[bold]{escape(f'{found.name_zh} · {found.name_en}')}[/] ({found.scheme_id} v{found.version}){draft}, "
        f"{found.period_id}: {found.indicators} 项指标 indicators, {found.units} 个单位 units",
    )
    if not found.findings:
        _say(console, "[green]无发现 no findings[/]")
    kinds = list(dict.fromkeys((row["severity"], row["kind"]) for row in found.findings))
    by_kind = sorted(found.findings, key=lambda row: kinds.index((row["severity"], row["kind"])))
    for (severity, _), same in groupby(by_kind, key=lambda row: (row["severity"], row["kind"])):
        rows = list(same)
        for row in rows[:SHOWN]:
            names = "、".join(filter(None, (row["node_zh"], row["other_zh"])))
            _say(console, f"  {SEVERITIES[severity]} {escape(row['en'])} · {escape(row['zh'])} [dim]{escape(names)}[/]")
        if len(rows) > SHOWN:
            _say(console, f"  [dim]and {len(rows) - SHOWN} more like it; --json lists all[/]")
    table = Table(title="权重:名义与实际 Weights: nominal and effective", title_justify="left")
    table.add_column("节点 Node", overflow="fold")
    columns = ("名义 Nominal", "实际 Effective", "回归解释 Explained", "与上级相关 Correlation", "一致性 Alpha")
    for column in columns:
        table.add_column(column, justify="right", overflow="fold")
    # Of a large tree the upper levels alone; of a small one all.
    deepest = 9 if len(found.nodes) <= 4 * PARTS_SHOWN else 1
    for row in found.nodes:
        if row["depth"] <= deepest:
            table.add_row(
                "  " * row["depth"] + escape(f"{row['node_zh']} {row['node_en']} ({row['node_id']})"),
                *(_share(row[name]) for name in ("nominal", "importance", "explained")),
                number(row["correlation"], 2),
                number(row.get("alpha"), 2),
            )
    console.print(table)


def show_sensitivity(found: SchemeSensitivity, console: Console) -> None:
    """Print which choices, nodes and weights the ranks hang on."""
    mark = " [yellow]示意 illustrative[/]" if found.illustrative else ""
    _say(
        console,
        f"[bold]{escape(f'{found.name_zh} · {found.name_en}')}[/] ({found.scheme_id} v{found.version}), "
        f"{found.period_id}{mark}",
    )
    if found.no_choices:
        _say(console, f"[yellow]无敏感性指数 no Sobol indices[/]: {escape(found.no_choices)}")
    else:
        table = Table(title="各选择的敏感性指数 Sobol indices per choice", title_justify="left")
        table.add_column("选择 Choice", overflow="fold")
        table.add_column("一阶 First", justify="right", overflow="fold")
        table.add_column("总效应 Total", justify="right", overflow="fold")
        for row in found.choices:
            cells = [f"{number(row[key], 2)} ± {number(row[f'{key}_half_width'], 2)}" for key in ("first", "total")]
            table.add_row(CHOICES[row["choice"]], *cells)
        console.print(table)
        _say(
            console,
            f"[dim]{found.evaluations:,} 次评分 evaluations, 种子 seed {found.seed}; 解释平均位次变化的方差 "
            "share of the variance of the mean shift of ranks, ± half of the 95 % interval[/]",
        )
    for kind, title in (
        ("aggregate", "剔除一个节点 Without a node"),
        ("indicator", "剔除一项指标 Without an indicator"),
    ):
        rows = [row for row in found.dropped if row["kind"] == kind]
        if rows:
            _dropped(title, rows, console)
    _swapped(found.swaps, console)


def _dropped(title: str, rows: list[Row], console: Console) -> None:
    table = Table(title=f"{title}: {len(rows)}", title_justify="left")
    table.add_column("节点 Node", overflow="fold")
    table.add_column("平均移动位次 Mean places moved", justify="right", overflow="fold")
    for row in rows[: 2 * SHOWN]:
        name = escape(f"{row['node_zh']} {row['node_en']} ({row['node_id']})")
        table.add_row(name, "无人可排 nobody is ranked" if row["places"] is None else number(row["places"], 2))
    console.print(table)


def _swapped(rows: list[Row], console: Console) -> None:
    """The pairs whose order is the least firm."""
    if not rows:
        return
    table = Table(title="相邻单位互换所需的权重 Weights that would swap two neighbours", title_justify="left")
    table.add_column("位次 Rank", justify="right", overflow="fold")
    table.add_column("相邻单位 Neighbours", overflow="fold")
    table.add_column("分差 Gap", justify="right", overflow="fold")
    table.add_column("节点 Node", overflow="fold")
    table.add_column("权重 Weight", justify="right", overflow="fold")
    table.add_column("变化 Change", justify="right", overflow="fold")
    for row in rows[: 2 * SHOWN]:
        pair = f"{row['first_name_zh']} / {row['second_name_zh']}"
        cells = ["无一权重可使互换 no one weight can", "", ""]
        if row["relative"] is not None:
            cells = [
                escape(f"{row['node_zh']} ({row['node_id']})"),
                f"{row['weight_before']:.2%} → {row['weight_after']:.2%}",
                f"{signed(100 * row['relative'], 1)} %",
            ]
        table.add_row(f"{row['first_rank']}, {row['second_rank']}", escape(pair), number(row["score_gap"], 2), *cells)
    console.print(table)
    if len(rows) > 2 * SHOWN:
        _say(console, f"[dim]and {len(rows) - 2 * SHOWN} more pairs; --json lists all[/]")


def _share(found: float | None) -> str:
    return "-" if found is None else f"{found:.1%}"


def _say(console: Console, line: str) -> None:
    console.print(line, highlight=False, soft_wrap=True)
