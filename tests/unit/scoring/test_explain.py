"""Contributions: they sum, whatever the tree; by hand where it is arithmetic; the gap to the peer area sums too."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dagster_project.scoring.engine import score
from dagster_project.scoring.explain import contributions, gap_to_peers
from dagster_project.scoring.normalise import NO_GROUP
from dagster_project.scoring.prepare import Inputs
from dagster_project.scoring.scheme import Aggregate, Indicator, Normaliser, Scheme
from tests.unit.scoring.worlds import AGGREGATIONS, figures, schemes

# A scheme takes some milliseconds to score, so fewer of them, and no deadline.
RELAXED = settings(max_examples=60, deadline=None)
NAN = np.nan


def parts_of(inputs: Inputs, scheme: Scheme) -> tuple[np.ndarray, np.ndarray]:
    got = score(inputs, scheme)
    return contributions(got.node_scores, got.nominal, scheme, inputs.groups), got.node_scores


def check_sums(parts: np.ndarray, node_scores: np.ndarray, scheme: Scheme) -> None:
    tolerance = {"rtol": 1e-9, "atol": 1e-9}
    np.testing.assert_allclose(parts[: len(scheme.indicators)].sum(axis=0), node_scores[-1], **tolerance)
    for node in scheme.aggregates:
        at, rows = scheme.place[node.id], scheme.children[node.id]
        np.testing.assert_allclose(parts[rows].sum(axis=0), parts[at], **tolerance)
    without = np.isnan(node_scores) & ~np.isnan(node_scores[-1])
    assert (parts[without] == 0).all()


@pytest.mark.parametrize("aggregation", AGGREGATIONS)
@RELAXED
@given(data=st.data())
def test_parts_sum_under_every_aggregation(aggregation: str, data: st.DataObject) -> None:
    scheme = data.draw(schemes((aggregation,)))  # type: ignore[arg-type]
    check_sums(*parts_of(data.draw(figures(scheme)), scheme), scheme)


@RELAXED
@given(data=st.data())
def test_parts_sum_in_mixed_trees_with_gaps(data: st.DataObject) -> None:
    scope = data.draw(st.sampled_from(("group", "all")))
    scheme = data.draw(schemes(AGGREGATIONS, scope=scope))
    check_sums(*parts_of(data.draw(figures(scheme, missing=0.3)), scheme), scheme)


@RELAXED
@given(data=st.data())
def test_under_arithmetic_a_part_is_the_weight_in_force_times_the_score(data: st.DataObject) -> None:
    scheme = data.draw(schemes(("arithmetic",)))
    inputs = data.draw(figures(scheme, missing=0.3))
    got = score(inputs, scheme)
    parts = contributions(got.node_scores, got.nominal, scheme, inputs.groups)
    expected = np.where(np.isnan(got.node_scores[-1]), NAN, np.nan_to_num(got.node_scores) * np.nan_to_num(got.weights))
    np.testing.assert_allclose(parts, expected, rtol=1e-12, atol=1e-12)


@RELAXED
@given(data=st.data())
def test_periods_at_once_are_periods_one_by_one(data: st.DataObject) -> None:
    scheme = data.draw(schemes(AGGREGATIONS))
    first, second = data.draw(figures(scheme)), data.draw(figures(scheme))
    both = replace(
        first, values=np.stack([first.values, second.values], axis=1), groups=np.stack([first.groups, second.groups])
    )
    parts, _ = parts_of(both, scheme)
    for at, inputs in enumerate((first, second)):
        np.testing.assert_allclose(parts[:, at], parts_of(inputs, scheme)[0], rtol=1e-12, atol=1e-12)


def flat(*scores: float, aggregation: str = "arithmetic", floor: float | None = None) -> tuple[Scheme, np.ndarray]:
    """root <- (inner <- the first two scores), the third; one unit."""
    rule = Normaliser("goalposts", 1)
    parents = ("inner", "inner", "root")
    scheme = Scheme(
        "flat",
        tuple(Indicator(f"i{at}", parent, rule) for at, parent in enumerate(parents)),
        (Aggregate("root", None, 0.01, aggregation=aggregation, floor=floor), Aggregate("inner", "root", 0.01)),  # type: ignore[arg-type]
    )
    inner = np.nanmean(scores[:2]) if not np.isnan(scores[:2]).all() else NAN
    return scheme, np.array([*scores, inner, np.nanmean([inner, scores[2]])])[:, np.newaxis]


NO_AREA = np.zeros(1, dtype=np.int64)


def test_children_that_cancel_out_still_have_parts() -> None:
    """z-scores of 5 and -5 under a node of score 0: under arithmetic means their weights say what they add."""
    scheme, node_scores = flat(5.0, -5.0, 8.0)
    parts = contributions(node_scores, np.ones((5, 1)), scheme, NO_AREA)
    assert parts[:, 0].tolist() == [1.25, -1.25, 4.0, 0.0, 4.0]


def test_a_floored_node_of_score_0_hands_its_part_on_by_weight() -> None:
    scheme, node_scores = flat(0.0, 0.0, 16.0, aggregation="geometric", floor=4.0)
    node_scores[-1] = 8.0
    parts = contributions(node_scores, np.ones((5, 1)), scheme, NO_AREA)
    np.testing.assert_allclose(parts[[0, 1, 2]].sum(), 8.0)
    assert parts[0, 0] == parts[1, 0] == parts[3, 0] / 2 > 0


def test_absent_children_add_nothing_and_an_absent_root_has_no_parts() -> None:
    scheme, node_scores = flat(NAN, 6.0, NAN)
    assert contributions(node_scores, np.ones((5, 1)), scheme, NO_AREA)[:, 0].tolist() == [0.0, 6.0, 0.0, 6.0, 6.0]
    node_scores[-1] = NAN
    assert np.isnan(contributions(node_scores, np.ones((5, 1)), scheme, NO_AREA)).all()


def test_gap_to_peers_by_hand() -> None:
    parts = np.array([[1.0, 3.0, 8.0, NAN, 5.0], [2.0, 4.0, 1.0, NAN, 5.0]])
    gap = gap_to_peers(parts, np.array([0, 0, 1, 0, NO_GROUP]))
    np.testing.assert_array_equal(gap, [[-1.0, 1.0, 0.0, NAN, NAN], [-1.0, 1.0, 0.0, NAN, NAN]])


@RELAXED
@given(data=st.data())
def test_gaps_sum_to_the_gap_of_the_score(data: st.DataObject) -> None:
    scheme = data.draw(schemes(AGGREGATIONS))
    inputs = data.draw(figures(scheme, missing=0.3))
    parts, node_scores = parts_of(inputs, scheme)
    gap = gap_to_peers(parts, inputs.groups)
    root = node_scores[-1]
    for unit, own in enumerate(root):
        peers = root[(inputs.groups == inputs.groups[unit]) & ~np.isnan(root)]
        expected = own - peers.mean() if not np.isnan(own) else NAN
        np.testing.assert_allclose(gap[: len(scheme.indicators), unit].sum(), expected, rtol=1e-9, atol=1e-9)
