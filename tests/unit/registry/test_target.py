"""Whom a target reaches: a city of one peer area, two districts and a unit that governs a town of one of them."""

from __future__ import annotations

from datetime import date

import pandas as pd

from dagster_project.registry import span, target
from dagster_project.registry.period import periods

REFORM = date(2024, 7, 1)
MADE = {
    "city": ["C"],
    "peer_area": ["area"],
    "district": ["east", "west"],
    "unit": ["zone"],
    "town": ["t1", "t2", "t3"],
}
SETS = {"east": ["t1", "t2"], "west": ["t3"], "zone": ["t2"], "area": ["t1", "t2"], "C": ["t1", "t2", "t3"]}


def spans(*rows: tuple[str, str, str | None, dict[str, float]]) -> pd.DataFrame:
    """The target spans of one indicator from rows of (region, first period, last period, figures)."""
    always = {"valid_from": span.FIRST, "valid_to": span.LAST}
    scope = pd.DataFrame([{"region_id": name, "level": level} for level, names in MADE.items() for name in names])
    scope["restated_of"] = pd.Series(pd.NA, index=scope.index, dtype="str")
    scope.loc[len(scope)] = ["east~", "district", "east"]
    sets = [{"region_id": name, "town_id": town, **always} for name, towns in SETS.items() for town in towns]
    member = {"peer_area_id": "area", "region_id": "east", **always, "valid_from": pd.Timestamp(REFORM)}
    blank = dict.fromkeys(target.FIGURES)
    seeds = pd.DataFrame(
        [
            {"indicator_id": "kpi", "region_id": place, "period_from": first, "period_to": last, **blank, **figures}
            | {"illustrative": place == "area"}
            for place, first, last, figures in rows
        ]
    ).astype(dict.fromkeys(target.FIGURES, "float64") | {"period_to": "str", "illustrative": "boolean"})
    return target.target_spans(seeds, scope, pd.DataFrame(sets), pd.DataFrame([member]), periods())


def on(found: pd.DataFrame, day: date) -> dict[str, float]:
    """Region -> target in force on the day."""
    stamp = pd.Timestamp(day)
    there = found[(found["valid_from"] <= stamp) & (found["valid_to"] >= stamp)].dropna(subset="target")
    assert not there.duplicated("region_id").any()
    return dict(zip(there["region_id"], there["target"], strict=True))


def test_the_nearest_row_holds() -> None:
    found = spans(
        ("*", "2020", None, {"target": 1}),
        ("area", "2020", None, {"target": 2}),
        ("east", "2025", "2025", {"target": 3}),
        ("zone", "2025M07", None, {"target": 4}),
        ("t2", "2026", None, {"target": 5}),
    )
    assert on(found, date(2024, 1, 1)) == {"*": 1, "area": 2, "t1": 2, "t2": 2}
    joined = {"*": 1, "area": 2, "east": 2, "east~": 2, "t1": 2, "t2": 2}
    assert on(found, date(2024, 12, 31)) == joined
    assert on(found, date(2025, 1, 1)) == joined | {"east": 3, "east~": 3, "t1": 3, "t2": 3}
    assert on(found, date(2025, 7, 1)) == joined | {"east": 3, "east~": 3, "t1": 3, "t2": 4, "zone": 4}
    assert on(found, date(2026, 1, 1)) == joined | {"t2": 5, "zone": 4}


def test_each_column_comes_from_the_nearest_row_that_fills_it() -> None:
    found = spans(
        ("area", "2020", None, {"target": 8, "warn": 6, "goal_low": 0, "goal_high": 10}),
        ("east", "2020", None, {"goal_low": 2, "goal_high": 12}),
    )
    east = found[(found["region_id"] == "east") & (found["valid_to"] == span.LAST)].iloc[0]
    assert east[["target", "warn", "goal_low", "goal_high"]].tolist() == [8, 6, 2, 12]
    assert east["illustrative"], "of the row with the target"


def test_a_row_for_the_city_or_for_everyone_reaches_nobody_else() -> None:
    found = spans(("C", "2020", "2021", {"target": 1}), ("*", "2020", "2021", {"target": 2}))
    assert found["region_id"].tolist() == ["*", "C"]
