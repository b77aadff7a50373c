"""The ledger of resources. Belongs here: the ledger, its owners, and what other feeds ask of both.

The number of resources in force is a target by month; resource k is born in the month in which the target passes k, so
the published stock comes out exactly with every seed. Resources that leave are among those of the first month.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import pandas as pd

from dagster_project.simulate.registers import CITY, LAST, units
from dagster_project.simulate.world import Month, World

# Month numbers between which resources are born: before the first none exist, after the last the ledger stays.
BORN = (-60, 95)
# Listed at 2022M10, and how many more at 2025M09 (150,000 were published).
LISTED, GROWTH, SPAN = 95_000, 55_000, 35
UNLISTED_A_MONTH = 90
# Part of the resources that the city's own bodies own.
CITY_PART = 0.14

KINDS = {"data": 0.82, "application": 0.04, "component": 0.03, "cloud": 0.04, "sensing": 0.05, "network": 0.02}
NOUNS = {
    "data": "信息",
    "application": "应用",
    "component": "组件",
    "cloud": "云主机",
    "sensing": "感知设备",
    "network": "网络链路",
}
SHARING = {"unconditional": 0.57, "conditional": 0.38, "withheld": 0.05}
OPENNESS = {"open": 0.12, "conditional": 0.22, "closed": 0.66}
# Update cycle: part of the data resources, days. What is no data is live.
CYCLES = {
    "real_time": (0.08, 1),
    "day": (0.24, 1),
    "week": (0.10, 7),
    "month": (0.28, 30),
    "quarter": (0.10, 91),
    "year": (0.13, 365),
    "once": (0.07, 0),
}
TOPICS = {
    "agriculture": ("农村承包地", "高标准农田"),
    "civil": ("婚姻登记", "低保对象"),
    "data": ("数据目录", "政务云资源"),
    "ecology": ("水质监测", "排污许可"),
    "econ_info": ("规上工业企业", "工业园区"),
    "education": ("在校学生", "学校名录"),
    "emergency": ("危化品企业", "应急物资"),
    "finance": ("惠民补贴发放", "政府采购"),
    "health": ("医疗机构", "家庭医生签约"),
    "housing": ("商品房网签", "房屋安全"),
    "justice": ("人民调解", "社区矫正"),
    "labour": ("社保参保", "就业登记"),
    "land": ("不动产登记", "地质灾害点"),
    "market": ("企业登记", "食品经营许可"),
    "medical_insurance": ("医保参保", "医保结算"),
    "police": ("居住登记", "机动车登记"),
    "tax": ("纳税信用", "发票开具"),
    "transport": ("公路桥梁", "道路运输许可"),
    "urban_management": ("城市部件", "市政设施"),
    "veterans": ("退役军人", "优抚对象"),
    "water": ("水库水位", "河道巡查"),
}


def statement(world: World, month: Month) -> dict[str, np.ndarray]:
    """Every resource listed at the month's end, and those that left the ledger in the month."""
    rng = world.rng("catalogue_resource", month.id)
    ledger = register(world)
    ledger = ledger[(ledger["born"] <= month.number) & (ledger["left"] >= month.number)]
    end = np.datetime64(month.end)
    catalogued = ledger["catalogued_on"].to_numpy().astype("datetime64[D]")
    cycle = ledger["update_cycle"].to_numpy()
    days = ledger["update_cycle"].map({name: days for name, (_, days) in CYCLES.items()}).to_numpy()
    late = np.where(rng.random(len(ledger)) < 0.05, 3.0, 1.0)
    age = (rng.random(len(ledger)) * days * late).astype("int64")
    updated = np.where(cycle == "once", catalogued, np.maximum(catalogued, end - age))
    # Content comes to the ledger's entries over the years, sooner where the owner is well run.
    care = owners(world)["care"].to_numpy()[ledger["owner"]]
    odds = 2.55 + 1.2 * month.number / SPAN + 0.5 * care
    connected = ledger["chance"].to_numpy() < 1 / (1 + np.exp(-odds))
    return {
        **{
            name: ledger[name].to_numpy()
            for name in ("resource_id", "kind", "name", "region", "owner_body", "sharing", "openness", "update_cycle")
        },
        "catalogued_on": catalogued,
        "updated_on": np.where(connected, updated, np.datetime64("NaT")),
        "connected": connected,
        "status": np.where(ledger["left"] == month.number, "unlisted", "listed"),
    }


def stock(number: np.ndarray | int) -> np.ndarray:
    """Resources listed at the end of a month."""
    x = np.asarray(number) / SPAN
    return np.maximum(0, np.round(LISTED + GROWTH * x * (1.15 - 0.15 * x))).astype("int64")


def in_force(world: World, number: int) -> pd.DataFrame:
    """The ledger's rows listed at the end of the month with this number."""
    ledger = register(world)
    return ledger[(ledger["born"] <= number) & (ledger["left"] > number)]


@lru_cache(maxsize=2)
def owners(world: World) -> pd.DataFrame:
    """Who owns resources: the units before the reform and, last, the city's own bodies; `weight` is their part."""
    found = units(world, LAST)
    weight = found["people"] ** 0.6 * np.exp(0.25 * found["digital"])
    found["weight"] = (1 - CITY_PART) * weight / weight.sum()
    city = {
        "unit_id": CITY,
        "region_id": CITY,
        "people": found["people"].sum(),
        "care": 0.8,
        "wealth": 0.8,
        "digital": 1.0,
        "towns": found["towns"].sum(),
        "weight": CITY_PART,
    }
    return pd.concat([found, pd.DataFrame([city])], ignore_index=True)


@lru_cache(maxsize=2)
def register(world: World) -> pd.DataFrame:
    """Every resource that ever is: `born`, the number of its first month, `left`, of the month in which it goes (a
    number past all months if never), `owner`, its row in `owners`, and `chance`, how hard it is to connect."""
    rng = world.rng("catalogue_resource", "register")
    numbers = np.arange(BORN[0], BORN[1] + 1)
    ever = stock(numbers) + UNLISTED_A_MONTH * np.maximum(numbers, 0)
    count = int(ever[-1])
    resource = np.arange(count)
    born = numbers[np.searchsorted(ever, resource, side="right")]
    left = np.full(count, BORN[1] + 1)
    leaving = rng.permutation(LISTED)[: UNLISTED_A_MONTH * BORN[1]]
    left[leaving] = 1 + np.arange(len(leaving)) // UNLISTED_A_MONTH
    owner = rng.choice(len(owners(world)), size=count, p=owners(world)["weight"])
    kind = rng.choice(list(KINDS), size=count, p=list(KINDS.values())).astype(object)
    body = rng.integers(len(TOPICS), size=count)
    topic = np.array(list(TOPICS.values()), dtype=object)[body, rng.integers(2, size=count)]
    name = world.tables["region"].drop_duplicates("region_id").set_index("region_id")["short_zh"]
    places = owners(world)["unit_id"].map(name).to_numpy(dtype=object)
    data = kind == "data"
    cycle = rng.choice(list(CYCLES), size=count, p=[part for part, _ in CYCLES.values()]).astype(object)
    openness = rng.choice(list(OPENNESS), size=count, p=list(OPENNESS.values())).astype(object)
    month = np.datetime64("2022-10", "M") + born
    return pd.DataFrame(
        {
            "resource_id": np.char.mod("R%06d", resource).astype(object),
            "kind": kind,
            "name": places[owner] + topic + pd.Series(kind).map(NOUNS).to_numpy(dtype=object),
            "owner": owner,
            "region": owners(world)["region_id"].to_numpy(dtype=object)[owner],
            "owner_body": np.array(list(TOPICS), dtype=object)[body],
            "sharing": rng.choice(list(SHARING), size=count, p=list(SHARING.values())).astype(object),
            "openness": pd.Series(openness).where(data, None),
            "update_cycle": np.where(data, cycle, "real_time"),
            "catalogued_on": month.astype("datetime64[D]") + rng.integers(28, size=count),
            "chance": rng.random(count),
            "born": born,
            "left": left,
        }
    )
