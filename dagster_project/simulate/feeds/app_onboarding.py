"""Register of applications and how far they have reached the districts: one row per application and district."""

from __future__ import annotations

import numpy as np
import pandas as pd

from dagster_project.simulate.registers import Stock, codes_of, day_in, lifetimes, lives, names, owners, seats
from dagster_project.simulate.world import Month, World

CATALOGUED = Stock(300, start=-20)
# Applications that other feeds speak of by name; they head the register.
FIRST = {"app_civic": "文明实践和志愿服务", "app_grass": "基层智治平台"}
# Share of the applications that every district gets, and of the districts that get one of the others.
FOR_ALL, FOR_SOME = 0.6, 0.15
STARTS = "全渝 渝快 山城 巴渝 数智 一键 联动 阳光 平安 智慧 惠民 掌上 数字 清风 春晖 护航"
ENDS = (
    "养老 助企 就业 社保 救助 停车 治水 护林 执法 信访 调解 督查 党建 公交 医联 校园 文旅 农事 工地 燃气 消防 "
    "防汛 物业 环卫 招商 医保 助残 普法 双拥 青年"
)


def register(world: World, month: Month) -> pd.DataFrame:
    """The applications in the catalogue at the month's end, and those withdrawn in the month, in order of entry."""
    rng = world.rng("app_onboarding", "register")
    room = CATALOGUED.room
    life = lives(CATALOGUED, month.number, lifetimes(rng, room, short=0.1, mean=20, lasting=len(FIRST)))
    drawn = owners(world, "app_onboarding", room, city=0.6).assign(
        app_id=[*FIRST, *(f"app_{order:04}" for order in range(len(FIRST) + 1, room + 1))],
        name=np.resize(names(rng, STARTS, ENDS.split()), room),
        sub_track_id=rng.choice(codes_of(world, "node", "node_id", "sub_track"), room),
        owner_body=rng.choice(codes_of(world, "body", "body_id"), room),
        part=rng.random(room),
        for_all=rng.random(room) < FOR_ALL,
        wait=rng.integers(20, 120, room),
    )
    first = len(FIRST) - 1
    drawn.loc[:first, "name"] = list(FIRST.values())
    drawn.loc[:first, "for_all"] = True
    known = drawn.iloc[: len(life)].join(life)
    known["catalogued_on"] = day_in(known["born"].to_numpy(), known["part"].to_numpy())
    known["listed_on"] = known["catalogued_on"] + pd.to_timedelta(known["wait"], unit="D")
    return known[known["gone"] >= month.number]


def statement(world: World, month: Month) -> dict[str, np.ndarray]:
    """Districts further on with everything digital are reached sooner; their towns follow within the year."""
    apps = register(world, month)
    places = seats(world)
    rng = world.rng("app_onboarding", "reach")
    shape = (CATALOGUED.room, len(places))
    meant = rng.random(shape) < FOR_SOME
    delay, pace = rng.exponential(120, shape), rng.uniform(0.5, 1.5, shape)

    app, place = np.nonzero(
        meant[apps.index]
        | apps["for_all"].to_numpy()[:, None]
        | (apps["region"].to_numpy()[:, None] == places.index.to_numpy())
    )
    rows, where = apps.iloc[app], places.iloc[place]
    drawn = rows.index.to_numpy(), place
    end = np.datetime64(month.end)
    listed_on = rows["listed_on"].to_numpy().astype("datetime64[D]")
    connected_on = listed_on + (delay[drawn] * np.exp(-0.5 * where["digital"].to_numpy())).astype("int64") + 5
    days = np.maximum((end - connected_on).astype("int64"), 0)
    city = world.city(month)
    unit = city.set_index("region_id")["unit_id"].reindex(where.index)
    towns = unit.map(city["unit_id"].value_counts()).to_numpy()
    reached = np.clip(np.ceil(towns * (0.2 + days / 300 * pace[drawn])), 1, towns)
    connected, listed = connected_on <= end, listed_on <= end
    withdrawn = rows["gone"].to_numpy() <= month.number
    return {
        **{name: rows[name].to_numpy() for name in ("app_id", "name", "sub_track_id", "owner_body")},
        "region": where.index.to_numpy(),
        "catalogued_on": rows["catalogued_on"].to_numpy(),
        "listed_on": np.where(listed, listed_on, np.datetime64("NaT")),
        "connected_on": np.where(connected, connected_on, np.datetime64("NaT")),
        "towns": towns,
        "towns_connected": np.where(connected, reached, 0).astype("int64"),
        "status": np.select([withdrawn, connected, listed], ["withdrawn", "connected", "listed"], "catalogued"),
    }
