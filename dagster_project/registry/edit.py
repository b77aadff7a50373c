"""Changing rows of the seeds: a file stays sorted, its other lines as they are; lint says what an edit breaks.

Belongs here: putting rows into files. Which rows an analyst means is for the callers.
"""

from __future__ import annotations

import csv
import io
import os
import shutil
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from dagster_project.files import write_atomically
from dagster_project.registry.lint import lint
from dagster_project.registry.load import load
from dagster_project.registry.model import Finding
from dagster_project.registry.spec import TABLES, Table

Cells = Mapping[str, str]


class EditError(ValueError):
    """An edit that cannot be made; says what is in its way."""


class Refused(EditError):
    """An edit after which the registry would not lint; `findings` are those that it adds."""

    def __init__(self, findings: list[Finding]) -> None:
        self.findings = findings
        super().__init__("the registry would not lint:\n" + "\n".join(str(finding) for finding in findings))


@dataclass(frozen=True)
class Change:
    """A row to put in place of the one with the same key, or to add; without `cells` the row with `key` goes.

    `part` names the file `<table>.<part>.csv` that an added row goes to; where it is empty, `<table>.csv`.
    """

    table: str
    key: tuple[str, ...]
    cells: Cells | None
    part: str = ""


def added(table: str, cells: Cells, part: str = "") -> Change:
    """A change that puts these cells under their own key; columns that are not named are empty."""
    spec = TABLES[table]
    whole = {name: str(cells.get(name, "")) for name in spec.names}
    return Change(table, tuple(whole[name] for name in spec.key), whole, part)


def apply(seeds: Path, changes: Iterable[Change]) -> list[Path]:
    """Make the changes if the registry lints no worse after them; the files that changed.

    Raises:
        Refused: lint would have findings that it does not have now.
        EditError: a row to remove is not there.
    """
    changes = list(changes)
    before = {_told(finding) for finding in lint(load(seeds))}
    with tempfile.TemporaryDirectory() as folder:
        trial = Path(folder) / "seeds"
        shutil.copytree(seeds, trial, ignore=shutil.ignore_patterns("published"))
        paths = [_write(trial, change) for change in changes]
        after = [finding for finding in lint(load(trial)) if _told(finding) not in before]
        if after:
            raise Refused(after)
        changed = sorted({path.relative_to(trial) for path in paths})
        for path in changed:
            text = (trial / path).read_bytes()
            write_atomically(seeds / path, partial(_copy, text))
    return [seeds / path for path in changed]


def _copy(text: bytes, path: Path) -> None:
    path.write_bytes(text)


def _told(finding: Finding) -> tuple[str, str, str, str]:
    return finding.file, finding.column, finding.rule, finding.message


def _write(seeds: Path, change: Change) -> Path:
    """Make one change in the file that holds the key, or in that of its part."""
    table = TABLES[change.table]
    folder = seeds / table.folder
    files = sorted({*folder.glob(f"{table.name}.csv"), *folder.glob(f"{table.name}.*.csv")})
    for path in files:
        lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
        keys = _keys(table, lines)
        if change.key in keys:
            at = keys.index(change.key) + 1
            lines[at : at + 1] = [] if change.cells is None else [_line(_header(lines), change.cells)]
            path.write_text("".join(lines), encoding="utf-8")
            return path
    if change.cells is None:
        raise EditError(f"{change.table} has no row {', '.join(change.key)}")
    path = folder / (f"{table.name}.{change.part}.csv" if change.part else f"{table.name}.csv")
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True) if path.is_file() else [_line(table.names)]
    if not lines[-1].endswith("\n"):
        lines[-1] += os.linesep
    keys = _keys(table, lines)
    at = next((number for number, key in enumerate(keys) if key > change.key), len(keys)) + 1
    lines.insert(at, _line(_header(lines), change.cells))
    path.write_text("".join(lines), encoding="utf-8")
    return path


def _header(lines: list[str]) -> list[str]:
    return next(csv.reader([lines[0].removeprefix("\ufeff")]))


def _keys(table: Table, lines: list[str]) -> list[tuple[str, ...]]:
    """The key of each line after the header. A row is a line: no cell of the registry holds a break."""
    header = _header(lines)
    places = [header.index(name) for name in table.key]
    return [tuple(row[place] for place in places) for row in csv.reader(lines[1:])]


def _line(header: list[str], cells: Cells | None = None) -> str:
    """A CSV line of the cells in the header's order, or of the header itself."""
    stream = io.StringIO()
    row = header if cells is None else [cells[name] for name in header]
    csv.writer(stream, lineterminator="\n").writerow(row)
    return stream.getvalue()


def cells_of(seeds: Path, table: str, **wanted: str) -> list[dict[str, str]]:
    """Rows of a table as text, as they stand in the files, whose cells are those wanted."""
    spec = TABLES[table]
    folder = seeds / spec.folder
    found = []
    for path in sorted({*folder.glob(f"{spec.name}.csv"), *folder.glob(f"{spec.name}.*.csv")}):
        with path.open(encoding="utf-8-sig", newline="") as stream:
            for row in csv.DictReader(stream):
                if all(row[column] == cell for column, cell in wanted.items()):
                    found.append(dict(row))
    return found
