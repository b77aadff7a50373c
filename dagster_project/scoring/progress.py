"""How far a figure has come since an earlier one. Level and progress are then mixed by the weights of the tree."""

from __future__ import annotations

import numpy as np

from dagster_project.scoring.normalise import Floats

PERCENT = 100.0


def change(values: Floats, before: Floats) -> Floats:
    """y - b; docs/method.md, transform `change`.

    Args:
        values, before: (..., U), or broadcastable to each other; in the same unit.

    Returns:
        (..., U); NaN where either is missing.
    """
    return values - before


def growth(values: Floats, before: Floats) -> Floats:
    """100 (y / b - 1), in per cent; docs/method.md, transform `growth`.

    A base that is not above 0 gives no growth: from 0 it would be infinite, and from below 0 its sign would be wrong.

    Args:
        values, before: (..., U), or broadcastable to each other; in the same unit.

    Returns:
        (..., U); NaN where either is missing, or the base is not above 0.
    """
    values, before = np.broadcast_arrays(values, before)
    ratio = np.divide(values, before, out=np.full(values.shape, np.nan), where=before > 0)
    return PERCENT * (ratio - 1.0)
