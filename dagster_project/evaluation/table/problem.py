"""What is wrong in a file that a person wrote: where, what, and what to do. All of it, not the first of it."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from difflib import get_close_matches


@dataclass(frozen=True)
class Problem:
    """`line` counts from 1; `column` is a column's name in a table, and where the text begins, from 1, elsewhere."""

    file: str
    line: int
    column: str
    wrong: str
    mend: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}: {self.wrong}; {self.mend}"


class FileError(ValueError):
    """Files that cannot be used. `problems` has everything that was found, by file and line."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(sorted(set(problems), key=_order))
        super().__init__("\n".join(map(str, self.problems)))


def _order(problem: Problem) -> tuple[str, int, int, str, str]:
    column = int(problem.column) if problem.column.isdecimal() else 0
    return problem.file, problem.line, column, problem.column, problem.wrong


class SchemeFileError(FileError):
    """A scheme that cannot be used."""


class TableError(FileError):
    """A table that cannot be used, or that does not have what its scheme asks for."""


# Words offered where none of them is close.
OFFERED = 20


def meant(word: str, known: Collection[str], verb: str = "write") -> str:
    """What somebody who wrote `word` may have meant, as advice."""
    folded = {one.casefold(): one for one in known}
    close = get_close_matches(word.casefold(), list(folded), n=1)
    if close:
        return f"did you mean {folded[close[0]]}?"
    offered = [*list(known)[:OFFERED], *(["..."] if len(known) > OFFERED else [])]
    return f"{verb} one of {', '.join(offered)}" if known else "remove it"
