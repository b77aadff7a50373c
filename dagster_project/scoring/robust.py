"""How far ranks can be trusted: many draws through the production functions, and what they say of each unit.

Shapes: D draws, U units, I indicators, N nodes. One period at a time.
"""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

import numpy as np

from dagster_project.scoring import engine
from dagster_project.scoring.block import blocks
from dagster_project.scoring.draw import Draws, Uncertainty, plan
from dagster_project.scoring.normalise import NO_GROUP, Booleans, Floats, Integers
from dagster_project.scoring.prepare import Inputs, in_parts, prepare
from dagster_project.scoring.rank import NOT_RANKED
from dagster_project.scoring.scheme import Aggregate, Scheme, SchemeError
from dagster_project.scoring.tree import climb, coverage_of

LOWER, UPPER = 0.05, 0.95
# Two units are told apart if one is ahead of the other in at least this share of the draws.
SURE = 0.95
# Bytes that the scores of indicators of one chunk of draws may take: a few of them stay in the cache's reach.
CHUNK_BYTES = 64 * 2**20


@dataclass(frozen=True)
class Replicates:
    """Shapes: score (D, U), rounded, NaN where there is none; rank (D, U), 0 unless ranked; tier (D, U), -1 without."""

    score: Floats
    rank: Integers
    tier: Integers


@dataclass(frozen=True)
class Robustness:
    """What the draws say of each unit; a unit without a rank has rank 0 and probability 0 throughout.

    Shapes: low, high (U,), the rank that at least 5 % and at least 95 % of the draws do not exceed; median (U,), alike
    for half of them; tier_probability (T, U); ahead (U, U), the share of draws in which the row is ranked before the
    column, ties counted half, 0 across peer areas; apart (U,), the number of the group of units that cannot be told
    apart, from the top of each peer area.
    """

    low: Integers
    high: Integers
    median: Integers
    tier_probability: Floats
    ahead: Floats
    apart: Integers


def robustness(
    inputs: Inputs, scheme: Scheme, uncertainty: Uncertainty, spread: Floats | None = None, workers: int | None = None
) -> Robustness:
    """Draw, evaluate, and summarise.

    Args:
        inputs: of one period, values (I, U) and groups (U,).
        spread: (I, U), the standard deviation of each figure, 0 where it is certain; read if `uncertainty.data`.
        workers: threads; as many as there are cores by default.

    Raises:
        SchemeError: as `engine.score`; or an alternative that has no answer for these figures.
    """
    drawn = evaluate(inputs, scheme, plan(scheme, uncertainty), spread, workers)
    nominal = evaluate(inputs, scheme, Draws((scheme,), np.zeros(1, dtype=np.int64)))
    low, median, high = np.quantile(drawn.rank, (LOWER, 0.5, UPPER), axis=0, method="inverted_cdf").astype(np.int64)
    tiers = len(scheme.tiers.names) if scheme.tiers else 0
    probability = (
        np.stack([(drawn.tier == tier).mean(axis=0) for tier in range(tiers)]) if tiers else np.zeros((0, len(low)))
    )
    ahead = share_ahead(drawn.rank, inputs.groups)
    return Robustness(low, high, median, probability, ahead, told_apart(ahead, nominal.rank[0], inputs.groups))


def evaluate(
    inputs: Inputs, scheme: Scheme, draws: Draws, spread: Floats | None = None, workers: int | None = None
) -> Replicates:
    """Every draw through imputation, treatment, normalisation, the tree, and the ranks.

    Who is ranked is decided once, by the scheme and figures as they are: a draw varies a score, not whether a unit is
    ranked. A node that has a score there keeps it in every draw, as far as any of its children has one; a ranked unit
    that a draw leaves without a score is the last in it.
    """
    if inputs.values.ndim != 2:
        raise SchemeError(f"scheme {scheme.id}: values of shape {inputs.values.shape}; draw for one period at a time")
    as_is = engine.score(inputs, scheme)
    ranked, scored = as_is.rank > NOT_RANKED, ~np.isnan(as_is.node_scores)
    uncertain = _uncertain(inputs, spread if draws.noises is not None else None)
    columns = max(len(uncertain), 1)
    chunk = max(1, CHUNK_BYTES // (8 * columns * inputs.values.shape[1]))
    score = np.full((draws.number, inputs.values.shape[1]), np.nan)
    rank, tier = np.zeros(score.shape, dtype=np.int64), np.full(score.shape, -1)
    tasks = []
    for at, variant in enumerate(draws.variants):
        numbers = np.flatnonzero(draws.which == at)
        if numbers.size:
            work = _Variant(inputs, variant, scored, uncertain, spread)
            tasks += [(work, part) for part in np.split(numbers, range(chunk, len(numbers), chunk))]

    def one(task: tuple[_Variant, Integers]) -> None:
        work, numbers = task
        result = engine.conclude(np.where(ranked, work.roots(draws, numbers), np.nan), inputs, work.scheme, ranked)
        score[numbers], tier[numbers] = result.score, result.tier
        rank[numbers] = np.where(ranked & (result.rank == NOT_RANKED), as_is.n_ranked, result.rank)

    with ThreadPoolExecutor(workers or os.cpu_count()) as pool:
        list(pool.map(one, tasks))
    return Replicates(score, rank, tier)


def share_ahead(rank: Integers, groups: Integers) -> Floats:
    """(U, U), the share of draws in which the row's unit is ranked before the column's; ties count half.

    Args:
        rank: (D, U), 0 unless ranked; groups: (U,).
    """
    ahead = np.zeros((rank.shape[1], rank.shape[1]))
    compact = rank.astype(np.int16)
    for group in np.unique(groups[groups != NO_GROUP]):
        units = np.flatnonzero((groups == group) & (compact > NOT_RANKED).any(axis=0))
        inside = np.ascontiguousarray(compact[:, units].T)
        for place, unit in enumerate(units):
            before = (inside[place] < inside).sum(axis=1) + 0.5 * (inside[place] == inside).sum(axis=1)
            ahead[unit, units] = before / len(rank)
    return ahead


def told_apart(ahead: Floats, rank: Integers, groups: Integers) -> Integers:
    """(U,), numbers from 1 of the groups of units that cannot be told apart; 0 for a unit without a rank.

    Down the ranking of a peer area a new group begins where everyone above is ahead of everyone from there on in at
    least 95 % of the draws.
    """
    number = np.zeros(len(rank), dtype=np.int64)
    for group in np.unique(groups[groups != NO_GROUP]):
        units = np.flatnonzero((groups == group) & (rank > NOT_RANKED))
        units = units[np.argsort(rank[units], kind="stable")]
        sure = ahead[np.ix_(units, units)]
        for place in range(1, len(units)):
            begins = sure[:place, place:].min() >= SURE
            number[units[place]] = number[units[place - 1]] + begins
        number[units] += 1
    return number


def _uncertain(inputs: Inputs, spread: Floats | None) -> Integers:
    """Indicators of which some figure is uncertain."""
    if spread is None:
        return np.zeros(0, dtype=np.int64)
    return np.flatnonzero(((np.nan_to_num(spread) > 0) & ~np.isnan(inputs.values)).any(axis=1))


class _Variant:
    """One scheme of the draws: what of it does not vary is made once."""

    def __init__(self, inputs: Inputs, scheme: Scheme, scored: Booleans, uncertain: Integers, spread: Floats | None):
        self.scheme, self._inputs, self._uncertain = scheme, inputs, uncertain
        prepared = prepare(inputs, scheme)
        self._scores = prepared.scores
        self._scored = scored | coverage_of(prepared.present, prepared.applies, scheme).scored
        if uncertain.size:
            self._loose = _only(inputs, prepared.applies, uncertain)
            self._flat = _flat(scheme, uncertain)
            cells = np.nan_to_num(np.broadcast_to(spread if spread is not None else 0.0, inputs.values.shape))[
                uncertain
            ]
            self._cells = np.nonzero((cells > 0) & ~np.isnan(self._loose.values))
            self._deviation = cells[self._cells]

    def roots(self, draws: Draws, numbers: Integers) -> Floats:
        """(D, U), the root's scores in the draws with these numbers."""
        columns = list(self._scores)
        if self._uncertain.size:
            row, unit = self._cells
            moves = (draws.noise(numbers, len(row)) * self._deviation).T
            first = np.searchsorted(row, np.arange(len(self._uncertain) + 1))

            def figures(rows: Integers) -> Floats:
                """(i, D, U): each draw's own figures."""
                values = np.repeat(self._loose.values[rows][:, np.newaxis], len(numbers), axis=1)
                for place, at in enumerate(rows.tolist()):
                    cells = slice(first[at], first[at + 1])
                    values[place][:, unit[cells]] += moves[cells].T
                return values

            size = len(numbers) * self._loose.values.shape[1]
            for rows, scores in in_parts(figures, size, self._loose, self._flat):
                for at, column in zip(self._uncertain[rows].tolist(), scores, strict=True):
                    columns[at] = column
        factors = None if draws.factors is None else draws.factors[:, numbers]
        shape = (len(numbers), self._inputs.values.shape[1])
        last = len(self.scheme.nodes) - 1
        if not self.scheme.compares_units:
            found, _ = climb(columns, self._scored, self.scheme, factors, frozenset({last}))
            return np.broadcast_to(found[last], shape)
        roots = np.full(shape, np.nan)
        for block in blocks(self._inputs.groups, self.scheme.scope):
            part = [block.take(column) for column in columns]
            found, _ = climb(part, block.take(self._scored), self.scheme, factors, frozenset({last}))
            block.put(roots, found[last])
        return roots


def _only(inputs: Inputs, applies: Booleans, rows: Integers) -> Inputs:
    """The figures of some indicators, NaN where they do not apply."""

    def of(array: Floats) -> Floats:
        return array[rows] if len(array) == len(inputs.values) else array

    return replace(
        inputs,
        values=np.where(applies, inputs.values, np.nan)[rows],
        applies=None,
        low=of(inputs.low),
        high=of(inputs.high),
        target=of(inputs.target),
        best_low=of(inputs.best_low),
        best_high=of(inputs.best_high),
    )


def _flat(scheme: Scheme, rows: Integers) -> Scheme:
    """Some indicators of a scheme under one node, for what does not depend on the tree."""
    root = Aggregate(scheme.bottom_up[-1].id, None)
    leaves = tuple(replace(scheme.indicators[row], parent=root.id) for row in rows)
    return Scheme(scheme.id, leaves, (root,), scheme.decimals, scheme.scope)
