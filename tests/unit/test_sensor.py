"""The landing sensor runs when something waits and stood still since the look before."""

from __future__ import annotations

import json
from pathlib import Path

import dagster as dg
import pytest

from dagster_project.assets import landing
from dagster_project.assets.sensor import decide, landing_sensor, look


def test_a_file_is_landed_once_it_stood_still() -> None:
    growing, grown = {"gdp_annual/a.csv": [10, 1]}, {"gdp_annual/a.csv": [20, 2]}
    assert not decide({}, growing)
    assert not decide(growing, grown)
    assert decide(grown, grown)
    assert not decide(grown, {})


def test_a_second_file_being_copied_holds_the_first_back() -> None:
    first = {"gdp_annual/a.csv": [10, 1]}
    assert not decide(first, {**first, "census/b.csv": [1, 1]})


def test_unfinished_and_hidden_names_do_not_count(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CITYDECK_DATA", str(tmp_path))
    inbox = tmp_path / "landing" / "census"
    inbox.mkdir(parents=True)
    for name in ("whole.csv", "half.csv.part", "half.tmp", ".hidden.csv"):
        (inbox / name).write_text("x", encoding="utf-8")
    assert list(look()) == ["census/whole.csv"]


def test_a_run_is_asked_for_the_feeds_that_files_wait_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CITYDECK_DATA", str(tmp_path))
    for feed in ("census", "no_such_feed"):
        (tmp_path / "landing" / feed).mkdir(parents=True)
        (tmp_path / "landing" / feed / "whole.csv").write_text("x", encoding="utf-8")
    sensor = landing_sensor(landing.landing_job)
    repository = dg.Definitions.merge(landing.defs, dg.Definitions(sensors=[sensor])).get_repository_def()
    with dg.build_sensor_context(cursor=json.dumps(look()), repository_def=repository) as context:
        (request,) = sensor.evaluate_tick(context).run_requests or []
    asked = {key.to_user_string() for key in request.asset_selection or []}
    assert asked == {"registry", "raw/census", "ledger"}
