"""The registry to Excel and back: nothing changes by itself, and what a colleague changes comes back cell by cell."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from openpyxl import load_workbook
from openpyxl.worksheet.worksheet import Worksheet

from dagster_project import registry
from dagster_project.registry.edit import added, apply, cells_of, tried
from dagster_project.registry.labels import COLUMN_LABELS, TABLE_LABELS, label
from dagster_project.registry.spec import TABLES
from dagster_project.registry.workbook import SHEETS, WorkbookError, differences, export, places, read

TESTS = Path(__file__).parents[2]
SMALL = TESTS / "integration" / "small_world" / "seeds"
FULL = TESTS.parent / "seeds"


@pytest.fixture
def seeds(tmp_path: Path) -> Path:
    return Path(shutil.copytree(SMALL, tmp_path / "seeds"))


@pytest.fixture
def book(seeds: Path, tmp_path: Path) -> Path:
    export(seeds, tmp_path / "registry.xlsx")
    return tmp_path / "registry.xlsx"


def change(book: Path, sheet: str, key: str, column: str, value: object) -> int:
    """Write one cell as a colleague would; the row it stands in."""
    opened = load_workbook(book)
    page: Worksheet = opened[sheet]
    header = [cell.value for cell in page[1]]
    row = next(number for number in range(2, page.max_row + 1) if page.cell(number, 1).value == key)
    page.cell(row, header.index(column) + 1).value = value
    opened.save(book)
    return row


@pytest.mark.parametrize("of", [SMALL, FULL], ids=["small", "full"])
def test_there_and_back_changes_nothing(of: Path, tmp_path: Path) -> None:
    rows = export(of, tmp_path / "registry.xlsx")
    assert rows == sum(len(cells_of(of, name)) for name in SHEETS)
    assert differences(of, read(tmp_path / "registry.xlsx")) == []


def test_cells_are_typed_noted_and_offered(book: Path) -> None:
    page = load_workbook(book)["indicator"]
    header = {cell.value: cell for cell in page[1]}
    assert isinstance(page.cell(2, header["due_day"].column).value, int)
    assert page.cell(2, header["next_review"].column).is_date
    assert "higher" in header["direction"].comment.text
    offered = {rule.formula1 for rule in page.data_validations.dataValidation}
    assert '"true,false"' in offered and any("lists!" in formula for formula in offered)


def test_a_changed_an_added_and_a_removed_row(seeds: Path, book: Path) -> None:
    first, last = cells_of(seeds, "indicator")[0], cells_of(seeds, "target")[-1]
    row = change(book, "indicator", first["indicator_id"], "due_day", 45)
    opened = load_workbook(book)
    opened["body"].append(["press", "宣传处", "Press desk"])
    page = opened["target"]
    page.delete_rows(page.max_row)
    opened.save(book)
    found = {(one.table, one.key[0]): one for one in differences(seeds, read(book))}
    assert set(found) == {
        ("indicator", first["indicator_id"]),
        ("body", "press"),
        ("target", last["indicator_id"]),
    }
    changed = found["indicator", first["indicator_id"]]
    assert (changed.row, changed.cells) == (row, {"due_day": (first["due_day"], "45")})
    assert not any(one.conflict for one in found.values())
    apply(seeds, [one.change(seeds) for one in found.values() if one.table != "target"])
    assert cells_of(seeds, "indicator", indicator_id=first["indicator_id"])[0]["due_day"] == "45"
    assert registry.lint(registry.load(seeds)) == []
    assert [one.table for one in differences(seeds, read(book))] == ["target"]


def test_a_row_that_changed_on_both_sides_is_a_conflict(seeds: Path, book: Path) -> None:
    body = cells_of(seeds, "body")[0]
    change(book, "body", body["body_id"], "name_en", "As the colleague has it")
    apply(seeds, [added("body", {**body, "name_en": "As the seeds have it by now"})])
    (found,) = differences(seeds, read(book))
    assert found.conflict
    apply(seeds, [found.change(seeds)])
    assert differences(seeds, read(book)) == []


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda opened: opened.remove(opened["measure"]), "the sheet measure is missing"),
        (lambda opened: opened.create_sheet("notes"), "the sheet notes is no table"),
        (lambda opened: opened["body"].cell(1, 2).__setattr__("value", "name"), "body: the column name is unknown"),
        (lambda opened: opened["body"].append([cell.value for cell in opened["body"][2]]), "is there twice"),
        (lambda opened: opened["body"].cell(1, 4, "name_en"), "body: the column name_en is there twice"),
        (lambda opened: opened["body"].cell(2, 3, '="Desk " & 7'), "body!C2 holds a formula"),
        (lambda opened: opened.remove(opened["base"]), "was not made by"),
    ],
)
def test_a_workbook_that_is_not_ours_any_more_is_told(book: Path, spoil, words: str) -> None:
    opened = load_workbook(book)
    spoil(opened)
    opened.save(book)
    with pytest.raises(WorkbookError, match=words):
        read(book)


def test_what_is_no_workbook_is_told(tmp_path: Path) -> None:
    (tmp_path / "x.xlsx").write_text("no", encoding="utf-8")
    with pytest.raises(WorkbookError, match="no workbook"):
        read(tmp_path / "x.xlsx")


def test_every_sheet_and_column_is_explained_in_both_languages() -> None:
    assert set(TABLE_LABELS) == set(SHEETS)
    used = {(name, column) for name in SHEETS for column in TABLES[name].names}
    assert all(len(label(*one)) == 2 for one in used)
    known = {column for _, column in used} | {".".join(one) for one in used}
    assert set(COLUMN_LABELS) <= known


def test_what_lint_would_say_is_told_with_sheet_and_cell(seeds: Path, book: Path) -> None:
    first = cells_of(seeds, "indicator")[0]["indicator_id"]
    row = change(book, "indicator", first, "owner", "nobody")
    back = read(book)
    trial = tried(seeds, [one.change(seeds) for one in differences(seeds, back)])
    letter = chr(ord("A") + TABLES["indicator"].names.index("owner"))
    assert [(where, finding.rule) for where, finding in places(back, trial)] == [
        (f"indicator!{letter}{row}", "dangling")
    ]
    assert cells_of(seeds, "indicator")[0]["owner"] != "nobody"


def test_text_that_looks_like_a_formula_stays_text(seeds: Path, tmp_path: Path) -> None:
    body = cells_of(seeds, "body")[0]
    apply(seeds, [added("body", {**body, "name_en": "=1+1"})])
    export(seeds, tmp_path / "registry.xlsx")
    assert differences(seeds, read(tmp_path / "registry.xlsx")) == []


def test_figures_and_dates_as_excel_writes_them(seeds: Path, book: Path) -> None:
    opened = load_workbook(book)
    page = opened["target"]
    header = {cell.value: cell.column for cell in page[1]}
    page.cell(2, header["warn"]).value = 0.1 + 0.2
    page.cell(2, header["period_to"]).value = 2029
    page.cell(1, len(header) + 1).number_format = "@"
    opened.save(book)
    (found,) = differences(seeds, read(book))
    assert {name: new for name, (_, new) in found.cells.items()} == {"warn": "0.3", "period_to": "2029"}
