"""One scheme over the figures of one period, read from a snapshot as the build read them.

Belongs here: which rows of the registry and the core an evaluation needs, and the names of what they hold. What the
rows mean is in `evaluation`, every formula in `scoring`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import duckdb
import numpy as np
import pandas as pd

from dagster_project.evaluation.figures import read_figures
from dagster_project.evaluation.inputs import Block, read_block
from dagster_project.evaluation.robust import period_of, spread_of
from dagster_project.evaluation.run import TABLES_READ
from dagster_project.evaluation.scheme_rows import directions, read_scheme, read_uncertainty, records
from dagster_project.scoring.draw import Uncertainty
from dagster_project.scoring.engine import score
from dagster_project.scoring.mixture import evaluation
from dagster_project.scoring.normalise import NO_GROUP, Floats
from dagster_project.scoring.prepare import Inputs
from dagster_project.scoring.scheme import Scheme
from dagster_project.warehouse import lookup
from dagster_project.warehouse.lookup import NotFound, Row, rows
from dagster_project.warehouse.scored import figures

Tables = Mapping[str, pd.DataFrame]


@dataclass(frozen=True)
class SchemeInputs:
    """An evaluation that can be made again, with the names of its units and nodes.

    inputs, scheme: of one period, gaps filled as the scheme says, so that it fills none any more; units last, in the
    order of `units`. varied: the same with gaps as they came, for draws that vary how they are filled. spread (I, U):
    how far figures may be off. nodes: by id, of indicators, aggregates and extra figures. value_periods (I, U): ids of
    the periods that the figures are of.
    """

    scheme_id: str
    version: int
    name_zh: str
    name_en: str
    status: str
    illustrative: bool
    peer_scheme: str
    period_id: str
    scheme: Scheme
    inputs: Inputs
    varied: tuple[Inputs, Scheme]
    uncertainty: Uncertainty | None
    spread: Floats
    units: list[Row]
    areas: list[Row]
    nodes: dict[str, Row]
    value_periods: np.typing.NDArray[np.object_]

    def place_of(self, wanted: str, connection: duckdb.DuckDBPyConnection) -> int:
        """The unit's place, by id or name.

        Raises:
            NotFound: none or several are meant.
        """
        ids = [row["region_id"] for row in self.units]
        found = lookup.unit(connection, wanted, self.period_id, self.scheme_id, ids)
        return ids.index(found["region_id"])

    def node_of(self, wanted: str, kinds: tuple[str, ...], word: str) -> str:
        """Id of a node, or of an extra figure, of some kinds: indicator, aggregate, extra.

        Raises:
            NotFound: none or several are meant.
        """
        those = [row for row in self.nodes.values() if row["kind"] in kinds]
        found = lookup.pick(f"{word} of {self.scheme_id}", wanted, those, "node_id", ("name_zh", "name_en"))
        return str(found["node_id"])


def load(
    connection: duckdb.DuckDBPyConnection,
    scheme: str,
    period: str | None = None,
    registry: Tables | None = None,
) -> SchemeInputs:
    """Read one scheme, drafts too, and the figures of a period; by default the newest in which it ranks somebody.

    Args:
        scheme: id or name.
        registry: its tables instead of the snapshot's, as `registry.derive` gives them.

    Raises:
        NotFound: no such scheme or period; lists those there are.
        SchemeError: it cannot be scored.
    """
    tables = dict(registry) if registry is not None else read_tables(connection)
    scheme_id = scheme_id_of(tables, scheme)
    wanted = lookup.period(connection, period) if period else None
    versions = _versions(connection, tables, scheme_id, wanted)
    # A version that has only begun has no figures yet; the one before has.
    for row in versions:
        read, block = _block(connection, tables, row)
        if len(block.period_ids):
            break
    at = _place(block, read, scheme_id, wanted)
    one = evaluation(block.inputs, read, at)
    keep = np.flatnonzero(block.in_force[at])
    uncertainty = read_uncertainty(row, tables)
    bits = dict(zip(tables["flag"]["flag_id"], tables["flag"]["bit"].astype(int), strict=True))
    inputs, groups = _only(one.inputs, keep), block.inputs.groups[at, keep]
    return SchemeInputs(
        scheme_id=scheme_id,
        version=int(row["version"]),
        name_zh=row["name_zh"],
        name_en=row["name_en"],
        status=row["status"],
        illustrative=bool(row["illustrative"]),
        peer_scheme=row["peer_scheme"],
        period_id=str(block.period_ids[at]),
        scheme=one.scheme,
        inputs=inputs,
        varied=(_only(period_of(block.inputs, at), keep), read),
        uncertainty=uncertainty,
        spread=spread_of(one, block, at, bits)[:, keep],
        units=[
            found | {"peer_area_id": None if group == NO_GROUP else str(block.areas[group])}
            for found, group in zip(_regions(connection, block.units[keep].tolist()), groups, strict=True)
        ],
        areas=_regions(connection, block.areas.tolist()),
        nodes=_nodes(connection, read, row, tables),
        value_periods=block.source_ids[block.source[:, at, keep]],
    )


def read_tables(connection: duckdb.DuckDBPyConnection) -> dict[str, pd.DataFrame]:
    """The registry of the snapshot, as far as scoring reads it."""
    return {name: connection.execute(f"from registry.{name}").df() for name in TABLES_READ}


def scheme_id_of(tables: Tables, wanted: str) -> str:
    """The scheme's id, by id or name.

    Raises:
        NotFound: none or several are meant.
    """
    found = records(tables["scheme"])
    return str(
        lookup.pick("scheme", wanted, [dict(row) for row in found], "scheme_id", ("name_zh", "name_en"))["scheme_id"]
    )


def _block(connection: duckdb.DuckDBPyConnection, tables: Tables, row: Mapping[str, Any]) -> tuple[Scheme, Block]:
    """One version of a scheme and its figures in all of its periods."""
    scheme = tables["scheme"]
    mine = scheme[(scheme["scheme_id"] == row["scheme_id"]) & (scheme["version"] == row["version"])]
    alone = {**tables, "scheme": mine.assign(status="active")}
    read = read_scheme(row, alone, directions(alone["indicator"]))
    values, absences = figures(connection, alone, "core.indicator_value", "core.indicator_absence")
    made = read_figures(alone, row["unit_grain"], row["frequency"], values, absences)
    return read, read_block(row, read, alone, made)


def _versions(
    connection: duckdb.DuckDBPyConnection, tables: Tables, scheme_id: str, period_id: str | None
) -> list[Mapping[str, Any]]:
    """The row of the version in force at the end of a period; by default of all, the newest first."""
    versions = records(tables["scheme"][tables["scheme"]["scheme_id"] == scheme_id].sort_values("version"))
    if period_id is None:
        return versions[::-1]
    end = rows(connection, "select end_date from registry.period where period_id = ?", [period_id])[0]["end_date"]
    day = np.datetime64(end, "D")
    for row in reversed(versions):
        if np.datetime64(row["valid_from"], "D") <= day <= np.datetime64(row["valid_to"], "D"):
            return [row]
    first = min(str(row["valid_from"])[:10] for row in versions)
    raise NotFound(f"no version of scheme {scheme_id!r} is in force at the end of {period_id}; it begins on {first}")


def _place(block: Block, scheme: Scheme, scheme_id: str, wanted: str | None) -> int:
    names = block.period_ids.tolist()
    if wanted is not None:
        if wanted not in names:
            there = ", ".join(reversed(names)) or "no period"
            raise NotFound(f"scheme {scheme_id!r} has no figures of its units in {wanted!r}; it does in {there}")
        return int(names.index(wanted))
    if not names:
        raise NotFound(f"scheme {scheme_id!r} has no figures of its units in any period; look at its indicators")
    ranked = (score(block.inputs, scheme).rank > 0).any(axis=1)
    return int(np.flatnonzero(ranked)[-1]) if ranked.any() else len(names) - 1


def _only(inputs: Inputs, units: np.typing.NDArray[np.int64]) -> Inputs:
    """Some of the units."""

    def of(array: Any) -> Any:
        return array if array is None or array.shape[-1] == 1 else array[..., units]

    names = ("values", "groups", "applies", "low", "high", "target", "best_low", "best_high", "extras")
    return Inputs(**{name: of(getattr(inputs, name)) for name in names})


def _regions(connection: duckdb.DuckDBPyConnection, ids: list[str]) -> list[Row]:
    found = rows(
        connection,
        "select region_id, name_zh, name_en from registry.region where list_contains(?, region_id)",
        [ids],
    )
    known = {row["region_id"]: row for row in found}
    return [known.get(name, {"region_id": name, "name_zh": name, "name_en": name}) for name in ids]


def _nodes(
    connection: duckdb.DuckDBPyConnection, scheme: Scheme, row: Mapping[str, Any], tables: Tables
) -> dict[str, Row]:
    """Names of all nodes and extra figures; of indicators the unit, decimals and direction too."""
    newest = records(tables["indicator"].sort_values("version"))
    of_indicator = {one["indicator_id"]: one for one in newest}
    facts = ("name_zh", "name_en", "unit_zh", "unit_en", "decimals", "direction")
    mine = tables["scheme_node"]
    mine = mine[(mine["scheme_id"] == row["scheme_id"]) & (mine["version"] == row["version"])]
    given = {one["node_id"]: one for one in records(mine)}
    hierarchy = {one["node_id"]: one for one in rows(connection, "select node_id, name_zh, name_en from registry.node")}
    extras = [(rule.id, "extra") for rule in scheme.bonuses] + [(rule.id, "extra") for rule in scheme.vetoes]
    leaves = [(leaf.id, "indicator") for leaf in scheme.indicators]
    found: dict[str, Row] = {}
    for node_id, kind in extras + leaves:
        one = of_indicator[node_id]
        found[node_id] = {"node_id": node_id, "kind": kind} | {name: one.get(name) for name in facts}
    for node in scheme.aggregates:
        found[node.id] = {"node_id": node.id, "kind": "aggregate"}
    for node_id, told in found.items():
        for name in ("name_zh", "name_en"):
            own = given.get(node_id, {}).get(name)
            named = own if isinstance(own, str) and own else None
            told[name] = named or told.get(name) or hierarchy.get(node_id, {}).get(name) or node_id
    return found
