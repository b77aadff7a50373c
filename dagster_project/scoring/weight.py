"""Weights inside one aggregate: rescaled over the children that are present, and the share that was present.

Shapes: children first, units last: (C, ..., U).
"""

from __future__ import annotations

import numpy as np

from dagster_project.scoring.normalise import Booleans, Floats


def rescale(weights: Floats, present: Booleans) -> Floats:
    """Weights of the present children, summing to 1; all 0 where none is present.

    Args:
        weights: broadcastable to `present`, not negative.
        present: (C, ..., U).
    """
    kept = np.where(present, weights, 0.0)
    total = kept.sum(axis=0)
    return np.divide(kept, total, out=np.zeros(kept.shape), where=total > 0)


def covered_share(weights: Floats, covered: Floats) -> Floats:
    """Share of the children's weight that is covered; 0 where no child has weight.

    Args:
        weights: broadcastable to `covered`, not negative; 0 for a child that does not apply to the unit.
        covered: (C, ..., U), each child's own covered share: 0 or 1 for an indicator.

    Returns:
        (..., U), from 0 to 1.
    """
    weights = np.broadcast_to(weights, covered.shape)
    total = weights.sum(axis=0)
    return np.divide((weights * covered).sum(axis=0), total, out=np.zeros(total.shape), where=total > 0)
