"""Scoring: draws per second and memory, the same data through two libraries' simpler job, and the replicates of ASEM.

The worlds are drawn from a seed: 500 indicators under 255, 70 and 8 nodes, a tenth of the figures uncertain, one in
20 missing. A draw perturbs the uncertain figures, draws every weight, picks one of two normalisers and one of two
means, combines up the whole tree and ranks. The libraries do one weighting and one TOPSIS per draw, in a loop, in an
environment of their own (`make bench` installs it).
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

from dagster_project.scoring.draw import Uncertainty, plan
from dagster_project.scoring.prepare import Inputs
from dagster_project.scoring.robust import evaluate
from dagster_project.scoring.scheme import Aggregate, Indicator, Normaliser, Scheme, Treatment
from dagster_project.settings import ROOT

HERE = Path(__file__).parent
PEERS = ROOT / ".venv" / "peers" / "bin" / "python"
INDICATORS, SUB_TRACKS, TRACKS, SECTORS = 500, 255, 70, 8
DRAWS = 10_000
PEER_LOOPS = 200
# units -> seconds
AIMS = {41: 10.0, 1031: 120.0}
REPLICATES_AIM = 700.0


def run() -> list[dict[str, Any]]:
    """Rows `{name, value, unit, reference, ratio, aim, met}`."""
    rows = []
    for units, aim in AIMS.items():
        seconds, gib = _alone("city", units)
        name = f"scoring: {DRAWS:,} draws, {units} units x {INDICATORS} indicators"
        rows += [
            _row(name, seconds, "s", aim=aim, met=seconds < aim),
            _row(f"{name}, rate", DRAWS / seconds, "draws/s"),
            _row(f"{name}, peak memory", gib, "GiB"),
        ]
        rows += [
            _row(
                f"{peer}: one weighting and one TOPSIS, {units} units",
                rate,
                "draws/s",
                reference=DRAWS / seconds,
                ratio=DRAWS / seconds / rate,
            )
            for peer, rate in _peers(units).items()
        ]
    seconds, _ = _alone("asem", 51)
    rate = DRAWS / seconds
    return [
        *rows,
        _row(
            "scoring: full replicates of a 51 x 49 index", rate, "per s", aim=REPLICATES_AIM, met=rate > REPLICATES_AIM
        ),
    ]


def city(units: int) -> tuple[Inputs, Scheme, Uncertainty, np.ndarray]:
    """A city of the stated size; see the module."""
    random = np.random.default_rng(41)
    aggregates = [Aggregate("city", None, 0.5)]
    aggregates += [Aggregate(f"sector{at}", "city", 0.5, 1 + at % 3) for at in range(SECTORS)]
    aggregates += [Aggregate(f"track{at}", f"sector{at % SECTORS}", 0.01, 1 + at % 3) for at in range(TRACKS)]
    aggregates += [Aggregate(f"sub{at}", f"track{at % TRACKS}", 0.01, 1 + at % 2) for at in range(SUB_TRACKS)]
    leaves = [
        Indicator(f"kpi{at}", f"sub{at % SUB_TRACKS}", Normaliser("minmax", 1 if at % 3 else -1), 1 + at % 4)
        for at in range(INDICATORS)
    ]
    values = random.gamma(3.0, 10.0, (INDICATORS, units))
    spread = np.where(random.random(values.shape) < 0.1, 0.05 * values, 0.0)
    values[random.random(values.shape) < 0.05] = np.nan
    uncertainty = Uncertainty(DRAWS, 7, 0.25, (Normaliser("zscore", 1, mean=50.0, sd=15.0),), ("geometric",), data=True)
    groups = np.zeros(units, dtype=np.int64)
    return Inputs(values, groups), Scheme("bench", tuple(leaves), tuple(aggregates)), uncertainty, spread


def asem() -> tuple[Inputs, Scheme, Uncertainty, None]:
    """An index of ASEM's size and choices: outliers treated at most 1 to 5, two normalisers, two means, all weights."""
    random = np.random.default_rng(51)
    aggregates = [Aggregate("index", None, 0.5), Aggregate("conn", "index", 0.5), Aggregate("sust", "index", 0.5)]
    aggregates += [Aggregate(f"pillar{at}", "conn" if at < 5 else "sust", 0.5) for at in range(8)]
    rule, treatment = Normaliser("minmax", 1, floor=1.0), Treatment("winsorise_log")
    leaves = [Indicator(f"i{at}", f"pillar{at % 8}", rule, treatment=treatment) for at in range(49)]
    values = random.lognormal(0.0, 1.2, (49, 51))
    uncertainty = Uncertainty(
        DRAWS, 7, 0.25, (Normaliser("zscore", 1, mean=10.0, sd=2.0),), ("geometric",), max_points=(1, 2, 3, 4)
    )
    return (
        Inputs(values, np.zeros(51, dtype=np.int64)),
        Scheme("asem", tuple(leaves), tuple(aggregates)),
        uncertainty,
        None,
    )


def _alone(world: str, units: int) -> tuple[float, float]:
    """Seconds and peak GiB of a process that only draws."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.bench.bench_scoring", world, str(units)],
        cwd=ROOT,
        capture_output=True,
        check=True,
    )
    seconds, gib = json.loads(done.stdout)
    return seconds, gib


def _peers(units: int) -> dict[str, float]:
    """Draws per second of the libraries, where their environment is installed."""
    if not PEERS.exists():
        return {}
    with tempfile.TemporaryDirectory() as folder:
        matrix = Path(folder) / "matrix.npy"
        np.save(matrix, np.random.default_rng(41).gamma(3.0, 10.0, (units, INDICATORS)))
        done = subprocess.run([PEERS, HERE / "peer_loop.py", matrix, str(PEER_LOOPS)], capture_output=True, check=True)
    found: dict[str, float] = json.loads(done.stdout)
    return found


def _row(name: str, value: float, unit: str, **more: Any) -> dict[str, Any]:
    shown = {key: round(cell, 2) if isinstance(cell, float) else cell for key, cell in more.items()}
    return (
        {"name": name, "value": round(value, 2), "unit": unit}
        | dict.fromkeys(("reference", "ratio", "aim", "met"))
        | shown
    )


if __name__ == "__main__":
    inputs, scheme, uncertainty, spread = city(int(sys.argv[2])) if sys.argv[1] == "city" else asem()
    begun = time.perf_counter()
    evaluate(inputs, scheme, plan(scheme, uncertainty), spread)
    took = time.perf_counter() - begun
    sys.stdout.write(json.dumps([took, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20]))
