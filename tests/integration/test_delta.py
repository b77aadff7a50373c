"""A build that goes on from the snapshot in force gives what a build of everything gives, to the last digit."""

from __future__ import annotations

import csv
import io
import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from tests.integration.deck import CITYDECK, Deck

BEFORE, CLOCK = "2025-09-30", "2025-10-31"
LAST = "2025M09"
GOES_ON = "goes on from"
Digest = dict[str, tuple[int, int]]


def digest(file: Path) -> Digest:
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


def digests(deck: Deck) -> tuple[Digest, Digest]:
    """Of the warehouse and of what is served."""
    current = (deck.data / "warehouse" / "current").resolve()
    return digest(current / "warehouse.duckdb"), digest((deck.data / "serving" / "current.duckdb").resolve())


def built_anew(deck: Deck) -> tuple[Digest, Digest]:
    """The same after a build of everything: nothing is there to go on from."""
    for folder in ("warehouse", "serving"):
        shutil.rmtree(deck.data / folder)
    assert GOES_ON not in said(deck)
    return digests(deck)


def said(deck: Deck, today: str | None = None) -> str:
    """What a build tells those who wait."""
    done = deck.run("build", today=today)
    assert done.returncode == 0, done.stderr
    return done.stderr


@pytest.fixture(scope="module")
def deck(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deck]:
    """Three simulated months beside the published figures, the last of which is still to land; built the day before."""
    deck = Deck(tmp_path_factory.mktemp("delta"))
    deck.must("simulate", "--scale", "small", "--months", "3", today=None)
    held = deck.data / "held"
    for file in [*(deck.data / "landing").glob(f"*/*{LAST}*")]:
        (held / file.parent.name).mkdir(parents=True, exist_ok=True)
        file.rename(held / file.parent.name / file.name)
    deck.build(BEFORE)
    yield deck
    deck.remove()


def corrected(deck: Deck) -> None:
    """A departmental return of the month before comes again with one figure changed."""
    manifest = next((deck.data / "raw" / "economy_month").glob("*/manifest.json"))
    (original,) = manifest.parent.glob("original*")
    text = original.read_bytes()
    encoding = "utf-8" if text.decode("utf-8", "ignore").encode() == text else "gb18030"
    header, *rows = csv.reader(io.StringIO(text.decode(encoding)))
    value = header.index("value")
    row = next(row for row in rows if row[value].replace(".", "").isdigit() and float(row[value]) > 0)
    row[value] = str(float(row[value]) * 1.25)
    written = io.StringIO()
    csv.writer(written, lineterminator="\n").writerows([header, row])
    deck.drop("economy_month", "economy_month_corrected.csv", written.getvalue())


def test_a_month_a_correction_and_a_kill_come_to_what_a_build_of_everything_gives(deck: Deck) -> None:
    """One story, as each of its builds goes on from the last."""
    for folder in (deck.data / "held").iterdir():
        for file in folder.iterdir():
            file.rename(deck.data / "landing" / folder.name / file.name)
    assert GOES_ON in said(deck)
    month = digests(deck)

    corrected(deck)
    kill_while_models_run(deck)
    assert digests(deck) == month, "a build that is killed leaves what is in force as it was"
    assert GOES_ON in said(deck)
    correction = digests(deck)
    assert correction != month

    warehouse, serving = built_anew(deck)
    assert {
        table: (correction[0][table], row) for table, row in warehouse.items() if correction[0].get(table) != row
    } == {}
    assert {
        table: (correction[1][table], row) for table, row in serving.items() if correction[1].get(table) != row
    } == {}


def kill_while_models_run(deck: Deck) -> None:
    """`kill -9` of a build once its models are at work on the copy."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("CITYDECK_", "DAGSTER_"))}
    told = {"CITYDECK_DATA": str(deck.data), "CITYDECK_SUPERSET_PORT": "1", "CITYDECK_DAGSTER_PORT": "2"}
    build = subprocess.Popen(
        [str(CITYDECK), "build"],
        env=clean | told,
        stderr=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        start_new_session=True,
    )
    log = deck.data / "dbt" / "runs" / "dbt.log"
    size = log.stat().st_size
    begun = deck.data / "warehouse" / ".building" / "base.txt"
    try:
        while not (begun.exists() and "core.submission" in log.read_text(encoding="utf-8")[size:]):
            with pytest.raises(subprocess.TimeoutExpired):  # it must not end before it is killed
                build.wait(0.05)
    finally:
        os.killpg(build.pid, signal.SIGKILL)
        build.wait()
