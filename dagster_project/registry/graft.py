"""Schemes that take the tree, or a part of the tree, of another scheme in place of rows of their own.

Belongs here: what such a scheme's rows are. `scheme.tree_of` and `tree_version` name the other scheme, `root_id` the
node that becomes the root; empty, it is the whole tree.
"""

from __future__ import annotations

import pandas as pd

from dagster_project.registry.model import Row

VERSIONED = ["scheme_id", "version"]
# Weights of these come from the scores themselves.
FROM_SCORES = ("entropy", "critic", "pca")


def grafts(scheme: pd.DataFrame) -> list[Row]:
    """The rows of `scheme` that take another one's tree."""
    taken = scheme[scheme["tree_of"].notna() & scheme["tree_version"].notna()]
    return [{str(name): cell for name, cell in row.items()} for row in taken.to_dict("records")]


def rows_of(frame: pd.DataFrame, scheme_id: str, version: int) -> pd.DataFrame:
    """The rows of one version of a scheme."""
    return frame[(frame["scheme_id"] == scheme_id) & (frame["version"] == version)]


def with_trees(scheme: pd.DataFrame, scheme_node: pd.DataFrame, indicator: pd.DataFrame) -> pd.DataFrame:
    """`scheme_node`, every weight filled, and the rows that the schemes with `tree_of` take.

    A scheme of towns takes those indicators alone that are computed for towns; what is left weighs in proportion.
    """
    lowest = indicator.sort_values("version").drop_duplicates("indicator_id", keep="last")
    of_towns = set(lowest.loc[lowest["lowest_grain"] == "town", "indicator_id"])
    found = [scheme_node]
    for row in grafts(scheme):
        rows = below(rows_of(scheme_node, row["tree_of"], row["tree_version"]), row["root_id"])
        if row["unit_grain"] == "town":
            rows = _in_proportion(kept(rows, of_towns), rows)
        found.append(rows.assign(scheme_id=row["scheme_id"], version=row["version"]))
    return with_order(pd.concat(found, ignore_index=True))


def with_order(scheme_node: pd.DataFrame) -> pd.DataFrame:
    """`depth`, 0 at the root, and `place`, the order in which a tree is read: a node before what is below it, of
    siblings the heaviest first. Both are null for what hangs on no root."""
    depth, place = (pd.Series(pd.NA, index=scheme_node.index, dtype="Int64") for _ in range(2))
    for _, rows in scheme_node.groupby(VERSIONED):
        ordered = rows.sort_values(["weight", "node_id"], ascending=[False, True])
        below = {str(parent): part.index.tolist() for parent, part in ordered.groupby("parent_id")}
        waiting = [(at, 0) for at in ordered.index[ordered["parent_id"].isna()][::-1]]
        number = 0
        while waiting:
            at, level = waiting.pop()
            number += 1
            depth[at], place[at] = level, number
            waiting += [(child, level + 1) for child in reversed(below.get(str(rows.at[at, "node_id"]), []))]
    return scheme_node.assign(depth=depth, place=place)


def with_uncertainty(scheme: pd.DataFrame, uncertainty: pd.DataFrame) -> pd.DataFrame:
    """`uncertainty`, and of a scheme that takes a tree and says nothing itself what the tree's own scheme says."""
    found = [uncertainty]
    for row in grafts(scheme):
        if rows_of(uncertainty, row["scheme_id"], row["version"]).empty:
            rows = rows_of(uncertainty, row["tree_of"], row["tree_version"])
            found.append(rows.assign(scheme_id=row["scheme_id"], version=row["version"]))
    return pd.concat(found, ignore_index=True)


def below(rows: pd.DataFrame, root_id: str | None) -> pd.DataFrame:
    """The part of a tree under a node, which becomes the root with the weight 1; the whole tree without a node."""
    if root_id is None or pd.isna(root_id):
        return rows
    reached, newest = {root_id}, {root_id}
    while newest:
        newest = set(rows.loc[rows["parent_id"].isin(newest), "node_id"]) - reached
        reached |= newest
    part = rows[rows["node_id"].isin(reached)].copy()
    root = part["node_id"] == root_id
    part.loc[root, "parent_id"] = None
    part.loc[root, "weight"] = 1.0
    return part


def kept(rows: pd.DataFrame, indicators: set[str]) -> pd.DataFrame:
    """The tree with these indicators alone, and without the aggregates that then have nothing below them."""
    is_leaf = rows["normaliser"].notna()
    needed = set(rows.loc[is_leaf & rows["node_id"].isin(indicators), "node_id"])
    newest = needed
    while newest:
        newest = set(rows.loc[rows["node_id"].isin(newest), "parent_id"].dropna()) - needed
        needed = needed | newest
    return rows[rows["node_id"].isin(needed)]


def _in_proportion(part: pd.DataFrame, whole: pd.DataFrame) -> pd.DataFrame:
    """`part` with the weights of siblings scaled to sum 1, except where they come from the scores."""
    weighting = whole.set_index("node_id")["weighting"]
    total = part.groupby("parent_id", dropna=False)["weight"].transform("sum")
    scaled = part["weight"] / total
    return part.assign(weight=scaled.where(~part["parent_id"].map(weighting).isin(FROM_SCORES), part["weight"]))
