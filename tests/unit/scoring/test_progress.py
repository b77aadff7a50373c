"""Change and growth against plain loops, and the bases that have none."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dagster_project.scoring.progress import change, growth

figures = st.one_of(st.just(math.nan), st.floats(-1e12, 1e12, allow_subnormal=False))
pairs = st.lists(st.tuples(figures, figures), min_size=1, max_size=20)


@given(pairs)
def test_both_equal_a_loop(found: list[tuple[float, float]]) -> None:
    now, before = np.array(found).T
    slow_change = [y - b for y, b in found]
    slow_growth = [math.nan if math.isnan(b) or b <= 0 else 100 * (y / b - 1) for y, b in found]
    np.testing.assert_allclose(change(now, before), slow_change, rtol=1e-12)
    np.testing.assert_allclose(growth(now, before), slow_growth, rtol=1e-12)


@pytest.mark.parametrize(("now", "before"), [(5.0, 0.0), (5.0, -1.0), (5.0, math.nan), (math.nan, 5.0), (-5.0, -10.0)])
def test_no_growth_without_a_base_above_zero_or_a_figure(now: float, before: float) -> None:
    assert math.isnan(growth(np.array([now]), np.array([before]))[0])


def test_a_doubling_is_a_growth_of_a_hundred_per_cent() -> None:
    assert growth(np.array([6.0, 3.0, 0.0]), np.array([3.0, 3.0, 3.0])).tolist() == [100.0, 0.0, -100.0]


def test_an_earlier_figure_for_all_periods_and_draws() -> None:
    now = np.arange(12.0).reshape(2, 2, 3)
    before = np.array([1.0, 2.0, 4.0])
    assert growth(now, before).shape == change(now, before).shape == (2, 2, 3)
    np.testing.assert_array_equal(growth(now, before)[1, 1], growth(now[1, 1], before))
