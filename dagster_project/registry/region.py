"""The algebra of regions: every region is a set of towns at a date, and all else follows from those sets.

Belongs here: closures, town sets, restated scopes, who is summed from whom. Reads the tables region and region_edge.
All frames carry spans (valid_from, valid_to inclusive).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import pandas as pd

from dagster_project.registry import span
from dagster_project.registry.span import SPAN

BRANCHES = {"district": "administrative", "unit": "governing"}
COARSE = ("city", "peer_area")
MAX_DEPTH = 8


def closure(edge: pd.DataFrame) -> pd.DataFrame:
    """hierarchy, ancestor_id, descendant_id, distance, span. Each region is its own ancestor at distance 0.

    Raises:
        ValueError: an edge leads back to its own ancestor.
    """
    columns = ["hierarchy", "ancestor_id", "descendant_id", "distance", *SPAN]
    link = edge[["hierarchy", "parent_id", "child_id", *SPAN]]
    member = link.assign(ancestor_id=link["child_id"], descendant_id=link["child_id"], distance=0)
    root = link.loc[~link["parent_id"].isin(link["child_id"]), ["hierarchy", "parent_id"]].drop_duplicates()
    root = root.assign(ancestor_id=root["parent_id"], descendant_id=root["parent_id"], distance=0)
    root = root.assign(valid_from=span.FIRST, valid_to=span.LAST)
    found = [member[columns], root[columns]]
    reached = link.rename(columns={"parent_id": "ancestor_id", "child_id": "descendant_id"}).assign(distance=1)[columns]
    step = link.rename(columns={"hierarchy": "hierarchy_of_step"})
    while len(reached):
        found.append(reached)
        depth = int(reached["distance"].iloc[0]) + 1
        if depth > MAX_DEPTH:
            raise ValueError(
                f"the region tree is deeper than {MAX_DEPTH} levels; an edge leads back to its own ancestor"
            )
        longer = span.join(reached, step, "descendant_id", "parent_id")
        longer = longer[longer["hierarchy"] == longer["hierarchy_of_step"]]
        reached = longer.assign(descendant_id=longer["child_id"], distance=depth)[columns]
    return span.merge(pd.concat(found, ignore_index=True))


def town_sets(region: pd.DataFrame, closed: pd.DataFrame) -> pd.DataFrame:
    """region_id, town_id, span: the towns of every region down to the towns themselves.

    A peer area has the towns of its member districts and units.
    """
    towns = set(region.loc[region["level"] == "town", "region_id"])
    branch = closed[closed["hierarchy"].isin(BRANCHES.values()) & closed["descendant_id"].isin(towns)]
    own = branch[["ancestor_id", "descendant_id", *SPAN]].rename(
        columns={"ancestor_id": "region_id", "descendant_id": "town_id"}
    )
    own = span.merge(own)
    peer = closed[~closed["hierarchy"].isin(BRANCHES.values()) & (closed["distance"] == 1)]
    areas = set(region.loc[region["level"] == "peer_area", "region_id"])
    peer = peer[peer["ancestor_id"].isin(areas)][["ancestor_id", "descendant_id", *SPAN]]
    of_areas = span.join(peer, own, "descendant_id", "region_id").drop(columns="region_id")
    of_areas = of_areas.rename(columns={"ancestor_id": "region_id"})[["region_id", "town_id", *SPAN]]
    return span.merge(pd.concat([own, of_areas], ignore_index=True))


def restated_sets(sets: pd.DataFrame, today: date) -> pd.DataFrame:
    """Town sets of the restated scopes `<id>~`: the towns a region has today, for all of time.

    Only for regions in force today whose set is not the same for all of time. Towns themselves never get one.
    """
    day = pd.Timestamp(today)
    now = sets[(sets["valid_from"] <= day) & (sets["valid_to"] >= day)]
    always = (sets["valid_from"] == span.FIRST) & (sets["valid_to"] == span.LAST)
    changing = set(sets.loc[~always & (sets["region_id"] != sets["town_id"]), "region_id"])
    now = now[now["region_id"].isin(changing)]
    return now.assign(region_id=now["region_id"] + "~", valid_from=span.FIRST, valid_to=span.LAST)


@dataclass(frozen=True)
class RollUp:
    """How figures reported at a grain are summed to every region that its leaves partition exactly.

    leaf: grain, region_id. rollup: grain, step, region_id, part_id. expected: grain, region_id, leaves. All with spans.
    """

    leaf: pd.DataFrame
    rollup: pd.DataFrame
    expected: pd.DataFrame


def leaves(region: pd.DataFrame, edge: pd.DataFrame) -> pd.DataFrame:
    """grain, region_id, span: city, districts, units, towns. The leaves of a grain partition the city on every day."""
    city = set(region.loc[region["level"] == "city", "region_id"])
    towns = set(region.loc[region["level"] == "town", "region_id"])
    found = [
        pd.DataFrame({"grain": "city", "region_id": sorted(city), "valid_from": span.FIRST, "valid_to": span.LAST})
    ]
    for grain, hierarchy in BRANCHES.items():
        top = edge[(edge["hierarchy"] == hierarchy) & edge["parent_id"].isin(city)]
        found.append(top.assign(grain=grain, region_id=top["child_id"])[["grain", "region_id", *SPAN]])
    low = edge[(edge["hierarchy"] == "administrative") & edge["child_id"].isin(towns)]
    found.append(low.assign(grain="town", region_id=low["child_id"])[["grain", "region_id", *SPAN]])
    return span.merge(pd.concat(found, ignore_index=True))


def roll_up(region: pd.DataFrame, leaf: pd.DataFrame, sets: pd.DataFrame) -> RollUp:
    """Partition every region's towns by the leaves of each grain, segment of time by segment.

    For grain town the city and peer areas are summed from districts (step 2) where these partition them; all else is
    summed from towns.
    """
    pieces = span.segments(sets, leaf)
    towns = span.cut(sets, pieces)
    coarse = region["region_id"][region["level"].isin(COARSE)]
    is_coarse = towns["region_id"].str.removesuffix("~").isin(coarse)
    leaf_cut = span.cut(leaf, pieces)
    parts = {grain: _partition(towns, leaf_cut[leaf_cut["grain"] == grain]) for grain in leaf["grain"].unique()}
    rollups, expected = [], []
    for grain, found in parts.items():
        counted = found.groupby(["region_id", "segment"], as_index=False).agg(leaves=("part_id", "size"))
        expected.append(counted.assign(grain=grain))
        found = found.assign(grain=grain, step=1)
        if grain == "town":
            districts = parts["district"].merge(towns.loc[is_coarse, ["region_id", "segment"]].drop_duplicates())
            twice = found.merge(districts[["region_id", "segment"]].drop_duplicates(), how="left", indicator=True)
            rollups.append(districts.assign(grain=grain, step=2))
            found = found[(twice["_merge"] == "left_only").to_numpy()]
        rollups.append(found[found["region_id"] != found["part_id"]])
    rollup = span.glue(
        pd.concat(rollups, ignore_index=True)[["grain", "step", "region_id", "part_id", "segment"]], pieces
    )
    counts = span.glue(pd.concat(expected, ignore_index=True)[["grain", "region_id", "leaves", "segment"]], pieces)
    return RollUp(leaf, rollup, counts)


def _partition(towns: pd.DataFrame, leaf: pd.DataFrame) -> pd.DataFrame:
    """region_id, part_id, segment: the leaves that make up a region, where leaves fill it exactly."""
    owned = towns.merge(leaf[["region_id", "segment"]])
    owned = owned.rename(columns={"region_id": "part_id"})
    size = owned.groupby(["part_id", "segment"], as_index=False).agg(size=("town_id", "size"))
    shared = towns.merge(owned, how="left", on=["town_id", "segment"])
    common = shared.groupby(["region_id", "part_id", "segment"], as_index=False, dropna=False).agg(
        common=("town_id", "size")
    )
    common = common.merge(size, how="left", on=["part_id", "segment"])
    common["whole"] = common["common"] == common["size"]
    exact = common.groupby(["region_id", "segment"])["whole"].transform("all")
    return common.loc[exact, ["region_id", "part_id", "segment"]].reset_index(drop=True)


def constant_spans(sets: pd.DataFrame) -> pd.DataFrame:
    """region_id, span: the longest spans in which a region's towns stay the same."""
    pieces = span.segments(sets)
    towns = span.cut(sets, pieces).sort_values(["region_id", "segment", "town_id"])
    content = towns.groupby(["region_id", "segment"])["town_id"].agg(" ".join).rename("towns").reset_index()
    return span.glue(content, pieces).drop(columns="towns").sort_values(["region_id", *SPAN], ignore_index=True)


def units(leaf: pd.DataFrame) -> pd.DataFrame:
    """unit_grain, region_id, span: the 38 districts and the 41 governing units, dated."""
    return leaf[leaf["grain"].isin(BRANCHES)].rename(columns={"grain": "unit_grain"}).reset_index(drop=True)


def peer_members(edge: pd.DataFrame, leaf: pd.DataFrame, region: pd.DataFrame) -> pd.DataFrame:
    """peer_scheme_id, peer_area_id, unit_grain, region_id, span."""
    areas = set(region.loc[region["level"] == "peer_area", "region_id"])
    member = edge[edge["parent_id"].isin(areas)][["hierarchy", "parent_id", "child_id", *SPAN]]
    member = span.join(member, units(leaf), "child_id", "region_id")
    member = member.rename(columns={"hierarchy": "peer_scheme_id", "parent_id": "peer_area_id"})
    return span.merge(member[["peer_scheme_id", "peer_area_id", "unit_grain", "region_id", *SPAN]])


def ranked(leaf: pd.DataFrame) -> pd.DataFrame:
    """unit_grain, region_id, span: all that can be ranked: districts, governing units and towns."""
    return leaf[leaf["grain"] != "city"].rename(columns={"grain": "unit_grain"}).reset_index(drop=True)


def peer_towns(edge: pd.DataFrame, sets: pd.DataFrame, region: pd.DataFrame) -> pd.DataFrame:
    """peer_scheme_id, peer_area_id, region_id, span: towns stand in the peer area of their district and unit."""
    areas = set(region.loc[region["level"] == "peer_area", "region_id"])
    scheme = edge[edge["parent_id"].isin(areas)].drop_duplicates("parent_id").set_index("parent_id")["hierarchy"]
    held = sets[sets["region_id"].isin(areas)]
    held = held.assign(peer_scheme_id=held["region_id"].map(scheme))
    held = held.rename(columns={"region_id": "peer_area_id", "town_id": "region_id"})
    return held[["peer_scheme_id", "peer_area_id", "region_id", *SPAN]].reset_index(drop=True)
