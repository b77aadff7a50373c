"""What would it take: how far the next rank and tier are, and the cheapest way there.

Shapes: I indicators, N nodes, U units; one period. Everybody else's indicators stay as they are.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np

from dagster_project.scoring.block import blocks
from dagster_project.scoring.engine import Result, check_groups, conclude, has_data
from dagster_project.scoring.normalise import FULL_SCORE, Floats, Integers
from dagster_project.scoring.prepare import Inputs, prepare
from dagster_project.scoring.rank import NOT_RANKED
from dagster_project.scoring.scheme import Scheme, SchemeError
from dagster_project.scoring.tree import climb, coverage_of, up_the_tree, weights_in_force

Goal = Literal["rank", "tier"]
# A goal is passed by so much of one step of rounding, so that half to even and sums of decimals cannot miss it.
MARGIN = 1e-6
# Figures that one batch of trials may hold.
BATCH = 2**20
# A score this close to its ceiling, or to what is wanted, is there.
SPENT = 1e-9


@dataclass(frozen=True)
class Move:
    """One indicator's score raised, and the points of the unit's score that it brings at its turn."""

    indicator: str
    before: float
    after: float
    gain: float


@dataclass(frozen=True)
class Reach:
    """A way for one unit to its next rank or tier.

    target: the lowest rounded score that has it; points: what the unit's unrounded score is short of it. Both are NaN
    where there is nothing above, or no score leads there (a veto). moves: in the order of efficiency; none if the
    indicators that have a score cannot bring the points. cheapest: no other set costs less; else the set was found step
    by step. verified: scored anew with the moves, the unit has the better rank or tier.
    """

    goal: Goal
    target: float
    points: float
    moves: tuple[Move, ...]
    cost: float
    cheapest: bool
    verified: bool


class Standing:
    """One evaluation, kept to ask what would change it.

    Args:
        inputs: of one period: values (I, U), groups (U,).

    Raises:
        SchemeError: as `engine.score`; or several periods.
    """

    def __init__(self, inputs: Inputs, scheme: Scheme):
        check_groups(inputs, scheme)
        if inputs.values.ndim != 2:
            raise SchemeError(f"scheme {scheme.id}: values of shape {inputs.values.shape}; ask of one period at a time")
        self.inputs, self.scheme = inputs, scheme
        prepared = prepare(inputs, scheme)
        self.coverage = coverage_of(prepared.present, prepared.applies, scheme)
        self.scores = prepared.scores
        self.node_scores, self.nominal = up_the_tree(self.scores, self.coverage.scored, scheme, inputs.groups)
        self._data = has_data(prepared, self.coverage)
        self.result = self.conclude(self.node_scores[-1])

    @cached_property
    def weights(self) -> Floats:
        """(N, U), in force."""
        return weights_in_force(self.node_scores, self.nominal, self.scheme)

    @cached_property
    def additive(self) -> bool:
        """Whether the root's score is a sum of weights in force times indicators' scores."""
        plain = all(node.aggregation == "arithmetic" for node in self.scheme.aggregates)
        return plain and not self.scheme.compares_units

    def conclude(self, root: Floats) -> Result:
        """Ranks and tiers from the root's scores (..., U)."""
        return conclude(root, self.inputs, self.scheme, np.broadcast_to(self._data, root.shape))

    def with_scores(self, unit: int, columns: Floats) -> Floats:
        """The root's scores if one unit's indicators had other scores: (L, U) for columns (I, L)."""
        roots = np.repeat(self.node_scores[-1:], columns.shape[1], axis=0)
        units = self.compared_with(unit)
        scores = np.repeat(self.scores[:, np.newaxis, units], columns.shape[1], axis=1)
        scores[..., units == unit] = columns[..., np.newaxis]
        last = len(self.scheme.nodes) - 1
        scored = self.coverage.scored[:, np.newaxis, units]
        roots[:, units] = climb(list(scores), scored, self.scheme, None, frozenset({last}))[0][last]
        return roots

    def compared_with(self, unit: int) -> Integers:
        """The units whose aggregates depend on this unit's: itself alone, unless an aggregate compares units."""
        if self.scheme.compares_units:
            everyone = np.arange(self.scores.shape[1])
            for block in blocks(self.inputs.groups, self.scheme.scope):
                if unit in block.take(everyone):
                    return block.take(everyone)
        return np.array([unit])


def reach(
    standing: Standing, unit: int, goal: Goal, cost: Floats | float = 1.0, ceiling: Floats | float = FULL_SCORE
) -> Reach:
    """The next better rank or tier of a unit, and the cheapest set of its indicators that brings it there.

    An indicator's score can rise to its ceiling. Indicators without a score are left alone: giving them one would shift
    the weights of the others. Where every aggregate is arithmetic with given weights this is a fractional knapsack,
    solved exactly by filling up indicators in the order of weight in force over cost (G. B. Dantzig, "Discrete-variable
    extremum problems", Operations Research 5 (1957) 266-288); else the best step is taken again and again, each step
    scored by the production functions, and what proves dispensable at the end is given back.

    Args:
        cost: of one point of an indicator's score, above 0; (I,) or one for all.
        ceiling: (I,) or one for all; on the scale of the indicators' scores.
    """
    target, points = distance(standing, unit, goal)
    if np.isnan(target):
        return Reach(goal, np.nan, np.nan, (), 0.0, standing.additive, False)
    own = standing.scores[:, unit]
    cost = np.broadcast_to(np.asarray(cost, dtype=float), own.shape)
    room = np.where(np.isnan(own), 0.0, np.maximum(np.broadcast_to(ceiling, own.shape) - np.nan_to_num(own), 0.0))
    find = _fill_up if standing.additive else _step_by_step
    order, raised = find(standing, unit, points, cost, room)
    if order is None:
        return Reach(goal, target, points, (), 0.0, standing.additive, False)
    moves = _moves(standing, unit, order, raised)
    new = standing.with_scores(unit, (own + raised)[:, np.newaxis])
    verified = _better(standing, goal, unit, standing.conclude(new))[0]
    return Reach(goal, target, points, moves, float(cost @ raised), standing.additive, bool(verified))


def distance(standing: Standing, unit: int, goal: Goal) -> tuple[float, float]:
    """The lowest rounded score with a better rank or tier, and how many points the unit's score is short of it.

    Found by asking the production functions, so it follows the tie rule, cuts or quotas. NaN, NaN where there is none.
    """
    result, scheme = standing.result, standing.scheme
    own = result.score[unit]
    if result.rank[unit] == NOT_RANKED:
        return np.nan, np.nan
    step = 10.0**-scheme.decimals
    peers = result.score[(standing.inputs.groups == standing.inputs.groups[unit]) & (result.rank != NOT_RANKED)]
    cuts = np.ceil(np.round(np.array(scheme.tiers.cuts if scheme.tiers else ()) / step, 6)) * step
    candidates = np.round(np.unique(np.concatenate([peers, peers + step, cuts])), scheme.decimals)
    candidates = np.unique(candidates[candidates > own])
    roots = np.repeat(standing.node_scores[-1:], len(candidates), axis=0)
    roots[:, unit] = candidates - result.points[unit]
    reached = np.flatnonzero(_better(standing, goal, unit, standing.conclude(roots)))
    if not reached.size:
        return np.nan, np.nan
    target = float(candidates[reached[0]])
    needed = target - (0.5 - MARGIN) * step - result.points[unit] - standing.node_scores[-1, unit]
    return target, max(float(needed), 0.0)


def _better(standing: Standing, goal: Goal, unit: int, after: Result) -> Floats:
    """(L,), whether the unit's rank or tier is better than it is."""
    rank, tier = after.rank[..., unit], after.tier[..., unit]
    if goal == "rank":
        return np.atleast_1d((rank != NOT_RANKED) & (rank < standing.result.rank[unit]))
    return np.atleast_1d((tier >= 0) & (tier < standing.result.tier[unit]))


def _moves(standing: Standing, unit: int, order: list[int], raised: Floats) -> tuple[Move, ...]:
    """What each raise brings after those before it."""
    own = standing.scores[:, unit]
    columns = np.repeat(own[:, np.newaxis], len(order) + 1, axis=1)
    for turn, row in enumerate(order):
        columns[row, turn + 1 :] += raised[row]
    roots = standing.with_scores(unit, columns)[:, unit]
    names = [standing.scheme.indicators[row].id for row in order]
    return tuple(
        Move(name, float(own[row]), float(own[row] + raised[row]), float(roots[turn + 1] - roots[turn]))
        for turn, (name, row) in enumerate(zip(names, order, strict=True))
    )


def _fill_up(
    standing: Standing, unit: int, points: float, cost: Floats, room: Floats
) -> tuple[list[int] | None, Floats]:
    """Indicators in order of efficiency, each to its ceiling, the last as far as needed."""
    gain = np.nan_to_num(standing.weights[: len(room), unit])
    order = np.argsort(-gain / cost, kind="stable")
    order = order[(gain * room)[order] > 0]
    raised, missing = np.zeros(len(room)), points
    chosen: list[int] = []
    for row in order:
        if missing <= 0:
            break
        raised[row] = min(room[row], missing / gain[row])
        missing = missing - room[row] * gain[row] if raised[row] == room[row] else 0.0
        chosen.append(int(row))
    return (chosen, raised) if missing <= SPENT else (None, raised)


def _step_by_step(
    standing: Standing, unit: int, points: float, cost: Floats, room: Floats
) -> tuple[list[int] | None, Floats]:
    """Greedy: of every indicator a quarter of its room or all that is left of it; the steps with most gain per cost, as
    many at a time as bring a quarter of what is missing.
    """
    own, wanted = standing.scores[:, unit], standing.node_scores[-1, unit] + points
    raised, order = np.zeros(len(room)), []
    while (at := _root(standing, unit, own + raised)) < wanted:
        rows, steps = _steps(room, raised)
        gain = _gains(standing, unit, own + raised, rows, steps, at)
        if not rows.size or gain.max() <= 0:
            return None, raised
        best = np.argsort(-gain / (cost[rows] * steps), kind="stable")
        best = best[np.sort(np.unique(rows[best], return_index=True)[1])]
        few = max(1, int(np.count_nonzero(np.cumsum(gain[best]) <= (wanted - at) / 4)))
        for step in best[:few]:
            raised[rows[step]] += steps[step]
            if int(rows[step]) not in order:
                order.append(int(rows[step]))
    _give_back(standing, unit, wanted, order, raised)
    return [row for row in order if raised[row] > 0], raised


def _steps(room: Floats, raised: Floats) -> tuple[Integers, Floats]:
    left = room - raised
    rows = np.flatnonzero(left > SPENT)
    return np.concatenate([rows, rows]), np.concatenate([np.minimum(room[rows] / 4, left[rows]), left[rows]])


def _gains(standing: Standing, unit: int, own: Floats, rows: Integers, steps: Floats, at: float) -> Floats:
    """What each step alone brings."""
    gain = np.empty(len(rows))
    few = max(1, BATCH // (len(own) * len(standing.compared_with(unit))))
    for start in range(0, len(rows), few):
        some = slice(start, start + few)
        columns = np.repeat(own[:, np.newaxis], len(rows[some]), axis=1)
        columns[rows[some], np.arange(columns.shape[1])] += steps[some]
        gain[some] = standing.with_scores(unit, columns)[:, unit] - at
    return gain


def _root(standing: Standing, unit: int, own: Floats) -> float:
    return float(standing.with_scores(unit, own[:, np.newaxis])[0, unit])


def _give_back(standing: Standing, unit: int, wanted: float, order: list[int], raised: Floats) -> None:
    """Lower each raise, the last first, as far as the score allows, to a millionth of its size."""
    own = standing.scores[:, unit]
    for row in reversed(order):
        low, high = 0.0, raised[row]
        for _ in range(4):
            tried = np.linspace(low, high, 33)
            columns = np.repeat((own + raised)[:, np.newaxis], len(tried), axis=1)
            columns[row] = own[row] + tried
            enough = standing.with_scores(unit, columns)[:, unit] >= wanted
            first = int(np.argmax(enough)) if enough.any() else len(tried) - 1
            low, high = tried[max(first - 1, 0)], tried[first]
            if first == 0:
                break
        raised[row] = high
