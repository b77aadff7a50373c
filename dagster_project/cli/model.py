"""`citydeck model`: trying a dbt model while it is being written."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated

import typer
from rich.console import Console

from dagster_project import settings as settings_module

model = typer.Typer(name="model", help="Try dbt models while they are being written.", no_args_is_help=True)
out = Console()


class ModelError(RuntimeError):
    """A model that does not run, or does not give what its unit tests say; the message is dbt's."""


@model.command("test")
def test(names: Annotated[list[str], typer.Argument(help="Models, for example measure__app_login.")]) -> None:
    """Run the unit tests of models, with whatever they read, in an empty warehouse that is thrown away."""
    from dagster_project import registry
    from dagster_project.ingest import ledger
    from dagster_project.ingest.contract import PLANNED, load_contracts
    from dagster_project.ingest.land import prepare
    from dagster_project.warehouse.plan import BuildPlan

    settings = settings_module.load()
    with TemporaryDirectory() as folder:
        scratch = Path(folder)
        registry.write(registry.load(settings.seeds), scratch / "registry", settings.today)
        contracts = {**load_contracts(settings.dbt, PLANNED), **load_contracts(settings.dbt)}
        prepare(contracts.values(), scratch / "landing", scratch / "raw")
        ledger.write_tables(scratch / "raw")
        now = datetime.now(UTC)
        plan = BuildPlan("try", "try", now, settings.today, "try", scratch / "warehouse")
        plan.prepare(scratch / "registry", now)
        told = plan.environment(settings) | {
            "CITYDECK_DATA": folder,
            "DBT_TARGET_PATH": str(scratch / "target"),
            "DBT_LOG_PATH": str(scratch / "logs"),
        }
        command = [str(Path(sys.executable).with_name("dbt")), "build", "--exclude-resource-type", "test"]
        command += ["--project-dir", str(settings.dbt), "--profiles-dir", str(settings.dbt), "--no-use-colors"]
        command += ["--select", *(f"+{name}" for name in names)]
        done = subprocess.run(command, env={**os.environ, **told}, capture_output=True, text=True, check=False)
    # dbt names a unit test by its model: `3 of 5 PASS measure__x::what_it_says`.
    lines = [line.split("  ", 1)[1] for line in done.stdout.splitlines() if "::" in line and "START" not in line]
    for line in lines:
        out.print(line.strip(), highlight=False, markup=False, soft_wrap=True)
    if done.returncode:
        raise ModelError(done.stdout + done.stderr)
    if not lines:
        raise ModelError(
            f"{', '.join(names)}: no unit test; write one under `unit_tests` in the YAML file beside the model"
        )
