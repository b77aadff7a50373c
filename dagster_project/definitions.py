"""What Dagster runs. No logic here: assets do the work, this file only names them together."""

import dagster as dg
from dagster._core.definitions.unresolved_asset_job_definition import UnresolvedAssetJobDefinition

from dagster_project import settings
from dagster_project.assets import cockpit, landing, warehouse
from dagster_project.assets.progress import step_logger
from dagster_project.assets.sensor import build_sensor, landing_sensor

arriving = dg.AssetSelection.groups("registry", "landing")
shown = dg.AssetSelection.groups("dashboards")


def job(name: str, selection: dg.AssetSelection) -> UnresolvedAssetJobDefinition:
    """One process runs all steps: faster than a process each, and a build needs it (`BuildPlan.claim`)."""
    return dg.define_asset_job(name, selection, executor_def=dg.in_process_executor)


landing_job = job("landing", arriving)
build_job = job("build", dg.AssetSelection.all() - arriving - shown)
city_job = job("city", dg.AssetSelection.all() - arriving)

defs = dg.Definitions(
    assets=[
        landing.registry,
        *landing.feed_assets,
        landing.landed_ledger,
        warehouse.models,
        warehouse.scores,
        warehouse.published,
        cockpit.dashboards,
    ],
    jobs=[landing_job, build_job, city_job],
    schedules=[
        dg.ScheduleDefinition(
            name="daily",
            job=landing_job,
            cron_schedule="0 6 * * *",
            execution_timezone=str(settings.load().timezone),
            default_status=dg.DefaultScheduleStatus.RUNNING,
        )
    ],
    sensors=[landing_sensor(landing_job), build_sensor(landing_job, city_job)],
    resources={"dbt": warehouse.dbt_client(warehouse.PROJECT)},
    loggers={"steps": step_logger},
)
