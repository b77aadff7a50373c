"""Random schemes with figures for them, for properties that must hold whatever the tree."""

from __future__ import annotations

from typing import get_args

import numpy as np
from hypothesis import strategies as st

from dagster_project.scoring.prepare import Inputs
from dagster_project.scoring.scheme import Aggregate, Aggregation, Indicator, Normaliser, Scheme

AGGREGATIONS: tuple[Aggregation, ...] = get_args(Aggregation)
MEANS: tuple[Aggregation, ...] = ("arithmetic", "geometric", "harmonic")
weights = st.integers(1, 8).map(lambda quarters: quarters / 4)


@st.composite
def schemes(draw: st.DrawFn, aggregations: tuple[Aggregation, ...] = MEANS, **choices: object) -> Scheme:
    """A root over one to three nodes, some of them over nodes of their own, and indicators anywhere below them.

    Means that need positive scores get a floor, so that every score has an answer.
    """

    def node(name: str, parent: str | None) -> Aggregate:
        kind = draw(st.sampled_from(aggregations))
        floor = None if kind == "arithmetic" else 1.0
        return Aggregate(name, parent, draw(st.sampled_from((0.01, 0.5))), draw(weights), kind, floor=floor)

    aggregates, leaves = [node("root", None)], []
    for at in range(draw(st.integers(1, 3))):
        aggregates.append(node(f"a{at}", "root"))
        for inner in range(draw(st.integers(0, 2))):
            aggregates.append(node(f"a{at}b{inner}", f"a{at}"))
            leaves += [f"a{at}b{inner}"] * draw(st.integers(1, 3))
        leaves += [f"a{at}"] * draw(st.integers(1, 2))
    methods = st.sampled_from(("minmax", "goalposts", "percentile_rank"))
    indicators = tuple(
        Indicator(f"i{at}", parent, Normaliser(draw(methods), draw(st.sampled_from((1, -1)))), draw(weights))
        for at, parent in enumerate(leaves)
    )
    return Scheme("random", indicators, tuple(aggregates), **choices)  # type: ignore[arg-type]


@st.composite
def figures(draw: st.DrawFn, scheme: Scheme, units: int = 6, areas: int = 2, missing: float = 0.15) -> Inputs:
    """Figures from 0 to 10 with gaps, goalposts from 0 to 10, and peer areas."""
    random = np.random.default_rng(draw(st.integers(0, 2**31)))
    values = np.round(random.uniform(0, 10, (len(scheme.indicators), units)), 1)
    values[random.random(values.shape) < missing] = np.nan
    groups = np.sort(random.integers(0, areas, units))
    return Inputs(values, groups, low=np.array([[0.0]]), high=np.array([[10.0]]))
