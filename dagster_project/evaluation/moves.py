"""Why units moved since the period before, as rows.

Belongs here: which two evaluations are compared. The split itself is in `scoring.movement`.
"""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pandas as pd

from dagster_project.evaluation.frames import stack, text
from dagster_project.evaluation.inputs import NO_PERIOD, Block
from dagster_project.evaluation.memory import Arrays, Memory
from dagster_project.evaluation.scheme_rows import Row
from dagster_project.scoring.engine import Scores
from dagster_project.scoring.mixture import FACTORS, Evaluation, evaluation
from dagster_project.scoring.movement import movement
from dagster_project.scoring.scheme import Scheme

MOVEMENT = {
    "scheme_id": "str",
    "scheme_version": "Int64",
    "region_id": "str",
    "period_id": "str",
    "previous_period_id": "str",
    "factor": "str",
    "score_part": "float64",
    "rank_part": "float64",
}


def moves(row: Row, scheme: Scheme, block: Block, scores: Scores, memory: Memory) -> pd.DataFrame:
    """A row per unit, period and factor, for units ranked in the period and the one before, in one peer area.

    Both periods are as known now, so nothing is a revision. Parts of ranks are positive upwards.
    """
    groups = block.inputs.groups
    pairs, both = [], []
    for at, before in enumerate(block.previous.tolist()):
        if before != NO_PERIOD:
            ranked = (scores.rank[at] > 0) & (scores.rank[before] > 0) & (groups[at] == groups[before])
            if ranked.any():
                pairs.append((at, before))
                both.append(ranked)
    made = {
        period: evaluation(block.inputs, scheme, period) for period in sorted({one for pair in pairs for one in pair})
    }
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        split = list(pool.map(lambda pair: _split(made[pair[1]], made[pair[0]], memory), pairs))
    frames = []
    for (at, before), ranked, moved in zip(pairs, both, split, strict=True):
        factor, unit = here = np.nonzero(np.broadcast_to(ranked, moved["score"].shape))
        frames.append(
            pd.DataFrame(
                {
                    "scheme_id": scheme.id,
                    "scheme_version": int(row["version"]),
                    "region_id": text(block.units, unit),
                    "period_id": block.period_ids[at],
                    "previous_period_id": block.period_ids[before],
                    "factor": text(FACTORS, factor),
                    "score_part": moved["score"][here],
                    "rank_part": 0.0 - moved["rank"][here],
                }
            )
        )
    return stack(frames, MOVEMENT)


def _split(then: Evaluation, now: Evaluation, memory: Memory) -> Arrays:
    told = (one for side in (then, now) for one in (side.scheme, side.imputed, *vars(side.inputs).values()))

    def make() -> Arrays:
        moved = movement(then, now)
        return {"score": moved.score, "rank": moved.rank}

    return memory.recall(memory.key("movement", *told), make)
