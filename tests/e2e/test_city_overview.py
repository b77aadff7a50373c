"""The numbers on the screen are those of the serving file, in both languages, before and after a filter is changed."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.e2e import cockpit_page
from tests.e2e.conftest import Stack

CJK = re.compile(r"[\u3400-\u9fff]")
LANGUAGES = pytest.mark.parametrize("language", ["zh", "en"])


def written(value: float, decimals: int, unit: str, language: str) -> tuple[str, str]:
    """A figure and its unit as the language writes them."""
    if language == "zh" and not any(sign in unit for sign in "万亿%"):
        for scale, word in ((10**8, "亿"), (10**4, "万")):
            if abs(value) >= scale:
                return f"{value / scale:,.2f}", word + unit
    return f"{value:,.{decimals}f}", unit


@LANGUAGES
def test_tiles_show_the_newest_figures_of_the_city(stack: Stack, page: Page, language: str) -> None:
    cockpit_page.open_overview(page, stack.url, language)
    shown = {tile.name: (tile.figure, tile.unit) for tile in cockpit_page.tiles(page)}
    with stack.serving() as serving:
        rows = serving.execute(
            f"select c.name_{language}, l.value, c.decimals, c.unit_{language} from serving.indicator_latest l"
            " join serving.catalogue c using (indicator_id, version)"
            " where l.region_id = '500000' and l.boundary = 'at_time' and l.state = 'value'"
        ).fetchall()
    served = {name: written(value, decimals, unit, language) for name, value, decimals, unit in rows}
    assert len(shown) == 12
    assert shown == {name: served[name] for name in shown}


@LANGUAGES
def test_tiles_say_target_freshness_and_flag(stack: Stack, page: Page, language: str) -> None:
    cockpit_page.open_overview(page, stack.url, language)
    shown = {tile.name: tile for tile in cockpit_page.tiles(page)}
    with stack.serving() as serving:
        rows = serving.execute(
            f"select c.name_{language}, l.target, l.target_illustrative, l.status, l.periods_overdue,"
            f" substr(l.period_id, 1, 4), c.decimals, c.unit_{language},"
            f" list(f.name_{language}) filter (f.flag_id is not null)"
            " from serving.indicator_latest l join serving.catalogue c using (indicator_id, version)"
            " left join serving.flag f on (l.flags & f.bit) > 0"
            " where l.region_id = '500000' and l.boundary = 'at_time' group by all"
        ).fetchall()
    words = {
        "zh": {"on_target": "达标", "watch": "关注", "off_target": "未达标", "no_target": "未设目标"},
        "en": {"on_target": "On target", "watch": "Watch", "off_target": "Off target", "no_target": "No target"},
    }[language]
    ours = {"zh": "（示意）", "en": " (illustrative)"}[language]
    checked = [row for row in rows if row[0] in shown]
    assert {row[2] for row in checked} >= {True, False}
    assert any(flags for *_, flags in checked)
    for name, target, illustrative, status, overdue, year, decimals, unit, flags in checked:
        tile = shown[name]
        aim = "" if target is None else " ".join(written(target, decimals, unit, language))
        aim = aim and f"{'目标' if language == 'zh' else 'target'} {aim}{ours if illustrative else ''}"
        assert tile.target == aim
        assert words[status] in tile.foot
        assert (("最新应报" if language == "zh" else "due by now") in tile.foot) == bool(overdue)
        assert year in tile.foot
        assert all(flag in tile.foot for flag in flags or ())


def moved(movement: int | None, reason: str | None, language: str) -> str:
    """Places gained or lost as the table words them, or why nothing can be said."""
    words = {
        "zh": {"first": "首次排名", "version": "方案换版，不可比", "area": "片区变动，不可比"},
        "en": {"first": "first rank", "version": "scheme changed", "area": "peer area changed"},
    }
    if movement is None:
        return words[language].get(reason or "", "—")
    if movement == 0:
        return "= 持平" if language == "zh" else "= same"
    arrow, zh, en = ("▲", "升", "up") if movement > 0 else ("▼", "降", "down")
    return f"{arrow} {zh}{abs(movement)}位" if language == "zh" else f"{arrow} {en} {abs(movement)}"


def expected_league(stack: Stack, page: Page, language: str) -> list[cockpit_page.League]:
    """The table that serving gives for what the filters show."""
    with stack.serving() as serving:
        rows = serving.execute(
            f"""select k.rank, r.name_{language}, k.score, k.movement, k.movement_reason, k.coverage, s.min_coverage,
                k.reason_{language}
            from serving.ranking k
            join cockpit.evaluated_scheme s on k.scheme_id = s.scheme_id and k.scheme_version = s.version
            join (select distinct region_id, name_{language} from serving.region) r on k.region_id = r.region_id
            join (select distinct period_id, period_{language} from cockpit.league) p on k.period_id = p.period_id
            join cockpit.peer_area a on k.peer_area_id = a.peer_area_id
            where s.scheme_{language} = ? and a.label_{language} = ? and p.period_{language} = ?
            order by k.rank nulls last, k.region_id""",
            [cockpit_page.chosen(page, name) for name in ("scheme", "peer_area", "period")],
        ).fetchall()
    why = (
        "未排名：数据覆盖 {:.0f}%，低于要求的 {:.0f}%"
        if language == "zh"
        else "Not ranked: data cover {:.0f}%, below the required {:.0f}%"
    )
    unranked = "未排名：" if language == "zh" else "Not ranked: "
    lines = []
    for rank, name, score, movement, moved_why, coverage, required, reason in rows:
        remark = ""
        if rank is None:
            remark = why.format(100 * coverage, 100 * required) if coverage < required else unranked + reason
        lines.append(
            cockpit_page.League(
                "—" if rank is None else str(rank),
                name,
                "—" if score is None else f"{score:.2f}",
                moved(movement, moved_why, language),
                remark,
            )
        )
    return lines


def assert_league(stack: Stack, page: Page, language: str) -> None:
    expected = expected_league(stack, page, language)
    expect(page.locator(".unit-name")).to_have_text([line.name for line in expected])
    shown = cockpit_page.league(page)
    assert [(line.rank, line.name, line.score, line.movement) for line in shown] == [
        (line.rank, line.name, line.score, line.movement) for line in expected
    ]
    assert all(line.remark.startswith(wanted.remark) for line, wanted in zip(shown, expected, strict=True))


@LANGUAGES
def test_the_league_table_follows_its_filters(stack: Stack, page: Page, language: str) -> None:
    cockpit_page.open_overview(page, stack.url, language)
    assert_league(stack, page, language)
    first = cockpit_page.chosen(page, "peer_area")
    with stack.serving() as serving:
        (other,) = serving.execute(
            f"select label_{language} from cockpit.peer_area join cockpit.league using (peer_area_id)"
            f" where label_{language} <> ? and rank is null and scheme_{language} = ? and period_{language} = ?"
            " limit 1",
            [first, cockpit_page.chosen(page, "scheme"), cockpit_page.chosen(page, "period")],
        ).fetchone() or ("",)
    cockpit_page.choose(page, "peer_area", other)
    assert cockpit_page.chosen(page, "peer_area") == other
    assert_league(stack, page, language)
    assert any(line.rank == "—" for line in cockpit_page.league(page))


@LANGUAGES
def test_the_map_shows_each_district_or_why_it_is_empty(stack: Stack, page: Page, language: str) -> None:
    cockpit_page.open_overview(page, stack.url, language)
    shown = cockpit_page.districts(page)
    with stack.serving() as serving:
        rows = serving.execute(
            f"select s.region_id, d.name_{language}, s.state, s.value, c.decimals, c.unit_{language}"
            " from serving.indicator_series s join serving.catalogue c using (indicator_id, version)"
            " join serving.region_shape d on s.region_id = d.region_id"
            f" where concat(c.name_{language}, ?, c.unit_{language}, ?) = ? and s.period_id = ?"
            " and s.boundary = 'at_time' and s.period_end between d.valid_from and d.valid_to",
            [
                *("（）" if language == "zh" else (" (", ")")),
                cockpit_page.chosen(page, "indicator"),
                cockpit_page.chosen(page, "map_period").removesuffix("年"),
            ],
        ).fetchall()
    assert len(shown) == 38
    assert {state for _, _, state, *_ in rows} >= {"value", "missing"}
    colon, missing = ("：", "缺报") if language == "zh" else (": ", "Missing")
    for region, name, state, value, decimals, unit in rows:
        kind, title = shown[region]
        if state == "value":
            assert re.fullmatch("q[1-5]", kind)
            assert title.startswith(name + colon + " ".join(written(value, decimals, unit, language)))
        elif state == "missing":
            assert kind == "missing"
            assert title.startswith(name + colon + missing)
    assert ("示意图" if language == "zh" else "Schematic map") in page.locator(".legend").inner_text()


def test_another_indicator_redraws_the_map(stack: Stack, page: Page) -> None:
    cockpit_page.open_overview(page, stack.url, "en")
    before = cockpit_page.districts(page)
    cockpit_page.choose(page, "indicator", "Population density (people per km2)", then={"map_period": "2020"})
    with stack.serving() as serving:
        served = dict(
            serving.execute(
                "select region_id, plain_en from cockpit.map_region where indicator_id = 'pop_density' and place = 1"
                " and period_en = '2020'",
            ).fetchall()
        )
    some, title = next(iter(served.items()))
    expect(page.locator(f".r-{some}")).to_have_attribute("title", title)
    shown = {region: title for region, (_, title) in cockpit_page.districts(page).items()}
    assert shown == served
    assert shown != {region: title for region, (_, title) in before.items()}


def test_the_two_languages_lead_to_each_other(stack: Stack, page: Page) -> None:
    cockpit_page.open_overview(page, stack.url, "zh")
    page.locator(".banner").get_by_role("link", name="English").click()
    page.wait_for_url("**/city-en/**")
    page.wait_for_selector(".tile")
    assert page.locator("html").inner_text().count("Settings") == 1
    page.locator(".banner").get_by_role("link", name="中文").click()
    page.wait_for_url("**/city-zh/**")
    page.wait_for_selector(".tile")
    assert "设置" in page.locator("html").inner_text()


def test_the_english_page_has_no_chinese_but_the_way_back(stack: Stack, page: Page) -> None:
    cockpit_page.open_overview(page, stack.url, "en")
    lines = page.locator("body").inner_text().splitlines()
    assert [line for line in lines if CJK.search(line)] == ["中文"]


@LANGUAGES
@pytest.mark.parametrize("width", [1440, 1920])
def test_nothing_is_cut_or_overlaps(stack: Stack, page: Page, language: str, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 1700})
    cockpit_page.open_overview(page, stack.url, language)
    boxes = page.eval_on_selector_all(
        ".tile",
        """tiles => tiles.map(tile => { const box = tile.getBoundingClientRect();
            const inner = [...tile.querySelectorAll('*')].map(part => part.getBoundingClientRect());
            const furthest = side => Math.max(...inner.map(part => part[side]));
            return [box.left, box.top, box.right, box.bottom, furthest('right'), furthest('bottom')]; })""",
    )
    for left, top, right, bottom, inner_right, inner_bottom in boxes:
        assert inner_right <= right + 1
        assert inner_bottom <= bottom + 1
        assert sum(left < r and right > le and top < b and bottom > t for le, t, r, b, *_ in boxes) == 1
    card = page.locator(".dashboard-component-chart-holder:has(.tile)").bounding_box()
    assert card is not None
    assert max(bottom for *_, bottom, _, _ in boxes) <= card["y"] + card["height"]
    logo = page.locator("a.navbar-brand img, .ant-layout-header img, header img").first.bounding_box()
    assert logo is not None
    assert 20 <= logo["height"] <= 32


def test_the_page_asks_no_other_host(stack: Stack, page: Page) -> None:
    asked: list[str] = []
    page.on("response", lambda response: asked.append(response.url))
    cockpit_page.open_overview(page, stack.url, "zh")
    assert asked
    assert {url for url in asked if not url.startswith((stack.url, "data:", "blob:"))} == set()
