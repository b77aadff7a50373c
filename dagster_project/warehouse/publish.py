"""Publishing: copy what cockpits may read into a new file, check it, flip a symlink. Readers never see half a build."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType

import duckdb

from dagster_project.warehouse.plan import BuildPlan, flip

SERVED_SCHEMAS = ("serving", "cockpit")
VERSIONS_KEPT = 3

Contract = Sequence[tuple[str, str]]
# The table of the schema `delta` whose keys a delta build replaces in a served table, and their columns.
Replaced = tuple[str, tuple[str, ...]]


class ContractBroken(RuntimeError):
    """What was built is not what the contracts promise; nothing was published."""


def contracts_of(manifest: Mapping) -> dict[str, Contract]:
    """`schema.table` -> (column, type) of every served model that enforces a contract, out of a dbt manifest."""
    return {
        f"{node['schema']}.{node['name']}": [
            (name, column["data_type"].lower()) for name, column in node["columns"].items()
        ]
        for node in manifest["nodes"].values()
        if node["resource_type"] == "model"
        and node["schema"] in SERVED_SCHEMAS
        and node["config"]["contract"]["enforced"]
    }


def replaced_of(manifest: Mapping) -> dict[str, Replaced]:
    """`schema.table` -> what a delta build replaces in it, of every served model that says so."""
    found = {
        f"{node['schema']}.{node['name']}": node["config"]["meta"]["replaced"]
        for node in manifest["nodes"].values()
        if node["schema"] in SERVED_SCHEMAS and "replaced" in node["config"].get("meta", {})
    }
    return {table: (one["delta"], tuple(one["keys"])) for table, one in found.items()}


def _replace(connection: duckdb.DuckDBPyConnection, table: str, replaced: Replaced, snapshot_id: str) -> None:
    """Bring a table of the snapshot before up to the attached warehouse, by what its delta build replaced.

    Raises:
        ContractBroken: it does not have the warehouse's number of rows then.
    """
    keys = ", ".join(replaced[1])
    moved = f"where ({keys}) in (select {keys} from warehouse.delta.{replaced[0]})"
    connection.execute(f"alter table {table} drop column snapshot_id")
    connection.execute(f"alter table {table} add column snapshot_id varchar default '{snapshot_id}'")
    connection.execute(f"delete from {table} {moved}")
    connection.execute(f"insert into {table} by name select * from warehouse.{table} {moved}")
    counted = f"select (select count(*) from {table}), (select count(*) from warehouse.{table})"
    here, there = connection.execute(counted).fetchone() or (0, 0)
    if here != there:
        raise ContractBroken(f"{table} has {there} rows, its copy {here}; remove the folder `serving` and build again")


def _write(
    source: Path,
    target: Path,
    contracts: Mapping[str, Contract],
    snapshot_id: str,
    base: Path | None,
    replaced: Mapping[str, Replaced],
) -> dict[str, int]:
    """Copy the contracted tables of `source` into the new file `target`; rows per table.

    `base`: the serving file of the snapshot that `source` goes on from; the tables in `replaced` are then copied from
    it, and only what moved from `source`.

    Raises:
        ContractBroken: a table is missing, has other columns, or rows of another snapshot.
    """
    rows: dict[str, int] = {}
    if base:
        shutil.copyfile(base, target)
    with duckdb.connect(str(target)) as connection:
        connection.execute(f"attach '{source}' as warehouse (read_only)")
        for schema in SERVED_SCHEMAS:
            connection.execute(f"create schema if not exists {schema}")
        for table, contract in sorted(contracts.items()):
            try:
                if base and table in replaced:
                    _replace(connection, table, replaced[table], snapshot_id)
                else:
                    connection.execute(f"create or replace table {table} as select * from warehouse.{table}")
            except duckdb.CatalogException as error:
                raise ContractBroken(f"{table} was not built; run `citydeck build` and read its log") from error
            found = [(name, kind.lower()) for name, kind, *_ in connection.execute(f"describe {table}").fetchall()]
            if found != list(contract):
                raise ContractBroken(f"{table} has columns {found}, its contract says {list(contract)}")
            count, strangers = connection.execute(
                f"select count(*), count(*) filter (where snapshot_id is distinct from ?) from {table}", [snapshot_id]
            ).fetchone() or (0, 0)
            if strangers:
                raise ContractBroken(f"{table} holds {strangers} rows of another snapshot than {snapshot_id}")
            rows[table] = count
        if rows.get("serving.snapshot") != 1:
            raise ContractBroken("serving.snapshot must hold one row")
        connection.execute("detach warehouse")
        connection.execute("checkpoint")
    return rows


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _prune(folder: Path, suffix: str) -> None:
    """Keep the newest versions and whatever a symlink points at."""
    linked = {link.resolve() for link in folder.iterdir() if link.is_symlink()}
    versions = sorted(
        (
            path
            for path in folder.iterdir()
            if not path.is_symlink() and not path.name.startswith(".") and path.suffix == suffix
        ),
        key=lambda path: path.stat().st_mtime,
        reverse=True,
    )
    for path in versions[VERSIONS_KEPT:]:
        if path.resolve() in linked:
            continue
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink()


def publish(
    plan: BuildPlan,
    serving: Path,
    contracts: Mapping[str, Contract],
    replaced: Mapping[str, Replaced] = MappingProxyType({}),
) -> dict[str, int]:
    """Make the build of `plan` the one in force under `plan.name`, for readers and `explain`; rows per served table.
    `replaced`: the tables of which a delta build replaces a part.

    Order: write the new serving file aside, check it, rename it, rename the warehouse folder, flip both symlinks.
    A kill before the flips leaves the version in force untouched; the next run does it again.

    Raises:
        ContractBroken: nothing was published.
    """
    serving.mkdir(parents=True, exist_ok=True)
    version = serving / f"{plan.snapshot_id}.duckdb"
    for leftover in serving.glob(".writing-*"):
        leftover.unlink()
    writing = serving / f".writing-{plan.snapshot_id}.duckdb"
    base = serving / f"{plan.base_file.read_text(encoding='utf-8')}.duckdb" if plan.base_file.is_file() else None
    rows = _write(plan.database, writing, contracts, plan.snapshot_id, base, replaced)
    _sync(writing)
    if published_snapshot(serving, plan.name) == plan.snapshot_id and plan.finished.exists():
        # The same inputs gave the same snapshot: what readers have open stays.
        writing.unlink()
        shutil.rmtree(plan.building)
        return rows
    writing.replace(version)
    if plan.finished.exists():
        shutil.rmtree(plan.finished)
    plan.building.rename(plan.finished)
    flip(plan.folder / plan.name, plan.snapshot_id)
    flip(serving / f"{plan.name}.duckdb", version.name)
    _sync(serving)
    _prune(serving, ".duckdb")
    _prune(plan.folder, "")
    return rows


def published_snapshot(serving: Path, name: str = "current") -> str | None:
    """Id of the snapshot in force under `name`, or None before the first publish."""
    link = serving / f"{name}.duckdb"
    return link.resolve().stem if link.exists() else None
