"""Results of others that lie beside the project, not in it: ../shared/reference. Tests skip where they are missing."""

from __future__ import annotations

import csv
import json
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

REFERENCE = Path(__file__).parents[4] / "shared" / "reference"
COINR = REFERENCE / "coinr"
MCDM = REFERENCE / "mcdm"

with_coinr = pytest.mark.skipif(
    not COINR.is_dir(),
    reason="COINr's results are not part of the project; they are read from ../shared/reference/coinr",
)
with_mcdm = pytest.mark.skipif(
    not MCDM.is_dir(),
    reason="Results of pymcdm and scikit-criteria are not part of the project; they are read from "
    "../shared/reference/mcdm",
)


def read(path: Path) -> dict[str, list[str]]:
    with path.open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    return {column: [row[column] for row in rows] for column in rows[0]}


def numbers(cells: list[str]) -> np.ndarray:
    return np.array([float(cell) if cell not in ("", "NA", "NaN") else np.nan for cell in cells])


@cache
def indicators() -> tuple[list[str], np.ndarray, list[str]]:
    """Codes of the ASEM indicators, their direction (I, 1), and the code of their denominator ("" where none)."""
    meta = read(COINR / "input_iMeta.csv")
    own = [at for at, kind in enumerate(meta["Type"]) if kind == "Indicator"]
    direction = np.array([[int(meta["Direction"][at])] for at in own])
    return [meta["iCode"][at] for at in own], direction, [meta["Denominator"][at] for at in own]


@cache
def asem(name: str) -> np.ndarray:
    """One of COINr's tables over the ASEM indicators, (I, U): the units in the order of the raw data."""
    codes, _, _ = indicators()
    table, raw = read(COINR / f"{name}.csv"), read(COINR / "input_iData.csv")
    units = table["UnitCode" if "UnitCode" in table else "uCode"]
    assert sorted(units) == sorted(raw["uCode"])
    rows = [units.index(code) for code in raw["uCode"]]
    return np.array([numbers(table[code])[rows] for code in codes])


@cache
def panel(name: str) -> tuple[np.ndarray, np.ndarray]:
    """One of COINr's panels, (P, I, U): years, those of its columns that are indicators, units; and the years."""
    table = read(COINR / f"{name}.csv")
    years, period = np.unique(np.array([int(year) for year in table["Time"]]), return_inverse=True)
    unit = np.unique(table["uCode"], return_inverse=True)[1]
    codes = [code for code in indicators()[0] if code in table]
    values = np.full((len(years), len(codes), unit.max() + 1), np.nan)
    for at, code in enumerate(codes):
        values[period, at, unit] = numbers(table[code])
    return values, years


@cache
def mcdm_cases(name: str) -> Any:
    return json.loads((MCDM / f"{name}.json").read_text(encoding="utf-8"))


def peer_case(file: str, name: str) -> dict[str, Any]:
    """The data of one test of a library, in `file`, by its own name."""
    cases = mcdm_cases(file)
    [found] = [c["data"] for c in cases if name == (c["case"] if "case" in c else c["test"].split("::")[1])]
    return dict(found)


def children(matrix: list[list[float]]) -> np.ndarray:
    """Other libraries have alternatives by criteria."""
    return np.array([[np.nan if cell is None else cell for cell in row] for row in matrix], dtype=float).T


def pymcdm_case(case: str) -> dict[str, Any]:
    """The data of one of pymcdm's own tests."""
    [found] = [test["data"] for test in mcdm_cases("pymcdm_tests") if test["case"] == case]
    return dict(found)


def scikit_criteria_case(test: str) -> dict[str, Any]:
    """The data of one of scikit-criteria's own tests."""
    [found] = [case["data"] for case in mcdm_cases("scikit_criteria_tests") if case["test"] == test]
    return dict(found)
