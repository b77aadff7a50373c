"""Separating the rows of one file into accepted and quarantined, with the count that proves that none is lost."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import duckdb

from dagster_project.ingest.check import check
from dagster_project.ingest.contract import Contract
from dagster_project.ingest.ledger import ACCEPTED, QUARANTINE, Manifest
from dagster_project.ingest.read import KINDS, encoding_of, read
from dagster_project.ingest.reason import Reason, Refused, reason
from dagster_project.ingest.rules import typed
from dagster_project.ingest.scan import Scan
from dagster_project.ingest.table import FINDING, RAW_CHARACTERS, count, literal, schema

_SLICES = ("period", "year")


class LostRowError(RuntimeError):
    """Accepted and quarantined rows do not add up to those landed: a fault of this package, never of the file."""


def separate(
    con: duckdb.DuckDBPyConnection,
    contract: Contract,
    folder: Path,
    work: Path,
    facts: Scan,
    kind: str,
    landed_on: date,
    identity: dict[str, Any],
) -> tuple[Manifest, Reason | None]:
    """Write accepted.parquet and quarantine.parquet beside the original in `folder`; of a refused file the latter only.

    Returns:
        The manifest, and for a refused file why.

    Raises:
        LostRowError: the counts do not add up.
    """
    (original,) = folder.iterdir()
    encoding = encoding_of(original, kind, facts)
    period = next((column.name for column in contract.columns if column.key and column.format in _SLICES), None)
    base = {**identity, "size": facts.size, "sha256": facts.sha256, "kind": kind, "encoding": encoding}
    base["periods"] = [] if period else None
    try:
        if kind not in KINDS.values():
            raise Refused(reason("kind", suffix=kind or "a name without suffix"))
        control = read(con, original, kind, encoding, facts, contract, work)
    except Refused as refused:
        why = refused.why
        words = ", ".join(literal(text) for text in (why.code, why.message_en, why.message_zh))
        with duckdb.connect() as fresh:  # a damaged file may have left the other one unusable
            fresh.execute(f"CREATE TABLE findings ({schema(FINDING)})")
            fresh.execute(f"INSERT INTO findings VALUES (NULL, NULL, NULL, {words}, NULL)")
            _write_quarantine(fresh, identity["name"], folder / QUARANTINE, "NULL")
        counts = {"landed": refused.rows, "accepted": 0, "quarantined": refused.rows, "reasons": {why.code: 1}}
        words_kept = {"message_en": why.message_en, "message_zh": why.message_zh}
        return Manifest.model_validate({**base, "state": "refused", **counts, **words_kept}), why

    landed = count(con, "SELECT (SELECT count(*) FROM cells) + (SELECT count(DISTINCT row) FROM findings)")
    padded = check(con, contract, landed_on, control)
    reasons = dict(con.execute("SELECT reason, count(*) FROM findings GROUP BY reason ORDER BY reason").fetchall())
    kept = "ANTI JOIN findings ON _row = findings.row" if reasons else ""
    accepted = _write_accepted(con, contract, folder / ACCEPTED, identity, padded, kept)
    cut = ", ".join(f"{name} := left(cells.{name}, {RAW_CHARACTERS})" for name in contract.names)
    _write_quarantine(con, identity["name"], folder / QUARANTINE, f"to_json(struct_pack({cut}))::VARCHAR")
    quarantined = count(con, "SELECT count(DISTINCT row) FROM findings")
    if landed != accepted + quarantined:
        raise LostRowError(
            f"{contract.feed}/{identity['name']}: {landed} rows landed, {accepted} accepted, "
            f"{quarantined} quarantined; the file stays in the inbox. Please report this with the file"
        )
    counts = {"landed": landed, "accepted": accepted, "quarantined": quarantined, "reasons": reasons}
    base["periods"], base["published_last"] = _spoken_of(con, folder / ACCEPTED, period, contract.known_at)
    return Manifest.model_validate({**base, "state": "landed", **counts}), None


def _write_accepted(
    con: duckdb.DuckDBPyConnection,
    contract: Contract,
    path: Path,
    identity: dict[str, Any],
    padded: frozenset[str],
    kept: str,
) -> int:
    columns = ", ".join(f"{typed(column, padded)} AS {column.name}" for column in contract.columns)
    return count(
        con,
        f"""
        COPY (
            SELECT {columns}, {literal(identity["file_id"])} AS _file_id, _row,
                TIMESTAMP '{identity["landed_at"]:%Y-%m-%d %H:%M:%S.%f}' AS _landed_at
            FROM cells {kept}
        ) TO {literal(path)} (FORMAT parquet)
        """,
    )


def _spoken_of(
    con: duckdb.DuckDBPyConnection, accepted: Path, period: str | None, known_at: str
) -> tuple[list[str] | None, date | None]:
    """The periods that accepted rows speak of, and the last day on which one became known."""
    periods = f"coalesce(list_sort(list(DISTINCT {period}::VARCHAR)), [])" if period else "NULL"
    query = f"SELECT {periods}, max({known_at}) FROM read_parquet({literal(accepted)})"
    ((spoken_of, last),) = con.execute(query).fetchall()
    return spoken_of, last


def _write_quarantine(con: duckdb.DuckDBPyConnection, name: str, path: Path, raw: str) -> None:
    cells = "" if raw == "NULL" else "LEFT JOIN cells ON _row = findings.row"
    con.execute(
        f"""
        COPY (
            SELECT {literal(name)} AS file, findings.row, findings."column", findings.value, findings.reason,
                findings.message_en, findings.message_zh, coalesce(findings.raw, {raw})::VARCHAR AS raw
            FROM findings {cells}
            ORDER BY findings.row, findings."column"
        ) TO {literal(path)} (FORMAT parquet)
        """
    )
