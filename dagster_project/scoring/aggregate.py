"""Aggregation of the children's scores into one score."""

from __future__ import annotations

import numpy as np

from dagster_project.scoring.normalise import Floats


def arithmetic_mean(scores: Floats, weights: Floats) -> Floats:
    """Weighted arithmetic mean over the last axis; full compensation between children.

    Source: OECD/JRC, Handbook on Constructing Composite Indicators (2008), step 6, additive aggregation.

    Args:
        scores: (..., U, C); a NaN is left out and must have weight 0.
        weights: (..., U, C), summing to 1, or to 0 where nothing is present.

    Returns:
        (..., U); 0 where all weights are 0.
    """
    return (np.nan_to_num(scores, nan=0.0) * weights).sum(axis=-1)
