"""Reading Parquet and XLSX into tables of text cells."""

from __future__ import annotations

import warnings
import zipfile
from collections.abc import Iterator
from datetime import datetime, time
from pathlib import Path
from threading import Lock
from typing import Any

import duckdb
import openpyxl

from dagster_project.ingest.contract import Contract
from dagster_project.ingest.reason import Refused, reason
from dagster_project.ingest.table import Writer, header_columns, identifier, literal

UNPACKED_LIMIT_BYTES = 1 << 30
SHEET_ROWS = 1 << 20
_ONE_WORKBOOK = Lock()  # warnings are the process's, and no limit counts the memory of a workbook
_DISK_FAULTS = ("Could not write", "No space left")


def read_parquet(con: duckdb.DuckDBPyConnection, path: Path, contract: Contract) -> None:
    """Fill `cells` from a Parquet file; a row's number counts from 1.

    Raises:
        Refused: not a Parquet file, or columns that do not fit the contract.
    """
    source = f"read_parquet({literal(path)}, file_row_number = true)"
    try:
        described = con.execute(f"DESCRIBE SELECT * EXCLUDE (file_row_number) FROM {source}").fetchall()
        printed = [name for name, *_ in described]
        try:
            columns = dict(zip(header_columns(printed, contract), printed, strict=True))
        except Refused as refused:
            ((rows,),) = con.execute(f"SELECT count(*) FROM {source}").fetchall()
            raise Refused(refused.why, rows) from None
        chosen = ", ".join(
            f"nullif({identifier(columns[name])}::VARCHAR, '') AS {name}"
            if name in columns
            else f"NULL::VARCHAR AS {name}"
            for name in contract.names
        )
        con.execute(f"CREATE TEMP TABLE cells AS SELECT (file_row_number + 1)::INTEGER AS _row, {chosen} FROM {source}")
    except duckdb.Error as error:  # a damaged file meets many kinds, but these say that memory or disk ran out
        if isinstance(error, duckdb.OutOfMemoryException) or any(sign in str(error) for sign in _DISK_FAULTS):
            raise
        raise Refused(reason("unreadable", kind="Parquet", why=str(error).splitlines()[0])) from error


def read_xlsx(con: duckdb.DuckDBPyConnection, path: Path, contract: Contract) -> None:
    """Fill `cells` from the one sheet with data; its first row is the header, a row's number is the sheet's.

    Formulas are taken as their text, never as the value that a spreadsheet program left beside them.

    Raises:
        Refused: not a workbook, too large when unpacked, several sheets with data, or columns that do not fit.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            size = sum(member.file_size for member in archive.infolist())
    except (zipfile.BadZipFile, ValueError, NotImplementedError) as error:
        raise Refused(reason("unreadable", kind="XLSX", why=error)) from error
    if size > UNPACKED_LIMIT_BYTES:
        raise Refused(reason("too_large", size=size, limit=UNPACKED_LIMIT_BYTES))
    try:
        with _ONE_WORKBOOK, warnings.catch_warnings():
            warnings.simplefilter("ignore")  # openpyxl warns of styles and extensions that it leaves out
            _fill(con, path, contract)
    except (Refused, duckdb.Error, OSError):
        raise
    except Exception as error:  # openpyxl meets a hostile workbook with exceptions of many kinds
        raise Refused(reason("unreadable", kind="XLSX", why=f"{type(error).__name__}: {error}"[:300])) from error


def _fill(con: duckdb.DuckDBPyConnection, path: Path, contract: Contract) -> None:
    with path.open("rb") as file:
        workbook = openpyxl.load_workbook(file, read_only=True, data_only=False, keep_links=False)
        sheets = [sheet for sheet in workbook.worksheets if next(_rows(sheet), None)]
        if not sheets:
            raise Refused(reason("empty"))
        if len(sheets) > 1:
            raise Refused(reason("sheets", count=len(sheets)))
        rows = _rows(sheets[0])
        _, header = next(rows)
        try:
            columns = header_columns(header, contract)
        except Refused as refused:
            raise Refused(refused.why, rows=sum(1 for _ in rows)) from None
        order = [columns.index(name) if name in columns else None for name in contract.names]
        with Writer(con, "cells", contract.names) as writer:
            for number, cells in rows:
                if len(cells) > len(columns):
                    why = f"{len(cells)} cells where the header has {len(columns)}"
                    writer.malformed(number, "\t".join(cells), reason("malformed", why=why))
                    continue
                padded = cells + [""] * (len(columns) - len(cells))
                writer.add(number, [None if index is None else padded[index] for index in order])


def _rows(sheet: Any) -> Iterator[tuple[int, list[str]]]:
    """Sheet row number and texts of each row that holds anything, without the empty cells at its end."""
    sheet.reset_dimensions()  # what a workbook says of its own size may be wrong
    for number, row in enumerate(sheet.iter_rows(), start=1):
        if number > SHEET_ROWS:
            raise Refused(reason("unreadable", kind="XLSX", why=f"more than {SHEET_ROWS} rows"))
        texts = [_text(cell) for cell in row]
        while texts and not texts[-1]:
            texts.pop()
        if texts:
            yield number, texts


def _text(cell: Any) -> str:
    value = cell.value
    if value is None:
        return ""
    if cell.data_type == "f":
        formula = getattr(value, "text", value)
        return "=" + str(formula).removeprefix("=")
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, datetime) and value.time() == time.min:
        return value.date().isoformat()
    return str(value)
