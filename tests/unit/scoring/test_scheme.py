"""A scheme that makes no sense is refused, and the refusal names the node."""

from __future__ import annotations

import pytest

from dagster_project.scoring.scheme import Aggregate, Indicator, Normaliser, Scheme, SchemeError, Tiers, Treatment

ROOT = Aggregate("all", None)
LEAF = Indicator("gdp", "all", Normaliser("minmax", 1))


def test_nodes_run_from_the_leaves_up_to_the_root() -> None:
    scheme = Scheme(
        "s",
        (
            Indicator("b", "people", Normaliser("minmax", 1)),
            Indicator("a", "all", Normaliser("minmax", -1)),
            Indicator("c", "towns", Normaliser("minmax", 1)),
        ),
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
        ((LEAF, Indicator("all", "all", Normaliser("minmax", 1))), (ROOT,), r"\['all'\] stand more than once"),
        ((LEAF, Indicator("area", "land", Normaliser("minmax", 1))), (ROOT,), "area has parent land"),
        ((LEAF, Indicator("area", "gdp", Normaliser("minmax", 1))), (ROOT,), "area has parent gdp"),
        ((LEAF,), (ROOT, Aggregate("land", "all")), r"\['land'\] have no children"),
        ((), (ROOT,), r"\['all'\] have no children"),
        ((LEAF,), (ROOT, Aggregate("x", "y"), Aggregate("y", "x")), r"\['x', 'y'\] hang in a circle"),
        ((Indicator("gdp", "all", Normaliser("minmax", 1), weight=0.0),), (ROOT,), "gdp: weight 0.0"),
        ((Indicator("gdp", "all", Normaliser("minmax", 1), weight=float("nan")),), (ROOT,), "gdp: weight nan"),
        ((LEAF,), (Aggregate("all", None, min_coverage=0.0),), "all: min_coverage 0.0"),
        ((LEAF,), (Aggregate("all", None, min_coverage=60.0),), "all: min_coverage 60.0"),
        (
            (Indicator("gdp", "all", Normaliser("goalposts", 1), treatment=Treatment("log")),),
            (ROOT,),
            "gdp: goalposts is",
        ),
        ((Indicator("gdp", "all", Normaliser("median", 1)),), (ROOT,), "gdp: normaliser 'median' is not offered"),  # type: ignore[arg-type]
        ((LEAF,), (Aggregate("all", None, aggregation="sum"),), "all: aggregation 'sum' is not offered"),  # type: ignore[arg-type]
        ((LEAF,), (Aggregate("all", None, floor=0.0),), "all: floor 0.0"),
        ((Indicator("gdp", "all", Normaliser("minmax", 0)),), (ROOT,), "gdp: direction 0"),
        ((Indicator("gdp", "all", Normaliser("target", 1, cap=0.0)),), (ROOT,), "gdp: cap 0.0"),
    ],
)
def test_refusals_name_the_node(
    indicators: tuple[Indicator, ...], aggregates: tuple[Aggregate, ...], said: str
) -> None:
    with pytest.raises(SchemeError, match=said):
        Scheme("s", indicators, aggregates)


@pytest.mark.parametrize(
    "tiers",
    [
        Tiers(("a", "b")),
        Tiers(("a", "b"), cuts=(1.0, 2.0)),
        Tiers(("a", "b"), quotas=(0.5, 0.6)),
        Tiers(("a", "b", "c"), cuts=(1.0, 2.0)),
    ],
)
def test_tiers_that_do_not_part_are_refused(tiers: Tiers) -> None:
    with pytest.raises(SchemeError, match="tiers"):
        Scheme("s", (LEAF,), (ROOT,), tiers=tiers)
