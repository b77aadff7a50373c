"""The running programs: what `citydeck up` promises, twice, and that a publish leaves no stale answer."""

from __future__ import annotations

import shutil
import stat
import time

import duckdb
import httpx
import pytest
from playwright.sync_api import Browser

from dagster_project.cockpit import CockpitError, credentials, publish, server
from dagster_project.cockpit.client import Superset
from tests.e2e.conftest import Stack


def superset(stack: Stack) -> Superset:
    return Superset(stack.url, "publisher", credentials.read(stack.settings.secrets, "publisher_password"))


def test_everything_runs_and_says_where(stack: Stack) -> None:
    assert {service.name: service.state for service in server.status(stack.settings)} == {
        "superset": "running",
        "dagster": "running",
        "dagster_daemon": "running",
    }
    assert f"{stack.url}/superset/dashboard/city-zh/" in stack.said
    assert str(stack.settings.secrets / "admin_password") in stack.said


def test_no_secret_is_printed_or_readable(stack: Stack) -> None:
    assert stat.S_IMODE(stack.settings.secrets.stat().st_mode) == 0o700
    for name in credentials.NAMES:
        path = stack.settings.secrets / name
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert path.read_text(encoding="utf-8") not in stack.said
        for log in (stack.settings.data / "logs").iterdir():
            assert path.read_text(encoding="utf-8") not in log.read_text(encoding="utf-8", errors="replace")


def test_every_chart_answers_and_a_second_import_changes_nothing(stack: Stack) -> None:
    began = time.monotonic()
    result = publish.import_dashboards(stack.settings)
    assert not result.imported
    assert publish.verify(stack.settings) == []
    assert time.monotonic() - began < 20


def test_an_edit_by_hand_is_put_right_by_the_next_import(stack: Stack) -> None:
    with superset(stack) as session:
        page = next(row for row in session.resources("dashboard") if row["slug"] == "city-en")
        session._call("PUT", f"/api/v1/dashboard/{page['id']}", json={"dashboard_title": "Edited"})
    assert publish.import_dashboards(stack.settings).imported
    with superset(stack) as session:
        titles = {row["slug"]: row["dashboard_title"] for row in session.resources("dashboard")}
    assert titles["city-en"] == "City overview"
    assert not publish.import_dashboards(stack.settings).imported


def test_a_dashboard_that_is_gone_is_reported_and_comes_back(stack: Stack) -> None:
    with superset(stack) as session:
        chart = next(row for row in session.resources("chart") if row["slice_name"] == "Snapshot")
        session._call("DELETE", f"/api/v1/chart/{chart['id']}")
    assert [failure.split(":")[0] for failure in publish.verify(stack.settings)] == ["charts/city-en/banner.yaml"]
    assert publish.import_dashboards(stack.settings).imported
    assert publish.verify(stack.settings) == []


def test_a_publish_leaves_no_stale_answer(stack: Stack) -> None:
    current = stack.settings.serving / "current.duckdb"
    before = current.resolve()
    after = before.with_name("later.duckdb")
    shutil.copy(before, after)
    with duckdb.connect(str(after)) as connection:
        connection.execute("update cockpit.banner set html_en = 'later'")
    with superset(stack) as session:
        banner = next(row["id"] for row in session.resources("chart") if row["slice_name"] == "Snapshot")

        def shown() -> str:
            return str(session.chart_rows(banner)[0]["html_en"])

        old = shown()
        assert shown() == old
        try:
            for target, expected in [(after, "later"), (before, old)] * 3:
                link = current.with_name("next")
                link.symlink_to(target.name)
                link.replace(current)
                assert shown() == expected
        finally:
            after.unlink()


def test_a_reader_of_the_database_reaches_no_other_file(stack: Stack) -> None:
    with superset(stack) as session:
        database = session.resources("database")[0]["id"]
        query = {"database_id": database, "sql": "select * from read_text('/etc/hostname')", "runAsync": False}
        with pytest.raises(CockpitError, match=r"disabled|Permission|external|not allowed|40[0-9]"):
            session._call("POST", "/api/v1/sqllab/execute/", json=query)


def test_a_stranger_sees_nothing(stack: Stack, browser: Browser) -> None:
    assert httpx.get(f"{stack.url}/api/v1/chart/", trust_env=False).status_code == 401
    with browser.new_context() as context:
        page = context.new_page()
        page.goto(f"{stack.url}/superset/dashboard/city-zh/")
        assert "/login" in page.url


def test_up_again_is_quick_and_keeps_the_programs(stack: Stack) -> None:
    before = {service.name: service.pid for service in server.status(stack.settings)}
    began = time.monotonic()
    again = stack.run("up")
    assert again.returncode == 0, again.stderr
    assert time.monotonic() - began < 60
    assert {service.name: service.pid for service in server.status(stack.settings)} == before
