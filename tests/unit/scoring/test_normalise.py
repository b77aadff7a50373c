"""Normalisers: cases by hand, and the properties the method promises."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from dagster_project.scoring.normalise import NO_GROUP, minmax, observed_bounds, target_attainment

NAN = np.nan
ONE_GROUP = np.zeros(1, dtype=np.int64)
UP, DOWN = np.array([1]), np.array([-1])

columns = hnp.arrays(float, st.tuples(st.integers(1, 9), st.just(1)), elements=st.floats(-1e6, 1e6, width=32))


def column(*values: float) -> np.ndarray:
    return np.array(values, dtype=float)[:, np.newaxis]


def observed(values: np.ndarray, direction: np.ndarray) -> np.ndarray:
    return minmax(values, *observed_bounds(values, ONE_GROUP), direction)


def test_minmax_by_hand() -> None:
    values = column(10, 30, NAN, 20)
    np.testing.assert_array_equal(observed(values, UP), column(0, 100, NAN, 50))
    np.testing.assert_array_equal(observed(values, DOWN), column(100, 0, NAN, 50))


def test_goalposts_clip() -> None:
    values = column(10, 85, 90, 52.5)
    low, high = column(20), column(85)
    np.testing.assert_array_equal(minmax(values, low, high, UP), column(0, 100, 100, 50))
    np.testing.assert_array_equal(minmax(values, low, high, DOWN), column(100, 0, 0, 50))


def test_constant_column_and_lone_unit_score_the_middle() -> None:
    np.testing.assert_array_equal(observed(column(7, 7, NAN), UP), column(50, 50, NAN))
    np.testing.assert_array_equal(observed(column(7), DOWN), column(50))


def test_column_without_any_value_has_no_score() -> None:
    assert np.isnan(observed(column(NAN, NAN), UP)).all()


def test_observed_bounds_are_those_of_the_own_group() -> None:
    low, high = observed_bounds(column(1, 3, 10, NAN, 5), np.array([0, 0, 1, 1, NO_GROUP]))
    np.testing.assert_array_equal(low, column(1, 1, 10, 10, NAN))
    np.testing.assert_array_equal(high, column(3, 3, 10, 10, NAN))


@given(columns, st.floats(0.01, 100), st.floats(-1000, 1000))
def test_minmax_is_affine_invariant(values: np.ndarray, scale: float, shift: float) -> None:
    values = np.round(values)  # differences far above the rounding of the shifted values
    np.testing.assert_allclose(observed(scale * values + shift, UP), observed(values, UP), atol=1e-6)


@given(columns)
def test_turning_the_direction_mirrors_the_score(values: np.ndarray) -> None:
    np.testing.assert_allclose(observed(values, DOWN), 100 - observed(values, UP), atol=1e-9)
    np.testing.assert_allclose(observed(values, DOWN), observed(-values, UP), atol=1e-9)


@given(columns, st.data())
def test_a_better_value_never_lowers_the_score(values: np.ndarray, data: st.DataObject) -> None:
    unit = data.draw(st.integers(0, len(values) - 1))
    gain = data.draw(st.floats(0, 1e6, width=32))
    better, target, cap = values.copy(), np.array([50.0]), np.array([1.2])
    better[unit] += gain
    assert observed(better, UP)[unit] >= observed(values, UP)[unit]
    assert observed(-better, DOWN)[unit] >= observed(-values, DOWN)[unit]
    assert target_attainment(better, target, UP, cap)[unit] >= target_attainment(values, target, UP, cap)[unit]
    assert target_attainment(-better, target, DOWN, cap)[unit] >= target_attainment(-values, target, DOWN, cap)[unit]


@pytest.mark.parametrize(
    ("value", "direction", "cap", "expected"),
    [
        (90, UP, 1.0, 90),
        (100, UP, 1.0, 100),
        (130, UP, 1.0, 100),
        (130, UP, 1.2, 120),
        (-5, UP, 1.0, 0),
        (110, DOWN, 1.0, 90),
        (80, DOWN, 1.0, 100),
        (80, DOWN, 1.2, 120),
        (0, DOWN, 1.5, 150),
        (250, DOWN, 1.0, 0),
        (NAN, DOWN, 1.0, NAN),
    ],
)
def test_target_attainment_by_hand(value: float, direction: np.ndarray, cap: float, expected: float) -> None:
    got = target_attainment(column(value), np.array([100.0]), direction, np.array([cap]))
    np.testing.assert_allclose(got, column(expected), rtol=1e-12)


def test_no_target_no_score() -> None:
    assert np.isnan(target_attainment(column(5), np.array([NAN]), UP, np.array([1.0]))).all()
