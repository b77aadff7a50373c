"""Denomination: figures that grow with the size of a unit, divided by that size."""

from __future__ import annotations

import numpy as np

from dagster_project.scoring.normalise import Floats


def denominate(values: Floats, denominators: Floats) -> Floats:
    """value / denominator, e.g. per inhabitant or per square kilometre.

    A denominator of 0 (a district where nobody lives), below 0, or missing gives no value: there is no such ratio, and
    infinity would push every other unit to the bottom of the scale. Whoever must tell an error from an empty district
    looks at the denominators (`normalise.not_positive`) beforehand.
    Source: OECD/JRC, Handbook on Constructing Composite Indicators (2008), step 2, scaling by size.

    Args:
        values: (..., U), NaN where there is no value.
        denominators: (..., U), broadcastable to `values`; in the unit of measurement the result is to be per.
    """
    shape = np.broadcast_shapes(values.shape, denominators.shape)
    return np.divide(values, denominators, out=np.full(shape, np.nan), where=denominators > 0)
