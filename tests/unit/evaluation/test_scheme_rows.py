"""What each cell of the scheme's tables means for the engine."""

from __future__ import annotations

import math

import pandas as pd
import pytest

from dagster_project.evaluation.scheme_rows import Row, Tables, read_scheme, read_uncertainty
from dagster_project.scoring.draw import Uncertainty
from dagster_project.scoring.scheme import (
    Aggregate,
    Bonus,
    Imputation,
    Indicator,
    Normaliser,
    Scheme,
    SchemeError,
    Tiers,
    Treatment,
    Veto,
)

SCHEME: Row = {
    **{"scheme_id": "s", "version": 1, "boundary": "at_time", "scope": "all", "min_coverage": 0.5, "decimals": 1},
    **{"treatment": "winsorise", "imputation": "last", "impute_periods": 3, "tie_rule": "dense", "points_cap": 4.0},
    **{"draws": 10, "seed": 5},
}
NODE = {
    **{"scheme_id": "s", "version": 1, "parent_id": None, "weight": 1.0, "aggregation": None, "weighting": None},
    **{"normaliser": None, "bounds": None, "cap": None, "floor": None, "treatment": None, "imputation": None},
    "min_coverage": None,
}
ROOT = NODE | {"node_id": "root", "aggregation": "geometric", "weighting": "entropy", "floor": 1.0}
LEAF = NODE | {"node_id": "k", "parent_id": "root", "normaliser": "minmax", "bounds": "observed"}
KNOWN = {"k": {"higher"}, "low": {"lower"}, "band": {"interval", "target_best"}, "both": {"higher", "lower"}}


def tables(*nodes: Row, **others: list[Row]) -> Tables:
    columns = {
        "tier": ["place", "tier_id", "cut", "quota"],
        "adjustment": ["indicator_id", "kind", "points", "cap", "when", "threshold", "effect"],
        "uncertainty": ["choice", "option"],
    }
    found = {
        name: pd.DataFrame(others.get(name, []), columns=["scheme_id", "version", *own])
        for name, own in columns.items()
    }
    for frame in found.values():
        frame[["scheme_id", "version"]] = ["s", 1]
    return {"scheme_node": pd.DataFrame([ROOT, *nodes]), **found}


def read(*nodes: Row, **others: list[Row]) -> Scheme:
    return read_scheme(SCHEME, tables(*nodes, **others), KNOWN)


def leaf(**cells: object) -> Indicator:
    return read(LEAF | cells).indicators[0]


def test_a_scheme_whole() -> None:
    made = read(
        LEAF | {"treatment": "log", "imputation": "none", "weight": 2.0},
        tier=[{"place": 2, "tier_id": "b", "cut": None}, {"place": 1, "tier_id": "a", "cut": 80.0}],
        adjustment=[
            {"indicator_id": "x", "kind": "bonus", "points": 0.5, "cap": 2.0},
            {"indicator_id": "y", "kind": "veto", "when": "below", "threshold": 3.0, "effect": "not_ranked"},
            {"indicator_id": "z", "kind": "deduction", "points": 1.0, "cap": 3.0},
        ],
    )
    minmax = Normaliser("minmax", 1, mean=50.0, sd=10.0)
    assert made == Scheme(
        "s",
        (Indicator("k", "root", minmax, 2.0, Treatment("log"), Imputation("none", 3)),),
        (Aggregate("root", None, 0.5, 1.0, "geometric", "entropy", 1.0),),
        1,
        "all",
        "dense",
        (Bonus("x", 0.5, 2.0), Bonus("z", -1.0, 3.0)),
        4.0,
        (Veto("y", 3.0, "below", "not_ranked"),),
        Tiers(("a", "b"), cuts=(80.0,)),
    )


def test_what_is_left_empty() -> None:
    empty = {"points_cap": None, "impute_periods": None, "treatment": "none", "imputation": "none"}
    made = read_scheme(SCHEME | empty, tables(LEAF), KNOWN)
    assert (made.bonus_cap, made.tiers) == (math.inf, None)
    assert (made.indicators[0].treatment, made.indicators[0].imputation) == (Treatment(), Imputation())


def test_quotas() -> None:
    made = read(LEAF, tier=[{"place": at, "tier_id": str(at), "quota": 0.5} for at in (1, 2)])
    assert made.tiers == Tiers(("1", "2"), quotas=(0.5, 0.5))


@pytest.mark.parametrize(
    ("cells", "method", "direction", "floor", "cap"),
    [
        ({"bounds": "goalposts", "floor": 1.0}, "goalposts", 1, 1.0, 1.0),
        ({"normaliser": "target", "bounds": None, "cap": 1.2}, "target", 1, 0.0, 1.2),
        ({"node_id": "low", "normaliser": "borda", "bounds": None}, "borda", -1, 0.0, 1.0),
        ({"node_id": "band", "normaliser": "interval_best", "bounds": None}, "interval_best", 1, 0.0, 1.0),
    ],
)
def test_normalisers(cells: Row, method: str, direction: int, floor: float, cap: float) -> None:
    rule = leaf(**cells).normaliser
    assert (rule.method, rule.direction, rule.floor, rule.cap) == (method, direction, floor, cap)


@pytest.mark.parametrize("weighting", ["expert", "published", "equal", "ahp"])
def test_weights_that_the_registry_works_out_are_given(weighting: str) -> None:
    made = read_scheme(SCHEME, tables(LEAF), KNOWN)
    assert made.aggregates[0].weighting == "entropy"
    frame = tables(LEAF)
    frame["scheme_node"].loc[0, "weighting"] = weighting
    assert read_scheme(SCHEME, frame, KNOWN).aggregates[0].weighting == "given"


@pytest.mark.parametrize(
    ("cells", "said"),
    [
        ({"node_id": "nothing"}, "nothing is not in the registry"),
        ({"node_id": "both"}, "both has the direction higher and lower"),
        ({"node_id": "band"}, "band has the direction interval and target_best; use interval_best"),
        ({"normaliser": "interval_best"}, "k has the direction higher"),
        ({"aggregation": "arithmetic"}, "k is not clearly an aggregate or an indicator"),
        ({"normaliser": "z_score"}, "k: normaliser 'z_score' is not offered"),
    ],
)
def test_refusals(cells: Row, said: str) -> None:
    with pytest.raises(SchemeError, match=said):
        leaf(**cells)


def test_what_is_varied() -> None:
    rows = [
        *(("weights", "0.25"), ("normaliser", "zscore"), ("normaliser", "minmax"), ("aggregation", "harmonic")),
        *(("treatment", "3"), ("imputation", "group_median"), ("leave_out", "one"), ("data", "spread")),
    ]
    options = [{"choice": choice, "option": option} for choice, option in rows]
    made = read_uncertainty(SCHEME, tables(LEAF, uncertainty=options))
    zscore, minmax = (Normaliser(name, 1, mean=50.0, sd=10.0) for name in ("zscore", "minmax"))  # type: ignore[arg-type]
    assert made == Uncertainty(10, 5, 0.25, (zscore, minmax), ("harmonic",), (3,), ("group_median",), True, True)
    assert read_uncertainty(SCHEME, tables(LEAF)) == Uncertainty(10, 5)
    assert read_uncertainty(SCHEME | {"draws": 0}, tables(LEAF)) is None
