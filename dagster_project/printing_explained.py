"""How the explanation of a score is printed for a person: what it is, why it moved, and the way on to the figures."""

from __future__ import annotations

from itertools import groupby

from rich.console import Console
from rich.markup import escape
from rich.table import Table
from rich.tree import Tree

from dagster_project.printing import PARTS_SHOWN, REASONS, STATES, both, number
from dagster_project.warehouse.explain_score import Movement, ScoreExplanation, asked_again
from dagster_project.warehouse.lookup import Row

# Indicators shown on each side of the peer area's mean.
INDICATORS_SHOWN = 5
NOT_MOVED = {
    "not_ranked": "本期未排名 not ranked now",
    "first": "上期没有位次 no rank in the period before",
    "version": "上期按另一版方案排名,不可比 ranked by another version of the scheme before: not comparable",
    "area": "上期在另一片区 in another peer area before",
}
FACTORS = {
    "own": "本单位数值 own figures",
    "others": "其他单位数值 others' figures",
    "revision": "历史数据修订 revisions of the past",
    "weights": "权重 weights",
    "definition": "口径与目标 definitions and targets",
    "boundary": "片区划分 peer areas",
    "imputation": "插补 imputed figures",
}
# What of a rank or score is rounding.
NOTHING = 5e-10


def show_score_explanation(e: ScoreExplanation, console: Console) -> None:
    """Print a score: where it stands, why it moved, its parts, and the commands that go on from its figures."""
    console.print(_head(e), highlight=False)
    parents = [row for row in e.nodes if row["parent_id"] == e.node_id]
    if parents:
        console.print(_nodes(e, parents))
    known = [row for row in e.nodes if row["node_kind"] == "indicator" and row["gap"] is not None]
    below = sorted((row for row in known if row["gap"] < -NOTHING), key=lambda row: row["gap"])
    above = sorted((row for row in known if row["gap"] > NOTHING), key=lambda row: -row["gap"])
    for title, found in (("低于片区 Below the peer area", below), ("高于片区 Above the peer area", above)):
        if found:
            _indicators(f"{title}: {len(found)}", found[:INDICATORS_SHOWN], console)
    _absent(e.absent, console)
    for line in _further(e, parents):
        console.print(f"[dim]{escape(line)}[/]", highlight=False, soft_wrap=True)


def signed(value: float | None, decimals: int = 2) -> str:
    """A difference with its sign; 0 without."""
    if value is None:
        return "-"
    rounded = round(value, decimals)
    return f"{rounded:+,.{decimals}f}" if rounded else f"{0:.{decimals}f}"


def _head(e: ScoreExplanation) -> Tree:
    place = f"{e.region_zh} {e.region_en}, {e.period_id}"
    title = f"[bold]{escape(e.scheme_zh)} · {escape(e.scheme_en)}[/] ({e.scheme_id} v{e.scheme_version})"
    if not e.is_root:
        title += f" › {escape(e.node_zh)} · {escape(e.node_en)} ({e.node_id})"
    tree = Tree(f"{title}, {escape(place)}: [bold]{number(e.score, e.decimals)}[/]")
    if e.illustrative:
        tree.add("[yellow]方案为项目自拟,示意 the scheme is illustrative, ours[/]")
    area = f"{e.peer_area_zh} · {e.peer_area_en}" if e.peer_area_id else "无片区 no peer area"
    if e.rank is not None:
        interval = (
            f"; 5–95 % 区间 interval {e.rank_low}–{e.rank_high} ({e.draws:,} 次抽样 draws)"
            if e.rank_low is not None
            else ""
        )
        line = f"位次 rank [bold]{e.rank} / {e.n_ranked}[/], {escape(area)} ({e.n_units} 个单位 units){interval}"
        tree.add(line)
    elif not e.is_root and e.score is None:
        tree.add(f"[yellow]无得分 no score[/], {escape(area)}: 有分的权重不足 too little of its weight has a score")
    elif e.reason:
        tree.add(f"[yellow]未排名 not ranked[/], {escape(area)}: {escape(f'{e.reason_zh} · {e.reason_en}')}")
    if len(e.apart) > 1:
        own = next(at for at, row in enumerate(e.apart) if row["region_id"] == e.region_id)
        start = max(0, min(own - PARTS_SHOWN // 2, len(e.apart) - PARTS_SHOWN))
        near = e.apart[start : start + PARTS_SHOWN]
        names = "、".join(f"{row['name_zh']} {row['name_en']} ({row['rank']})" for row in near)
        if len(near) < len(e.apart):
            first, last = e.apart[0]["rank"], e.apart[-1]["rank"]
            names += f" … 共 {len(e.apart)} 个 in all, 位次 ranks {first}–{last}; --json lists all"
        tree.add(f"不可区分 cannot be told apart by the draws: {escape(names)}")
    elif e.apart:
        tree.add("与其他单位可区分 the draws tell it apart from every other unit")
    if e.tier:
        chances = ", ".join(f"{row['name_zh']} {row['name_en']} {row['probability']:.0%}" for row in e.tier_chances)
        said = f"; 概率 chances: {escape(chances)}" if chances else ""
        veto = ", 一票否决 by a veto" if e.vetoed else ""
        tree.add(f"等级 tier {escape(both(e.tier['name_zh'], e.tier['name_en']))}{veto}{said}")
    if e.most_improved:
        tree.add("★ 片区内得分进步最大 its score gained most in the peer area")
    if e.coverage is not None:
        imputed = f", 插补 imputed {e.imputed_share:.0%}" if e.imputed_share else ""
        tree.add(f"权重覆盖 coverage {e.coverage:.0%}{imputed}")
    if e.points:
        tree.add(f"加减分 points {signed(e.points, e.decimals)}, 已计入得分 inside the score")
    if e.area_score is not None:
        tree.add(f"片区均值 mean of the peer area {e.area_score:.{e.decimals}f}, 不含加减分 without points")
    if e.movement:
        _add_movement(tree, e.movement, e)
    for flag in e.flags:
        tree.add(f"[yellow]{flag['flag_id']}[/] {escape(flag['meaning_zh'])} · {escape(flag['meaning_en'])}")
    tree.add(f"[dim]snapshot {e.snapshot_id}, known until {e.known_until:%Y-%m-%d %H:%M}[/]")
    return tree


def _add_movement(tree: Tree, moved: Movement, e: ScoreExplanation) -> None:
    if moved.places is None:
        tree.add(f"变动 movement: {NOT_MOVED[moved.reason or 'first']}")
        return
    places = (
        "持平 no change" if not moved.places else f"{'▲' if moved.places > 0 else '▼'} {abs(moved.places)} 位 places"
    )
    was = ""
    if moved.previous_score is not None and e.score is not None:
        was = (
            f" ({moved.previous_period_id}: {moved.previous_rank} / {moved.previous_n_ranked}, "
            f"{moved.previous_score:.{e.decimals}f}); 得分 score {signed(e.score - moved.previous_score, e.decimals)}"
        )
    branch = tree.add(f"变动 movement: [bold]{places}[/]{was}")
    for row in moved.factors:
        if abs(row["score_part"]) > NOTHING or abs(row["rank_part"]) > NOTHING:
            part = signed(row["score_part"], e.decimals)
            branch.add(f"{FACTORS[row['factor']]}: 得分 score {part}, 位次 places {signed(row['rank_part'])}")


def _nodes(e: ScoreExplanation, found: list[Row]) -> Table:
    table = Table(title="构成 Parts of the score", title_justify="left")
    table.add_column("节点 Node", overflow="fold")
    for column in ("得分 Score", "位次 Rank", "权重 Weight", "贡献 Part", "片区 Area", "差距 Gap"):
        table.add_column(column, justify="right", overflow="fold")
    for row in found:
        table.add_row(
            _named(row),
            number(row["score"], e.decimals),
            "-" if row["rank"] is None else f"{row['rank']} / {row['n_ranked']}",
            _share(row["weight_in_force"]),
            number(row["part"], 2),
            number(row["area_part"], 2),
            signed(row["gap"]),
        )
    return table


def _indicators(title: str, found: list[Row], console: Console) -> None:
    table = Table(title=title, title_justify="left")
    table.add_column("指标 Indicator", overflow="fold")
    table.add_column("数值 Value", justify="right", overflow="fold")
    table.add_column("期 Period", overflow="fold")
    for column in ("得分 Score", "权重 Weight", "贡献 Part", "差距 Gap"):
        table.add_column(column, justify="right", overflow="fold")
    for row in found:
        unit = both(row["unit_zh"], row["unit_en"]) if row["unit_zh"] else ""
        mark = " (插补 imputed)" if row["imputed"] else ""
        table.add_row(
            _named(row),
            f"{number(row['value'], row['decimals'])} {escape(unit)}{mark}",
            row["value_period_id"],
            number(row["score"], 1),
            _share(row["weight_in_force"]),
            number(row["part"], 3),
            signed(row["gap"], 3),
        )
    console.print(table)
    for row in found:
        if row["command"]:
            console.print(f"  [dim]→[/] {escape(row['command'])}", highlight=False, soft_wrap=True)


def _named(row: Row) -> str:
    return escape(f"{row['name_zh']} {row['name_en']} ({row['node_id']})")


def _share(weight: float | None) -> str:
    return "-" if weight is None else f"{weight:.2%}"


def _absent(found: list[Row], console: Console) -> None:
    """Indicators that add nothing, by why."""

    def why(row: Row) -> str:
        if row["state"] is None:
            return "本级无此数 no figure at this level"
        if row["state"] == "value":
            return "有数但未计分 has a figure, but no score: a target or goalpost is absent"
        return f"{STATES[row['state']]} ({REASONS.get(row['reason'] or '', row['reason'])})"

    for reason, same in groupby(sorted(found, key=why), key=why):
        rows = list(same)
        names = "、".join(f"{row['name_zh']} {row['node_id']}" for row in rows[:PARTS_SHOWN])
        more = f" … {len(rows) - PARTS_SHOWN} 项 more; --json lists all" if len(rows) > PARTS_SHOWN else ""
        console.print(
            f"[yellow]未计入 not scored[/] {len(rows)}: {escape(reason)}: {escape(names + more)}",
            highlight=False,
            soft_wrap=True,
        )


def _further(e: ScoreExplanation, parents: list[Row]) -> list[str]:
    deeper = next((row["node_id"] for row in parents if row["node_kind"] == "aggregate"), None)
    place = (e.region_id, e.period_id)
    down = asked_again("explain", f"{e.scheme_id}/{deeper}", *place, as_of=e.as_of)
    lines = [f"逐层展开 go down the tree: {down}"]
    if e.is_root and e.rank is not None and e.rank > 1:
        up = asked_again("reach", e.scheme_id, *place, "--to", "rank", as_of=e.as_of)
        lines.append(f"如何提升 what it would take: {up}")
    return lines if deeper else lines[1:]
