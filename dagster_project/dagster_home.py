"""Dagster's home: its run history and its instance settings."""

from __future__ import annotations

from dagster_project.files import write_atomically
from dagster_project.settings import Settings

INSTANCE = "telemetry:\n  enabled: false\n"


def prepare(settings: Settings) -> None:
    """Make the folder and its `dagster.yaml`, with no telemetry; an operator's own file is kept."""
    path = settings.dagster_home / "dagster.yaml"
    if not path.exists():
        write_atomically(path, lambda beside: beside.write_text(INSTANCE, encoding="utf-8"))
