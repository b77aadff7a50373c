"""Running the contract's rules over `cells`: which cell of which row does not fit, and which rows contradict others."""

from __future__ import annotations

import hashlib
from datetime import date
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from dagster_project.ingest.contract import CODE_LISTS, Column, Contract
from dagster_project.ingest.reason import reason
from dagster_project.ingest.rules import Rule, rule, typed
from dagster_project.ingest.table import VALUE_CHARACTERS, literal


class CodeListError(ValueError):
    """A code list of the registry that cannot be read."""


def load_codes(con: duckdb.DuckDBPyConnection, contract: Contract, registry: Path) -> None:
    """Make `codes` (column, code): what each column with `allowed` may hold, from the contract or the registry.

    Raises:
        CodeListError: a list is missing.
    """
    con.execute('CREATE TEMP TABLE codes ("column" VARCHAR, code VARCHAR)')
    for column in contract.columns:
        if isinstance(column.allowed, str):
            table, code = CODE_LISTS[column.allowed]
            path = registry / f"{table}.parquet"
            if not path.is_file():
                raise CodeListError(
                    f"{path} is missing: column {column.name} of feed {contract.feed} is checked against it; "
                    "write the registry first (`citydeck build` does)"
                )
            listed = f"SELECT DISTINCT {code}::VARCHAR AS code FROM read_parquet({literal(path)})"
            if "feed_id" in pq.read_schema(path).names:
                listed += f" WHERE feed_id = {literal(contract.feed)}"
        elif column.allowed:
            listed = f"VALUES {', '.join(f'({literal(value)})' for value in column.allowed)}"
        else:
            continue
        con.execute(f"INSERT INTO codes SELECT {literal(column.name)}, code FROM ({listed}) AS listed (code)")


def rules_hash(con: duckdb.DuckDBPyConnection, contract: Contract) -> str:
    """Identity of the rules in force: the contract and its codes."""
    codes = con.execute("SELECT * FROM codes ORDER BY ALL").fetchall()
    return hashlib.sha256((contract.model_dump_json() + repr(codes)).encode()).hexdigest()[:16]


def check(con: duckdb.DuckDBPyConnection, contract: Contract, landed_on: date, control: bool) -> frozenset[str]:
    """Add to `findings` every cell and row of `cells` that does not fit. `control`: control characters may occur.

    Returns:
        The text columns in which some cell has spaces around it.
    """
    for column in contract.columns:
        if column.allowed:
            _find_unknown_codes(con, column)
    rules = [rule(column, contract, landed_on, control) for column in contract.columns]
    suspect = " OR ".join(f"({condition})" for each in rules for condition in each.suspects)
    con.execute(f"CREATE TEMP TABLE suspects AS SELECT * FROM cells WHERE {suspect}")
    for each in rules:
        _add_findings(con, each)
    con.execute("DROP TABLE suspects")
    padded = _padded(con, contract)
    _check_key(con, contract, padded)
    return padded


def _find_unknown_codes(con: duckdb.DuckDBPyConnection, column: Column) -> None:
    """Make `distinct_<column>`, and `unknown_<column>`: the cells of which a part is no known code."""
    name = column.name
    part = f"trim({name})"
    if column.separator:
        part = f"unnest(string_split({part}, {literal(column.separator)}))"
    blank = "true" if column.required else "part <> ''"
    con.execute(
        f"""
        CREATE TEMP TABLE distinct_{name} AS SELECT DISTINCT {name} FROM cells WHERE {name} IS NOT NULL;
        CREATE TEMP TABLE unknown_{name} AS
        SELECT DISTINCT cell FROM (SELECT {name} AS cell, {part} AS part FROM distinct_{name})
        WHERE {blank} AND part NOT IN (SELECT code FROM codes WHERE "column" = {literal(name)})
        """
    )


def _add_findings(con: duckdb.DuckDBPyConnection, each: Rule) -> None:
    name = each.column
    whens = " ".join(f"WHEN {condition} THEN {number}" for number, (condition, _) in enumerate(each.cases))
    words = ", ".join(
        f"({number}, {literal(why.code)}, {literal(why.message_en)}, {literal(why.message_zh)})"
        for number, (_, why) in enumerate(each.cases)
    )
    con.execute(
        f"""
        INSERT INTO findings
        SELECT _row, {literal(name)}, cell, reason, message_en, message_zh, NULL
        FROM (SELECT _row, left({name}, {VALUE_CHARACTERS}) AS cell, CASE {whens} END AS number FROM suspects)
        JOIN (VALUES {words}) AS words (number, reason, message_en, message_zh) USING (number)
        """
    )


def _padded(con: duckdb.DuckDBPyConnection, contract: Contract) -> frozenset[str]:
    texts = [column for column in contract.columns if column.type == "varchar"]
    counts = ", ".join(
        f"(SELECT count(*) FROM {f'distinct_{name}' if text.allowed else 'cells'} "
        f"WHERE ord({name}) = 32 OR ends_with({name}, ' '))"
        for text in texts
        for name in [text.name]
    )
    found = con.execute(f"SELECT {counts}").fetchall()[0] if texts else ()
    return frozenset(text.name for text, count in zip(texts, found, strict=True) if count)


def _check_key(con: duckdb.DuckDBPyConnection, contract: Contract, padded: frozenset[str]) -> None:
    """Of rows that are equal the first stays; rows with one key that differ are all kept out."""
    keys = ", ".join(typed(column, padded) for column in contract.columns if column.key)
    # Sorting the hashes here is several times faster than grouping by them, and takes 8 bytes a row.
    hashes = np.sort(np.asarray(con.execute(f"SELECT hash({keys}) AS h FROM cells").fetchnumpy()["h"]))
    repeated = hashes[1:][hashes[1:] == hashes[:-1]]
    if not repeated.size:
        return
    named = ", ".join(contract.key)
    same, other = reason("duplicate", key=named), reason("conflict", key=named)
    code, english, chinese = (
        f"if(differ, {literal(getattr(other, part))}, {literal(getattr(same, part))})"
        for part in ("code", "message_en", "message_zh")
    )
    con.register("repeated", pa.table({"h": repeated}))
    con.execute(
        f"""
        INSERT INTO findings
        SELECT _row, {literal(named)}, concat_ws(', ', {named}), {code}, {english}, {chinese}, NULL
        FROM (
            SELECT
                _row, {named},
                row_number() OVER (PARTITION BY {keys} ORDER BY _row) AS place,
                min(content) OVER (PARTITION BY {keys}) <> max(content) OVER (PARTITION BY {keys}) AS differ
            FROM (
                SELECT *, to_json(({", ".join(contract.names)}))::VARCHAR AS content
                FROM cells
                WHERE hash({keys}) IN (SELECT h FROM repeated) AND _row NOT IN (SELECT "row" FROM findings)
            )
        )
        WHERE differ OR place > 1
        """
    )
    con.unregister("repeated")
