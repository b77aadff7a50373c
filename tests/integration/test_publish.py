"""Readers never see half a build: killed at any line, read by many at once, or with a contract broken."""

from __future__ import annotations

import random
import subprocess
import sys
import threading
from pathlib import Path

import duckdb
import pytest

from dagster_project.warehouse import publish as publishing
from dagster_project.warehouse.publish import ContractBroken
from tests.integration.deck import ROOT
from tests.integration.publishing import CONTRACTS, ROWS, build, plan_of, publish, snapshots

COMMAND = [sys.executable, "-m", "tests.integration.publishing"]
READERS, PUBLISHES = 8, 6


def start(folder: Path, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen([*COMMAND, str(folder), *arguments], cwd=ROOT, stdout=subprocess.PIPE, text=True)


def assert_whole(folder: Path, *allowed: str) -> None:
    """Cockpit and command line each open one whole snapshot."""
    served = folder / "serving" / "current.duckdb"
    assert served.resolve().stem in allowed
    assert snapshots(served) == {(served.resolve().stem, ROWS)}
    explained = folder / "warehouse" / "current"
    assert explained.resolve().name in allowed
    assert snapshots(explained / "warehouse.duckdb") == {(explained.resolve().name, ROWS)}


def assert_converges(folder: Path, snapshot_id: str) -> None:
    """The build done again is in force, and nothing of the killed one is left."""
    assert publish(folder, snapshot_id) == {"cockpit.tile": ROWS, "serving.series": ROWS, "serving.snapshot": 1}
    assert_whole(folder, snapshot_id)
    assert [path.name for path in (folder / "serving").iterdir() if path.name.startswith(".")] == []
    assert [path.name for path in (folder / "warehouse").iterdir() if path.name.startswith(".")] == []


def test_killed_before_any_line(tmp_path: Path) -> None:
    """Before each line of publishing, of flipping a symlink and of removing old versions, in turn."""
    for number in range(publishing.VERSIONS_KEPT + 1):
        publish(tmp_path, f"v{number}")
    last = f"v{publishing.VERSIONS_KEPT}"
    done = start(tmp_path, "counted")
    lines = done.communicate()[0].split()[1:]
    publish(tmp_path, last)
    assert len(lines) > 20 and {line.split(":")[0] for line in lines} == {"publish", "flip", "_prune"}
    for number, line in enumerate(lines):
        killed = start(tmp_path, f"k{number}", line)
        killed.communicate()
        assert killed.returncode == -9, line
        assert_whole(tmp_path, last, f"k{number}")
        assert_converges(tmp_path, f"k{number}")
        last = f"k{number}"


def test_killed_at_random_moments(tmp_path: Path) -> None:
    chance = random.Random(20251231)
    publish(tmp_path, "first")
    last = "first"
    for number in range(12):
        running = start(tmp_path, f"r{number}")
        assert running.stdout is not None and running.stdout.readline() == "built\n"
        with pytest.raises(subprocess.TimeoutExpired):
            running.wait(chance.uniform(0.0, 0.03))
        running.kill()
        running.communicate()
        assert_whole(tmp_path, last, f"r{number}")
        last = f"r{number}"
        assert_converges(tmp_path, last)


def test_many_readers_over_many_publishes(tmp_path: Path) -> None:
    """Each look opens what `current` points at, as a new connection of a cockpit does, and reads every table."""
    publish(tmp_path, "p0")
    served = tmp_path / "serving" / "current.duckdb"
    seen: list[set[str]] = [set() for _ in range(READERS)]
    mixed: list[object] = []
    turn = threading.Condition()
    ended = threading.Event()

    def read(number: int) -> None:
        while not ended.is_set():
            try:
                found = snapshots(served)
                if len(found) != 1 or {rows for _, rows in found} != {ROWS}:
                    mixed.append(found)
                look = {snapshot_id for snapshot_id, _ in found}
            except duckdb.Error as error:
                mixed.append(error)
                look = {"error"}
            with turn:
                seen[number] |= look
                turn.notify_all()

    readers = [threading.Thread(target=read, args=(number,)) for number in range(READERS)]
    for reader in readers:
        reader.start()
    try:
        for number in range(1, PUBLISHES + 1):
            publish(tmp_path, f"p{number}")
            with turn:
                assert turn.wait_for(lambda: any(f"p{number}" in looks for looks in seen) or mixed, timeout=60)  # noqa: B023
    finally:
        ended.set()
        for reader in readers:
            reader.join()
    assert mixed == []
    assert set().union(*seen) >= {f"p{number}" for number in range(1, PUBLISHES + 1)}


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        ("drop table cockpit.tile", "cockpit.tile was not built"),
        ("alter table serving.series add column secret integer", "serving.series has columns"),
        ("alter table serving.series drop column value", "serving.series has columns"),
        ("alter table serving.series alter value set data type varchar", "serving.series has columns"),
        ("update cockpit.tile set snapshot_id = 'stranger' where value = 7", "1 rows of another snapshot"),
        ("update serving.series set snapshot_id = null where value = 7", "1 rows of another snapshot"),
        ("insert into serving.snapshot select * from serving.snapshot", "must hold one row"),
    ],
)
def test_a_broken_contract_publishes_nothing(tmp_path: Path, spoil: str, words: str) -> None:
    publish(tmp_path, "good")
    plan = plan_of(tmp_path, "bad")
    build(plan, spoil)
    with pytest.raises(ContractBroken, match=words):
        publishing.publish(plan, tmp_path / "serving", CONTRACTS)
    assert_whole(tmp_path, "good")
    assert not (tmp_path / "serving" / "bad.duckdb").exists()
    assert_converges(tmp_path, "mended")


def test_the_same_snapshot_again_leaves_the_file_that_readers_have_open(tmp_path: Path) -> None:
    publish(tmp_path, "same")
    file = tmp_path / "serving" / "same.duckdb"
    before = file.stat().st_ino
    publish(tmp_path, "same")
    assert file.stat().st_ino == before
    assert_whole(tmp_path, "same")


def test_old_versions_go_but_never_one_that_a_link_points_at(tmp_path: Path) -> None:
    publish(tmp_path, "kept")
    for folder, name in (("serving", "kept.duckdb"), ("warehouse", "kept")):
        link = "as-of-2025-01-01" + Path(name).suffix
        (tmp_path / folder / link).symlink_to(name)
    for number in range(publishing.VERSIONS_KEPT + 2):
        publish(tmp_path, f"v{number}")
    newest = {f"v{number}" for number in range(2, publishing.VERSIONS_KEPT + 2)}
    served = {path.stem for path in (tmp_path / "serving").iterdir() if not path.is_symlink()}
    built = {path.name for path in (tmp_path / "warehouse").iterdir() if not path.is_symlink()}
    assert served == built == newest | {"kept"}
