"""The registry: seconds to load and to lint it, as it is and with ten times its KPIs and vital signs."""

from __future__ import annotations

import csv
import math
import os
import shutil
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

from dagster_project import registry
from dagster_project.settings import ROOT

AIM_SECONDS = 2.0
TIMES = 10
ROUNDS = 3
# Ids that a copy of the KPIs and signs has of its own, by table.
COPIED = {
    "measure": ("measure_id", "name_zh", "name_en"),
    "measure_source": ("measure_id", "source_code"),
    "indicator": ("indicator_id", "numerator", "denominator", "name_zh", "name_en"),
    "applicability": ("indicator_id",),
    "succession": ("indicator_id", "successor"),
    "target": ("indicator_id",),
    "scheme": ("scheme_id", "name_zh", "name_en"),
    "scheme_node": ("scheme_id", "node_id", "parent_id"),
    "judgement": ("scheme_id", "parent_id", "node_a", "node_b"),
    "object_class": ("class_id", "name_zh", "name_en"),
    "family": ("class_id",),
}


def run() -> list[dict[str, Any]]:
    """Rows `{name, value, unit, reference, ratio, aim, met}`; the growth is the exponent of time over size."""
    with tempfile.TemporaryDirectory() as folder:
        grown = Path(folder) / "seeds"
        multiply(ROOT / "seeds", grown, TIMES)
        (kpis, signs, small), (many, more, large) = (_measure(seeds) for seeds in (ROOT / "seeds", grown))
    return [
        _row(
            f"registry: load and lint {kpis} KPIs, {signs} signs", small, "s", aim=AIM_SECONDS, met=small < AIM_SECONDS
        ),
        _row(f"registry: load and lint {many} KPIs, {more} signs", large, "s", reference=small, ratio=large / small),
        _row("registry: growth of the time", math.log(large / small, many / kpis), "exponent"),
    ]


def multiply(seeds: Path, out: Path, times: int) -> None:
    """A registry with `times` as many KPIs, measures, targets, schemes and signs on the same tree and regions."""
    shutil.copytree(seeds, out, ignore=shutil.ignore_patterns("published"))
    for name, ids in COPIED.items():
        for path in sorted([*out.glob(f"*/{name}.csv"), *out.glob(f"*/{name}.*.csv")]):
            with path.open(encoding="utf-8", newline="") as lines:
                header, *rows = csv.reader(lines)
            own = {header.index(column) for column in ids}
            for number in range(1, times):
                target = path.with_name(f"{path.stem.split('.')[0]}.{path.stem.replace('.', '_')}_{number}.csv")
                with target.open("w", encoding="utf-8", newline="") as stream:
                    writer = csv.writer(stream, lineterminator=os.linesep)
                    writer.writerow(header)
                    for row in rows:
                        writer.writerow([f"{c}_x{number}" if at in own and c else c for at, c in enumerate(row)])


def _measure(seeds: Path) -> tuple[int, int, float]:
    """KPIs, signs, and the median seconds of loading and linting."""
    taken = []
    for _ in range(ROUNDS):
        begun = time.perf_counter()
        loaded = registry.load(seeds)
        registry.lint(loaded)
        taken.append(time.perf_counter() - begun)
    signs = loaded["family"].merge(loaded["statistic_set"], on="set_id")
    return len(loaded["indicator"]), len(signs), statistics.median(taken)


def _row(name: str, value: float, unit: str, **more: Any) -> dict[str, Any]:
    shown = {key: round(cell, 2) if isinstance(cell, float) else cell for key, cell in more.items()}
    return (
        {"name": name, "value": round(value, 2), "unit": unit}
        | dict.fromkeys(("reference", "ratio", "aim", "met"))
        | shown
    )
