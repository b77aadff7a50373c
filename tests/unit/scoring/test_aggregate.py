"""Aggregations: a slow second implementation, what the methods promise, and results of other libraries and UNDP."""

from __future__ import annotations

import math
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dagster_project.scoring.aggregate import (
    AGGREGATIONS,
    arithmetic,
    copeland,
    copeland_points,
    floored,
    geometric,
    harmonic,
    not_positive,
    topsis,
)
from dagster_project.scoring.normalise import Floats
from dagster_project.scoring.rank import rank_in_groups
from tests.unit.scoring.reference_files import (
    COINR,
    children,
    mcdm_cases,
    numbers,
    peer_case,
    read,
    with_coinr,
    with_mcdm,
)

HDI = Path(__file__).parents[2] / "reference" / "hdi_2021.csv"
NAN = math.nan
MEANS = ("arithmetic", "geometric", "harmonic")


# --- a second, slow implementation -----------------------------------------------------------------------------------


def slow(kind: str, scores: Floats, weights: Floats) -> list[float]:
    """One block, scores (C, U) and weights (C,), in plain Python."""
    columns = [[float(s) for s in unit] for unit in scores.T]
    return [slow_one(kind, columns, unit, [float(w) for w in weights]) for unit in range(len(columns))]


def slow_one(kind: str, columns: list[list[float]], unit: int, weights: list[float]) -> float:
    own = columns[unit]
    has = [c for c, w in enumerate(weights) if w > 0 and not math.isnan(own[c])]
    if not has:
        return NAN
    total = sum(weights[c] for c in has)
    if kind == "arithmetic":
        return sum(weights[c] * own[c] for c in has) / total
    if kind == "geometric":
        return math.prod(own[c] ** (weights[c] / total) for c in has)
    if kind == "harmonic":
        return total / sum(weights[c] / own[c] for c in has)
    if kind == "topsis":
        known = {c: [u[c] for u in columns if not math.isnan(u[c])] for c in has}
        has = [c for c in has if max(known[c]) - min(known[c]) > 1e-12 * max(known[c])]
        best = math.sqrt(sum((weights[c] / total * (max(known[c]) - own[c])) ** 2 for c in has))
        worst = math.sqrt(sum((weights[c] / total * (min(known[c]) - own[c])) ** 2 for c in has))
        return 50.0 if best + worst == 0 else 100 * worst / (best + worst)
    columns = [[round(score, 9) for score in unit] for unit in columns]
    own, points, others = columns[unit], 0, 0
    for rival, theirs in enumerate(columns):
        if rival == unit or all(math.isnan(s) or w == 0 for s, w in zip(theirs, weights, strict=True)):
            continue
        others += 1
        higher = math.fsum(weights[c] for c in has if own[c] > theirs[c])
        lower = math.fsum(weights[c] for c in has if own[c] < theirs[c])
        points += 0 if math.isclose(higher, lower, abs_tol=1e-12 * sum(weights)) else (1 if higher > lower else -1)
    return 50.0 if others == 0 else 100 * (points + others) / (2 * others)


@st.composite
def blocks(draw: st.DrawFn, gaps: bool = True, most_units: int = 7) -> tuple[Floats, Floats]:
    """Scores (C, U), some equal, and weights (C,), some 0."""
    children, units = draw(st.integers(1, 5)), draw(st.integers(1, most_units))
    score = st.one_of(st.integers(1, 4).map(lambda n: 25.0 * n), st.floats(0.5, 100))
    cell = st.one_of(score, score, score, st.just(NAN)) if gaps else score
    scores = draw(st.lists(st.lists(cell, min_size=units, max_size=units), min_size=children, max_size=children))
    weight = st.one_of(st.integers(0, 4).map(lambda n: n / 10), st.floats(0.05, 5))
    weights = draw(st.lists(weight, min_size=children, max_size=children))
    return np.array(scores), np.array(weights)


@pytest.mark.parametrize("kind", AGGREGATIONS)
@given(blocks())
def test_equals_the_slow_implementation(kind: str, block: tuple[Floats, Floats]) -> None:
    np.testing.assert_allclose(AGGREGATIONS[kind](*block), slow(kind, *block), rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("kind", AGGREGATIONS)
@pytest.mark.parametrize("units", [1, 2, 9])
def test_middle_axes_broadcast(kind: str, units: int) -> None:
    """Weights per draw, scores per draw, both, and one more axis: each equals the blocks one by one, bit for bit."""
    chance = np.random.default_rng(5)
    scores, weights = chance.uniform(1, 100, (4, 3, 50, units)), chance.uniform(0, 1, (4, 3, 50))
    scores[chance.random(scores.shape) < 0.2] = NAN
    aggregate = AGGREGATIONS[kind]
    by_draw = aggregate(scores[:, 0, 0], weights[:, 0])
    own = aggregate(scores[:, 0], weights[:, 0, 0])
    both = aggregate(scores, weights)
    shared = aggregate(scores[:, :1], weights[:, 0])
    assert by_draw.shape == own.shape == (50, units) and both.shape == (3, 50, units) and shared.shape == (1, 50, units)
    for draw in range(50):
        np.testing.assert_array_equal(by_draw[draw], aggregate(scores[:, 0, 0], weights[:, 0, draw]))
        np.testing.assert_array_equal(own[draw], aggregate(scores[:, 0, draw], weights[:, 0, 0]))
        np.testing.assert_array_equal(both[1, draw], aggregate(scores[:, 1, draw], weights[:, 1, draw]))
        np.testing.assert_array_equal(shared[0, draw], aggregate(scores[:, 0, draw], weights[:, 0, draw]))


def test_draws_that_fill_several_working_blocks() -> None:
    chance = np.random.default_rng(6)
    scores, weights = chance.uniform(1, 100, (3, 300)), chance.uniform(0, 1, (3, 1500))
    for kind in MEANS:
        got = AGGREGATIONS[kind](scores, weights)
        for draw in (0, 108, 109, 110, 1499):
            np.testing.assert_array_equal(got[draw], AGGREGATIONS[kind](scores, weights[:, draw]))
    got = copeland(scores, weights[:, :100])
    for draw in (0, 45, 46, 47, 99):
        np.testing.assert_array_equal(got[draw], copeland(scores, weights[:, draw]))


# --- what the methods promise ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", AGGREGATIONS)
@given(blocks(), st.randoms())
def test_the_order_of_units_does_not_matter_not_even_in_the_last_bit(kind: str, block: Any, chance: Any) -> None:
    scores, weights = block
    order = list(range(scores.shape[1]))
    chance.shuffle(order)
    np.testing.assert_array_equal(AGGREGATIONS[kind](scores[:, order], weights), AGGREGATIONS[kind](*block)[order])


@pytest.mark.parametrize("kind", AGGREGATIONS)
def test_equal_units_score_equal_to_the_last_bit(kind: str) -> None:
    """1031 units of which many are equal: a matrix product would part some of them."""
    chance = np.random.default_rng(7)
    twins = np.repeat(chance.uniform(1, 100, (7, 9)), 115, axis=1)[:, chance.permutation(1035)[:1031]]
    got = AGGREGATIONS[kind](twins, chance.uniform(0, 1, 7))
    for kin in np.unique(twins[0]):
        assert len(np.unique(got[twins[0] == kin])) == 1


@pytest.mark.parametrize("kind", MEANS)
@given(blocks(), st.data())
def test_a_better_value_never_lowers_a_mean(kind: str, block: tuple[Floats, Floats], data: st.DataObject) -> None:
    scores, weights = block
    better = scores.copy()
    better[data.draw(st.integers(0, len(scores) - 1))] += data.draw(st.floats(0, 50))
    before, after = AGGREGATIONS[kind](scores, weights), AGGREGATIONS[kind](better, weights)
    assert (np.isnan(before) == np.isnan(after)).all()
    assert (after[~np.isnan(after)] >= before[~np.isnan(before)] * (1 - 1e-12)).all()


@given(blocks())
def test_means_are_ordered_and_lie_between_the_children(block: tuple[Floats, Floats]) -> None:
    scores, weights = block
    a, g, h = (AGGREGATIONS[kind](scores, weights) for kind in MEANS)
    scored = ~np.isnan(a)
    weighed = np.where(weights[:, np.newaxis] > 0, scores, NAN)[:, scored]
    low, high = np.fmin.reduce(weighed, axis=0), np.fmax.reduce(weighed, axis=0)
    slack = 1 + 1e-12
    assert (low <= h[scored] * slack).all() and (h[scored] <= g[scored] * slack).all()
    assert (g[scored] <= a[scored] * slack).all() and (a[scored] <= high * slack).all()


@given(blocks())
def test_a_weight_of_zero_is_as_if_the_child_were_not_there(block: tuple[Floats, Floats]) -> None:
    scores, weights = block
    more, heavier = np.vstack([scores, np.linspace(1, 90, scores.shape[1])]), np.append(weights, 0.0)
    for aggregate in AGGREGATIONS.values():
        np.testing.assert_array_equal(aggregate(more, heavier), aggregate(scores, weights))


@given(blocks(gaps=False))
def test_copeland_points_balance(block: tuple[Floats, Floats]) -> None:
    points = copeland_points(*block)
    assert np.isnan(points).all() or points.sum() == 0


def test_absent_children_hand_their_weight_over() -> None:
    scores, weights = np.array([[80.0, NAN, NAN], [40.0, 40.0, NAN]]), np.array([3.0, 1.0])
    np.testing.assert_array_equal(arithmetic(scores, weights), [70, 40, NAN])
    np.testing.assert_allclose(geometric(scores, weights), [80**0.75 * 40**0.25, 40, NAN])
    np.testing.assert_allclose(harmonic(scores, weights), [4 / (3 / 80 + 1 / 40), 40, NAN])


def test_degenerate_blocks_have_one_answer() -> None:
    alone, twins, none = np.array([[7.0], [9.0]]), np.full((2, 3), 60.0), np.full((2, 3), NAN)
    weights, weightless = np.array([1.0, 2.0]), np.zeros(2)
    for kind, aggregate in AGGREGATIONS.items():
        assert np.isnan(aggregate(none, weights)).all() and np.isnan(aggregate(twins, weightless)).all()
        if kind not in MEANS:
            assert aggregate(alone, weights).tolist() == [50] and aggregate(twins, weights).tolist() == [50, 50, 50]
            assert aggregate(np.array([[1.0, 2.0]]), np.ones(1)).tolist() == [0, 100]
        else:
            np.testing.assert_allclose(aggregate(twins, weights), 60)


def test_units_without_a_common_child_are_level() -> None:
    scores = np.array([[90.0, NAN, 10.0], [NAN, 5.0, NAN], [NAN, NAN, NAN]])
    assert copeland_points(scores, np.ones(3)).tolist() == [1, 0, -1]
    absent = np.hstack([scores, np.full((3, 1), NAN)])
    np.testing.assert_array_equal(copeland(absent, np.ones(3)), [75, 50, 25, NAN])


def test_weights_that_balance_but_for_rounding_are_level() -> None:
    assert 0.1 + 0.2 > 0.3
    scores = np.array([[1.0, 0.0], [1.0, 0.0], [0.0, 1.0]])
    assert copeland_points(scores, np.array([0.1, 0.2, 0.3])).tolist() == [0, 0]


def test_scores_that_differ_by_rounding_alone_part_nobody() -> None:
    scores = np.array([[60.0, 60.0 + 1e-13, 60.0 - 1e-13]])
    assert topsis(scores, np.ones(1)).tolist() == copeland(scores, np.ones(1)).tolist() == [50, 50, 50]


def test_zero_is_refused_or_floored() -> None:
    scores = np.array([[0.0, 50.0], [NAN, 50.0], [-1.0, 2.0]])
    assert not_positive(scores).tolist() == [True, False, True]
    np.testing.assert_array_equal(floored(scores, 1.0), [[1, 50], [NAN, 50], [1, 2]])


# --- COINr -----------------------------------------------------------------------------------------------------------


def up_the_asem_tree(table: dict[str, list[str]], by_level: list[str], threshold: float = 0.0) -> dict[str, Floats]:
    """Aggregates of the ASEM tree over the indicators of `table`, with one kind for each of the levels 2, 3, 4."""
    meta = read(COINR / "input_iMeta.csv")
    tree = [row for row in zip(*(meta[c] for c in ("Level", "iCode", "Parent", "Weight")), strict=True) if row[0]]
    found = {code: numbers(table[code]) for level, code, _, _ in tree if level == "1"}
    for level, kind in zip("234", by_level, strict=True):
        for code in [code for at, code, _, _ in tree if at == level]:
            children = [child for _, child, parent, _ in tree if parent == code]
            weights = numbers([weight for _, _, parent, weight in tree if parent == code])
            scores = np.array([found[child] for child in children])
            enough = (~np.isnan(scores)).mean(axis=0) >= threshold
            aggregate = copeland_points if kind == "copeland_points" else AGGREGATIONS[kind]
            found[code] = np.where(enough, aggregate(scores, weights), NAN)
    return {code: scores for code, scores in found.items() if code not in {c for at, c, _, _ in tree if at == "1"}}


MEANS_OF_COINR = [
    ("borda__amean", ["arithmetic"] * 3, True),
    ("minmax_1_100__amean", ["arithmetic"] * 3, True),
    ("minmax_1_100__gmean", ["geometric"] * 3, True),
    ("minmax_1_100__hmean", ["harmonic"] * 3, True),
    ("mixed_amean_gmean_hmean", ["arithmetic", "geometric", "harmonic"], False),
    ("prank__amean", ["arithmetic"] * 3, True),
    ("rank_min__amean", ["arithmetic"] * 3, True),
    ("rank_min__gmean", ["geometric"] * 3, True),
    ("zscore_0_1__amean", ["arithmetic"] * 3, True),
    ("zscore_10_2__amean", ["arithmetic"] * 3, True),
    ("copeland_top", ["arithmetic", "arithmetic", "copeland_points"], False),
]


@with_coinr
@pytest.mark.parametrize(("variant", "by_level", "ranked"), MEANS_OF_COINR)
def test_coinr_variants(variant: str, by_level: list[str], ranked: bool) -> None:
    """COINr ranks unrounded sums, so the last bit parts units whose scores are equal: inside the pillars of the
    variants made of ranks (Borda, percentile rank, rank), whose scores are fractions with small denominators. Rounded,
    they are equal and share their rank here. The ranks of the index, where nobody is equal, are the same everywhere.
    """
    published = read(COINR / f"v_agg_{variant}_scores.csv")
    got = up_the_asem_tree(published, by_level)
    assert len(got) == 11
    for code, scores in got.items():
        np.testing.assert_allclose(scores, numbers(published[code]), rtol=1e-9, atol=1e-12)
    if ranked:
        ranks = read(COINR / f"v_agg_{variant}_ranks.csv")
        assert ranks["uCode"] == published["uCode"]
        one_group = np.zeros(1, dtype=np.int64)
        for code, scores in got.items():
            ours, theirs = rank_in_groups(np.round(scores, 9), one_group), numbers(ranks[code])
            if (ours == theirs).all():
                continue
            assert code != "Index" and ("rank" in variant or "borda" in variant)
            assert theirs.tolist() == rank_in_groups(numbers(published[code]), one_group).tolist()
            for rank in np.unique(ours[ours != theirs]):
                assert np.ptp(scores[ours == rank]) < 1e-12 and rank == theirs[ours == rank].min()


@with_coinr
@pytest.mark.parametrize("threshold", ["0", "0.5", "0.8", "0.95"])
def test_coinr_over_gaps(threshold: str) -> None:
    published = read(COINR / f"v_unimputed_minmax1_100_amean_datthresh_{threshold}_scores.csv")
    got = up_the_asem_tree(published, ["arithmetic"] * 3, float(threshold))
    for code, scores in got.items():
        np.testing.assert_allclose(scores, numbers(published[code]), rtol=1e-9)


@with_coinr
def test_coinr_copeland_and_its_outranking_matrix() -> None:
    """COINr counts half of a tie on either side of its matrix, which leaves the difference of the sides as it is."""
    published, matrix = read(COINR / "v_copeland_pillars.csv"), read(COINR / "v_outrank_matrix_pillars.csv")
    meta, scores = read(COINR / "input_iMeta.csv"), read(COINR / "p6_aggregated_arith_scores.csv")
    at_level_2 = [i for i, level in enumerate(meta["Level"]) if level == "2"]
    pillars = np.array([numbers(scores[meta["iCode"][i]]) for i in at_level_2])
    points = copeland_points(pillars, numbers([meta["Weight"][i] for i in at_level_2]))
    assert scores["uCode"] == published["uCode"] == matrix["uCode"]
    assert points.tolist() == numbers(published["copeland"]).tolist()
    outrank = np.array([numbers(matrix[unit]) for unit in matrix["uCode"]]).T
    assert points.tolist() == np.sign(outrank - outrank.T).sum(axis=1).tolist()


def vectors(call: str) -> list[Floats]:
    return [numbers(text.replace("NA_real_", "NA").split(", ")) for text in re.findall(r"c\(([^)]*)\)", call)]


@with_coinr
def test_coinr_edge_cases() -> None:
    kinds = {"a_amean": "arithmetic", "a_gmean": "geometric", "a_hmean": "harmonic"}
    cases = read(COINR / "edge_cases.csv")
    calls = [(call, result) for call, result in zip(cases["call"], cases["result"], strict=True) if call[:7] in kinds]
    assert len(calls) == 7
    for call, result in calls:
        x, weights = vectors(call)
        scores = x[:, np.newaxis]
        if result.startswith("ERROR"):
            assert not_positive(scores).any()
        else:
            np.testing.assert_allclose(AGGREGATIONS[kinds[call[:7]]](scores, weights), numbers([result]), rtol=1e-12)
    (call,) = [call for call in cases["call"] if call.startswith("a_copeland")]
    *children, weights = vectors(call)
    assert copeland_points(np.array(children), weights).tolist() == [0, 0, 0]


# --- pymcdm and scikit-criteria --------------------------------------------------------------------------------------


def spread(scores: Floats, direction: list[int] | None = None) -> Floats:
    """Min-max of each child to 0..1, turned where less is better; a child that is all equal becomes 1."""
    scores = scores if direction is None else scores * np.array(direction)[:, np.newaxis]
    low, high = scores.min(axis=1, keepdims=True), scores.max(axis=1, keepdims=True)
    return np.divide(scores - low, high - low, out=np.ones(scores.shape), where=high > low)


def shares(scores: Floats, direction: list[int]) -> Floats:
    """Each child's shares of its sum, of the inverse where less is better."""
    turned = np.where(np.array(direction)[:, np.newaxis] > 0, scores, 1 / scores)
    out: Floats = turned / turned.sum(axis=1, keepdims=True)
    return out


@with_mcdm
def test_pymcdm_topsis_on_its_own_min_max() -> None:
    """Printed to three decimals (Opricovic and Tzeng 2004); pymcdm's TOPSIS is min-max unless told otherwise."""
    data = peer_case("pymcdm_tests", "TestTOPSIS")
    got = topsis(spread(children(data["matrix"]), data["types"]), np.array(data["weights"]))
    np.testing.assert_allclose(got / 100, data["output"], atol=5e-4)


@with_mcdm
def test_pymcdm_weighted_sum_and_product() -> None:
    """Its weights do not sum to 1 and it does not divide by their sum; its cases are printed to three decimals."""
    data = peer_case("pymcdm_tests", "TestWSM")
    weights = np.array(data["weights"])
    got = arithmetic(shares(children(data["matrix"]), data["types"]), weights) * weights.sum()
    np.testing.assert_allclose(got, data["output"], atol=5e-4)
    data = peer_case("pymcdm_tests", "TestWPM")
    weights = np.array(data["weights"])
    got = geometric(shares(children(data["matrix"]), data["types"]), weights) ** weights.sum()
    np.testing.assert_allclose(got, data["output"], atol=5e-4)


@with_mcdm
@pytest.mark.parametrize("name", ["test_TOPSIS", "test_TOPSIS_tzeng2011multiple"])
def test_scikit_criteria_topsis(name: str) -> None:
    """The decision matrix of the cases is as scaled by the case; scaling it by vector once more changes nothing."""
    data = peer_case("scikit_criteria_tests", name)
    scores, weights = children(data["dm"]["matrix"]), np.array(data["dm"]["weights"])
    assert set(data["dm"]["objectives"]) == {1}
    similarity = data["result"]["extra"]["similarity"]
    np.testing.assert_allclose(topsis(scores, weights) / 100, similarity, rtol=1e-9)
    if "transformer" in data:
        np.testing.assert_allclose(topsis(scores, weights, "vector") / 100, similarity, rtol=1e-9)


@with_mcdm
def test_scikit_criteria_weighted_sum_and_product() -> None:
    """It gives the sum without dividing by the weights, and the product as its decimal logarithm."""
    for name in ("test_WeightedSumModel", "test_WeightedSumModel_kracka2010ranking"):
        data = peer_case("scikit_criteria_tests", name)
        scores, weights = children(data["dm"]["matrix"]), np.array(data["dm"]["weights"])
        got = arithmetic(scores, weights) * weights.sum()
        np.testing.assert_allclose(got, data["result"]["extra"]["score"], rtol=1e-9)
    for name in ("test_WeightedProductModel", "test_WeightedProductModel_enwiki_1015567716"):
        data = peer_case("scikit_criteria_tests", name)
        scores, weights = children(data["dm"]["matrix"]), np.array(data["dm"]["weights"])
        got = np.log10(geometric(scores, weights)) * weights.sum()
        np.testing.assert_allclose(got, data["result"]["extra"]["score"], rtol=1e-9)


@with_mcdm
def test_three_libraries_on_edge_cases() -> None:
    """Equal weights. Where nothing differs (all equal, one unit) they divide 0 by 0 and give NaN or an error, and with
    a gap they lose every unit, also those that have all values. Here the first is 50: nobody is told apart, as a
    constant column's score says; and a gap touches the unit that has it."""
    cases = mcdm_cases("edge_cases_three_libraries")
    differs = {"all_equal", "single_row", "nan"}
    for name, data in cases.items():
        scores = children(data["matrix"])
        weights = np.full(len(scores), 1 / len(scores))
        if name in differs:
            assert not np.isfinite(numbers([str(s) for s in data["pymcdm"]["topsis_vector"]])).any()
            assert not np.isnan(topsis(scores, weights, "vector")).any()
            continue
        by_vector, raw = topsis(scores, weights, "vector") / 100, topsis(scores, weights) / 100
        libraries = {"pymcdm": "topsis_vector", "scikit_criteria": "topsis_vector", "pyDecision": "topsis"}
        for library, key in libraries.items():
            np.testing.assert_allclose(by_vector, data[library][key], rtol=1e-9, atol=1e-12)
        np.testing.assert_allclose(raw, data["scikit_criteria"]["topsis_raw"], rtol=1e-9, atol=1e-12)
        got = topsis(spread(scores), weights) / 100
        np.testing.assert_allclose(got, data["pymcdm"]["topsis_minmax_default"], rtol=1e-9, atol=1e-12)


@with_mcdm
def test_small_vectors_geometric_mean() -> None:
    data = mcdm_cases("small_vectors")["efficacy_geometric"]
    got = geometric(np.array(data["d"])[:, np.newaxis], np.ones(len(data["d"])))
    np.testing.assert_allclose(got, data["expected_geometric_mean"], atol=5e-4)


# --- UNDP ------------------------------------------------------------------------------------------------------------


def test_human_development_index_2021_is_a_geometric_mean() -> None:
    """Goalposts: UNDP, Human Development Report 2021/22, technical note 1."""
    table = read(HDI)
    goalposts = {
        "life_expectancy": (20.0, 85.0),
        "expected_years_schooling": (0.0, 18.0),
        "mean_years_schooling": (0.0, 15.0),
    }
    health, expected, mean = (
        100 * np.clip((numbers(table[name]) - low) / (high - low), 0, 1) for name, (low, high) in goalposts.items()
    )
    income = np.log(numbers(table["gni_pc_ppp2017"]))
    income = 100 * np.clip((income - np.log(100)) / (np.log(75_000) - np.log(100)), 0, 1)
    education = arithmetic(np.array([expected, mean]), np.ones(2))
    index = np.round(geometric(np.array([health, education, income]), np.ones(3)) / 100, 3)
    np.testing.assert_array_equal(index, numbers(table["hdi"]))
    assert rank_in_groups(index, np.zeros(1, dtype=np.int64)).tolist() == [int(rank) for rank in table["hdi_rank"]]
