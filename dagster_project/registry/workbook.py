"""The registry as one Excel workbook and back: what colleagues change there comes home as a reviewed difference.

The workbook keeps, on a hidden sheet, the rows as they were exported. A row that was changed both there and in the
seeds meanwhile is a conflict; nothing is overwritten silently.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

from openpyxl import Workbook, load_workbook
from openpyxl.comments import Comment
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.worksheet import Worksheet

from dagster_project.registry.edit import Cells, Change, added, cells_of
from dagster_project.registry.spec import TABLES, Field, Table

# The regions, twelve thousand of them, are no matter for a workbook.
SHEETS = (
    *("node", "indicator", "target", "applicability", "succession", "measure", "measure_source", "body", "feed"),
    *(
        "scheme",
        "scheme_node",
        "judgement",
        "object_class",
        "quantity",
        "statistic",
        "statistic_set",
        "family",
        "source",
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

    @property
    def change(self) -> Change:
        if self.new is None:
            return Change(self.table, self.key, None)
        part = self.new["sub_track_id"].split("-")[0].lower() if self.table == "indicator" else ""
        return added(self.table, self.new, part)


def export(seeds: Path, path: Path) -> int:
    """Write the workbook; how many rows it holds."""
    book = Workbook()
    about = book.active
    about.title = ABOUT
    for number, (chinese, english) in enumerate(WORDS, start=1):
        about.cell(number, 1, chinese)
        about.cell(number, 2, english)
    about.column_dimensions["A"].width = about.column_dimensions["B"].width = 80
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
    sheet.freeze_panes = "B2"
    sheet.auto_filter.ref = f"A1:{get_column_letter(len(table.fields))}{len(rows) + 1}"
    for column, field in enumerate(table.fields, start=1):
        head = sheet.cell(1, column)
        head.font, head.fill = Font(bold=True), PatternFill("solid", fgColor="DDE6F0")
        head.comment = Comment(_note(field), "CityDeck", height=120, width=260)
        letter = get_column_letter(column)
        widest = max((len(cells[field.name]) for cells in rows), default=0)
        sheet.column_dimensions[letter].width = min(max(len(field.name), widest) + 3, 48)
        offered = _offer(field, places)
        if offered:
            rule = DataValidation(type="list", formula1=offered, allow_blank=not field.required, showErrorMessage=False)
            rule.add(f"{letter}2:{letter}{len(rows) + 1 + SPARE_ROWS}")
            sheet.add_data_validation(rule)
        if field.kind == "date":
            for number in range(2, len(rows) + 2):
                sheet.cell(number, column).number_format = "yyyy-mm-dd"
    for cell in sheet[1]:
        cell.alignment = Alignment(vertical="top")


def _offer(field: Field, places: dict[str, str]) -> str:
    """The formula of a drop-down: choices, or the ids of the table referred to (others may be typed)."""
    choices = ("true", "false") if field.kind == "boolean" else field.choices
    if choices:
        listed = ",".join(choices)
        return f'"{listed}"' if len(listed) <= LONGEST_LIST else ""
    return places.get(field.references, "")


def _note(field: Field) -> str:
    lines = [field.name, KINDS[field.kind], "必填 · required" if field.required else "可空 · may be empty"]
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


def _text(field: Field, cell: Any) -> str:
    """A cell as the seeds would say it."""
    match cell:
        case None:
            return ""
        case bool():
            return "true" if cell else "false"
        case datetime() | date():
            return f"{cell:%Y-%m-%d}"
        case float() if cell.is_integer() or field.kind == "integer":
            return str(int(cell))
    return str(cell).strip()


def differences(seeds: Path, path: Path) -> list[Difference]:
    """What the workbook changes of the rows that it was exported with, in the order of sheets and rows.

    Raises:
        WorkbookError: no workbook, a sheet of ours missing, or a column that is unknown or missing.
    """
    try:
        book = load_workbook(path, data_only=True)
    except (OSError, KeyError, ValueError, BadZipFile) as error:
        raise WorkbookError(f"{path} is no workbook that can be read: {error}") from error
    if BASE not in book.sheetnames:
        raise WorkbookError(f"{path} was not made by `citydeck registry export`; export one and carry the changes over")
    base: dict[str, dict[tuple[str, ...], Cells]] = {name: {} for name in SHEETS}
    for name, cells in book[BASE].iter_rows(values_only=True):
        row = json.loads(str(cells))
        base[str(name)][_key(TABLES[str(name)], row)] = row
    unknown = sorted(set(book.sheetnames) - {ABOUT, LISTS, BASE, *SHEETS})
    if unknown:
        raise WorkbookError(f"the sheet {unknown[0]} is no table of the registry; remove it or give it its old name")
    found: list[Difference] = []
    for name in SHEETS:
        if name not in book.sheetnames:
            raise WorkbookError(f"the sheet {name} is missing; export again rather than delete sheets")
        found += _compared(seeds, TABLES[name], book[name], base[name])
    return found


def _compared(seeds: Path, table: Table, sheet: Worksheet, base: dict[tuple[str, ...], Cells]) -> Iterator[Difference]:
    now = {_key(table, row): row for row in cells_of(seeds, table.name)}
    seen = set()
    for number, new in _rows(table, sheet, base):
        key = _key(table, new)
        if key in seen:
            raise WorkbookError(f"{table.name}, row {number}: {', '.join(key)} is there twice; keep one row")
        seen.add(key)
        old = base.get(key)
        if old != new:
            conflict = now.get(key) not in (old, new)
            if now.get(key) != new:
                yield Difference(table.name, key, number, old, new, conflict)
    for key, old in base.items():
        if key not in seen and key in now:
            yield Difference(table.name, key, None, old, None, now[key] != old)


def _rows(table: Table, sheet: Worksheet, base: dict[tuple[str, ...], Cells]) -> Iterator[tuple[int, dict[str, str]]]:
    """Row number and cells of each row that is not empty. A figure that Excel writes otherwise keeps its old text."""
    rows = sheet.iter_rows(values_only=True)
    header = [str(cell or "") for cell in next(rows, ())]
    for wrong in sorted(set(header) ^ set(table.names)):
        state = "unknown" if wrong in header else "missing"
        raise WorkbookError(
            f"{table.name}: the column {wrong or '(empty)'} is {state}; the columns are {', '.join(table.names)}"
        )
    fields = {field.name: field for field in table.fields}
    for number, row in enumerate(rows, start=2):
        cells = {name: _text(fields[name], cell) for name, cell in zip(header, row, strict=True)}
        if not any(cells.values()):
            continue
        old = base.get(_key(table, cells))
        if old is not None:
            same = (name for name in cells if _typed(fields[name], cells[name]) == _typed(fields[name], old[name]))
            cells |= {name: old[name] for name in same}
        yield number, {name: cells[name] for name in table.names}


def _key(table: Table, row: Cells) -> tuple[str, ...]:
    return tuple(row[name] for name in table.key)
