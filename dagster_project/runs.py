"""Running the pipeline's jobs from the command line, in this process, into the history that the Dagster page shows."""

from __future__ import annotations

import os
from contextlib import redirect_stdout
from datetime import date
from typing import TYPE_CHECKING, Any

from dagster_project import dagster_home
from dagster_project.settings import Settings

if TYPE_CHECKING:
    import dagster as dg


class RunFailed(RuntimeError):
    """A job failed; the message says at which step and why."""


def run_job(name: str, settings: Settings, as_of: date | None = None) -> dict[str, dict[str, Any]]:
    """Run a job of `definitions.py`; the metadata of every asset that it made, by asset key.

    Raises:
        RunFailed: a step failed.
    """
    dagster_home.prepare(settings)
    os.environ["DAGSTER_HOME"] = str(settings.dagster_home)
    os.environ.setdefault("DO_NOT_TRACK", "1")
    # Dagster takes seconds to import; only commands that run something pay for it.
    import dagster as dg

    job, needed = _job(name, settings)
    log = settings.data / "logs" / "dbt.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    # dbt's own lines go to a file; what people wait for is printed by the step logger.
    with dg.DagsterInstance.get() as instance, log.open("a", encoding="utf-8") as lines, redirect_stdout(lines):
        result = job.execute_in_process(
            instance=instance,
            asset_selection=needed,
            tags=_tags(as_of),
            run_config={"loggers": {"steps": {}}},
            raise_on_error=False,
        )
        if not result.success:
            reasons = [
                f"{event.step_key}: {_words(event.step_failure_data)}"
                for event in result.all_events
                if event.is_step_failure
            ]
            raise RunFailed("\n".join(reasons) or f"the job {name} failed; see the Dagster page")
        return {
            event.asset_key.to_user_string(): {
                key: value.value for key, value in event.step_materialization_data.materialization.metadata.items()
            }
            for event in result.all_events
            if event.is_step_materialization and event.asset_key is not None
        }


def _job(name: str, settings: Settings) -> tuple[dg.JobDefinition, list[dg.AssetKey] | None]:
    """The job, and what of it is to be made (None: all). A landing does without the other definitions, which take
    seconds to import, and without the feeds that have nothing new: Dagster's history takes as long for each of them."""
    if name == "landing":
        from dagster_project.assets import landing

        return landing.defs.resolve_job_def(name), landing.needed(settings)
    from dagster_project.definitions import defs

    return defs.resolve_job_def(name), None


def _tags(as_of: date | None) -> dict[str, str]:
    from dagster_project.assets.sensor import COMMAND_TAG

    if as_of is None:
        return {COMMAND_TAG: "true"}
    from dagster_project.assets.warehouse import AS_OF_TAG

    return {COMMAND_TAG: "true", AS_OF_TAG: as_of.isoformat()}


def _words(failure: Any) -> str:
    """What a step's failure says: its own description, or the words of the error that began it."""
    if failure.user_failure_data is not None and failure.user_failure_data.description:
        return str(failure.user_failure_data.description)
    error = failure.error
    while error.cause is not None:
        error = error.cause
    return str(error.message).strip()
