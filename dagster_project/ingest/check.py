"""The contract's rules as SQL over `cells`: which cell of which row does not fit, and why.

Each column yields two conditions. The *suspect* one is cheap and may say yes too often; it picks the few rows that the
*reason* one then judges exactly. So a clean file is looked at once.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import duckdb

from dagster_project.ingest.contract import CODE_LISTS, Column, Contract
from dagster_project.ingest.reason import ROW_LIMIT_BYTES, Reason, reason
from dagster_project.ingest.table import VALUE_CHARACTERS, literal

_FIRST_DATE = date(1900, 1, 1)
_NUMBER = r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?%?"
_FORMULA = r"[\t\r\n](.|\n)*|\s*[=@＝＠](.|\n)*"
_SIGNED = r"\s*[+＋\-－](.|\n)*"
_DASHES = r"-+"
_CONTROL = r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]"
_DATE = r"\d{4}[-/]\d{1,2}[-/]\d{1,2}( 00:00:00(\.0+)?)?"
_PERIOD = r"\d{4}(H[12]|Q[1-4]|M(0[1-9]|1[0-2])|-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01]))?"
_SPACES = "' \u3000\u00a0'"
# First characters of formulas, and of text that only the exact rule can tell from one.
_SUSPECT_STARTS = sorted(ord(character) for character in "=@+-\t\r\n \u3000\u00a0＝＠＋－")
_TYPE_ZH = {"double": "数字", "integer": "整数", "date": "日期(如 2024-03-05)"}
_TYPE_EN = {"double": "number", "integer": "whole number", "date": "date such as 2024-03-05"}
_BOUNDS = {"double": 1.7976931348623157e308, "integer": 2147483647.0}


class CodeListError(ValueError):
    """A code list of the registry that cannot be read."""


@dataclass(frozen=True)
class Rule:
    """One column's rule: SQL conditions over `cells`, and the words for each reason it may give."""

    column: str
    suspect: str
    reason: str
    words: tuple[Reason, ...]


def typed(column: Column) -> str:
    """SQL for the value that is accepted: text without the spaces around it, everything else cast."""
    name = column.name
    if column.type == "varchar":
        return f"nullif(trim({name}), '')"
    if column.type == "integer":
        return f"try_cast(try_cast({name} AS DOUBLE) AS INTEGER)"
    return f"try_cast({name} AS {column.type})"


def load_codes(con: duckdb.DuckDBPyConnection, contract: Contract, registry: Path) -> None:
    """Make `codes(list, code)` from the registry's Parquet files, as far as the contract's columns name them.

    Raises:
        CodeListError: a list is missing.
    """
    con.execute("CREATE TEMP TABLE codes (list VARCHAR, code VARCHAR)")
    for column in contract.columns:
        if isinstance(column.allowed, str):
            table, code = CODE_LISTS[column.allowed]
            path = registry / f"{table}.parquet"
            if not path.is_file():
                raise CodeListError(
                    f"{path} is missing: column {column.name} of feed {contract.feed} is checked against it; "
                    "write the registry first (`citydeck build` does)"
                )
            query = f"SELECT DISTINCT {literal(column.name)}, {code}::VARCHAR FROM read_parquet({literal(path)})"
        else:
            values = ", ".join(f"({literal(value)})" for value in column.allowed or ())
            query = f"SELECT {literal(column.name)}, code FROM (VALUES {values}) AS listed (code)" if values else ""
        if query:
            con.execute(f"INSERT INTO codes {query}")


def rules_hash(con: duckdb.DuckDBPyConnection, contract: Contract) -> str:
    """Identity of the rules in force: the contract and its code lists."""
    codes = con.execute("SELECT list, code FROM codes ORDER BY list, code").fetchall()
    return hashlib.sha256((contract.model_dump_json() + repr(codes)).encode()).hexdigest()[:16]


def check(con: duckdb.DuckDBPyConnection, contract: Contract, landed_on: date, control: bool) -> None:
    """Add to `findings` every cell and row of `cells` that does not fit. `control`: control characters may occur."""
    for column in contract.columns:
        if column.allowed:
            _find_unknown_codes(con, column)
    rules = [_rule(con, column, contract, landed_on, control) for column in contract.columns]
    suspect = " OR ".join(f"({rule.suspect})" for rule in rules)
    con.execute(f"CREATE TEMP TABLE suspects AS SELECT * FROM cells WHERE {suspect}")
    for rule in rules:
        _add_findings(con, rule)
    con.execute("DROP TABLE suspects")
    _check_key(con, contract)


def _find_unknown_codes(con: duckdb.DuckDBPyConnection, column: Column) -> None:
    """Make `unknown_<column>`: the distinct cells of the column of which a part is no known code."""
    part = f"trim({column.name})"
    if column.separator:
        part = f"unnest(string_split({part}, {literal(column.separator)}))"
    con.execute(
        f"""
        CREATE TEMP TABLE unknown_{column.name} AS
        SELECT DISTINCT cell FROM (
            SELECT {column.name} AS cell, {part} AS part
            FROM (SELECT DISTINCT {column.name} FROM cells WHERE {column.name} IS NOT NULL)
        )
        WHERE part <> '' AND part NOT IN (SELECT code FROM codes WHERE list = {literal(column.name)})
        """
    )


def _rule(con: duckdb.DuckDBPyConnection, column: Column, contract: Contract, landed_on: date, control: bool) -> Rule:
    name = column.name
    last_date = landed_on if name == contract.known_at else landed_on + timedelta(days=366)
    years = {"low": _FIRST_DATE.year, "high": landed_on.year + 1}
    signed = f"regexp_full_match({name}, '{_SIGNED}') AND NOT regexp_full_match(trim({name}), '{_NUMBER}|{_DASHES}')"
    # (condition, reason): the first that holds is the cell's finding
    cases: list[tuple[str, Reason]] = [
        (f"strlen({name}) > {ROW_LIMIT_BYTES}", reason("too_long", limit=ROW_LIMIT_BYTES)),
        (f"regexp_matches({name}, '{_CONTROL}')", reason("control_character")),
        (f"regexp_full_match({name}, '{_FORMULA}') OR ({signed})", reason("formula")),
    ]
    if column.required:
        cases.insert(0, (f"{name} IS NULL OR trim({name}, {_SPACES}) = ''", reason("required")))
    suspects = [f"{name} IS NULL"] if column.required else []

    if column.type in ("double", "integer"):
        number = f"try_cast({name} AS DOUBLE)"
        low, high = (
            (bound if bound is not None else sign * _BOUNDS[column.type])
            for bound, sign in zip(column.range or (None, None), (-1, 1), strict=True)
        )
        whole = f"{number} <> floor({number})" if column.type == "integer" else "false"
        outside = f"NOT ({number} BETWEEN {low!r}::DOUBLE AND {high!r}::DOUBLE)"
        cases += [
            (f"{number} IS NULL", _not_a(column)),
            (f"NOT isfinite({number})", reason("not_finite")),
            (whole, _not_a(column)),
            (outside, reason("range", low=f"{low:g}", high=f"{high:g}")),
        ]
        suspects.append(f"{name} IS NOT NULL AND coalesce({outside} OR {whole}, true)")
        if column.format == "year":
            absurd = f"NOT ({number} BETWEEN {years['low']} AND {years['high']})"
            cases.append((absurd, reason("date", **years)))
            suspects.append(absurd)
    elif column.type == "date":
        day = f"try_cast({name} AS DATE)"
        outside = f"NOT ({day} BETWEEN DATE '{_FIRST_DATE}' AND DATE '{last_date}')"
        late = reason("future", high=last_date) if name == contract.known_at else None
        cases += [
            (f"{day} IS NULL OR NOT regexp_full_match(trim({name}), '{_DATE}')", _not_a(column)),
            (f"{day} < DATE '{_FIRST_DATE}'", reason("date", low=_FIRST_DATE, high=last_date)),
            (outside, late or reason("date", low=_FIRST_DATE, high=last_date)),
        ]
        odd = f"strlen({name}) > 10 OR ord({name}) NOT BETWEEN 48 AND 57"
        suspects.append(f"{name} IS NOT NULL AND coalesce({outside} OR {odd}, true)")
    else:
        start = f"ord({name}) IN ({', '.join(map(str, _SUSPECT_STARTS))})"
        suspects += [start, f"strlen({name}) > {ROW_LIMIT_BYTES}"]
        if control:
            suspects.append(cases[-2][0])
        if column.format == "period":
            unreal = f"length({name}) = 10 AND try_cast({name} AS DATE) IS NULL"
            cases.append(
                (
                    f"NOT regexp_full_match({name}, '{_PERIOD}') OR ({unreal})",
                    _not_written("2024, 2024H1, 2024Q1, 2024M03 / 2024-03-05"),
                )
            )
            cases.append(
                (f"NOT (left({name}, 4) BETWEEN '{years['low']}' AND '{years['high']}')", reason("date", **years))
            )
            suspects += [condition for condition, _ in cases[-2:]]
        if column.pattern:
            cases.append((f"NOT regexp_full_match({name}, {literal(column.pattern)})", _not_written(column.pattern)))
            suspects.append(cases[-1][0])
        if column.allowed:
            unknown = f"{name} IN (SELECT cell FROM unknown_{name})"
            listed = column.allowed if isinstance(column.allowed, str) else ", ".join(column.allowed)
            cases.append((unknown, reason("allowed", codes=listed)))
            if con.execute(f"SELECT 1 FROM unknown_{name} LIMIT 1").fetchall():
                suspects.append(unknown)
    whens = " ".join(f"WHEN {condition} THEN {literal(why.code)}" for condition, why in cases)
    return Rule(name, " OR ".join(f"({part})" for part in suspects), f"CASE {whens} END", tuple(w for _, w in cases))


def _not_a(column: Column) -> Reason:
    return reason("type", type=_TYPE_EN[column.type], type_zh=_TYPE_ZH[column.type])


def _not_written(pattern: str) -> Reason:
    return reason("format", pattern=pattern)


def _add_findings(con: duckdb.DuckDBPyConnection, rule: Rule) -> None:
    words = ", ".join(
        f"({literal(why.code)}, {literal(why.message_en)}, {literal(why.message_zh)})"
        for why in dict.fromkeys(rule.words)
    )
    con.execute(
        f"""
        INSERT INTO findings
        SELECT _row, {literal(rule.column)}, cell, reason, message_en, message_zh, NULL
        FROM (
            SELECT _row, left({rule.column}, {VALUE_CHARACTERS}) AS cell, {rule.reason} AS reason FROM suspects
        )
        JOIN (VALUES {words}) AS words (reason, message_en, message_zh) USING (reason)
        """
    )


def _check_key(con: duckdb.DuckDBPyConnection, contract: Contract) -> None:
    """Of rows that are equal the first stays; rows with one key that differ are all kept out."""
    keys = ", ".join(typed(column) for column in contract.columns if column.key)
    con.execute(f"CREATE TEMP TABLE repeated AS SELECT hash({keys}) AS h FROM cells GROUP BY h HAVING count(*) > 1")
    if con.execute("SELECT 1 FROM repeated LIMIT 1").fetchall():
        named = ", ".join(contract.key)
        same, other = reason("duplicate", key=named), reason("conflict", key=named)
        code, english, chinese = (
            f"if(differ, {literal(getattr(other, part))}, {literal(getattr(same, part))})"
            for part in ("code", "message_en", "message_zh")
        )
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
                    WHERE hash({keys}) IN (SELECT h FROM repeated)
                        AND _row NOT IN (SELECT "row" FROM findings WHERE "row" IS NOT NULL)
                )
            )
            WHERE differ OR place > 1
            """
        )
    con.execute("DROP TABLE repeated")
