"""A scheme: one tree that holds indicators and aggregates, and how its root becomes a rank.

Belongs here: what a scheme says, and the refusal of one that makes no sense. Does not belong here: any calculation.
"""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from typing import Literal, get_args

HIGHER_IS_BETTER = 1
LOWER_IS_BETTER = -1

Method = Literal[
    "minmax",
    "goalposts",
    "zscore",
    "percentile_rank",
    "rank",
    "borda",
    "distance_to_best",
    "fraction_of_best",
    "target",
    "efficacy",
    "interval_best",
]
Aggregation = Literal["arithmetic", "geometric", "harmonic", "topsis", "copeland"]
Weighting = Literal["given", "entropy", "critic", "pca", "combined"]
TreatmentMethod = Literal["none", "winsorise", "log", "winsorise_log"]
ImputationMethod = Literal["none", "group_mean", "group_median", "last", "linear"]
Scope = Literal["group", "all"]
TieRule = Literal["min", "max", "dense"]
VetoEffect = Literal["not_ranked", "lowest_tier"]


# Methods whose scale is fixed beforehand.
FIXED = ("goalposts", "target", "efficacy", "interval_best")


class SchemeError(ValueError):
    """A scheme, or the figures given to it, that cannot be scored; says which node and what to do."""


@dataclass(frozen=True)
class Normaliser:
    """How a value becomes a score; `normalise` holds the formula of each method.

    `floor` and `ceiling` bound the methods that rescale between two values, `mean` and `sd` belong to z-scores, `cap`
    to target attainment (1 = the target exactly).
    """

    method: Method
    direction: int
    floor: float = 0.0
    ceiling: float = 100.0
    mean: float = 0.0
    sd: float = 1.0
    cap: float = 1.0


@dataclass(frozen=True)
class Treatment:
    """What happens to outliers of a column whose skew and kurtosis both reach their limit."""

    method: TreatmentMethod = "none"
    max_points: int = 5
    skew: float = 2.0
    kurtosis: float = 3.5


@dataclass(frozen=True)
class Imputation:
    """What stands in for a missing value; `periods` is how far back the last known one may lie."""

    method: ImputationMethod = "none"
    periods: int = 1


@dataclass(frozen=True)
class Indicator:
    """A leaf. `weight` is relative to the other children of `parent`."""

    id: str
    parent: str
    normaliser: Normaliser
    weight: float = 1.0
    treatment: Treatment = Treatment()
    imputation: Imputation = Imputation()


@dataclass(frozen=True)
class Aggregate:
    """A combination of its children; has a score if these carry at least `min_coverage` of the weight.

    `weighting` says where the weights of its *children* come from: given ones, or their scores. `floor` raises children
    below it before a geometric or harmonic mean; without it a score of 0 is refused there.
    """

    id: str
    parent: str | None
    min_coverage: float = 1.0
    weight: float = 1.0
    aggregation: Aggregation = "arithmetic"
    weighting: Weighting = "given"
    floor: float | None = None


@dataclass(frozen=True)
class Bonus:
    """Points for each unit of an extra figure, at most `cap` in size; a deduction has negative `points`."""

    id: str
    points: float
    cap: float


@dataclass(frozen=True)
class Veto:
    """What an extra figure beyond `threshold` does to a unit, whatever its score."""

    id: str
    threshold: float
    when: Literal["above", "below"] = "above"
    effect: VetoEffect = "not_ranked"


@dataclass(frozen=True)
class Tiers:
    """Classes from the best to the worst: by cuts on the score, descending, or by quotas on the rank, summing to 1."""

    names: tuple[str, ...]
    cuts: tuple[float, ...] = ()
    quotas: tuple[float, ...] = ()


Node = Indicator | Aggregate


@dataclass(frozen=True)
class Scheme:
    """The tree and how its root is ranked: rounded half to even at `decimals`, ties by `tie_rule`.

    `scope` names the units that observed bounds, outliers and weights from data are taken from: the unit's own peer
    area, or all units. Under "group" nothing that happens in another peer area changes a rank.

    Raises:
        SchemeError: no root or several, an unknown parent, a circle, a choice or parameter outside its range.
    """

    id: str
    indicators: tuple[Indicator, ...]
    aggregates: tuple[Aggregate, ...]
    decimals: int = 2
    scope: Scope = "group"
    tie_rule: TieRule = "min"
    bonuses: tuple[Bonus, ...] = ()
    bonus_cap: float = math.inf
    vetoes: tuple[Veto, ...] = ()
    tiers: Tiers | None = None

    def __post_init__(self) -> None:
        self._check_tree()
        for node in self.nodes:
            self._check_weight(node)
        for indicator in self.indicators:
            self._check_indicator(indicator)
        for aggregate in self.aggregates:
            self._check_aggregate(aggregate)
        self._check_root()

    @cached_property
    def bottom_up(self) -> tuple[Aggregate, ...]:
        """Aggregates, each after its own children; the root is the last."""
        top_down = [node for node in self.aggregates if node.parent is None]
        for parent in top_down:
            top_down += [node for node in self.aggregates if node.parent == parent.id]
        return tuple(reversed(top_down))

    @cached_property
    def nodes(self) -> tuple[Node, ...]:
        """Indicators in their order, then aggregates from the bottom up: the first axis of a node array."""
        return (*self.indicators, *self.bottom_up)

    @cached_property
    def place(self) -> dict[str, int]:
        """Position of each node in `nodes`."""
        return {node.id: at for at, node in enumerate(self.nodes)}

    @cached_property
    def children(self) -> dict[str, list[int]]:
        """Per aggregate, the positions of its children in `nodes`."""
        found: dict[str, list[int]] = {parent.id: [] for parent in self.aggregates}
        for at, node in enumerate(self.nodes):
            if node.parent is not None:
                found[node.parent].append(at)
        return found

    @cached_property
    def compares_units(self) -> bool:
        """Whether a node's score depends on more of the other units than their normalised values."""
        return any(node.aggregation in ("topsis", "copeland") or node.weighting != "given" for node in self.aggregates)

    def _check_tree(self) -> None:
        nodes: tuple[Node, ...] = (*self.indicators, *self.aggregates)
        doubled = sorted(name for name, count in Counter(node.id for node in nodes).items() if count > 1)
        if doubled:
            raise self._error(f"{doubled} stand more than once in the tree", "keep one row of each")
        roots = sorted(node.id for node in self.aggregates if node.parent is None)
        if len(roots) != 1:
            raise self._error(f"its roots are {roots}", "leave the parent empty on exactly one aggregate")
        known = {node.id for node in self.aggregates}
        for node in nodes:
            if node.parent not in known and node.id != roots[0]:
                raise self._error(f"{node.id} has parent {node.parent}", "name an aggregate of this scheme as parent")
        childless = sorted(known - {node.parent for node in nodes})
        if childless:
            raise self._error(f"aggregates {childless} have no children", "give them children or remove them")
        stray = sorted(known - {node.id for node in self.bottom_up})
        if stray:
            raise self._error(f"aggregates {stray} hang in a circle", "lead the parents of each of them up to the root")

    def _check_weight(self, node: Node) -> None:
        if not (math.isfinite(node.weight) and node.weight > 0):
            raise self._error(f"{node.id}: weight {node.weight} is not a positive number", "write a weight above 0")

    def _check_indicator(self, indicator: Indicator) -> None:
        rule, treatment, imputation = indicator.normaliser, indicator.treatment, indicator.imputation
        self._offered(indicator.id, "normaliser", rule.method, Method)
        self._offered(indicator.id, "treatment", treatment.method, TreatmentMethod)
        self._offered(indicator.id, "imputation", imputation.method, ImputationMethod)
        if rule.direction not in (HIGHER_IS_BETTER, LOWER_IS_BETTER):
            raise self._error(f"{indicator.id}: direction {rule.direction}", "use 1 (higher is better) or -1 (lower)")
        if not (math.isfinite(rule.cap) and rule.cap > 0):
            raise self._error(f"{indicator.id}: cap {rule.cap}", "write a positive number, 1 for the target itself")
        if not (math.isfinite(rule.sd) and rule.sd > 0 and math.isfinite(rule.mean)):
            raise self._error(f"{indicator.id}: mean {rule.mean}, sd {rule.sd}", "write numbers, sd above 0")
        if not (math.isfinite(rule.floor) and math.isfinite(rule.ceiling) and rule.floor < rule.ceiling):
            raise self._error(f"{indicator.id}: floor {rule.floor}, ceiling {rule.ceiling}", "write floor < ceiling")
        if rule.method in FIXED and treatment.method in ("log", "winsorise_log"):
            wrong = f"{indicator.id}: {rule.method} is measured against fixed figures, which a treatment by logs leaves"
            raise self._error(wrong, "write treatment none or winsorise, or another normaliser")
        if treatment.max_points < 0 or imputation.periods < 1:
            wrong = f"{indicator.id}: max_points {treatment.max_points}, periods {imputation.periods}"
            raise self._error(wrong, "write at least 0 points and at least 1 period")

    def _check_aggregate(self, node: Aggregate) -> None:
        self._offered(node.id, "aggregation", node.aggregation, Aggregation)
        self._offered(node.id, "weighting", node.weighting, Weighting)
        if not 0 < node.min_coverage <= 1:
            raise self._error(f"{node.id}: min_coverage {node.min_coverage}", "write a share above 0 and at most 1")
        if node.floor is not None and not (math.isfinite(node.floor) and node.floor > 0):
            raise self._error(f"{node.id}: floor {node.floor}", "write a positive score, or none")

    def _check_root(self) -> None:
        self._offered("the scheme", "scope", self.scope, Scope)
        self._offered("the scheme", "tie_rule", self.tie_rule, TieRule)
        for bonus in self.bonuses:
            if not (math.isfinite(bonus.points) and bonus.cap >= 0):
                raise self._error(
                    f"bonus {bonus.id}: points {bonus.points}, cap {bonus.cap}", "write a cap of 0 or more"
                )
        for veto in self.vetoes:
            self._offered(f"veto {veto.id}", "effect", veto.effect, VetoEffect)
        if self.tiers:
            cuts, quotas, names = self.tiers.cuts, self.tiers.quotas, self.tiers.names
            by_cut = not quotas and len(cuts) == len(names) - 1 and list(cuts) == sorted(set(cuts), reverse=True)
            by_quota = not cuts and len(quotas) == len(names) and all(q >= 0 for q in quotas)
            if not (by_cut or (by_quota and math.isclose(sum(quotas), 1.0))):
                raise self._error("tiers", "write one falling cut between each two names, or a quota per name, sum 1")

    def _offered(self, where: str, what: str, choice: str, offered: object) -> None:
        if choice not in get_args(offered):
            raise self._error(
                f"{where}: {what} {choice!r} is not offered", f"write one of {', '.join(get_args(offered))}"
            )

    def _error(self, wrong: str, mend: str) -> SchemeError:
        return SchemeError(f"scheme {self.id}: {wrong}; {mend}")
