"""Blocks: the parts of an array whose units are compared with each other.

Shapes: an array of figures is (..., U), units last. Groups are (U,), or (P, U) where the last of the leading axes is
one of P periods; they are the codes of peer areas, `NO_GROUP` for a unit in none.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from dagster_project.scoring.normalise import NO_GROUP, Integers
from dagster_project.scoring.scheme import Scope

Array = npt.NDArray[Any]


@dataclass(frozen=True)
class Block:
    """Some units, in all periods or in some; units that lie side by side as a slice. `groups` are the units' codes."""

    periods: Integers | None
    units: Integers | slice
    groups: Integers

    def take(self, array: Array) -> Array:
        """The block's part of (..., U) or (..., P, U)."""
        if self.periods is None:
            return array[..., self.units]
        return array[..., self.periods[:, np.newaxis], self.units]

    def put(self, array: Array, part: Array) -> None:
        """Write what `take` would give."""
        if self.periods is None:
            array[..., self.units] = part
        else:
            array[..., self.periods[:, np.newaxis], self.units] = part


def blocks(groups: Integers, scope: Scope) -> Iterator[Block]:
    """The blocks of a scope: one per peer area and stretch of equal membership, or all units that are in any."""
    if groups.ndim == 1:
        yield from _of_membership(None, groups, scope)
        return
    patterns, which = np.unique(groups, axis=0, return_inverse=True)
    for at, members in enumerate(patterns):
        yield from _of_membership(np.flatnonzero(which.reshape(-1) == at), members, scope)


def _of_membership(periods: Integers | None, groups: Integers, scope: Scope) -> Iterator[Block]:
    inside = groups != NO_GROUP
    sets = [inside] if scope == "all" else [groups == code for code in np.unique(groups[inside])]
    for members in sets:
        units = np.flatnonzero(members)
        if units.size:
            side_by_side = periods is None and units[-1] - units[0] == units.size - 1
            yield Block(periods, slice(units[0], units[-1] + 1) if side_by_side else units, groups[units])
