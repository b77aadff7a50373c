"""Why a unit is not ranked, in Chinese and English: the words after "not ranked, because"."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from dagster_project.scoring.engine import NO_DATA, NO_PEER_AREA, VETOED

# Of hundreds of indicators a sentence names the first few.
NAMED = 6


@dataclass(frozen=True)
class Missing:
    """An indicator without a score. `has_value`: the value is there, but not the target or goalposts it needs."""

    name_zh: str
    name_en: str
    has_value: bool


class Reason(NamedTuple):
    zh: str
    en: str


def explain(reason: str, missing: Sequence[Missing], applicable: int, coverage: float, required: float) -> Reason:
    """The sentence for a reason code.

    Args:
        reason: a code of `engine`, not empty.
        missing: the applicable indicators without a score.
        applicable: number of the scheme's indicators that apply to the unit.
        coverage, required: shares, 0 to 1.
    """
    if reason == NO_PEER_AREA:
        return Reason("该期不属于任何片区", "in no peer area in this period")
    if reason == VETOED:
        return Reason("触发一票否决", "vetoed")
    if reason == NO_DATA and applicable == 0:
        return Reason("所有指标均不适用", "none of the indicators applies")
    names_zh = "、".join(m.name_zh + "（有值，无目标或界值）" * m.has_value for m in missing[:NAMED])
    names_en = ", ".join(
        m.name_en + " (has a value, but no target or goalposts)" * m.has_value for m in missing[:NAMED]
    )
    if len(missing) > NAMED:
        names_zh, names_en = f"{names_zh}等", f"{names_en} and {len(missing) - NAMED} more"
    reached, needed = _percent(coverage), _percent(required)
    return Reason(
        f"缺少 {applicable} 项指标中的 {len(missing)} 项（{names_zh}），覆盖率 {reached} 低于要求的 {needed}",
        f"{len(missing)} of {applicable} indicators missing ({names_en}); "
        f"coverage {reached} is below the required {needed}",
    )


def _percent(share: float) -> str:
    """Cut, not rounded, to a tenth: a coverage below the rule must not read as equal to it."""
    return f"{math.floor(share * 1000 + 1e-6) / 10:g}%"
