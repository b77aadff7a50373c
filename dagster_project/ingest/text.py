"""Reading CSV and JSON lines (as UTF-8) into tables of text cells.

Two ways, one meaning. The fast way lets DuckDB parse the whole file, and counts when it took every physical line for
one row. Anything else (a wrong number of cells, damaged bytes, cells over several lines, blank lines) goes the careful
way: line by line, where what cannot be read becomes a finding of its own line and costs no other.
"""

from __future__ import annotations

import csv
from collections import deque
from collections.abc import Iterator
from pathlib import Path

import duckdb

from dagster_project.ingest.contract import Contract
from dagster_project.ingest.reason import ROW_LIMIT_BYTES, Refused, reason
from dagster_project.ingest.scan import Scan
from dagster_project.ingest.table import RAW_CHARACTERS, VALUE_CHARACTERS, Writer, header_columns, literal

_DELIMITERS = (",", "\t", ";", "|")
_RECORD_LINES = 200  # a quote still open after so many lines was never closed
_MARK = "\ufeff"

# The csv module's own limit is 128 KiB and can only be set for the whole process.
csv.field_size_limit(ROW_LIMIT_BYTES)


def read_csv(con: duckdb.DuckDBPyConnection, path: Path, facts: Scan, contract: Contract, encoding: str) -> None:
    """Fill `cells` and `findings` from a CSV file with a header. `encoding` is the original's, for messages.

    Raises:
        Refused: no header, or one that does not fit the contract.
    """
    header = _first_line(path)
    delimiter = max(_DELIMITERS, key=header.count)
    try:
        printed = next(csv.reader([header], delimiter=delimiter, strict=True, skipinitialspace=True), [])
    except csv.Error as error:
        raise Refused(reason("unreadable", kind="CSV", why=f"the header: {error}")) from error
    while printed and not printed[-1].strip():
        printed.pop()
    columns = header_columns(printed, contract, max(facts.lines - 1, 0))
    if not (_even(facts) and _parse_whole(con, path, facts.lines - 1, columns, delimiter, contract)):
        _parse_lines(con, path, columns, delimiter, contract, encoding)


def read_json_lines(con: duckdb.DuckDBPyConnection, path: Path, facts: Scan, contract: Contract, encoding: str) -> None:
    """Fill `cells` and `findings` from a file with one JSON object per line, its keys the contract's columns."""
    if not (_even(facts) and _lines_whole(con, path, facts.lines)):
        with Writer(con, "lines", ["line"]) as writer:
            for number, line in _lines(path, writer, encoding):
                writer.add(number, [line.strip()])
    _split_objects(con, contract)


def _even(facts: Scan) -> bool:
    """Whether the fast way is worth trying."""
    return facts.plain_newlines and not facts.long_line


def _first_line(path: Path) -> str:
    with path.open("rb") as file:
        line = file.readline(ROW_LIMIT_BYTES)
    return line.decode("utf-8", errors="replace").removeprefix(_MARK).rstrip("\r\n")


def _parse_whole(
    con: duckdb.DuckDBPyConnection, path: Path, rows: int, columns: list[str], delimiter: str, contract: Contract
) -> bool:
    """Let DuckDB parse the file. True when each line after the header became one row, so that rowid tells the line."""
    spec = ", ".join(f"'{name}': 'VARCHAR'" for name in columns)
    try:
        con.execute(
            f"CREATE TEMP TABLE parsed AS SELECT * FROM read_csv({literal(path)}, auto_detect = false, header = true, "
            f"delim = {literal(delimiter)}, quote = '\"', escape = '\"', columns = {{{spec}}}, "
            f"max_line_size = {ROW_LIMIT_BYTES})"
        )
    except (duckdb.InvalidInputException, duckdb.NotImplementedException):
        return False
    if con.execute("SELECT count(*) FROM parsed").fetchall() != [(rows,)]:
        con.execute("DROP TABLE parsed")
        return False
    chosen = ", ".join(name if name in columns else f"NULL::VARCHAR AS {name}" for name in contract.names)
    con.execute(f"CREATE TEMP VIEW cells AS SELECT (rowid + 2)::INTEGER AS _row, {chosen} FROM parsed")
    return True


def _parse_lines(
    con: duckdb.DuckDBPyConnection, path: Path, columns: list[str], delimiter: str, contract: Contract, encoding: str
) -> None:
    order = [columns.index(name) if name in columns else None for name in contract.names]
    with Writer(con, "cells", contract.names) as writer:
        for number, row in _records(path, delimiter, writer, encoding):
            if len(row) == len(columns) + 1 and not row[-1]:
                row.pop()  # a comma at the end of the line, which DuckDB forgives too
            if len(row) == len(columns):
                writer.add(number, [None if index is None else row[index] for index in order])
            else:
                why = f"{len(row)} cells where the header has {len(columns)}"
                writer.malformed(number, delimiter.join(row), reason("malformed", why=why))


class _Unclosed(Exception):
    pass


class _Feed:
    """Lines for `csv.reader`; remembers those taken for the current record, so that they can be given back."""

    def __init__(self, lines: Iterator[tuple[int, str]]) -> None:
        self._lines = lines
        self._returned: deque[tuple[int, str]] = deque()
        self.taken: list[tuple[int, str]] = []

    def __iter__(self) -> _Feed:
        return self

    def __next__(self) -> str:
        if len(self.taken) > _RECORD_LINES:
            raise _Unclosed(f"a quote not closed within {_RECORD_LINES} lines")
        line = self._returned.popleft() if self._returned else next(self._lines)
        self.taken.append(line)
        return line[1]

    def give_back(self) -> tuple[int, str]:
        """The record's first line; the others will be read again."""
        first, *rest = self.taken
        self._returned.extendleft(reversed(rest))
        return first


def _records(path: Path, delimiter: str, writer: Writer, encoding: str) -> Iterator[tuple[int, list[str]]]:
    """Line number and cells of each record after the header; what is no record goes to the writer as malformed."""
    lines = _lines(path, writer, encoding)
    next(lines, None)
    feed = _Feed(lines)
    reader = csv.reader(feed, delimiter=delimiter, strict=True, skipinitialspace=True)
    while True:
        feed.taken.clear()
        try:
            cells = next(reader)
        except StopIteration:
            return
        except (_Unclosed, csv.Error) as error:
            number, text = feed.give_back()
            writer.malformed(number, text, reason("malformed", why=error))
            continue
        if cells:
            yield feed.taken[0][0], cells


def _lines(path: Path, writer: Writer, encoding: str) -> Iterator[tuple[int, str]]:
    """Number and text of each line; lines that are too long or not UTF-8 go to the writer as malformed."""
    with path.open("rb") as file:
        number = 0
        while line := file.readline(ROW_LIMIT_BYTES + 1):
            number += 1
            if len(line) > ROW_LIMIT_BYTES:
                start = line[:RAW_CHARACTERS].decode("utf-8", "backslashreplace")
                while line and not line.endswith(b"\n"):
                    line = file.readline(ROW_LIMIT_BYTES)
                writer.malformed(number, start, reason("too_long", limit=ROW_LIMIT_BYTES))
                continue
            try:
                text = line.decode("utf-8")
            except UnicodeDecodeError:
                why = reason("encoding", encoding=encoding.upper())
                writer.malformed(number, line.decode("utf-8", "backslashreplace"), why)
                continue
            yield number, text.removeprefix(_MARK) if number == 1 else text


def _lines_whole(con: duckdb.DuckDBPyConnection, path: Path, lines: int) -> bool:
    """Let DuckDB read the lines. The delimiter is a byte that no JSON text may hold, so that a line is one column."""
    try:
        con.execute(
            f"CREATE TEMP TABLE parsed AS SELECT * FROM read_csv({literal(path)}, auto_detect = false, header = false, "
            f"delim = '\x01', quote = '', escape = '', columns = {{'line': 'VARCHAR'}}, "
            f"max_line_size = {ROW_LIMIT_BYTES})"
        )
    except (duckdb.InvalidInputException, duckdb.NotImplementedException):
        return False
    if con.execute("SELECT count(*) FROM parsed").fetchall() != [(lines,)]:
        con.execute("DROP TABLE parsed")
        return False
    con.execute("CREATE TEMP VIEW lines AS SELECT (rowid + 1)::INTEGER AS _row, line FROM parsed")
    return True


def _split_objects(con: duckdb.DuckDBPyConnection, contract: Contract) -> None:
    known = ", ".join(literal(name) for name in contract.names)
    nested = " OR ".join(f"json_type(line, '$.{name}') IN ('OBJECT', 'ARRAY')" for name in contract.names)
    con.execute(
        f"""
        CREATE TEMP TABLE judged AS
        SELECT _row, line, CASE
            WHEN NOT json_valid(line) THEN 'not JSON'
            WHEN json_type(line) <> 'OBJECT' THEN 'not a JSON object'
            WHEN len(json_keys(line)) > len(list_distinct(json_keys(line))) THEN 'a key stands twice'
            WHEN len(list_filter(json_keys(line), lambda k: k NOT IN ({known}))) > 0 THEN 'a key not in the contract'
            WHEN {nested} THEN 'a nested value'
        END AS why
        FROM lines
        WHERE trim(line) <> ''
        """
    )
    whys = con.execute("SELECT DISTINCT why FROM judged WHERE why IS NOT NULL").fetchall()
    for (why,) in whys:
        words = reason("malformed", why=why)
        con.execute(
            f"""
            INSERT INTO findings
            SELECT _row, NULL, left(line, {VALUE_CHARACTERS}), {literal(words.code)}, {literal(words.message_en)},
                {literal(words.message_zh)}, to_json({{'text': left(line, {RAW_CHARACTERS})}})
            FROM judged WHERE why = {literal(why)}
            """
        )
    cells = ", ".join(f"nullif(json_extract_string(line, '$.{name}'), '') AS {name}" for name in contract.names)
    con.execute(f"CREATE TEMP TABLE cells AS SELECT _row, {cells} FROM judged WHERE why IS NULL")
    con.execute("DROP TABLE judged")
