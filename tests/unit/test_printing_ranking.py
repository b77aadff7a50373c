"""The league table as a person sees it: intervals, tiers, lines between groups that can be told apart."""

from __future__ import annotations

from io import StringIO
from typing import Any

from rich.console import Console

from dagster_project.printing import show_ranking


def line(rank: int | None, apart: int | None, **more: Any) -> dict[str, Any]:
    names = {"peer_area_zh": "片区", "peer_area_en": "Area", "name_zh": f"区{rank}", "name_en": f"District {rank}"}
    scheme = {"scheme_id": "s", "scheme_version": 1, "peer_scheme": "p", "period_id": "2024"}
    ranked = {
        "rank": rank,
        "n_ranked": 3,
        "score": 70.0 - (rank or 0),
        "coverage": 0.8,
        "rank_low": rank,
        "rank_high": rank,
        "apart": apart,
        "tier_id": None,
        "tier_zh": None,
        "tier_en": None,
        "vetoed": False,
        "most_improved": False,
        "flag_ids": "",
        "reason_zh": None,
        "reason_en": None,
    }
    return names | scheme | ranked | more


def shown(rows: list[dict[str, Any]]) -> str:
    stream = StringIO()
    show_ranking(rows, Console(file=stream, width=160))
    return stream.getvalue()


def test_a_line_stands_between_groups_that_can_be_told_apart() -> None:
    text = shown([line(1, 1), line(2, 1), line(3, 2)]).splitlines()
    places = [next(at for at, row in enumerate(text) if f"District {rank}" in row) for rank in (1, 2, 3)]
    assert places[1] - places[0] == 1
    assert places[2] - places[1] == 2
    assert any("不可区分" in row and "cannot be told apart" in row for row in text)


def test_columns_without_anything_in_them_are_left_out() -> None:
    text = shown([line(1, None, rank_low=None, rank_high=None)])
    assert not any(word in text for word in ("Interval", "Tier", "told apart"))
    tiered = shown([line(1, 1, tier_id="t1", tier_zh="一档", tier_en="Tier 1")])
    assert "一档 · Tier 1" in tiered
    marked = shown([line(1, 1, tier_id="t3", tier_zh="三档", tier_en="Tier 3", vetoed=True, most_improved=True)])
    assert "三档 · Tier 3 (一票否决 veto)" in marked
    assert "进步最大 most improved" in marked


def test_a_peer_area_without_ranks_says_why() -> None:
    nobody = line(None, None, score=None, rank_low=None, rank_high=None, reason_zh="缺报", reason_en="missing")
    assert "未排名 not ranked 区None: 缺报 · missing" in shown([nobody])
