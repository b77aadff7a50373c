"""Scores of all schemes: registry and indicator values in, the tables that serving reads out, as frames."""

from __future__ import annotations

from dataclasses import dataclass, field
from time import perf_counter

import numpy as np
import pandas as pd

from dagster_project.evaluation.figures import Figures, read_figures
from dagster_project.evaluation.frames import stack, text, whole
from dagster_project.evaluation.inputs import NO_PERIOD, Block, read_block
from dagster_project.evaluation.memory import Memory
from dagster_project.evaluation.moves import MOVEMENT, moves
from dagster_project.evaluation.reason import Missing, Reason, explain
from dagster_project.evaluation.robust import Draws, draw
from dagster_project.evaluation.scheme_rows import Row, Tables, directions, read_scheme, read_uncertainty, records
from dagster_project.scoring.adjust import most_improved
from dagster_project.scoring.block import blocks
from dagster_project.scoring.engine import RANKED, Scores, score
from dagster_project.scoring.explain import contributions, gap_to_peers
from dagster_project.scoring.normalise import NO_GROUP, Booleans, Floats, Integers
from dagster_project.scoring.rank import NOT_RANKED, count_in_groups, rank_in_groups
from dagster_project.scoring.scheme import Scheme, SchemeError

# The registry's tables that scoring reads.
TABLES_READ = (
    *("scheme", "scheme_node", "tier", "adjustment", "uncertainty", "indicator", "measure", "target_span"),
    *("region_unit", "peer_member", "peer_town", "period", "flag"),
)
SCORE_SERIES = {
    "scheme_id": "str",
    "scheme_version": "Int64",
    "node_id": "str",
    "node_kind": "str",
    "region_id": "str",
    "period_id": "str",
    "score": "float64",
    "rank": "Int64",
    "n_ranked": "Int64",
    "weight_in_force": "float64",
    "coverage": "float64",
}
RANKING = {
    "scheme_id": "str",
    "scheme_version": "Int64",
    "peer_scheme": "str",
    "peer_area_id": "str",
    "region_id": "str",
    "period_id": "str",
    "score": "float64",
    "rank": "Int64",
    "n_ranked": "Int64",
    "n_units": "Int64",
    "coverage": "float64",
    "rank_low": "Int64",
    "rank_high": "Int64",
    "apart": "Int64",
    "tier_id": "str",
    "vetoed": "bool",
    "points": "float64",
    "imputed_share": "float64",
    "movement": "Int64",
    "most_improved": "bool",
    "movement_reason": "str",
    "reason": "str",
    "reason_zh": "str",
    "reason_en": "str",
    "flags": "Int64",
    "flag_ids": "str",
}
TIER_CHANCE = {
    "scheme_id": "str",
    "scheme_version": "Int64",
    "region_id": "str",
    "period_id": "str",
    "tier_id": "str",
    "probability": "float64",
}
CONTRIBUTION = {
    "scheme_id": "str",
    "scheme_version": "Int64",
    "region_id": "str",
    "period_id": "str",
    "node_id": "str",
    "parent_id": "str",
    "node_kind": "str",
    "score": "float64",
    "weight_in_force": "float64",
    "part": "float64",
    "area_part": "float64",
    "gap": "float64",
    "value": "float64",
    "value_period_id": "str",
}
# Why there is no movement: the codes of `ranking.movement_reason`.
MOVED, NO_RANK, NO_RANK_BEFORE, OTHER_VERSION, OTHER_AREA = "", "not_ranked", "first", "version", "area"


@dataclass(frozen=True)
class Results:
    """A frame per table, each with the columns of its constant; `seconds` that each kind of work took.

    score_series: a row per scheme, node, unit and period that has a score. ranking: per scheme, unit in force at the
    period's end, and period. The others are empty without details.
    """

    score_series: pd.DataFrame
    ranking: pd.DataFrame
    tier_chance: pd.DataFrame
    contribution: pd.DataFrame
    movement: pd.DataFrame
    seconds: dict[str, float] = field(default_factory=dict)

    @property
    def frames(self) -> dict[str, pd.DataFrame]:
        """By the names under which serving reads them."""
        return {name: frame for name, frame in vars(self).items() if name != "seconds"}


@dataclass(frozen=True)
class _Evaluated:
    """One version of a scheme, scored."""

    row: Row
    scheme: Scheme
    block: Block
    scores: Scores


def score_schemes(
    tables: Tables,
    values: pd.DataFrame,
    absences: pd.DataFrame,
    *,
    details: bool = True,
    memory: Memory | None = None,
) -> Results:
    """Score every active scheme in every period in which one of its units has a value of one of its indicators.

    Args:
        tables: those of the registry that `TABLES_READ` names.
        values: indicator_value: indicator_id, region_id, period_id, value, numerator, denominator, target, flags; one
            row per key. `figures.wanted` says which rows matter.
        absences: indicator_absence: indicator_id, region_id, period_id, state. Only `not_applicable` and, of figures of
            another frequency than the scheme's, `not_yet_due` matter here.
        details: whether to draw, to split scores into contributions and changes into factors; False takes a fraction of
            the time.
        memory: of an earlier run; what it knows of a period that did not change is not worked out again.

    Raises:
        SchemeError: a scheme, a target or a value that cannot be scored; says which and what to do.
    """
    clock = _Clock()
    evaluated = list(_evaluate(tables, values, absences))
    _refuse_two_versions(evaluated)
    clock.stop("scores")
    memory, words = memory or Memory(), _Words.of(tables)
    drawn: list[Draws | None] = [None] * len(evaluated)
    if details:
        drawn = [
            draw(one.scheme, read_uncertainty(one.row, tables), one.block, one.scores, words.bits, memory)
            for one in evaluated
        ]
    clock.stop("robustness")
    periods = {(one.scheme.id, period) for one in evaluated for period in one.block.period_ids}
    series = stack([_score_series(one) for one in evaluated], SCORE_SERIES)
    rankings = [_ranking(one, by, periods, words) for one, by in zip(evaluated, drawn, strict=True)]
    ranking = stack(rankings, RANKING)
    chances = [_tier_chance(one, by) for one, by in zip(evaluated, drawn, strict=True) if by is not None]
    chance = stack(chances, TIER_CHANCE)
    clock.stop("rankings")
    contribution = stack([_contribution(one) for one in evaluated] if details else [], CONTRIBUTION)
    clock.stop("contributions")
    moved = [moves(one.row, one.scheme, one.block, one.scores, memory) for one in evaluated] if details else []
    movement = stack(moved, MOVEMENT)
    clock.stop("movements")
    return Results(series, ranking, chance, contribution, movement, clock.seconds)


class _Clock:
    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self._since = perf_counter()

    def stop(self, name: str) -> None:
        now = perf_counter()
        self.seconds[name], self._since = now - self._since, now


@dataclass(frozen=True)
class _Words:
    """names: of each indicator, in Chinese and English, by its newest version; bits: of each flag, lowest first."""

    names: dict[str, tuple[str, str]]
    bits: dict[str, int]

    @staticmethod
    def of(tables: Tables) -> _Words:
        newest = tables["indicator"].sort_values("version")
        names = zip(newest["name_zh"], newest["name_en"], strict=True)
        flag = tables["flag"].sort_values("bit")
        return _Words(
            dict(zip(newest["indicator_id"], names, strict=True)), dict(zip(flag["flag_id"], flag["bit"], strict=True))
        )


def _evaluate(tables: Tables, values: pd.DataFrame, absences: pd.DataFrame) -> list[_Evaluated]:
    made: dict[tuple[str, str], Figures] = {}
    known = directions(tables["indicator"])
    found = []
    for row in records(tables["scheme"]):
        if row["status"] != "active":
            continue
        key = row["unit_grain"], row["frequency"]
        scheme = read_scheme(row, tables, known)
        if key not in made:
            made[key] = read_figures(tables, *key, values, absences)
        block = read_block(row, scheme, tables, made[key])
        found.append(_Evaluated(row, scheme, block, score(block.inputs, scheme)))
    return found


def _refuse_two_versions(evaluated: list[_Evaluated]) -> None:
    seen: set[tuple[str, str]] = set()
    for one in evaluated:
        for period in one.block.period_ids:
            if (one.scheme.id, period) in seen:
                at = [one.scheme.id, str(period)]
                mend = "let valid_to of one end before the other"
                raise SchemeError(f"two versions of a scheme rank one period: {at}; {mend}")
            seen.add((one.scheme.id, period))


def _named(one: _Evaluated, period: Integers, unit: Integers) -> dict[str, object]:
    """The columns that say of what a row is."""
    return {
        "scheme_id": one.scheme.id,
        "scheme_version": int(one.row["version"]),
        "region_id": text(one.block.units, unit),
        "period_id": text(one.block.period_ids, period),
    }


def _kinds(scheme: Scheme, node: Integers) -> pd.Series:
    return text(["indicator", "aggregate"], (node >= len(scheme.indicators)).astype(np.int64))


def _score_series(one: _Evaluated) -> pd.DataFrame:
    scheme, block, scores = one.scheme, one.block, one.scores
    node, period, unit = at = np.nonzero(block.in_force & ~np.isnan(scores.node_scores))
    rank, n_ranked = _ranks_of_nodes(scheme, block, scores)
    return pd.DataFrame(
        {
            **_named(one, period, unit),
            "node_id": text([n.id for n in scheme.nodes], node),
            "node_kind": _kinds(scheme, node),
            "score": scores.node_scores[at],
            "rank": whole(rank[at], rank[at] != NOT_RANKED),
            "n_ranked": whole(n_ranked[at], rank[at] != NOT_RANKED),
            "weight_in_force": scores.weights[at],
            "coverage": scores.coverage[at],
        }
    )


def _ranks_of_nodes(scheme: Scheme, block: Block, scores: Scores) -> tuple[Integers, Integers]:
    """Ranks at every aggregate, and how many are ranked there, (N, P, U); none at indicators. The root's are those of
    the whole: points and vetoes are in them."""
    leaves = len(scheme.indicators)
    rank, n_ranked = (np.full(scores.node_scores.shape, NOT_RANKED, dtype=np.int64) for _ in range(2))
    rounded = np.round(scores.node_scores[leaves:], scheme.decimals)
    rank[leaves:] = rank_in_groups(rounded, block.inputs.groups, scheme.tie_rule)
    n_ranked[leaves:] = count_in_groups(rank[leaves:] != NOT_RANKED, block.inputs.groups)
    rank[-1], n_ranked[-1] = scores.rank, scores.n_ranked
    return rank, n_ranked


def _ranking(one: _Evaluated, drawn: Draws | None, periods: set[tuple[str, str]], words: _Words) -> pd.DataFrame:
    row, scheme, block, scores = one.row, one.scheme, one.block, one.scores
    period, unit = at = np.nonzero(block.in_force)
    rank = scores.rank[at]
    ranked = rank != NOT_RANKED
    flags = _flags(row, block, scores, words.bits)[at]
    masks, which = np.unique(flags, return_inverse=True)
    reasons = _reasons(scheme, block, scores, words.names)
    sentences = [reasons.get(key) for key in zip(*at, strict=True)]
    movement, why = _movement(scheme, block, scores.rank, periods)
    moved = why[at] == MOVED
    nothing = np.zeros(scores.rank.shape, dtype=np.int64)
    by = drawn or Draws(nothing, nothing, nothing, np.zeros((0, *nothing.shape)))
    said = ranked & (drawn is not None)
    leaves = len(scheme.indicators)
    imputed = np.where(scores.imputed, scores.weights[:leaves], 0.0).sum(axis=0)
    return pd.DataFrame(
        {
            **_named(one, period, unit),
            "peer_scheme": row["peer_scheme"],
            "peer_area_id": text(block.areas, block.inputs.groups[at]),
            "score": scores.score[at],
            "rank": whole(rank, ranked),
            "n_ranked": scores.n_ranked[at],
            "n_units": scores.n_units[at],
            "coverage": scores.coverage[-1][at],
            "rank_low": whole(by.low[at], said),
            "rank_high": whole(by.high[at], said),
            "apart": whole(by.apart[at], said),
            "tier_id": text(scheme.tiers.names if scheme.tiers else [], np.where(ranked, scores.tier[at], -1)),
            "vetoed": scores.vetoed[at],
            "points": scores.points[at],
            "imputed_share": np.where(np.isnan(scores.node_scores[-1]), np.nan, imputed)[at],
            "movement": whole(movement[at], moved),
            "most_improved": _most_improved(scheme, block, scores.score, why == MOVED)[at],
            "movement_reason": pd.Series(why[at], dtype="str").mask(moved),
            "reason": pd.Series(scores.reason[at], dtype="str").mask(scores.reason[at] == RANKED),
            "reason_zh": pd.Series([sentence.zh if sentence else None for sentence in sentences], dtype="str"),
            "reason_en": pd.Series([sentence.en if sentence else None for sentence in sentences], dtype="str"),
            "flags": flags,
            "flag_ids": text([_flag_ids(mask, words.bits) for mask in masks.tolist()], which.reshape(-1)),
        }
    )


def _flags(row: Row, block: Block, scores: Scores, bits: dict[str, int]) -> Integers:
    """(P, U): every flag of a value that has a score; and `illustrative` if the scheme is ours, `imputed` if a value of
    a score was filled in by it."""
    entered = ~np.isnan(scores.node_scores[: len(block.flags)])
    flags = np.bitwise_or.reduce(np.where(entered, block.flags, 0), axis=0)
    if scores.imputed.any():
        flags = np.where(scores.imputed.any(axis=0), flags | bits["imputed"], flags)
    return flags | bits["illustrative"] if row["illustrative"] else flags


def _flag_ids(flags: int, bits: dict[str, int]) -> str:
    return ",".join(name for name, bit in bits.items() if flags & bit)


def _movement(
    scheme: Scheme, block: Block, rank: Integers, periods: set[tuple[str, str]]
) -> tuple[Integers, np.typing.NDArray[np.object_]]:
    """(P, U): places gained since the period before; and why that cannot be said, `MOVED` where it can: ranked twice,
    in one peer area, by one version of the scheme.

    Args:
        periods: scheme and period of all that is scored, by whatever version.
    """
    before, group_before = rank[block.previous], block.inputs.groups[block.previous]
    here = (block.previous != NO_PERIOD)[:, np.newaxis]
    scored = np.array([(scheme.id, name) in periods for name in block.previous_ids], dtype=bool)
    by_other = scored[:, np.newaxis] & ~here
    why = np.select(
        [rank == NOT_RANKED, by_other, ~here | (before == NOT_RANKED), group_before != block.inputs.groups],
        [NO_RANK, OTHER_VERSION, NO_RANK_BEFORE, OTHER_AREA],
        MOVED,
    )
    return before - rank, why.astype(object)


def _most_improved(scheme: Scheme, block: Block, scored: Floats, comparable: Booleans) -> Booleans:
    """(P, U): the unit of each peer area whose score gained most since the period before; docs/method.md, 2.6."""
    gain = np.round(scored - scored[block.previous], scheme.decimals)
    found = np.zeros(gain.shape, dtype=bool)
    for area in blocks(block.inputs.groups, "group"):
        area.put(found, most_improved(area.take(gain), area.take(comparable)))
    return found


def _reasons(
    scheme: Scheme, block: Block, scores: Scores, named: dict[str, tuple[str, str]]
) -> dict[tuple[int, int], Reason]:
    """The sentences of each unit in force that is not ranked, by its place in (P, U)."""
    names = [named[node.id] for node in scheme.indicators]
    applies = block.applies
    absent: Booleans = np.isnan(scores.node_scores[: len(names)]) & applies
    required = scheme.bottom_up[-1].min_coverage
    found = {}
    for period, unit in zip(*np.nonzero(block.in_force & (scores.reason != RANKED)), strict=True):
        has_value = ~np.isnan(block.inputs.values[:, period, unit])
        missing = [Missing(*names[i], bool(has_value[i])) for i in np.flatnonzero(absent[:, period, unit])]
        coverage = float(scores.coverage[-1, period, unit])
        applicable = int(applies[:, period, unit].sum())
        found[period, unit] = explain(str(scores.reason[period, unit]), missing, applicable, coverage, required)
    return found


def _tier_chance(one: _Evaluated, drawn: Draws) -> pd.DataFrame:
    if one.scheme.tiers is None:
        return pd.DataFrame(columns=list(TIER_CHANCE))
    tier, period, unit = at = np.nonzero(np.broadcast_to(one.scores.rank != NOT_RANKED, drawn.tier_probability.shape))
    return pd.DataFrame(
        {
            **_named(one, period, unit),
            "tier_id": text(one.scheme.tiers.names, tier),
            "probability": drawn.tier_probability[at],
        }
    )


def _contribution(one: _Evaluated) -> pd.DataFrame:
    scheme, block, scores = one.scheme, one.block, one.scores
    groups = block.inputs.groups
    parts = contributions(scores.node_scores, scores.nominal, scheme, groups)
    gaps = gap_to_peers(np.where(groups == NO_GROUP, np.nan, parts), groups)
    has_root = ~np.isnan(scores.node_scores[-1]) & block.in_force
    # A node without a score adds nothing, yet it is behind peers to whom it adds something.
    node, period, unit = at = np.nonzero(has_root & (~np.isnan(scores.node_scores) | (np.nan_to_num(gaps) != 0)))
    leaves = len(scheme.indicators)
    is_leaf = node < leaves
    leaf = np.where(is_leaf, node, 0), period, unit
    ids = [n.id for n in scheme.nodes]
    place = {name: where for where, name in enumerate(ids)}
    parent = np.array([-1 if n.parent is None else place[n.parent] for n in scheme.nodes])
    return pd.DataFrame(
        {
            **_named(one, period, unit),
            "node_id": text(ids, node),
            "parent_id": text(ids, parent[node]),
            "node_kind": _kinds(scheme, node),
            "score": scores.node_scores[at],
            "weight_in_force": scores.weights[at],
            "part": parts[at],
            "area_part": parts[at] - gaps[at],
            "gap": gaps[at],
            "value": np.where(is_leaf, block.inputs.values[leaf], np.nan),
            "value_period_id": text(block.source_ids, np.where(is_leaf, block.source[leaf], -1)),
        }
    )
