"""Vital signs: each family (an object class and a quantity) expands to one sign per statistic of its set.

A statistic that brings limits of its own (minutes beyond alarm, share online) replaces those of the family, and with
them unit and direction; one that brings none is held to the family's.
"""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from dagster_project.registry.spec import LIMITS

COLUMNS = (
    *("sign_id", "class_id", "quantity_id", "statistic_id", "sub_track_id", "name_zh", "name_en", "unit_zh", "unit_en"),
    *("decimals", "direction", "frequency", *LIMITS, "real_time", "warning", "retrospective", "evaluable"),
    *("owner", "feed_id", "lowest_grain", "basis_zh", "basis_en", "definition_zh", "definition_en", "illustrative"),
)
NEWEST = "now"


def expand(tables: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """One row per sign with `COLUMNS`, sorted by id: `<class>.<quantity>.<statistic>`."""
    whole = (
        tables["family"]
        .merge(tables["object_class"], on="class_id", suffixes=("", "_class"))
        .merge(tables["quantity"], on="quantity_id", suffixes=("", "_quantity"))
        .merge(tables["statistic_set"], on="set_id")
        .merge(tables["statistic"], on="statistic_id", suffixes=("", "_statistic"))
    )
    own = whole[[f"{limit}_statistic" for limit in LIMITS]].notna().any(axis=1)
    for limit in LIMITS:
        whole[limit] = whole[limit].mask(own, whole[f"{limit}_statistic"])
    for column in ("unit_zh", "unit_en", "direction", "frequency"):
        brought = whole[f"{column}_statistic"]
        whole[column] = brought.fillna(whole[column])
    whole["real_time"] &= whole["frequency_statistic"].isna()
    whole["evaluable"] &= whole["statistic_id"] != NEWEST
    whole["illustrative"] |= whole["illustrative_class"]
    whole["sign_id"] = whole["class_id"] + "." + whole["quantity_id"] + "." + whole["statistic_id"]
    # The class's name is name_zh after the first merge, the quantity's and the statistic's carry suffixes.
    whole["name_zh"] += whole["name_zh_quantity"] + "·" + whole["name_zh_statistic"]
    whole["name_en"] += ": " + whole["name_en_quantity"] + ", " + whole["name_en_statistic"]
    whole["definition_zh"] += whole["definition_zh_statistic"]
    whole["definition_en"] += " " + whole["definition_en_statistic"]
    return whole[list(COLUMNS)].sort_values("sign_id", ignore_index=True)
