"""Runs the cockpit's presentation SQL without dbt: macros and models as plain Jinja over serving tables of the test."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Any

import duckdb
import jinja2
import yaml

DBT = Path(__file__).resolve().parents[3] / "dbt"
MACROS = "".join((DBT / "macros" / name).read_text(encoding="utf-8") for name in ("portable.sql", "html.sql"))
JINJA = jinja2.Environment(autoescape=False, undefined=jinja2.StrictUndefined)
MODELS = {file.stem: file.read_text(encoding="utf-8") for file in sorted((DBT / "models" / "cockpit").glob("*.sql"))}
JINJA.globals["ref"] = lambda name: f"{'cockpit' if name in MODELS else 'serving'}.{name}"
JINJA.globals["target"] = {"type": "duckdb"}
# As in a full build, where a model makes all of its rows.
JINJA.globals["replaced_by"] = lambda *_, **__: ""
JINJA.globals["in_delta"] = lambda *_: "true"
MODULE = JINJA.from_string(MACROS).module


def value(macro: str, *arguments: str) -> Any:
    """What a macro gives for one row; its arguments are SQL expressions, or a language."""
    return evaluate(getattr(MODULE, macro)(*arguments))


def evaluate(expression: str, parameters: Sequence[object] = ()) -> Any:
    """The value of an SQL expression; `?` are bound."""
    with duckdb.connect() as connection:
        row = connection.execute(f"select {expression}", list(parameters)).fetchone()
    assert row is not None
    return row[0]


def contracts(schema: str) -> dict[str, dict[str, str]]:
    """table -> column -> type, from the schema's contracts."""
    content = yaml.safe_load((DBT / "models" / schema / f"_{schema}.yml").read_text(encoding="utf-8"))
    return {
        model["name"]: {column["name"]: column["data_type"] for column in model["columns"]}
        for model in content["models"]
    }


def cockpit(tables: Mapping[str, Sequence[Mapping[str, object]]]) -> duckdb.DuckDBPyConnection:
    """A database with these rows in serving (columns left out are null) and every cockpit model over them."""
    connection = duckdb.connect()
    connection.execute("create schema serving; create schema cockpit")
    for name, columns in contracts("serving").items():
        described = ", ".join(f'"{column}" {kind}' for column, kind in columns.items())
        connection.execute(f"create table serving.{name} ({described})")
        for row in tables.get(name, ()):
            names = ", ".join(f'"{column}"' for column in row)
            marks = ", ".join("?" * len(row))
            connection.execute(f"insert into serving.{name} ({names}) values ({marks})", list(row.values()))
    read = {name: set(re.findall(r"ref\('(\w+)'\)", text)) & set(MODELS) for name, text in MODELS.items()}
    for name in TopologicalSorter(read).static_order():
        connection.execute(f"create table cockpit.{name} as {JINJA.from_string(MACROS + MODELS[name]).render()}")
    return connection
