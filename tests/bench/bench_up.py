"""From an installed state to a filled cockpit, and once more with nothing changed: each step's seconds."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

AGAIN_AIM = 60.0
STEP = re.compile(r"^  (?P<name>[A-Z][^:]*: [^:]+|[A-Z][^:]+): (?P<seconds>[0-9.]+) s$", re.MULTILINE)


def run() -> list[dict[str, Any]]:
    """Rows `{name, value, unit, reference, ratio, aim, met}`."""
    citydeck = str(Path(sys.executable).with_name("citydeck"))
    with tempfile.TemporaryDirectory(prefix="citydeck-bench-") as folder:
        environment = {
            **os.environ,
            "CITYDECK_DATA": folder,
            "CITYDECK_SUPERSET_PORT": str(_free_port()),
            "CITYDECK_DAGSTER_PORT": str(_free_port()),
        }
        try:
            first = _up(citydeck, environment, "up", None)
            return first + _up(citydeck, environment, "up again", AGAIN_AIM)
        finally:
            subprocess.run([citydeck, "down"], env=environment, check=True, capture_output=True)


def _up(citydeck: str, environment: dict[str, str], title: str, aim: float | None) -> list[dict[str, Any]]:
    begun = time.monotonic()
    done = subprocess.run([citydeck, "up"], env=environment, capture_output=True, text=True)
    seconds = time.monotonic() - begun
    if done.returncode:
        raise RuntimeError(f"citydeck up failed:\n{done.stderr[-4000:]}")
    steps = [_row(f"{title}: {m['name']}", float(m["seconds"]), None) for m in STEP.finditer(done.stderr)]
    return [*steps, _row(f"{title}: all", round(seconds, 1), aim)]


def _row(name: str, seconds: float, aim: float | None) -> dict[str, Any]:
    met = None if aim is None else seconds <= aim
    return {"name": name, "value": seconds, "unit": "s", "reference": None, "ratio": None, "aim": aim, "met": met}


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
