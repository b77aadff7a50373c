"""Why did we move: the change of score and rank between two evaluations, split exactly over what changed.

Shapes: U units, F factors (`FACTORS`).

First the earlier evaluation is restated with what is known now; that is the part of revisions, and a difference of two
evaluations. The rest of the way is split by Shapley value: a factor's part is what switching it from its earlier to its
later state changes, averaged over all orders in which the factors may be switched, so that no order is favoured.
Sources: L. S. Shapley, "A value for n-person games" (1953); A. F. Shorrocks, "Decomposition procedures for
distributional analysis", Journal of Economic Inequality 11 (2013) 99-126.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import combinations
from math import factorial

import numpy as np

from dagster_project.scoring.block import blocks
from dagster_project.scoring.engine import check_groups, conclude, has_data
from dagster_project.scoring.mixture import FACTORS, Evaluation, Factor, Mixtures
from dagster_project.scoring.normalise import NO_GROUP, Booleans, Floats, Integers
from dagster_project.scoring.prepare import Inputs, Prepared, prepare
from dagster_project.scoring.rank import NOT_RANKED
from dagster_project.scoring.scheme import Scheme, SchemeError
from dagster_project.scoring.tree import climb, coverage_of

MOVING: frozenset[Factor] = frozenset(("others", "own"))
# What all mixtures that are evaluated at once have in common.
SETTING: frozenset[Factor] = frozenset(("definition", "boundary", "weights"))
# Figures that one chunk of mixtures may hold: 8 MiB in each of the few working arrays.
CHUNK = 2**20


@dataclass(frozen=True)
class Moved:
    """The parts of each unit's change from the earlier evaluation to the later; a rank's are positive for places lost.

    Shapes: score and rank (F, U), in the order of `FACTORS`, NaN for a unit that either evaluation does not rank. Over
    factors they sum to the change of the published score and of the rank. A factor that did not change is exactly 0.
    stood_in (U,): in some mixture of earlier and later the unit had no score; its earlier one then stood in for it.
    """

    score: Floats
    rank: Floats
    stood_in: Booleans


def movement(then: Evaluation, now: Evaluation, restated: Evaluation | None = None) -> Moved:
    """Split the change from `then` to `now`.

    The factors: "revision", from the earlier evaluation as it was to that with the figures known now; and from there on
    "own" and "others", figures moving on from the earlier period to the later, the unit's and everybody else's;
    "imputation", whatever happens to cells that are imputed in either; "weights", given ones, and where weights come
    from; "boundary", peer areas; "definition", all the rest: indicators, normalisers, goalposts, targets,
    applicability, aggregation, bonuses, vetoes, rounding. A figure that only one of the schemes asks for changes with
    the definition.

    With n units in a peer area, and k of the factors changed besides "own" and "others", the area is evaluated
    2^(k + 1) (n + 1) times, many at once.

    Args:
        then: the earlier evaluation as it was published.
        now: the later one, of the same units in the same order.
        restated: the earlier period's figures as known now, under the earlier scheme and in the earlier peer areas;
            None if nothing was revised.

    Raises:
        SchemeError: units or schemes do not match; or figures of one evaluation have no answer under the other scheme.
    """
    base = restated or then
    if not then.inputs.groups.shape == base.inputs.groups.shape == now.inputs.groups.shape:
        raise SchemeError(f"scheme {now.scheme.id}: the evaluations are not of the same units; align them first")
    if then.scheme != base.scheme or not np.array_equal(then.inputs.groups, base.inputs.groups):
        raise SchemeError(f"scheme {base.scheme.id}: restate under the scheme and peer areas of the first scores")
    mixtures = Mixtures(base, now)
    units = then.inputs.values.shape[1]
    score, rank = np.full((len(FACTORS), units), np.nan), np.full((len(FACTORS), units), np.nan)
    stood_in = np.zeros(units, dtype=bool)
    published = None if restated is None else Mixtures(then, then)
    for members in _areas(mixtures):
        first = None if published is None else _first(published, members)
        score[:, members], rank[:, members], stood_in[members] = _split(mixtures, members, first)
    return Moved(score, rank, stood_in)


@lru_cache(maxsize=64)
def shapley(factors: tuple[Factor, ...]) -> tuple[tuple[frozenset[Factor], ...], Floats]:
    """All sets of factors, from none to all; and, (factors, sets), by what their outcomes are multiplied to give each
    factor's part: the mean over all orders of the outcome after it less the outcome before.
    """
    count = len(factors)
    sets = tuple(frozenset(some) for size in range(count + 1) for some in combinations(factors, size))
    place = {some: at for at, some in enumerate(sets)}
    shares = np.zeros((count, len(sets)))
    for some in sets:
        for row, factor in enumerate(factors):
            if factor not in some:
                orders = factorial(len(some)) * factorial(count - len(some) - 1) / factorial(count)
                shares[row, place[some | {factor}]] += orders
                shares[row, place[some]] -= orders
    return sets, shares


def _areas(mixtures: Mixtures) -> Iterator[Integers]:
    """Units that can matter to each other: linked by a peer area of either evaluation, or all, by the scopes."""
    codes = []
    for side, groups in enumerate(mixtures.groups):
        compares_all = mixtures.schemes[bool(side), False].scope == "all"
        codes.append(np.where(groups == NO_GROUP, NO_GROUP, 0 if compares_all else groups))
    label = np.arange(len(codes[0]))
    before = np.zeros_like(label)
    while not np.array_equal(before, label):
        before = label.copy()
        for groups in codes:
            for code in np.unique(groups[groups != NO_GROUP]):
                label[groups == code] = label[groups == code].min()
    for one in np.unique(label[np.any([groups != NO_GROUP for groups in codes], axis=0)]):
        yield np.flatnonzero(label == one)


def _split(
    mixtures: Mixtures, members: Integers, first: tuple[Floats, Integers] | None
) -> tuple[Floats, Floats, Booleans]:
    """Score and rank parts (F, n) of one area of n units; and stood_in (n,).

    Args:
        first: scores and ranks (1, n) before the figures were revised; None if they were not.
    """
    factors = tuple(factor for factor in FACTORS if factor in mixtures.differ)
    sets, shares = shapley(factors)
    place = {some: at for at, some in enumerate(sets)}
    score, rank = np.empty((len(sets), len(members))), np.empty((len(sets), len(members)), dtype=np.int64)
    for setting in {some & SETTING for some in sets}:
        of_setting = [some for some in sets if some & SETTING == setting and not some & MOVING]
        for some, outcome in _outcomes(mixtures, of_setting, members, set(factors) >= MOVING).items():
            score[place[some]], rank[place[some]] = outcome

    then_score, then_rank = (score[:1], rank[:1]) if first is None else first
    missing = rank == NOT_RANKED
    ranked = (then_rank[0] != NOT_RANKED) & ~missing[-1]
    parts = np.zeros((2, len(FACTORS), len(members)))
    rows = [FACTORS.index(factor) for factor in factors]
    changed = _changed_for_unit(factors, mixtures.own[members])
    for part, outcomes, then in ((parts[0], score, then_score[0]), (parts[1], rank, then_rank[0])):
        known = np.where(missing, then, outcomes)
        part[FACTORS.index("revision")] = known[0] - then
        # Summed set after set: the last bits of a matrix product depend on the machine.
        part[rows] = np.where(changed, (shares[..., np.newaxis] * known).sum(axis=1), 0.0)
    score_parts, rank_parts = np.where(ranked, parts + 0.0, np.nan)  # + 0.0: no part is written -0
    return score_parts, rank_parts, missing.any(axis=0) & ranked


def _changed_for_unit(factors: tuple[Factor, ...], own: Booleans) -> Booleans:
    """(factors, n): a factor that did not change for a unit is 0, and not what rounding makes of equal numbers."""
    by_factor = {"own": own, "others": own.sum() - own > 0}
    return np.array([by_factor.get(factor, np.ones(len(own), dtype=bool)) for factor in factors]).reshape(-1, len(own))


def _first(mixtures: Mixtures, members: Integers) -> tuple[Floats, Integers]:
    """Score and rank (1, n) of the earlier evaluation."""
    figures, _ = mixtures.figures(frozenset(), members)
    return _evaluate(figures[:, np.newaxis], *mixtures.setting(frozenset(), members))


def _outcomes(
    mixtures: Mixtures, sets: list[frozenset[Factor]], members: Integers, moving: bool
) -> dict[frozenset[Factor], tuple[Floats, Integers]]:
    """Score and rank (n,) of each unit in sets of one setting: with nobody's figures moved on, and, if `moving`, with
    everybody's, with the unit's own alone, with everybody else's alone.
    """
    n = len(members)
    own, nobody = np.eye(n, dtype=bool), np.zeros((1, n), dtype=bool)
    moved = np.concatenate([nobody, ~nobody, own, ~own]) if moving else nobody
    inputs, scheme = mixtures.setting(sets[0], members)
    figures = [mixtures.figures(some, members) for some in sets]
    score, rank = np.empty((len(sets), len(moved), n)), np.empty((len(sets), len(moved), n), dtype=np.int64)
    step = max(1, CHUNK // max(figures[0][0].size, 1))
    jobs = [(at, row) for at in range(len(sets)) for row in range(len(moved))]
    for start in range(0, len(jobs), step):
        which, rows = np.array(jobs[start : start + step]).T
        mixed = np.empty((len(figures[0][0]), len(rows), n))
        for at in np.unique(which):
            (before, after), here = figures[at], which == at
            mixed[:, here] = np.where(moved[rows[here]], after[:, np.newaxis], before[:, np.newaxis])
        score[which, rows], rank[which, rows] = _evaluate(mixed, inputs, scheme)

    found, each = {}, np.arange(n)
    for at, some in enumerate(sets):
        found[some] = score[at, 0], rank[at, 0]
        if moving:
            found[some | MOVING] = score[at, 1], rank[at, 1]
            found[some | {"own"}] = score[at, 2 + each, each], rank[at, 2 + each, each]
            found[some | {"others"}] = score[at, 2 + n + each, each], rank[at, 2 + n + each, each]
    return found


def _evaluate(figures: Floats, setting: Inputs, scheme: Scheme) -> tuple[Floats, Integers]:
    """Scores and ranks (L, n) of L mixtures, whose figures are (I + K, L, n)."""
    count = len(scheme.indicators)
    inputs = replace(setting, values=figures[:count], extras=figures[count:])
    check_groups(inputs, scheme)
    prepared = prepare(inputs, scheme)
    same = bool((prepared.present == prepared.present[:, :1]).all())
    presence = Prepared(*(array[:, :1] if same else array for array in vars(prepared).values()))
    coverage = coverage_of(presence.present, presence.applies, scheme)
    root = np.full(figures.shape[1:], np.nan)
    last = len(scheme.nodes) - 1
    for block in blocks(inputs.groups, scheme.scope):
        scores, scored = list(block.take(prepared.scores)), block.take(coverage.scored)
        block.put(root, climb(scores, scored, scheme, None, frozenset({last}))[0][last])
    result = conclude(root, inputs, scheme, np.broadcast_to(has_data(presence, coverage), root.shape))
    return result.score, result.rank
