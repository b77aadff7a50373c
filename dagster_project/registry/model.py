"""What the other modules pass to each other: findings, a loaded registry, rows of its tables."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

Row = dict[str, Any]


@dataclass(frozen=True, order=True)
class Finding:
    """One thing that is wrong in a seed file.

    `line` counts from 1, the header included; `column` is empty where the whole row is meant.
    """

    file: str
    line: int
    column: str
    rule: str
    message: str
    mend: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}: {self.message} [{self.rule}] {self.mend}"


@dataclass(frozen=True)
class Registry(Mapping[str, pd.DataFrame]):
    """Typed tables by name.

    `positions[name]` has the columns file and line, row for row; `findings` are those of reading. A cell that could
    not be read is null and has a finding.
    """

    seeds: Path
    tables: dict[str, pd.DataFrame]
    positions: dict[str, pd.DataFrame]
    findings: tuple[Finding, ...] = ()

    def __getitem__(self, name: str) -> pd.DataFrame:
        return self.tables[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.tables)

    def __len__(self) -> int:
        return len(self.tables)

    def finding(self, table: str, row: int, column: str, rule: str, message: str, mend: str) -> Finding:
        """A finding at a row (its position in the table)."""
        where = self.positions[table].iloc[row]
        return Finding(str(where["file"]), int(where["line"]), column, rule, message, mend)


def hits(frame: pd.DataFrame, mask: pd.Series) -> Iterator[tuple[int, Row]]:
    """Position and cells of the rows where `mask` is true. A null in the mask is no hit."""
    held = mask.to_numpy(dtype=bool, na_value=False)
    if not held.any():
        return
    chosen = frame[held]
    for row, cells in zip(chosen.index, chosen.to_dict("records"), strict=True):
        yield int(row), {str(column): cell for column, cell in cells.items()}
