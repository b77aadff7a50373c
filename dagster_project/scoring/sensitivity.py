"""Which choice moves the ranks most: Sobol indices over the choices of an uncertainty analysis.

Source: Sobol (1993), Saltelli et al. (2010), by SALib; the output that is explained is COINr's, the mean absolute
difference of rank from the scheme as it is.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from dagster_project.scoring.draw import Draws, Uncertainty, random_of, variants_of
from dagster_project.scoring.normalise import Floats, Integers
from dagster_project.scoring.prepare import Inputs
from dagster_project.scoring.robust import evaluate
from dagster_project.scoring.scheme import Scheme, SchemeError

# Sets of weights, and noises of the figures, that a sample picks from.
SETS = 100


@dataclass(frozen=True)
class Sensitivity:
    """Per choice, (K,): the share of the variance of ranks that it explains alone (first) and with all its interplay
    (total), each with the half width of its 95 % confidence interval.
    """

    choices: tuple[str, ...]
    first: Floats
    first_half_width: Floats
    total: Floats
    total_half_width: Floats


def sensitivity(
    inputs: Inputs, scheme: Scheme, uncertainty: Uncertainty, spread: Floats | None = None, base: int = 256
) -> Sensitivity:
    """Sobol indices of the choices that have an alternative.

    Args:
        inputs, spread: as in `robust.robustness`.
        base: size of the base sample, a power of two; base * (K + 2) evaluations are made.

    Raises:
        SchemeError: fewer than two choices vary, so that there is nothing to compare.
    """
    from SALib.analyze import sobol as analysis  # it imports slowly, and only this function needs it
    from SALib.sample import sobol as sampling

    choices = varying(scheme, uncertainty)
    if len(choices) < 2:
        raise SchemeError(f"scheme {scheme.id}: {len(choices)} choices vary; give alternatives for at least two")
    problem = {"num_vars": len(choices), "names": list(choices), "bounds": [[0.0, 1.0]] * len(choices)}
    sample = sampling.sample(problem, base, calc_second_order=False, seed=uncertainty.seed)
    draws = draws_of(sample, choices, scheme, uncertainty)
    shift = rank_shift(evaluate(inputs, scheme, draws, spread).rank, nominal_rank(inputs, scheme))
    found = analysis.analyze(problem, shift, calc_second_order=False, seed=uncertainty.seed)
    return Sensitivity(choices, *(np.array(found[key]) for key in ("S1", "S1_conf", "ST", "ST_conf")))


def varying(scheme: Scheme, uncertainty: Uncertainty) -> tuple[str, ...]:
    """Names of the choices that have an alternative, in the order of `draws_of`."""
    has = {
        "normaliser": bool(uncertainty.normalisers),
        "aggregation": bool(uncertainty.aggregations),
        "treatment": bool(uncertainty.max_points),
        "imputation": bool(uncertainty.imputations),
        "weights": uncertainty.weight_noise > 0,
        "leave_out": uncertainty.leave_one_out,
        "data": uncertainty.data,
    }
    return tuple(name for name, varies in has.items() if varies)


def draws_of(sample: Floats, choices: tuple[str, ...], scheme: Scheme, uncertainty: Uncertainty) -> Draws:
    """The draws of a sample of the unit cube, (D, K): each coordinate picks one option of its choice.

    Options are the scheme's own and the alternatives, `SETS` sets of weights and of noises, and for leaving out every
    indicator or none.
    """
    at = dict(zip(choices, sample.T, strict=True))
    nothing = np.zeros(len(sample))

    def pick(choice: str, options: int) -> Integers:
        return np.minimum((at.get(choice, nothing) * options).astype(np.int64), options - 1)

    # In the order in which `variants_of` combines them.
    discrete = ("normaliser", "aggregation", "treatment", "imputation")
    options = [
        1 + len(alternatives)
        for alternatives in (
            uncertainty.normalisers, uncertainty.aggregations, uncertainty.max_points, uncertainty.imputations,
        )
    ]  # fmt: skip
    which = np.ravel_multi_index(tuple(pick(c, n) for c, n in zip(discrete, options, strict=True)), tuple(options))
    noise = uncertainty.weight_noise
    sets = random_of(uncertainty.seed).uniform(1 - noise, 1 + noise, (len(scheme.nodes), SETS))
    factors = sets[:, pick("weights", SETS)]
    if uncertainty.leave_one_out:
        left_out = pick("leave_out", len(scheme.indicators) + 1) - 1
        out = np.flatnonzero(left_out >= 0)
        factors[left_out[out], out] = 0.0
    noises = pick("data", SETS) if uncertainty.data else None
    return Draws(tuple(variants_of(scheme, uncertainty)), which, factors, noises, uncertainty.seed)


def nominal_rank(inputs: Inputs, scheme: Scheme) -> Integers:
    """(U,), the ranks under the scheme as it is."""
    return evaluate(inputs, scheme, Draws((scheme,), np.zeros(1, dtype=np.int64))).rank[0]


def rank_shift(rank: Integers, nominal: Integers) -> Floats:
    """(D,), the mean absolute difference from the nominal ranks (U,) over the ranked units, of ranks (D, U)."""
    ranked = nominal > 0
    shift: Floats = np.abs(rank[:, ranked] - nominal[ranked]).mean(axis=1)
    return shift
