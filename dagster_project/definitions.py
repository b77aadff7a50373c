"""What Dagster runs. No logic here: assets do the work, this file only names them together."""

import dagster as dg

from dagster_project.assets import cockpit, landing, warehouse
from dagster_project.assets.progress import step_logger
from dagster_project.assets.sensor import landing_sensor

everything = dg.AssetSelection.all()
landing_job = dg.define_asset_job(
    "landing", dg.AssetSelection.groups("registry", "landing"), executor_def=dg.in_process_executor
)
build_job = dg.define_asset_job(
    "build",
    everything - dg.AssetSelection.groups("registry", "landing", "dashboards"),
    executor_def=dg.in_process_executor,
)
city_job = dg.define_asset_job("city", everything, executor_def=dg.in_process_executor)

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
            job=city_job,
            cron_schedule="0 6 * * *",
            execution_timezone="Asia/Shanghai",
            default_status=dg.DefaultScheduleStatus.RUNNING,
        )
    ],
    sensors=[landing_sensor(city_job)],
    resources={"dbt": warehouse.dbt_client(warehouse.PROJECT)},
    loggers={"steps": step_logger},
)
