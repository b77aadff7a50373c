"""What a build made, as numbers that are equal exactly when the tables are."""

from __future__ import annotations

from pathlib import Path

import duckdb

Tables = dict[str, tuple[int, int]]
Digest = tuple[Tables, Tables]


def digest(data: Path) -> Digest:
    """Of the warehouse in force and of what is served, by table."""
    current = (data / "warehouse" / "current").resolve()
    return _tables(current / "warehouse.duckdb"), _tables((data / "serving" / "current.duckdb").resolve())


def _tables(file: Path) -> Tables:
    """Rows of every table and a number that any other row would change; not of what names or dates the build."""
    found = {}
    with duckdb.connect(str(file), read_only=True) as connection:
        tables = connection.execute(
            "select concat(schema_name, '.', table_name) from duckdb_tables() "
            "where schema_name in ('staging', 'core', 'quality', 'serving', 'cockpit')"
        ).fetchall()
        for (table,) in tables:
            columns = {row[0] for row in connection.execute(f"describe {table}").fetchall()}
            left = sorted(columns & {"snapshot_id", "built_at"})
            if table == "cockpit.banner":
                left += sorted(name for name in columns if name.startswith(("html", "plain")))
            rest = f"* exclude ({', '.join(left)})" if left else "*"
            row = connection.execute(
                f"select count(*), coalesce(sum(cast(hash(t) as hugeint)), 0) from (select {rest} from {table}) as t"
            ).fetchone()
            assert row is not None
            found[table] = (int(row[0]), int(row[1]))
    return found
