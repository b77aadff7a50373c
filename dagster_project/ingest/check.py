"""Running the contract's rules over `cells`: which cell of which row does not fit, and which rows contradict others."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from datetime import date
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from dagster_project.ingest.contract import CODE_LISTS, Column, Contract
from dagster_project.ingest.reason import reason
from dagster_project.ingest.rules import ANY_CELL, Case, Rule, rule, typed
from dagster_project.ingest.table import VALUE_CHARACTERS, count, literal


class CodeListError(ValueError):
    """A code list of the registry that cannot be read."""


def load_codes(con: duckdb.DuckDBPyConnection, contract: Contract, registry: Path) -> None:
    """Make `codes` (column, code): what each column with `allowed` may hold, from the contract or the registry.

    Raises:
        CodeListError: a list is missing.
    """
    con.execute('CREATE TABLE codes ("column" VARCHAR, code VARCHAR)')
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
    padded, unknown = _look_up_codes(con, [column for column in contract.columns if column.allowed])
    padded |= _padded(con, [c.name for c in contract.columns if c.type == "varchar" and not c.allowed])
    rules = [rule(column, contract, landed_on, control, column.name in unknown) for column in contract.columns]
    suspect = " OR ".join(f"({condition})" for each in rules for condition in each.suspects)
    if count(con, f"CREATE TEMP TABLE suspects AS SELECT * FROM cells WHERE {suspect}"):
        _add_findings(con, rules)
    _check_key(con, contract, padded)
    return padded


def _look_up_codes(con: duckdb.DuckDBPyConnection, columns: list[Column]) -> tuple[frozenset[str], frozenset[str]]:
    """Make `looked_up`: each different cell of the columns with `allowed`, and whether a part of it is no known code.

    Returns:
        The columns with spaces around some cell, and those with some unknown code.
    """
    if not columns:
        return frozenset(), frozenset()
    parts = " UNION ALL ".join(_parts(column) for column in columns)
    con.execute(
        f"""
        CREATE TEMP TABLE looked_up AS
        SELECT parts."column", cell, {_is_padded("cell")} AS padded, part IS NOT NULL AND code IS NULL AS unknown
        FROM ({parts}) AS parts LEFT JOIN codes ON parts."column" = codes."column" AND part = code
        """
    )
    found = con.execute(
        'SELECT "column", bool_or(padded), bool_or(unknown) FROM looked_up GROUP BY "column"'
    ).fetchall()
    return frozenset(name for name, some, _ in found if some), frozenset(name for name, _, some in found if some)


def _parts(column: Column) -> str:
    part = "trim(cell)"
    if column.separator:
        part = f"unnest(string_split({part}, {literal(column.separator)}))"
    if not column.required:
        part = f"nullif({part}, '')"
    return (
        f'SELECT {literal(column.name)} AS "column", cell, {part} AS part '
        f"FROM (SELECT DISTINCT {column.name} AS cell FROM cells WHERE {column.name} IS NOT NULL)"
    )


def _padded(con: duckdb.DuckDBPyConnection, names: list[str]) -> frozenset[str]:
    if not names:
        return frozenset()
    (found,) = con.execute(
        f"SELECT {', '.join(f'bool_or({_is_padded(name)})' for name in names)} FROM cells"
    ).fetchall()
    return frozenset(name for name, some in zip(names, found, strict=True) if some)


def _is_padded(cell: str) -> str:
    return f"{cell} LIKE ' %' OR {cell} LIKE '% '"


def _add_findings(con: duckdb.DuckDBPyConnection, rules: list[Rule]) -> None:
    """Judge every cell of `suspects`: each case has a number, which finds its words."""
    words: list[str] = []

    def number(cases: Iterable[Case], otherwise: str) -> str:
        whens = []
        for condition, why in cases:
            whens.append(f"WHEN {condition} THEN {len(words)}")
            said = ", ".join(literal(text) for text in (why.code, why.message_en, why.message_zh))
            words.append(f"({len(words)}, {said})")
        return f"CASE {' '.join(whens)} ELSE {otherwise} END" if whens else otherwise

    cells = " UNION ALL ".join(
        f'SELECT _row, {literal(each.column.name)} AS "column", {each.column.name} AS cell, '
        f"{each.column.required} AS required, {number(each.cases, 'NULL')} AS own FROM suspects"
        for each in rules
    )
    judged = f"SELECT *, {number(ANY_CELL, 'own')} AS number FROM ({cells})"
    con.execute(
        f"""
        INSERT INTO findings
        SELECT _row, "column", left(cell, {VALUE_CHARACTERS}), reason, message_en, message_zh, NULL
        FROM ({judged})
        JOIN (VALUES {", ".join(words)}) AS words (number, reason, message_en, message_zh) USING (number)
        """
    )


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
