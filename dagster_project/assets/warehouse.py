"""The dbt models, the scores between two of their layers, and the publish at the end."""

import json
import os
import shutil
import sys
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime
from functools import cache, partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import dagster as dg
import duckdb
from dagster_dbt import DagsterDbtTranslator, DagsterDbtTranslatorSettings, DbtCliResource, DbtProject, dbt_assets

from dagster_project import registry as registry_package
from dagster_project import settings as settings_module
from dagster_project.assets.progress import PART, part
from dagster_project.evaluation.memory import Memory
from dagster_project.evaluation.run import TABLES_READ, score_schemes
from dagster_project.files import write_atomically
from dagster_project.warehouse import core
from dagster_project.warehouse import delta as delta_builds
from dagster_project.warehouse import publish as publishing
from dagster_project.warehouse.plan import BUILDING, BuildPlan, code_version, make_plan
from dagster_project.warehouse.scored import figures

AS_OF_TAG = "citydeck/as_of"
# Draws and splits of a snapshot, for the build after it.
KEPT = "kept.npz"


def dbt_client(project: DbtProject) -> DbtCliResource:
    """dbt from the environment that this Python runs in, whatever PATH says."""
    return DbtCliResource(project_dir=project, dbt_executable=str(Path(sys.executable).with_name("dbt")))


def dbt_project() -> DbtProject:
    """The dbt project with a manifest that is younger than every file it was parsed from."""
    settings = settings_module.load()
    # Parsing opens no database, yet profiles.yml wants to know; told what a build is told, one can use what was parsed.
    os.environ.setdefault("CITYDECK_WAREHOUSE", str(settings.warehouse / BUILDING / "warehouse.duckdb"))
    os.environ.setdefault("CITYDECK_MEMORY_LIMIT", settings.memory_limit)
    os.environ.setdefault("CITYDECK_THREADS", str(settings.threads))
    os.environ["CITYDECK_DATA"] = str(settings.data)
    target = settings.data / "dbt"
    os.environ["DBT_TARGET_PATH"] = str(target)
    os.environ["DBT_LOG_PATH"] = str(settings.data / "logs")
    project = DbtProject(project_dir=settings.dbt, profiles_dir=settings.dbt, target_path=target)
    sources = [
        path for path in settings.dbt.rglob("*") if path.suffix in {".sql", ".yml"} and "target" not in path.parts
    ]
    newest = max(path.stat().st_mtime for path in sources)
    if not project.manifest_path.is_file() or project.manifest_path.stat().st_mtime < newest:
        target.mkdir(parents=True, exist_ok=True)
        dbt_client(project).cli(["parse", "--quiet"], target_path=target).wait()
    return project


class Translator(DagsterDbtTranslator):
    """Groups are the folders of `dbt/models`; the registry's tables are one asset."""

    def __init__(self) -> None:
        super().__init__(DagsterDbtTranslatorSettings(enable_duplicate_source_asset_keys=True))

    def get_group_name(self, dbt_resource_props: Mapping[str, Any]) -> str | None:
        return dbt_resource_props["fqn"][1]


PROJECT = dbt_project()
TRANSLATOR = Translator()


@cache
def _plan(run_id: str, as_of: str | None) -> BuildPlan:
    return make_plan(settings_module.load(), date.fromisoformat(as_of) if as_of else None)


def plan_of(context: dg.AssetExecutionContext) -> BuildPlan:
    """The one plan of this run; its `as_of` tag asks for the warehouse as it was known then."""
    return _plan(context.run_id, context.run.tags.get(AS_OF_TAG))


@dbt_assets(manifest=PROJECT.manifest_path, dagster_dbt_translator=TRANSLATOR, project=PROJECT)
def models(context: dg.AssetExecutionContext, dbt: DbtCliResource) -> Iterator[Any]:
    """Run twice in a build: the core before scoring, serving and presentation after it."""
    plan = plan_of(context)
    first = any(key.path[-1] == "observation" for key in context.selected_asset_keys)
    settings = settings_module.load()
    manifest = json.loads(PROJECT.manifest_path.read_text(encoding="utf-8"))
    delta, left = None, list[str]()
    if first:
        plan.claim()
        with TemporaryDirectory() as folder:
            registry_package.write(registry_package.load(settings.seeds), Path(folder), plan.today)
            delta = delta_builds.find(plan, Path(folder), settings.raw / "ledger.parquet", settings.serving, manifest)
            if delta:
                delta_builds.prepare(plan, delta, datetime.now(UTC))
                left = delta_builds.unmoved(manifest, delta.moved)
                slices = f"{len(delta.slices)} periods of {len(delta.moved)} feeds moved"
                context.log.info(f"{PART}goes on from {delta.base.name}: {slices}, {len(left)} models and tests stay")
            else:
                plan.prepare(Path(folder), datetime.now(UTC))
    os.environ.update(plan.environment(settings))
    # One target folder for all runs: its parsed project is used again, and nothing piles up.
    # Unit tests try the code, not the data: they run with the other tests of the code.
    command = ["build", "--exclude-resource-type", "unit_test", *(["--exclude", " ".join(left)] if left else [])]
    target = settings.data / "dbt" / "runs"
    parsed = PROJECT.manifest_path.with_name("partial_parse.msgpack")
    if parsed.is_file() and not (target / parsed.name).is_file():
        target.mkdir(parents=True, exist_ok=True)
        shutil.copy(parsed, target)
    yield from dbt.cli(command, context=context, target_path=target).stream()
    results = json.loads((target / "run_results.json").read_text(encoding="utf-8"))
    if first and not delta:
        core.write(plan.building, json.loads((target / "manifest.json").read_text(encoding="utf-8")), results)
    for line in slowest(None if plan.base_file.is_file() else plan.database, results):
        context.log.info(line)


def slowest(database: Path | None, results: Mapping[str, Any], count: int = 8) -> list[str]:
    """The models that took longest in a dbt run, those above a second, with their rows.

    Without `database` the rows are left out: of a delta build only a part of a table's is made.
    """
    rows: dict[str, int] = {}
    if database:
        with duckdb.connect(str(database), read_only=True) as connection:
            rows = dict(connection.execute("select table_name, estimated_size from duckdb_tables()").fetchall())
    took = {
        result["unique_id"].rsplit(".", 1)[1]: float(result["execution_time"])
        for result in results["results"]
        if result["unique_id"].startswith("model.")
    }
    longest = sorted((seconds, name) for name, seconds in took.items() if seconds >= 1)[::-1]
    return [part(name, seconds, rows.get(name)) for seconds, name in longest[:count]]


@dg.asset(
    deps=[
        dg.AssetKey(["core", "indicator_value"]),
        dg.AssetKey(["core", "indicator_absence"]),
        dg.AssetKey("registry"),
    ],
    group_name="scoring",
    description="Score and rank every active scheme, with intervals and explanations; writes what serving reads.",
)
def scores(context: dg.AssetExecutionContext) -> dg.MaterializeResult:
    plan = plan_of(context)
    with duckdb.connect(str(plan.database), read_only=True) as connection:
        tables = {name: connection.execute(f"from registry.{name}").df() for name in TABLES_READ}
        values, absences = figures(connection, tables, "core.indicator_value", "core.indicator_absence")
    memory = Memory(plan.folder / "current" / "scores" / KEPT, code_version())
    results = score_schemes(tables, values, absences, memory=memory)
    write_atomically(plan.scores / KEPT, memory.write)
    for name, frame in results.frames.items():
        write_atomically(plan.scores / f"{name}.parquet", partial(frame.to_parquet, index=False))
    for name, seconds in results.seconds.items():
        if seconds >= 1:
            context.log.info(part(name, seconds, None))
    return dg.MaterializeResult(metadata={f"{name}_rows": len(frame) for name, frame in results.frames.items()})


@dg.asset(
    deps=[
        TRANSLATOR.get_asset_key(node)
        for node in json.loads(PROJECT.manifest_path.read_text(encoding="utf-8"))["nodes"].values()
        if node["resource_type"] == "model" and node["schema"] in publishing.SERVED_SCHEMAS
    ],
    group_name="serving",
    description="Check the contracts, write a new serving file, flip the symlink.",
)
def published(context: dg.AssetExecutionContext) -> dg.MaterializeResult:
    plan = plan_of(context)
    manifest = json.loads(PROJECT.manifest_path.read_text(encoding="utf-8"))
    contracts, replaced = publishing.contracts_of(manifest), publishing.replaced_of(manifest)
    rows = publishing.publish(plan, settings_module.load().serving, contracts, replaced)
    plan.release()
    return dg.MaterializeResult(
        metadata={"snapshot_id": plan.snapshot_id, "tables": len(rows), "rows": sum(rows.values())}
    )
