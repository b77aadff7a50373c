"""`citydeck kpi preview` on the registry as it is: seconds of the whole command, for a narrow and a wide edit."""

from __future__ import annotations

import csv
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

from dagster_project.settings import ROOT

AIM_SECONDS = 10.0
ROUNDS = 3
Cells = dict[str, str]


def run() -> list[dict[str, Any]]:
    """Rows `{name, value, unit, reference, ratio, aim, met}`: a KPI due a day later; the most used measure doubled."""
    with tempfile.TemporaryDirectory(prefix="citydeck-bench-") as name:
        seeds, data = Path(name) / "seeds", Path(name) / "data"
        shutil.copytree(ROOT / "seeds", seeds)
        _citydeck(seeds, data, "build")
        terms: Counter[str] = Counter()
        feeds = {row["feed_id"] for row in _read(seeds, "feed/feed*.csv") if row["status"] == "connected"}
        carried = {row["measure_id"] for row in _read(seeds, "measure/measure_source*.csv") if row["feed_id"] in feeds}
        kpis = [row for row in _read(seeds, "indicator/indicator*.csv") if row["numerator"] in carried]
        for kpi in kpis:
            terms.update(carried & {kpi["numerator"], kpi["denominator"]})
        widest, uses = terms.most_common(1)[0]
        first = kpis[0]["indicator_id"]
        return [
            _measure(
                f"preview: the due day of {first}",
                *(seeds, data, "indicator/indicator*.csv"),
                lambda row: row["indicator_id"] == first,
                lambda row: {"due_day": str(int(row["due_day"]) + 1)},
            ),
            _measure(
                f"preview: the factor of {widest}, in {uses} KPIs",
                *(seeds, data, "measure/measure_source*.csv"),
                lambda row: row["measure_id"] == widest,
                lambda row: {"factor": str(2 * float(row["factor"]))},
            ),
        ]


def _read(seeds: Path, pattern: str) -> list[Cells]:
    found = []
    for path in sorted(seeds.glob(pattern)):
        with path.open(encoding="utf-8", newline="") as stream:
            found += list(csv.DictReader(stream))
    return found


def _measure(
    name: str, seeds: Path, data: Path, pattern: str, chosen: Callable[[Cells], bool], edit: Callable[[Cells], Cells]
) -> dict[str, Any]:
    """The median seconds of the command on the edited registry, which is put back afterwards."""
    kept = {path: path.read_bytes() for path in seeds.glob(pattern)}
    for path in kept:
        with path.open(encoding="utf-8", newline="") as stream:
            reader = csv.DictReader(stream)
            rows = [row | edit(row) if chosen(row) else row for row in reader]
        with path.open("w", encoding="utf-8", newline="") as stream:
            writer = csv.DictWriter(stream, list(reader.fieldnames or ()), lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows)
    taken = []
    for _ in range(ROUNDS):
        begun = time.perf_counter()
        said = json.loads(_citydeck(seeds, data, "kpi", "preview", "--json"))
        taken.append(time.perf_counter() - begun)
    for path, content in kept.items():
        path.write_bytes(content)
    moved = sum(row["changed"] for row in said["indicators"])
    seconds = statistics.median(taken)
    return {
        "name": f"{name}: {len(said['edits'])} rows edited, {moved:,} values moved",
        "value": round(seconds, 2),
        "unit": "s",
        "reference": None,
        "ratio": None,
        "aim": AIM_SECONDS,
        "met": seconds < AIM_SECONDS,
    }


def _citydeck(seeds: Path, data: Path, *arguments: str) -> str:
    environment = {**os.environ, "CITYDECK_DATA": str(data), "CITYDECK_SEEDS": str(seeds)}
    command = [str(Path(sys.executable).with_name("citydeck")), *arguments]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"citydeck {' '.join(arguments)} failed:\n{done.stdout}{done.stderr}")
    return done.stdout
