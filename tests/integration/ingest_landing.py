"""Lands a world's GDP feed in a process of its own; run by `test_ingest_kill.py`.

`land <world>` lands once, after saying so. `steps <template> <worlds>` lands a fresh copy of the template again and
again, each time killed at one step further, until one landing comes to its end.
"""

from __future__ import annotations

import os
import shutil
import signal
import sys
from datetime import UTC, datetime
from pathlib import Path

import pandas  # noqa: F401  # pyarrow loads it on first use: once here instead of in every killed child

from dagster_project.ingest.contract import load_contracts
from dagster_project.ingest.land import land_feed

ROOT = Path(__file__).resolve().parents[2]
CONTRACT = load_contracts(ROOT / "dbt")["gdp_annual"]


def land(world: Path) -> None:
    land_feed(CONTRACT, world / "landing", world / "raw", world / "registry", datetime.now(UTC))


def _die_at(step: int, world: Path) -> None:
    """Kill this process before its `step`-th touch of a file or folder of the world."""
    left = step

    def watch(event: str, arguments: tuple[object, ...]) -> None:
        nonlocal left
        if event.startswith(("open", "os.", "shutil.", "fcntl.")) and str(world) in repr(arguments):
            left -= 1
            if left == 0:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(watch)


def steps(template: Path, worlds: Path) -> None:
    finished = False
    step = 0
    while not finished:
        step += 1
        world = worlds / f"{step:03}"
        shutil.copytree(template, world)
        child = os.fork()
        if child == 0:
            _die_at(step, world)
            land(world)
            os._exit(0)
        _, status = os.waitpid(child, 0)
        finished = os.WIFEXITED(status)
        if finished and os.WEXITSTATUS(status):
            raise SystemExit(f"the landing of step {step} failed with {os.WEXITSTATUS(status)}")


if __name__ == "__main__":
    command, *folders = sys.argv[1:]
    if command == "land":
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        land(Path(folders[0]))
    else:
        steps(Path(folders[0]), Path(folders[1]))
