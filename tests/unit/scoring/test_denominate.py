"""Denomination: cases by hand, and COINr's results."""

from __future__ import annotations

import numpy as np

from dagster_project.scoring.denominate import denominate
from tests.unit.scoring.reference_files import COINR, asem, indicators, numbers, read, with_coinr

NAN = np.nan


def test_by_hand() -> None:
    values = np.array([[10.0, 10.0, 10.0, 10.0, NAN, 0.0], [8.0] * 6])
    got = denominate(values, np.array([4.0, 0.0, -4.0, NAN, 4.0, 4.0]))
    np.testing.assert_array_equal(got, [[2.5, NAN, NAN, NAN, NAN, 0], [2, NAN, NAN, NAN, 2, 2]])


@with_coinr
def test_coinr() -> None:
    values, raw = asem("input_iData"), read(COINR / "input_iData.csv")
    _, _, denominators = indicators()
    sizes = np.array([numbers(raw[name]) if name else np.ones(values.shape[-1]) for name in denominators])
    assert sum(name != "" for name in denominators) > 10
    np.testing.assert_allclose(denominate(values, sizes), asem("p1_denominated"), rtol=1e-9)
