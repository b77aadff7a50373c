"""Schemes that take the tree of another one: whole, below a node, or what is computed for towns."""

from __future__ import annotations

import pandas as pd
import pytest

from dagster_project.registry.graft import with_trees, with_uncertainty

NODES = pd.DataFrame(
    [
        ("root", None, 1.0, "expert", None),
        ("a", "root", 0.75, "equal", None),
        ("b", "root", 0.25, "expert", None),
        ("a1", "a", 0.5, None, "minmax"),
        ("a2", "a", 0.5, None, "minmax"),
        ("b1", "b", 0.7, None, "minmax"),
    ],
    columns=["node_id", "parent_id", "weight", "weighting", "normaliser"],
).assign(scheme_id="whole", version=1)
GRAINS = pd.DataFrame(
    [("a1", 1, "district"), ("a1", 2, "town"), ("a2", 1, "district"), ("b1", 1, "unit")],
    columns=["indicator_id", "version", "lowest_grain"],
)


def schemes(**cells: object) -> pd.DataFrame:
    own = {"scheme_id": "whole", "version": 1, "tree_of": None, "tree_version": None, "root_id": None}
    taken = {"scheme_id": "part", "version": 3, "tree_of": "whole", "tree_version": 1, "root_id": None}
    return pd.DataFrame([own | {"unit_grain": "unit"}, taken | {"unit_grain": "unit"} | cells])


def part(**cells: object) -> pd.DataFrame:
    found = with_trees(schemes(**cells), NODES, GRAINS)
    assert len(found[found["scheme_id"] == "whole"]) == len(NODES)
    return found[(found["scheme_id"] == "part") & (found["version"] == 3)].set_index("node_id")


def test_the_whole_tree() -> None:
    taken = part()
    assert taken["weight"].to_dict() == NODES.set_index("node_id")["weight"].to_dict()
    assert taken["depth"].to_dict() == {"root": 0, "a": 1, "b": 1, "a1": 2, "a2": 2, "b1": 2}


def test_a_node_becomes_the_root() -> None:
    taken = part(root_id="a")
    assert sorted(taken.index) == ["a", "a1", "a2"]
    assert pd.isna(taken.at["a", "parent_id"])
    assert taken.loc["a", ["weight", "depth"]].tolist() == [1.0, 0]


def test_a_scheme_of_towns_keeps_what_is_computed_for_towns_in_proportion() -> None:
    taken = part(unit_grain="town")
    assert taken["weight"].to_dict() == {"root": 1.0, "a": 1.0, "a1": 1.0}


def test_the_order_in_which_a_tree_is_read() -> None:
    taken = part().sort_values("place")
    assert taken.index.tolist() == ["root", "a", "a1", "a2", "b", "b1"]
    assert taken["place"].tolist() == [1, 2, 3, 4, 5, 6]


@pytest.mark.parametrize(("own", "options"), [([], ["0.25"]), (["0.1"], ["0.1"])])
def test_what_is_varied_comes_with_the_tree_unless_the_scheme_says_it(own: list[str], options: list[str]) -> None:
    rows = [("whole", 1, "weights", "0.25"), *(("part", 3, "weights", option) for option in own)]
    uncertainty = pd.DataFrame(rows, columns=["scheme_id", "version", "choice", "option"])
    found = with_uncertainty(schemes(), uncertainty)
    assert found.loc[found["scheme_id"] == "part", "option"].tolist() == options
