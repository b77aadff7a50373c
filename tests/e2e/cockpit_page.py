"""The city overview as a reader sees it: opening it, reading its numbers off the page, changing a filter."""

from __future__ import annotations

from dataclasses import dataclass

from playwright.sync_api import Locator, Page, expect

APPLY = "[data-test=filter-bar__apply-button]"


@dataclass(frozen=True)
class Tile:
    name: str
    figure: str
    unit: str
    target: str
    foot: str


@dataclass(frozen=True)
class League:
    """One line of the table; a dash where there is no number."""

    rank: str
    name: str
    score: str
    movement: str
    remark: str


def open_overview(page: Page, url: str, language: str) -> None:
    page.goto(f"{url}/superset/dashboard/city-{language}/")
    for content in (
        ".banner",
        ".tile",
        ".region b",
        ".unit-name",
        "[data-test-viz-type=echarts_timeseries_line] canvas",
    ):
        page.wait_for_selector(content)


def tiles(page: Page) -> list[Tile]:
    rows = page.eval_on_selector_all(
        ".tile",
        """tiles => tiles.map(tile => [
            tile.querySelector('.tile-name').innerText,
            tile.querySelector('.tile-figure b').innerText,
            tile.querySelector('.unit')?.innerText ?? '',
            tile.querySelector('.target')?.innerText ?? '',
            [...tile.querySelectorAll('.tile-foot, .chip')].map(part => part.innerText).join(' '),
        ])""",
    )
    return [Tile(*(" ".join(text.split()) for text in row)) for row in rows]


def league(page: Page) -> list[League]:
    rows = page.eval_on_selector_all(
        "table:has(.unit-name) tbody tr",
        "rows => rows.map(row => [...row.cells].map(cell => cell.matches('.dt-is-null') ? '—' : cell.innerText))",
    )
    return [
        League(rank, name, score, movement, " ".join(remark.split()))
        for rank, name, score, movement, _coverage, remark in ([cell.strip() for cell in row] for row in rows)
    ]


def districts(page: Page) -> dict[str, tuple[str, str]]:
    """region id -> class of its shape, text of its tooltip."""
    rows = page.eval_on_selector_all(
        ".region", "regions => regions.map(region => [...region.classList].slice(1).concat(region.title))"
    )
    return {name.removeprefix("r-"): (kind, title) for name, kind, title in rows}


def selection(page: Page, name: str) -> Locator:
    return page.locator(f"[data-test=NATIVE_FILTER-{name}] .ant-select-selection-item")


def chosen(page: Page, name: str) -> str:
    return selection(page, name).inner_text().strip()


def choose(page: Page, name: str, value: str, then: dict[str, str] | None = None) -> None:
    """Pick a value of a filter and apply it once the filters it narrows show what `then` says.

    What the filter changes on the page appears a moment later: wait for that.
    """
    page.locator(f"[data-test=NATIVE_FILTER-{name}]").click()
    page.keyboard.insert_text(value)
    page.locator(f".ant-select-dropdown:visible .ant-select-item-option[title='{value}']").click()
    for other, text in (then or {}).items():
        expect(selection(page, other)).to_have_text(text)
    page.locator(APPLY).click()
