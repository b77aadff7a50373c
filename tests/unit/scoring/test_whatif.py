"""What if: the same as writing the changes into figures and scheme by hand; what is not there is refused."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dagster_project.scoring.engine import score
from dagster_project.scoring.prepare import Inputs
from dagster_project.scoring.scheme import Aggregate, Indicator, Normaliser, Scheme, SchemeError
from dagster_project.scoring.whatif import Changes, whatif
from tests.unit.scoring.worlds import AGGREGATIONS, figures, schemes, weights

# A scheme takes some milliseconds to score, so fewer of them, and no deadline.
RELAXED = settings(max_examples=60, deadline=None)
RULE = Normaliser("goalposts", 1)
SCHEME = Scheme("s", (Indicator("a", "root", RULE, 3.0), Indicator("b", "root", RULE)), (Aggregate("root", None),))
INPUTS = Inputs(
    np.array([[60.0, 20.0], [0.0, 60.0]]), np.zeros(2, dtype=np.int64), low=np.array([[0.0]]), high=np.array([[100.0]])
)


def test_by_hand() -> None:
    found = whatif(INPUTS, SCHEME, Changes({("b", 0): 100.0}, {"a": 1.0}))
    assert found.before.score.tolist() == [45, 30]
    assert found.after.score.tolist() == [80, 40]
    assert INPUTS.values[1, 0] == 0 and SCHEME.indicators[0].weight == 3
    swapped = whatif(INPUTS, SCHEME, Changes(weights={"a": 1.0}), before=found.before)
    assert swapped.before is found.before
    assert (swapped.before.rank.tolist(), swapped.after.rank.tolist()) == ([1, 2], [2, 1])


@RELAXED
@given(data=st.data())
def test_no_change_changes_nothing_and_going_back_comes_back(data: st.DataObject) -> None:
    scheme = data.draw(schemes(AGGREGATIONS))
    inputs = data.draw(figures(scheme))
    row, unit = data.draw(st.integers(0, len(inputs.values) - 1)), data.draw(st.integers(0, 5))
    name, node = scheme.indicators[row].id, data.draw(st.sampled_from(scheme.nodes[:-1]))
    value, weight = data.draw(st.sampled_from((np.nan, 0.0, 4.5, 10.0))), data.draw(weights)
    found = whatif(inputs, scheme, Changes({(name, unit): value}, {node.id: weight}))
    there = replace(inputs, values=inputs.values.copy())
    there.values[row, unit] = value
    back = whatif(there, scheme, Changes({(name, unit): inputs.values[row, unit]}))
    same = whatif(inputs, scheme, Changes())
    for field in ("node_scores", "score", "rank", "weights"):
        original = getattr(score(inputs, scheme), field)
        np.testing.assert_array_equal(getattr(found.before, field), original)
        np.testing.assert_array_equal(getattr(back.after, field), original)
        np.testing.assert_array_equal(getattr(same.after, field), original)


def test_one_period_of_several() -> None:
    panel = replace(INPUTS, values=np.stack([INPUTS.values] * 3, axis=1))
    found = whatif(panel, SCHEME, Changes({("b", 0): 100.0}), period=1)
    assert (found.after.score - found.before.score).tolist() == [[0, 0], [25, 0], [0, 0]]


@pytest.mark.parametrize(
    ("changes", "period", "says"),
    [
        (Changes({("c", 0): 1.0}), None, "no indicator c"),
        (Changes({("a", 2): 1.0}), None, "no unit 2"),
        (Changes({("a", -1): 1.0}), None, "no unit -1"),
        (Changes({("a", 0): 1.0}), 0, "name one of several"),
        (Changes(weights={"c": 1.0}), None, "no node c"),
        (Changes(weights={"root": 1.0}), None, "root is the root"),
        (Changes(weights={"a": 0.0}), None, "weight above 0"),
        (Changes({("a", 0): np.inf}), None, "infinite value in a"),
    ],
)
def test_what_is_not_there_is_refused(changes: Changes, period: int | None, says: str) -> None:
    with pytest.raises(SchemeError, match=says):
        whatif(INPUTS, SCHEME, changes, period)


def test_a_weight_that_nothing_reads_is_refused() -> None:
    by_data = replace(SCHEME, aggregates=(Aggregate("root", None, weighting="entropy"),))
    with pytest.raises(SchemeError, match="takes its weight from data, as root says"):
        whatif(INPUTS, by_data, Changes(weights={"a": 1.0}))
    panel = replace(INPUTS, values=np.stack([INPUTS.values] * 2, axis=1))
    with pytest.raises(SchemeError, match="no period 2"):
        whatif(panel, SCHEME, Changes(), period=2)
