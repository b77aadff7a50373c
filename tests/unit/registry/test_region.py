"""The algebra of regions against a slow second implementation, over random cities, on both ends of every segment."""

from __future__ import annotations

from datetime import date
from itertools import pairwise

import pandas as pd
import pytest
from hypothesis import given, settings

from dagster_project.registry import region, span

from .worlds import CITY, World, worlds

# A city takes some milliseconds, so fewer of them, and no deadline.
slow = settings(deadline=None, max_examples=25)
GRAINS = ("city", "district", "unit", "town")


def on(rows: pd.DataFrame, day: date) -> pd.DataFrame:
    stamp = pd.Timestamp(day).as_unit("s")
    return rows[(rows["valid_from"] <= stamp) & (rows["valid_to"] >= stamp)]


def as_sets(rows: pd.DataFrame, key: str, value: str) -> dict[str, frozenset[str]]:
    return {name: frozenset(group) for name, group in rows.groupby(key)[value]}


def algebra(world: World, today: date) -> tuple[pd.DataFrame, region.RollUp]:
    scope, edge = world.tables()
    sets = region.town_sets(scope, region.closure(edge))
    again = region.restated_sets(sets, today)
    everything = pd.concat([sets, again], ignore_index=True)
    return everything, region.roll_up(scope, region.leaves(scope, edge), everything)


@slow
@given(worlds())
def test_town_sets_are_those_of_the_day(world):
    sets, _ = algebra(world, date(2025, 12, 31))
    own = sets[~sets["region_id"].str.endswith("~")]
    for segment, day in world.days():
        assert as_sets(on(own, day), "region_id", "town_id") == world.sets(segment)


@slow
@given(worlds())
def test_restated_scopes_keep_todays_towns_for_all_of_time(world):
    today = date(2024, 6, 30)
    sets, _ = algebra(world, today)
    wanted = {
        f"{name}~": towns
        for name, towns in world.sets(1).items()
        if name not in world.towns and any(world.sets(segment).get(name) != towns for segment in (0, 2))
    }
    for _, day in world.days():
        again = sets[sets["region_id"].str.endswith("~")]
        assert as_sets(on(again, day), "region_id", "town_id") == wanted


@slow
@given(worlds())
def test_rollup_partitions_every_region_exactly(world):
    """A region is summed from the leaves that fill it, each once, and only if they fill it."""
    sets, summed = algebra(world, date(2025, 12, 31))
    for segment, day in world.days():
        towns = as_sets(on(sets, day), "region_id", "town_id")
        rollup, expected = on(summed.rollup, day), on(summed.expected, day)
        for grain in GRAINS:
            leaves = world.leaves(segment, grain)
            steps = {
                step: as_sets(rows, "region_id", "part_id")
                for step, rows in rollup[rollup["grain"] == grain].groupby("step")
            }
            counts = expected[expected["grain"] == grain].set_index("region_id")["leaves"].to_dict()
            assert set(on(summed.leaf, day).query("grain == @grain")["region_id"]) == leaves
            for name, whole in towns.items():
                wanted = world.partition(segment, grain, whole)
                if wanted is None:
                    assert name not in counts
                    continue
                assert counts.pop(name) == len(wanted)
                if name in leaves:
                    assert all(name not in parts for parts in steps.values())
                    continue
                assert sum(name in parts for parts in steps.values()) == 1
                if name in steps.get(1, {}):
                    assert steps[1][name] == wanted
                else:
                    assert grain == "town"
                    parts = [leaf for district in steps[2][name] for leaf in steps[1].get(district, {district})]
                    assert sorted(parts) == sorted(wanted)
            assert not counts


@slow
@given(worlds())
def test_nothing_is_summed_twice(world):
    _, summed = algebra(world, date(2025, 12, 31))
    for rows in (summed.rollup.drop(columns="step"), summed.expected.drop(columns="leaves"), summed.leaf):
        keys = [column for column in rows.columns if column not in span.SPAN]
        assert not span.overlapping(rows, keys).any()


@slow
@given(worlds())
def test_closure_has_every_ancestor_once(world):
    _, edge = world.tables()
    closed = region.closure(edge)
    for _, day in world.days():
        of_day, edges = on(closed, day), on(edge, day)
        for hierarchy, links in edges.groupby("hierarchy"):
            above = dict(zip(links["child_id"], links["parent_id"], strict=True))
            wanted = set()
            for start in {*above, CITY}:
                here, distance = start, 0
                wanted.add((here, start, distance))
                while here in above:
                    here, distance = above[here], distance + 1
                    wanted.add((here, start, distance))
            rows = of_day[of_day["hierarchy"] == hierarchy]
            found = list(zip(rows["ancestor_id"], rows["descendant_id"], rows["distance"], strict=True))
            assert sorted(found) == sorted(wanted)


@slow
@given(worlds())
def test_constant_spans_break_where_the_towns_change(world):
    scope, edge = world.tables()
    spans = region.constant_spans(region.town_sets(scope, region.closure(edge)))
    by_day = [
        (world.sets(segment), on(spans, day).set_index("region_id")["valid_from"]) for segment, day in world.days()
    ]
    for (sets, begin), (later_sets, later_begin) in pairwise(by_day):
        for name in sets.keys() & later_sets.keys():
            assert (begin[name] == later_begin[name]) == (sets[name] == later_sets[name])


def test_a_loop_is_refused():
    edge = pd.DataFrame({"hierarchy": "administrative", "parent_id": ["a", "b"], "child_id": ["b", "a"]})
    edge = edge.assign(valid_from=span.FIRST, valid_to=span.LAST)
    with pytest.raises(ValueError, match="leads back to its own ancestor"):
        region.closure(edge)
