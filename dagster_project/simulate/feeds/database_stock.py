"""Databases and data spaces as counted on the month's last day: the city's, one per governing unit, one per town.

How many units and towns have a space is a target by month that ends with all of them, so the published 1, 41 and 1031
come out exactly with every seed.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from dagster_project.simulate.feeds.catalogue_resource import SPAN
from dagster_project.simulate.registers import CITY, units
from dagster_project.simulate.world import Month, World

# Spaces at 2022M10 and the number of the month at whose end every unit, every town has one.
DISTRICTS_AT_FIRST, DISTRICTS_DONE = 24, 20
TOWNS_AT_FIRST, TOWNS_DONE = 380, 34

BASIC = {
    "population": ("人口", "police"),
    "legal_person": ("法人", "market"),
    "land": ("自然资源和空间地理", "land"),
    "economy": ("宏观经济", "stats"),
    "credit": ("社会信用", "reform"),
    "licence": ("电子证照", "government_services"),
}
THEMATIC = {
    "emergency": ("应急管理", "emergency"),
    "flood": ("防汛抗旱", "water"),
    "ecology": ("生态环境", "ecology"),
    "health": ("健康医疗", "health"),
    "education": ("教育", "education"),
    "jobs": ("就业社保", "labour"),
    "transport": ("交通出行", "transport"),
    "farming": ("农业农村", "agriculture"),
    "culture": ("文化旅游", "culture"),
    "city": ("城市管理", "urban_management"),
    "elderly": ("养老", "civil"),
    "grassroots": ("基层治理", "politics_law"),
}
# Of the thematic ones a unit keeps the first so many.
THEMATIC_OF_UNIT = 6
# Tables that one has at 2022M10 by (kind, level).
TABLES = {
    ("basic", "city"): 900,
    ("thematic", "city"): 420,
    ("data_space", "city"): 2600,
    ("basic", "district"): 120,
    ("thematic", "district"): 70,
    ("data_space", "district"): 320,
    ("data_space", "town"): 32,
}
# Sizes to draw from.
SIZES = 4096


def statement(world: World, month: Month) -> dict[str, np.ndarray]:
    """One row per database or data space in force, for the month's last day."""
    rng = world.rng("database_stock", month.id)
    kept = pd.concat([_of_the_city(), _of_units(world, month), _of_towns(world, month)], ignore_index=True)
    on, count = month.number / SPAN, len(kept)
    size = (
        kept.set_index(["kind", "level"]).index.map(TABLES).to_numpy() * np.exp(0.2 * kept["digital"]) * (1 + 0.45 * on)
    )
    # A few tables more or less by the database, the same in every month whichever others there are.
    names = pd.util.hash_array(kept["database_id"].to_numpy(dtype=object))
    own = np.exp(world.rng("database_stock", "register").normal(0, 0.15, SIZES))[names % SIZES]
    tables = np.maximum(3, np.round(size * own)).astype("int64")
    cycled = np.floor(tables * 0.92).astype("int64")
    late = rng.binomial(cycled, np.minimum(0.4, 0.066 * np.exp(-0.72 * on - 0.3 * kept["care"])))
    rows = np.round(tables * kept["people"] ** 0.5 * 120 * (1 + 0.8 * on) * rng.lognormal(0, 0.02, count))
    end = np.datetime64(month.end)
    return {
        **{name: kept[name].to_numpy() for name in ("database_id", "name", "kind", "level", "region", "body")},
        "day": np.full(count, end),
        "tables": tables,
        "tables_with_cycle": cycled,
        "rows": rows,
        "rows_added": np.round(rows * rng.uniform(0.0002, 0.002, count)),
        "bytes": np.round(rows * 4e-7, 3),
        "updated_on": end - rng.integers(0, 3, count),
        "tables_late": late,
    }


def _of_the_city() -> pd.DataFrame:
    rows = [("DS-C", "重庆市数据空间", "data_space", "data")]
    rows += [(f"DB-C-{code}", f"重庆市{name}基础库", "basic", body) for code, (name, body) in BASIC.items()]
    rows += [(f"DT-C-{code}", f"重庆市{name}主题库", "thematic", body) for code, (name, body) in THEMATIC.items()]
    frame = pd.DataFrame(rows, columns=["database_id", "name", "kind", "body"])
    return frame.assign(level="city", region=CITY, people=32e6, care=0.8, digital=1.0)


def _of_units(world: World, month: Month) -> pd.DataFrame:
    """A unit's own space (the further on with things digital the sooner) and databases, at the town where it sits."""
    found = units(world, month).rename(columns={"region_id": "region"})
    found["place"] = found["unit_id"].map(_names(world))
    target = _target(month, DISTRICTS_AT_FIRST, len(found), DISTRICTS_DONE)
    first = found["digital"].rank(method="first", ascending=False) <= target
    parts = [
        found[first].assign(
            database_id="DS-D-" + found["unit_id"], name=found["place"] + "数据空间", kind="data_space", body="data"
        )
    ]
    for prefix, noun, kind, codes in (
        ("DB-D", "基础库", "basic", dict(list(BASIC.items())[:3])),
        ("DT-D", "主题库", "thematic", dict(list(THEMATIC.items())[:THEMATIC_OF_UNIT])),
    ):
        parts += [
            found.assign(
                database_id=f"{prefix}-" + found["unit_id"] + f"-{code}",
                name=found["place"] + name + noun,
                kind=kind,
                body=body,
            )
            for code, (name, body) in codes.items()
        ]
    columns = ["database_id", "name", "kind", "body", "region", "people", "care", "digital"]
    return pd.concat(parts)[columns].assign(level="district")


def _of_towns(world: World, month: Month) -> pd.DataFrame:
    """Spaces of towns: the further on a town is with things digital, the sooner, and chance beside it."""
    city = world.city(month)
    ready = city["digital"] + world.rng("database_stock", "towns").normal(0, 0.8, len(city))
    has = ready.rank(method="first", ascending=False) <= _target(month, TOWNS_AT_FIRST, len(city), TOWNS_DONE)
    found = city[has]
    place = found["district_id"].map(_names(world)) + found["name_zh"]
    return pd.DataFrame(
        {
            "database_id": "DS-T-" + found["region_id"],
            "name": place + "数据空间",
            "kind": "data_space",
            "body": "data",
            "region": found["region_id"],
            "people": found["people"],
            "care": found["care"],
            "digital": found["digital"],
            "level": "town",
        }
    )


def _target(month: Month, first: int, all_of_them: int, done: int) -> int:
    """How many have a space at the month's end."""
    return round(first + (all_of_them - first) * min(1.0, month.number / done))


def _names(world: World) -> pd.Series:
    return world.tables["region"].drop_duplicates("region_id").set_index("region_id")["name_zh"]
