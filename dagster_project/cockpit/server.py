"""The programs a CityDeck runs: the cockpit (Superset), the pipeline's page and its scheduler (Dagster).

Belongs here: their commands, environments and health addresses. How a program is started and stopped is in `process`.
"""

from __future__ import annotations

import os
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from dagster_project import dagster_home
from dagster_project.cockpit import CockpitError, Progress, credentials, process, silent
from dagster_project.cockpit.process import Program, Service
from dagster_project.settings import ROOT, Settings

WORKER_THREADS = 8


def programs(settings: Settings) -> list[Program]:
    """Superset, the Dagster page, the Dagster daemon, in the order they are started."""
    return [_superset(settings), *_dagster(settings)]


def start(settings: Settings, progress: Progress = silent) -> list[Service]:
    """Start what does not run yet and wait until all of it answers. Nothing is done to what runs well.

    Raises:
        CockpitError: a port is taken, an environment is missing, or a program does not come up.
    """
    credentials.ensure(settings.secrets)
    dagster_home.prepare(settings)
    if not settings.superset_python.is_file():
        raise CockpitError(f"{settings.superset_python} is missing; run `make install`")
    with process.exclusive(_run_folder(settings) / "lock"):
        begun = [(program, process.start(program, progress)) for program in programs(settings)]
        for program, new in begun:
            if new is not None:
                process.await_health(program, new, progress)
        return status(settings)


def stop(settings: Settings, progress: Progress = silent) -> list[Service]:
    """Stop what `start` started, all at once; a program that does not run is no error."""
    with process.exclusive(_run_folder(settings) / "lock"), ThreadPoolExecutor() as pool:
        known = programs(settings)
        for program, ran in zip(known, pool.map(process.stop, known), strict=True):
            if ran:
                progress(f"{program.title} stopped")
        return status(settings)


def status(settings: Settings) -> list[Service]:
    """How each program does."""
    return [process.status(program) for program in programs(settings)]


def require_ports(settings: Settings) -> None:
    """Refuse early, before anything long is begun, when a port that `start` will need belongs to someone else.

    Raises:
        CockpitError: names the port, its holder where known, and the setting to change.
    """
    for program in programs(settings):
        if program.port and process.find(program) is None:
            process.refuse_taken_port(program)


def addresses(settings: Settings) -> list[str]:
    """What a newcomer opens, and where the first password lies; one line each."""
    superset, dagster = (program.url for program in programs(settings)[:2])
    return [
        f"城市总览  {superset}/superset/dashboard/city-zh/",
        f"City overview  {superset}/superset/dashboard/city-en/",
        f"评价  {superset}/superset/dashboard/evaluation-zh/",
        f"Evaluation  {superset}/superset/dashboard/evaluation-en/",
        f"数据质量  {superset}/superset/dashboard/quality-zh/",
        f"Data quality  {superset}/superset/dashboard/quality-en/",
        f"Pipeline  {dagster}",
        f"User admin, password in {settings.secrets / 'admin_password'}",
    ]


def _run_folder(settings: Settings) -> Path:
    return settings.data / "run"


def _environment(**added: str) -> dict[str, str]:
    """The caller's environment without what would steer Superset, Flask or Python elsewhere."""
    foreign = ("SUPERSET_", "FLASK_", "PYTHON", "VIRTUAL_ENV", "GUNICORN_")
    kept = {key: value for key, value in os.environ.items() if not key.startswith(foreign)}
    return {**kept, "PYTHONUNBUFFERED": "1", "PYTHONUTF8": "1", "DO_NOT_TRACK": "1", **added}


def _superset(settings: Settings) -> Program:
    workers = max(1, min(settings.threads, os.cpu_count() or 1))
    return Program(
        name="superset",
        title="Cockpit (Superset)",
        command=(
            str(settings.superset_python),
            "-m",
            "gunicorn",
            "--preload",
            f"--bind={settings.host}:{settings.superset_port}",
            f"--workers={workers}",
            "--worker-class=gthread",
            f"--threads={WORKER_THREADS}",
            "--timeout=120",
            "--graceful-timeout=5",
            "--no-control-socket",
            "superset_bootstrap:application()",
        ),
        environment=_environment(CITYDECK_DATA=str(settings.data), PYTHONPATH=str(settings.dashboards)),
        # An empty folder: a file named like a package would be imported in its place.
        folder=settings.superset_home / "run",
        pid_file=_run_folder(settings) / "superset.json",
        log=settings.data / "logs" / "superset.log",
        host=settings.host,
        port=settings.superset_port,
        port_setting="CITYDECK_SUPERSET_PORT",
        health="/health",
    )


def _dagster(settings: Settings) -> list[Program]:
    environment = _environment(
        CITYDECK_DATA=str(settings.data), DAGSTER_HOME=str(settings.dagster_home), PYTHONPATH=str(ROOT)
    )
    definitions = ("-m", "dagster_project.definitions")
    page = Program(
        name="dagster",
        title="Pipeline (Dagster)",
        command=(
            *(sys.executable, "-m", "dagster_webserver", *definitions),
            *("--host", settings.host, "--port", str(settings.dagster_port)),
        ),
        environment=environment,
        folder=settings.dagster_home,
        pid_file=_run_folder(settings) / "dagster.json",
        log=settings.data / "logs" / "dagster.log",
        host=settings.host,
        port=settings.dagster_port,
        port_setting="CITYDECK_DAGSTER_PORT",
        health="/server_info",
    )
    daemon = Program(
        name="dagster_daemon",
        title="Scheduler (Dagster)",
        command=(sys.executable, "-m", "dagster._daemon", "run", *definitions),
        environment=environment,
        folder=settings.dagster_home,
        pid_file=_run_folder(settings) / "dagster_daemon.json",
        log=settings.data / "logs" / "dagster_daemon.log",
    )
    return [page, daemon]
