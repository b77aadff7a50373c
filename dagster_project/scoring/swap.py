"""How firm an order is: the smallest change of one weight that would swap two neighbours of a ranking.

Shapes: N nodes, U units; one period.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from scipy.optimize import brentq

from dagster_project.scoring import aggregate
from dagster_project.scoring.normalise import NO_GROUP, Floats, Integers
from dagster_project.scoring.rank import NOT_RANKED
from dagster_project.scoring.reach import Standing
from dagster_project.scoring.tree import nominal_weights, up_the_tree

# Shares at which an order is looked at where it has no closed form; 1 itself would need an infinite factor.
GRID = np.concatenate([np.linspace(0.0, 0.99, 34), [0.999]])


@dataclass(frozen=True)
class Swap:
    """At `after`, a node's share of its parent's weight, the two units have equal scores; beyond it they swap.

    `before` is the share given; `relative` the change of the share as a part of it, negative for a smaller one. The
    other children keep their proportions.
    """

    node: str
    before: float
    after: float
    relative: float


def neighbours(standing: Standing) -> Iterator[tuple[int, int]]:
    """Pairs of units that follow each other in a peer area's ranking, from the top; equal ranks in the units' order."""
    rank, groups = standing.result.rank, standing.inputs.groups
    for code in np.unique(groups[groups != NO_GROUP]):
        units = np.flatnonzero((groups == code) & (rank != NOT_RANKED))
        units = units[np.argsort(rank[units], kind="stable")]
        yield from zip(units[:-1].tolist(), units[1:].tolist(), strict=True)


def smallest_swap(standing: Standing, one: int, other: int) -> Swap | None:
    """The smallest relative change of one node's weight that gives two units of a peer area the same unrounded score;
    None if no single weight can. Already equal scores need a change of 0.

    A unit's score as a function of one factor f on one weight w is, down arithmetic means, a constant plus
    W (f w s + M) / (f w + Q): W the parent's weight in force, M and Q the sums of w s and w over its other children
    that the unit has. Equal scores are a quadratic equation in f. Other trees are looked at on a grid of shares, and
    the nearest change of sign is closed in on (R. P. Brent, "Algorithms for Minimization without Derivatives" (1973)).

    Which nodes have a score is left as the weights given decide it.
    """
    weight = np.broadcast_to(standing.nominal, standing.node_scores.shape)[:, one]
    others = np.zeros(len(weight))
    for rows in standing.scheme.children.values():
        others[rows] = weight[rows].sum() - weight[rows]
    free = (weight > 0) & (others > 0)
    find = _quadratic if standing.additive else _search
    best: Swap | None = None
    for at, factor in find(standing, (one, other), weight, others, np.flatnonzero(free)):
        before, after = (f * weight[at] / (f * weight[at] + others[at]) for f in (1.0, factor))
        relative = float(after / before - 1)
        if best is None or abs(relative) < abs(best.relative):
            best = Swap(standing.scheme.nodes[at].id, float(before), float(after), relative)
    return best


def _quadratic(
    standing: Standing, pair: tuple[int, int], weight: Floats, others: Floats, rows: Integers
) -> Iterator[tuple[int, float]]:
    """Factors of each node at which the pair's scores are equal."""
    units = list(pair)
    scores, in_force = standing.node_scores[:, units], standing.weights[:, units]
    have = ~np.isnan(scores)
    value, worth = np.where(have, scores, 0.0), np.where(have, weight[:, np.newaxis], 0.0)
    total = scores[-1] + standing.result.points[units]
    for parent in standing.scheme.aggregates:
        at, children = standing.scheme.place[parent.id], standing.scheme.children[parent.id]
        weighted, kept = worth * value, worth
        rest = weighted[children].sum(axis=0) - weighted[children], kept[children].sum(axis=0) - kept[children]
        # A unit that lacks the child, or has no other, or whose parent has no score, does not depend on the weight.
        moves = have[at] & have[children] & (rest[1] > 0)
        top, bottom = np.where(moves, weighted[children], 0.0), np.where(moves, kept[children], 0.0)
        above, below = np.where(moves, rest[0], value[at]), np.where(moves, rest[1], 1.0)
        scale = np.where(have[at], in_force[at], 0.0)
        constant = total - scale * value[at]
        gap = constant[0] - constant[1]
        (x, u), (y, v), (m, n), (q, r) = (part.T for part in (top, bottom, above, below))
        a, b = scale
        squared = gap * y * v + a * x * v - b * u * y
        linear = gap * (y * r + q * v) + a * (x * r + m * v) - b * (u * q + n * y)
        plain = gap * q * r + a * m * r - b * n * q
        for row, child in enumerate(children):
            if moves[row].any() and others[child] > 0:
                roots = _positive_roots(float(squared[row]), float(linear[row]), float(plain[row]))
                yield from ((child, root) for root in roots)


def _positive_roots(squared: float, linear: float, plain: float) -> list[float]:
    """Real roots from 0 on. The larger in size first, the other from their product: no digits cancel."""
    size = max(abs(squared), abs(linear), abs(plain))
    if size == 0:
        return [1.0]
    if abs(squared) <= 1e-14 * size:
        found = [-plain / linear] if abs(linear) > 1e-14 * size else []
    else:
        under = linear * linear - 4 * squared * plain
        if under < 0:
            return []
        half = -0.5 * (linear + np.copysign(np.sqrt(under), linear))
        found = [half / squared] + ([plain / half] if half != 0 else [])
    return [root for root in found if root >= 0]


def _search(
    standing: Standing, pair: tuple[int, int], weight: Floats, others: Floats, rows: Integers
) -> Iterator[tuple[int, float]]:
    """The factors of each node, nearest first, at which the pair's order turns."""
    brackets: list[tuple[float, int, float, float]] = []
    for node in rows.tolist():
        own = weight[node] / (weight[node] + others[node])
        shares = np.sort(np.append(GRID, own))
        sign = np.sign(_gap(standing, pair, node, _factor(shares, weight[node], others[node])))
        # Without its only child that has weight, at share 0, a unit may have no score.
        for left in np.flatnonzero((sign[:-1] != sign[1:]) & ~np.isnan(sign[:-1] + sign[1:])):
            ends = float(shares[left]), float(shares[left + 1])
            brackets.append((max(ends[0] - own, own - ends[1], 0.0) / own, node, *ends))
    nearest = np.inf
    for away, node, low, high in sorted(brackets):
        if away > nearest:
            break

        def gap(share: float, node: int = node) -> float:
            factor = _factor(np.array([share]), weight[node], others[node])
            return float(_gap(standing, pair, node, factor)[0])

        share = next((end for end in (low, high) if gap(end) == 0), None)
        share = float(brentq(gap, low, high, xtol=1e-12)) if share is None else share
        nearest = min(nearest, abs(share * (weight[node] + others[node]) / weight[node] - 1))
        yield node, float(_factor(np.array(share), weight[node], others[node]))


def _factor(share: Floats, weight: Floats, others: Floats) -> Floats:
    """By what a weight is multiplied to have a share of its parent's."""
    return np.asarray(share * others / ((1 - share) * weight))


def _gap(standing: Standing, pair: tuple[int, int], node: int, factors: Floats) -> Floats:
    """(D,), the first unit's score less the other's, with points of bonuses, under D factors on one node's weight."""
    units = np.union1d(*(standing.compared_with(unit) for unit in pair))
    root = _root(standing, units, node, factors) + standing.result.points[units]
    first, second = (int(np.flatnonzero(units == unit)[0]) for unit in pair)
    return np.asarray(root[:, first] - root[:, second])


def _root(standing: Standing, units: Integers, node: int, factors: Floats) -> Floats:
    """The root's scores (D, units): only the way from the node up to the root is gone again."""
    scheme, scored = standing.scheme, standing.coverage.scored[:, units]
    if any(parent.weighting != "given" for parent in scheme.aggregates):
        of_all = np.ones((len(scheme.nodes), len(factors)))
        of_all[node] = factors
        scores = standing.scores[:, np.newaxis, units]
        return up_the_tree(scores, scored[:, np.newaxis], scheme, standing.inputs.groups[units], of_all)[0][-1]
    nominal = nominal_weights(scheme)
    changed, factor = np.broadcast_to(standing.node_scores[node, units], (len(factors), len(units))), factors
    while (name := scheme.nodes[node].parent) is not None:
        at, rows = scheme.place[name], scheme.children[name]
        parent = scheme.bottom_up[at - len(scheme.indicators)]
        children = np.repeat(standing.node_scores[rows][:, np.newaxis, units], len(factors), axis=1)
        weights = np.repeat(nominal[rows][:, np.newaxis], len(factors), axis=1).astype(float)
        children[rows.index(node)] = changed
        weights[rows.index(node)] *= factor
        if parent.aggregation in aggregate.NEEDS_POSITIVE and parent.floor is not None:
            children = aggregate.floored(children, parent.floor)
        changed = np.where(scored[at], aggregate.AGGREGATIONS[parent.aggregation](children, weights), np.nan)
        node, factor = at, np.ones(len(factors))
    return changed
