"""A text file that a person wrote, in whatever encoding a spreadsheet saved it."""

from __future__ import annotations

from pathlib import Path

from dagster_project.evaluation.table.problem import FileError, Problem
from dagster_project.ingest.scan import likely_encoding, marked_encoding


def read_text(path: Path, error: type[FileError]) -> str:
    """The file's text; UTF-8, or UTF-16 with its mark, or GB18030.

    Raises:
        error: bytes that are no text; names the line.
    """
    encoding = marked_encoding(path) or likely_encoding(path)
    with path.open("rb") as file:
        raw = file.read()
    try:
        return raw.decode(encoding)
    except UnicodeDecodeError as damage:
        line = raw[: damage.start].count(b"\n") + 1
        wrong = f"bytes that are no {encoding.removesuffix('-sig').upper()}"
        raise error([Problem(str(path), line, "", wrong, "save the file again as UTF-8")]) from damage
