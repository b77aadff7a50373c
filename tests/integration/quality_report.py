"""The report on data quality of a simulated city: what was planted, what was found of it, as Markdown and JSON."""

from __future__ import annotations

import json
from pathlib import Path

import duckdb
import pandas as pd

from dagster_project.ingest import ledger
from dagster_project.simulate.evaluation import TOTAL, encodings_read, evaluate
from tests.integration.deck import Deck

SHARE = "{:.3f}"
# What is asked of all kinds together; the exact ones may miss nothing and err never.
LEAST_RECALL, LEAST_PRECISION = 0.9, 0.8


def findings(warehouse: duckdb.DuckDBPyConnection, raw: Path) -> pd.DataFrame:
    """The findings of a build, each of a file with the name under which it came."""
    found = warehouse.execute("select * from quality.quality_finding").df()
    return found.assign(file=found["file_id"].map({one.file_id: one.name for one in ledger.read(raw)}))


def planted(simulation: Path) -> pd.DataFrame:
    return pd.concat([pd.read_parquet(path) for path in sorted((simulation / "truth").glob("*.parquet"))])


def evaluated(deck: Deck) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Recall and precision by kind, and the encodings read, of the deck's build in force."""
    raw = deck.data / "raw"
    truth = planted(deck.data / "simulation")
    encoding = {one.name: one.encoding or "" for one in ledger.read(raw)}
    with deck.warehouse("current") as warehouse:
        return evaluate(findings(warehouse, raw), truth), encodings_read(truth, encoding)


def failures(table: pd.DataFrame) -> list[str]:
    """What falls short of what is asked, in words; kinds of which nothing was planted are not judged."""
    said = []
    for row in table.to_dict("records"):
        recall, precision = row["recall"], row["precision"]
        least = (1.0, 1.0) if row["exact"] else (LEAST_RECALL, LEAST_PRECISION) if row["kind"] == TOTAL else None
        if least and row["planted"] and not (recall >= least[0] and precision >= least[1]):
            said.append(f"{row['kind']}: recall {recall:.3f}, precision {precision:.3f}; wanted {least[0]}, {least[1]}")
    return said


def write(table: pd.DataFrame, encodings: pd.DataFrame, folder: Path) -> None:
    """`quality.md` for people and `quality.json` for machines."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "quality.md").write_text(markdown(table, encodings), encoding="utf-8")
    content = {"kinds": json.loads(table.to_json(orient="records")), "encodings": encodings.to_dict("records")[0]}
    (folder / "quality.json").write_text(json.dumps(content, indent=1), encoding="utf-8")


def markdown(table: pd.DataFrame, encodings: pd.DataFrame) -> str:
    lines = [
        "# Planted faults found",
        "",
        "| kind | planted | found | findings | recall | precision |",
        "|---|---:|---:|---:|---:|---:|",
    ]
    for row in table.to_dict("records"):
        shares = (SHARE.format(row[name]) if pd.notna(row[name]) else "-" for name in ("recall", "precision"))
        name = row["kind"] + (" (exact)" if row["exact"] else "")
        lines.append(f"| {name} | {row['planted']} | {row['found']} | {row['findings']} | {' | '.join(shares)} |")
    read = encodings.to_dict("records")[0]
    lines += ["", f"Files in GB18030: {read['planted']}, read as such: {read['found']}.", ""]
    return "\n".join(lines)
