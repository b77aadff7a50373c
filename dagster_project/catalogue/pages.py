"""What stands on which page, as plain data: the same for both languages.

Belongs here: which rows meet on a page. Does not belong here: how a page looks (`templates/`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pandas as pd

from dagster_project.registry import vital_sign, weighting
from dagster_project.registry.model import Registry, Row
from dagster_project.registry.spec import EVERY_REGION, NODE_LEVELS
from dagster_project.registry.write import with_connected


@dataclass(frozen=True)
class Page:
    """One page of each language: its path without suffix, its template, what the template is given."""

    path: str
    template: str
    facts: dict[str, Any]


def pages(registry: Registry) -> Iterator[Page]:
    """Every page of the catalogue."""
    deck = _Deck(registry)
    yield Page("index", "index", {"sectors": deck.sectors, "counts": deck.counts()})
    for sector in deck.sectors:
        yield Page(f"sector/{sector['node_id']}", "sector", {"sector": sector})
        for track in sector["children"]:
            yield Page(f"track/{track['node_id']}", "track", {"sector": sector, "track": track})
    for kpi in deck.kpis.values():
        yield Page(f"kpi/{kpi['indicator_id']}", "kpi", {"kpi": kpi})
    yield Page("measures", "measures", {"measures": deck.measures.values()})
    yield Page("feeds", "feeds", {"feeds": deck.feeds.values()})
    yield Page("owners", "owners", {"bodies": deck.bodies.values()})


def rows(frame: pd.DataFrame) -> list[Row]:
    """Rows with None for every empty cell, so that a template may ask for truth."""
    plain = frame.astype(object).where(frame.notna(), None)
    return [{str(column): cell for column, cell in row.items()} for row in plain.to_dict("records")]


def _grouped(found: list[Row], column: str) -> dict[str, list[Row]]:
    groups: dict[str, list[Row]] = defaultdict(list)
    for row in found:
        groups[row[column]].append(row)
    return groups


class _Deck:
    """The registry's rows, joined: each row holds the rows that it refers to."""

    def __init__(self, registry: Registry) -> None:
        tables = registry.tables
        self.bodies = {row["body_id"]: row | {"owns": [], "checks": [], "signs": 0} for row in rows(tables["body"])}
        self.feeds = {row["feed_id"]: row | {"measures": [], "kpis": {}} for row in rows(tables["feed"])}
        for feed in self.feeds.values():
            feed["owner"] = self.bodies[feed["owner"]]
        units = {row["unit_id"]: row for row in rows(tables["measure_unit"])}
        self.measures = {
            row["measure_id"]: row | {"unit": units[row["unit"]], "sources": [], "kpis": {}}
            for row in rows(tables["measure"])
        }
        for source in rows(tables["measure_source"].sort_values(["measure_id", "priority"])):
            measure, feed = self.measures[source["measure_id"]], self.feeds[source["feed_id"]]
            measure["sources"].append(source | {"feed": feed})
            feed["measures"].append(measure)
        self.nodes = {row["node_id"]: row | {"children": [], "kpis": []} for row in rows(tables["node"])}
        self._hang_signs(rows(vital_sign.expand(tables)), rows(tables["object_class"]))
        self.kpis: dict[str, Row] = {}
        self._join_kpis(tables)
        for node in self.nodes.values():
            if node["parent_id"]:
                self.nodes[node["parent_id"]]["children"].append(node)
        for level in reversed(NODE_LEVELS[:-1]):
            for node in self._at(level):
                for each in ("kpi_count", "sign_count"):
                    node[each] = sum(child[each] for child in node["children"])

    def _at(self, level: str) -> list[Row]:
        return [node for node in self.nodes.values() if node["level"] == level]

    @property
    def sectors(self) -> list[Row]:
        return self._at("sector")

    def _hang_signs(self, signs: list[Row], classes: list[Row]) -> None:
        of_class = _grouped(signs, "class_id")
        placed = _grouped(classes, "sub_track_id")
        for node in self._at("sub_track"):
            node["classes"] = [
                one | {"owner": self.bodies[one["owner"]], "feed": self.feeds[one["feed_id"]], "signs": found}
                for one in placed.get(node["node_id"], [])
                if (found := of_class.get(one["class_id"], []))
            ]
            node["sign_count"] = sum(len(one["signs"]) for one in node["classes"])
            for one in node["classes"]:
                one["owner"]["signs"] += len(one["signs"])
        self.signs = signs

    def _join_kpis(self, tables: dict[str, pd.DataFrame]) -> None:
        indicator = with_connected(tables["indicator"], tables["measure_source"], tables["feed"])
        versions = _grouped(rows(indicator.sort_values(["indicator_id", "valid_from"])), "indicator_id")
        targets = _grouped(rows(tables["target"]), "indicator_id")
        ended = {row["indicator_id"]: row for row in rows(tables["succession"])}
        regions = tables["region"].set_index("region_id")[["name_zh", "name_en"]].to_dict("index")
        nodes = rows(weighting.weighted(tables["scheme_node"], tables["judgement"], tables["node"]))
        schemes = {(row["scheme_id"], row["version"]): row for row in rows(tables["scheme"])}
        aggregates = {(row["scheme_id"], row["version"], row["node_id"]): row for row in nodes}
        weights = _grouped([row for row in nodes if row["parent_id"]], "node_id")
        for indicator_id, known in versions.items():
            kpi = dict(known[-1])
            terms = [(role, self.measures[kpi[role]]) for role in ("numerator", "denominator") if kpi[role]]
            kpi |= {
                "terms": terms,
                "owner": self.bodies[kpi["owner"]],
                "checker": self.bodies[kpi["checker"]],
                "sub_track": self.nodes[kpi["sub_track_id"]],
                "versions": known,
                "succession": ended.get(indicator_id),
                "targets": [
                    row | {"region": None if row["region_id"] == EVERY_REGION else regions[row["region_id"]]}
                    for row in targets.get(indicator_id, [])
                ],
                "weights": [
                    row
                    | {
                        "scheme": schemes[row["scheme_id"], row["version"]],
                        "parent": aggregates[row["scheme_id"], row["version"], row["parent_id"]],
                    }
                    for row in weights.get(indicator_id, [])
                ],
            }
            kpi["track"] = self.nodes[kpi["sub_track"]["parent_id"]]
            kpi["sector"] = self.nodes[kpi["track"]["parent_id"]]
            self.kpis[indicator_id] = kpi
            kpi["sub_track"]["kpis"].append(kpi)
            kpi["owner"]["owns"].append(kpi)
            kpi["checker"]["checks"].append(kpi)
            for _, measure in terms:
                measure["kpis"][indicator_id] = kpi
                for source in measure["sources"]:
                    source["feed"]["kpis"][indicator_id] = kpi
        for kpi in self.kpis.values():
            kpi["sharing"] = {
                other["indicator_id"]: other
                for _, measure in kpi["terms"]
                for other in measure["kpis"].values()
                if other is not kpi
            }
            if kpi["succession"]:
                kpi["succession"]["to"] = self.kpis.get(kpi["succession"]["successor"])
        for node in self._at("sub_track"):
            node["kpi_count"] = len(node["kpis"])

    def counts(self) -> list[tuple[str, int, int]]:
        """What is counted, how many there are, how many of them are illustrative."""
        kpis = list(self.kpis.values())
        counted = {
            "sectors": self.sectors,
            "tracks": self._at("track"),
            "sub_tracks": self._at("sub_track"),
            "kpis": kpis,
            "evaluable_kpis": [kpi for kpi in kpis if kpi["evaluable"]],
            "connected_kpis": [kpi for kpi in kpis if kpi["connected"]],
            "signs": self.signs,
        }
        return [(word, len(found), sum(bool(row["illustrative"]) for row in found)) for word, found in counted.items()]
