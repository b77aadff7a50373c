"""What starts runs without a person: a file in the landing folder, and a landing that changed what a build would give.

A landed file counts once it looked the same twice, so that one being copied is left alone.
"""

import json

import dagster as dg
from dagster._core.definitions.unresolved_asset_job_definition import UnresolvedAssetJobDefinition

from dagster_project import settings as settings_module
from dagster_project.assets.landing import needed
from dagster_project.warehouse.plan import make_plan
from dagster_project.warehouse.publish import published_snapshot

# Runs that a person started at the command line, which builds by itself after landing.
COMMAND_TAG = "citydeck/command"

Look = dict[str, list[int]]


def look() -> Look:
    """Files that wait in the landing folder: relative name -> [size, modification time in ns]."""
    root = settings_module.load().landing
    waiting: Look = {}
    for path in sorted(root.glob("*/*")):
        if path.is_file() and not path.name.startswith(".") and path.suffix not in {".part", ".tmp"}:
            stat = path.stat()
            waiting[str(path.relative_to(root))] = [stat.st_size, stat.st_mtime_ns]
    return waiting


def decide(before: Look, now: Look) -> bool:
    """Whether to run: something waits, and all of it stood still since the look before."""
    return bool(now) and now == before


def landing_sensor(landing: UnresolvedAssetJobDefinition) -> dg.SensorDefinition:
    """Runs `landing` when files wait, for the feeds that they wait for."""

    @dg.sensor(
        name="landing_folder",
        job=landing,
        minimum_interval_seconds=30,
        default_status=dg.DefaultSensorStatus.RUNNING,
    )
    def landing_folder(context: dg.SensorEvaluationContext) -> dg.SensorResult:
        before = json.loads(context.cursor) if context.cursor else {}
        now = look()
        requests = []
        if decide(before, now):
            requests.append(dg.RunRequest(json.dumps(now), asset_selection=needed(settings_module.load())))
        return dg.SensorResult(run_requests=requests, cursor=json.dumps(now))

    return landing_folder


def build_sensor(landing: UnresolvedAssetJobDefinition, build: UnresolvedAssetJobDefinition) -> dg.SensorDefinition:
    """Runs `build` after each `landing` that leaves another snapshot to be built than the one in force."""

    @dg.run_status_sensor(
        name="after_landing",
        run_status=dg.DagsterRunStatus.SUCCESS,
        monitored_jobs=[landing],
        request_job=build,
        minimum_interval_seconds=30,
        default_status=dg.DefaultSensorStatus.RUNNING,
    )
    def after_landing(context: dg.RunStatusSensorContext) -> dg.RunRequest | dg.SkipReason:
        if COMMAND_TAG in context.dagster_run.tags:
            return dg.SkipReason("landed at the command line, which builds by itself")
        settings = settings_module.load()
        plan = make_plan(settings)
        if published_snapshot(settings.serving, plan.name) == plan.snapshot_id:
            return dg.SkipReason(f"{plan.snapshot_id} is in force already")
        return dg.RunRequest(run_key=f"{plan.snapshot_id}-{context.dagster_run.run_id}")

    return after_landing
