"""Prints what Dagster runs, as JSON: a process of its own, since Dagster's imports warn."""

from __future__ import annotations

import json
import sys

from dagster_project.definitions import defs


def outline() -> dict[str, object]:
    graph = defs.resolve_asset_graph()
    return {
        "assets": sorted(key.to_user_string() for key in graph.materializable_asset_keys),
        "checks": sorted(f"{key.asset_key.to_user_string()}: {key.name}" for key in graph.asset_check_keys),
        "jobs": {
            job.name: sorted(job.graph.node_names())
            for job in defs.resolve_all_job_defs()
            if not job.name.startswith("__")
        },
        "schedules": {
            schedule.name: [schedule.job_name, schedule.cron_schedule, schedule.execution_timezone]
            for schedule in defs.schedules or []
        },
        "sensors": {sensor.name: sorted(target.job_name for target in sensor.targets) for sensor in defs.sensors or []},
    }


if __name__ == "__main__":
    sys.stdout.write(json.dumps(outline(), ensure_ascii=False))
