"""What an uncertainty analysis varies, and the draws that follow from a seed.

Each draw is a scheme that could have been chosen as well, and figures that could have come as well. The same seed gives
the same draws, however they are cut into chunks: the noise of draw d depends on the seed and d alone.
Source: OECD/JRC, Handbook on Constructing Composite Indicators (2008), step 7; Saisana, Saltelli, Tarantola (2005).
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass, replace

import numpy as np

from dagster_project.scoring.aggregate import NEEDS_POSITIVE
from dagster_project.scoring.normalise import Floats, Integers
from dagster_project.scoring.scheme import (
    Aggregate,
    Aggregation,
    ImputationMethod,
    Indicator,
    Normaliser,
    Scheme,
    SchemeError,
)

# Methods that say how far a promise was kept or a range was met: another one would answer another question.
KEPT = ("target", "efficacy", "interval_best")
# Where an alternative mean would meet a score of 0 and the node declares no floor.
FLOOR = 1.0


@dataclass(frozen=True)
class Uncertainty:
    """What is varied. Each choice is drawn evenly from the scheme's own and the alternatives given here.

    weight_noise: each weight is multiplied by a factor drawn evenly from 1 - noise to 1 + noise.
    normalisers: alternatives; their direction is not read. aggregations: alternatives to each node's mean.
    max_points: alternatives for the outliers treated at most; imputations: alternatives to each indicator's.
    leave_one_out: each draw leaves one indicator out.
    data: uncertain figures are drawn from a normal distribution around the figure given.
    """

    draws: int = 1000
    seed: int = 1
    weight_noise: float = 0.0
    normalisers: tuple[Normaliser, ...] = ()
    aggregations: tuple[Aggregation, ...] = ()
    max_points: tuple[int, ...] = ()
    imputations: tuple[ImputationMethod, ...] = ()
    leave_one_out: bool = False
    data: bool = False

    def __post_init__(self) -> None:
        if self.draws < 1 or not 0 <= self.weight_noise < 1:
            raise SchemeError(f"{self.draws} draws, weight noise {self.weight_noise}; give at least 1, noise in 0..1")


@dataclass(frozen=True)
class Draws:
    """Shapes: variants, V schemes alike in tree; which (D,), the variant of each draw; factors (N, D), by what each
    node's weight is multiplied (0 leaves it out), or None; noises (D,), which noise each draw's figures carry, or None
    for figures as given; seed, of the noises.
    """

    variants: tuple[Scheme, ...]
    which: Integers
    factors: Floats | None = None
    noises: Integers | None = None
    seed: int = 0

    @property
    def number(self) -> int:
        return len(self.which)

    def noise(self, draws: Integers, cells: int) -> Floats:
        """(D, cells), standard normal: what the figures of these draws are moved by, in standard deviations."""
        numbers = np.zeros(self.number, dtype=np.int64) if self.noises is None else self.noises
        return np.stack([random_of(self.seed, number).standard_normal(cells) for number in numbers[draws].tolist()])


def plan(scheme: Scheme, uncertainty: Uncertainty) -> Draws:
    """The draws of an analysis; no figure is needed yet."""
    random = random_of(uncertainty.seed)
    variants = tuple(variants_of(scheme, uncertainty))
    which = random.integers(len(variants), size=uncertainty.draws)
    factors = None
    if uncertainty.weight_noise or uncertainty.leave_one_out:
        factors = random.uniform(
            1 - uncertainty.weight_noise, 1 + uncertainty.weight_noise, (len(scheme.nodes), uncertainty.draws)
        )
    if factors is not None and uncertainty.leave_one_out:
        left_out = random.integers(len(scheme.indicators), size=uncertainty.draws)
        factors[left_out, np.arange(uncertainty.draws)] = 0.0
    noises = np.arange(uncertainty.draws) if uncertainty.data else None
    return Draws(variants, which, factors, noises, uncertainty.seed)


def variants_of(scheme: Scheme, uncertainty: Uncertainty) -> list[Scheme]:
    """Every combination of the discrete choices, the scheme itself first."""
    choices = itertools.product(
        (None, *uncertainty.normalisers),
        (None, *uncertainty.aggregations),
        (None, *uncertainty.max_points),
        (None, *uncertainty.imputations),
    )
    return [varied(scheme, *choice) for choice in choices]


def varied(
    scheme: Scheme,
    normaliser: Normaliser | None = None,
    aggregation: Aggregation | None = None,
    max_points: int | None = None,
    imputation: ImputationMethod | None = None,
) -> Scheme:
    """The scheme with other choices; None keeps each indicator's or node's own."""

    def of_indicator(one: Indicator) -> Indicator:
        if normaliser is not None and one.normaliser.method not in KEPT:
            one = replace(one, normaliser=replace(normaliser, direction=one.normaliser.direction))
        if max_points is not None and one.treatment.method != "none":
            one = replace(one, treatment=replace(one.treatment, max_points=max_points))
        if imputation is not None:
            one = replace(one, imputation=replace(one.imputation, method=imputation))
        return one

    def of_aggregate(one: Aggregate) -> Aggregate:
        if aggregation is None:
            return one
        needs_floor = aggregation in NEEDS_POSITIVE and one.floor is None
        return replace(one, aggregation=aggregation, floor=FLOOR if needs_floor else one.floor)

    return replace(
        scheme,
        indicators=tuple(of_indicator(one) for one in scheme.indicators),
        aggregates=tuple(of_aggregate(one) for one in scheme.aggregates),
    )


def random_of(*key: int) -> np.random.Generator:
    """The generator of a key of whole numbers; keys that differ give independent streams."""
    return np.random.Generator(np.random.Philox(np.random.SeedSequence(key)))
