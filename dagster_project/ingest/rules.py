"""A contract column as SQL conditions over the text in `cells`.

Each column yields two kinds of condition. *Suspects* are cheap and may say yes too often; they pick the few rows that
the *cases* then judge exactly. So a clean file is looked at once.

Belongs here: what a cell may be. Does not belong here: rules between rows (`check.py`).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from dagster_project.ingest.contract import Column, Contract
from dagster_project.ingest.reason import ROW_LIMIT_BYTES, Reason, reason
from dagster_project.ingest.table import literal

FIRST_DATE = date(1900, 1, 1)

_NUMBER = r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?%?"
_NO_FORMULA = r"-+|[+-](?i:inf(inity)?|nan)"
_SIGNED = r"\s*[+＋\-－](.|\n)*"
_FORMULA = r"[\t\r\n](.|\n)*|\s*[=@＝＠](.|\n)*"
_CONTROL = r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]"
_DATE = r"\d{4}[-/]\d{1,2}[-/]\d{1,2}( 00:00:00(\.0+)?)?"
_PERIOD = r"\d{4}(H[12]|Q[1-4]|M(0[1-9]|1[0-2])|-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01]))?"
_PERIOD_EXAMPLES = "2024, 2024H1, 2024Q1, 2024M03, 2024-03-05"
_MOMENT_EXAMPLE = "2024-03-05 08:30:00"
_SPACES = "' \u3000\u00a0'"
# First characters of formulas, and of text that only the exact rule can tell from one.
_SUSPECT_STARTS = ", ".join(str(ord(character)) for character in "=@+-\t\r\n \u3000\u00a0＝＠＋－")
_TYPE_NAMES = {
    "double": ("number", "数字"),
    "integer": ("whole number", "整数"),
    "date": ("date such as 2024-03-05", "日期(如 2024-03-05)"),
}
# Figures are summed as decimals of 38 digits, six of them after the point: room for a factor and a city of parts.
_BOUNDS = {"double": 1e18, "integer": 2147483647.0}

Case = tuple[str, Reason]


# What is judged alike in every column, before its own cases: conditions on its text `cell`, with `required` as a fact.
ANY_CELL: tuple[Case, ...] = (
    (f"required AND (cell IS NULL OR trim(cell, {_SPACES}) = '')", reason("required")),
    (f"strlen(cell) > {ROW_LIMIT_BYTES}", reason("too_long", limit=ROW_LIMIT_BYTES)),
    (f"regexp_matches(cell, '{_CONTROL}')", reason("control_character")),
    (
        f"regexp_full_match(cell, '{_FORMULA}') OR (regexp_full_match(cell, '{_SIGNED}') "
        f"AND NOT regexp_full_match(trim(cell), '{_NUMBER}|{_NO_FORMULA}'))",
        reason("formula"),
    ),
)


@dataclass(frozen=True)
class Rule:
    """SQL conditions on one column. The first of `cases` that holds, after `ANY_CELL`, is the cell's finding."""

    column: Column
    suspects: tuple[str, ...]
    cases: tuple[Case, ...]


def typed(column: Column, padded: frozenset[str]) -> str:
    """SQL for the value that is accepted: text without the spaces around it, everything else cast."""
    name = column.name
    if column.type == "varchar":
        return f"nullif(trim({name}), '')" if name in padded else name
    if column.type == "integer":
        return f"try_cast(try_cast({name} AS DOUBLE) AS INTEGER)"
    return f"try_cast({name} AS {column.type})"


def rule(column: Column, contract: Contract, landed_on: date, control: bool, unknown: bool) -> Rule:
    """The rule of one column. `control`: cells may hold control characters. `unknown`: some cell is no known code.

    A column with `allowed` is judged against the table `looked_up` of `check.py`.
    """
    suspects = [f"{column.name} IS NULL"] if column.required else []
    if column.type == "varchar":
        more_suspects, cases = _text(column, landed_on, control, unknown)
    elif column.type == "date":
        more_suspects, cases = _date(column, contract, landed_on)
    else:
        more_suspects, cases = _number(column, landed_on)
    return Rule(column, (*suspects, *more_suspects), tuple(cases))


def _number(column: Column, landed_on: date) -> tuple[list[str], list[Case]]:
    number = f"try_cast({column.name} AS DOUBLE)"
    limit = _BOUNDS[column.type]
    low, high = column.range or (None, None)
    low, high = -limit if low is None else low, limit if high is None else high
    outside = f"NOT ({number} BETWEEN {low!r}::DOUBLE AND {high!r}::DOUBLE)"
    odd = outside
    cases = [
        (f"{column.name} IS NOT NULL AND {number} IS NULL", _not_typed(column)),
        (f"NOT isfinite({number})", reason("not_finite")),
    ]
    if column.type == "integer":
        broken = f"{number} <> floor({number})"
        cases.append((broken, _not_typed(column)))
        odd = f"{outside} OR {broken}"
    cases.append((outside, reason("range", low=f"{low:g}", high=f"{high:g}")))
    suspects = [f"{column.name} IS NOT NULL AND coalesce({odd}, true)"]
    if column.format == "year":
        first, last = FIRST_DATE.year, landed_on.year + 1
        cases.append((f"NOT ({number} BETWEEN {first} AND {last})", reason("date", low=first, high=last)))
        suspects.append(cases[-1][0])
    return suspects, cases


def _date(column: Column, contract: Contract, landed_on: date) -> tuple[list[str], list[Case]]:
    name, day = column.name, f"try_cast({column.name} AS DATE)"
    published = name == contract.known_at
    last = landed_on if published else landed_on + timedelta(days=366)
    span = reason("date", low=FIRST_DATE, high=last)
    outside = f"NOT ({day} BETWEEN DATE '{FIRST_DATE}' AND DATE '{last}')"
    odd = f"strlen({name}) > 10 OR ord({name}) NOT BETWEEN 48 AND 57"
    cases = [
        (f"{name} IS NOT NULL AND {day} IS NULL OR NOT regexp_full_match(trim({name}), '{_DATE}')", _not_typed(column)),
        (f"{day} < DATE '{FIRST_DATE}'", span),
        (outside, reason("future", high=last) if published else span),
    ]
    return [f"{name} IS NOT NULL AND coalesce({outside} OR {odd}, true)"], cases


def _text(column: Column, landed_on: date, control: bool, unknown: bool) -> tuple[list[str], list[Case]]:
    name = column.name
    if not (column.allowed or column.pattern or column.format):
        free = [f"ord({name}) IN ({_SUSPECT_STARTS})", f"strlen({name}) > {ROW_LIMIT_BYTES}"]
        return free + ([f"regexp_matches({name}, '{_CONTROL}')"] if control else []), []
    cases: list[Case] = []
    if column.format == "period":
        first, last = FIRST_DATE.year, landed_on.year + 1
        unreal = f"length({name}) = 10 AND try_cast({name} AS DATE) IS NULL"
        cases += [
            (
                f"NOT regexp_full_match({name}, '{_PERIOD}') OR ({unreal})",
                reason("format", pattern=_PERIOD_EXAMPLES),
            ),
            (f"left({name}, 4) NOT BETWEEN '{first}' AND '{last}'", reason("date", low=first, high=last)),
        ]
    if column.format == "moment":
        # What is cast later on must be a moment of the calendar, not only look like one.
        unlike = f"strlen({name}) <> 19 OR substr({name}, 11, 1) <> ' ' OR try_cast({name} AS TIMESTAMP) IS NULL"
        unreal = f"{name} IS NOT NULL AND ({unlike})"
        cases.append((unreal, reason("format", pattern=_MOMENT_EXAMPLE)))
    if column.pattern:
        cases.append(
            (f"NOT regexp_full_match({name}, {literal(column.pattern)})", reason("format", pattern=column.pattern))
        )
    if column.allowed and unknown:
        codes = column.allowed if isinstance(column.allowed, str) else ", ".join(column.allowed)
        known = f'SELECT cell FROM looked_up WHERE unknown AND "column" = {literal(name)}'
        cases.append((f"{name} IN ({known})", reason("allowed", codes=codes)))
    return [condition for condition, _ in cases], cases


def _not_typed(column: Column) -> Reason:
    english, chinese = _TYPE_NAMES[column.type]
    return reason("type", type=english, type_zh=chinese)
