"""One scheme over figures: impute, treat, normalise, weigh, combine up the tree, adjust, round, rank.

Shapes: I indicators (`scheme.indicators`), N nodes (`scheme.nodes`: indicators, then aggregates, the root last), U
units, any leading axes (draws, periods) between: (N, ..., U). NaN is "no value" or "no score".
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from dagster_project.scoring.adjust import bonus, tiers_by_cut, tiers_by_quota, veto
from dagster_project.scoring.normalise import NO_GROUP, Booleans, Floats, Integers
from dagster_project.scoring.prepare import Inputs, Prepared, prepare
from dagster_project.scoring.rank import count_in_groups, rank_in_groups
from dagster_project.scoring.scheme import Scheme, SchemeError
from dagster_project.scoring.tree import Coverage, coverage_of, up_the_tree, weights_in_force

RANKED, NO_PEER_AREA, NO_DATA, LOW_COVERAGE, VETOED = "", "no_peer_area", "no_data", "coverage", "veto"


@dataclass(frozen=True)
class Result:
    """What follows from the root's scores alone.

    Shapes, all (..., U): score, rounded, NaN unless ranked; rank, 0 unless ranked; n_ranked and n_units, the ranked and
    all units of the unit's group; points, of bonuses and deductions, within `score`; tier, place in
    `scheme.tiers.names`, -1 without; vetoed, whether a veto of whatever effect holds; reason, why a unit is not ranked,
    "" if it is.
    """

    score: Floats
    rank: Integers
    n_ranked: Integers
    n_units: Integers
    points: Floats
    tier: Integers
    vetoed: Booleans
    reason: npt.NDArray[np.str_]


@dataclass(frozen=True)
class Scores(Result):
    """Everything about one evaluation.

    node_scores: (N, ..., U), not rounded; NaN where there is none.
    coverage: (N, ..., U), share of the node's weight that entered its score, 0 to 1.
    weights: (N, ..., U), weight in force: the node's share in the root's score; NaN if the root has none.
    nominal: (N, ..., U or 1), each node's weight inside its parent before rescaling.
    imputed: (I, ..., U), where a value was not given but filled.
    """

    node_scores: Floats
    coverage: Floats
    weights: Floats
    nominal: Floats
    imputed: Booleans


def score(inputs: Inputs, scheme: Scheme) -> Scores:
    """Score and rank all units.

    Raises:
        SchemeError: figures that have no answer under the scheme; names the indicator or node.
    """
    check_groups(inputs, scheme)
    prepared = prepare(inputs, scheme)
    coverage = coverage_of(prepared.present, prepared.applies, scheme)
    node_scores, nominal = up_the_tree(prepared.scores, coverage.scored, scheme, inputs.groups)
    result = conclude(node_scores[-1], inputs, scheme, has_data(prepared, coverage))
    return Scores(
        **vars(result),
        node_scores=node_scores,
        coverage=coverage.share,
        weights=weights_in_force(node_scores, nominal, scheme),
        nominal=nominal,
        imputed=prepared.imputed,
    )


def conclude(root: Floats, inputs: Inputs, scheme: Scheme, data: Booleans) -> Result:
    """From the root's scores to ranks: bonuses, vetoes, rounding, ranks inside peer areas, tiers.

    Args:
        root: (..., U), NaN where there is none.
        data: (..., U), whether any indicator has a score.
    """
    groups = np.broadcast_to(inputs.groups, root.shape)
    extras, n_bonuses = inputs.extras, len(scheme.bonuses)
    points = np.zeros(root.shape)
    if scheme.bonuses:
        rates, caps = np.array([(b.points, b.cap) for b in scheme.bonuses]).T
        points = np.broadcast_to(bonus(extras[:n_bonuses], rates, caps, scheme.bonus_cap)[0], root.shape)
    vetoed = {effect: np.zeros(root.shape, dtype=bool) for effect in ("not_ranked", "lowest_tier")}
    for row, rule in enumerate(scheme.vetoes, start=n_bonuses):
        vetoed[rule.effect] |= veto(extras[row : row + 1], np.array([rule.threshold]), rule.when)[0]

    total = np.round(root + points, scheme.decimals)
    reason = np.select(
        [groups == NO_GROUP, ~data, np.isnan(total), vetoed["not_ranked"]],
        [NO_PEER_AREA, NO_DATA, LOW_COVERAGE, VETOED],
        RANKED,
    )
    total = np.where(reason == RANKED, total, np.nan)
    rank = rank_in_groups(total, groups, scheme.tie_rule)
    n_ranked = count_in_groups(reason == RANKED, groups)
    tier = np.where(vetoed["lowest_tier"] & (rank > 0), _lowest(scheme), _tiers(scheme, total, rank, n_ranked))
    n_units = count_in_groups(groups != NO_GROUP, groups)
    any_veto = vetoed["not_ranked"] | vetoed["lowest_tier"]
    return Result(total, rank, n_ranked, n_units, points, tier, any_veto, reason)


def has_data(prepared: Prepared, coverage: Coverage) -> Booleans:
    """(..., U): whether any indicator has a score."""
    return np.asarray(coverage.scored[: len(prepared.present)].any(axis=0))


def check_groups(inputs: Inputs, scheme: Scheme) -> None:
    """Refuse groups and extra figures that do not fit the values.

    Raises:
        SchemeError: says which shape was given and which is needed.
    """
    fits = inputs.values.ndim >= 2 and inputs.groups.shape in (inputs.values.shape[-1:], inputs.values.shape[-2:])
    if not fits or (inputs.groups.ndim == 2 and inputs.values.ndim < 3):
        shapes = f"groups of shape {inputs.groups.shape} for values of shape {inputs.values.shape}"
        raise SchemeError(f"scheme {scheme.id}: {shapes}; give one group per unit, or per period and unit")
    wanted = len(scheme.bonuses) + len(scheme.vetoes)
    if len(inputs.extras) != wanted:
        raise SchemeError(f"scheme {scheme.id}: {len(inputs.extras)} extra figures; give one row for each of {wanted}")


def _tiers(scheme: Scheme, total: Floats, rank: Integers, n_ranked: Integers) -> Integers:
    if scheme.tiers is None:
        return np.full(total.shape, -1)
    if scheme.tiers.cuts:
        return tiers_by_cut(total, scheme.tiers.cuts)
    return tiers_by_quota(rank, n_ranked, scheme.tiers.quotas)


def _lowest(scheme: Scheme) -> int:
    return len(scheme.tiers.names) - 1 if scheme.tiers else -1
