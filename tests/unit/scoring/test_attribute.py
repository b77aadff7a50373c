"""Parts of a score: they sum to it, follow the stated rules, and equal a slow second implementation."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dagster_project.scoring.aggregate import AGGREGATIONS, floored, topsis
from dagster_project.scoring.attribute import attribute, imbalance
from dagster_project.scoring.normalise import Floats

NAN = math.nan


@st.composite
def blocks(draw: st.DrawFn) -> tuple[Floats, Floats]:
    """Scores (C, U), some equal or absent, and weights (C,), some 0."""
    children, units = draw(st.integers(1, 5)), draw(st.integers(1, 6))
    cell = st.one_of(st.integers(1, 4).map(lambda n: 25.0 * n), st.floats(0.5, 100), st.just(NAN))
    scores = draw(st.lists(st.lists(cell, min_size=units, max_size=units), min_size=children, max_size=children))
    weight = st.one_of(st.integers(0, 4).map(lambda n: n / 10), st.floats(0.05, 5))
    return np.array(scores), np.array(draw(st.lists(weight, min_size=children, max_size=children)))


def slow(kind: str, scores: Floats, weights: Floats, result: Floats) -> Floats:
    children, units = scores.shape
    parts = np.zeros(scores.shape)
    for u in range(units):
        if math.isnan(result[u]):
            parts[:, u] = NAN
            continue
        claim, weight = [0.0] * children, [0.0] * children
        for c in range(children):
            if math.isnan(scores[c, u]):
                continue
            weight[c], known = weights[c], [s for s in scores[c] if not math.isnan(s)]
            others = [round(s, 9) for v, s in enumerate(scores[c]) if v != u]
            own = round(scores[c, u], 9)
            flat = max(known) - min(known) <= 1e-12 * max(known)
            claim[c] = {
                "arithmetic": weights[c] * scores[c, u],
                "geometric": weights[c] * scores[c, u],
                "harmonic": weights[c] * scores[c, u],
                "topsis": 0.0 if flat else (weights[c] * (scores[c, u] - min(known))) ** 2,
                "copeland": weights[c] * sum((own > s) + (own == s) / 2 for s in others),
            }[kind]
        shared = claim if sum(claim) > 0 else weight
        for c in range(children):
            parts[c, u] = result[u] * shared[c] / sum(shared)
    return parts


@pytest.mark.parametrize("kind", AGGREGATIONS)
@given(blocks())
def test_parts_sum_to_the_score_and_equal_the_slow_implementation(kind: str, block: tuple[Floats, Floats]) -> None:
    result = AGGREGATIONS[kind](*block)
    parts = attribute(kind, *block, result)
    assert parts.shape == block[0].shape
    np.testing.assert_allclose(parts.sum(axis=0), result, rtol=0, atol=1e-12)
    np.testing.assert_allclose(parts, slow(kind, *block, result), rtol=1e-12, atol=1e-12)
    scored = ~np.isnan(result)
    assert (parts[:, scored] >= 0).all()
    assert (parts[np.isnan(block[0]) & scored] == 0).all() and (parts[block[1] == 0][:, scored] == 0).all()


@pytest.mark.parametrize("kind", AGGREGATIONS)
def test_middle_axes_broadcast(kind: str) -> None:
    chance = np.random.default_rng(8)
    scores, weights = chance.uniform(1, 100, (3, 5, 7)), chance.uniform(0, 1, (3, 2, 5))
    scores[chance.random(scores.shape) < 0.2] = NAN
    result = AGGREGATIONS[kind](scores, weights)
    parts = attribute(kind, scores, weights, result)
    assert parts.shape == (3, 2, 5, 7)
    for a, b in np.ndindex(2, 5):
        np.testing.assert_array_equal(parts[:, a, b], attribute(kind, scores[:, b], weights[:, a, b], result[a, b]))


@given(blocks(), st.sampled_from(["geometric", "harmonic"]))
def test_imbalance_is_never_negative_and_nothing_where_children_are_equal(block: object, kind: str) -> None:
    scores, weights = block  # type: ignore[misc]
    lost = imbalance(scores, weights, AGGREGATIONS[kind](scores, weights))
    assert (lost[~np.isnan(lost)] >= -1e-12 * 100).all()
    level = np.where(np.isnan(scores), NAN, 40.0)
    result = AGGREGATIONS[kind](level, weights)
    lost = imbalance(level, weights, result)
    assert (np.abs(lost[~np.isnan(lost)]) < 1e-12 * 100).all()
    as_sum = attribute("arithmetic", level, weights, AGGREGATIONS["arithmetic"](level, weights))
    np.testing.assert_allclose(attribute(kind, level, weights, result), as_sum, atol=1e-11)


def test_by_hand() -> None:
    scores, weights = np.array([[80.0, 20.0], [20.0, 20.0]]), np.array([1.0, 3.0])
    np.testing.assert_allclose(attribute("arithmetic", scores, weights, np.array([35.0, 20.0])), [[20, 5], [15, 15]])
    np.testing.assert_allclose(attribute("geometric", scores, weights, np.array([28.0, 20.0])), [[16, 5], [12, 15]])
    # The second child tells nobody apart: the better unit owes all to the first, the worse has nothing to share.
    np.testing.assert_allclose(attribute("topsis", scores, weights, np.array([100.0, 0.0])), [[100, 0], [0, 0]])
    # Above one unit by weight 1, level with one by weight 3: 1 to 1.5.
    np.testing.assert_allclose(attribute("copeland", scores, weights, np.array([100.0, 0.0])), [[40, 0], [60, 0]])


def test_a_score_that_nothing_supports_is_shared_by_weight() -> None:
    alone, weights = np.array([[7.0], [9.0], [NAN]]), np.array([1.0, 3.0, 5.0])
    for kind in ("topsis", "copeland"):
        parts = attribute(kind, alone, weights, AGGREGATIONS[kind](alone, weights))
        np.testing.assert_allclose(parts, [[12.5], [37.5], [0]])
    zero = np.zeros((3, 1))
    result = AGGREGATIONS["geometric"](floored(zero, 1.0), weights)
    np.testing.assert_allclose(attribute("geometric", zero, weights, result), [[1 / 9], [3 / 9], [5 / 9]])


def test_a_negative_score_takes_from_an_arithmetic_mean() -> None:
    scores, weights = np.array([[-2.0], [1.0]]), np.ones(2)
    np.testing.assert_allclose(attribute("arithmetic", scores, weights, np.array([-0.5])), [[-1], [0.5]])


def test_topsis_by_vector() -> None:
    scores, weights = np.array([[3.0, 0.0, 4.0], [3.0, 4.0, 0.0]]), np.array([2.0, 1.0])
    result = topsis(scores, weights, "vector")
    parts = attribute("topsis", scores, weights, result, "vector")
    np.testing.assert_allclose(parts.sum(axis=0), result, atol=1e-12)
    np.testing.assert_allclose(parts[:, 0], result[0] * np.array([4, 1]) / 5)


def test_an_unknown_kind_is_refused() -> None:
    with pytest.raises(ValueError, match="no attribution for 'median'"):
        attribute("median", np.ones((1, 1)), np.ones(1), np.ones(1))
