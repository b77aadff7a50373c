"""Outliers: cases by hand, a slow second implementation, the properties the method promises, and COINr's results."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy import stats

from dagster_project.scoring.normalise import minmax, observed_bounds, percentile_rank
from dagster_project.scoring.treat import Treated, fails, kurtosis, log_treated, skewness, treat, winsorise
from tests.unit.scoring.reference_files import COINR, asem, indicators, numbers, panel, read, with_coinr

NAN = np.nan
METHODS = ("winsorise", "log", "winsorise_log")

# Cubes of whole numbers: long tails on either side, and ties.
figures = st.one_of(st.integers(-9, 12).map(lambda x: float(x**3)), st.just(NAN))
columns = hnp.arrays(float, st.tuples(st.integers(0, 14)), elements=figures)
tails = st.builds(
    lambda body, tail, sign: sign * np.array(body + [10.0 * x**2 for x in tail]),
    st.lists(st.integers(0, 6).map(float), min_size=6, max_size=20),
    st.lists(st.integers(2, 9), max_size=7),
    st.sampled_from([1.0, -1.0]),
)


def column(*values: float) -> np.ndarray:
    return np.array(values, dtype=float)


# ---- by hand


def test_one_high_outlier_is_drawn_in_to_its_neighbour() -> None:
    got = treat(column(1, 2, 3, 4, 5, 6, 7, 8, NAN, 9, 200))
    np.testing.assert_array_equal(got.values, column(1, 2, 3, 4, 5, 6, 7, 8, NAN, 9, 9))
    assert (got.points, got.logged) == (1, False)


def test_one_low_outlier_is_drawn_in_to_its_neighbour() -> None:
    got = treat(-column(1, 2, 3, 4, 5, 6, 7, 8, NAN, 9, 200))
    np.testing.assert_array_equal(got.values, -column(1, 2, 3, 4, 5, 6, 7, 8, NAN, 9, 9))
    assert (got.points, got.logged) == (1, False)


def two_sizes(fold: float) -> np.ndarray:
    """A column with three outliers of different size above forty ordinary values."""
    return np.concatenate([np.arange(40.0), fold * column(1, 2, 3)])


def test_the_limit_is_one_per_column() -> None:
    values = np.array([two_sizes(1e3)] * 3)
    got = treat(values, np.array([2, 3, 4]))
    assert got.points.tolist() == [0, 3, 3]
    assert got.logged.tolist() == [True, False, False]
    np.testing.assert_array_equal(got.values[0], log_treated(values[0]))
    np.testing.assert_array_equal(got.values[1], np.minimum(values[1], 39))


def test_a_column_at_its_thresholds_fails() -> None:
    values = two_sizes(1e3)
    skew, excess = float(skewness(values)), float(kurtosis(values))
    assert fails(values, skew, excess) and fails(-values, skew, excess)
    assert not fails(values, skew * 1.001, excess) and not fails(values, skew, excess * 1.001)


def test_each_method_does_what_it_says() -> None:
    values = two_sizes(1e3)
    kept, logged, both = (treat(values, 2, method=method) for method in METHODS)
    np.testing.assert_array_equal(kept.values, np.minimum(values, 1e3))
    assert (kept.points, kept.logged) == (2, False)
    np.testing.assert_array_equal(logged.values, log_treated(values))
    np.testing.assert_array_equal(both.values, log_treated(values))
    assert (both.points, both.logged) == (0, True)


def test_equal_values_go_together_and_never_beyond_the_limit() -> None:
    """COINr moves both of the two highest although its limit is one; a limit that gives way is none."""
    values = np.concatenate([np.arange(60.0), column(1e4, 1e4)])
    assert fails(values)
    assert winsorise(values, 1)[1] == 0
    drawn, moved = winsorise(values, 2)
    assert moved == 2
    np.testing.assert_array_equal(drawn, np.minimum(values, 59))


def test_a_long_lower_tail_is_not_put_on_a_log_scale() -> None:
    """COINr does, and stretches the tail further: the skewness there grows."""
    values = -two_sizes(1e3)
    stretched = np.abs(skewness(log_treated(values)))
    assert stretched > np.abs(skewness(treat(values, 2).values))
    both = treat(values, 2)
    np.testing.assert_array_equal(both.values, np.maximum(values, -1e3))
    assert (both.points, both.logged) == (2, False)
    only_log = treat(values, method="log")
    np.testing.assert_array_equal(only_log.values, values)
    assert not only_log.logged


def test_log_by_hand() -> None:
    got = log_treated(column(1, NAN, 3, 101))
    np.testing.assert_allclose(got, column(np.log(1), NAN, np.log(3), np.log(101)), atol=1e-12)


def test_unknown_method_is_refused() -> None:
    with pytest.raises(ValueError, match="winsorise_log"):
        treat(column(1, 2), method="trim")  # type: ignore[arg-type]


# ---- degenerate columns


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize(
    "values",
    [column(), column(NAN, NAN), column(5), column(1, 2, 1e9), column(NAN, 1, 2, 1e9), np.full(30, 0.1)],
    ids=["no units", "no values", "one", "three", "three and a gap", "constant"],
)
def test_too_little_to_judge_stays_as_it_is(values: np.ndarray, method: str) -> None:
    got = treat(values, method=method)  # type: ignore[arg-type]
    np.testing.assert_array_equal(got.values, values)
    assert (got.points, got.logged) == (0, False)


def test_moments_of_too_few_or_equal_values_are_none() -> None:
    assert np.isnan(skewness(np.array([[1, 2, NAN], [5, 5, 5]]))).all()
    assert np.isnan(kurtosis(np.array([[1, 2, 9, NAN], [5, 5, 5, 5]]))).all()
    assert not np.isnan(skewness(column(1, 2, 9)))


def test_winsorising_never_makes_a_column_constant() -> None:
    """All units at 0 but one: the step would say that they are equal. COINr stops with an error here."""
    values = np.append(np.zeros(20), 1.0)
    assert fails(values)
    np.testing.assert_array_equal(winsorise(values, 5)[0], values)
    got = treat(values)
    assert (got.points, got.logged) == (0, True)
    np.testing.assert_allclose(minmax(got.values, *observed_bounds(got.values), 1), 100 * values)


def test_log_of_a_constant_column_is_the_column() -> None:
    np.testing.assert_array_equal(log_treated(column(5, NAN, 5)), column(5, NAN, 5))


# ---- a second, slow implementation


def slow_fails(values: list[float]) -> bool:
    if len(values) < 4 or min(values) == max(values):
        return False
    return abs(stats.skew(values, bias=False)) >= 2 and stats.kurtosis(values, bias=False) >= 3.5


def slow_winsorise(values: list[float], most: int) -> tuple[list[float], int]:
    now, moved = list(values), set[int]()
    while slow_fails(now):
        high = stats.skew(now, bias=False) >= 0
        end = max(now) if high else min(now)
        others = [value for value in now if value != end]
        at_the_end = {at for at, value in enumerate(now) if value == end}
        if len(moved | at_the_end) > most or min(others) == max(others):
            break
        moved |= at_the_end
        now = [(max(others) if high else min(others)) if at in at_the_end else value for at, value in enumerate(now)]
    return now, len(moved)


def slow_treat(values: np.ndarray, most: int, method: str) -> Treated:
    known = ~np.isnan(values)
    own, out = values[known].tolist(), values.copy()
    points, logged = 0, False
    if slow_fails(own):
        upper = stats.skew(own, bias=False) > 0
        now = own
        if method != "log":
            now, points = slow_winsorise(own, most)
        if method != "winsorise" and slow_fails(now) and upper:
            low, span = min(own), max(own) - min(own)
            now, points, logged = [float(np.log(x - low + 0.01 * span)) for x in own], 0, True
        out[known] = now
    return Treated(out, np.array(points), np.array(logged))


def clear_of_the_thresholds(values: np.ndarray) -> bool:
    """Whether rounding cannot decide: no step of the column lies just at a threshold."""

    def steps(now: list[float]) -> Iterator[list[float]]:
        for _ in range(20):
            if len(now) < 4 or min(now) == max(now):
                return
            yield now
            high = stats.skew(now, bias=False) >= 0
            end = max(now) if high else min(now)
            rest = [value for value in now if value != end]
            now = [(max(rest) if high else min(rest)) if value == end else value for value in now]

    return all(
        abs(abs(stats.skew(now, bias=False)) - 2) > 1e-9
        and abs(stats.kurtosis(now, bias=False) - 3.5) > 1e-9
        and abs(stats.skew(now, bias=False)) > 1e-9
        for now in steps(values[~np.isnan(values)].tolist())
    )


@given(columns)
def test_moments_as_scipy_has_them(values: np.ndarray) -> None:
    known = values[~np.isnan(values)]
    if len(known) >= 3 and known.min() < known.max():
        np.testing.assert_allclose(skewness(values), stats.skew(known, bias=False), rtol=1e-9, atol=1e-9)
    if len(known) >= 4 and known.min() < known.max():
        np.testing.assert_allclose(kurtosis(values), stats.kurtosis(known, bias=False), rtol=1e-9, atol=1e-9)


@given(st.one_of(columns, tails), st.integers(0, 8), st.sampled_from(METHODS))
def test_as_the_slow_implementation(values: np.ndarray, most: int, method: str) -> None:
    assume(clear_of_the_thresholds(values))
    before = values.copy()
    got = treat(values, most, method=method)  # type: ignore[arg-type]
    expected = slow_treat(values, most, method)
    np.testing.assert_allclose(got.values, expected.values, rtol=1e-12, atol=1e-12)
    assert (got.points, got.logged) == (expected.points, expected.logged)
    np.testing.assert_array_equal(values, before, err_msg="the values given in must stay as they are")


@given(st.lists(tails, min_size=6, max_size=6), st.sampled_from(METHODS))
def test_leading_axes_are_so_many_columns(rows: list[np.ndarray], method: str) -> None:
    units = max(len(row) for row in rows)
    values = np.array([np.pad(row, (0, units - len(row)), constant_values=NAN) for row in rows]).reshape(3, 2, units)
    limits = np.array([[1], [3], [6]])
    got = treat(values, limits, method=method)  # type: ignore[arg-type]
    for draw in range(3):
        for indicator in range(2):
            one = treat(values[draw, indicator], int(limits[draw, 0]), method=method)  # type: ignore[arg-type]
            np.testing.assert_array_equal(got.values[draw, indicator], one.values)
            assert got.points[draw, indicator] == one.points
            assert got.logged[draw, indicator] == one.logged


# ---- properties


@given(tails, st.integers(0, 8), st.sampled_from(METHODS))
def test_treatment_keeps_the_order_and_the_limit(values: np.ndarray, most: int, method: str) -> None:
    got = treat(values, most, method=method)  # type: ignore[arg-type]
    order = np.argsort(values, kind="stable")
    assert (np.diff(got.values[order]) >= 0).all()
    assert got.points <= most
    if not got.logged:
        assert (got.values != values).sum() == got.points
        assert ((got.values >= values.min()) & (got.values <= values.max())).all()
    if not fails(values):
        np.testing.assert_array_equal(got.values, values)


@given(tails)
def test_a_column_that_is_treated_and_passes_needs_no_second_treatment(values: np.ndarray) -> None:
    once = treat(values)
    if not fails(once.values):
        np.testing.assert_array_equal(treat(once.values).values, once.values)


@given(tails, st.sampled_from([0.5, 4.0, 1024.0]), st.sampled_from([-8.0, 0.0, 64.0]))
def test_treatment_does_not_depend_on_the_unit_of_measurement(values: np.ndarray, scale: float, shift: float) -> None:
    assume(clear_of_the_thresholds(values))
    here, there = treat(values), treat(scale * values + shift)
    assert (here.points, here.logged) == (there.points, there.logged)
    np.testing.assert_array_equal(percentile_rank(there.values, 1), percentile_rank(here.values, 1))
    scores = [minmax(v, *observed_bounds(v), 1) for v in (here.values, there.values)]
    np.testing.assert_allclose(scores[1], scores[0], atol=1e-9)


@pytest.mark.parametrize("size", [1e-200, 1e150])
def test_moments_do_not_depend_on_the_size_of_the_figures(size: float) -> None:
    values = column(1, 2, 3, 4, 50)
    np.testing.assert_allclose(skewness(size * values), skewness(values), rtol=1e-12)
    np.testing.assert_allclose(kurtosis(size * values), kurtosis(values), rtol=1e-12)


# ---- COINr's results


@with_coinr
@pytest.mark.parametrize(
    ("source", "name", "most"),
    [
        ("p3_screened", "p4", 5),
        ("input_iData", "raw_treat_winmax1", 1),
        ("input_iData", "raw_treat_winmax3", 3),
        ("input_iData", "raw_treat_winmax5", 5),
        ("input_iData", "raw_treat_winmax10", 10),
    ],
)
def test_coinr_values_and_details(source: str, name: str, most: int) -> None:
    got = treat(asem(source), most)
    details = read(COINR / ("p4_treat_details.csv" if name == "p4" else f"{name}_details.csv"))
    assert details["iCode"] == indicators()[0]
    np.testing.assert_allclose(got.values, asem("p4_treated" if name == "p4" else name), rtol=1e-9, atol=1e-9)

    after_winsorising = numbers(details["winsorise.nwin"])
    logged = [cell == "FALSE" for cell in details["check_SkewKurt1.Pass"]]
    np.testing.assert_array_equal(got.logged, logged)
    np.testing.assert_array_equal(got.points, np.where(logged, 0, np.nan_to_num(after_winsorising)))
    assert fails(asem(source)).tolist() == [cell == "FALSE" for cell in details["check_SkewKurt0.Pass"]]

    winsorised, moved = winsorise(asem(source), most)
    np.testing.assert_array_equal(moved, np.nan_to_num(after_winsorising))
    for stage, values in (("0", asem(source)), ("1", winsorised), ("2", got.values)):
        for moment, label in ((skewness, "Skew"), (kurtosis, "Kurt")):
            published = numbers(details.get(f"check_SkewKurt{stage}.{label}", [""] * len(got.points)))
            at = ~np.isnan(published)
            np.testing.assert_allclose(moment(values)[at], published[at], rtol=1e-9, atol=1e-9)


@with_coinr
def test_coinr_moments() -> None:
    moments = read(COINR / "p4_skew_kurt.csv")
    for name, when in (("p3_screened", "before"), ("p4_treated", "after")):
        np.testing.assert_allclose(skewness(asem(name)), numbers(moments[f"skew_{when}"]), rtol=1e-9)
        np.testing.assert_allclose(kurtosis(asem(name)), numbers(moments[f"kurt_{when}"]), rtol=1e-9)


@with_coinr
def test_coinr_stored_index() -> None:
    """The index as the Joint Research Centre published it, with a limit of six."""
    got = treat(asem("stored_ASEM_COIN_Imputed"), 6)
    np.testing.assert_allclose(got.values, asem("stored_ASEM_COIN_Treated"), rtol=1e-9)
    summary = read(COINR / "stored_ASEM_COIN_treat_summary.csv")
    moved = numbers(summary["Low"]) + numbers(summary["High"])
    np.testing.assert_array_equal(got.points, [moved[summary["IndCode"].index(code)] for code in indicators()[0]])


@with_coinr
def test_coinr_panel_year_by_year() -> None:
    got = treat(panel("panel_screened")[0])
    assert got.points.any()
    np.testing.assert_allclose(got.values, panel("panel_treated")[0], rtol=1e-9)


@with_coinr
def test_coinr_treated_points() -> None:
    """The very cells: winsorised at the high or the low end."""
    marks = read(COINR / "p4_treated_points.csv")
    raw, got = asem("p3_screened"), treat(asem("p3_screened")).values
    # The marks carry no unit codes; their rows are those of the treated table.
    order, ours = read(COINR / "p4_treated.csv")["uCode"], read(COINR / "input_iData.csv")["uCode"]
    rows = [ours.index(code) for code in order]
    for at, code in enumerate(indicators()[0]):
        change = np.sign(got[at] - raw[at])[rows]
        expected = [{"winhi": -1, "winlo": 1}.get(mark, 0) for mark in marks[code]]
        assert np.nan_to_num(change).tolist() == expected


@with_coinr
def test_coinr_edge_cases() -> None:
    table = read(COINR / "edge_cases.csv")
    answers = dict(zip(table["call"], table["result"], strict=True))

    def published(call: str) -> np.ndarray:
        return numbers([cell.strip() for cell in answers[call].split("|")])

    ramp = np.arange(1.0, 10.0)
    for call, values in (
        ("winsorise(c(1:9, 200))$x", np.append(ramp, 200)),
        ("winsorise(c(1:9, 200, 200))$x", np.append(ramp, [200, 200])),
        ("winsorise(c(-500, -500, 1:9))$x", np.append([-500, -500], ramp)),
    ):
        np.testing.assert_array_equal(winsorise(values, 5)[0], published(call))
    np.testing.assert_allclose(skewness(column(1, 2, 10)), published("skew(c(1, 2, 10))")[0], rtol=1e-12)
    np.testing.assert_allclose(kurtosis(column(1, 2, 3, 50)), published("kurt(c(1, 2, 3, 50))")[0], rtol=1e-12)
    np.testing.assert_allclose(log_treated(column(1, 2, 3, 100)), published("log_CT(c(1, 2, 3, 100))$x"), rtol=1e-12)
    assert np.isnan(skewness(column(5, 5, 5, 5)))
    assert fails(np.append(ramp, 200)) == (answers["check_SkewKurt(c(1, 2, 3, 4, 5, 6, 7, 8, 9, 200))$Pass"] == "FALSE")
