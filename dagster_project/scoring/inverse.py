"""From a score of an indicator back to the figure that has it: what a plan in points means in the figure's own unit.

Shapes: I indicators, U units; one period. Everybody else's figures stay as they are.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from dagster_project.scoring.normalise import Floats
from dagster_project.scoring.prepare import Inputs, prepare
from dagster_project.scoring.scheme import Aggregate, Imputation, Scheme

# Methods that give points for a place: no figure of one's own has a score, only one between two others' figures.
BY_PLACE = ("percentile_rank", "rank", "borda")
# Where a figure is looked for, in distances from the present one to that which should have the full score.
WIDER = np.concatenate([[0.0], 2.0 ** np.arange(40)])
# It is closed in on in so many passes over so many pieces: more than the 52 bits of a double.
PASSES, PIECES = 9, 64
NEAR = 1e-9


def figure_for(inputs: Inputs, scheme: Scheme, indicator: int, unit: int, wanted: float) -> float:
    """The figure, nearest to the present one, with which a unit's indicator scores at least `wanted`, more than now.

    Found by asking the production functions and closing in, so that it holds for every method whose score grows with
    the figure, outlier treatment included, and where the unit's own figure is a bound of the others. NaN where the unit
    has no figure, where the method goes by place, and where no figure scores so high.

    Args:
        inputs: of one period: values (I, U), groups (U,).
        indicator, unit: places on the two axes.
    """
    rule, now = scheme.indicators[indicator].normaliser, float(inputs.values[indicator, unit])
    if np.isnan(now) or rule.method in BY_PLACE:
        return np.nan
    one, alone = _alone(inputs, scheme, indicator)

    def scores(figures: Floats) -> Floats:
        """(L,), of the unit with each of the figures."""
        values = np.repeat(one.values[:, np.newaxis], len(figures), axis=1)
        values[0, :, unit] = figures
        return np.asarray(prepare(replace(one, values=values), alone).scores[0, :, unit])

    away = _best(inputs, scheme, indicator, unit) - now
    if not away or np.isnan(away):
        away = rule.direction * max(abs(now), 1.0)
    tried = now + away * WIDER
    if rule.method == "fraction_of_best":
        tried = tried[tried > 0]
    found = np.flatnonzero(scores(tried) >= wanted - NEAR)
    if not found.size:
        return np.nan
    short, enough = float(tried[found[0] - 1]) if found[0] else now, float(tried[found[0]])
    for _ in range(PASSES):
        between = np.linspace(short, enough, PIECES + 1)
        reached = np.flatnonzero(scores(between) >= wanted)
        if not reached.size or reached[0] == 0:
            return enough if not reached.size else short
        short, enough = float(between[reached[0] - 1]), float(between[reached[0]])
    return enough


def score_of(inputs: Inputs, scheme: Scheme, indicator: int, unit: int, figure: float) -> float:
    """The score of a unit's indicator, were its figure another one."""
    one, alone = _alone(inputs, scheme, indicator)
    values = one.values.copy()
    values[0, unit] = figure
    return float(prepare(replace(one, values=values), alone).scores[0, unit])


def ceilings(scores: Floats, scheme: Scheme) -> Floats:
    """(I,), the highest score that an indicator's figure can have: for standard scores, which have no end, the best
    unit's; for places the best one's too.

    Args:
        scores: (I, U), of the indicators.
    """
    best = np.fmax.reduce(scores, axis=-1, initial=np.nan)
    found = np.full(len(scheme.indicators), 100.0)
    for row, leaf in enumerate(scheme.indicators):
        rule = leaf.normaliser
        if rule.method in ("zscore", *BY_PLACE):
            found[row] = best[row]
        elif rule.method == "target":
            found[row] = 100.0 * rule.cap
        elif rule.method in ("minmax", "goalposts"):
            found[row] = rule.ceiling
    return found


def _alone(inputs: Inputs, scheme: Scheme, indicator: int) -> tuple[Inputs, Scheme]:
    """One indicator without its tree."""
    leaf = replace(scheme.indicators[indicator], parent="alone", imputation=Imputation())

    def row(array: Any) -> Any:
        return array[indicator : indicator + 1] if len(array) == len(scheme.indicators) else array

    names = ("low", "high", "target", "best_low", "best_high")
    bounds: dict[str, Any] = {name: row(getattr(inputs, name)) for name in names}
    one = replace(
        inputs,
        values=inputs.values[indicator : indicator + 1],
        applies=None if inputs.applies is None else row(inputs.applies),
        **bounds,
    )
    return one, Scheme(scheme.id, (leaf,), (Aggregate("alone", None),), scheme.decimals, scheme.scope)


def _best(inputs: Inputs, scheme: Scheme, indicator: int, unit: int) -> float:
    """A figure that should have the full score; where the search starts."""

    def of(array: Floats) -> float:
        return float(np.broadcast_to(array, inputs.values.shape)[indicator, unit])

    rule, now = scheme.indicators[indicator].normaliser, inputs.values[indicator, unit]
    match rule.method:
        case "goalposts" | "efficacy":
            return of(inputs.high) if rule.direction > 0 else of(inputs.low)
        case "target":
            return of(inputs.target) * (rule.cap if rule.direction > 0 else 2.0 - rule.cap)
        case "interval_best":
            return of(inputs.best_low) if now < of(inputs.best_low) else of(inputs.best_high)
        case _:
            own = inputs.groups == inputs.groups[unit] if scheme.scope == "group" else inputs.groups >= 0
            column = inputs.values[indicator, own]
            return float(np.fmax.reduce(column) if rule.direction > 0 else np.fmin.reduce(column))
