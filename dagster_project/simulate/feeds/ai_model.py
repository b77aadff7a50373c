"""Register of AI models: those being tested, online, offline or just withdrawn."""

from __future__ import annotations

import numpy as np
import pandas as pd

from dagster_project.simulate.registers import Stock, codes_of, day_in, lifetimes, lives, names, owners
from dagster_project.simulate.world import Month, World

ONLINE = Stock(180, start=-16, power=2)
TESTING_MONTHS = 3
OFFLINE_MONTHS = 3
# Share of each kind and the ends of its names; language and multimodal models have to be filed before they go online.
KINDS: dict[str, tuple[float, tuple[str, ...]]] = {
    "language": (0.35, ("语言模型", "问答模型", "写作模型")),
    "vision": (0.25, ("视觉模型", "巡检识别模型")),
    "speech": (0.08, ("语音模型",)),
    "forecast": (0.17, ("预测模型", "研判模型")),
    "multimodal": (0.10, ("多模态模型",)),
    "other": (0.05, ("推荐模型",)),
}
FILED = ("language", "multimodal")
SCOPES = {"base": 0.08, "domain": 0.37, "scene": 0.55}
SUBJECTS = (
    "政务 城管 交通 水务 应急 消防 生态 气象 教育 医疗 医保 人社 民政 文旅 农业 林业 住建 规划 工业 商务 市场监管 "
    "税务 财政 审计 司法 公安 信访 热线 党建 宣传 能源 物流"
)


def register(world: World, month: Month) -> pd.DataFrame:
    """The models in the order in which they went online; those still being tested come last."""
    rng = world.rng("ai_model", "register")
    room = ONLINE.room
    kinds = rng.choice(list(KINDS), room, p=[share for share, _ in KINDS.values()])
    drawn = owners(world, "ai_model", room, city=0.45).assign(
        kind=kinds,
        name="",
        scope=rng.choice(list(SCOPES), room, p=list(SCOPES.values())),
        body=rng.choice(codes_of(world, "body", "body_id"), room),
        part=rng.random(room),
        skill=rng.normal(0, 1, room),
    )
    for kind, (_, ends) in KINDS.items():
        mine = np.flatnonzero(kinds == kind)
        drawn.loc[mine, "name"] = np.resize(names(rng, SUBJECTS, ends), len(mine))
    large = np.isin(kinds, FILED)
    size = np.where(large, rng.choice([1.5, 7, 14, 32, 72, 236], room), rng.choice([0.03, 0.1, 0.3, 1], room))
    drawn["parameters_bn"] = np.where(rng.random(room) < 0.85, size, np.nan)
    drawn["stay"] = lifetimes(rng, room, short=0.25, mean=12)
    life = lives(ONLINE, month.number + TESTING_MONTHS, drawn["stay"].to_numpy())
    known = drawn.iloc[: len(life)].join(life)
    known["model_id"] = [f"M{order:04}" for order in range(1, len(known) + 1)]
    since = month.number - known["gone"]
    known["status"] = np.select(
        [known["born"] > month.number, since < 0, since < OFFLINE_MONTHS], ["testing", "online", "offline"], "withdrawn"
    )
    return known[since <= OFFLINE_MONTHS].reset_index(drop=True)


def statement(world: World, month: Month) -> dict[str, np.ndarray]:
    """One row per model; each is evaluated before it goes online and every year after, a little better each time."""
    rows = register(world, month)
    online_on = day_in(rows["born"].to_numpy(), rows["part"].to_numpy())
    end = np.datetime64(month.end)
    age = (end - online_on).astype("int64")
    must = rows["kind"].isin(FILED).to_numpy()
    filed_on = np.where(must, online_on - 30, np.datetime64("NaT"))
    filed_on[filed_on > end] = np.datetime64("NaT")
    evaluations = (age + 20) // 365
    evaluated_on = online_on - 20 + np.maximum(evaluations, 0) * 365
    evaluated = evaluated_on <= end
    score = np.clip(76 + 5 * rows["skill"] + 2 * rows["care"] + 2.5 * evaluations, 40, 99)
    return {
        **{name: rows[name].to_numpy() for name in ("model_id", "name", "kind", "scope", "region", "body", "status")},
        "parameters_bn": rows["parameters_bn"].to_numpy(),
        "filed": ~np.isnat(filed_on),
        "filed_on": filed_on,
        "evaluated_on": np.where(evaluated, evaluated_on, np.datetime64("NaT")),
        "score": np.where(evaluated, np.round(score, 1), np.nan),
    }
