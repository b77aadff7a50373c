"""Watches the landing folder. A file counts once it looked the same twice, so that one being copied is left alone."""

import json

import dagster as dg
from dagster._core.definitions.unresolved_asset_job_definition import UnresolvedAssetJobDefinition

from dagster_project import settings as settings_module

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


def landing_sensor(job: UnresolvedAssetJobDefinition) -> dg.SensorDefinition:
    @dg.sensor(
        name="landing_folder", job=job, minimum_interval_seconds=30, default_status=dg.DefaultSensorStatus.RUNNING
    )
    def landing_folder(context: dg.SensorEvaluationContext) -> dg.SensorResult:
        before = json.loads(context.cursor) if context.cursor else {}
        now = look()
        requests = [dg.RunRequest(run_key=json.dumps(now))] if decide(before, now) else []
        return dg.SensorResult(run_requests=requests, cursor=json.dumps(now))

    return landing_folder
