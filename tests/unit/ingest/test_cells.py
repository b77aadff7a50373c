"""Every kind of cell that does not fit its column, one by one and against a slow second judge."""

from __future__ import annotations

import csv
import io
import math
import re
from collections import Counter
from collections.abc import Callable
from datetime import date
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

if TYPE_CHECKING:
    from conftest import World

GOOD = {
    "region": "渝中区",
    "year": "2022",
    "period": "2022Q1",
    "value": "5",
    "persons": "7",
    "flag": "estimated",
    "note": "ok",
    "published_on": "2023-03-01",
}

BAD = [
    ("region", "", "required"),
    ("region", "  ", "required"),
    ("region", "Atlantis", "allowed"),
    ("region", "../../etc/passwd", "allowed"),
    ("region", "=渝中区", "formula"),
    ("year", "2022.5", "type"),
    ("year", "MMXXII", "type"),
    ("year", "1522", "date"),
    ("year", "2027", "date"),
    ("year", "99999999999", "range"),
    ("period", "2022-13-01", "format"),
    ("period", "2022-02-30", "format"),
    ("period", "2022Q5", "format"),
    ("period", "2099M01", "date"),
    ("period", "1066", "date"),
    ("value", "", "required"),
    ("value", "NaN", "not_finite"),
    ("value", "inf", "not_finite"),
    ("value", "-Infinity", "not_finite"),
    ("value", "1e999", "not_finite"),
    ("value", "1000.01", "range"),
    ("value", "-1", "range"),
    ("value", "1,234.5", "type"),
    ("value", "about 5", "type"),
    ("value", "5%", "type"),
    ("value", "=1+1", "formula"),
    ("value", "-", "type"),
    ("persons", "3000000000", "range"),
    ("persons", "1.5", "type"),
    ("flag", "estimated;invented", "allowed"),
    ("flag", "estimated,suspect", "allowed"),
    ("note", "=cmd|' /C calc'!A0", "formula"),
    ("note", " =1+1", "formula"),
    ("note", "@SUM(A1)", "formula"),
    ("note", "+1+cmd", "formula"),
    ("note", "-1+cmd", "formula"),
    ("note", "\t=1", "formula"),
    ("note", "＝1+1", "formula"),
    ("note", "a\x00b", "control_character"),
    ("note", "a\x1b[31mb", "control_character"),
    ("note", "a\x7fb", "control_character"),
    ("published_on", "", "required"),
    ("published_on", "2025-07-01", "future"),
    ("published_on", "0001-01-01", "date"),
    ("published_on", "9999-12-31", "future"),
    ("published_on", "2023-02-30", "type"),
    ("published_on", "infinity", "type"),
    ("published_on", "epoch", "type"),
    ("published_on", "2023-03-01 (BC)", "type"),
    ("published_on", "44986", "type"),
    ("published_on", "01/03/2023", "type"),
]

FINE = [
    ("region", " 渝中区 "),
    ("year", "2022.0"),
    ("period", ""),
    ("period", "2022-02-28"),
    ("value", "-0"),
    ("value", "+5"),
    ("value", "1e2"),
    ("value", " 7.5 "),
    ("persons", ""),
    ("flag", "suspect;estimated"),
    ("flag", ""),
    ("note", "-"),
    ("note", "-3.5"),
    ("note", "+3.5%"),
    ("note", "两行\n文字"),
    ("note", "a = b, c@d"),
    ("note", "《公报》:增长 5.2%"),
    ("published_on", "2023/3/1"),
    ("published_on", "2025-06-30"),
]


def _csv(*rows: dict[str, str]) -> str:
    buffer = io.StringIO()
    writer = csv.DictWriter(buffer, list(rows[0]) if rows else list(GOOD), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return buffer.getvalue()


@pytest.mark.parametrize(("column", "cell", "reason"), BAD)
def test_a_bad_cell_is_quarantined_with_its_place_value_and_reason(
    world: World, column: str, cell: str, reason: str
) -> None:
    other = GOOD | {"region": "开州区"}
    file = world.land_one("a.csv", _csv(other, GOOD | {column: cell}))
    assert file.manifest
    assert (file.manifest.landed, file.manifest.accepted, file.manifest.quarantined) == (2, 1, 1)
    assert file.manifest.reasons == {reason: 1}
    (finding,) = world.quarantine()
    assert (finding["file"], finding["row"], finding["column"], finding["reason"]) == ("a.csv", 3, column, reason)
    assert (finding["value"] or "") == cell
    assert world.accepted("region") == [("开州区",)]


@pytest.mark.parametrize(("column", "cell"), FINE)
def test_a_fine_cell_is_accepted(world: World, column: str, cell: str) -> None:
    world.land_one("a.csv", _csv(GOOD | {column: cell}))
    assert world.findings() == set()
    ((accepted,),) = world.accepted(column)
    if isinstance(accepted, str):
        assert accepted == cell.strip()
    elif isinstance(accepted, date):
        assert accepted == date(*map(int, re.split("[-/]", cell)))
    else:
        assert (accepted is None and not cell) or accepted == float(cell)


@pytest.mark.parametrize(
    ("column", "cell", "reason"),
    [
        ("seen_at", "2024-03-05 08:30:00", None),
        ("seen_at", "", None),
        ("seen_at", "2024-02-29 23:59:59", None),
        ("seen_at", "2023-02-29 08:30:00", "format"),
        ("seen_at", "2024-03-05 24:30:00", "format"),
        ("seen_at", "2024-13-05 08:30:00", "format"),
        ("seen_at", "2024-03-05T08:30:00", "format"),
        ("seen_at", "2024-03-05 08:30", "format"),
        ("seen_at", "yesterday, at eight", "format"),
        ("amount", "9e17", None),
        ("amount", "-9e17", None),
        ("amount", "1e19", "range"),
        ("amount", "-1e300", "range"),
    ],
)
def test_what_a_model_would_stumble_over_stays_out(world: World, column: str, cell: str, reason: str | None) -> None:
    """Moments that no calendar has, numbers too large to be summed: one such cell would stop the whole build."""
    made = world.contract.columns[0]
    free = {"key": False, "required": False, "allowed": None}
    moment = made.model_copy(update={"name": "seen_at", "format": "moment", **free})
    amount = made.model_copy(update={"name": "amount", "type": "double", **free})
    world.contract = world.contract.model_copy(update={"columns": (*world.contract.columns, moment, amount)})
    world.land_one("a.csv", _csv(GOOD | {"seen_at": "", "amount": "", column: cell}))
    assert world.findings() == ({(2, column, reason)} if reason else set())


def test_a_row_with_several_bad_cells_counts_once(world: World) -> None:
    file = world.land_one("a.csv", _csv(GOOD | {"value": "x", "note": "=1"}))
    assert file.manifest
    assert (file.manifest.landed, file.manifest.quarantined) == (1, 1)
    assert file.manifest.reasons == {"formula": 1, "type": 1}


@pytest.mark.parametrize("size", [1 << 20, 100 << 20])
def test_a_huge_cell_is_refused_clearly_and_costs_no_other(world: World, size: int) -> None:
    file = world.land_one("a.csv", _csv(GOOD, GOOD | {"note": "x" * size, "year": "2021"}, GOOD | {"year": "2020"}))
    assert file.manifest
    assert (file.manifest.landed, file.manifest.accepted) == (3, 2)
    (finding,) = world.quarantine()
    assert (finding["row"], finding["reason"]) == (3, "too_long")
    assert len(finding["value"]) <= 200
    assert len(finding["raw"]) < 2000


def test_equal_rows_keep_the_first(world: World) -> None:
    world.land_one("a.csv", _csv(GOOD, GOOD | {"region": "开州区"}, GOOD))
    assert world.accepted("_row") == [(2,), (3,)]
    assert world.findings() == {(4, "region, year", "duplicate")}


def test_rows_with_one_key_that_differ_are_all_kept_out(world: World) -> None:
    world.land_one("a.csv", _csv(GOOD, GOOD | {"value": "6"}, GOOD, GOOD | {"region": "开州区"}))
    assert world.accepted("_row") == [(5,)]
    assert world.findings() == {(row, "region, year", "conflict") for row in (2, 3, 4)}


def test_a_row_kept_out_for_another_reason_contradicts_nobody(world: World) -> None:
    world.land_one("a.csv", _csv(GOOD, GOOD | {"value": "x"}))
    assert world.accepted("_row") == [(2,)]


def test_keys_compare_as_values_not_as_text(world: World) -> None:
    world.land_one("a.csv", _csv(GOOD, GOOD | {"year": " 2022.0", "region": "渝中区 "}))
    assert {reason for _, _, reason in world.findings()} == {"conflict"}


def _fits(column: str, cell: str) -> bool:
    """The slow obvious judge of one cell."""
    text = cell.strip(" ")
    if not text:
        return (
            column not in ("region", "year", "value", "published_on")
            and (column != "value")
            and (column not in ("persons", "period") or cell == "")
        )
    if column == "region":
        return text in ("渝中区", "开州区", "开县", "Yubei")
    if column == "flag":
        return all(part in ("estimated", "suspect", "") for part in text.split(";"))
    if column == "note":
        plain = re.fullmatch(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?%?|-+", text)
        return text[0] not in "=@＝＠" and (text[0] not in "+-＋－" or plain is not None)
    if column == "period":
        return re.fullmatch(r"(19\d\d|20[01]\d|202[0-6])(H[12]|Q[1-4]|M(0[1-9]|1[0-2]))?", cell) is not None
    if column == "published_on":
        try:
            return date(1900, 1, 1) <= date.fromisoformat(text) <= date(2025, 6, 30)
        except ValueError:
            return False
    try:
        number = float(text)
    except ValueError:
        return False
    low, high = {"year": (1900, 2026), "value": (0, 1000), "persons": (-(2**31) + 1, 2**31 - 1)}[column]
    return math.isfinite(number) and low <= number <= high and (column == "value" or number == int(number))


CELLS = {
    "region": st.sampled_from(["渝中区", "开州区", " Yubei", "", "=渝中区", "重庆"]),
    "year": st.sampled_from(["2020", "2021", "2022.0", "2022.5", "1800", "x", ""]),
    "period": st.sampled_from(["2020", "2020H1", "2020Q9", "", "2050"]),
    "value": st.one_of(st.floats().map(repr), st.sampled_from(["", "nan", "=1", "5 ", "1000", "1000.1"])),
    "persons": st.one_of(st.integers(-(2**33), 2**33).map(str), st.just("")),
    "flag": st.sampled_from(["", "estimated", "suspect;estimated", "wrong", "estimated;wrong"]),
    "note": st.text("=+-@ ab1.\"',\n渝＝", max_size=6).filter(lambda text: not text.startswith(("\n", " \n"))),
    "published_on": st.sampled_from(["2024-01-31", "2024-02-30", "2025-07-01", ""]),
}


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=st.lists(st.fixed_dictionaries(CELLS), max_size=12))
def test_the_sql_rules_agree_with_the_slow_judge(new_world: Callable[[], World], rows: list[dict[str, str]]) -> None:
    world = new_world()
    file = world.land_one("a.csv", _csv(*rows))
    numbers: list[int] = []
    line = 2
    for row in rows:
        numbers.append(line)
        line += 1 + row["note"].count("\n")
    bad = {
        (n, name) for n, row in zip(numbers, rows, strict=True) for name, cell in row.items() if not _fits(name, cell)
    }
    whole = [(n, row) for n, row in zip(numbers, rows, strict=True) if not any(n == number for number, _ in bad)]
    keys = {n: (row["region"].strip(), float(row["year"])) for n, row in whole}
    contents = {key: {tuple(row.values()) for n, row in whole if keys[n] == key} for key in keys.values()}
    firsts = {key: min(n for n in keys if keys[n] == key) for key in keys.values()}
    accepted = {n for n, key in keys.items() if len(contents[key]) == 1 and firsts[key] == n}

    assert {(n, name) for n, name, reason in world.findings() if reason not in ("duplicate", "conflict")} == bad
    assert {n for (n,) in world.accepted("_row")} == accepted
    assert file.manifest
    assert (file.manifest.landed, file.manifest.accepted) == (len(rows), len(accepted))
    assert Counter(file.manifest.reasons).total() == len(world.quarantine())
