"""The evaluation pages show what serving holds and follow their filters.

A line leads to its unit and back; where there is nothing, the page says why.
"""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.e2e import cockpit_page
from tests.e2e.conftest import Stack

CJK = re.compile(r"[\u3400-\u9fff]")
# What programs call a scheme, a node, a peer area, a reason.
IDENTIFIER = re.compile(r"\b[a-z]+(_[a-z0-9]+)+\b|\bP\d\d-[A-Z]+\b|\b(DZ|G)-?[A-Z0-9]{4,}\b")
LANGUAGES = pytest.mark.parametrize("language", ["zh", "en"])
FILTERS = ("scheme", "period", "peer_area")
WORDS = {
    "zh": {
        "first": "首次排名",
        "version": "方案换版，不可比",
        "area": "片区变动，不可比",
        "unranked": "未排名：",
        "none": "—",
    },
    "en": {
        "first": "first rank",
        "version": "scheme changed",
        "area": "peer area changed",
        "unranked": "Not ranked: ",
        "none": "—",
    },
}


def rows(stack: Stack, query: str, *values: object) -> list[tuple[Any, ...]]:
    with stack.serving() as serving:
        return serving.execute(query, list(values)).fetchall()


def open_league(page: Page, stack: Stack, language: str) -> None:
    page.goto(f"{stack.url}/superset/dashboard/evaluation-{language}/")
    for content in (".banner", ".unit-name", ".iv-card", ".method", ".weight"):
        page.wait_for_selector(content)


def open_unit(page: Page, stack: Stack, address: str) -> None:
    page.goto(stack.url + address)
    await_unit(page)


def await_unit(page: Page) -> None:
    for content in (".banner", ".head", ".part", ".wf", ".gapbar, .none", "a.unit-name", ".interval, .none"):
        page.wait_for_selector(content)


def mixed(stack: Stack, language: str) -> tuple[str, str, str]:
    """Scheme, period and peer area, as filters name them, where some are ranked and some are not; the newest such."""
    found = rows(
        stack,
        f"select scheme_{language}, period_{language}, peer_area_{language} from cockpit.league"
        " where peer_area_id is not null"
        " group by 1, 2, 3 order by count(rank) = 0, count(rank) = count(*), max(period_end) desc, 1, 3 limit 1",
    )
    return found[0]


def moved(movement: int | None, reason: str | None, language: str) -> str:
    if movement is None:
        return WORDS[language].get(reason or "", "—")
    if movement == 0:
        return "= 持平" if language == "zh" else "= same"
    arrow, zh, en = ("▲", "升", "up") if movement > 0 else ("▼", "降", "down")
    return f"{arrow} {zh}{abs(movement)}位" if language == "zh" else f"{arrow} {en} {abs(movement)}"


def served(stack: Stack, chosen: tuple[str, str, str], language: str) -> list[tuple[str, ...]]:
    """The lines of a league table as serving has them.

    Rank, unit, score, interval, group, tier, movement, cover, why it is not ranked.
    """
    found = rows(
        stack,
        f"""select k."rank", u.unit_{language}, k.score, k.rank_low, k.rank_high, k.apart, t.name_{language},
            k.movement, k.movement_reason, k.coverage, c.min_coverage, k.reason_{language}
        from serving.ranking k
        join serving.scheme c on k.scheme_id = c.scheme_id and k.scheme_version = c.version
        join cockpit.evaluated_scheme s on k.scheme_id = s.scheme_id and k.scheme_version = s.version
        join cockpit.evaluated_unit u using (region_id)
        join cockpit.peer_area a on k.peer_area_id = a.peer_area_id
        join (select distinct period_id, period_{language} from cockpit.league) p using (period_id)
        left join serving.scheme_tier t
            on k.scheme_id = t.scheme_id and k.scheme_version = t.version and k.tier_id = t.tier_id
        where s.scheme_{language} = ? and p.period_{language} = ? and a.label_{language} = ?
        order by k."rank" nulls last, k.region_id""",
        *chosen,
    )
    lines = []
    for rank, name, score, low, high, apart, tier, movement, reason, coverage, required, why in found:
        interval = (
            "—"
            if rank is None
            else f"{low}–{high}"
            if low is not None
            else {"zh": "未估计区间", "en": "no interval"}[language]
        )
        group = "—" if apart is None else f"第 {apart} 组" if language == "zh" else f"Group {apart}"
        cover = f"{100 * coverage:.0f}"
        if rank is not None:
            why = ""
        elif coverage < required:
            limit = f"{100 * required:.0f}%"
            why = (
                f"数据覆盖 {cover}%，低于要求的 {limit}"
                if language == "zh"
                else f"data cover {cover}%, below the required {limit}"
            )
        remark = WORDS[language]["unranked"] + why if rank is None else ""
        lines.append(
            (
                "—" if rank is None else str(rank),
                name,
                "—" if score is None else f"{score:.2f}",
                interval,
                group,
                tier or "—",
                moved(movement, reason, language),
                cover,
                remark,
            )
        )
    return lines


def shown(page: Page) -> list[tuple[str, ...]]:
    found = page.eval_on_selector_all(
        "table:has(.unit-name):has(.interval, .none) tbody tr",
        "rows => rows.map(row => [...row.cells].map(cell => cell.matches('.dt-is-null') ? '—' : cell.innerText))",
    )
    return [tuple(" ".join(cell.split()) for cell in row) for row in found]


def assert_league(stack: Stack, page: Page, chosen: tuple[str, str, str], language: str) -> None:
    expected = served(stack, chosen, language)
    assert expected
    expect(page.locator(".unit-name")).to_have_text([line[1] for line in expected])
    # The last cells to be painted are those of the same names under another period.
    expect(page.locator("table:has(.unit-name) tbody tr").first).to_contain_text(expected[0][2])
    assert tuple(cockpit_page.chosen(page, name) for name in FILTERS) == chosen
    for line, wanted in zip(shown(page), expected, strict=True):
        rank, name, score, interval, group, tier, movement, cover, remark = line
        assert (rank, name, score, interval, movement, cover) == (*wanted[:4], wanted[6], wanted[7])
        assert group.startswith(wanted[4])
        assert tier.removeprefix("★ ").removeprefix("▽ ") == wanted[5]
        assert remark.startswith(wanted[8])


def first_choice(stack: Stack, language: str, scheme: str, period: str | None = None) -> tuple[str, str]:
    """Period and peer area that the filters come to once a scheme, or a period too, is chosen."""
    (found,) = rows(
        stack,
        f"""with l as (
            select * from cockpit.league
            where scheme_{language} = ? and period_{language} = coalesce(?, period_{language})
        ),
        p as (select period_{language} from l order by period_end desc, 1 limit 1)
        select period_{language}, peer_area_{language} from l semi join p using (period_{language})
        group by all order by count(rank) desc, 2 limit 1""",
        scheme,
        period,
    )
    return found


@LANGUAGES
def test_the_league_is_that_of_serving_and_follows_its_filters(stack: Stack, page: Page, language: str) -> None:
    open_league(page, stack, language)
    first = tuple(cockpit_page.chosen(page, name) for name in FILTERS)
    (default,) = rows(
        stack, f"select scheme_{language} from cockpit.evaluated_scheme where scheme_id = 'city' limit 1"
    ) or [("",)]
    if rows(stack, "select 1 from serving.ranking where scheme_id = 'city' limit 1"):
        assert first[0] == default[0]
    assert_league(stack, page, first, language)

    scheme, period, area = mixed(stack, language)
    reached = first_choice(stack, language, scheme)
    if scheme != first[0]:
        cockpit_page.choose(page, "scheme", scheme, then={"period": reached[0], "peer_area": reached[1]})
        assert_league(stack, page, (scheme, *reached), language)
    others = rows(
        stack,
        f"select period_{language} from cockpit.league where scheme_{language} = ? and period_{language} <> ?"
        " group by all having count(rank) > 0 order by max(period_end) desc",
        scheme,
        reached[0],
    )
    if period == reached[0] and others:
        period = others[0][0]
        area = first_choice(stack, language, scheme, period)[1]
    if period != reached[0]:
        cockpit_page.choose(
            page, "period", period, then={"peer_area": first_choice(stack, language, scheme, period)[1]}
        )
    if area != cockpit_page.chosen(page, "peer_area"):
        cockpit_page.choose(page, "peer_area", area)
    assert_league(stack, page, (scheme, period, area), language)


def page_of(stack: Stack, language: str, condition: str) -> tuple[str, ...]:
    """Address, scheme, period, region, unit of one that fulfils the condition, in the newest period there is."""
    found = rows(
        stack,
        f"select link_{language}, scheme_id, period_id, region_id, unit_{language} from cockpit.league"
        f" where {condition} order by period_end desc, scheme_id, place, peer_area_id limit 1",
    )
    assert found, f"no unit of the published figures fulfils {condition}"
    return found[0]


@LANGUAGES
def test_a_line_leads_to_its_unit_and_back(stack: Stack, page: Page, language: str) -> None:
    open_league(page, stack, language)
    scheme, *_ = mixed(stack, language)
    reached = first_choice(stack, language, scheme)
    if cockpit_page.chosen(page, "scheme") != scheme:
        cockpit_page.choose(page, "scheme", scheme, then={"period": reached[0], "peer_area": reached[1]})
    expect(page.locator(".unit-name").first).to_be_visible()
    chosen = tuple(cockpit_page.chosen(page, name) for name in FILTERS)
    assert_league(stack, page, chosen, language)
    unit = page.locator(".unit-name").first.inner_text()
    page.locator(".unit-name").first.click()
    page.wait_for_url("**/evaluation-unit-*/**")
    await_unit(page)
    expect(page.locator(".crumb b")).to_contain_text(unit)
    assert (cockpit_page.chosen(page, "scheme"), cockpit_page.chosen(page, "period")) == chosen[:2]
    page.locator(".crumb a.back").click()
    page.wait_for_url(f"**/evaluation-{language}/**")
    page.wait_for_selector(".unit-name")
    assert_league(stack, page, chosen, language)


def parts(page: Page) -> dict[str, str]:
    found = page.eval_on_selector_all(
        ".part:not(.part-head):not(.part-none)",
        "parts => parts.map(part => [part.querySelector('.part-name').innerText, part.querySelector('b').innerText])",
    )
    return dict(found)


def number(text: str) -> float:
    return float(text.replace("−", "-").replace("+", "").replace(",", ""))


@LANGUAGES
def test_the_parts_sum_to_the_score_and_are_those_of_serving(stack: Stack, page: Page, language: str) -> None:
    address, scheme, period, region, *_ = page_of(stack, language, "rank is not null")
    open_unit(page, stack, address)
    found = parts(page)
    total = found.pop("合计" if language == "zh" else "Sum")
    points = found.pop("加减分" if language == "zh" else "Bonus or deduction", "0")
    expected = {
        name: f"{part:.2f}"
        for name, part in rows(
            stack,
            f"select n.name_{language}, c.part from serving.contribution c join serving.scheme_node n"
            " on c.scheme_id = n.scheme_id and c.scheme_version = n.version and c.node_id = n.node_id"
            " where n.depth = 1 and c.score is not null and c.scheme_id = ? and c.period_id = ? and c.region_id = ?",
            scheme,
            period,
            region,
        )
    }
    assert {name: part for name, part in found.items() if re.match(r"[−\d]", part)} == expected
    assert sum(map(number, expected.values())) == pytest.approx(number(total), abs=0.006 * len(expected))
    ((score,),) = rows(
        stack,
        "select score from serving.ranking where scheme_id = ? and period_id = ? and region_id = ?",
        scheme,
        period,
        region,
    )
    assert number(total) + number(points) == pytest.approx(score, abs=0.011)
    assert f"{score:.2f}" in page.locator(".fact b").all_inner_texts()


@LANGUAGES
def test_a_movement_is_split_as_serving_splits_it(stack: Stack, page: Page, language: str) -> None:
    address, *key, _ = page_of(stack, language, "movement is not null and movement <> 0")
    open_unit(page, stack, address)
    steps = page.eval_on_selector_all(".wf-step b", "steps => steps.map(step => step.innerText)")
    ends = page.eval_on_selector_all(".wf-end b", "ends => ends.map(end => end.innerText)")
    served_parts = rows(
        stack,
        "select score_part, rank_part from serving.movement where scheme_id = ? and period_id = ? and region_id = ?"
        " and (abs(score_part) >= 0.005 or abs(rank_part) >= 0.005)",
        *key,
    )
    told = sorted(number(step) for step in steps if re.match(r"[−+]", step))
    assert told == pytest.approx(sorted(round(part, 2) for part, _ in served_parts if abs(part) >= 0.005), abs=0.0051)
    assert len(steps) == len(served_parts)
    assert number(ends[1]) - number(ends[0]) == pytest.approx(sum(part for part, _ in served_parts), abs=0.02)


@LANGUAGES
def test_what_is_absent_says_why(stack: Stack, page: Page, language: str) -> None:
    address, scheme, period, region, *_ = page_of(stack, language, "rank is null")
    open_unit(page, stack, address)
    ((why,),) = rows(
        stack,
        f"select why_{language} from cockpit.league where scheme_id = ? and period_id = ? and region_id = ?",
        scheme,
        period,
        region,
    )
    expect(page.locator(".fact").first).to_contain_text(why)
    expect(page.locator(".wf-note")).to_contain_text(
        "本期没有位次" if language == "zh" else "it has no rank in this period"
    )


@LANGUAGES
def test_a_unit_stands_in_every_scheme_that_ranks_it(stack: Stack, page: Page, language: str) -> None:
    address, _, period, region, *_ = page_of(stack, language, "rank is not null")
    open_unit(page, stack, address)
    expected = rows(
        stack,
        f"select scheme_{language}, shown_{language}, rank_{language} from cockpit.evaluation_standing"
        " where region_id = ? and period_id = ? order by place",
        region,
        period,
    )
    expect(page.locator("table:has(.unit-name) .unit-name")).to_have_text([name for name, *_ in expected])
    found = [line[:3] for line in shown(page)]
    assert found == expected


def test_the_other_language_keeps_the_unit(stack: Stack, page: Page) -> None:
    address, _, _, region, unit = page_of(stack, "zh", "rank is not null")
    open_unit(page, stack, address)
    expect(page.locator(".crumb b")).to_have_text(unit)
    page.locator(".crumb .language").click()
    page.wait_for_url("**/evaluation-unit-en/**")
    await_unit(page)
    (name,) = rows(stack, "select unit_en from cockpit.evaluated_unit where region_id = ?", region)[0]
    expect(page.locator(".crumb b")).to_have_text(name)


@LANGUAGES
def test_a_filter_holds_the_unit_of_the_address_however_long_its_list(stack: Stack, page: Page, language: str) -> None:
    """A filter goes back to the first of its list if it does not find its value there."""
    address, _, _, _, unit = page_of(stack, language, "region_id = (select max(region_id) from cockpit.league)")
    open_unit(page, stack, address)
    expect(page.locator(".crumb b")).to_have_text(unit)
    page.wait_for_load_state("networkidle")
    assert cockpit_page.chosen(page, "unit") == unit
    expect(page.locator(cockpit_page.APPLY)).to_be_disabled()


@LANGUAGES
@pytest.mark.parametrize("which", ["league", "unit"])
def test_no_word_is_of_the_other_language_or_a_programs(stack: Stack, page: Page, language: str, which: str) -> None:
    if which == "league":
        open_league(page, stack, language)
    else:
        open_unit(page, stack, page_of(stack, language, "rank is not null")[0])
    lines = [line for line in page.locator(".dashboard-content").inner_text().splitlines() if line.strip()]
    assert [line for line in lines if IDENTIFIER.search(line)] == []
    if language == "en":
        assert [line for line in lines if CJK.search(line)] == ["中文"]


@LANGUAGES
@pytest.mark.parametrize("width", [1440, 1920])
def test_nothing_is_cut(stack: Stack, page: Page, language: str, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 2600})
    for address in (f"/superset/dashboard/evaluation-{language}/", page_of(stack, language, "rank is not null")[0]):
        page.goto(stack.url + address)
        for content in (".banner", ".unit-name", ".weight, .part", ".iv-card, .wf"):
            page.wait_for_selector(content)
        cut = page.eval_on_selector_all(
            ".fact, .iv-card, .method, .weight, .part, .wf, .crumb, .tier, .interval, .apart",
            """parts => parts.filter(part => { const box = part.getBoundingClientRect();
                return [...part.querySelectorAll('*')].some(inner => { const i = inner.getBoundingClientRect();
                    return i.right > box.right + 2 || i.bottom > box.bottom + 2; }) }).map(part => part.outerHTML)""",
        )
        assert cut == []
