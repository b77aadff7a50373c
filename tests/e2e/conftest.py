"""One whole CityDeck for all browser tests: `citydeck up` in a data folder and on ports of its own, then `down`."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from dagster_project.settings import Settings, load

CITYDECK = Path(sys.executable).with_name("citydeck")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@dataclass(frozen=True)
class Stack:
    """A running CityDeck: its settings, the environment of its commands, what `citydeck up` said."""

    settings: Settings
    environment: dict[str, str]
    said: str

    @property
    def url(self) -> str:
        return f"http://{self.settings.host}:{self.settings.superset_port}"

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [str(CITYDECK), *words], env=self.environment, capture_output=True, text=True, timeout=500, check=False
        )

    def serving(self) -> duckdb.DuckDBPyConnection:
        return duckdb.connect(str(self.settings.serving / "current.duckdb"), read_only=True)


def free_ports(count: int) -> list[int]:
    probes = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [int(probe.getsockname()[1]) for probe in probes]
    for probe in probes:
        probe.close()
    return ports


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    superset, dagster = free_ports(2)
    environment = {
        **os.environ,
        "CITYDECK_DATA": str(tmp_path_factory.mktemp("city")),
        # The published figures alone: pages are about how figures are shown, and those do not change.
        "CITYDECK_SIMULATED": "off",
        "CITYDECK_SUPERSET_PORT": str(superset),
        "CITYDECK_DAGSTER_PORT": str(dagster),
    }
    running = Stack(load(environment), environment, "")
    try:
        up = running.run("up")
        assert up.returncode == 0, f"citydeck up failed:\n{up.stdout}\n{up.stderr}"
        yield Stack(running.settings, environment, up.stdout + up.stderr)
    finally:
        down = running.run("down")
        assert down.returncode == 0, f"citydeck down failed:\n{down.stderr}"


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    names = ("chromium", "chromium-browser", "google-chrome")
    executable = next((path for path in map(shutil.which, names) if path), None)
    assert executable, "no Chromium on this machine; `make browser` installs one or says how"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def session_state(stack: Stack, browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Cookies of a signed-in admin, by the sign-in page as a person uses it."""
    state = tmp_path_factory.mktemp("browser") / "state.json"
    with browser.new_context() as context:
        page = context.new_page()
        page.goto(f"{stack.url}/login/")
        page.fill("#username", "admin")
        page.fill("#password", (stack.settings.secrets / "admin_password").read_text(encoding="utf-8"))
        page.keyboard.press("Enter")
        page.wait_for_url("**/superset/dashboard/city-zh/**")
        context.storage_state(path=state)
    return state


@pytest.fixture
def context(browser: Browser, session_state: Path) -> Iterator[BrowserContext]:
    with browser.new_context(storage_state=session_state, viewport={"width": 1920, "height": 1700}) as context:
        context.set_default_timeout(60_000)
        yield context


@pytest.fixture
def page(context: BrowserContext) -> Page:
    return context.new_page()
