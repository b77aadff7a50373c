"""Register of AI agents: those being tested, online, suspended or just withdrawn."""

from __future__ import annotations

import numpy as np
import pandas as pd

from dagster_project.simulate.feeds import ai_model
from dagster_project.simulate.registers import CITY, FOREVER, Stock, codes_of, day_in, lifetimes, lives, owners
from dagster_project.simulate.world import Month, World

ONLINE = Stock(320, start=-10, power=2)
TESTING_MONTHS = 3
SUSPENDED_MONTHS = 2
SCENES = (
    "政策问答 办事导办 材料预审 工单分派 热线坐席 舆情研判 公文写作 会议纪要 网格巡查 事件研判 防汛会商 "
    "森林火情核查 渣土车识别 占道经营识别 积水预警 信访摘要 法律咨询 矛盾调解 医保稽核 就业匹配 助企服务 招商画像 "
    "养老照护 学位测算 环评审查 执法文书 督查督办 景区客流 农技问答 数据治理"
)
ENDS = ("助手", "智能体", "数字员工", "专员")


def register(world: World, month: Month) -> pd.DataFrame:
    """The agents in the order in which they went online; those still being tested come last.

    `skill` is how good its answers are, a normal score; `demand` how much it is called by those who have it.
    """
    rng = world.rng("ai_agent", "register")
    room = ONLINE.room
    scenes = rng.choice(SCENES.split(), room)
    drawn = owners(world, "ai_agent", room, city=0.3).assign(
        scene=scenes,
        name=np.char.add(scenes, rng.choice(ENDS, room)),
        sub_track_id=rng.choice(codes_of(world, "node", "node_id", "sub_track"), room),
        body=rng.choice(codes_of(world, "body", "body_id"), room),
        part=rng.random(room),
        model=rng.random(room),
        confirmed=rng.random(room) < 0.7,
        skill=rng.normal(0, 1, room),
        demand=rng.gamma(1.5, 1, room),
    )
    life = lives(ONLINE, month.number + TESTING_MONTHS, lifetimes(rng, room, short=0.2, mean=10))
    known = drawn.iloc[: len(life)].join(life)
    known["agent_id"] = [f"G{order:04}" for order in range(1, len(known) + 1)]
    since = month.number - known["gone"]
    known["status"] = np.select(
        [known["born"] > month.number, since < 0, since < SUSPENDED_MONTHS],
        ["testing", "online", "suspended"],
        "withdrawn",
    )
    return known[since <= SUSPENDED_MONTHS].reset_index(drop=True)


def statement(world: World, month: Month) -> dict[str, np.ndarray]:
    """One row per agent. Behind it is a model that was online when its testing began and stays."""
    rows = register(world, month)
    born = rows["born"].to_numpy()
    models = ai_model.register(world, month)
    models = models[models["stay"] == FOREVER]
    before = np.searchsorted(models["born"].to_numpy(), born - TESTING_MONTHS, side="right")
    online_on = day_in(born, rows["part"].to_numpy())
    online_on[rows["status"] == "testing"] = np.datetime64("NaT")
    city = world.city(month)
    unit = rows["region"].map(city.set_index("region_id")["unit_id"])
    reach = np.where(rows["region"] == CITY, len(city), unit.map(city["unit_id"].value_counts()))
    spread = np.clip(0.15 + (month.number - born) / 18, 0, 1)
    return {
        **{
            name: rows[name].to_numpy()
            for name in ("agent_id", "name", "scene", "sub_track_id", "region", "body", "status")
        },
        "model_id": models["model_id"].to_numpy()[(rows["model"] * before).astype("int64")],
        "online_on": online_on,
        "towns": np.where(rows["status"] == "online", np.ceil(reach * spread), 0).astype("int64"),
        "human_in_loop": rows["confirmed"].to_numpy(),
    }
