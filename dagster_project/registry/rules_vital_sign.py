"""Rules of vital signs: limits in order, statistics that fit, nothing left over."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

import pandas as pd

from dagster_project.registry.model import Finding, Registry, hits
from dagster_project.registry.rules_tree import unused
from dagster_project.registry.spec import LIMITS

NORMAL = ["normal_low", "normal_high"]
BEYOND = [limit for limit in LIMITS if limit not in NORMAL]
DOTLESS = r"[a-z][a-z0-9_]*"


def check(registry: Registry) -> Iterator[Finding]:
    family, statistic = registry["family"], registry["statistic"]
    own = statistic[list(LIMITS)].notna().any(axis=1)
    yield from limits(registry, "family", pd.Series(True, index=family.index))
    yield from limits(registry, "statistic", own)
    bare = own & (statistic["unit_zh"].isna() | statistic["direction"].isna())
    for row, one in hits(statistic, bare):
        message = f"{one['statistic_id']} brings limits and no unit or direction of its own"
        yield registry.finding("statistic", row, "unit_zh", "sign_limits", message, "Fill unit and direction.")
    for table, key in (("object_class", "class_id"), ("quantity", "quantity_id"), ("statistic", "statistic_id")):
        frame = registry[table]
        for row, one in hits(frame, frame[key].notna() & ~frame[key].fillna("").str.fullmatch(DOTLESS)):
            message = f"{one[key]!r} is not snake_case"
            yield registry.finding(table, row, key, "bad_id", message, "Write small letters, digits and underscores.")
    for table, key in (("object_class", "class_id"), ("quantity", "quantity_id")):
        yield from unused(registry, table, key, set(family[key]), "Use it in a family, or remove it.")
    node = registry["node"].drop_duplicates("node_id").set_index("node_id")["level"]
    place = registry["object_class"]["sub_track_id"].map(node)
    for row, one in hits(registry["object_class"], place.notna() & (place != "sub_track")):
        message = f"{one['sub_track_id']} is no sub-track"
        yield registry.finding("object_class", row, "sub_track_id", "node_level", message, "Write a sub-track's id.")


def limits(registry: Registry, table: str, held: pd.Series) -> Iterator[Finding]:
    """From alarm_low up to alarm_high nothing goes down; the normal range is closed and something lies beyond it."""
    frame = registry[table]
    no_range = ~(frame["normal_low"] < frame["normal_high"])
    for row, _ in hits(frame, held & no_range):
        message = "the normal range needs normal_low below normal_high"
        yield registry.finding(table, row, "normal_low", "sign_limits", message, "Fill both, the lower figure first.")
    for row, _ in hits(frame, held & frame[BEYOND].isna().all(axis=1)):
        message = "nothing lies beyond the normal range"
        yield registry.finding(table, row, "warn_high", "sign_limits", message, "Fill a warning or an alarm limit.")
    for row, one in hits(frame, held & ~no_range):
        filled = [limit for limit in LIMITS if pd.notna(one[limit])]
        for lower, upper in pairwise(filled):
            if one[lower] > one[upper]:
                message = f"{lower} {one[lower]:g} is above {upper} {one[upper]:g}"
                mend = f"Order them: {' <= '.join(LIMITS)}."
                yield registry.finding(table, row, upper, "sign_limits", message, mend)
                break
