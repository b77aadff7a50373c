"""Register of capability components: drafts, those listed, and those suspended or withdrawn of late.

Exactly 530 are listed in 2025M09, whatever the seed and the scale.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from dagster_project.simulate.registers import Stock, codes_of, day_in, lifetimes, lives, names, owners
from dagster_project.simulate.world import Month, World

LISTED = Stock(530, start=-24, power=1.2)
DRAFT_MONTHS = 3
SUSPENDED_MONTHS = 3
# Share of each kind, the response time promised (ms; none for what is not called at once) and the ends of its names.
KINDS: dict[str, tuple[float, float | None, tuple[str, ...]]] = {
    "service": (0.30, 400, ("核验服务", "查询服务", "办理服务", "通知服务")),
    "model": (0.14, 1200, ("预测模型", "风险评估模型", "画像模型")),
    "rule": (0.10, None, ("预警规则", "分拨规则")),
    "knowledge": (0.10, None, ("知识库", "处置预案库")),
    "interface": (0.20, 250, ("数据接口", "订阅接口", "回写接口")),
    "algorithm": (0.16, 800, ("识别算法", "关联算法", "匹配算法")),
}
OBJECTS = (
    "人口 法人 证照 地址 信用 不动产 车辆 网格 事件 工单 热线 视频 积水 井盖 路灯 桥梁 隧道 管网 燃气 供水 供电 "
    "电梯 消防 森林火情 地灾隐患 水质 空气 噪声 渣土车 垃圾 河道 水库 工地 商铺 市场主体 企业 项目 就业 社保 医保 "
    "病历 床位 学位 养老 救助 志愿者 信访 矛盾纠纷 执法 公文 督查 党员 舆情 景区 客流 公交 轨道 停车 路况 农田 "
    "气象 应急物资 队伍"
)


def register(world: World, month: Month) -> pd.DataFrame:
    """The components at the month's end in the order in which they were listed; those still in draft come last.

    `idleness` is how little a component is called for, uniform from 0 to 1 and the same for all its life.
    """
    rng = world.rng("component", "register")
    room = LISTED.room
    kinds = rng.choice(list(KINDS), room, p=[share for share, _, _ in KINDS.values()])
    drawn = owners(world, "component", room, city=0.4).assign(
        kind=kinds,
        name="",
        promised_ms=np.nan,
        owner_body=rng.choice(codes_of(world, "body", "body_id"), room),
        part=rng.random(room),
        idleness=rng.random(room),
        demand=rng.gamma(1.2, 12, room),
    )
    for kind, (_, promised, ends) in KINDS.items():
        mine = np.flatnonzero(kinds == kind)
        drawn.loc[mine, "name"] = np.resize(names(rng, OBJECTS, ends), len(mine))
        if promised is not None:
            drawn.loc[mine, "promised_ms"] = np.round(promised * rng.lognormal(0, 0.4, len(mine)), -1) + 50
    life = lives(LISTED, month.number + DRAFT_MONTHS, lifetimes(rng, room, short=0.15, mean=14))
    known = drawn.iloc[: len(life)].join(life)
    known["component_id"] = [f"C{order:04}" for order in range(1, len(known) + 1)]
    since = month.number - known["gone"]
    known["status"] = np.select(
        [known["born"] > month.number, since < 0, since < SUSPENDED_MONTHS],
        ["draft", "listed", "suspended"],
        "withdrawn",
    )
    # Withdrawn ones are told of once, in the month in which it happened.
    return known[since <= SUSPENDED_MONTHS].reset_index(drop=True)


def statement(world: World, month: Month) -> dict[str, np.ndarray]:
    """One row per component; bodies take it up in the course of two years."""
    rows = register(world, month)
    born = rows["born"].to_numpy()
    age = np.maximum(month.number - born, 0)
    listed_on = day_in(born, rows["part"].to_numpy())
    listed_on[rows["status"] == "draft"] = np.datetime64("NaT")
    users = np.where(age > 0, 1 + rows["demand"] * (1 - np.exp(-age / 12)), 0)
    return {
        **{name: rows[name].to_numpy() for name in ("component_id", "name", "kind", "region", "owner_body", "status")},
        "promised_ms": rows["promised_ms"].to_numpy(),
        "listed_on": listed_on,
        "users": users.astype("int64"),
    }
