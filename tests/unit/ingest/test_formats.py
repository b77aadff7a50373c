"""Every kind of file and every encoding gives the same rows, each with the number it has in its file."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

if TYPE_CHECKING:
    from conftest import World

COLUMNS = ["region", "year", "period", "value", "persons", "flag", "note", "published_on"]
CELLS: list[list[Any]] = [
    ["渝中区", 2022, "2022", 1470.5 / 2, 588717, None, "初步核算", date(2023, 3, 1)],
    ["开州区", 2022, "2022H1", 0, None, "estimated;suspect", 'said "so", twice', date(2023, 3, 1)],
]
TYPED = [tuple(cells) for cells in CELLS]
LINES = [
    "渝中区,2022,2022,735.25,588717,,初步核算,2023-03-01",
    '开州区,2022,2022H1,0,,estimated;suspect,"said ""so"", twice",2023-03-01',
]


def _sheet(*rows: list[Any]) -> bytes:
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def _parquet(types: bool) -> bytes:
    buffer = io.BytesIO()
    columns = {name: list(values) for name, values in zip(COLUMNS, zip(*CELLS, strict=True), strict=True)}
    if not types:
        columns = {name: [None if v is None else str(v) for v in values] for name, values in columns.items()}
    pq.write_table(pa.table(columns), buffer)
    return buffer.getvalue()


def _json_lines() -> str:
    return "".join(json.dumps(dict(zip(COLUMNS, cells, strict=True)), default=str) + "\n" for cells in CELLS)


CSV = ",".join(COLUMNS) + "\n" + "\n".join(LINES) + "\n"


@pytest.mark.parametrize(
    ("name", "content", "encoding", "first"),
    [
        ("a.csv", CSV.encode(), "utf-8", 2),
        ("a.csv", CSV.encode("utf-8-sig"), "utf-8-sig", 2),
        ("a.csv", CSV.encode("gb18030"), "gb18030", 2),
        ("a.csv", CSV.encode("utf-16"), "utf-16", 2),
        ("a.csv", CSV.replace("\n", "\r\n").encode(), "utf-8", 2),
        ("a.csv", CSV.rstrip("\n").encode(), "utf-8", 2),
        ("A.CSV", CSV.replace("region,year", "地区,年份").encode(), "utf-8", 2),
        ("a.jsonl", _json_lines().encode(), "utf-8", 1),
        ("a.ndjson", _json_lines().encode("utf-8-sig"), "utf-8-sig", 1),
        (
            "a.jsonl",
            json.dumps(json.loads(_json_lines().splitlines()[0]), ensure_ascii=False).encode("gb18030")
            + b"\n"
            + _json_lines().splitlines()[1].encode(),
            "gb18030",
            1,
        ),
        ("a.parquet", _parquet(types=True), None, 1),
        ("a.parquet", _parquet(types=False), None, 1),
        ("a.xlsx", _sheet(COLUMNS, *CELLS), None, 2),
        ("a.xlsx", _sheet(COLUMNS, *([None if v is None else str(v) for v in cells] for cells in CELLS)), None, 2),
    ],
)
def test_every_format_and_encoding(world: World, name: str, content: bytes, encoding: str | None, first: int) -> None:
    file = world.land_one(name, content)
    assert file.outcome == "landed"
    assert file.manifest
    assert file.manifest.encoding == encoding
    assert (file.manifest.landed, file.manifest.accepted) == (2, 2)
    assert world.accepted(", ".join(COLUMNS)) == TYPED
    assert world.accepted("_row, _file_id") == [(first, file.manifest.file_id), (first + 1, file.manifest.file_id)]
    (original,) = (world.raw / file.manifest.folder).glob("original.*")
    assert original.read_bytes() == content
    assert not list(world.inbox.iterdir())


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_delimiters(world: World, delimiter: str) -> None:
    header = ["region", "year", "value", "published_on"]
    text = "".join(delimiter.join(row) + "\n" for row in (header, ["渝中区", "2022", "1.5", "2023-03-01"]))
    assert world.land_one("a.csv", text).outcome == "landed"
    assert world.accepted("region, year, value, note") == [("渝中区", 2022, 1.5, None)]


def test_columns_in_any_order_and_optional_ones_left_out(world: World) -> None:
    world.land_one("a.csv", "value,published_on,year,region\n1,2023-03-01,2022,渝中区\n")
    assert world.accepted("region, year, value, flag") == [("渝中区", 2022, 1.0, None)]


def test_line_numbers_over_blank_lines_and_cells_of_several_lines(world: World, rows: Callable[..., str]) -> None:
    world.land_one(
        "a.csv",
        rows(
            "渝中区,2020,,1,,,,2023-03-01",
            "",
            '开州区,2021,,2,,,"two\nlines",2023-03-01',
            "Yubei,2022,,3,,,,2023-03-01",
        ),
    )
    assert world.accepted("_row, region, note") == [
        (2, "渝中区", None),
        (4, "开州区", "two\nlines"),
        (6, "Yubei", None),
    ]


def test_a_damaged_line_costs_no_other(world: World, rows: Callable[..., str]) -> None:
    lines = rows(
        "渝中区,2020,,1,,,,2023-03-01",
        "渝中区,2021,,1",
        '渝中区,2022,,1,,,"never closed,2023-03-01',
        '渝中区,2023,,1,,,"closed"too early,2023-03-01',
        "渝中区,2024,,1,,,BYTE,2023-03-01",
        "开州区,2020,,1,,,,2023-03-01,,",
        "开州区,2021,,1,,,fine,2023-03-01",
    )
    file = world.land_one("a.csv", lines.encode().replace(b"BYTE", b"\xff\xfe"))
    assert file.manifest
    assert (file.manifest.landed, file.manifest.accepted, file.manifest.quarantined) == (7, 2, 5)
    assert world.accepted("_row") == [(2,), (8,)]
    assert world.findings() == {
        (3, None, "malformed"),
        (4, None, "malformed"),
        (5, None, "malformed"),
        (6, None, "encoding"),
        (7, None, "malformed"),
    }


def test_a_json_line_that_is_no_row_costs_no_other(world: World) -> None:
    good = {"region": "渝中区", "year": 2020, "value": 1, "published_on": "2023-03-01"}
    odd = [
        '{"region": ',
        "[1]",
        '"text"',
        json.dumps(good | {"colour": 1}),
        json.dumps(good | {"note": {"a": 1}}),
        '{"region": "渝中区", "region": "Yubei"}',
        json.dumps(good | {"year": 2021, "value": float("nan")}),
    ]
    file = world.land_one("a.jsonl", "\n".join([json.dumps(good), "", *odd]))
    assert file.manifest
    assert (file.manifest.landed, file.manifest.accepted) == (8, 1)
    assert world.findings() == {*((row, None, "malformed") for row in range(3, 9)), (9, "value", "not_finite")}


def test_a_formula_in_a_workbook_is_seen_behind_its_cached_value(world: World) -> None:
    bad = ["渝中区", 2022, None, "=1+1", None, None, '=HYPERLINK("http://x")', "2023-03-01"]
    file = world.land_one("a.xlsx", _sheet(COLUMNS, bad, CELLS[1]))
    assert file.manifest
    assert (file.manifest.accepted, file.manifest.quarantined) == (1, 1)
    assert world.findings() == {(2, "value", "formula"), (2, "note", "formula")}
    assert world.accepted("_row") == [(3,)]


def test_a_workbook_keeps_its_row_numbers_over_empty_rows(world: World) -> None:
    world.land_one("a.xlsx", _sheet(COLUMNS, [], CELLS[0], [None] * 9, [*CELLS[1][:-1], datetime(2023, 3, 1)]))
    assert world.accepted("_row, published_on") == [(3, date(2023, 3, 1)), (5, date(2023, 3, 1))]


def test_a_workbook_row_wider_than_its_header(world: World) -> None:
    world.land_one("a.xlsx", _sheet(COLUMNS, [*CELLS[0], "more"], CELLS[1]))
    assert world.findings() == {(2, None, "malformed")}
