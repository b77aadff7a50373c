"""From figures to scores of indicators: impute, treat outliers, normalise; and the refusal of figures that cannot be.

Shapes: I indicators, any leading axes, U units: (I, ..., U). NaN is "no value".
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator
from dataclasses import dataclass, field, replace
from typing import TypeVar

import numpy as np

from dagster_project.scoring import impute, normalise, treat
from dagster_project.scoring.block import Array, Block, blocks
from dagster_project.scoring.normalise import NO_GROUP, Booleans, Floats, Integers
from dagster_project.scoring.scheme import Imputation, Indicator, Normaliser, Scheme, SchemeError, Treatment

Choice = TypeVar("Choice", bound=Hashable)

# Numbers a working array may hold: what fits a core's cache.
CACHED = 2**16
NONE = np.full((1, 1), np.nan)
NO_EXTRAS = np.zeros((0, 1))


@dataclass(frozen=True)
class Inputs:
    """What a scheme is applied to.

    Shapes: values (I, ..., U), in the order of `scheme.indicators`; groups (U,) or (P, U) with periods as the last
    leading axis; applies, None or False where an indicator does not apply to a unit (its weight then counts nowhere);
    low and high (goalposts, and the worst ends of interval_best), target, best_low and best_high (the interval),
    each broadcastable to values, NaN where there is none; times (P,), the periods' places on the calendar, needed to
    impute over time; extras (K, ..., U), the figures of bonuses, then of vetoes.
    """

    values: Floats
    groups: Integers
    applies: Booleans | None = None
    low: Floats = field(default_factory=lambda: NONE)
    high: Floats = field(default_factory=lambda: NONE)
    target: Floats = field(default_factory=lambda: NONE)
    best_low: Floats = field(default_factory=lambda: NONE)
    best_high: Floats = field(default_factory=lambda: NONE)
    times: Integers | None = None
    extras: Floats = field(default_factory=lambda: NO_EXTRAS)


@dataclass(frozen=True)
class Prepared:
    """Shapes: scores (I, ..., U), 0 to 100 by most methods; imputed, alike, where the value was not given;
    present, alike, where there is a score; applies, alike.
    """

    scores: Floats
    imputed: Booleans
    present: Booleans
    applies: Booleans


def prepare(inputs: Inputs, scheme: Scheme) -> Prepared:
    """Impute, treat and normalise each indicator by its own choices, each peer area (or all, by scope) by itself.

    Raises:
        SchemeError: a figure that has no answer, with the indicator's name.
    """
    values = inputs.values
    if values.ndim < 2 or len(values) != len(scheme.indicators):
        wanted = len(scheme.indicators)
        raise SchemeError(f"scheme {scheme.id}: values of shape {values.shape}; give one row for each of {wanted}")
    refuse(scheme, np.isinf(values), "infinite value", "correct the indicator's figures")
    applies = np.ones((1, 1), dtype=bool) if inputs.applies is None else inputs.applies
    applies = np.broadcast_to(_leading(applies, values), values.shape)
    scores = np.where(applies, normalised(np.where(applies, values, np.nan), inputs, scheme), np.nan)
    present = ~np.isnan(scores)
    return Prepared(scores, np.isnan(values) & present, present, applies)


def filled(values: Floats, inputs: Inputs, scheme: Scheme) -> Floats:
    """Figures (I, ..., U) with their gaps filled as each indicator says; `inputs` says groups and times."""
    known = values.copy()
    for choice, rows in _rows(scheme, lambda i: i.imputation).items():
        if choice.method != "none":
            part = _over_time(values[rows], inputs, choice, rows, scheme)
            for block in blocks(inputs.groups, scheme.scope):
                block.put(part, _of_peers(block.take(part), block, choice))
            known[rows] = part
    return known


def normalised(values: Floats, inputs: Inputs, scheme: Scheme) -> Floats:
    """The scores of figures (I, ..., U) that are finite and NaN where an indicator does not apply.

    `inputs` says all but the figures: groups and references.
    """
    scores = np.empty(values.shape)
    for rows, part in in_parts(lambda rows: values[rows], values[0].size, inputs, scheme):
        scores[rows] = part
    return scores


def in_parts(
    figures: Callable[[Integers], Floats], size: int, inputs: Inputs, scheme: Scheme
) -> Iterator[tuple[Integers, Floats]]:
    """Indicators that share their choices, a few at a time so that working arrays stay in a core's cache, and their
    scores (i, ..., U).

    Args:
        figures: (i, ..., U), of the indicators asked for; may be overwritten.
        size: how many figures one indicator has.
    """
    few = max(1, CACHED // max(1, size))
    comparing = list(blocks(inputs.groups, scheme.scope))
    outside = inputs.groups == NO_GROUP
    alone = len(comparing) == 1 and not outside.any()
    for choice, rows in _rows(
        scheme, lambda i: (replace(i.normaliser, direction=1), i.treatment, i.imputation)
    ).items():
        for start in range(0, len(rows), few):
            part = rows[start : start + few]
            filled = _over_time(figures(part), inputs, choice[2], part, scheme)
            scores = filled if alone else np.empty(filled.shape)
            scores[..., outside] = np.nan
            for block in comparing:
                own = _treated(_of_peers(block.take(filled), block, choice[2]), choice[1])
                own = _normalised(own, choice[0], part, block, inputs, scheme)
                if alone:
                    scores = own
                else:
                    block.put(scores, own)
            yield part, scores


def refuse(scheme: Scheme, wrong: Booleans, what: str, mend: str, rows: Integers | None = None) -> None:
    """Raise a SchemeError that names the indicators where `wrong` (rows first) holds anywhere."""
    hit = np.flatnonzero(wrong.reshape(len(wrong), -1).any(axis=1)) if wrong.size else np.zeros(0, dtype=np.int64)
    if hit.size:
        names = ", ".join(scheme.indicators[at if rows is None else rows[at]].id for at in hit)
        raise SchemeError(f"scheme {scheme.id}: {what} in {names}; {mend}")


def _leading(array: Array, values: Floats) -> Array:
    """(I, U) or (I, P, U) as an array of as many axes as `values`: what is missing comes after the indicators."""
    missing = values.ndim - array.ndim
    return array.reshape(array.shape[0], *(1,) * missing, *array.shape[1:]) if missing > 0 else array


def _rows(scheme: Scheme, key: Callable[[Indicator], Choice]) -> dict[Choice, Integers]:
    """The indicators that share a choice."""
    found: dict[Choice, list[int]] = {}
    for at, indicator in enumerate(scheme.indicators):
        found.setdefault(key(indicator), []).append(at)
    return {choice: np.array(rows) for choice, rows in found.items()}


def _over_time(values: Floats, inputs: Inputs, choice: Imputation, rows: Integers, scheme: Scheme) -> Floats:
    if choice.method not in ("last", "linear"):
        return values
    if inputs.times is None or values.ndim < 3:
        names = ", ".join(scheme.indicators[row].id for row in rows)
        raise SchemeError(f"scheme {scheme.id}: imputation {choice.method} of {names} needs several periods")
    by_time = np.moveaxis(values, -2, 0)
    if choice.method == "last":
        return np.moveaxis(impute.last_within(by_time, inputs.times, choice.periods)[0], 0, -2)
    return np.moveaxis(impute.linear(by_time, inputs.times)[0], 0, -2)


def _of_peers(values: Floats, block: Block, choice: Imputation) -> Floats:
    match choice.method:
        case "group_mean":
            return impute.fill_group(values, block.groups, "mean")[0]
        case "group_median":
            return impute.fill_group(values, block.groups, "median")[0]
        case _:
            return values


def _treated(values: Floats, choice: Treatment) -> Floats:
    if choice.method == "none":
        return values
    return treat.treat(values, choice.max_points, choice.skew, choice.kurtosis, choice.method).values


def _normalised(
    values: Floats, rule: Normaliser, rows: Integers, block: Block, inputs: Inputs, scheme: Scheme
) -> Floats:
    def reference(name: str, rows: Integers) -> Floats:
        array = _leading(getattr(inputs, name), values)
        array = np.broadcast_to(array, (len(scheme.indicators), *array.shape[1:-1], inputs.values.shape[-1]))[rows]
        if block.periods is not None and array.shape[-2] == 1:
            return array[..., block.units]
        return block.take(array)

    direction = np.array([scheme.indicators[row].normaliser.direction for row in rows])
    sign = direction.reshape(-1, *(1,) * (values.ndim - 1))
    return _column(values, rule, sign, rows, reference, scheme)


def _column(
    x: Floats,
    rule: Normaliser,
    sign: Integers,
    rows: Integers,
    reference: Callable[[str, Integers], Floats],
    scheme: Scheme,
) -> Floats:
    """Scores of the indicators `rows`, which share a method."""
    match rule.method:
        case "minmax":
            return normalise.minmax(x, *normalise.observed_bounds(x), sign, rule.floor, rule.ceiling)
        case "goalposts":
            low, high = reference("low", rows), reference("high", rows)
            wrong = (low >= high) | np.isinf(low) | np.isinf(high)
            refuse(scheme, wrong, "goalposts not low < high", "correct goal_low and goal_high", rows)
            return normalise.minmax(x, low, high, sign, rule.floor, rule.ceiling)
        case "zscore":
            return normalise.zscore(x, sign, rule.mean, rule.sd)
        case "percentile_rank":
            return normalise.percentile_rank(x, sign)
        case "rank":
            return normalise.rank_points(x, sign)
        case "borda":
            return normalise.borda(x, sign)
        case "distance_to_best":
            return normalise.distance_to_best(x, sign)
        case "fraction_of_best":
            refuse(scheme, normalise.not_positive(x)[..., np.newaxis], "value not above 0", "use another method", rows)
            return normalise.fraction_of_best(x, sign)
        case "target":
            target = reference("target", rows)
            refuse(scheme, (target <= 0) | np.isinf(target), "target not above 0", "correct it, or use min-max", rows)
            return normalise.target_attainment(x, target, sign, np.array(rule.cap))
        case "efficacy":
            low, high = reference("low", rows), reference("high", rows)
            wrong = (low >= high) | np.isinf(low) | np.isinf(high)
            refuse(scheme, wrong, "goalposts not low < high", "correct goal_low and goal_high", rows)
            return normalise.efficacy(x, np.where(sign > 0, high, low), np.where(sign > 0, low, high))
        case "interval_best":
            worst_low, low, high, worst_high = (reference(n, rows) for n in ("low", "best_low", "best_high", "high"))
            wrong = (low > high) | (worst_low >= low) | (high >= worst_high)
            refuse(scheme, wrong, "interval not worst < low <= high < worst", "correct its bounds", rows)
            return normalise.interval_best(x, low, high, worst_low, worst_high)
