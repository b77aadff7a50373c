"""The figures of a snapshot as an edited registry would have them: the affected ones made again, in memory.

Belongs here: which figures an edit touches, and a scratch database in which the snapshot's own statements make them
again over the edited registry. The snapshot is only read.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb
import pandas as pd

from dagster_project.evaluation import run as scoring
from dagster_project.registry import Registry
from dagster_project.registry.write import arrow, derive
from dagster_project.scoring.scheme import SchemeError
from dagster_project.settings import Settings
from dagster_project.warehouse import core
from dagster_project.warehouse.scored import figures

# A registry table with none of these keys concerns every figure.
KEYS = ("indicator_id", "measure_id", "scheme_id")


def listed(ids: Collection[str]) -> str:
    """The ids as a SQL list; never empty."""
    return "(" + ", ".join("'" + name.replace("'", "''") + "'" for name in sorted(ids) or [""]) + ")"


@dataclass(frozen=True)
class Edited:
    """A scratch database. Schema `before`: the registry of the snapshot; `edited`: that of the working seeds; the
    snapshot itself is attached as `warehouse`. After `recompute`, `core` holds the affected indicators' figures.
    """

    connection: duckdb.DuckDBPyConnection
    folder: Path
    models: list[core.Model]
    tables: frozenset[str]

    def column(self, query: str) -> set[str]:
        return {str(cell) for (cell,) in self.connection.execute(query).fetchall()}

    @cached_property
    def changed(self) -> set[str]:
        """The registry's tables with a row that is not the snapshot's."""
        difference = "select count(*) from (from {0}.{2} except all from {1}.{2})"
        return {
            table
            for table in self.tables
            for one, other in (("before", "edited"), ("edited", "before"))
            if self.connection.execute(difference.format(one, other, table)).fetchall() != [(0,)]
        }

    @cached_property
    def numeric(self) -> set[str]:
        """The changed tables that figures or scores rest on; the others hold words.

        Raises:
            NoPreview: one of them concerns every figure.
        """
        read = {table for model in self.models for table in model.registry} | set(scoring.TABLES_READ)
        wide = {table for table in self.changed & read if not set(self._columns(table)) & set(KEYS)}
        if wide:
            raise core.NoPreview(
                f"the edit changes {', '.join(sorted(wide))}, which every figure rests on: nothing is left to compare "
                "cheaply; run `citydeck build` with a data folder of its own (CITYDECK_DATA) to see what it does"
            )
        return self.changed & read

    def _columns(self, table: str) -> list[str]:
        return [row[0] for row in self.connection.execute(f"describe edited.{table}").fetchall()]

    def _touched(self, key: str) -> set[str]:
        """The ids in the column `key` of the rows that differ."""
        return {
            name
            for table in self.numeric
            if key in self._columns(table)
            for one, other in (("before", "edited"), ("edited", "before"))
            for name in self.column(f"select {key} from (from {one}.{table} except all from {other}.{table})")
        }

    @cached_property
    def indicators(self) -> set[str]:
        """The affected indicators: a row of theirs differs, or one of a measure that they are made of."""
        measures = listed(self._touched("measure_id"))
        return self._touched("indicator_id") | {
            name
            for side in ("before", "edited")
            for name in self.column(
                f"select indicator_id from {side}.indicator where numerator in {measures} or denominator in {measures}"
            )
        }

    @cached_property
    def measures(self) -> set[str]:
        """The measures that the affected indicators are made of, before and after."""
        return {
            name
            for side in ("before", "edited")
            for term in ("numerator", "denominator")
            for name in self.column(
                f"select {term} from {side}.indicator "
                f"where {term} is not null and indicator_id in {listed(self.indicators)}"
            )
        }

    @cached_property
    def schemes(self) -> set[str]:
        """The active schemes that are affected: their tree or weights differ, or an affected indicator stands there."""
        active = self.column(
            "select scheme_id from (from before.scheme union all from edited.scheme) where status = 'active'"
        )
        touched = self._touched("scheme_id") | {
            name
            for side in ("before", "edited")
            for name in self.column(
                f"select scheme_id from {side}.scheme_node where node_id in {listed(self.indicators)} union all "
                f"select scheme_id from {side}.adjustment where indicator_id in {listed(self.indicators)}"
            )
        }
        return touched & active

    def recompute(self) -> None:
        """Make the core of the affected indicators: models that rest on a changed table by their own statement, the
        others as the snapshot has them."""
        execute = self.connection.execute
        execute("create schema registry; create schema core")
        needed = {"indicator_id": self.indicators, "measure_id": self.measures}

        def restricted(relation: str) -> str:
            columns = [row[0] for row in execute(f"describe {relation}").fetchall()]
            keys = [f"{key} in {listed(ids)}" for key, ids in needed.items() if key in columns]
            return f"from {relation}" + (f" where {' and '.join(keys)}" if keys else "")

        told = (
            self.column(
                "select table_name from duckdb_tables() where database_name = 'warehouse' and schema_name = 'registry'"
            )
            - self.tables
        )
        for table in self.tables:
            execute(f"create view registry.{table} as {restricted(f'edited.{table}')}")
        for table in told:
            execute(f"create view registry.{table} as from warehouse.registry.{table}")
        for model in self.models:
            if self.numeric.intersection(model.registry):
                execute(f"create {model.materialized} core.{model.name} as {model.sql}")
            else:
                execute(f"create view core.{model.name} as {restricted(f'warehouse.core.{model.name}')}")

    def score(self) -> tuple[pd.DataFrame, pd.DataFrame]:
        """Score series and ranking of the affected schemes; without what draws say of a rank, which takes long.

        Raises:
            NoPreview: a scheme cannot be scored.
        """
        patched = (
            "(select * from core.{0} union all by name select * from warehouse.core.{0} where indicator_id not in {1})"
        )
        tables = {name: self.connection.execute(f"from edited.{name}").df() for name in scoring.TABLES_READ}
        tables["scheme"] = tables["scheme"][tables["scheme"]["scheme_id"].isin(self.schemes)]
        relations = (patched.format(name, listed(self.indicators)) for name in ("indicator_value", "indicator_absence"))
        values, absences = figures(self.connection, tables, *relations)
        try:
            results = scoring.score_schemes(tables, values, absences, details=False)
            return results.score_series, results.ranking
        except SchemeError as error:
            raise core.NoPreview(str(error)) from error


@contextmanager
def edited(folder: Path, registry: Registry, settings: Settings) -> Iterator[Edited]:
    """The snapshot in `folder` and the working registry, side by side.

    Raises:
        NoPreview: the snapshot was made by other code.
    """
    models = core.read(folder)
    with TemporaryDirectory() as spill, duckdb.connect() as connection:
        connection.execute(
            f"set memory_limit = '{settings.memory_limit}'; set threads = {settings.threads}; "
            f"set preserve_insertion_order = false; set temp_directory = '{spill}'"
        )
        # Under the name that its views know it by.
        connection.execute(f"attach '{folder / 'warehouse.duckdb'}' as warehouse (read_only)")
        connection.execute("create schema before; create schema edited")
        (today,) = connection.execute("select today from warehouse.registry.build").fetchall()[0]
        tables = derive(registry, today)
        for name, frame in tables.items():
            connection.register("frame", arrow(frame))
            connection.execute(f"create table edited.{name} as from frame")
            connection.unregister("frame")
            connection.execute(f"create view before.{name} as from warehouse.registry.{name}")
        yield Edited(connection, folder, models, frozenset(tables))
