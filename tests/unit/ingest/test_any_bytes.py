"""Whatever bytes a file holds: it lands or is refused, every row is accounted for, and nothing raises."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from typing import TYPE_CHECKING

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dagster_project.ingest import ledger

if TYPE_CHECKING:
    from conftest import World

HEADER = b"region,year,value,note,published_on"
GOOD = "渝中区,2022,1,x,2023-03-01"
PIECES = st.sampled_from(
    [
        GOOD.encode(),
        GOOD.encode("gb18030"),
        b",",
        b'"',
        b"\n",
        b"\r\n",
        b"\r",
        b"\x00",
        b"\xff",
        b"\xef\xbb\xbf",
        b"'",
        b"=1",
        b"\\",
        b"2023-03-01",
        b"\t",
        b";",
        b"NaN",
        b"{",
        b"}",
        b'{"region": "a"}',
        b"[",
        b"\x01",
        "𠀀".encode(),
        "\u2028".encode(),
        b"-",
        b"1e999",
        b" ",
    ]
)
RELAXED = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def _valid_workbook() -> bytes:
    book = openpyxl.Workbook()
    book.active.append(HEADER.decode().split(","))
    book.active.append(GOOD.split(","))
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def _valid_parquet() -> bytes:
    buffer = io.BytesIO()
    pq.write_table(pa.table({k: [v] for k, v in zip(HEADER.decode().split(","), GOOD.split(","), strict=True)}), buffer)
    return buffer.getvalue()


WORKBOOK, PARQUET = _valid_workbook(), _valid_parquet()


def _lands(world: World, name: str, content: bytes) -> None:
    world.drop(name, content)
    (file,) = world.land()
    assert file.outcome in ("landed", "refused")
    assert file.manifest
    assert file.manifest.landed == file.manifest.accepted + file.manifest.quarantined
    assert ledger.prove(world.raw) == []
    assert not list(world.inbox.iterdir())


@RELAXED
@given(content=st.one_of(st.binary(max_size=200), st.lists(PIECES, max_size=40).map(b"".join)), known=st.booleans())
@pytest.mark.parametrize("suffix", ["csv", "jsonl"])
def test_text(new_world: Callable[[], World], suffix: str, content: bytes, known: bool) -> None:
    _lands(new_world(), f"a.{suffix}", HEADER + b"\n" + content if known and suffix == "csv" else content)


@RELAXED
@given(data=st.data())
@pytest.mark.parametrize(("suffix", "valid"), [("xlsx", WORKBOOK), ("parquet", PARQUET)])
def test_damaged_binary(new_world: Callable[[], World], suffix: str, valid: bytes, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(valid)))
    length = data.draw(st.integers(0, 20))
    _lands(new_world(), f"a.{suffix}", valid[:start] + data.draw(st.binary(max_size=20)) + valid[start + length :])


@RELAXED
@given(cells=st.lists(st.lists(st.text(max_size=8), min_size=5, max_size=5), min_size=1, max_size=5))
def test_any_text_in_json_lines_is_counted_row_by_row(new_world: Callable[[], World], cells: list[list[str]]) -> None:
    world = new_world()
    keys = HEADER.decode().split(",")
    world.drop("a.jsonl", "".join(json.dumps(dict(zip(keys, row, strict=True))) + "\n" for row in cells))
    (file,) = world.land()
    assert file.manifest
    assert file.manifest.landed == len(cells)
    assert ledger.prove(world.raw) == []
