"""Weights by method: equal, expert and judged, and the matrix of judgements."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from dagster_project.registry.weighting import judgement_matrix, weighted

NODES = pd.DataFrame(
    [
        ("root", None, 1.0, "ahp", None),
        ("a", "root", None, "equal", "A"),
        ("b", "root", None, "expert", "B"),
        ("a1", "a", None, None, None),
        ("a2", "a", None, None, None),
        ("b1", "b", 0.7, None, None),
        ("b2", "b", 0.3, None, None),
    ],
    columns=["node_id", "parent_id", "weight", "weighting", "name_zh"],
).assign(scheme_id="s", version=1, name_en=lambda rows: rows["name_zh"])
JUDGED = pd.DataFrame(
    {"scheme_id": "s", "version": 1, "parent_id": "root", "node_a": "a", "node_b": "b", "ratio": [3.0]}
)
NAMES = pd.DataFrame({"node_id": ["root"], "name_zh": ["根"], "name_en": ["Root"]})


def test_each_method_gives_its_weights() -> None:
    found = weighted(NODES, JUDGED, NAMES).set_index("node_id")
    assert found["weight"].to_dict() == pytest.approx(
        {"root": 1, "a": 0.75, "b": 0.25, "a1": 0.5, "a2": 0.5, "b1": 0.7, "b2": 0.3}
    )
    assert found.loc["root", ["name_zh", "name_en"]].tolist() == ["根", "Root"]
    assert found.at["a", "name_zh"] == "A"


def test_another_schemes_judgements_do_not_count() -> None:
    found = weighted(NODES, JUDGED.assign(version=2), NAMES).set_index("node_id")
    assert np.isnan(found.at["a", "weight"])


@pytest.mark.parametrize(
    "pairs",
    [
        [("a", "b", 2.0)],
        [("a", "b", 2.0), ("a", "c", 2.0), ("b", "c", 1.0), ("c", "b", 1.0)],
        [("a", "b", 2.0), ("a", "c", 2.0), ("b", "d", 1.0)],
        [("a", "b", 2.0), ("a", "c", 2.0), ("b", "b", 1.0)],
    ],
)
def test_each_pair_is_judged_exactly_once(pairs: list[tuple[str, str, float]]) -> None:
    assert judgement_matrix(["a", "b", "c"], pd.DataFrame(pairs, columns=["node_a", "node_b", "ratio"])) is None


def test_the_matrix_is_reciprocal() -> None:
    pairs = pd.DataFrame([("b", "a", 4.0)], columns=["node_a", "node_b", "ratio"])
    assert judgement_matrix(["a", "b"], pairs) == pytest.approx(np.array([[1, 0.25], [4, 1]]))


def test_published_weights_count_in_proportion() -> None:
    published = NODES.assign(weighting=NODES["weighting"].replace("expert", "published"))
    published.loc[published["node_id"] == "b1", "weight"] = 12.0
    published.loc[published["node_id"] == "b2", "weight"] = 8.0
    found = weighted(published, JUDGED, NAMES).set_index("node_id")["weight"]
    assert (found["b1"], found["b2"]) == pytest.approx((0.6, 0.4))


def test_weights_that_come_from_the_scores_stay_empty() -> None:
    found = weighted(NODES.assign(weighting=NODES["weighting"].replace("equal", "entropy")), JUDGED, NAMES)
    assert found.set_index("node_id")["weight"][["a1", "a2"]].isna().all()
