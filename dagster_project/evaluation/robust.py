"""Draws of a scheme, period by period.

Belongs here: what of a block is uncertain. Drawing itself is in `scoring.robust`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from dagster_project.evaluation.inputs import Block
from dagster_project.evaluation.memory import Arrays, Memory
from dagster_project.scoring.draw import Uncertainty
from dagster_project.scoring.engine import Scores
from dagster_project.scoring.mixture import Evaluation, evaluation
from dagster_project.scoring.normalise import Floats, Integers
from dagster_project.scoring.prepare import Inputs
from dagster_project.scoring.rank import NOT_RANKED
from dagster_project.scoring.robust import robustness
from dagster_project.scoring.scheme import Scheme
from dagster_project.scoring.spread import spread


@dataclass(frozen=True)
class Draws:
    """Shapes: low, high, apart (P, U), 0 unless ranked; tier_probability (T, P, U)."""

    low: Integers
    high: Integers
    apart: Integers
    tier_probability: Floats


def draw(
    scheme: Scheme,
    uncertainty: Uncertainty | None,
    block: Block,
    scores: Scores,
    bits: Mapping[str, int],
    memory: Memory,
) -> Draws | None:
    """What the draws say of every period in which somebody is ranked; None if the scheme makes none.

    Args:
        bits: of each flag.
    """
    if uncertainty is None:
        return None
    low, high, apart = (np.full(scores.rank.shape, NOT_RANKED, dtype=np.int64) for _ in range(3))
    tiers = len(scheme.tiers.names) if scheme.tiers else 0
    probability = np.zeros((tiers, *scores.rank.shape))
    for at in np.flatnonzero((scores.rank != NOT_RANKED).any(axis=1)).tolist():
        one = evaluation(block.inputs, scheme, at)
        # Gaps are filled over all periods; a scheme that varies how leaves those of the peers to each draw.
        inputs, drawn = (one.inputs, one.scheme)
        if uncertainty.imputations:
            inputs, drawn = period_of(block.inputs, at), scheme
        deviation = spread_of(one, block, at, bits) if uncertainty.data else None
        arrays = vars(inputs).values()
        key = memory.key("draws", drawn, uncertainty, deviation, *arrays)
        found = memory.recall(key, partial(_drawn, inputs, drawn, uncertainty, deviation))
        low[at], high[at], apart[at] = found["low"], found["high"], found["apart"]
        probability[:, at] = found["tier_probability"]
    return Draws(low, high, apart, probability)


def _drawn(inputs: Inputs, scheme: Scheme, uncertainty: Uncertainty, deviation: Floats | None) -> Arrays:
    found = robustness(inputs, scheme, uncertainty, deviation)
    return {name: getattr(found, name) for name in ("low", "high", "apart", "tier_probability")}


def spread_of(one: Evaluation, block: Block, at: int, bits: Mapping[str, int]) -> Floats:
    """Of figures that are provisional, imputed (by their source or by the scheme), or shares of few cases."""
    flags = block.flags[:, at]
    return spread(
        one.inputs.values,
        one.inputs.groups,
        (flags & bits["provisional"]) > 0,
        one.imputed | ((flags & bits["imputed"]) > 0),
        block.numerator[:, at],
        block.denominator[:, at],
    )


def period_of(inputs: Inputs, at: int) -> Inputs:
    """One period of the inputs of several."""
    names = ("values", "low", "high", "target", "best_low", "best_high", "extras")
    applies = None if inputs.applies is None else inputs.applies[:, at]
    parts = {name: getattr(inputs, name)[:, at] for name in names}
    return replace(inputs, groups=inputs.groups[at], applies=applies, times=None, **parts)
