"""Rules of the region trees: each town in exactly one district and one unit on every day, peer areas of one piece.

They run only on trees whose references are sound; `rules_rows` reports the others.
"""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from dagster_project.registry import region, span
from dagster_project.registry.model import Finding, Registry, Row, hits
from dagster_project.registry.span import SPAN

DEPTH = {"city": 0, "peer_area": 1, "district": 2, "unit": 2, "town": 3, "village": 4}


def check(registry: Registry) -> Iterator[Finding]:
    scope = registry["region"].drop_duplicates("region_id").set_index("region_id")
    edge = registry["region_edge"].dropna(subset=["hierarchy", "parent_id", "child_id"])
    edge = edge[edge["parent_id"].isin(scope.index) & edge["child_id"].isin(scope.index)]
    depth = scope["level"].map(DEPTH)
    above, below = edge["parent_id"].map(depth), edge["child_id"].map(depth)
    for row, one in hits(edge, above >= below):
        message = f"{one['parent_id']} is not of a higher level than {one['child_id']}"
        yield registry.finding(
            "region_edge", row, "parent_id", "edge_level", message, "Turn the edge round, or mend the level."
        )
    yield from outside_region(registry, edge, scope)
    # What is left to ask is about towns and above; the villages below them would only cost time.
    edge = edge[(above < below) & (below <= DEPTH["town"])]
    closed = region.closure(edge)
    yield from uncovered_towns(registry, edge, closed)
    yield from peer_membership(registry, edge, closed)


def outside_region(registry: Registry, edge: pd.DataFrame, scope: pd.DataFrame) -> Iterator[Finding]:
    for end in ("parent_id", "child_id"):
        begin, stop = edge[end].map(scope["valid_from"]), edge[end].map(scope["valid_to"])
        for row, one in hits(edge, (edge["valid_from"] < begin) | (edge["valid_to"] > stop)):
            message = f"the edge holds while {end} {one[end]} does not exist"
            mend = "Keep the edge inside the valid_from and valid_to of the region."
            yield registry.finding("region_edge", row, end, "edge_outside_region", message, mend)


def uncovered_towns(registry: Registry, edge: pd.DataFrame, closed: pd.DataFrame) -> Iterator[Finding]:
    """Towns that no district, or no unit, holds for some days. Towns lost together make one finding."""
    scope = registry["region"]
    towns = scope.loc[scope["level"] == "town", ["region_id", *SPAN]].drop_duplicates("region_id")
    leaf = region.leaves(scope, edge)
    for grain, hierarchy in region.BRANCHES.items():
        top = leaf.loc[leaf["grain"] == grain, ["region_id", *SPAN]]
        low = closed[(closed["hierarchy"] == hierarchy) & (closed["distance"] == 1)]
        held = span.join(low, top, "ancestor_id", "region_id").drop(columns="region_id")
        held = span.merge(held.rename(columns={"descendant_id": "region_id"})[["region_id", *SPAN]])
        lost = _gaps(towns, held)
        together = lost.groupby(SPAN)["region_id"].agg(["size", "min"]).reset_index()
        for _, gap in hits(together, together["size"] > 0):
            message = f"{gap['size']} towns ({gap['min']}, ...) are in no {grain} {_days(gap)}"
            mend = f"Add or extend edges of {hierarchy} so that every town has one {grain} on every day."
            rows = edge.index[(edge["hierarchy"] == hierarchy) & (edge["child_id"] == gap["min"])]
            if len(rows):
                yield registry.finding("region_edge", int(rows[0]), "child_id", "town_uncovered", message, mend)
            else:
                row = int(towns.index[towns["region_id"] == gap["min"]][0])
                yield registry.finding("region", row, "region_id", "town_uncovered", message, mend)


def peer_membership(registry: Registry, edge: pd.DataFrame, closed: pd.DataFrame) -> Iterator[Finding]:
    """Every district and unit is in one peer area of each scheme, a unit's towns in that of their district."""
    scope = registry["region"].drop_duplicates("region_id")
    leaf = region.units(region.leaves(scope, edge))
    own = region.town_sets(scope, closed)
    areas = set(scope.loc[scope["level"] == "peer_area", "region_id"])
    for scheme in registry["peer_scheme"]["peer_scheme_id"].dropna().unique():
        member = edge[(edge["hierarchy"] == scheme) & edge["parent_id"].isin(areas)]
        known = span.merge(member[["child_id", *SPAN]].rename(columns={"child_id": "region_id"}))
        lost = _gaps(leaf[["region_id", *SPAN]].drop_duplicates(ignore_index=True), known).drop_duplicates("region_id")
        for _, gap in hits(lost, lost["region_id"].notna()):
            message = f"{gap['region_id']} is in no peer area of {scheme} {_days(gap)}"
            mend = f"Add an edge of {scheme} from its peer area in region/region_edge.csv."
            row = int(scope.index[scope["region_id"] == gap["region_id"]][0])
            yield registry.finding("region", row, "region_id", "peer_uncovered", message, mend)
        split = _split_members(member, leaf, own).groupby("region_id")["town_id"].nunique()
        for unit, towns in split.items():
            row = int(member.index[member["child_id"] == unit][0])
            message = f"{towns} towns of {unit} are in another peer area of {scheme} by their district"
            mend = "Put the unit into the peer area of its host district, or move the district."
            yield registry.finding("region_edge", row, "parent_id", "peer_split", message, mend)


def _split_members(member: pd.DataFrame, leaf: pd.DataFrame, own: pd.DataFrame) -> pd.DataFrame:
    """Towns whose area by unit differs from the area by district: region_id (the unit), town_id."""
    placed = {}
    for grain in region.BRANCHES:
        of_grain = leaf.loc[leaf["unit_grain"] == grain, ["region_id", *SPAN]]
        dated = span.join(member[["parent_id", "child_id", *SPAN]], of_grain, "child_id", "region_id").drop(
            columns="child_id"
        )
        placed[grain] = span.join(dated, own.rename(columns={"region_id": "whole"}), "region_id", "whole").drop(
            columns="whole"
        )
    both = span.join(placed["unit"], placed["district"], "town_id", "town_id")
    return both[both["parent_id"] != both["parent_id_right"]][["region_id", "town_id"]]


def _gaps(wanted: pd.DataFrame, held: pd.DataFrame) -> pd.DataFrame:
    """region_id, span: days of `wanted` that `held` does not cover. `held` is merged."""
    inside = span.join(wanted.reset_index(names="row"), held, "region_id", "region_id")
    inside = inside.sort_values(["row", *SPAN])
    edges = wanted[SPAN].rename(columns={"valid_from": "first", "valid_to": "last"})
    inside = inside.join(edges, on="row")
    before = inside.groupby("row")["valid_to"].shift()
    begin = (before + span.DAY).fillna(inside["first"])
    holes = [inside.assign(stop=inside["valid_from"] - span.DAY, begin=begin)]
    ends = inside.drop_duplicates("row", keep="last")
    ends = ends[ends["valid_to"] < ends["last"]]
    holes.append(ends.assign(begin=ends["valid_to"] + span.DAY, stop=ends["last"]))
    none = wanted[~wanted.index.isin(inside["row"])]
    holes.append(none.assign(begin=none["valid_from"], stop=none["valid_to"]))
    found = pd.concat(holes, ignore_index=True)
    found = found[found["begin"] <= found["stop"]]
    return found[["region_id", "begin", "stop"]].rename(columns={"begin": "valid_from", "stop": "valid_to"})


def _days(gap: Row) -> str:
    until = "on" if gap["valid_to"] == span.LAST else f"to {gap['valid_to']:%Y-%m-%d}"
    return f"from {gap['valid_from']:%Y-%m-%d} {until}"
