"""Run the benchmarks, print a table, write build/bench.json. Arguments choose some by name: `core registry`."""

from __future__ import annotations

import json
import sys

from rich.console import Console
from rich.table import Table

from dagster_project.files import write_atomically
from dagster_project.settings import ROOT
from tests.bench import bench_core, bench_demo, bench_landing, bench_preview, bench_registry, bench_scoring, bench_up

BENCHES = {
    "registry": bench_registry.run,
    "preview": bench_preview.run,
    "scoring": bench_scoring.run,
    "landing": bench_landing.run,
    "core": bench_core.run,
    "demo": bench_demo.run,
    "up": bench_up.run,
}


def main(chosen: list[str]) -> int:
    """Exit code: 0, or 1 when an aim is missed."""
    unknown = [name for name in chosen if name not in BENCHES]
    if unknown:
        raise SystemExit(f"no benchmark is called {unknown}; there are {list(BENCHES)}")
    console = Console()
    rows = []
    for name in chosen or list(BENCHES):
        console.print(f"{name} ...")
        rows += BENCHES[name]()
    text = json.dumps(rows, ensure_ascii=False, indent=1)
    write_atomically(ROOT / "build" / "bench.json", lambda path: path.write_text(text, encoding="utf-8"))
    table = Table()
    for column in ("name", "value", "unit", "reference", "ratio", "aim", "met"):
        table.add_column(column, justify="left" if column in ("name", "unit", "met") else "right")
    for row in rows:
        table.add_row(*("" if row[column.header] is None else str(row[column.header]) for column in table.columns))
    console.print(table)
    return int(any(row["met"] is False for row in rows))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
