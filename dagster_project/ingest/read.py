"""Reading a file of any kind into `cells`: decides the kind, and the encoding of text."""

from __future__ import annotations

from pathlib import Path

import duckdb

from dagster_project.ingest.binary import read_parquet, read_xlsx
from dagster_project.ingest.contract import Contract
from dagster_project.ingest.reason import Refused, reason
from dagster_project.ingest.scan import Scan, likely_encoding, marked_encoding, recode, scan
from dagster_project.ingest.text import read_csv, read_json_lines

KINDS = {".csv": "csv", ".jsonl": "jsonl", ".ndjson": "jsonl", ".parquet": "parquet", ".xlsx": "xlsx"}


def encoding_of(path: Path, kind: str, facts: Scan) -> str | None:
    """The encoding of a text file; None where the kind is not text."""
    if kind not in ("csv", "jsonl"):
        return None
    return marked_encoding(path) or ("utf-8" if facts.ascii else likely_encoding(path))


def read(
    con: duckdb.DuckDBPyConnection,
    path: Path,
    kind: str,
    encoding: str | None,
    facts: Scan,
    contract: Contract,
    work: Path,
) -> bool:
    """Fill `cells` and `findings`; true when cells may hold control characters. `work` is a folder for scratch files.

    Raises:
        Refused: the file cannot be taken as a whole.
    """
    if not facts.size:
        raise Refused(reason("empty"))
    if kind == "parquet":
        read_parquet(con, path, contract)
        return True
    if kind == "xlsx":
        read_xlsx(con, path, contract)
        return True
    if encoding in ("gb18030", "utf-16"):
        text = work / "text"
        recode(path, encoding, text)
        path, facts = text, scan(text)
    if kind == "jsonl":
        read_json_lines(con, path, facts, contract, encoding or "")
        return True
    read_csv(con, path, facts, contract, encoding or "")
    return facts.control
