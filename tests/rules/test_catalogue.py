"""The catalogue says what the warehouse says, and has a word for every choice of the registry."""

from __future__ import annotations

import duckdb
import jinja2
import pandas as pd
import pytest

from dagster_project import registry
from dagster_project.catalogue.formula import formula
from dagster_project.catalogue.pages import rows
from dagster_project.catalogue.words import CHOICES
from dagster_project.registry.spec import TABLES
from dagster_project.settings import ROOT

KINDS = {
    "direction": {("indicator", "direction"), ("family", "direction")},
    "frequency": {("indicator", "frequency"), ("measure", "frequency"), ("feed", "cadence"), ("family", "frequency")},
    "grain": {("indicator", "lowest_grain"), ("measure", "grain"), ("feed", "grain")},
    "kind": {("measure", "kind")},
    "rule": {("measure", "region_rule"), ("measure", "time_rule")},
    "status": {("indicator", "status"), ("scheme", "status"), ("feed", "status"), ("succession", "kind")},
}


def cases() -> pd.DataFrame:
    """Every indicator of the registry, and each transform with each span, parent and accumulation."""
    made = [
        {"transform": transform, "span_years": years, "span_periods": periods, "parent": parent, "factor": factor}
        for transform, years, periods, parent in (
            ("level", None, None, None),
            *((name, span, None, None) for name in ("growth", "change") for span in (1, 4)),
            *((name, None, span, None) for name in ("growth", "change") for span in (1, 2)),
            ("share_of_parent", None, None, "city"),
            ("share_of_parent", None, None, "peer_2025"),
        )
        for factor in (1.0, 100.0, 10000.0, 0.01, 1234567.5)
    ]
    whole = pd.DataFrame(made).assign(numerator="A", key=0)
    others = pd.DataFrame({"denominator": [None, "B", None, "B"], "key": 0})
    others["accumulation"] = ["period", "period", "year_to_date", "year_to_date"]
    columns = ["transform", "span_years", "span_periods", "parent", "factor", "numerator", "denominator"]
    indicator = registry.load(ROOT / "seeds")["indicator"][[*columns, "accumulation"]]
    every = pd.concat([whole.merge(others, on="key").drop(columns="key"), indicator], ignore_index=True)
    return every.astype({"span_years": "Int64", "span_periods": "Int64"})


@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_formula_has_the_words_of_the_warehouse(language: str) -> None:
    macros = jinja2.Environment().from_string((ROOT / "dbt/macros/formula.sql").read_text(encoding="utf-8")).module
    term, words = macros.formula_term("numerator", "denominator"), macros.formula_text(language)
    asked = cases()
    with duckdb.connect() as connection:
        connection.register("asked", asked)
        said = connection.sql(f"SELECT {words} FROM (SELECT *, {term} AS term_{language} FROM asked)").fetchall()
    ours = [formula(row, row["numerator"], row["denominator"], language) for row in rows(asked)]
    assert ours == [line for (line,) in said]


@pytest.mark.parametrize("kind", KINDS)
def test_every_choice_has_its_word(kind: str) -> None:
    fields = {(name, field.name): field.choices for name, table in TABLES.items() for field in table.fields}
    choices = {choice for column in KINDS[kind] for choice in fields[column]}
    assert choices == set(CHOICES[kind])
