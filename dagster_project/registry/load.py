"""Reading `seeds/` into typed tables.

Belongs here: what one cell or one file can get wrong. Rules between rows are in `rules_*`.
"""

from __future__ import annotations

import csv
import re
from datetime import date
from pathlib import Path

import pandas as pd

from dagster_project.registry.model import Finding, Registry
from dagster_project.registry.spec import OPEN_FROM, OPEN_TO, PERIOD, TABLES, Field, Table

OTHER_FOLDERS = {"published"}
CHINESE = re.compile(r"[\u4e00-\u9fff]")
ID = re.compile(r"[^\s,;|\"']+")
NUMBER = re.compile(r"-?\d+(\.\d+)?([eE]-?\d+)?")
INTEGER = re.compile(r"-?\d{1,9}")


def load(seeds: Path) -> Registry:
    """Read every table of the registry.

    Raises:
        FileNotFoundError: `seeds` is no folder.
    """
    if not seeds.is_dir():
        raise FileNotFoundError(
            f"no registry at {seeds}; set CITYDECK_SEEDS to the folder that holds region/, indicator/ ..."
        )
    findings = _unknown_files(seeds)
    tables, positions = {}, {}
    for table in TABLES.values():
        raw, where, shape = _read_table(seeds, table)
        tables[table.name], cells = _typed(table, raw, where)
        absent = {(one.file, one.column) for one in shape if one.rule == "missing_column"}
        findings += [*shape, *(one for one in cells if (one.file, one.column) not in absent)]
        positions[table.name] = where
    return Registry(seeds, tables, positions, tuple(findings))


def _unknown_files(seeds: Path) -> list[Finding]:
    known = {(table.folder, table.name) for table in TABLES.values()}
    findings = []
    for path in sorted(seeds.glob("**/*.csv")):
        file = path.relative_to(seeds)
        if file.parts[0] in OTHER_FOLDERS or (str(file.parent), path.name.split(".")[0]) in known:
            continue
        message = f"{file} is no table of the registry"
        findings.append(
            Finding(str(file), 1, "", "unknown_table", message, "Rename it to a table's name, or remove it.")
        )
    return findings


def _read_table(seeds: Path, table: Table) -> tuple[pd.DataFrame, pd.DataFrame, list[Finding]]:
    """Cells as text, their positions, and what is wrong with the files' shape."""
    folder = seeds / table.folder
    paths = sorted({*folder.glob(f"{table.name}.csv"), *folder.glob(f"{table.name}.*.csv")})
    found: dict[str, list[str]] = {name: [] for name in [*table.names, "file"]}
    lines: list[int] = []
    findings = []
    for path in paths:
        file = str(path.relative_to(seeds))
        columns, numbers, wrong = _read_file(path, file, table)
        for name in table.names:
            found[name] += columns.get(name) or [""] * len(numbers)
        found["file"] += [file] * len(numbers)
        lines += numbers
        findings += wrong
    if not paths:
        file = f"{table.folder}/{table.name}.csv"
        mend = f"Create it with the header {','.join(table.names)}."
        findings.append(Finding(file, 1, "", "missing_table", f"{file} is not there", mend))
    whole = pd.DataFrame(found, dtype="str")
    return whole[table.names], whole[["file"]].assign(line=lines), findings


def _read_file(path: Path, file: str, table: Table) -> tuple[dict[str, list[str]], list[int], list[Finding]]:
    """Cells by column of the rows that are whole, their line numbers, and what is wrong with the file's shape."""
    rows: list[list[str]] = []
    lines: list[int] = []
    try:
        with path.open(encoding="utf-8-sig", newline="") as stream:
            reader = csv.reader(stream, strict=True)
            header = next(reader, [])
            started = reader.line_num + 1
            for row in reader:
                rows.append(row)
                lines.append(started)
                started = reader.line_num + 1
    except UnicodeDecodeError as error:
        message = f"byte {error.start} is not UTF-8"
        return {}, [], [Finding(file, 1, "", "unreadable_file", message, "Save the file as UTF-8.")]
    except csv.Error as error:
        message = f"the CSV breaks off: {error}"
        mend = "Close the quotes of this row."
        return {}, [], [Finding(file, reader.line_num, "", "unreadable_file", message, mend)]
    findings = []
    for name in header:
        if name not in table.names:
            mend = f"Remove it, or write one of {', '.join(table.names)}."
            findings.append(Finding(file, 1, name, "unknown_column", f"{table.name} has no column {name!r}", mend))
    for field in table.fields:
        if field.name not in header:
            message = f"the column {field.name} is not there"
            findings.append(
                Finding(file, 1, field.name, "missing_column", message, "Add it to the header and to every row.")
            )
    whole = [at for at, row in enumerate(rows) if len(row) == len(header)]
    for at in sorted(set(range(len(rows))) - set(whole)):
        message = f"{len(rows[at])} cells where the header has {len(header)}"
        findings.append(
            Finding(file, lines[at], "", "ragged_row", message, "Add or remove commas; quote a cell that holds one.")
        )
    # Of a column that is there twice the first counts, so it is written last.
    columns = dict(reversed([(name, [rows[at][place] for at in whole]) for place, name in enumerate(header)]))
    return columns, [lines[at] for at in whole], findings


def _typed(table: Table, raw: pd.DataFrame, where: pd.DataFrame) -> tuple[pd.DataFrame, list[Finding]]:
    findings: list[Finding] = []
    columns = {}
    for field in table.fields:
        text = raw[field.name]
        bad = _misfits(field, text)
        for row in bad[bad].index:
            findings.append(_misfit(field, str(text[row]), where.loc[row]))
        columns[field.name] = _convert(field, text.mask(bad | (text == "")))
    return pd.DataFrame(columns), findings


def _misfits(field: Field, text: pd.Series) -> pd.Series:
    """Which cells do not fit the field. Distinct texts are few, so each is judged once."""
    bad = [cell for cell in set(text.tolist()) if reason(field, cell)]
    return text.isin(bad) if bad else pd.Series(False, index=text.index)


def reason(field: Field, cell: str) -> str:
    """Why a cell does not fit its field: empty, kind or language; nothing if it does."""
    if cell == "":
        return "empty" if field.required else ""
    match field.kind:
        case "id":
            return "" if ID.fullmatch(cell) else "kind"
        case "choice":
            return "" if cell in field.choices else "kind"
        case "boolean":
            return "" if cell in ("true", "false") else "kind"
        case "period":
            return "" if re.fullmatch(PERIOD, cell) else "kind"
        case "date":
            return "" if re.fullmatch(r"\d{4}-\d{2}-\d{2}", cell) and _is_date(cell) else "kind"
        case "integer" | "number":
            if not (INTEGER if field.kind == "integer" else NUMBER).fullmatch(cell):
                return "kind"
            return "kind" if field.low is not None and float(cell) < field.low else ""
    if field.name.endswith("_en") and CHINESE.search(cell):
        return "language"
    return "kind" if "\n" in cell or cell != cell.strip() else ""


WANTED = {
    "id": "an id without spaces, commas or quotes",
    "text": "one line of text without spaces at its ends",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "date": "a date as 2025-11-06",
    "period": "a period as 2024, 2024H1, 2024Q1 or 2024M03",
}


def _misfit(field: Field, cell: str, where: pd.Series) -> Finding:
    wanted = f"one of {', '.join(field.choices)}" if field.kind == "choice" else WANTED[field.kind]
    if field.low is not None:
        wanted += f", at least {field.low:g}"
    language = {"zh": "Chinese", "en": "English"}.get(field.name.rpartition("_")[2], "")
    why = reason(field, cell)
    if why == "empty" and language:
        rule, message, mend = "missing_translation", f"{field.name} is empty", f"Write it in {language}."
    elif why == "empty":
        rule, message, mend = "missing_value", f"{field.name} is empty", f"Write {wanted}."
    elif why == "language":
        rule, message, mend = "missing_translation", f"{field.name} holds Chinese: {cell!r}", "Write it in English."
    else:
        rule, message, mend = "bad_value", f"{field.name} is {cell!r}", f"Write {wanted}."
    return Finding(str(where["file"]), int(where["line"]), field.name, rule, message, mend)


def _is_date(cell: str) -> bool:
    try:
        date.fromisoformat(cell)
    except ValueError:
        return False
    return True


def _convert(field: Field, text: pd.Series) -> pd.Series:
    """Text to the field's type; empty validity ends become the open dates."""
    match field.kind:
        case "integer":
            return pd.to_numeric(text).astype("Int64")
        case "number":
            return pd.to_numeric(text).astype("float64")
        case "boolean":
            return text.map({"true": True, "false": False}).astype("boolean")
        case "date":
            open_end = {"valid_from": OPEN_FROM, "valid_to": OPEN_TO}.get(field.name)
            filled = text if open_end is None else text.fillna(open_end)
            return filled.astype("datetime64[s]")
    return text.astype("str")
