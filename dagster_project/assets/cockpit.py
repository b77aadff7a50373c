"""The dashboards: imported after each publish, where the cockpit runs."""

import dagster as dg

from dagster_project import settings as settings_module
from dagster_project.cockpit import publish, server


@dg.asset(
    deps=["published"],
    group_name="dashboards",
    description="Import the dashboards and verify that every chart answers.",
)
def dashboards(context: dg.AssetExecutionContext) -> dg.MaterializeResult:
    settings = settings_module.load()
    if not any(service.name == "superset" and service.running for service in server.status(settings)):
        context.log.warning("The cockpit does not run; its dashboards are imported by `citydeck up`.")
        return dg.MaterializeResult(metadata={"imported": False})
    result = publish.import_dashboards(settings, context.log.info)
    failures = publish.verify(settings, context.log.info)
    if failures:
        raise dg.Failure("Charts that do not answer:\n" + "\n".join(failures))
    return dg.MaterializeResult(metadata={"imported": result.imported, "charts": result.charts})
