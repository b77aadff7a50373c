"""Delta builds: going on from the snapshot in force where only files came since, instead of making everything again.

Belongs here: whether a build can go on from a snapshot, the copy that it works in, and which models have nothing to
make. What is made again is `delta.sql`'s to say, how is the models' (`dbt/macros/delta.sql`).
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Any

import duckdb

from dagster_project.warehouse import core
from dagster_project.warehouse.lookup import rows
from dagster_project.warehouse.plan import BuildPlan, code_version, tell

SCOPE = Path(__file__).with_suffix(".sql")
# The tables of the registry that are another in each build.
TOLD = ("registry.build", "registry.landed_file")
# Where more of the (feed, period) slices move than this, making everything again is the shorter way.
LARGEST_SHARE = 0.25
# Rows that were replaced leave holes in the database's file; after so many delta builds everything is made again.
MOST_DELTAS = 50


@dataclass(frozen=True)
class Delta:
    """What a build goes on from and what moved.

    `was`: its day; `before`: delta builds between it and a build of everything; `slices`: (feed, period) that the files
    speak of; `reads`: (feed of a statement, raw feed that its counting reads).
    """

    base: Path
    was: date
    before: int
    slices: tuple[tuple[str, str], ...]
    reads: tuple[tuple[str, str], ...]

    @property
    def moved(self) -> frozenset[str]:
        """The feeds with something to make again."""
        feeds = {feed for feed, _ in self.slices}
        return frozenset(feeds | {feed for feed, raw in self.reads if raw in feeds})


def find(plan: BuildPlan, registry: Path, ledger: Path, serving: Path, manifest: Mapping[str, Any]) -> Delta | None:
    """What the build of `plan` can go on from; None if it has to make everything.

    It can if the snapshot in force was made by the same code from the same registry (as of either day), knew no file
    that is gone, and only a part of the feeds' periods moved. `registry` is the folder of Parquet files as of the
    plan's day, `ledger` the table of landed files.
    """
    link = plan.folder / plan.name
    base = link.resolve()
    if plan.name != "current" or not link.exists() or not (serving / f"{base.name}.duckdb").is_file():
        return None
    with duckdb.connect() as connection:
        connection.execute(f"attach '{base / 'warehouse.duckdb'}' as base (read_only)")
        (facts,) = rows(connection, "from base.registry.build")
        made_by = {name: facts.get(name) for name in ("code_version", "registry_version", "simulated_from")}
        if made_by != {
            "code_version": code_version(),
            "registry_version": plan.registry_version,
            "simulated_from": plan.simulated_from,
        }:
            return None
        was, before = facts["today"], facts.get("deltas", 0)
        known = {file_id for (file_id,) in connection.execute("from base.registry.landed_file").fetchall()}
        fits = was <= plan.today and before < MOST_DELTAS and known <= set(plan.files)
        if not fits or not _same_registry(connection, registry):
            return None
        slices, share = _moved(connection, plan, ledger, was)
    if share > LARGEST_SHARE:
        return None
    return Delta(base, was, before, slices, tuple(reads_of(manifest)))


def _same_registry(connection: duckdb.DuckDBPyConnection, registry: Path) -> bool:
    """Whether the registry derived for the plan's day is the one that the snapshot was made of: not over a reform."""
    for path in sorted(registry.glob("*.parquet")):
        one, other = f"read_parquet('{path}')", f"base.registry.{path.stem}"
        for query in (f"from {one} except all from {other}", f"from {other} except all from {one}"):
            if connection.execute(f"select count(*) from ({query})").fetchone() != (0,):
                return False
    return True


def _moved(
    connection: duckdb.DuckDBPyConnection, plan: BuildPlan, ledger: Path, was: date
) -> tuple[tuple[tuple[str, str], ...], float]:
    """The slices of the files that came, or of which rows became known, since the snapshot; and their share of all.

    A feed whose files do not say their periods moves in all of them.
    """
    connection.execute(
        f"""
        create temp table file as
        select feed_id, file_id, sliced, periods,
               file_id not in (from base.registry.landed_file) or coalesce(published_last > $was, false) as moved
        from read_parquet('{ledger}') where file_id in (select unnest(cast($files as varchar[])))
        """,
        {"was": was, "files": list(plan.files)},
    )
    connection.execute(
        """
        create temp table slice as
        select feed_id, period_id, bool_or(moved) as moved
        from (
            select feed_id, unnest(periods) as period_id, moved from file where sliced
            union all
            select f.feed_id, p.period_id, f.moved
            from file as f cross join base.registry.period as p where not f.sliced
        )
        group by all
        """
    )
    slices = connection.execute("select feed_id, period_id from slice where moved order by all").fetchall()
    (share,) = connection.execute("select coalesce(avg(cast(moved as int)), 0) from slice").fetchone() or (1.0,)
    return tuple(slices), float(share)


def prepare(plan: BuildPlan, delta: Delta, built_at: datetime) -> None:
    """A building folder that holds a copy of the snapshot's warehouse, told of this build and of what it makes again.

    What a killed build left is removed.
    """
    shutil.rmtree(plan.building, ignore_errors=True)
    plan.scores.mkdir(parents=True)
    shutil.copyfile(delta.base / "warehouse.duckdb", plan.database)
    shutil.copyfile(delta.base / core.FILE, plan.building / core.FILE)
    with duckdb.connect(str(plan.database)) as connection:
        connection.execute("drop table registry.build; drop table registry.landed_file")
        tell(connection, replace(plan, deltas=delta.before + 1), built_at)
        connection.execute("drop schema if exists delta cascade; create schema delta")
        days = {"was": delta.was, "now": plan.today}
        connection.execute("create table delta.clock as select $was as was, $now as now", days)
        for name, columns, rows in (
            ("stated", ("feed_id", "period_id"), delta.slices),
            ("statement", ("feed_id", "reads"), delta.reads),
        ):
            pairs = {"one": [one for one, _ in rows], "other": [other for _, other in rows]}
            connection.execute(
                f"create table delta.{name} as select unnest(cast($one as varchar[])) as {columns[0]}, "
                f"unnest(cast($other as varchar[])) as {columns[1]}",
                pairs,
            )
        connection.execute(SCOPE.read_text(encoding="utf-8"))
    # Last: what reads it takes the rest for granted.
    plan.base_file.write_text(delta.base.name, encoding="utf-8")


def reads_of(manifest: Mapping[str, Any]) -> list[tuple[str, str]]:
    """(feed, raw feed that is read) of every feed whose rows are counted by a model, from a dbt manifest."""
    return sorted(
        (node["name"].removeprefix("measure__"), raw.removeprefix("raw."))
        for key, node in manifest["nodes"].items()
        if node["resource_type"] == "model"
        and node["name"].startswith("measure__")
        and node["config"]["materialized"] == "incremental"
        for raw in _closure(manifest)[key]
        if raw.startswith("raw.")
    )


def unmoved(manifest: Mapping[str, Any], moved: frozenset[str]) -> list[str]:
    """Names of the models and tests that a delta build leaves as they are: views, what feeds without news are made
    into, and what rests on the registry alone."""
    closure = _closure(manifest)

    def stays(key: str) -> bool:
        node, sources = manifest["nodes"][key], closure[key]
        if node["schema"] == "staging":
            return not {f"raw.{feed}" for feed in moved} & sources
        return all(name.startswith("registry.") and name not in TOLD for name in sources)

    models = {key: node for key, node in manifest["nodes"].items() if node["resource_type"] == "model"}
    still = {key for key in models if stays(key)}
    tests = [
        node["name"]
        for node in manifest["nodes"].values()
        if node["resource_type"] == "test" and still.issuperset(models.keys() & node["depends_on"]["nodes"])
    ]
    views = {key for key, node in models.items() if node["config"]["materialized"] == "view"}
    return sorted([*(models[key]["name"] for key in still | views), *tests])


def _closure(manifest: Mapping[str, Any]) -> dict[str, frozenset[str]]:
    """`schema.table` of every source that a node rests on, be it through others."""

    @cache
    def sources(key: str) -> frozenset[str]:
        if key in manifest["sources"]:
            source = manifest["sources"][key]
            return frozenset({f"{source['source_name']}.{source['name']}"})
        needed: Sequence[str] = manifest["nodes"][key]["depends_on"]["nodes"]
        return frozenset().union(*(sources(one) for one in needed))

    return {key: sources(key) for key in manifest["nodes"]}
