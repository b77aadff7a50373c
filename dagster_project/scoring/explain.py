"""A score as the exact sum of its indicators' parts, and a unit's parts beside those of its peer area.

Shapes: N nodes (`scheme.nodes`: indicators, then aggregates, the root last), any leading axes, U units: (N, ..., U).
"""

from __future__ import annotations

import numpy as np

from dagster_project.scoring import aggregate
from dagster_project.scoring.attribute import attribute
from dagster_project.scoring.block import blocks
from dagster_project.scoring.normalise import NO_GROUP, Floats, Integers
from dagster_project.scoring.scheme import Aggregate, Scheme
from dagster_project.scoring.weight import rescale


def contributions(node_scores: Floats, nominal: Floats, scheme: Scheme, groups: Integers) -> Floats:
    """Each node's part of the root's score, (N, ..., U): the children's parts sum to their parent's, and those of the
    indicators to the root's score, before bonuses.

    From the root down: a node of score S whose part of the root's score is P hands P / S of what `attribute` says its
    children have of S to each of them. Down arithmetic means that is the weight in force times the score. A node of
    score 0 that has a part nevertheless (a floor lifted it) hands it on by weight.

    A node without a score has part 0: it adds nothing. Where the root has no score every part is NaN.

    Args:
        node_scores: (N, ..., U), NaN where there is none.
        nominal: (N, ..., U or 1), each node's weight before rescaling, as `up_the_tree` gives it.
        groups: (U,) or (P, U); matters where a node compares units (TOPSIS, Copeland, weights from data).
    """
    if not scheme.compares_units:
        return _down(node_scores, nominal[..., 0], scheme)
    parts = np.full(node_scores.shape, np.nan)
    if nominal.shape[-1] == 1:
        nominal = aggregate.aligned(node_scores, nominal[..., 0])[1]
    nominal = np.broadcast_to(nominal, node_scores.shape)
    for block in blocks(groups, scheme.scope):
        # Inside a block all units have the same weights before rescaling.
        block.put(parts, _down(block.take(node_scores), block.take(nominal)[..., 0], scheme))
    return parts


def gap_to_peers(parts: Floats, groups: Integers) -> Floats:
    """Each node's part minus the mean part in the unit's peer area, (N, ..., U): why a unit is ahead or behind.

    The mean is over the units of the area that have a score, the unit itself among them; so the indicators' gaps sum to
    the gap between the unit's score and the mean score. NaN where the unit has no score or no peer area.

    Args:
        parts: (N, ..., U), as `contributions` gives them.
        groups: (U,) or (P, U).
    """
    groups = np.broadcast_to(groups, parts.shape[1:])
    counted = ~np.isnan(parts[-1]) & (groups != NO_GROUP)
    gap = np.full(parts.shape, np.nan)
    for code in np.unique(groups[counted]):
        member = counted & (groups == code)
        number = np.maximum(member.sum(axis=-1, keepdims=True), 1)
        mean = np.where(member, parts, 0.0).sum(axis=-1, keepdims=True) / number
        np.copyto(gap, parts - mean, where=member)
    return gap


def _down(node_scores: Floats, weights: Floats, scheme: Scheme) -> Floats:
    """`contributions` of units that share their weights (N, ...)."""
    root = node_scores[-1]
    parts = np.zeros(node_scores.shape)
    parts[-1] = root
    # What a node's score is multiplied by to give its part; NaN where only the part is known.
    multipliers = np.ones(node_scores.shape)
    for node in reversed(scheme.bottom_up):
        rows, at = scheme.children[node.id], scheme.place[node.id]
        children, inside = node_scores[rows], weights[rows]
        by_weight = rescale(aggregate.aligned(children, inside)[1], ~np.isnan(children))
        scaled = multipliers[at] * _parts_of(node, children, inside, node_scores[at])
        shared = np.where(np.isnan(multipliers[at]), parts[at] * by_weight, scaled)
        parts[rows] = np.where(np.isnan(children) | np.isnan(node_scores[at]), 0.0, shared)
        multipliers[rows] = _multipliers(node, children, parts[rows], by_weight, multipliers[at])
    return np.where(np.isnan(root), np.nan, parts)


def _parts_of(node: Aggregate, children: Floats, weights: Floats, result: Floats) -> Floats:
    """(C, ..., U), summing to `result`, the node's own score."""
    if node.floor is not None and node.aggregation in ("geometric", "harmonic"):
        children = aggregate.floored(children, node.floor)
    return attribute(node.aggregation, children, weights, result)


def _multipliers(node: Aggregate, children: Floats, parts: Floats, by_weight: Floats, above: Floats) -> Floats:
    """(C, ..., U): what the children's scores are multiplied by to give their parts.

    Under an arithmetic mean that is the weight, also for a child whose score is 0 because its own children cancel out.
    """
    ratio = np.divide(parts, children, out=np.full(children.shape, np.nan), where=(children != 0) & ~np.isnan(children))
    if node.aggregation == "arithmetic":
        return np.where(np.isnan(above), ratio, above * by_weight)
    return ratio
