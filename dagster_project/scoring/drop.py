"""Leaving nodes out: the ranks without them, and by how much ranks move for want of each.

Shapes: N nodes, U units, D sets of nodes; one period.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from dagster_project.scoring.normalise import Floats, Integers
from dagster_project.scoring.rank import NOT_RANKED
from dagster_project.scoring.reach import Standing
from dagster_project.scoring.scheme import SchemeError
from dagster_project.scoring.tree import up_the_tree

# Figures that one batch may hold: node scores of some sets.
BATCH = 2**22


def ranks_without(standing: Standing, sets: Sequence[Sequence[str]]) -> Integers:
    """Ranks (D, U) with each set of nodes left out: their weight is 0, and their siblings share it.

    Which nodes have a score is left as all figures decide it; but a node that loses all its children has none.

    Raises:
        SchemeError: a node that the scheme does not have.
    """
    scheme = standing.scheme
    unknown = sorted({name for names in sets for name in names} - set(scheme.place))
    if unknown:
        raise SchemeError(f"scheme {scheme.id}: no nodes {unknown} to leave out; name some of the scheme's")
    factors = np.ones((len(scheme.nodes), len(sets)))
    for at, names in enumerate(sets):
        factors[[scheme.place[name] for name in names], at] = 0.0
    ranks = np.zeros((len(sets), standing.scores.shape[1]), dtype=np.int64)
    few = max(1, BATCH // standing.node_scores.size)
    for start in range(0, len(sets), few):
        some = slice(start, start + few)
        scores, scored = standing.scores[:, np.newaxis], standing.coverage.scored[:, np.newaxis]
        nodes, _ = up_the_tree(scores, scored, scheme, standing.inputs.groups, factors[:, some])
        ranks[some] = standing.conclude(nodes[-1]).rank
    without_root = [at for at, names in enumerate(sets) if scheme.nodes[-1].id in names]
    ranks[without_root] = NOT_RANKED
    return ranks


def drop_one(standing: Standing) -> Floats:
    """(N,): the mean, over units ranked with and without it, of how many places a unit moves if the node is left out.

    NaN for the root, and for a node without which nobody is ranked.
    Source: W. Becker et al., COINr (2022), `remove_elements`.
    """
    without = ranks_without(standing, [[node.id] for node in standing.scheme.nodes])
    rank = standing.result.rank
    both = (without != NOT_RANKED) & (rank != NOT_RANKED)
    moved, count = np.where(both, np.abs(without - rank), 0).sum(axis=1), both.sum(axis=1)
    return np.divide(moved, count, out=np.full(len(moved), np.nan), where=count > 0)
