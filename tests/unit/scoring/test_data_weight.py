"""Weights from the data: a slow second implementation, what they promise, and results of other libraries."""

from __future__ import annotations

import csv
import math
import statistics
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from dagster_project.scoring.data_weight import combined, correlations, critic, entropy, entropy_refuses, pca
from dagster_project.scoring.normalise import Floats
from tests.unit.scoring.reference_files import COINR, children, mcdm_cases, peer_case, with_coinr, with_mcdm

NAN = math.nan
METHODS = {"entropy": entropy, "critic": critic, "pca": pca}


# --- a second, slow implementation -----------------------------------------------------------------------------------


def present(child: Floats) -> list[float]:
    return [float(score) for score in child if not math.isnan(score)]


def as_shares(amounts: list[float]) -> list[float]:
    total = sum(amounts)
    return [amount / total if total > 0 else 1 / len(amounts) for amount in amounts]


def slow_entropy(scores: Floats) -> list[float]:
    diversity = []
    for child in scores:
        x = present(child)
        if len(x) < 2 or max(x) == min(x):
            diversity.append(0.0)
            continue
        p = [score / sum(x) for score in x]
        diversity.append(1 + sum(share * math.log(share) for share in p if share > 0) / math.log(len(x)))
    return as_shares(diversity)


def slow_correlation(one: Floats, other: Floats) -> float:
    pairs = [(float(a), float(b)) for a, b in zip(one, other, strict=True) if not (math.isnan(a) or math.isnan(b))]
    if len(pairs) < 2 or any(max(side) == min(side) for side in zip(*pairs, strict=True)):
        return 0.0
    return statistics.correlation(*zip(*pairs, strict=True))


def slow_correlations(scores: Floats) -> list[list[float]]:
    order = range(len(scores))
    return [[1.0 if a == b else slow_correlation(scores[a], scores[b]) for b in order] for a in order]


def slow_critic(scores: Floats) -> list[float]:
    amounts = []
    for c, child in enumerate(scores):
        x = present(child)
        deviation = statistics.pstdev(x) / (max(x) - min(x)) if x and max(x) > min(x) else 0.0
        conflict = [1 - slow_correlation(child, other) for o, other in enumerate(scores) if o != c]
        amounts.append(deviation * sum(r for r in conflict if r > 1e-12))
    return as_shares(amounts)


def slow_pca(scores: Floats) -> list[float]:
    """By power iteration; for children whose largest eigenvalue stands clear of the next."""
    matrix = slow_correlations(scores)
    vector = [math.cos(c + 1) for c in range(len(scores))]
    for _ in range(400):
        vector = [sum(r * v for r, v in zip(row, vector, strict=True)) for row in matrix]
        length = math.sqrt(sum(v * v for v in vector))
        vector = [v / length for v in vector]
    return as_shares([abs(v) if len(set(present(child))) > 1 else 0.0 for v, child in zip(vector, scores, strict=True)])


@st.composite
def blocks(draw: st.DrawFn) -> Floats:
    """Scores (C, U): whole numbers, so that what is constant or says the same does so exactly."""
    children, units = draw(st.integers(1, 5)), draw(st.integers(1, 8))
    cell = st.one_of(st.integers(1, 100), st.integers(1, 100), st.integers(1, 3), st.just(NAN))
    row = st.lists(cell, min_size=units, max_size=units)
    return np.array(draw(st.lists(row, min_size=children, max_size=children)), dtype=float)


@given(blocks())
def test_entropy_and_critic_equal_the_slow_implementation(scores: Floats) -> None:
    assert not entropy_refuses(scores).any()
    np.testing.assert_allclose(entropy(scores), slow_entropy(scores), rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(critic(scores), slow_critic(scores), rtol=1e-9, atol=1e-12)
    slow = slow_correlations(scores)
    np.testing.assert_allclose(correlations(scores), slow, rtol=1e-12, atol=1e-12)


@given(blocks())
def test_pca_equals_power_iteration(scores: Floats) -> None:
    values = np.linalg.eigvalsh(correlations(scores))
    assume(len(values) == 1 or (np.abs(values[:-1]) < 0.9 * values[-1]).all())
    np.testing.assert_allclose(pca(scores), slow_pca(scores), rtol=1e-9, atol=1e-9)


# --- what the methods promise ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", METHODS.values())
@given(blocks(), st.randoms())
def test_weights_are_shares_and_do_not_depend_on_the_order_of_units(method: Any, scores: Floats, chance: Any) -> None:
    weights = method(scores)
    assert weights.shape == scores.shape[:1] and (weights >= 0).all() and abs(weights.sum() - 1) < 1e-12
    order = list(range(scores.shape[1]))
    chance.shuffle(order)
    np.testing.assert_allclose(method(scores[:, order]), weights, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("method", METHODS.values())
def test_leading_axes_are_blocks_of_their_own(method: Any) -> None:
    chance = np.random.default_rng(3)
    scores = chance.uniform(1, 100, (4, 2, 5, 9))
    scores[chance.random(scores.shape) < 0.2] = NAN
    got = method(scores)
    assert got.shape == (4, 2, 5)
    for a, b in np.ndindex(2, 5):
        np.testing.assert_allclose(got[:, a, b], method(scores[:, a, b]), rtol=1e-12)


@given(blocks(), st.floats(0.1, 10), st.floats(-50, 50))
def test_critic_and_pca_do_not_change_with_unit_or_origin(scores: Floats, unit: float, origin: float) -> None:
    moved = scores.copy()
    moved[0] = moved[0] * unit + origin
    np.testing.assert_allclose(critic(moved), critic(scores), atol=1e-6)
    np.testing.assert_allclose(pca(moved), pca(scores), atol=1e-6)


@given(blocks(), st.floats(0.1, 10))
def test_entropy_does_not_change_with_unit(scores: Floats, unit: float) -> None:
    np.testing.assert_allclose(entropy(scores * unit), entropy(scores), rtol=1e-9, atol=1e-9)


def test_degenerate_blocks_have_one_answer() -> None:
    third = [1 / 3] * 3
    alone, equal, none = np.array([[1.0], [2.0], [3.0]]), np.full((3, 4), 0.1), np.full((3, 4), NAN)
    same = np.array([[1.0, 2.0, 3.0, 7.0]] * 3) * np.array([[1.0], [0.3], [7.0]])
    constant = np.array([[5.0, 5.0, 5.0, 5.0], [1.0, 2.0, 4.0, 3.0], [4.0, 2.0, 1.0, 8.0]])
    absent = np.vstack([np.full(4, NAN), constant[1:]])
    for method in METHODS.values():
        for scores in (alone, equal, none):
            np.testing.assert_allclose(method(scores), third, rtol=1e-12)
        assert method(constant)[0] == method(absent)[0] == 0
        np.testing.assert_allclose(method(constant), method(absent))
        np.testing.assert_allclose(method(constant[1:2]), 1)
    np.testing.assert_allclose(critic(same), third, rtol=1e-12)
    np.testing.assert_allclose(pca(same), third, rtol=1e-9)


def test_two_units() -> None:
    """Every correlation is 1 or -1: CRITIC gives to whom most others run against, PCA counts all alike."""
    scores = np.array([[0.0, 100.0], [0.0, 100.0], [100.0, 0.0]])
    np.testing.assert_allclose(critic(scores), [0.25, 0.25, 0.5])
    np.testing.assert_allclose(pca(scores), [1 / 3] * 3)
    np.testing.assert_allclose(entropy(scores), [1 / 3] * 3)


def test_children_without_correlation_share_alike_in_the_component() -> None:
    """The largest eigenvalue is double: no direction is the first, and none is picked by chance."""
    np.testing.assert_allclose(pca(np.array([[1.0, -1.0, 0.0, 0.0], [0.0, 0.0, 1.0, -1.0]])), [0.5, 0.5])


def test_nearly_equal_scores_do_not_drown_in_rounding() -> None:
    scores = np.array([[1.0, 1.0 + 1e-7], [1.0, 1.0 + 2e-7]])
    np.testing.assert_allclose(entropy(scores), [0.2, 0.8], rtol=1e-6)


def test_entropy_refuses_negative_and_empty_sums() -> None:
    scores = np.array([[0.0, 0.0, NAN], [-1.0, 5.0, 1.0], [0.0, 0.0, 3.0], [NAN, NAN, NAN]])
    assert entropy_refuses(scores).tolist() == [True, True, False, False]


def test_combined_by_hand() -> None:
    sets = np.array([[[1.0], [1.0], [2.0]], [[6.0], [2.0], [0.0]]])
    np.testing.assert_allclose(combined(sets), [[0.75], [0.25], [0]])
    np.testing.assert_allclose(combined(sets, "mean"), [[0.5], [0.25], [0.25]])
    np.testing.assert_allclose(combined(np.array([[0.0, 1.0], [1.0, 0.0]])), [0.5, 0.5])


# --- COINr -----------------------------------------------------------------------------------------------------------


def read(name: str) -> list[dict[str, str]]:
    with (COINR / f"{name}.csv").open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


@with_coinr
@pytest.mark.parametrize("level", ["1", "2"])
def test_coinr_principal_components(level: str) -> None:
    """Its weights are the loadings with their sign, not summing to 1. The sign is arbitrary, and a negative weight
    would turn a child round whose direction is declared: here a weight is the loading's size."""
    meta, table = read("input_iMeta"), read("p6_aggregated_arith_scores")
    loadings = {
        row["iCode"]: float(row["Weight"]) for row in read(f"weights_pca_level{level}") if row["Level"] == level
    }
    eigenvalues = [row for row in read("pca_eigenvalues") if row["level"] == level]
    parents = {row["Parent"] for row in meta if row["Level"] == level}
    assert parents == {row["group"] for row in eigenvalues}
    for parent in parents:
        children = [row["iCode"] for row in meta if row["Parent"] == parent]
        scores = np.array([[float(row[child]) for row in table] for child in children])
        theirs = np.abs([loadings[child] for child in children])
        np.testing.assert_allclose(pca(scores), theirs / theirs.sum(), rtol=1e-9)
        values = [float(row["eigenvalue"]) for row in eigenvalues if row["group"] == parent]
        np.testing.assert_allclose(np.linalg.eigvalsh(correlations(scores))[::-1], values, rtol=1e-9)


# --- pymcdm and scikit-criteria --------------------------------------------------------------------------------------


@with_mcdm
@pytest.mark.parametrize(("name", "method", "places"), [("Entropy", entropy, 6), ("CRITIC", critic, 3)])
def test_pymcdm(name: str, method: Any, places: int) -> None:
    """Printed to so many decimals in the papers it quotes."""
    data = peer_case("pymcdm_tests", f"Test{name}Weights")
    np.testing.assert_allclose(method(children(data["matrix"])), data["output"], atol=0.5001 * 10**-places)


@with_mcdm
@pytest.mark.parametrize("name", ["_simple_matrix", "", "_less_predictable_more_weight"])
def test_scikit_criteria_entropy(name: str) -> None:
    """In the last case a child is constant; the weight it gets there is what rounding left, here it is 0."""
    data = peer_case("scikit_criteria_tests", f"test_EntropyWeighter{name}")
    got = entropy(children(data["dm"]["matrix"]))
    np.testing.assert_allclose(got, data["result"]["weights"], rtol=1e-9, atol=1e-12)


@with_mcdm
def test_scikit_criteria_critic() -> None:
    data = peer_case("scikit_criteria_tests", "test_CRITIC_diakoulaki1995determining")
    assert set(data["dm"]["objectives"]) == {1}
    np.testing.assert_allclose(critic(children(data["dm"]["matrix"])), data["result"]["weights"], rtol=1e-9)
    for scale, result in ((True, "result0"), (False, "result1")):
        name = f"test_critic_weight_weights_diakoulaki1995determining[{scale}-pearson-{result}]"
        data = peer_case("scikit_criteria_tests", name)
        np.testing.assert_allclose(critic(children(data["mtx"]), scale), data["weights"], rtol=1e-9)


@with_mcdm
def test_pymcdm_critic_ignores_direction() -> None:
    """Turning a criterion round turns its correlations; a library that leaves direction out gives the same weights for
    either. Here direction is applied in the score, before."""
    scores = children(peer_case("pymcdm_tests", "TestCRITICWeights")["matrix"])
    turned = np.vstack([-scores[:1], scores[1:]])
    assert np.abs(critic(turned) - critic(scores)).max() > 0.01


@with_mcdm
def test_three_libraries_on_edge_cases() -> None:
    cases = mcdm_cases("edge_cases_three_libraries")
    for name, data in cases.items():
        scores = children(data["matrix"])
        refused = bool(entropy_refuses(scores).any())
        assert refused == (name in ("negative", "sum_zero_col"))
        for library in ("pymcdm", "scikit_criteria", "pyDecision"):
            ours, theirs = {"entropy": entropy, "critic": critic}, data[library]
            for method, weigh in ours.items():
                if method == "entropy" and refused:
                    # An error, NaN, or a number that looks like a weight: three libraries, three answers.
                    continue
                got = weigh(scores)
                assert abs(got.sum() - 1) < 1e-12 and not np.isnan(got).any()
                if isinstance(theirs[method], str) or "NaN" in theirs[method]:
                    assert (name, method) in WHERE_OTHERS_HAVE_NO_ANSWER
                    continue
                # pyDecision adds 1e-9 or so to shares and spans, and takes no direction: it is near, not equal.
                near = {"atol": 2e-8} if library == "pyDecision" else {"rtol": 1e-9, "atol": 1e-12}
                if (library, name, method) in PYDECISION_IS_OFF:
                    continue
                np.testing.assert_allclose(got, theirs[method], **near)


# A zero is 0 ln 0 = 0 and not an error (pymcdm); one unit, equal units and children that all say the same prefer
# nobody; a constant child says nothing and must not take the others' weights with it; nor does a gap.
WHERE_OTHERS_HAVE_NO_ANSWER = {
    ("zero_entry", "entropy"),
    ("ties", "entropy"),
    ("single_row", "entropy"),
    ("nan", "entropy"),
    ("constant_col", "critic"),
    ("all_equal", "critic"),
    ("single_row", "critic"),
    ("perfect_corr", "critic"),
    ("nan", "critic"),
}
# It adds a small number to the span, which is no longer small beside a span of 4e-9.
PYDECISION_IS_OFF = {("pyDecision", "huge_scale", "critic")}
