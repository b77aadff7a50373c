"""A table of units by indicators in a CSV file: read with every cell that is wrong, and made into a scheme's inputs.

Belongs here: what a cell may say. Does not belong here: the scheme's own file, scores.
"""

from __future__ import annotations

import csv
import io
import math
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from dagster_project.evaluation.table.marked import number_in
from dagster_project.evaluation.table.problem import Problem, TableError, meant
from dagster_project.evaluation.table.scheme_choices import Column, Reference
from dagster_project.evaluation.table.scheme_file import SchemeFile
from dagster_project.evaluation.table.scheme_tree import Leaf
from dagster_project.evaluation.table.text_file import read_text
from dagster_project.scoring.denominate import denominate
from dagster_project.scoring.normalise import NO_GROUP, Floats
from dagster_project.scoring.prepare import Inputs
from dagster_project.scoring.progress import change, growth

DELIMITERS = (",", "\t", ";", "|")
# What people write where they have no figure; only an empty cell says so here.
NO_FIGURE = {"na", "n/a", "nan", "null", "none", "-", "--", "—", "..", "...", "/", "缺失", "无"}


@dataclass(frozen=True)
class Table:
    """U units in the order of their rows; `groups` has the names that codes stand for.

    Shapes: figures of a column (U,), NaN where the cell is empty; codes (U,).
    """

    file: str
    units: tuple[str, ...]
    lines: tuple[int, ...]
    groups: tuple[str, ...]
    codes: np.ndarray
    figures: dict[str, Floats]


def read_table(path: Path, asked: SchemeFile) -> Table:
    """The columns that a scheme asks for.

    Raises:
        TableError: with every problem of the table, and every column of the scheme that it does not have.
    """
    return _Reader(str(path), asked).read(read_text(path, TableError))


@dataclass
class _Reader:
    file: str
    asked: SchemeFile
    problems: list[Problem] = field(default_factory=list)
    header_line: int = 1

    def read(self, text: str) -> Table:
        header, rows = self._rows(text.removeprefix("\ufeff"))
        columns = self._columns(header)
        unit = self._place(columns, self.asked.unit) if self.asked.unit else 0
        group = self._place(columns, self.asked.group) if self.asked.group else None
        places = {column.name: self._place(columns, column) for column in _asked(self.asked)}
        units = self._units(rows, unit, header)
        named = [row[group].strip() for _, row in rows] if group is not None else [""] * len(rows)
        figures = {
            name: np.array([self._figure(line, name, row[at]) for line, row in rows])
            for name, at in places.items()
            if at is not None
        }
        if self.problems:
            raise TableError(self.problems)
        groups = tuple(sorted(set(named) - {""})) if group is not None else ("",)
        code = {name: at for at, name in enumerate(groups)}
        codes = np.array([code.get(name, NO_GROUP) for name in named], dtype=np.int64)
        return Table(self.file, units, tuple(line for line, _ in rows), groups, codes, figures)

    def _refuse(self, line: int, column: str, wrong: str, mend: str) -> None:
        self.problems.append(Problem(self.file, line, column, wrong, mend))

    def _rows(self, text: str) -> tuple[list[str], list[tuple[int, list[str]]]]:
        """The header, and the rows with the lines they begin at; those of another length are left out."""
        if not text.strip():
            self._refuse(1, "", "the table is empty", "write a header with the columns' names, and a row for each unit")
            raise TableError(self.problems)
        first = text.lstrip().splitlines()[0]
        lines = io.StringIO(text, newline=None)
        reader = csv.reader(lines, delimiter=max(DELIMITERS, key=first.count), strict=True)
        found: list[tuple[int, list[str]]] = []
        begins = 1
        try:
            for row in reader:
                if any(cell.strip() for cell in row):
                    found.append((begins, row))
                begins = reader.line_num + 1
        except csv.Error as error:
            self._refuse(begins, "", f"no CSV: {error}", "close the quotes, and double those inside a cell")
            raise TableError(self.problems) from error
        self.header_line, header = found[0][0], [name.strip() for name in found[0][1]]
        while not header[-1]:
            header.pop()
        rows = []
        for line, row in found[1:]:
            if len(row) < len(header) or any(cell.strip() for cell in row[len(header) :]):
                wrong = f"{len(row)} cells where the header has {len(header)}"
                self._refuse(line, "", wrong, "write a cell for each column, and quote a cell that holds the delimiter")
            else:
                rows.append((line, row))
        if len(found) == 1:
            self._refuse(self.header_line, "", "no row below the header", "write a row for each unit")
        return header, rows

    def _columns(self, header: list[str]) -> dict[str, int]:
        columns: dict[str, int] = {}
        for at, name in enumerate(header):
            if not name:
                self._refuse(self.header_line, str(at + 1), f"column {at + 1} has no name", "name it, or remove it")
            elif name in columns:
                self._refuse(
                    self.header_line,
                    name,
                    f"columns {columns[name] + 1} and {at + 1} have one name",
                    "rename one of them",
                )
            else:
                columns[name] = at
        return columns

    def _place(self, columns: dict[str, int], column: Column) -> int | None:
        if column.name not in columns:
            mend = meant(column.name, columns, "name")
            wrong = f"no column {column.name!r} in {self.file}"
            self.problems.append(Problem(self.asked.file, column.place.line, str(column.place.column), wrong, mend))
        return columns.get(column.name)

    def _units(self, rows: list[tuple[int, list[str]]], at: int | None, header: list[str]) -> tuple[str, ...]:
        lines: dict[str, int] = {}
        if at is None:
            return ()
        for line, row in rows:
            unit, column = row[at].strip(), header[at]
            if not unit:
                self._refuse(line, column, "a row without its unit", "write the unit's id, or remove the row")
            elif unit in lines:
                wrong = f"unit {unit!r} stands on line {lines[unit]} already"
                self._refuse(line, column, wrong, "keep one row for each unit")
            else:
                lines[unit] = line
        return tuple(lines)

    def _figure(self, line: int, column: str, cell: str) -> float:
        word = cell.strip()
        if not word:
            return math.nan
        number = number_in(word)
        if number is not None:
            return number
        mend = "write a number such as 1234.5, without signs for thousands or units"
        if word.casefold() in NO_FIGURE:
            mend = "leave the cell empty where there is no figure"
        self._refuse(line, column, f"{word[:60]!r} is no number", mend)
        return math.nan


def _asked(file: SchemeFile) -> list[Column]:
    """Every column whose cells are figures, each place of the scheme that names it."""
    found = list(file.extras)
    for leaf in file.leaves:
        more = (leaf.column, leaf.before, leaf.denominator, leaf.spread, *leaf.references.values())
        found += [column for column in more if isinstance(column, Column)]
    return found


def inputs_of(table: Table, file: SchemeFile) -> Inputs:
    """What the engine scores.

    Raises:
        TableError: figures that have no logarithm, or a spread below 0.
    """
    problems: list[Problem] = []
    extras = np.stack([table.figures[column.name] for column in file.extras]) if file.extras else np.zeros((0, 1))
    low, high, target, best_low, best_high = (
        np.stack([_reference(table, leaf, name, problems) for leaf in file.leaves])
        for name in ("low", "high", "target", "best_low", "best_high")
    )
    values = np.stack([_values(table, leaf, problems) for leaf in file.leaves])
    if problems:
        raise TableError(problems)
    return Inputs(values, table.codes, None, low, high, target, best_low, best_high, extras=extras)


def spread_of(table: Table, file: SchemeFile) -> Floats | None:
    """(I, U), the standard deviation of each figure, 0 where it is certain; None if no leaf says one.

    Raises:
        TableError: a standard deviation below 0.
    """
    if not any(leaf.spread is not None for leaf in file.leaves):
        return None
    found, problems = np.zeros((len(file.leaves), len(table.units))), list[Problem]()
    for row, leaf in enumerate(file.leaves):
        if leaf.spread is None:
            continue
        figures = _figures(table, leaf.spread)
        column = leaf.spread.name if isinstance(leaf.spread, Column) else ""
        for at in np.flatnonzero(figures < 0):
            wrong = f"{figures[at]:g} as a standard deviation"
            problems.append(Problem(table.file, table.lines[at], column, wrong, "write 0 or more"))
        if leaf.denominator:
            figures = denominate(figures, table.figures[leaf.denominator.name])
        found[row] = np.nan_to_num(figures)
    if problems:
        raise TableError(problems)
    return found


def measured(table: Table, leaf: Leaf) -> Floats:
    """(U,), what a leaf measures: the level or progress of its column, over its denominator; before any transform."""
    values = table.figures[leaf.column.name]
    if leaf.before and leaf.measure != "level":
        values = (change if leaf.measure == "change" else growth)(values, table.figures[leaf.before.name])
    if leaf.denominator:
        values = denominate(values, table.figures[leaf.denominator.name])
    return values


def _values(table: Table, leaf: Leaf, problems: list[Problem]) -> Floats:
    values = measured(table, leaf)
    return values if leaf.transform == "none" else _logarithm(table, leaf, leaf.column.name, values, problems)


def _reference(table: Table, leaf: Leaf, name: str, problems: list[Problem]) -> Floats:
    """A goalpost or target for each unit. One number is through the leaf's transform already, a column is not."""
    given = leaf.references.get(name, math.nan)
    figures = _figures(table, given)
    if isinstance(given, Column) and leaf.transform != "none":
        return _logarithm(table, leaf, given.name, figures, problems)
    return figures


def _figures(table: Table, given: Reference) -> Floats:
    return table.figures[given.name] if isinstance(given, Column) else np.full(len(table.units), given)


def _logarithm(table: Table, leaf: Leaf, column: str, figures: Floats, problems: list[Problem]) -> Floats:
    for at in np.flatnonzero(figures <= 0):
        wrong = f"{figures[at]:g} of {leaf.id} has no logarithm"
        mend = "correct it, leave the cell empty, or remove transform: log from the scheme"
        problems.append(Problem(table.file, table.lines[at], column, wrong, mend))
    return np.log(figures, out=np.full(figures.shape, np.nan), where=figures > 0)
