"""AHP weights: against Saaty's published examples where they lie at hand, a slow implementation, and by properties."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dagster_project.scoring.ahp import ahp_weights
from tests.unit.scoring.reference_files import mcdm_cases, with_mcdm

weights = st.lists(st.floats(0.01, 1.0), min_size=1, max_size=9)


def by_power_iteration(matrix: np.ndarray) -> np.ndarray:
    vector = np.ones(len(matrix))
    for _ in range(2000):
        vector = matrix @ vector
        vector /= vector.sum()
    return vector


@with_mcdm
def test_saatys_examples() -> None:
    cases = mcdm_cases("ahp_cases")
    assert len(cases) > 3
    for case in cases:
        if "weights" not in case:
            continue
        found, ratio = ahp_weights(np.array(case["matrix"]))
        assert found == pytest.approx(list(case["weights"].values()), abs=1e-9), case["name"]
        assert ratio == pytest.approx(case["CR_saaty_RI"], abs=1e-9), case["name"]


@given(weights)
def test_judgements_that_agree_give_back_their_weights(given_weights: list[float]) -> None:
    wanted = np.array(given_weights) / sum(given_weights)
    found, ratio = ahp_weights(wanted[:, np.newaxis] / wanted)
    assert found == pytest.approx(wanted, rel=1e-9)
    assert ratio == pytest.approx(0, abs=1e-9)


@given(st.lists(st.integers(1, 9), min_size=6, max_size=6), st.permutations(range(4)))
def test_any_judgements_and_any_order(ratios: list[int], order: list[int]) -> None:
    matrix = np.ones((4, 4))
    for (i, j), ratio in zip(np.transpose(np.triu_indices(4, 1)), ratios, strict=True):
        matrix[i, j], matrix[j, i] = ratio, 1 / ratio
    found, ratio = ahp_weights(matrix)
    assert found == pytest.approx(by_power_iteration(matrix), rel=1e-6)
    assert found.sum() == pytest.approx(1)
    shuffled, same = ahp_weights(matrix[np.ix_(order, order)])
    assert shuffled == pytest.approx(found[order], rel=1e-9)
    assert same == pytest.approx(ratio, abs=1e-9)


def test_contradicting_judgements_are_told_by_the_ratio() -> None:
    circle = np.array([[1, 5, 1 / 5], [1 / 5, 1, 5], [5, 1 / 5, 1]])
    assert ahp_weights(circle)[1] > 0.1


@pytest.mark.parametrize(
    ("matrix", "words"),
    [
        ([[1, 2, 3], [1, 1, 1]], "shape"),
        ([[1, 2], [1, 1]], "reciprocal"),
        ([[1, -2], [-0.5, 1]], "positive"),
        (np.ones((16, 16)), "shape"),
    ],
)
def test_what_are_no_judgements_is_refused(matrix: list[list[float]], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        ahp_weights(np.array(matrix, dtype=float))
