"""A KPI whole: everything the registry says of it, gathered from its tables."""

from __future__ import annotations

from dataclasses import dataclass, field

import pandas as pd

from dagster_project.registry.model import Registry, Row
from dagster_project.registry.weighting import weighted


@dataclass(frozen=True)
class Whole:
    """Rows by table; `versions` oldest first, `terms` numerator before denominator, `bodies` by id."""

    indicator_id: str
    versions: list[Row]
    place: list[Row]
    terms: list[Row]
    sources: list[Row]
    targets: list[Row]
    weights: list[Row]
    exceptions: list[Row]
    bodies: dict[str, Row]
    successions: list[Row] = field(default_factory=list)

    @property
    def newest(self) -> Row:
        return self.versions[-1]

    @property
    def connected(self) -> bool:
        """Whether a feed that is read carries each term."""
        live = {row["measure_id"] for row in self.sources if row["status"] == "connected"}
        return {term["measure_id"] for term in self.terms} <= live


def whole(registry: Registry, indicator_id: str) -> Whole | None:
    """What the registry says of the KPI; None if there is none of that id."""
    versions = registry["indicator"].query("indicator_id == @indicator_id").sort_values("version")
    if versions.empty:
        return None
    newest = versions.iloc[-1]
    node = registry["node"].drop_duplicates("node_id").set_index("node_id", drop=False)
    place = [newest["sub_track_id"]]
    while place[0] in node.index and node.loc[place[0], "parent_id"] in set(node.index) - set(place):
        place.insert(0, node.loc[place[0], "parent_id"])
    terms = [term for term in (newest["numerator"], newest["denominator"]) if pd.notna(term)]
    # A measure that a draft names and nobody has described yet goes by its id.
    measure = registry["measure"].drop_duplicates("measure_id").set_index("measure_id").reindex(terms)
    measure = measure.rename_axis("measure_id").reset_index()
    measure = measure.fillna(dict.fromkeys(("name_zh", "name_en"), measure["measure_id"]))
    unit = registry["measure_unit"].drop_duplicates("unit_id").set_index("unit_id")
    for language in ("zh", "en"):
        measure[f"unit_{language}"] = measure["unit"].map(unit[f"name_{language}"]).fillna(measure["unit"])
    feed = registry["feed"].rename(columns={"name_zh": "feed_zh", "name_en": "feed_en"})
    source = registry["measure_source"].merge(feed, on="feed_id")
    scheme_node = weighted(registry["scheme_node"], registry["judgement"], registry["node"])
    ended = registry["succession"]
    return Whole(
        indicator_id=indicator_id,
        versions=_rows(versions),
        place=_rows(node.loc[[one for one in place if one in node.index]]),
        terms=_rows(measure),
        sources=_rows(source[source["measure_id"].isin(terms)].sort_values(["measure_id", "priority"])),
        targets=_rows(registry["target"].query("indicator_id == @indicator_id")),
        weights=_rows(scheme_node.query("node_id == @indicator_id")),
        exceptions=_rows(registry["applicability"].query("indicator_id == @indicator_id")),
        bodies={row["body_id"]: row for row in _rows(registry["body"].drop_duplicates("body_id"))},
        successions=_rows(ended[(ended["indicator_id"] == indicator_id) | (ended["successor"] == indicator_id)]),
    )


def _rows(frame: pd.DataFrame) -> list[Row]:
    """Rows as dicts, nulls as None."""
    return [
        {str(name): None if pd.isna(cell) else cell for name, cell in row.items()} for row in frame.to_dict("records")
    ]
