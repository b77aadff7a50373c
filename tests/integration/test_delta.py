"""A build that goes on from the snapshot in force gives what a build of everything gives, to the last digit."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from collections.abc import Iterator

import pytest

from tests.integration.arrival import DAY_BEFORE, hand_in_correction, hand_in_last_month, hold_last_month
from tests.integration.deck import CITYDECK, Deck
from tests.integration.digest import Digest, digest

GOES_ON = "goes on from"


def built_anew(deck: Deck) -> Digest:
    """The same after a build of everything: nothing is there to go on from."""
    for folder in ("warehouse", "serving"):
        shutil.rmtree(deck.data / folder)
    assert GOES_ON not in said(deck)
    return digest(deck.data)


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
    hold_last_month(deck.data)
    deck.build(DAY_BEFORE)
    yield deck
    deck.remove()


def test_a_month_a_correction_and_a_kill_come_to_what_a_build_of_everything_gives(deck: Deck) -> None:
    """One story, as each of its builds goes on from the last."""
    hand_in_last_month(deck.data)
    assert GOES_ON in said(deck)
    month = digest(deck.data)

    hand_in_correction(deck.data, "economy_month")
    kill_while_models_run(deck)
    assert digest(deck.data) == month, "a build that is killed leaves what is in force as it was"
    assert GOES_ON in said(deck)
    correction = digest(deck.data)
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
