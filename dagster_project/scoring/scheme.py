"""A scheme: one tree that holds indicators and aggregates, and the rounding of its ranks.

Belongs here: what a scheme says, and the refusal of one that makes no sense. Does not belong here: any calculation.
"""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

HIGHER_IS_BETTER = 1
LOWER_IS_BETTER = -1


class SchemeError(ValueError):
    """A scheme, or the figures given to it, that cannot be scored; says which node and what to do."""


@dataclass(frozen=True)
class MinMax:
    """Min-max between the bounds observed in the peer group, or between goalposts fixed beforehand."""

    direction: int
    bounds: Literal["observed", "goalposts"] = "observed"


@dataclass(frozen=True)
class TargetAttainment:
    """Share of the target that was reached, between 0 and `cap` (1 = the target exactly)."""

    direction: int
    cap: float = 1.0


@dataclass(frozen=True)
class Indicator:
    """A leaf. `weight` is relative to the other children of `parent`."""

    id: str
    parent: str
    normaliser: MinMax | TargetAttainment
    weight: float = 1.0


@dataclass(frozen=True)
class Aggregate:
    """A weighted arithmetic mean of its children; has a score if these carry at least `min_coverage` of the weight."""

    id: str
    parent: str | None
    min_coverage: float = 1.0
    weight: float = 1.0


Node = Indicator | Aggregate


@dataclass(frozen=True)
class Scheme:
    """The tree and how its root is ranked: rounded half to even at `decimals`, ties share the lower number.

    Raises:
        SchemeError: no root or several, an unknown parent, a circle, a weight or parameter outside its range.
    """

    id: str
    indicators: tuple[Indicator, ...]
    aggregates: tuple[Aggregate, ...]
    decimals: int = 2

    def __post_init__(self) -> None:
        self._check_tree()
        for node in self.nodes:
            self._check_weight(node)
        for indicator in self.indicators:
            self._check_normaliser(indicator)

    @cached_property
    def bottom_up(self) -> tuple[Aggregate, ...]:
        """Aggregates, each after its own children; the root is the last."""
        top_down = [node for node in self.aggregates if node.parent is None]
        for parent in top_down:
            top_down += [node for node in self.aggregates if node.parent == parent.id]
        return tuple(reversed(top_down))

    @cached_property
    def nodes(self) -> tuple[Node, ...]:
        """Indicators in their order, then aggregates from the bottom up: the columns of a node array."""
        return (*self.indicators, *self.bottom_up)

    @cached_property
    def children(self) -> dict[str, list[int]]:
        """Per aggregate, the columns of a node array that hold its children."""
        return {
            parent.id: [column for column, node in enumerate(self.nodes) if node.parent == parent.id]
            for parent in self.aggregates
        }

    def _check_tree(self) -> None:
        nodes: tuple[Node, ...] = (*self.indicators, *self.aggregates)
        doubled = sorted(name for name, count in Counter(node.id for node in nodes).items() if count > 1)
        if doubled:
            raise self._error(f"{doubled} stand more than once in the tree", "keep one row of each")
        roots = sorted(node.id for node in self.aggregates if node.parent is None)
        if len(roots) != 1:
            raise self._error(f"its roots are {roots}", "leave parent_id empty on exactly one aggregate")
        known = {node.id for node in self.aggregates}
        for node in nodes:
            if node.parent not in known and node.id != roots[0]:
                raise self._error(
                    f"{node.id} has parent {node.parent}", "name an aggregate of this scheme as parent_id"
                )
        childless = sorted(known - {node.parent for node in nodes})
        if childless:
            raise self._error(f"aggregates {childless} have no children", "give them children or remove them")
        stray = sorted(known - {node.id for node in self.bottom_up})
        if stray:
            raise self._error(f"aggregates {stray} hang in a circle", "lead parent_id from each of them up to the root")

    def _check_weight(self, node: Node) -> None:
        if not (math.isfinite(node.weight) and node.weight > 0):
            raise self._error(f"{node.id}: weight {node.weight} is not a positive number", "write a weight above 0")
        if isinstance(node, Aggregate) and not 0 < node.min_coverage <= 1:
            raise self._error(f"{node.id}: min_coverage {node.min_coverage}", "write a share above 0 and at most 1")

    def _check_normaliser(self, indicator: Indicator) -> None:
        rule = indicator.normaliser
        if rule.direction not in (HIGHER_IS_BETTER, LOWER_IS_BETTER):
            raise self._error(f"{indicator.id}: direction {rule.direction}", "use 1 (higher is better) or -1 (lower)")
        if isinstance(rule, TargetAttainment) and not (math.isfinite(rule.cap) and rule.cap > 0):
            raise self._error(
                f"{indicator.id}: cap {rule.cap} is not a positive number", "write 1 for the target itself"
            )

    def _error(self, wrong: str, mend: str) -> SchemeError:
        return SchemeError(f"scheme {self.id}: {wrong}; {mend}")
