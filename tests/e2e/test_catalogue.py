"""The catalogue in a browser, opened from the disk: it searches in both languages and asks no other site."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.e2e.conftest import CITYDECK

SMALL = Path(__file__).resolve().parents[1] / "integration/small_world/seeds"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("catalogue") / "site"
    environment = {**os.environ, "CITYDECK_SEEDS": str(SMALL)}
    subprocess.run([str(CITYDECK), "catalogue", "--out", str(out)], env=environment, check=True, capture_output=True)
    return out


@pytest.mark.parametrize(
    ("language", "part", "name"),
    [("zh", "人均", "人均产出"), ("zh", "均产出", "人均产出"), ("en", "output head", "Output per head")],
)
def test_a_part_of_a_name_leads_to_the_page(site: Path, browser: Browser, language: str, part: str, name: str) -> None:
    with browser.new_context() as context:
        page = context.new_page()
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        page.goto(f"{(site / 'index.html').as_uri()}")
        page.wait_for_url("**/zh/index.html")
        page.goto((site / language / "index.html").as_uri())
        page.fill("input[name=q]", part)
        page.keyboard.press("Enter")
        page.locator("#search-results").get_by_role("link", name=name, exact=True).first.click()
        expect(page.locator("h1")).to_contain_text(name)
        page.locator(".other-language a").click()
        expect(page.locator("h1")).to_contain_text({"人均产出": "Output per head"}.get(name, "人均产出"))
        assert [url for url in asked if not url.startswith(("file:", "data:"))] == []
