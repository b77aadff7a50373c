"""One scheme over one block of values: normalise, weigh, average up the tree, round, rank.

Shapes: U units, I indicators (`scheme.indicators`), N nodes (`scheme.nodes`: indicators, then aggregates, the root
last), with any leading axes (periods, draws) before them. NaN is "no value" or "no score".
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from dagster_project.scoring.aggregate import arithmetic_mean
from dagster_project.scoring.normalise import (
    NO_GROUP,
    Booleans,
    Floats,
    Integers,
    minmax,
    observed_bounds,
    target_attainment,
)
from dagster_project.scoring.rank import count_in_groups, rank_in_groups
from dagster_project.scoring.scheme import MinMax, Scheme, SchemeError, TargetAttainment
from dagster_project.scoring.weight import covered_share, rescale

# Sums of decimal weights miss a threshold such as 0.6 by rounding alone; a coverage this close to it meets it.
COVERAGE_TOLERANCE = 1e-9

RANKED, NO_PEER_AREA, NO_DATA, LOW_COVERAGE = "", "no_peer_area", "no_data", "coverage"


@dataclass(frozen=True)
class References:
    """What values are measured against, each broadcastable to (..., U, I); NaN where there is none.

    Shapes: `low` and `high` are goalposts (min-max with goalposts), `target` is for target attainment.
    """

    low: Floats
    high: Floats
    target: Floats

    @classmethod
    def none(cls) -> References:
        """For schemes that use observed bounds only."""
        return cls(*(np.full((1, 1), np.nan) for _ in range(3)))


@dataclass(frozen=True)
class Scores:
    """Results, aligned with the values given.

    node_scores: (..., U, N), 0 to 100 (to 100 cap for target attainment), not rounded; NaN where there is none.
    coverage: (..., U, N), share of the node's weight that entered its score, 0 to 1.
    weights: (..., U, N), weight in force: the node's share in the root's score; NaN if the root has none.
    score: (..., U), the root's score, rounded; NaN unless ranked.
    rank: (..., U), 0 unless ranked.  n_ranked, n_units: (..., U), ranked units and all units of the unit's group.
    reason: (..., U), why a unit is not ranked: "no_peer_area", "no_data" or "coverage"; "" if it is.
    """

    node_scores: Floats
    coverage: Floats
    weights: Floats
    score: Floats
    rank: Integers
    n_ranked: Integers
    n_units: Integers
    reason: npt.NDArray[np.str_]


def score(
    values: Floats,
    scheme: Scheme,
    groups: Integers,
    references: References | None = None,
    applies: Booleans | None = None,
) -> Scores:
    """Score and rank all units.

    Args:
        values: (..., U, I), indicator values in the order of `scheme.indicators`.
        scheme: the tree.
        groups: (..., U) or (U,), peer group of each unit; `NO_GROUP` is never ranked.
        references: goalposts and targets; needed by the schemes that name them.
        applies: (..., U, I) or None, False where an indicator does not apply to a unit: its weight then counts nowhere.

    Raises:
        SchemeError: an infinite value, goalposts that are not low < high, a target that is not above 0; names the
            indicator.
    """
    if values.ndim < 2 or values.shape[-1] != len(scheme.indicators):
        raise SchemeError(f"scheme {scheme.id}: values of shape {values.shape} need {len(scheme.indicators)} columns")
    groups = np.broadcast_to(groups, values.shape[:-1])
    applies = np.ones(values.shape, dtype=bool) if applies is None else np.broadcast_to(applies, values.shape)
    values = np.where(applies, values, np.nan)

    normalised = _normalise(values, scheme, groups, references or References.none())
    node_scores, coverage, local = _up_the_tree(normalised, scheme, applies)
    total = np.round(node_scores[..., -1], scheme.decimals)
    no_group, no_data = groups == NO_GROUP, np.isnan(normalised).all(axis=-1)
    reason = np.select([no_group, no_data, np.isnan(total)], [NO_PEER_AREA, NO_DATA, LOW_COVERAGE], RANKED)
    return Scores(
        node_scores=node_scores,
        coverage=coverage,
        weights=_down_the_tree(local, node_scores, scheme),
        score=np.where(no_group, np.nan, total),
        rank=rank_in_groups(total, groups),
        n_ranked=count_in_groups(reason == RANKED, groups),
        n_units=count_in_groups(~no_group, groups),
        reason=reason,
    )


def _normalise(values: Floats, scheme: Scheme, groups: Integers, references: References) -> Floats:
    """(..., U, I): each column by its own method."""
    low, high, target = (np.broadcast_to(a, values.shape) for a in (references.low, references.high, references.target))
    rules = [node.normaliser for node in scheme.indicators]
    observed = np.array([isinstance(rule, MinMax) and rule.bounds == "observed" for rule in rules])
    goalposts = np.array([isinstance(rule, MinMax) and rule.bounds == "goalposts" for rule in rules])
    by_target = np.array([isinstance(rule, TargetAttainment) for rule in rules])
    direction = np.array([rule.direction for rule in rules])
    cap = np.array([rule.cap for rule in rules if isinstance(rule, TargetAttainment)])

    _refuse(scheme, np.isinf(values), "infinite value", "correct the indicator's figures")
    no_span = (low >= high) | np.isinf(low) | np.isinf(high)
    _refuse(scheme, goalposts & no_span, "goalposts not low < high", "correct them in seeds/target")
    no_goal = (target <= 0) | np.isinf(target)
    _refuse(scheme, by_target & no_goal, "target not above 0", "correct it in seeds/target, or use min-max")

    normalised = np.full(values.shape, np.nan)
    part = values[..., observed]
    normalised[..., observed] = minmax(part, *observed_bounds(part, groups), direction[observed])
    part = values[..., goalposts]
    normalised[..., goalposts] = minmax(part, low[..., goalposts], high[..., goalposts], direction[goalposts])
    part = values[..., by_target]
    normalised[..., by_target] = target_attainment(part, target[..., by_target], direction[by_target], cap)
    return normalised


def _refuse(scheme: Scheme, wrong: Booleans, what: str, mend: str) -> None:
    columns = np.flatnonzero(wrong.reshape(-1, len(scheme.indicators)).any(axis=0))
    if columns.size:
        names = ", ".join(scheme.indicators[column].id for column in columns)
        raise SchemeError(f"scheme {scheme.id}: {what} in {names}; {mend}")


def _up_the_tree(normalised: Floats, scheme: Scheme, applies: Booleans) -> tuple[Floats, Floats, Floats]:
    """Score and coverage of each node, and its weight inside its parent (the root's is 1), each (..., U, N)."""
    shape = (*normalised.shape[:-1], len(scheme.nodes))
    node_scores, coverage, local = np.full(shape, np.nan), np.zeros(shape), np.ones(shape)
    leaves = len(scheme.indicators)
    node_scores[..., :leaves] = normalised
    coverage[..., :leaves] = ~np.isnan(normalised)
    relevant = np.ones(shape, dtype=bool)
    relevant[..., :leaves] = applies
    nominal = np.array([node.weight for node in scheme.nodes])

    for column, node in enumerate(scheme.bottom_up, start=leaves):
        children = scheme.children[node.id]
        scores = node_scores[..., children]
        present = ~np.isnan(scores)
        relevant[..., column] = relevant[..., children].any(axis=-1)
        entered = np.where(present, coverage[..., children], 0.0)
        share = covered_share(nominal[children] * relevant[..., children], entered)
        weights = rescale(nominal[children], present)
        enough = present.any(axis=-1) & (share >= node.min_coverage - COVERAGE_TOLERANCE)
        node_scores[..., column] = np.where(enough, arithmetic_mean(scores, weights), np.nan)
        coverage[..., column] = share
        local[..., children] = weights
    return node_scores, coverage, local


def _down_the_tree(local: Floats, node_scores: Floats, scheme: Scheme) -> Floats:
    """Weight in force, (..., U, N): the product of a node's and its ancestors' weights inside their parents."""
    weights = local.copy()
    for column in range(len(scheme.nodes) - 1, len(scheme.indicators) - 1, -1):
        weights[..., scheme.children[scheme.nodes[column].id]] *= weights[..., column, np.newaxis]
    scored = ~np.isnan(node_scores[..., -1:])
    return np.where(scored, weights, np.nan)
