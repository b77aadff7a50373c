"""Mixtures of two evaluations: each thing that may differ between them taken from the earlier or from the later one.

Shapes: I indicators, K extra figures, U units. NaN is "no value".
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal, get_args

import numpy as np

from dagster_project.scoring.block import Array
from dagster_project.scoring.normalise import Booleans, Floats
from dagster_project.scoring.prepare import Inputs, filled
from dagster_project.scoring.scheme import Aggregate, Imputation, Indicator, Scheme, SchemeError

Factor = Literal["revision", "definition", "boundary", "weights", "imputation", "others", "own"]
FACTORS: tuple[Factor, ...] = get_args(Factor)
REFERENCES = ("low", "high", "target", "best_low", "best_high")
Key = tuple[str, str]


@dataclass(frozen=True)
class Evaluation:
    """One period under one scheme, its gaps filled: what `evaluation` makes.

    Shapes: inputs.values (I, U); imputed (I, U), where a value was filled. The scheme imputes nothing any more.
    """

    inputs: Inputs
    scheme: Scheme
    imputed: Booleans


def evaluation(inputs: Inputs, scheme: Scheme, period: int | None = None) -> Evaluation:
    """Fill the gaps as the scheme says, over all periods given, and take one of them; None if there is only one."""
    values = inputs.values
    if (values.ndim, period is None) not in ((2, True), (3, False)):
        raise SchemeError(f"scheme {scheme.id}: values of shape {values.shape}, period {period}; name a period")
    applies = np.broadcast_to(True if inputs.applies is None else _over_periods(inputs.applies, values), values.shape)
    values = np.where(applies, values, np.nan)
    known = np.where(applies, filled(values, inputs, scheme), np.nan)
    whole = replace(inputs, values=known, applies=applies)
    imputed = np.isnan(values) & ~np.isnan(known)
    leaves = tuple(replace(leaf, imputation=Imputation()) for leaf in scheme.indicators)
    of_period = whole if period is None else _period(whole, period)
    return Evaluation(of_period, replace(scheme, indicators=leaves), imputed if period is None else imputed[:, period])


class Mixtures:
    """Every mixture of an earlier and a later evaluation; which factors differ between them, `differ`.

    own (U,): units of which a figure that is imputed in neither moves on from the earlier period to the later.
    """

    def __init__(self, then: Evaluation, now: Evaluation):
        self._sides = (then, now)
        self._tables = [_Cells.of(side, then, now) for side in self._sides]
        self.groups = (then.inputs.groups, now.inputs.groups)
        self.schemes = {
            (definition, weights): with_weights_of(self._sides[definition].scheme, self._sides[weights].scheme)
            for definition in (False, True)
            for weights in (False, True)
        }
        changed = [(_changed(table.then, table.now), table.imputed) for table in self._tables]
        self.own: Booleans = np.any([(moved & ~imputed).any(axis=0) for moved, imputed in changed], axis=0)
        found: dict[Factor, bool] = {
            "definition": self._definition_differs(),
            "boundary": not np.array_equal(*self.groups),
            "weights": any(self.schemes[d, False] != self.schemes[d, True] for d in (False, True)),
            "imputation": any((moved & imputed).any() for moved, imputed in changed),
            "others": bool(self.own.any()),
            "own": bool(self.own.any()),
        }
        self.differ = frozenset(factor for factor, differs in found.items() if differs)

    def _definition_differs(self) -> bool:
        if replace(self.schemes[False, True], id="") != replace(self.schemes[True, True], id=""):
            return True
        then, now = (side.inputs for side in self._sides)
        shape = then.values.shape
        for name in (*REFERENCES, "applies"):
            one, other = (np.broadcast_to(getattr(inputs, name), shape).astype(float) for inputs in (then, now))
            if not np.array_equal(one, other, equal_nan=True):
                return True
        return False

    def setting(self, on: frozenset[Factor], units: Array) -> tuple[Inputs, Scheme]:
        """What a mixture has besides figures, for some units; the values and extras in it are not the mixture's."""
        definition = "definition" in on
        inputs = self._sides[definition].inputs
        parts = {name: _units(getattr(inputs, name), units) for name in (*REFERENCES, "applies", "values", "extras")}
        groups = self.groups["boundary" in on][units]
        return replace(inputs, groups=groups, **parts), self.schemes[definition, "weights" in on]

    def figures(self, on: frozenset[Factor], units: Array) -> tuple[Floats, Floats]:
        """The figures (I + K, U) of a mixture, extra ones last, if nobody's have moved on, and if everybody's have."""
        table = self._tables["definition" in on]
        filled = table.now if "imputation" in on else table.then
        before, after = (np.where(table.imputed, filled, cells)[:, units] for cells in (table.then, table.now))
        return before, after


def with_weights_of(scheme: Scheme, other: Scheme) -> Scheme:
    """A scheme with the weights of another, where that has the same node inside the same parent."""
    known = {(node.id, node.parent): node for node in other.nodes}

    def leaf(node: Indicator) -> Indicator:
        return replace(node, weight=known.get((node.id, node.parent), node).weight)

    def aggregate(node: Aggregate) -> Aggregate:
        match = known.get((node.id, node.parent), node)
        weighting = match.weighting if isinstance(match, Aggregate) else node.weighting
        return replace(node, weight=match.weight, weighting=weighting)

    leaves, aggregates = tuple(map(leaf, scheme.indicators)), tuple(map(aggregate, scheme.aggregates))
    return replace(scheme, indicators=leaves, aggregates=aggregates)


@dataclass(frozen=True)
class _Cells:
    """The figures that one side's scheme asks for, (I + K, U), extra ones last, then and now; and which of them were
    imputed in either. A cell that only one side asks for has that side's figure throughout.
    """

    then: Floats
    now: Floats
    imputed: Booleans

    @staticmethod
    def of(side: Evaluation, then: Evaluation, now: Evaluation) -> _Cells:
        keys = _keys(side.scheme)
        (before, asked_then, filled_then), (after, asked_now, filled_now) = (_gather(one, keys) for one in (then, now))
        before, after = np.where(asked_then, before, after), np.where(asked_now, after, before)
        return _Cells(before, after, (filled_then & asked_then) | (filled_now & asked_now))


def _changed(before: Floats, after: Floats) -> Booleans:
    return (before != after) & ~(np.isnan(before) & np.isnan(after))


def _keys(scheme: Scheme) -> list[Key]:
    extras = [("bonus", rule.id) for rule in scheme.bonuses] + [("veto", rule.id) for rule in scheme.vetoes]
    return [("indicator", leaf.id) for leaf in scheme.indicators] + extras


def _gather(of: Evaluation, keys: list[Key]) -> tuple[Floats, Booleans, Booleans]:
    """Values, whether the evaluation asks for them, and whether they are imputed: (len(keys), U)."""
    rows = {key: at for at, key in enumerate(_keys(of.scheme))}
    count, units = of.inputs.values.shape
    extras = np.broadcast_to(of.inputs.extras, (len(rows) - count, units))
    values = np.concatenate([of.inputs.values, extras])
    asked, imputed = np.ones(values.shape, dtype=bool), np.zeros(values.shape, dtype=bool)
    imputed[:count] = of.imputed
    if of.inputs.applies is not None:
        asked[:count] = of.inputs.applies
    shape = (len(keys), units)
    found = (np.full(shape, np.nan), np.zeros(shape, dtype=bool), np.zeros(shape, dtype=bool))
    here = [at for at, key in enumerate(keys) if key in rows]
    there = [rows[keys[at]] for at in here]
    for target, source in zip(found, (values, asked, imputed), strict=True):
        target[here] = source[there]
    return found


def _over_periods(array: Array, values: Floats) -> Array:
    return array[:, np.newaxis] if array.ndim < values.ndim else array


def _period(inputs: Inputs, period: int) -> Inputs:
    def at(array: Array) -> Array:
        return array if array.ndim < 3 else array[:, period if array.shape[1] > 1 else 0]

    names = ("values", "applies", "extras", *REFERENCES)
    groups = inputs.groups if inputs.groups.ndim == 1 else inputs.groups[period]
    return replace(inputs, groups=groups, times=None, **{name: at(getattr(inputs, name)) for name in names})


def _units(array: Array, units: Array) -> Array:
    return array if array.shape[-1] == 1 else array[..., units]
