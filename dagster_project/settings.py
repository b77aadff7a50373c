"""Every setting of CityDeck, read from the environment (and `.env`) in this one place.

Belongs here: paths, ports, limits, the clock. Does not belong here: anything that analysts edit (that is `seeds/`).
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

ROOT = Path(__file__).resolve().parents[1]


class SettingsError(ValueError):
    """A setting that cannot be used; says which one and what to write instead."""


def _env_file(path: Path) -> dict[str, str]:
    """`KEY=value` lines of `.env`; the real environment wins over them."""
    if not path.is_file():
        return {}
    pairs = (line.split("=", 1) for line in path.read_text(encoding="utf-8").splitlines() if "=" in line)
    return {key.strip(): value.strip() for key, value in pairs if not key.strip().startswith("#")}


def _integer(values: dict[str, str], key: str, default: int) -> int:
    raw = values.get(key, "")
    try:
        return int(raw) if raw else default
    except ValueError as error:
        raise SettingsError(f"{key}={raw!r} is not a whole number; write for example {key}={default}") from error


def _timezone(values: dict[str, str], key: str, default: str) -> ZoneInfo:
    raw = values.get(key) or default
    try:
        return ZoneInfo(raw)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise SettingsError(f"{key}={raw!r} is no time zone; write for example {key}={default}") from error


def _date(values: dict[str, str], key: str) -> date | None:
    raw = values.get(key, "")
    try:
        return date.fromisoformat(raw) if raw else None
    except ValueError as error:
        raise SettingsError(f"{key}={raw!r} is not a date; write for example {key}=2025-09-30") from error


def _word(values: dict[str, str], key: str, words: tuple[str, ...]) -> str:
    """One of `words`, the first by default."""
    raw = values.get(key) or words[0]
    if raw not in words:
        raise SettingsError(f"{key}={raw!r} is none of {', '.join(words)}")
    return raw


@dataclass(frozen=True)
class Settings:
    """One immutable set of settings. Paths are absolute."""

    data: Path = ROOT / "data"
    seeds: Path = ROOT / "seeds"
    dbt: Path = ROOT / "dbt"
    dashboards: Path = ROOT / "dashboards"
    host: str = "127.0.0.1"
    superset_port: int = 8088
    dagster_port: int = 3000
    memory_limit: str = "4GB"
    threads: int = field(default_factory=lambda: os.cpu_count() or 1)
    timezone: ZoneInfo = field(default_factory=lambda: ZoneInfo("Asia/Shanghai"))
    fixed_today: date | None = None
    simulated: str = "demo"

    @property
    def today(self) -> date:
        """The city's date: due days, freshness and validity hang on it. With simulated feeds it is the demonstration's
        own, which stands still; `fixed_today` goes before it."""
        return self.fixed_today or self.clock or datetime.now(self.timezone).date()

    @property
    def clock(self) -> date | None:
        """The demonstration's date, written by the simulator; None where nothing is simulated."""
        return date.fromisoformat(self._remembered["clock"]) if self._remembered else None

    @property
    def simulated_from(self) -> date | None:
        """First day of the simulated months."""
        if not self._remembered:
            return None
        year, month = self._remembered["months"][0].split("M")
        return date(int(year), int(month), 1)

    @property
    def _remembered(self) -> dict[str, Any]:
        file = self.simulation / "simulation.json"
        return json.loads(file.read_text(encoding="utf-8")) if file.is_file() else {}

    @property
    def simulation(self) -> Path:
        """What is remembered of the simulation, and the truth of the faults that it planted."""
        return self.data / "simulation"

    def now(self) -> datetime:
        """The moment of landing or publishing: the city's date with the city's time of day."""
        return datetime.combine(self.today, datetime.now(self.timezone).time(), self.timezone)

    @property
    def landing(self) -> Path:
        return self.data / "landing"

    @property
    def raw(self) -> Path:
        return self.data / "raw"

    @property
    def registry(self) -> Path:
        """Typed Parquet copies of `seeds/`, written by the registry and read by dbt."""
        return self.data / "registry"

    @property
    def scores(self) -> Path:
        return self.data / "scores"

    @property
    def warehouse(self) -> Path:
        return self.data / "warehouse"

    @property
    def serving(self) -> Path:
        return self.data / "serving"

    @property
    def secrets(self) -> Path:
        return self.data / "secrets"

    @property
    def superset_home(self) -> Path:
        return self.data / "superset"

    @property
    def dagster_home(self) -> Path:
        return self.data / "dagster"

    @property
    def superset_python(self) -> Path:
        return ROOT / ".venv" / "superset" / "bin" / "python"


def load(environ: dict[str, str] | None = None) -> Settings:
    """Settings from `.env` and the environment.

    Raises:
        SettingsError: a value that does not parse.
    """
    values = {**_env_file(ROOT / ".env"), **(dict(os.environ) if environ is None else environ)}
    data = Path(values.get("CITYDECK_DATA") or ROOT / "data").expanduser()
    seeds = Path(values.get("CITYDECK_SEEDS") or ROOT / "seeds").expanduser()
    return Settings(
        data=data.resolve(),
        seeds=seeds.resolve(),
        host=values.get("CITYDECK_HOST") or "127.0.0.1",
        superset_port=_integer(values, "CITYDECK_SUPERSET_PORT", 8088),
        dagster_port=_integer(values, "CITYDECK_DAGSTER_PORT", 3000),
        memory_limit=values.get("CITYDECK_MEMORY_LIMIT") or "4GB",
        threads=_integer(values, "CITYDECK_THREADS", os.cpu_count() or 1),
        timezone=_timezone(values, "CITYDECK_TIMEZONE", "Asia/Shanghai"),
        fixed_today=_date(values, "CITYDECK_TODAY"),
        simulated=_word(values, "CITYDECK_SIMULATED", ("demo", "small", "large", "off")),
    )
