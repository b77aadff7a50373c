"""Weights that a method gives: equal ones, those of pairwise judgements, and published ones in proportion.

Expert ones are written in the seeds. Those that come from the scores themselves (entropy, ...) are no matter of the
registry: they stay empty.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from dagster_project.scoring.ahp import ahp_weights
from dagster_project.scoring.normalise import Floats

VERSIONED = ["scheme_id", "version"]


def judgement_matrix(members: list[str], judged: pd.DataFrame) -> Floats | None:
    """(n, n) of how many times the row's member outweighs the column's; None unless each pair is judged exactly once.

    `judged` has the columns node_a, node_b, ratio.
    """
    place = {member: at for at, member in enumerate(members)}
    matrix = np.full((len(members), len(members)), np.nan)
    np.fill_diagonal(matrix, 1.0)
    for a, b, ratio in judged[["node_a", "node_b", "ratio"]].itertuples(index=False):
        if a not in place or b not in place or a == b or not np.isnan(matrix[place[a], place[b]]):
            return None
        matrix[place[a], place[b]], matrix[place[b], place[a]] = ratio, 1 / ratio
    return None if np.isnan(matrix).any() else matrix


def weighted(scheme_node: pd.DataFrame, judgement: pd.DataFrame, node: pd.DataFrame) -> pd.DataFrame:
    """`scheme_node` with every weight filled by its parent's method, and the hierarchy's names where it has none."""
    filled = scheme_node.copy()
    methods = scheme_node.set_index([*VERSIONED, "node_id"])["weighting"]
    for (scheme, version, parent), rows in scheme_node.groupby([*VERSIONED, "parent_id"]):
        method = methods.get((scheme, version, parent))
        if method == "equal":
            filled.loc[rows.index, "weight"] = 1 / len(rows)
        elif method == "ahp":
            judged = judgement[
                (judgement["scheme_id"] == scheme)
                & (judgement["version"] == version)
                & (judgement["parent_id"] == parent)
            ]
            matrix = judgement_matrix(rows["node_id"].tolist(), judged)
            if matrix is not None:
                filled.loc[rows.index, "weight"] = ahp_weights(matrix)[0]
        elif method == "published":
            filled.loc[rows.index, "weight"] = rows["weight"] / rows["weight"].sum()
    named = node.set_index("node_id")
    for column in ("name_zh", "name_en"):
        filled[column] = filled[column].fillna(filled["node_id"].map(named[column]))
    return filled
