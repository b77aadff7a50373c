"""Changes as people write them, and figures as they are shown: nothing is lost on the way."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dagster_project.scoring.scheme import Aggregate, Indicator, Normaliser, Scheme, SchemeError
from dagster_project.warehouse.explain_score import asked_again
from dagster_project.warehouse.whatif import Unclear, _plain, _set_of, _shown, _weight_of, rescaled, shares


def scheme() -> Scheme:
    """root: a (weights 1, 2, 5 inside) and b (one child)."""
    minmax = Normaliser("minmax", 1)
    leaves = [Indicator(name, "a", minmax, weight) for name, weight in (("x", 1.0), ("y", 2.0), ("z", 5.0))]
    aggregates = (Aggregate("root", None), Aggregate("a", "root", weight=3.0), Aggregate("b", "root", weight=1.0))
    return Scheme("s", (*leaves, Indicator("w", "b", minmax)), aggregates)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("渝中区:gdp_growth=6.5", ("渝中区", "gdp_growth", 6.5)),
        ("West : output = 1,250", ("West", "output", 1250.0)),
        ("500103:x=-3e2", ("500103", "x", -300.0)),
    ],
)
def test_a_figure(text: str, said: tuple[str, str, float]) -> None:
    assert _set_of(text) == said


def test_a_figure_taken_away() -> None:
    assert math.isnan(_set_of("West:output=none")[2])


@pytest.mark.parametrize("text", ["West", "West=3", ":x=3", "West:=3", "West:x=", "West:x=three", "West:x=inf"])
def test_a_figure_that_is_unclear(text: str) -> None:
    with pytest.raises(Unclear, match="--set"):
        _set_of(text)


@pytest.mark.parametrize(("text", "share"), [("ECO=0.3", 0.3), ("ECO=30%", 0.3), ("ECO = 100 %", 1.0)])
def test_a_weight(text: str, share: float) -> None:
    assert _weight_of(text) == ("ECO", pytest.approx(share))


@pytest.mark.parametrize("text", ["ECO", "=0.3", "ECO=0", "ECO=30", "ECO=-1%", "ECO=much"])
def test_a_weight_that_is_unclear(text: str) -> None:
    with pytest.raises(Unclear, match="--weight"):
        _weight_of(text)


def test_siblings_share_what_is_left_in_their_proportions() -> None:
    found = rescaled(scheme(), {"z": 0.4})
    assert found == pytest.approx({"z": 0.4, "x": 0.2, "y": 0.4})
    assert rescaled(scheme(), {"a": 0.5}) == pytest.approx({"a": 0.5, "b": 0.5})


def test_all_siblings_named_count_in_proportion() -> None:
    assert rescaled(scheme(), {"x": 0.5, "y": 0.5, "z": 1.0}) == {"x": 0.5, "y": 0.5, "z": 1.0}


@pytest.mark.parametrize(("given_", "said"), [({"x": 0.5, "y": 0.6}, "leave something for z"), ({"root": 0.5}, "root")])
def test_weights_that_leave_nothing(given_: dict[str, float], said: str) -> None:
    with pytest.raises(SchemeError, match=said):
        rescaled(scheme(), given_)


def test_shares_sum_to_one_inside_each_node() -> None:
    found = shares(scheme())
    assert found == pytest.approx({"x": 0.125, "y": 0.25, "z": 0.625, "w": 1.0, "a": 0.75, "b": 0.25})


@given(
    figure=st.floats(-1e6, 1e6),
    before=st.floats(-1e6, 1e6),
    decimals=st.integers(0, 4),
)
def test_a_shown_figure_lies_beyond_the_one_that_is_needed(figure: float, before: float, decimals: int) -> None:
    shown = _shown(figure, before, decimals)
    if figure == before:
        assert shown == figure
        return
    step = 10.0**-decimals
    beyond = (shown - figure) * math.copysign(1.0, figure - before)
    assert -1.1e-6 * step - 1e-9 <= beyond <= step * (1 + 1e-6) + 1e-9
    assert shown == round(shown, decimals)


@given(figure=st.floats(-1e9, 1e9))
def test_a_figure_in_a_command_has_all_of_its_digits(figure: float) -> None:
    assert float(_plain(figure)) == figure
    assert "e" not in _plain(figure)


def test_a_command_names_the_day_that_was_asked_for() -> None:
    assert asked_again("explain", "x", "500103", "2024", as_of=None) == "citydeck explain x 500103 2024"
    assert asked_again("explain", "x", as_of="2024-06-30") == "citydeck explain x --as-of 2024-06-30"
