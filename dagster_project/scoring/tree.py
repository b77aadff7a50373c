"""Up the tree and down again: scores of aggregates, how much of their weight was present, the weights in force.

Shapes: N nodes (`scheme.nodes`: indicators, then aggregates, the root last), any leading axes (draws, periods), U
units: (N, ..., U). NaN is "no score".
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from dagster_project.scoring import aggregate, data_weight
from dagster_project.scoring.block import Array, blocks
from dagster_project.scoring.normalise import Booleans, Floats, Integers
from dagster_project.scoring.scheme import Aggregate, Scheme, SchemeError
from dagster_project.scoring.weight import covered_share, rescale

# Sums of decimal weights miss a threshold such as 0.6 by rounding alone; a coverage this close to it meets it.
COVERAGE_TOLERANCE = 1e-9


@dataclass(frozen=True)
class Coverage:
    """Shapes: share (N, ..., U), the part of a node's weight that enters its score; scored, alike, whether there is a
    score: enough of the weight is present.
    """

    share: Floats
    scored: Booleans


def coverage_of(present: Booleans, applies: Booleans, scheme: Scheme) -> Coverage:
    """Coverage of every node, from which indicators have a score; docs/method.md, Weights and coverage.

    Args:
        present, applies: (I, ..., U).
    """
    shape = (len(scheme.nodes), *present.shape[1:])
    share, scored, relevant = np.zeros(shape), np.zeros(shape, dtype=bool), np.zeros(shape, dtype=bool)
    leaves = len(scheme.indicators)
    share[:leaves], scored[:leaves], relevant[:leaves] = present, present, applies
    nominal = nominal_weights(scheme)
    for at, node in enumerate(scheme.bottom_up, start=leaves):
        children = scheme.children[node.id]
        weights = _after(nominal[children], len(shape))
        relevant[at] = relevant[children].any(axis=0)
        share[at] = covered_share(weights * relevant[children], np.where(scored[children], share[children], 0.0))
        scored[at] = scored[children].any(axis=0) & (share[at] >= node.min_coverage - COVERAGE_TOLERANCE)
    return Coverage(share, scored)


def up_the_tree(
    scores: Floats, scored: Booleans, scheme: Scheme, groups: Integers, factors: Floats | None = None
) -> tuple[Floats, Floats]:
    """Scores of every node.

    Args:
        scores: (I, ..., U), of the indicators.
        scored: (N, ..., U), which nodes have a score at all; its leading axes broadcast with those of the result.
        groups: (U,) or (P, U); matters where a node compares units (TOPSIS, Copeland, weights from data).
        factors: (N, ...), or None: by what each node's weight is multiplied. Its leading axes broadcast with those of
            `scores`: (N, D) for D draws over one period, (N, D, 1) for draws over periods. 0 leaves a node out.

    Returns:
        Node scores (N, ..., U); and each node's weight before rescaling, (N, ..., U or 1).

    Raises:
        SchemeError: a score that a node's aggregation or weighting has no answer for; names the node.
    """
    if not scheme.compares_units:
        columns, weights = climb(list(scores), scored, scheme, factors)
        together = np.stack(np.broadcast_arrays(*columns))
        return together, _ahead(np.stack(np.broadcast_arrays(*weights))[..., np.newaxis], together.shape[1:-1])
    lead = np.broadcast_shapes(scores.shape[1:-1], scored.shape[1:-1], () if factors is None else factors.shape[1:])
    wide = (*lead, scores.shape[-1])
    scores, scored = (np.broadcast_to(_ahead(a, lead), (len(a), *wide)) for a in (scores, scored))
    if factors is not None:
        factors = np.broadcast_to(_ahead(factors[..., np.newaxis], lead)[..., 0], (len(factors), *lead))
    node_scores, used = (np.full((len(scheme.nodes), *wide), fill) for fill in (np.nan, 1.0))
    for block in blocks(groups, scheme.scope):
        in_block = factors if factors is None or block.periods is None else factors[..., block.periods]
        columns, weights = climb(list(block.take(scores)), block.take(scored), scheme, in_block)
        block.put(node_scores, np.stack(columns))
        shape = columns[-1].shape
        inside = _ahead(np.stack(np.broadcast_arrays(*weights))[..., np.newaxis], shape[:-1])
        block.put(used, np.broadcast_to(inside, (len(columns), *shape)))
    return node_scores, used


def climb(
    columns: list[Floats], scored: Booleans, scheme: Scheme, factors: Floats | None, keep: frozenset[int] | None = None
) -> tuple[list[Floats], list[Floats]]:
    """Scores of every node within one block of units, and each node's weight before rescaling.

    Args:
        columns: (..., U) for each indicator; leading axes may differ, as where only some vary over draws.
        keep: places of the nodes whose scores are wanted; of the others only an empty array is left, which saves the
            memory that thousands of draws would take. None keeps all.
    """
    nominal = nominal_weights(scheme)
    weights: list[Floats] = list(nominal if factors is None else _after(nominal, factors.ndim) * factors)
    columns = list(columns)
    for at, node in enumerate(scheme.bottom_up, start=len(columns)):
        rows = scheme.children[node.id]
        children = np.stack(np.broadcast_arrays(*(columns[row] for row in rows)))
        own = _weights_of(node, children, nominal[rows], scheme)
        if own is not None:
            for row, weight in zip(
                rows, own if factors is None else _after(own, factors.ndim) * factors[rows], strict=True
            ):
                weights[row] = weight
        inside = np.stack(np.broadcast_arrays(*(weights[row] for row in rows)))
        score = _combined(node, children, inside, scheme)
        columns.append(score if scored[at].all() else np.where(scored[at], score, np.nan))
        for row in rows:
            if keep is not None and row not in keep:
                columns[row] = np.zeros(0)
    return columns, weights


def weights_in_force(node_scores: Floats, weights: Floats, scheme: Scheme) -> Floats:
    """Each node's share in the root's score, (N, ..., U): the product of its and its ancestors' weights inside their
    parents, these rescaled over what has a score; NaN where the root has none.

    Args:
        node_scores: (N, ..., U).
        weights: (N, ..., U or 1), before rescaling.
    """
    present = ~np.isnan(node_scores)
    shares = np.ones(node_scores.shape)
    for node in reversed(scheme.bottom_up):
        children, parent = scheme.children[node.id], scheme.place[node.id]
        shares[children] = rescale(weights[children], present[children]) * shares[parent]
    return np.where(present[-1], shares, np.nan)


def nominal_weights(scheme: Scheme) -> Floats:
    """(N,), the weight given to each node inside its parent; they count in proportion to its siblings'."""
    return np.array([node.weight for node in scheme.nodes])


def _weights_of(node: Aggregate, children: Floats, nominal: Floats, scheme: Scheme) -> Floats | None:
    """(C, ...), the children's weights if they come from their scores; None if they are the given ones."""
    match node.weighting:
        case "entropy":
            return _entropy(node, children, scheme)
        case "critic":
            return data_weight.critic(children)
        case "pca":
            return data_weight.pca(children)
        case "combined":
            entropy = _entropy(node, children, scheme)
            return data_weight.combined(
                np.stack([np.broadcast_to(_after(nominal, entropy.ndim), entropy.shape), entropy])
            )
        case _:
            return None


def _entropy(node: Aggregate, children: Floats, scheme: Scheme) -> Floats:
    _refuse(
        scheme, node, data_weight.entropy_refuses(children), "negative scores, or none above 0, for entropy weights of"
    )
    return data_weight.entropy(children)


def _combined(node: Aggregate, children: Floats, weights: Floats, scheme: Scheme) -> Floats:
    """(..., U): the node's own score from its children's."""
    if node.aggregation in aggregate.NEEDS_POSITIVE:
        if node.floor is not None:
            children = aggregate.floored(children, node.floor)
        _refuse(scheme, node, children <= 0, f"a score that is not above 0 under the {node.aggregation} mean of")
    return aggregate.AGGREGATIONS[node.aggregation](children, weights)


def _refuse(scheme: Scheme, node: Aggregate, wrong: Booleans, what: str) -> None:
    rows = np.flatnonzero(wrong.reshape(len(wrong), -1).any(axis=1))
    if rows.size:
        names = ", ".join(scheme.nodes[scheme.children[node.id][row]].id for row in rows)
        mend = "give the node a floor, or its children another normaliser (min-max with floor 1)"
        raise SchemeError(f"scheme {scheme.id}: {what} {node.id}: {names}; {mend}")


def _after(array: Floats, ndim: int) -> Floats:
    """`array` with axes of length 1 appended up to `ndim` axes."""
    return array.reshape(*array.shape, *(1,) * (ndim - array.ndim))


def _ahead(array: Array, lead: tuple[int, ...]) -> Array:
    """(N, ..., U) with axes of length 1 put after the first, up to as many leading axes as `lead` has."""
    return array.reshape(len(array), *(1,) * (len(lead) + 2 - array.ndim), *array.shape[1:])
