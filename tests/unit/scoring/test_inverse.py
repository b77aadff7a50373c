"""A figure found for a score has that score, and no nearer one does."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dagster_project.scoring.inverse import BY_PLACE, ceilings, figure_for
from dagster_project.scoring.prepare import Inputs, prepare
from dagster_project.scoring.scheme import Aggregate, Indicator, Normaliser, Scheme, Treatment

INVERTIBLE = (
    *("minmax", "goalposts", "zscore", "distance_to_best", "fraction_of_best", "target", "efficacy", "interval_best"),
)
FIGURES = np.array([31.0, 12.0, 47.0, 20.0, 55.0, 40.0])


def world(method: str, direction: int = 1, treatment: Treatment | None = None) -> tuple[Inputs, Scheme]:
    """An indicator that does not matter and one that does; the last unit is in another peer area."""
    rule = Normaliser(method, direction, mean=50.0, sd=10.0, cap=1.2)  # type: ignore[arg-type]
    leaves = (
        Indicator("other", "root", Normaliser("minmax", 1)),
        Indicator("one", "root", rule, treatment=treatment or Treatment()),
    )
    groups = np.array([0, 0, 0, 0, 0, 1])
    inputs = Inputs(
        np.stack([FIGURES[::-1], FIGURES]),
        groups,
        low=np.array([[np.nan], [5.0]]),
        high=np.array([[np.nan], [80.0]]),
        target=np.array([[np.nan], [60.0]]),
        best_low=np.array([[np.nan], [42.0]]),
        best_high=np.array([[np.nan], [50.0]]),
    )
    return inputs, Scheme("s", leaves, (Aggregate("root", None),))


def score_with(inputs: Inputs, scheme: Scheme, unit: int, figure: float) -> float:
    values = inputs.values.copy()
    values[1, unit] = figure
    return float(prepare(replace(inputs, values=values), scheme).scores[1, unit])


@pytest.mark.parametrize("method", INVERTIBLE)
@pytest.mark.parametrize("direction", [1, -1])
@settings(max_examples=20)
@given(unit=st.integers(0, 4), share=st.floats(0.01, 1.0))
def test_the_figure_has_the_score_and_no_nearer_one_does(method: str, direction: int, unit: int, share: float) -> None:
    inputs, scheme = world(method, direction)
    now = float(prepare(inputs, scheme).scores[1, unit])
    wanted = now + share * (float(ceilings(prepare(inputs, scheme).scores, scheme)[1]) - now)
    figure = figure_for(inputs, scheme, 1, unit, wanted)
    assert score_with(inputs, scheme, unit, figure) >= wanted - 1e-8
    if wanted > now + 1e-6:
        back = inputs.values[1, unit] + 0.999 * (figure - inputs.values[1, unit])
        assert score_with(inputs, scheme, unit, back) < wanted


def test_the_worst_unit_is_a_bound_itself() -> None:
    """Min-max: from 12 with the others at 20..55, half of the scale is between 20 and 55 once 12 is left behind."""
    inputs, scheme = world("minmax")
    assert figure_for(inputs, scheme, 1, 1, 50.0) == pytest.approx(37.5, abs=1e-9)


@pytest.mark.parametrize("method", BY_PLACE)
def test_points_for_places_have_no_figure(method: str) -> None:
    assert np.isnan(figure_for(*world(method), 1, 1, 50.0))


def test_what_cannot_be_has_no_figure() -> None:
    inputs, scheme = world("goalposts")
    assert np.isnan(figure_for(inputs, scheme, 1, 1, 100.1))
    inputs.values[1, 1] = np.nan
    assert np.isnan(figure_for(inputs, scheme, 1, 1, 50.0))


def test_a_treated_column() -> None:
    inputs, scheme = world("minmax", treatment=Treatment("winsorise", 1, 0.0, -9.0))
    figure = figure_for(inputs, scheme, 1, 3, 60.0)
    assert score_with(inputs, scheme, 3, figure) >= 60.0
