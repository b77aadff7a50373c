"""A scheme that makes no sense is refused, and the refusal names the node."""

from __future__ import annotations

import pytest

from dagster_project.scoring.scheme import Aggregate, Indicator, MinMax, Scheme, SchemeError, TargetAttainment

ROOT = Aggregate("all", None)
LEAF = Indicator("gdp", "all", MinMax(1))


def test_nodes_run_from_the_leaves_up_to_the_root() -> None:
    scheme = Scheme(
        "s",
        (Indicator("b", "people", MinMax(1)), Indicator("a", "all", MinMax(-1)), Indicator("c", "towns", MinMax(1))),
        (ROOT, Aggregate("people", "all"), Aggregate("towns", "people")),
    )
    assert [node.id for node in scheme.nodes] == ["b", "a", "c", "towns", "people", "all"]
    assert scheme.children == {"all": [1, 4], "people": [0, 3], "towns": [2]}


@pytest.mark.parametrize(
    ("indicators", "aggregates", "said"),
    [
        ((LEAF,), (), r"roots are \[\]"),
        ((LEAF,), (ROOT, Aggregate("other", None)), r"roots are \['all', 'other'\]"),
        ((LEAF, LEAF), (ROOT,), r"\['gdp'\] stand more than once"),
        ((LEAF, Indicator("all", "all", MinMax(1))), (ROOT,), r"\['all'\] stand more than once"),
        ((LEAF, Indicator("area", "land", MinMax(1))), (ROOT,), "area has parent land"),
        ((LEAF, Indicator("area", "gdp", MinMax(1))), (ROOT,), "area has parent gdp"),
        ((LEAF,), (ROOT, Aggregate("land", "all")), r"\['land'\] have no children"),
        ((), (ROOT,), r"\['all'\] have no children"),
        ((LEAF,), (ROOT, Aggregate("x", "y"), Aggregate("y", "x")), r"\['x', 'y'\] hang in a circle"),
        ((Indicator("gdp", "all", MinMax(1), weight=0.0),), (ROOT,), "gdp: weight 0.0"),
        ((Indicator("gdp", "all", MinMax(1), weight=float("nan")),), (ROOT,), "gdp: weight nan"),
        ((LEAF,), (Aggregate("all", None, min_coverage=0.0),), "all: min_coverage 0.0"),
        ((LEAF,), (Aggregate("all", None, min_coverage=60.0),), "all: min_coverage 60.0"),
        ((Indicator("gdp", "all", MinMax(0)),), (ROOT,), "gdp: direction 0"),
        ((Indicator("gdp", "all", TargetAttainment(1, cap=0.0)),), (ROOT,), "gdp: cap 0.0"),
    ],
)
def test_refusals_name_the_node(
    indicators: tuple[Indicator, ...], aggregates: tuple[Aggregate, ...], said: str
) -> None:
    with pytest.raises(SchemeError, match=said):
        Scheme("s", indicators, aggregates)
