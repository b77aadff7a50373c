"""The registry as one Excel workbook and back: what colleagues change there comes home as a reviewed difference.

The workbook keeps, on a hidden sheet, the rows as they were exported. A row that was changed both there and in the
seeds meanwhile is a conflict; nothing is overwritten silently.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import pandas as pd
from openpyxl import Workbook, load_workbook
from openpyxl.comments import Comment
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.worksheet import Worksheet

from dagster_project.registry.edit import Cells, Change, Trial, added, cells_of, part_for
from dagster_project.registry.labels import TABLE_LABELS, label
from dagster_project.registry.model import Finding
from dagster_project.registry.spec import OPEN_FROM, TABLES, Field, Table

# The regions, twelve thousand of them, are no matter for a workbook.
SHEETS = (
    *("node", "indicator", "target", "applicability", "succession", "measure", "measure_source", "measure_unit"),
    *("body", "feed"),
    *(
        "scheme",
        "scheme_node",
        "judgement",
        "tier",
        "adjustment",
        "uncertainty",
        "object_class",
        "quantity",
        "statistic",
        "statistic_set",
        "family",
        "source",
        "rule",
        "part",
        "follow_up",
    ),
)
ABOUT, LISTS, BASE = "about", "lists", "base"
SPARE_ROWS = 200
LONGEST_LIST = 250
KINDS = {
    "id": "编号 · id",
    "text": "文字 · text",
    "choice": "选项 · one of a list",
    "integer": "整数 · whole number",
    "number": "数值 · number",
    "boolean": "是否 · true or false",
    "date": "日期 · date",
    "period": "时期 · period: 2024, 2024H1, 2024Q1, 2024M03",
}
FORMATS = {"date": "yyyy-mm-dd", "integer": "General", "number": "General", "boolean": "General"}
WORDS = (
    ("城市指标登记册", "The registry of CityDeck"),
    (
        "每张表对应登记册的一个表。首行为字段,批注说明含义;下拉框列出可选值。",
        "Each sheet is a table of the registry. Notes on the first row say what a column takes; lists offer what fits.",
    ),
    (
        "可以改单元格、加行、删行。不要改首行和表名。",
        "Change cells, add rows, delete rows. Leave the first row and the names of the sheets.",
    ),
    (
        "带回:citydeck registry import 文件.xlsx,先看差异,加 --apply 才写入。",
        "Bring it back: citydeck registry import FILE.xlsx shows the difference; --apply writes it.",
    ),
    ("illustrative 为 true 的行是本项目自拟,非官方口径。", "Rows with illustrative true are ours, not official."),
)


class WorkbookError(ValueError):
    """A workbook that cannot be read back; says which sheet and column, and what to do."""


@dataclass(frozen=True)
class Difference:
    """A row that the workbook changes, and where it stands. `old` is None for an added one, `new` for a removed one."""

    table: str
    key: tuple[str, ...]
    row: int | None
    old: Cells | None
    new: Cells | None
    conflict: bool

    @property
    def cells(self) -> dict[str, tuple[str, str]]:
        """Column -> (old, new) of the cells that differ."""
        old, new = self.old or {}, self.new or {}
        names = TABLES[self.table].names
        return {
            name: (old.get(name, ""), new.get(name, "")) for name in names if old.get(name, "") != new.get(name, "")
        }

    def change(self, seeds: Path) -> Change:
        """The edit that it asks for; an added row goes to the file of its sector, where there is one."""
        if self.new is None:
            return Change(self.table, self.key, None)
        return added(self.table, self.new, part_for(seeds, self.table, self.new.get("sub_track_id", "")))


def export(seeds: Path, path: Path) -> int:
    """Write the workbook; how many rows it holds."""
    book = Workbook()
    about = book.active
    about.title = ABOUT
    for chinese, english in WORDS:
        about.append([None, chinese, english])
    for name in SHEETS:
        about.append([name, *TABLE_LABELS[name]])
        about.cell(about.max_row, 1).hyperlink = f"#{name}!A1"
    about.column_dimensions["A"].width = 16
    about.column_dimensions["B"].width = about.column_dimensions["C"].width = 80
    lists, base = book.create_sheet(LISTS), book.create_sheet(BASE)
    places = _fill_lists(seeds, lists)
    rows = 0
    for name in SHEETS:
        found = cells_of(seeds, name)
        _fill(book.create_sheet(name, len(book.sheetnames) - 2), TABLES[name], found, places)
        for cells in found:
            base.append([name, json.dumps(cells, ensure_ascii=False)])
        rows += len(found)
    lists.sheet_state = base.sheet_state = "veryHidden"
    book.save(path)
    return rows


def _fill_lists(seeds: Path, sheet: Worksheet) -> dict[str, str]:
    """Ids of each table that another refers to, one column each; table -> range."""
    wanted = sorted({field.references for name in SHEETS for field in TABLES[name].fields if field.references})
    places = {}
    for column, name in enumerate((name for name in wanted if name != "region"), start=1):
        ids = sorted({row[TABLES[name].key[0]] for row in cells_of(seeds, name)})
        for number, one in enumerate([name, *ids], start=1):
            sheet.cell(number, column, one)
        letter = get_column_letter(column)
        places[name] = f"{LISTS}!${letter}$2:${letter}${len(ids) + 1}"
    return places


def _fill(sheet: Worksheet, table: Table, rows: list[dict[str, str]], places: dict[str, str]) -> None:
    sheet.append(table.names)
    for cells in rows:
        sheet.append([_typed(field, cells[field.name]) for field in table.fields])
        for cell in sheet[sheet.max_row]:
            if cell.data_type == "f":  # text that begins with = is text
                cell.data_type = "s"
    sheet.freeze_panes = "B2"
    sheet.auto_filter.ref = f"A1:{get_column_letter(len(table.fields))}{len(rows) + 1}"
    for column, field in enumerate(table.fields, start=1):
        head = sheet.cell(1, column)
        head.font, head.fill = Font(bold=True), PatternFill("solid", fgColor="DDE6F0")
        head.comment = Comment(_note(table, field), "CityDeck", height=150, width=300)
        letter = get_column_letter(column)
        widest = max((len(cells[field.name]) for cells in rows), default=0)
        sheet.column_dimensions[letter].width = min(max(len(field.name), widest) + 3, 48)
        offered = _offer(field, places)
        if offered:
            rule = DataValidation(type="list", formula1=offered, allow_blank=not field.required, showErrorMessage=False)
            rule.add(f"{letter}2:{letter}{len(rows) + 1 + SPARE_ROWS}")
            sheet.add_data_validation(rule)
        shown = FORMATS.get(field.kind, "@")
        sheet.column_dimensions[letter].number_format = shown
        for number in range(2, len(rows) + 2):
            sheet.cell(number, column).number_format = shown
    for cell in sheet[1]:
        cell.alignment = Alignment(vertical="top")


def _offer(field: Field, places: dict[str, str]) -> str:
    """The formula of a drop-down: choices, or the ids of the table referred to (others may be typed)."""
    choices = ("true", "false") if field.kind == "boolean" else field.choices
    if choices:
        listed = ",".join(choices)
        return f'"{listed}"' if len(listed) <= LONGEST_LIST else ""
    return places.get(field.references, "")


def _note(table: Table, field: Field) -> str:
    needed = "必填 · required" if field.required else "可空 · may be empty"
    lines = [*label(table.name, field.name), KINDS[field.kind], needed]
    if field.choices:
        lines.append(", ".join(field.choices))
    if field.references:
        also = "".join(f", {word}" for word in field.also)
        lines.append(f"取自 · an id of {field.references}{also}")
    if field.low is not None:
        lines.append(f"不小于 · at least {field.low:g}")
    return "\n".join(lines)


def _typed(field: Field, cell: str) -> Any:
    if cell == "":
        return None
    try:
        match field.kind:
            case "integer":
                return int(cell)
            case "number":
                return float(cell)
            case "date":
                return date.fromisoformat(cell)
    except ValueError:
        return cell
    return cell


def _text(cell: Any) -> str:
    """A cell as the seeds would say it."""
    match cell:
        case None:
            return ""
        case bool():
            return "true" if cell else "false"
        case datetime() | date():
            return f"{cell:%Y-%m-%d}"
        case float() if cell.is_integer():
            return str(int(cell))
        case float():  # as Excel keeps figures: 15 digits
            return format(Decimal(f"{cell:.15g}"), "f")
    return str(cell).strip()


def _same(field: Field, new: str, old: str) -> bool:
    return _text(_typed(field, new)) == _text(_typed(field, old))


@dataclass(frozen=True)
class Returned:
    """A workbook read back: by table and key the rows it was exported with, and those it holds now with their numbers.

    `columns` names each table's columns in the order in which they stand on its sheet.
    """

    base: dict[str, dict[tuple[str, ...], Cells]]
    rows: dict[str, dict[tuple[str, ...], tuple[int, Cells]]]
    columns: dict[str, list[str]]


def read(path: Path) -> Returned:
    """Read a workbook that `export` wrote and colleagues changed.

    Raises:
        WorkbookError: no workbook of ours, a sheet or column unknown or missing, a formula, a row that is there twice.
    """
    try:
        book = load_workbook(path)
    except (OSError, KeyError, ValueError, BadZipFile) as error:
        raise WorkbookError(f"{path} is no workbook that can be read: {error}") from error
    if BASE not in book.sheetnames:
        raise WorkbookError(f"{path} was not made by `citydeck registry export`; export one and carry the changes over")
    unknown = sorted(set(book.sheetnames) - {ABOUT, LISTS, BASE, *SHEETS})
    if unknown:
        raise WorkbookError(f"the sheet {unknown[0]} is no table of the registry; remove it or give it its old name")
    back = Returned({name: {} for name in SHEETS}, {name: {} for name in SHEETS}, {})
    for name, cells in book[BASE].iter_rows(values_only=True):
        row = json.loads(str(cells))
        back.base[str(name)][_key(TABLES[str(name)], row)] = row
    for name in SHEETS:
        if name not in book.sheetnames:
            raise WorkbookError(f"the sheet {name} is missing; export again rather than delete sheets")
        table, sheet = TABLES[name], book[name]
        back.columns[name] = _header(table, sheet)
        for number, row in _rows(table, sheet, back.columns[name], back.base[name]):
            key = _key(table, row)
            if key in back.rows[name]:
                raise WorkbookError(f"{name}, row {number}: {', '.join(key)} is there twice; keep one row")
            back.rows[name][key] = number, row
    return back


def differences(seeds: Path, back: Returned) -> list[Difference]:
    """What the workbook changes of the rows that it was exported with, in the order of sheets and rows."""
    return [one for name in SHEETS for one in _compared(seeds, TABLES[name], back)]


def _compared(seeds: Path, table: Table, back: Returned) -> Iterator[Difference]:
    """Three ways: what was exported, what the workbook says, what the seeds say by now."""
    base, rows = back.base[table.name], back.rows[table.name]
    now = {_key(table, row): row for row in cells_of(seeds, table.name)}
    for key, (number, new) in rows.items():
        old = base.get(key)
        if new not in (old, now.get(key)):
            yield Difference(table.name, key, number, old, new, conflict=now.get(key) != old)
    for key, old in base.items():
        if key not in rows and key in now:
            yield Difference(table.name, key, None, old, None, conflict=now[key] != old)


def places(back: Returned, trial: Trial) -> Iterator[tuple[str, Finding]]:
    """Each finding of a trial with the sheet and cell it is about, or the seed file where no sheet shows the row."""
    for finding in trial.findings:
        name = Path(finding.file).name.split(".")[0]
        where = f"{finding.file}:{finding.line}"
        if name in back.rows:
            at = trial.registry.positions[name].query("file == @finding.file and line == @finding.line").index
            key = tuple(_plain(trial.registry[name].loc[row, column]) for row in at for column in TABLES[name].key)
            if key in back.rows[name]:
                column = back.columns[name].index(finding.column) + 1 if finding.column in back.columns[name] else 1
                where = f"{name}!{get_column_letter(column)}{back.rows[name][key][0]}"
        yield where, finding


def _plain(cell: Any) -> str:
    """A typed key cell as the seeds would say it."""
    if isinstance(cell, pd.Timestamp):
        return "" if f"{cell:%Y-%m-%d}" == OPEN_FROM else f"{cell:%Y-%m-%d}"
    return "" if pd.isna(cell) else str(cell)


def _header(table: Table, sheet: Worksheet) -> list[str]:
    header = [str(cell.value or "") for cell in sheet[1]]
    while (
        header
        and not header[-1]
        and all(cell.value is None for (cell,) in sheet.iter_rows(2, None, *[len(header)] * 2))
    ):
        header.pop()
    for wrong in [*(name for name in header if name not in table.names or header.count(name) > 1), *table.names]:
        if header.count(wrong) != 1 or wrong not in table.names:
            state = "missing" if wrong not in header else "unknown" if wrong not in table.names else "there twice"
            raise WorkbookError(
                f"{table.name}: the column {wrong or '(empty)'} is {state}; the columns are {', '.join(table.names)}"
            )
    return header


def _rows(
    table: Table, sheet: Worksheet, header: list[str], base: dict[tuple[str, ...], Cells]
) -> Iterator[tuple[int, dict[str, str]]]:
    """Row number and cells of each row that is not empty. A figure that Excel writes otherwise keeps its old text."""
    fields = {field.name: field for field in table.fields}
    for row in sheet.iter_rows(min_row=2, max_col=len(header)):
        for cell in row:
            if cell.data_type in ("f", "e"):
                raise WorkbookError(
                    f"{table.name}!{cell.coordinate} holds a formula or an error; paste its value instead"
                )
        cells = {name: _text(cell.value) for name, cell in zip(header, row, strict=True)}
        if not any(cells.values()):
            continue
        old = base.get(_key(table, cells))
        if old is not None:
            cells |= {name: old[name] for name in cells if _same(fields[name], cells[name], old[name])}
        yield row[0].row, {name: cells[name] for name in table.names}


def _key(table: Table, row: Cells) -> tuple[str, ...]:
    return tuple(row[name] for name in table.key)
