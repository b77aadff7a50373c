"""A tiny city in serving tables: one indicator, two districts in one peer area, one scheme, two periods."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

ALWAYS = {"valid_from": date(1900, 1, 1), "valid_to": date(9999, 12, 31)}
Rows = list[dict[str, Any]]


def region(region_id: str, hierarchy: str, level: str, parent_id: str | None, name: str) -> dict[str, Any]:
    names = {"name_zh": name, "name_en": name, "short_zh": name, "short_en": name}
    return {
        "snapshot_id": "s",
        "region_id": region_id,
        "hierarchy": hierarchy,
        "level": level,
        "parent_id": parent_id,
        **names,
        **ALWAYS,
    }


def figure(region_id: str, year: int, value: float | None, **more: Any) -> dict[str, Any]:
    return {
        "snapshot_id": "s",
        "indicator_id": "i",
        "version": 1,
        "region_id": region_id,
        "boundary": "at_time",
        "period_id": str(year),
        "period_grain": "year",
        "period_end": date(year, 12, 31),
        "state": "missing" if value is None else "value",
        "value": value,
        "reason": "not_received" if value is None else None,
        "flags": 0,
        "status": None if value is None else "no_target",
        "grade": None if value is None else "A",
        **more,
    }


def found(finding_id: str, text: str) -> dict[str, Any]:
    """A finding of June about unit v."""
    names = ("rule", "feed", "measure", "region", "unit", "owner", "detail")
    return {
        "snapshot_id": "s",
        "finding_id": finding_id,
        **{f"{name}_{language}": text for name in names for language in ("zh", "en")},
        "dimension": "validity",
        "severity": "high",
        "feed_id": "f",
        "unit_id": "v",
        "period_id": "2025M06",
        "period_end": date(2025, 6, 30),
        "mark": "open",
    }


def quality(month: int, passed: int, text: str) -> dict[str, Any]:
    """A month of a return that expects 100 cells."""
    scores = ("timeliness", "validity", "uniqueness", "consistency", "plausibility", "honesty")
    return {
        "snapshot_id": "s",
        "feed_id": "f",
        **{f"{name}_{language}": text for name in ("feed", "owner") for language in ("zh", "en")},
        "period_id": f"2025M{month:02}",
        "period_grain": "month",
        "period_end": date(2025, month, 30),
        "expected": 100,
        "received": passed,
        "late": 2,
        "passed": passed,
        **dict.fromkeys(scores, 1.0),
        "completeness": passed / 100,
        "pass_rate": passed / 100,
        "grade": "A" if passed == 100 else "D",
    }


def received(unit_id: str, cells: int, late: int, text: str) -> dict[str, Any]:
    """What a unit sent of a return of June, out of 60 cells for unit u and 20 for the others."""
    return {
        "snapshot_id": "s",
        "feed_id": "f",
        "unit_id": unit_id,
        **{f"{name}_{language}": text for name in ("feed", "unit", "unit_short") for language in ("zh", "en")},
        "period_id": "2025M06",
        "period_end": date(2025, 6, 30),
        "expected": 60 if unit_id == "u" else 20,
        "received": cells,
        "late": late,
    }


def node(node_id: str, parent_id: str | None, depth: int, weight: float | None, text: str) -> dict[str, Any]:
    """A node of the scheme's tree; without children it is an indicator."""
    return {
        "snapshot_id": "s",
        "scheme_id": "c",
        "version": 1,
        "node_id": node_id,
        "parent_id": parent_id,
        "node_kind": "indicator" if node_id == "i" else "aggregate",
        "depth": depth,
        "place": 1 + depth,
        "name_zh": text,
        "name_en": text,
        "weight": weight,
        "weighting": None if node_id == "i" else "equal",
        "aggregation": None if node_id == "i" else "arithmetic",
    }


def part(node_id: str, parent_id: str | None, points: float, mean: float, **more: Any) -> dict[str, Any]:
    """What a node gives district A, beside what it gives on average."""
    return {
        "snapshot_id": "s",
        "scheme_id": "c",
        "scheme_version": 1,
        "region_id": "A",
        "period_id": "2022",
        "node_id": node_id,
        "parent_id": parent_id,
        "node_kind": "indicator" if node_id == "i" else "aggregate",
        "score": 80.0,
        "weight_in_force": 0.75,
        "part": points,
        "area_part": mean,
        "gap": points - mean,
        **more,
    }


def tables(text: str = "Name") -> dict[str, Rows]:
    """Serving tables in which every free text is `text`."""
    both = {"name_zh": text, "name_en": text}
    series = [
        figure("500000", 2021, 100.0),
        figure("500000", 2022, 110.0, previous=100.0, change=10.0, change_sense="better", flags=1),
        figure("A", 2022, 7.5),
        figure("B", 2022, None),
    ]
    latest = {
        **series[1],
        "grade": "B",
        "newest_due_period_id": "2024",
        "periods_overdue": 2,
        "target": 120.0,
        "status": "watch",
    }
    shape = {
        "left_pct": 1,
        "top_pct": 2,
        "width_pct": 3,
        "height_pct": 4,
        "polygon": "0% 0%",
        "label_x_pct": 5,
        "label_y_pct": 6,
        "map_aspect": 1,
    }
    scored = {"snapshot_id": "s", "scheme_id": "c", "scheme_version": 1}
    ranking = {
        "snapshot_id": "s",
        "scheme_id": "c",
        "scheme_version": 1,
        "peer_scheme": "peer_2020",
        "peer_area_id": "P",
        "period_id": "2022",
        "n_ranked": 1,
        "n_units": 2,
        "flags": 1,
    }
    return {
        "snapshot": [
            {
                "snapshot_id": text,
                "known_until": datetime(2026, 1, 2, 3, 4),
                "today": date(2026, 1, 2),
                "data_kind": "published",
            }
        ],
        "flag": [
            {"snapshot_id": "s", "flag_id": "provisional", "bit": 1, **both, "meaning_zh": text, "meaning_en": text}
        ],
        "finding": [found("f1", text), {**found("f2", text), "unit_id": None, "severity": "low", "mark": "corrected"}],
        "feed_quality": [quality(5, 100, text), quality(6, 80, text)],
        "unit_quality": [received("u", 60, 0, text), received("v", 20, 2, text), received("w", 0, 0, text)],
        "feed_health": [{"snapshot_id": "s", "feed_id": "f", "quarantined": 3}],
        "region": [
            region("500000", "administrative", "city", None, text),
            region("A", "administrative", "district", "500000", text),
            region("B", "administrative", "district", "500000", text),
            region("P", "peer_2020", "peer_area", "500000", text),
            region("A", "peer_2020", "district", "P", text),
            region("B", "peer_2020", "district", "P", text),
        ],
        "region_shape": [
            {"snapshot_id": "s", "region_id": name, **both, "short_zh": text, "short_en": text, **shape, **ALWAYS}
            for name in ("A", "B", "C")
        ],
        "catalogue": [
            {
                "snapshot_id": "s",
                "indicator_id": "i",
                "version": 1,
                **both,
                "unit_zh": text,
                "unit_en": text,
                "decimals": 1,
                "sector_id": "E",
                "sub_track_id": "E-01-01",
                "frequency": "year",
                "status": "active",
            }
        ],
        "indicator_series": series,
        "indicator_latest": [latest],
        "scheme": [
            {
                "snapshot_id": "s",
                "scheme_id": "c",
                "version": 1,
                **both,
                "peer_scheme": "peer_2020",
                "peer_scheme_zh": text,
                "peer_scheme_en": text,
                "frequency": "year",
                "unit_grain": "district",
                "method_zh": text,
                "method_en": text,
                "min_coverage": 0.6,
                "decimals": 2,
                "tie_rule": "min",
                "draws": 100,
                "seed": 7,
                "root_id": "all",
                "illustrative": True,
                **ALWAYS,
            }
        ],
        "scheme_node": [
            node("all", None, 0, 1.0, text),
            node("E", "all", 1, 0.75, text),
            node("i", "E", 2, 1.0, text),
            node("F", "all", 1, None, text),
        ],
        "scheme_tier": [
            {"snapshot_id": "s", "scheme_id": "c", "version": 1, "tier_id": "t1", "place": 1, **both, "quota": 0.5},
            {"snapshot_id": "s", "scheme_id": "c", "version": 1, "tier_id": "t2", "place": 2, **both, "cut": 0.0},
        ],
        "tier_chance": [
            {**scored, "region_id": "A", "period_id": "2022", "tier_id": "t1", "probability": 0.9},
            {**scored, "region_id": "A", "period_id": "2022", "tier_id": "t2", "probability": 0.1},
        ],
        "contribution": [
            part("all", None, 80.5, 78.5),
            part("E", "all", 60.5, 50.5),
            part("i", "E", 60.5, 50.5, value=7.5, value_period_id="2021"),
            part("F", "all", 20.0, 28.0),
        ],
        "ranking": [
            {
                **ranking,
                "region_id": "A",
                "score": 80.0,
                "points": -0.5,
                "rank": 1,
                "rank_low": 1,
                "rank_high": 2,
                "apart": 1,
                "tier_id": "t1",
                "coverage": 1.0,
                "movement": 1,
            },
            {**ranking, "region_id": "B", "coverage": 0.25, "reason": "coverage", "reason_zh": text, "reason_en": text},
        ],
    }
