"""How far figures may be off, against plain Python."""

from __future__ import annotations

import math

import numpy as np
import pytest

from dagster_project.scoring.normalise import NO_GROUP
from dagster_project.scoring.spread import PROVISIONAL, spread

NAN = np.nan
GROUPS = np.array([0, 0, 0, 1, NO_GROUP])
NOTHING = np.zeros((1, 5), dtype=bool)
NO_TERMS = np.full((1, 5), NAN)


def test_certain_figures_are_certain() -> None:
    values = np.array([[1.0, 2.0, NAN, 4.0, 5.0]])
    assert (spread(values, GROUPS, NOTHING, NOTHING, NO_TERMS, NO_TERMS) == 0).all()


def test_a_provisional_figure_is_off_by_a_share_of_its_areas_span() -> None:
    values = np.array([[1.0, 6.0, 11.0, 4.0, 5.0]])
    found = spread(values, GROUPS, ~NOTHING, NOTHING, NO_TERMS, NO_TERMS)
    assert found.tolist() == pytest.approx(np.array([[10 * PROVISIONAL] * 3 + [0.0, 0.0]]))


def test_an_imputed_figure_is_off_by_the_deviation_of_those_given() -> None:
    values = np.array([[1.0, 3.0, 99.0, 4.0, 5.0]])
    imputed = np.array([[False, False, True, True, False]])
    assert spread(values, GROUPS, NOTHING, imputed, NO_TERMS, NO_TERMS).tolist() == [[0.0, 0.0, 1.0, 0.0, 0.0]]


def test_a_share_of_few_cases_is_off_as_cases_happen() -> None:
    part, whole = np.array([[3.0, 0.0, 5.0, 900.0, 2.0]]), np.array([[10.0, 4.0, 5.0, 1000.0, 3.0]])
    found = spread(100 * part / whole, GROUPS, NOTHING, NOTHING, part, whole)
    for got, x, n in zip(found[0], part[0], whole[0], strict=True):
        p = (x + 0.5) / (n + 1)
        assert got == pytest.approx(100 * math.sqrt(p * (1 - p) / n) if n < 1000 else 0.0)


@pytest.mark.parametrize(
    ("part", "whole", "value"),
    [
        ([3.5, 1.0, 1.0, 1.0, 1.0], [10.0] * 5, None),  # no cases: half a one
        ([13.0, 1.0, 1.0, 1.0, 1.0], [10.0] * 5, None),  # no share: more than the whole
        ([3.0, 1.0, 1.0, 1.0, 1.0], [10.0] * 5, [5.0, 1.0, 1.0, 1.0, 1.0]),  # a growth, say, not the ratio itself
    ],
)
def test_what_is_no_share_of_cases_is_certain(part: list[float], whole: list[float], value: list[float] | None) -> None:
    terms = np.array([part]), np.array([whole])
    values = 100 * terms[0] / terms[1] if value is None else np.array([value])
    assert (spread(values, GROUPS, NOTHING, NOTHING, *terms) == 0).all()


def test_sources_of_doubt_add_up_and_periods_stand_for_themselves() -> None:
    values, groups = np.array([[[1.0, 3.0], [1.0, 5.0]]]), np.array([[0, 0], [0, 0]])
    part, whole = values * 1.0, np.full(values.shape, 100.0)
    provisional = np.array([[[True, True], [False, True]]])
    found = spread(values, groups, provisional, np.zeros_like(provisional), part, whole)
    of_cases = [math.sqrt((x + 0.5) / 101 * (1 - (x + 0.5) / 101) / 100) * 100 for x in (1.0, 3.0, 1.0, 5.0)]
    off = [2 * PROVISIONAL, 2 * PROVISIONAL, 0.0, 4 * PROVISIONAL]
    assert found.ravel().tolist() == pytest.approx([math.hypot(a, b) for a, b in zip(of_cases, off, strict=True)])
