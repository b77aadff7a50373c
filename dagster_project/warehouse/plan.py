"""Which snapshot a build would make, before anything is built: the same inputs always give the same id."""

from __future__ import annotations

import fcntl
import hashlib
import json
import shutil
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import IO

import duckdb

from dagster_project.settings import ROOT, Settings, SettingsError

CODE = ("dagster_project", "dbt")
# Folders of builds that this process has claimed, with the open lock.
_CLAIMS: dict[Path, IO[str]] = {}
# Name of the folder in which a build works.
BUILDING = ".building"
CODE_SUFFIXES = {".py", ".sql", ".yml"}


class NothingLanded(RuntimeError):
    """The registry or the ledger is not there yet."""


@dataclass(frozen=True)
class BuildPlan:
    """One build: what it knows, which day it is, where it works and under which name readers find it.

    `name` is the symlink that is flipped at the end: `current`, or `as-of-<date>`. `files` are the ids of the landed
    files that it knows of; those that land while it builds wait for the next build. `simulated_from`: first day of the
    simulation, from which simulated feeds are expected; None: they never are. `deltas`: how many delta builds lie
    between it and a build of everything.
    """

    snapshot_id: str
    registry_version: str
    known_until: datetime
    today: date
    name: str
    folder: Path
    files: tuple[str, ...] = ()
    simulated_from: date | None = None
    deltas: int = 0

    @property
    def building(self) -> Path:
        """Folder in which the build works; becomes `finished` in one rename. DuckDB lets one build in at a time."""
        return self.folder / BUILDING

    @property
    def finished(self) -> Path:
        return self.folder / self.snapshot_id

    @property
    def database(self) -> Path:
        return self.building / "warehouse.duckdb"

    @property
    def scores(self) -> Path:
        return self.building / "scores"

    @property
    def base_file(self) -> Path:
        """Holds the id of the snapshot that a delta build goes on from; not there in a full build."""
        return self.building / "base.txt"

    def environment(self, settings: Settings) -> dict[str, str]:
        """What `dbt/profiles.yml` and the sources read."""
        return {
            "CITYDECK_WAREHOUSE": str(self.database),
            "CITYDECK_SCORES": str(self.scores),
            "CITYDECK_DATA": str(settings.data),
            "CITYDECK_MEMORY_LIMIT": settings.memory_limit,
            "CITYDECK_THREADS": str(settings.threads),
            "CITYDECK_DELTA": "yes" if self.base_file.is_file() else "",
        }

    def claim(self) -> None:
        """Take the one place in which builds work, waiting for the build that has it; this process's end frees it.

        A build is a process: its steps run one after the other in it, so the claim lasts as long as the build.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        if self.folder not in _CLAIMS:
            handle = (self.folder / ".lock").open("w")
            fcntl.flock(handle, fcntl.LOCK_EX)
            _CLAIMS[self.folder] = handle

    def release(self) -> None:
        """Let the next build in."""
        handle = _CLAIMS.pop(self.folder, None)
        if handle is not None:
            handle.close()

    def prepare(self, registry: Path, built_at: datetime) -> None:
        """An empty building folder whose database holds the registry's tables and what the models are told.

        What a killed build left is removed. `registry` is a folder of Parquet files as of `today`.
        """
        shutil.rmtree(self.building, ignore_errors=True)
        self.scores.mkdir(parents=True)
        with duckdb.connect(str(self.database)) as connection:
            connection.execute("create schema registry")
            for path in sorted(registry.glob("*.parquet")):
                connection.execute(f"create table registry.{path.stem} as from read_parquet('{path}')")
            tell(connection, self, built_at)


def tell(connection: duckdb.DuckDBPyConnection, plan: BuildPlan, built_at: datetime) -> None:
    """Write what the models are told of a build: `registry.build`, one row, and `registry.landed_file`."""
    told = {
        "snapshot_id": plan.snapshot_id,
        "registry_version": plan.registry_version,
        "code_version": code_version(),
        "deltas": plan.deltas,
        "today": plan.today,
        "simulated_from": plan.simulated_from,
        "known_until": plan.known_until.replace(tzinfo=None),
        "built_at": built_at.astimezone(UTC).replace(tzinfo=None),
    }
    types = {"today": "date", "simulated_from": "date"}
    columns = ", ".join(
        f"cast(${name} as {types[name]}) as {name}" if name in types else f"${name} as {name}" for name in told
    )
    connection.execute(f"create table registry.build as select {columns}", told)
    connection.execute(
        "create table registry.landed_file as select unnest(cast($files as varchar[])) as file_id",
        {"files": list(plan.files)},
    )


def code_version(root: Path = ROOT) -> str:
    """Hash of all code that a number can depend on."""
    digest = hashlib.sha256()
    for folder in CODE:
        for path in sorted((root / folder).rglob("*")):
            relative = path.relative_to(root)
            if path.suffix in CODE_SUFFIXES and not {"target", "logs", "__pycache__"} & set(relative.parts):
                digest.update(str(relative).encode())
                digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def make_plan(settings: Settings, as_of: date | None = None) -> BuildPlan:
    """The plan of a build for today, or of the warehouse as it was known at the end of `as_of`.

    Raises:
        NothingLanded: registry or ledger missing.
        SettingsError: `as_of` is still to come.
    """
    if as_of is not None and as_of > settings.today:
        raise SettingsError(f"{as_of} is still to come; today is {settings.today}")
    version_file = settings.registry / "version.txt"
    ledger_file = settings.raw / "ledger.json"
    if not version_file.is_file() or not ledger_file.is_file():
        raise NothingLanded("No registry or ledger yet; run `citydeck build`, which lands first.")
    registry_version = version_file.read_text(encoding="utf-8").strip()
    today = as_of or settings.today
    known_until = datetime.combine(today, time.max, settings.timezone).astimezone(UTC)
    landed = [entry["file_id"] for entry in json.loads(ledger_file.read_text(encoding="utf-8"))]
    told = [registry_version, code_version(), today.isoformat(), "as-of" if as_of else "current"]
    parts = [*told, str(settings.simulated_from), *sorted(landed)]
    digest = hashlib.sha256("\n".join(parts).encode()).hexdigest()[:12]
    return BuildPlan(
        snapshot_id=f"{today:%Y%m%d}-{digest}",
        registry_version=registry_version,
        known_until=known_until,
        today=today,
        name=f"as-of-{as_of.isoformat()}" if as_of else "current",
        folder=settings.warehouse,
        files=tuple(sorted(landed)),
        simulated_from=settings.simulated_from,
    )


def flip(link: Path, target: str) -> None:
    """Point `link` at `target` (a name beside it) in one atomic step."""
    beside = link.with_name(f".{link.name}.part")
    beside.unlink(missing_ok=True)
    beside.symlink_to(target)
    beside.replace(link)
