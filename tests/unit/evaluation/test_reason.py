"""The words after "not ranked, because"."""

from __future__ import annotations

import pytest

from dagster_project.evaluation.reason import NAMED, Missing, explain


def many(count: int) -> list[Missing]:
    return [Missing(f"指标{at}", f"Indicator {at}", has_value=at == 0) for at in range(count)]


def test_a_sentence_names_a_few_of_many() -> None:
    zh, en = explain("coverage", many(NAMED + 79), 395, 0.528, 0.6)
    assert zh is not None and en is not None
    assert "缺少 395 项指标中的 85 项" in zh and f"指标{NAMED - 1}等）" in zh and f"指标{NAMED}" not in zh
    assert f"Indicator {NAMED - 1} and 79 more); coverage 52.8% is below" in en


def test_a_sentence_names_all_of_a_few() -> None:
    _, en = explain("coverage", many(2), 3, 0.5, 0.6)
    assert en == (
        "2 of 3 indicators missing (Indicator 0 (has a value, but no target or goalposts), Indicator 1); "
        "coverage 50% is below the required 60%"
    )


@pytest.mark.parametrize(("code", "said"), [("veto", "vetoed"), ("no_peer_area", "in no peer area in this period")])
def test_other_reasons(code: str, said: str) -> None:
    assert explain(code, [], 3, 1.0, 0.6).en == said
