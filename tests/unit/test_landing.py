"""The landing job as the command line runs it: on a world of its own, without dbt."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from dagster_project import registry
from dagster_project import settings as settings_module
from dagster_project.assets import landing
from dagster_project.ingest import land, ledger
from dagster_project.runs import RunFailed, run_job
from dagster_project.settings import Settings

SEEDS = Path(__file__).parents[1] / "integration" / "small_world" / "seeds"


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    for name, value in {"DATA": tmp_path, "SEEDS": SEEDS, "TODAY": "2024-03-31", "THREADS": 2}.items():
        monkeypatch.setenv(f"CITYDECK_{name}", str(value))
    monkeypatch.setenv("DAGSTER_HOME", "")  # put back after the job has set it
    return settings_module.load()


def drop(settings: Settings, feed: str) -> None:
    shutil.copytree(SEEDS / "published" / feed, settings.landing / feed)


def test_only_what_waits_is_made_and_every_feed_can_be_read(settings: Settings) -> None:
    drop(settings, "census")
    made = run_job("landing", settings)
    assert set(made) == {"registry", "raw/census", "ledger"}
    assert made["raw/census"]["new_files"] == made["ledger"]["files"] == 1
    assert {path.parts[-3] for path in settings.raw.glob("*/_empty/accepted.parquet")} == set(landing.FEEDS)
    assert set(run_job("landing", settings)) == {"registry", "ledger"}


def test_a_feed_that_fails_is_named_and_does_not_stop_the_others(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for feed in ("bulletin", "census", "divisions"):
        drop(settings, feed)
    land_feed = land.land_feed

    def full(contract: Any, *arguments: Any, **named: Any) -> list[land.LandedFile]:
        if contract.feed == "census":
            raise land.LandError("no room for census.csv")
        return land_feed(contract, *arguments, **named)

    monkeypatch.setattr(land, "land_feed", full)
    with pytest.raises(RunFailed, match=r"^feeds: census: LandError: no room for census\.csv$"):
        run_job("landing", settings)
    assert {one.feed for one in ledger.read(settings.raw)} == {"bulletin", "divisions"}
    assert not (settings.raw / "ledger.json").exists()
    printed = capsys.readouterr().err
    assert "✗ feeds" in printed
    assert "· bulletin" in printed


def test_an_untouched_registry_is_not_read_again(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    version = run_job("landing", settings)["registry"]["registry_version"]

    def read_again(_: Path) -> None:
        raise AssertionError

    monkeypatch.setattr(registry, "load", read_again)
    assert run_job("landing", settings)["registry"]["registry_version"] == version
    (settings.registry / "region.parquet").unlink()
    with pytest.raises(RunFailed, match="registry"):
        run_job("landing", settings)
