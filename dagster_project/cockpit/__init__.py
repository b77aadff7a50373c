"""The cockpit: its servers, its dashboards as code, and the checks between dashboard and serving.

Belongs here: everything that speaks to Superset or to processes. Does not belong here: what a figure is (dbt) and what
a dashboard shows (`dashboards/`). Imports neither dagster nor dbt.
"""

from __future__ import annotations

from collections.abc import Callable

Progress = Callable[[str], None]


class CockpitError(RuntimeError):
    """Something the cockpit needs is missing or broken; the text says what it is and what to do."""


def silent(_line: str) -> None:
    """A progress function for callers who do not show any."""
