"""Register of map layers with their month's calls; each stands in the statement with the last day of the month.

Exactly 1,200 layers of 700 different names (kinds of spatial data) in 2025M09, whatever the seed and the scale: layers
do not go, and of every twelve that come seven bring a new name; the others show a known one elsewhere or at another
scale.
"""

from __future__ import annotations

import numpy as np

from dagster_project.simulate.registers import FOREVER, Stock, day_in, lives, owners, seats
from dagster_project.simulate.world import Month, World

LAYERS = Stock(1200, start=-30)
NEW_NAMES = (7, 12)
OBJECTS = (
    "给水管网 排水管网 燃气管网 电力线路 通信管道 综合管廊 路灯 井盖 桥梁 隧道 公路 轨道站点 公交线路 停车场 "
    "充电桩 加油站 港口码头 机场 河流 湖泊 水库 水闸 泵站 堤防 湿地 森林 古树 公园 耕地 园地 矿山 自然保护地 "
    "地质灾害点 滑坡体 积水点 消防站 避难场所 物资库 学校 医院 养老院 社区中心 体育场馆 图书馆 文物 历史建筑 "
    "传统村落 景区 商圈 市场 产业园 工厂 工地 住宅小区 老旧小区 农房 垃圾站 污水厂 公厕 排污口 监测站 基站 "
    "视频点位 网格 人口 企业 物流园 粮库 变电站 村庄"
)
# By what a layer shows: the ends of such names, how often one may have to be updated, and calls a month.
KINDS: dict[str, tuple[tuple[str, ...], tuple[str, ...], int]] = {
    "facility": (("分布", "设施点"), ("month", "quarter", "year"), 2500),
    "model_3d": (("三维模型",), ("year", "once"), 1500),
    "planning": (("规划", "用地控制"), ("year", "once"), 900),
    "boundary": (("管理界线", "权属界线"), ("year",), 3000),
    "imagery": (("遥感影像",), ("quarter", "year"), 4000),
    "terrain": (("周边地形",), ("year", "once"), 1200),
    "base": (("底图",), ("month", "quarter"), 15000),
    "theme": (("热力", "风险", "监测", "服务范围", "巡查", "普查"), ("real_time", "day", "month", "quarter"), 3500),
}
DAYS = {"real_time": 1, "day": 1, "month": 31, "quarter": 92, "year": 366, "once": FOREVER}
SCALES = ("500", "1000", "2000", "5000", "10000", "50000", "250000")
SCALED = ("base", "imagery", "terrain", "planning")
BODIES = (
    "land",
    "land",
    "land",
    "housing",
    "transport",
    "water",
    "ecology",
    "forestry",
    "urban_management",
    "emergency",
)
CITY_KM2 = 82_400
GROWTH = 0.3


def statement(world: World, month: Month) -> dict[str, np.ndarray]:
    """One row per layer. A layer keeps to a rhythm of its own, most within the cycle, the late ones beyond it."""
    rng = world.rng("map_layer", "register")
    room = LAYERS.room
    kinds = rng.permutation(
        [(thing + end, kind) for kind, (ends, _, _) in KINDS.items() for end in ends for thing in OBJECTS.split()]
    )
    new, of = NEW_NAMES
    known_names = -(-np.arange(room + 1) * new // of)
    # A layer that brings no new name takes any of those that are there.
    brings, so_far = known_names[1:] > known_names[:-1], known_names[1:]
    drawn = owners(world, "map_layer", room, city=0.35)
    which = np.where(brings, so_far - 1, (rng.random(room) * so_far).astype("int64")) % len(kinds)
    name, kind = kinds[which].T
    cycle, busy = np.empty(room, dtype="U9"), np.zeros(room)
    for each, (_, cycles, calls) in KINDS.items():
        mine = kind == each
        cycle[mine] = rng.choice(cycles, mine.sum())
        busy[mine] = calls * rng.lognormal(-0.5, 1, mine.sum())
    scale = np.ma.array(rng.choice(SCALES, room), mask=~np.isin(kind, SCALED) & (rng.random(room) < 0.5))
    part, punctual, cover, features = *rng.random((2, room)), rng.beta(4, 1.5, room), rng.lognormal(6, 1.8, room)
    early, late, body = rng.uniform(0.6, 1, room), rng.uniform(1.3, 3, room), rng.choice(BODIES, room)

    born = lives(LAYERS, month.number, np.full(room, FOREVER))["born"].to_numpy()
    count = len(born)
    known, end = slice(count), np.datetime64(month.end)
    care, region = drawn["care"].to_numpy()[known], drawn["region"].to_numpy()[known]
    listed_on = day_in(born, part[known])
    # Layers that came later are better looked after.
    lagging = punctual[known] < 0.14 * np.exp(-0.5 * care - 0.012 * born)
    rhythm = np.array([DAYS[each] for each in cycle[known]]) * np.where(lagging, late[known], early[known])
    updated_on = end - ((end - listed_on).astype("int64") % rhythm).astype("int64")
    areas = seats(world)["area_weight"]
    area = (areas / areas.sum()).reindex(region).fillna(1).to_numpy() * CITY_KM2
    age = month.number - born
    calls = busy[known] * (1 + GROWTH) ** (month.number / 12 - 2) * np.minimum(1, 0.3 + age / 12)
    return {
        "layer_id": np.array([f"L{order:05}" for order in range(1, count + 1)]),
        "day": np.full(count, end),
        "name": name[known],
        "kind": kind[known],
        "region": region,
        "body": body[known],
        "features": np.round(features[known] * (1 + age / 60)) + 1,
        "covered_km2": np.round(area * cover[known], 1),
        "update_cycle": cycle[known],
        "updated_on": updated_on,
        "calls": world.rng("map_layer", month.id).poisson(calls),
        "scale": scale[known],
    }
