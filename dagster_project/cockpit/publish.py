"""Brings the dashboards into Superset and sees that they answer.

Belongs here: import when something changed, and verification. Query results need no invalidation from here: their
cache is keyed by the serving file in force (`dashboards/superset_config.py`).
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import duckdb

from dagster_project.cockpit import CockpitError, Progress, credentials, silent
from dagster_project.cockpit.client import Superset
from dagster_project.cockpit.render import Bundle, render
from dagster_project.cockpit.serving import first_values, read_shapes
from dagster_project.settings import Settings

FOLDERS = {"databases": "database", "datasets": "dataset", "charts": "chart", "dashboards": "dashboard"}


@dataclass(frozen=True)
class ImportResult:
    """`imported` is False when the server already held exactly this; `addresses` are the dashboards' pages."""

    imported: bool
    dashboards: int
    charts: int
    datasets: int
    digest: str
    addresses: tuple[str, ...]


def bundle(settings: Settings) -> Bundle:
    """The dashboards of both languages, over the serving file in force.

    Raises:
        CockpitError: nothing has been published yet.
    """
    serving = settings.serving / "current.duckdb"
    if not serving.exists():
        raise CockpitError(f"{serving} is missing; build the warehouse first: citydeck build")
    with duckdb.connect(str(serving.resolve()), read_only=True) as connection:
        return render(
            settings.dashboards,
            settings.dbt / "models" / "cockpit",
            read_shapes(connection),
            partial(first_values, connection),
            f"duckdb:///{serving}",
        )


def import_dashboards(settings: Settings, progress: Progress = silent) -> ImportResult:
    """Import the rendered dashboards unless the server holds them unchanged.

    Raises:
        CockpitError: Superset does not answer or refuses, or a template is wrong.
    """
    wanted = bundle(settings)
    record = settings.superset_home / "imported.json"
    with _session(settings) as superset:
        held = {"digest": wanted.digest(), "server": _fingerprint(superset, wanted)}
        imported = _read(record) != held
        if imported:
            superset.import_assets(wanted.archive())
            held["server"] = _fingerprint(superset, wanted)
            record.write_text(json.dumps(held, indent=1), encoding="utf-8")
    counts = {folder: len(wanted.uuids(folder)) for folder in FOLDERS}
    what = f"{counts['dashboards']} dashboards, {counts['charts']} charts, {counts['datasets']} datasets"
    progress(f"{what} {'imported' if imported else 'unchanged'}")
    return ImportResult(
        imported=imported,
        dashboards=counts["dashboards"],
        charts=counts["charts"],
        datasets=counts["datasets"],
        digest=wanted.digest(),
        addresses=tuple(
            f"http://{settings.host}:{settings.superset_port}/superset/dashboard/{asset['slug']}/"
            for path, asset in sorted(wanted.assets.items(), reverse=True)
            if path.startswith("dashboards/")
        ),
    )


def verify(settings: Settings, progress: Progress = silent) -> list[str]:
    """What is wrong with the imported cockpit: assets that are missing, charts without an answer or without rows.

    Raises:
        CockpitError: Superset does not answer at all.
    """
    wanted = bundle(settings)
    failures = []
    with _session(settings) as superset:
        for folder, resource in FOLDERS.items():
            present = {str(row["uuid"]): row["id"] for row in superset.resources(resource)}
            for uuid, path in sorted(wanted.uuids(folder).items(), key=lambda item: item[1]):
                if uuid not in present:
                    failures.append(f"{path}: not in Superset; import again (citydeck up)")
                elif folder == "charts":
                    failures += _chart_failures(superset, present[uuid], path, path in wanted.may_be_empty)
    charts = len(wanted.uuids("charts"))
    progress(f"{charts} charts asked, {len(failures)} failures" if failures else f"all {charts} charts answer")
    return failures


def _chart_failures(superset: Superset, chart_id: int, path: str, may_be_empty: bool) -> list[str]:
    try:
        return [] if superset.chart_rows(chart_id) or may_be_empty else [f"{path}: answers without a row"]
    except CockpitError as error:
        return [f"{path}: {error}"]


def _session(settings: Settings) -> Superset:
    password = credentials.read(settings.secrets, "publisher_password")
    return Superset(f"http://{settings.host}:{settings.superset_port}", "publisher", password)


def _fingerprint(superset: Superset, wanted: Bundle) -> dict[str, str]:
    """When the server last changed each of our assets; an edit by hand or a lost database shows here."""
    changed = {}
    for folder, resource in FOLDERS.items():
        ours = wanted.uuids(folder)
        for row in superset.resources(resource):
            if str(row["uuid"]) in ours:
                changed[ours[str(row["uuid"])]] = str(row.get("changed_on_utc") or row.get("changed_on"))
    return changed


def _read(path: Path) -> object:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
