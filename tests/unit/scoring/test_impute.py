"""Gaps: cases by hand, slow second implementations, and COINr's results."""

from __future__ import annotations

from statistics import mean, median

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from dagster_project.scoring.impute import fill_group, last_within, linear
from dagster_project.scoring.normalise import NO_GROUP
from tests.unit.scoring.reference_files import COINR, asem, panel, read, with_coinr

NAN = np.nan
EVER = 1_000

figures = st.one_of(st.integers(-9, 9).map(float), st.just(NAN))
panels = hnp.arrays(float, st.tuples(st.integers(1, 6), st.integers(1, 2), st.integers(0, 4)), elements=figures)


def ascending(data: st.DataObject, count: int) -> np.ndarray:
    steps = data.draw(st.lists(st.integers(1, 3), min_size=count, max_size=count))
    return 2000 + np.cumsum(steps)


def check_mask(values: np.ndarray, filled: np.ndarray, imputed: np.ndarray) -> None:
    """What was there is as it was; the mask says what was not and now is."""
    known = ~np.isnan(values)
    np.testing.assert_array_equal(filled[known], values[known])
    np.testing.assert_array_equal(imputed, ~known & ~np.isnan(filled))


# ---- by hand


def test_group_by_hand() -> None:
    values = np.array([1, NAN, 3, 10, NAN, NAN, NAN, 7])
    groups = np.array([0, 0, 0, 0, 4, 4, NO_GROUP, NO_GROUP])
    filled, imputed = fill_group(values, groups, "mean")
    np.testing.assert_allclose(filled, [1, 14 / 3, 3, 10, NAN, NAN, NAN, 7], rtol=1e-12)
    assert imputed.tolist() == [False, True] + [False] * 6
    np.testing.assert_array_equal(fill_group(values, groups, "median")[0], [1, 3, 3, 10, NAN, NAN, NAN, 7])
    np.testing.assert_array_equal(fill_group(values, None, "median")[0], [1, 5, 3, 10, 5, 5, 5, 7])


def test_unknown_centre_is_refused() -> None:
    with pytest.raises(ValueError, match="mean or median"):
        fill_group(np.array([1.0]), None, "mode")  # type: ignore[arg-type]


def test_last_value_by_hand() -> None:
    values = np.array([NAN, 5, NAN, NAN, NAN, 8])[:, np.newaxis]
    times = np.array([1, 2, 3, 5, 6, 7])
    filled, imputed = last_within(values, times, 3)
    np.testing.assert_array_equal(filled[:, 0], [NAN, 5, 5, 5, NAN, 8])
    assert imputed[:, 0].tolist() == [False, False, True, True, False, False]
    np.testing.assert_array_equal(last_within(values, times, 0)[0], values)
    np.testing.assert_array_equal(last_within(values, times, 2)[0][:, 0], [NAN, 5, 5, NAN, NAN, 8])


def test_line_by_hand() -> None:
    values = np.array([NAN, 5, NAN, NAN, 15, NAN])[:, np.newaxis]
    filled, imputed = linear(values, np.array([1, 2, 3, 5, 7, 8]))
    np.testing.assert_allclose(filled[:, 0], [NAN, 5, 7, 11, 15, NAN], rtol=1e-12)
    assert imputed[:, 0].tolist() == [False, False, True, True, False, False]


@pytest.mark.parametrize("values", [np.full((3, 2), NAN), np.empty((3, 0)), np.ones((1, 2)), np.full((1, 1), NAN)])
def test_what_holds_nothing_stays_so(values: np.ndarray) -> None:
    times = np.arange(len(values))
    for filled, imputed in (
        fill_group(values, None, "mean"),
        fill_group(values, None, "median"),
        last_within(values, times, EVER),
        linear(values, times),
    ):
        np.testing.assert_array_equal(filled, values)
        assert not imputed.any()


# ---- second, slow implementations


@given(panels, st.sampled_from(["mean", "median"]), st.data())
def test_group_as_the_slow_implementation(values: np.ndarray, how: str, data: st.DataObject) -> None:
    units = values.shape[-1]
    groups = np.array(
        data.draw(st.lists(st.sampled_from([NO_GROUP, 0, 3]), min_size=units, max_size=units)), dtype=np.int64
    )
    filled, imputed = fill_group(values, groups, how)  # type: ignore[arg-type]
    expected = values.copy()
    for period, indicator, unit in np.argwhere(np.isnan(values)):
        own = values[period, indicator]
        known = [own[v] for v in range(units) if groups[v] == groups[unit] != NO_GROUP and not np.isnan(own[v])]
        if known:
            expected[period, indicator, unit] = {"mean": mean, "median": median}[how](known)
    np.testing.assert_allclose(filled, expected, rtol=1e-12, atol=1e-12)
    check_mask(values, filled, imputed)


@given(panels, st.integers(0, 6), st.data())
def test_last_value_as_the_slow_implementation(values: np.ndarray, periods: int, data: st.DataObject) -> None:
    times = ascending(data, len(values))
    filled, imputed = last_within(values, times, periods)
    expected = values.copy()
    for period, indicator, unit in np.argwhere(np.isnan(values)):
        for earlier in reversed(range(period)):
            if not np.isnan(values[earlier, indicator, unit]):
                if times[period] - times[earlier] <= periods:
                    expected[period, indicator, unit] = values[earlier, indicator, unit]
                break
    np.testing.assert_array_equal(filled, expected)
    check_mask(values, filled, imputed)


@given(panels, st.data())
def test_line_as_numpy_draws_it(values: np.ndarray, data: st.DataObject) -> None:
    times = ascending(data, len(values))
    filled, imputed = linear(values, times)
    for indicator in range(values.shape[1]):
        for unit in range(values.shape[2]):
            own = values[:, indicator, unit]
            known = ~np.isnan(own)
            expected = np.interp(times, times[known], own[known], NAN, NAN) if known.any() else own
            np.testing.assert_allclose(filled[:, indicator, unit], expected, rtol=1e-12, atol=1e-12)
    check_mask(values, filled, imputed)


# ---- COINr's results


@with_coinr
@pytest.mark.parametrize(
    ("source", "name", "group", "how"),
    [
        ("p1_denominated", "p2_imputed_group_mean", "EurAsia_group", "mean"),
        ("stored_ASEM_COIN_Denominated", "stored_ASEM_COIN_Imputed", "EurAsia_group", "mean"),
        ("input_iData", "raw_impute_mean", None, "mean"),
        ("input_iData", "raw_impute_median", None, "median"),
        ("input_iData", "raw_impute_mean_grp_EurAsia", "EurAsia_group", "mean"),
        ("input_iData", "raw_impute_median_grp_EurAsia", "EurAsia_group", "median"),
    ],
)
def test_coinr_groups(source: str, name: str, group: str | None, how: str) -> None:
    raw = read(COINR / "input_iData.csv")
    groups = None if group is None else np.unique(raw[group], return_inverse=True)[1]
    filled, imputed = fill_group(asem(source), groups, how)  # type: ignore[arg-type]
    np.testing.assert_allclose(filled, asem(name), rtol=1e-9, atol=1e-9)
    assert imputed.sum() == np.isnan(asem(source)).sum() > 0


@with_coinr
@pytest.mark.parametrize(("name", "periods"), [("latest", EVER), ("latest_max1", 1)])
def test_coinr_latest(name: str, periods: int) -> None:
    values, years = panel("panel_holes_input")
    filled, imputed = last_within(values, years, periods)
    np.testing.assert_array_equal(filled, panel(f"panel_holes_imputed_{name}")[0])
    assert imputed.sum() > 100


@with_coinr
def test_coinr_linear_and_constant_but_for_the_ends() -> None:
    """COINr also carries the first value backward and, on the "line", the last one forward; here neither is filled."""
    values, years = panel("panel_holes_input")
    first = np.maximum.accumulate(~np.isnan(values), axis=0)
    inside = first & np.maximum.accumulate(~np.isnan(values)[::-1], axis=0)[::-1]
    assert (~first).any()
    assert (first & ~inside).any()

    on_the_line, carried = linear(values, years)[0], last_within(values, years, EVER)[0]
    for ours, name, defined in ((on_the_line, "linear", inside), (carried, "constant", first)):
        peer = panel(f"panel_holes_imputed_{name}")[0]
        np.testing.assert_allclose(ours[defined], peer[defined], rtol=1e-9)
        assert np.isnan(ours[~defined]).all()
        assert not np.isnan(peer[~defined]).any()
