"""What if: other figures or other weights, and the ranks that follow from them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from dagster_project.scoring.engine import Scores, score
from dagster_project.scoring.normalise import Floats
from dagster_project.scoring.prepare import Inputs
from dagster_project.scoring.scheme import Node, Scheme, SchemeError


@dataclass(frozen=True)
class Changes:
    """values: by indicator and place of the unit; NaN takes a figure away. weights: by node, relative to siblings'."""

    values: Mapping[tuple[str, int], float] = field(default_factory=dict)
    weights: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class WhatIf:
    before: Scores
    after: Scores


def whatif(
    inputs: Inputs, scheme: Scheme, changes: Changes, period: int | None = None, before: Scores | None = None
) -> WhatIf:
    """Everything scored before and after some changes, both by the engine itself.

    Args:
        period: the place of the period whose figures change, where there are several.
        before: what `score` gave for the same inputs and scheme, if that is at hand; it is made otherwise.

    Raises:
        SchemeError: an indicator, node, unit or period that is not there; a weight that nothing reads; or as `score`.
    """
    changed = replace(inputs, values=with_values(inputs.values, scheme, changes, period))
    return WhatIf(before or score(inputs, scheme), score(changed, with_weights(scheme, changes)))


def with_values(values: Floats, scheme: Scheme, changes: Changes, period: int | None) -> Floats:
    """The figures (I, U) or (I, P, U), changed."""
    if (values.ndim, period is None) not in ((2, True), (3, False)):
        raise SchemeError(f"scheme {scheme.id}: values of shape {values.shape}, period {period}; name one of several")
    if period is not None and not 0 <= period < values.shape[1]:
        raise SchemeError(f"scheme {scheme.id}: no period {period}; there are {values.shape[1]}, counted from 0")
    rows = {leaf.id: at for at, leaf in enumerate(scheme.indicators)}
    changed = values.copy()
    for (name, unit), value in changes.values.items():
        if name not in rows:
            raise SchemeError(f"scheme {scheme.id}: no indicator {name}; name one of the scheme's")
        if not 0 <= unit < values.shape[-1]:
            raise SchemeError(f"scheme {scheme.id}: no unit {unit}; there are {values.shape[-1]}, counted from 0")
        changed[(rows[name], unit) if period is None else (rows[name], period, unit)] = value
    return changed


def with_weights(scheme: Scheme, changes: Changes) -> Scheme:
    """The scheme with some weights changed."""
    weights = dict(changes.weights)
    if not weights:
        return scheme
    by_data = {node.id for node in scheme.aggregates if node.weighting not in ("given", "combined")}
    for name in weights:
        if name not in scheme.place:
            raise SchemeError(f"scheme {scheme.id}: no node {name}; name an indicator or aggregate of the scheme")
        parent = scheme.nodes[scheme.place[name]].parent
        if parent is None or parent in by_data:
            why = "is the root" if parent is None else f"takes its weight from data, as {parent} says"
            raise SchemeError(f"scheme {scheme.id}: {name} {why}; a given weight changes nothing there")

    def weight(node: Node) -> float:
        return weights.get(node.id, node.weight)

    return replace(
        scheme,
        indicators=tuple(replace(leaf, weight=weight(leaf)) for leaf in scheme.indicators),
        aggregates=tuple(replace(node, weight=weight(node)) for node in scheme.aggregates),
    )
