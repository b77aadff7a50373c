"""What an explanation says: the value, its terms, their parts, and the landed rows behind those.

Belongs here: the shape of the answer. How it is found is in `explain`.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from datetime import date, datetime

from dagster_project.warehouse.lookup import Row


@dataclass(frozen=True)
class Submission:
    """One row of one landed file."""

    feed: str
    file: str
    file_id: str
    row: int | None
    value: float
    published_on: date
    landed_at: datetime
    in_force: bool
    note: str | None
    source: str | None
    url: str | None


@dataclass(frozen=True)
class Part:
    """One leaf figure, in the measure's unit, with every version of it that landed."""

    region_id: str
    region_zh: str
    region_en: str
    period_id: str
    value: float
    flags: list[str]
    submissions: list[Submission]


@dataclass(frozen=True)
class Term:
    """A measure's figure for one region and period, and its parts. `recomputed` comes from the parts alone."""

    role: str
    measure_id: str
    name_zh: str
    name_en: str
    unit_zh: str
    unit_en: str
    region_id: str
    region_zh: str
    region_en: str
    period_id: str
    value: float
    origin: str
    rule: str
    present: int
    expected: int
    recomputed: float
    parts: list[Part]


@dataclass(frozen=True)
class Explanation:
    """Why an indicator has the value it has, or why it has none."""

    snapshot_id: str
    known_until: datetime
    indicator_id: str
    version: int
    name_zh: str
    name_en: str
    unit_zh: str
    unit_en: str
    decimals: int
    definition_zh: str
    definition_en: str
    formula_zh: str
    formula_en: str
    illustrative: bool
    valid_from: date
    valid_to: date
    region_id: str
    region_zh: str
    region_en: str
    period_id: str
    state: str
    reason: str | None
    value: float | None
    numerator: float | None
    denominator: float | None
    factor: float
    transform: str
    coverage: float | None
    target: float | None
    status: str | None
    flags: list[Row]
    terms: list[Term] = field(default_factory=list)
    recomputed: float | None = None
    agrees: bool | None = None

    def as_json(self) -> str:
        return json.dumps(asdict(self), ensure_ascii=False, indent=2, default=str)
