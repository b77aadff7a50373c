"""Scores of all schemes: registry and indicator values in, score series and rankings out, as frames."""

from __future__ import annotations

import numpy as np
import pandas as pd

from dagster_project.scoring.engine import RANKED, Scores, score
from dagster_project.scoring.inputs import NO_PERIOD, Block, Row, Tables, read_block, read_scheme, records
from dagster_project.scoring.normalise import NO_GROUP, Booleans, Integers
from dagster_project.scoring.rank import NOT_RANKED
from dagster_project.scoring.reason import Missing, Reason, explain
from dagster_project.scoring.scheme import Scheme, SchemeError

# The registry's tables that scoring reads.
TABLES_READ = ("scheme", "scheme_node", "indicator", "target_span", "region_unit", "peer_member", "period", "flag")
SCORE_SERIES = {
    "scheme_id": "str",
    "node_id": "str",
    "node_kind": "str",
    "region_id": "str",
    "period_id": "str",
    "score": "float64",
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
    "movement": "Int64",
    "reason": "str",
    "reason_zh": "str",
    "reason_en": "str",
    "flags": "Int64",
    "flag_ids": "str",
}


def score_schemes(tables: Tables, values: pd.DataFrame, absences: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Score every active scheme in every period in which one of its units has a value of one of its indicators.

    Args:
        tables: those of the registry that `TABLES_READ` names.
        values: indicator_value: indicator_id, region_id, period_id, value, target, flags; one row per key.
        absences: indicator_absence: indicator_id, region_id, period_id, state. Only `not_applicable` matters here.

    Returns:
        The score series (a row per scheme, node, unit and period that has a score) and the ranking (a row per scheme,
        unit in force at the period's end, and period), with the columns of `SCORE_SERIES` and `RANKING`.

    Raises:
        SchemeError: a scheme, a target or a value that cannot be scored; says which and what to do.
    """
    series, rankings = [], []
    for row in records(tables["scheme"]):
        if row["status"] != "active":
            continue
        scheme = read_scheme(row, tables)
        block = read_block(row, scheme, tables, values, absences)
        scores = score(block.values, scheme, block.groups, block.references, block.applies)
        series.append(_score_series(scheme, block, scores))
        rankings.append(_ranking(row, scheme, block, scores, tables))
    ranking = _stack(rankings, RANKING)
    doubled = ranking[ranking.duplicated(["scheme_id", "region_id", "period_id"])]
    if len(doubled):
        at = doubled.iloc[0][["scheme_id", "period_id"]].tolist()
        raise SchemeError(f"two versions of a scheme rank one period: {at}; let valid_to of one end before the other")
    return _stack(series, SCORE_SERIES), ranking


def _stack(frames: list[pd.DataFrame], columns: dict[str, str]) -> pd.DataFrame:
    whole = pd.concat(frames, ignore_index=True) if frames else pd.DataFrame(columns=list(columns))
    return whole.astype(columns)


def _score_series(scheme: Scheme, block: Block, scores: Scores) -> pd.DataFrame:
    period, unit, node = at = np.nonzero(block.in_force[..., np.newaxis] & ~np.isnan(scores.node_scores))
    return pd.DataFrame(
        {
            "scheme_id": scheme.id,
            "node_id": np.array([n.id for n in scheme.nodes], dtype=object)[node],
            "node_kind": np.where(node < len(scheme.indicators), "indicator", "aggregate"),
            "region_id": block.units[unit],
            "period_id": block.period_ids[period],
            "score": scores.node_scores[at],
            "weight_in_force": scores.weights[at],
            "coverage": scores.coverage[at],
        }
    )


def _ranking(row: Row, scheme: Scheme, block: Block, scores: Scores, tables: Tables) -> pd.DataFrame:
    period, unit = at = np.nonzero(block.in_force)
    rank = scores.rank[at]
    areas = {NO_GROUP: None, **dict(enumerate(block.areas))}
    flags = _flags(row, block, scores, tables["flag"])[at]
    flag_ids = {mask: _flag_ids(mask, tables["flag"]) for mask in np.unique(flags).tolist()}
    reasons = _reasons(scheme, block, scores, tables["indicator"])
    sentences = [reasons.get(key, Reason(None, None)) for key in zip(*at, strict=True)]
    movement, has_moved = _movement(block, scores.rank)
    return pd.DataFrame(
        {
            "scheme_id": scheme.id,
            "scheme_version": int(row["version"]),
            "peer_scheme": row["peer_scheme"],
            "peer_area_id": pd.Series([areas[code] for code in block.groups[at]], dtype="str"),
            "region_id": block.units[unit],
            "period_id": block.period_ids[period],
            "score": scores.score[at],
            "rank": pd.Series(rank, dtype="Int64").mask(rank == NOT_RANKED),
            "n_ranked": scores.n_ranked[at],
            "n_units": scores.n_units[at],
            "coverage": scores.coverage[..., -1][at],
            "movement": pd.Series(movement[at], dtype="Int64").where(has_moved[at]),
            "reason": pd.Series(scores.reason[at], dtype="str").mask(scores.reason[at] == RANKED),
            "reason_zh": pd.Series([sentence.zh for sentence in sentences], dtype="str"),
            "reason_en": pd.Series([sentence.en for sentence in sentences], dtype="str"),
            "flags": flags,
            "flag_ids": [flag_ids[mask] for mask in flags.tolist()],
        }
    )


def _flags(row: Row, block: Block, scores: Scores, flag: pd.DataFrame) -> Integers:
    """(P, U): every flag of a value that has a score; and `illustrative` if the scheme is ours."""
    entered = ~np.isnan(scores.node_scores[..., : block.values.shape[-1]])
    flags = np.bitwise_or.reduce(np.where(entered, block.flags, 0), axis=-1)
    bits = dict(zip(flag["flag_id"], flag["bit"], strict=True))
    return flags | int(bits["illustrative"]) if row["illustrative"] else flags


def _flag_ids(flags: int, flag: pd.DataFrame) -> str:
    return ",".join(row["flag_id"] for row in records(flag.sort_values("bit")) if flags & row["bit"])


def _movement(block: Block, rank: Integers) -> tuple[Integers, Booleans]:
    """(P, U): places gained since the period before, and where that can be said: ranked twice in one peer area."""
    before, group_before = rank[block.previous], block.groups[block.previous]
    known = (block.previous != NO_PERIOD)[:, np.newaxis] & (rank != NOT_RANKED) & (before != NOT_RANKED)
    return before - rank, known & (group_before == block.groups)


def _reasons(scheme: Scheme, block: Block, scores: Scores, indicator: pd.DataFrame) -> dict[tuple[int, int], Reason]:
    """The sentences of each unit in force that is not ranked, by its place in (P, U)."""
    by_id = {row["indicator_id"]: row for row in records(indicator.sort_values("version"))}
    names = [(by_id[node.id]["name_zh"], by_id[node.id]["name_en"]) for node in scheme.indicators]
    absent = np.isnan(scores.node_scores[..., : len(names)]) & block.applies
    required = scheme.bottom_up[-1].min_coverage
    found = {}
    for period, unit in zip(*np.nonzero(block.in_force & (scores.reason != RANKED)), strict=True):
        at = period, unit
        has_value = ~np.isnan(block.values[at])
        missing = [Missing(*names[i], bool(has_value[i])) for i in np.flatnonzero(absent[at])]
        coverage = float(scores.coverage[at][-1])
        found[at] = explain(scores.reason[at], missing, int(block.applies[at].sum()), coverage, required)
    return found
