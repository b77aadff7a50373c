"""Runs the cockpit's presentation SQL without dbt: macros and models as plain Jinja over serving tables of the test."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import duckdb
import jinja2
import yaml

DBT = Path(__file__).resolve().parents[3] / "dbt"
MACROS = (DBT / "macros" / "html.sql").read_text(encoding="utf-8")
JINJA = jinja2.Environment(autoescape=False, undefined=jinja2.StrictUndefined)
JINJA.globals["ref"] = lambda name: f"cockpit.{name}" if name == "peer_area" else f"serving.{name}"
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
    for name in sorted(contracts("cockpit"), key=lambda name: name != "peer_area"):
        text = (DBT / "models" / "cockpit" / f"{name}.sql").read_text(encoding="utf-8")
        connection.execute(f"create table cockpit.{name} as {JINJA.from_string(MACROS + text).render()}")
    return connection
