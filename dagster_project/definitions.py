"""What Dagster runs. No logic here: assets do the work, this file only names them together."""

import dagster as dg

from dagster_project import settings
from dagster_project.assets import cockpit, landing, warehouse
from dagster_project.assets.landing import arriving, in_one_process, landing_job
from dagster_project.assets.sensor import build_sensor, landing_sensor

shown = dg.AssetSelection.groups("dashboards")

build_job = in_one_process("build", dg.AssetSelection.all() - arriving - shown)
city_job = in_one_process("city", dg.AssetSelection.all() - arriving)

defs = dg.Definitions.merge(
    landing.defs,
    dg.Definitions(
        assets=[warehouse.models, warehouse.scores, warehouse.published, cockpit.dashboards],
        jobs=[build_job, city_job],
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
    ),
)
