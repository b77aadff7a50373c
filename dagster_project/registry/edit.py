"""Changing rows of the seeds: a file stays sorted, its other lines as they are; lint says what an edit breaks.

Belongs here: putting rows into files. Which rows an analyst means is for the callers.
"""

from __future__ import annotations

import csv
import io
import shutil
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from dagster_project.files import write_atomically
from dagster_project.registry.lint import lint
from dagster_project.registry.load import load
from dagster_project.registry.model import Finding, Registry
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


@dataclass(frozen=True)
class Trial:
    """The registry as changes would make it: `findings` are those that they add, `files` the bytes that differ."""

    registry: Registry
    findings: list[Finding]
    files: dict[Path, bytes]


def tried(seeds: Path, changes: Iterable[Change]) -> Trial:
    """What the changes would make of the registry. Nothing is written to `seeds`.

    Raises:
        EditError: a row to remove is not there.
    """
    before = {_told(finding) for finding in lint(load(seeds))}
    with tempfile.TemporaryDirectory() as folder:
        trial = Path(folder) / "seeds"
        shutil.copytree(seeds, trial, ignore=shutil.ignore_patterns("published"))
        paths = sorted({_write(trial, change).relative_to(trial) for change in changes})
        registry = load(trial)
        after = [finding for finding in lint(registry) if _told(finding) not in before]
        return Trial(registry, after, {path: (trial / path).read_bytes() for path in paths})


def apply(seeds: Path, changes: Iterable[Change]) -> list[Path]:
    """Make the changes if the registry lints no worse after them; the files that changed.

    Raises:
        Refused: lint would have findings that it does not have now.
        EditError: a row to remove is not there.
    """
    return put(seeds, tried(seeds, changes))


def put(seeds: Path, trial: Trial) -> list[Path]:
    """Write what was tried; the files that changed.

    Raises:
        Refused: the trial has findings.
    """
    if trial.findings:
        raise Refused(trial.findings)
    for path, content in trial.files.items():
        write_atomically(seeds / path, partial(_copy, content))
    return [seeds / path for path in trial.files]


def _copy(text: bytes, path: Path) -> None:
    path.write_bytes(text)


def _told(finding: Finding) -> tuple[str, str, str, str]:
    return finding.file, finding.column, finding.rule, finding.message


def _write(seeds: Path, change: Change) -> Path:
    """Make one change in the file that holds the key, or in that of its part."""
    table = TABLES[change.table]
    folder = seeds / table.folder
    for path in sorted({*folder.glob(f"{table.name}.csv"), *folder.glob(f"{table.name}.*.csv")}):
        lines = _lines(path)
        keys = _keys(table, lines)
        if change.key in keys:
            at = keys.index(change.key) + 1
            lines[at : at + 1] = [] if change.cells is None else [_line(lines, change.cells)]
            path.write_bytes(b"".join(line.encode() for line in lines))
            return path
    if change.cells is None:
        raise EditError(f"{change.table} has no row {', '.join(change.key)}")
    path = folder / (f"{table.name}.{change.part}.csv" if change.part else f"{table.name}.csv")
    lines = _lines(path) if path.is_file() else [",".join(table.names) + "\n"]
    if not lines[-1].endswith("\n"):
        lines[-1] += _end(lines)
    wanted = _order(table, change.key)
    keys = _keys(table, lines)
    at = next((number for number, key in enumerate(keys) if _order(table, key) > wanted), len(keys)) + 1
    lines.insert(at, _line(lines, change.cells))
    path.write_bytes(b"".join(line.encode() for line in lines))
    return path


def _lines(path: Path) -> list[str]:
    """Lines with their ends as they are. A row is a line: no cell of the registry holds a break."""
    return io.StringIO(path.read_bytes().decode(), newline="").readlines()


def _header(lines: list[str]) -> list[str]:
    return next(csv.reader([lines[0].removeprefix("\ufeff")]))


def _end(lines: list[str]) -> str:
    return "\r\n" if lines[0].endswith("\r\n") else "\n"


def _keys(table: Table, lines: list[str]) -> list[tuple[str, ...]]:
    """The key of each line after the header; empty for a line too short to have one."""
    header = _header(lines)
    places = [header.index(name) for name in table.key]
    rows = (next(csv.reader([line]), []) for line in lines[1:])
    return [tuple(row[place] for place in places) if len(row) == len(header) else () for row in rows]


def _order(table: Table, key: tuple[str, ...]) -> list[tuple[int, str]]:
    """What lint sorts by: whole numbers by their size, all else as text."""
    whole = {field.name for field in table.fields if field.kind == "integer"}
    cells = zip(table.key, key, strict=False)
    return [(int(cell) if name in whole and cell.isdigit() else 0, cell) for name, cell in cells]


def _line(lines: list[str], cells: Cells) -> str:
    """A CSV line of the cells, in the order of the header and with its end."""
    stream = io.StringIO()
    csv.writer(stream, lineterminator=_end(lines)).writerow([cells[name] for name in _header(lines)])
    return stream.getvalue()


def part_of(seeds: Path, table: str, key: tuple[str, ...]) -> str:
    """The part of the table in whose file a row stands."""
    spec = TABLES[table]
    for path in sorted((seeds / spec.folder).glob(f"{table}.*csv")):
        if key in _keys(spec, _lines(path)):
            return path.name.removeprefix(table).removesuffix("csv").strip(".")
    raise EditError(f"{table} has no row {', '.join(key)}")


def part_for(seeds: Path, table: str, sub_track_id: str) -> str:
    """The part in which a new row of a sub-track belongs: its sector's, unless only the whole table has a file."""
    part = sub_track_id.split("-")[0].lower()
    folder = seeds / TABLES[table].folder
    whole = (folder / f"{table}.csv").is_file() and not (folder / f"{table}.{part}.csv").is_file()
    return "" if whole else part


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
