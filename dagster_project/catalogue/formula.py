"""A formula in words, from an indicator's row: the words of `dbt/macros/formula.sql`, which tests/rules holds to it."""

from __future__ import annotations

from dagster_project.registry.model import Row


def formula(row: Row, numerator: str, denominator: str | None, language: str) -> str:
    """The formula of an indicator's row, its terms under the names given."""
    term = f"{numerator} ÷ {denominator}" if denominator else numerator
    times = "" if row["factor"] == 1 else f" × {row['factor']:.15g}"
    if row["accumulation"] == "year_to_date":
        term = f"年初累计({term})" if language == "zh" else f"year to date ({term})"
    match row["transform"], language:
        case "growth", "zh":
            return f"({term} ÷ {_before(row, language)}的同一值 − 1){times}"
        case "growth", _:
            return f"({term} ÷ the same {_before(row, language)} before − 1){times}"
        case "change", "zh":
            return f"({term} − {_before(row, language)}的同一值){times}"
        case "change", _:
            return f"({term} − the same {_before(row, language)} before){times}"
        case "share_of_parent", "zh":
            return f"{term} ÷ {'全市' if row['parent'] == 'city' else '所在片区'}的同一值{times}"
        case "share_of_parent", _:
            return f"{term} ÷ the same of {'the city' if row['parent'] == 'city' else 'the peer area'}{times}"
    return f"{term}{times}"


def _before(row: Row, language: str) -> str:
    by_year = bool(row["span_years"])
    count = row["span_years"] if by_year else row["span_periods"]
    if language == "zh":
        return f"{count}{'年' if by_year else '期'}前"
    return f"{count} {'year' if by_year else 'period'}{'' if count == 1 else 's'}"
