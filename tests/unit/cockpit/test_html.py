"""The macros: numbers as people write them, words in both languages, and no way for data to become markup."""

from __future__ import annotations

import base64
import html
import re
from html.parser import HTMLParser

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.unit.cockpit import presentation, world

CJK = re.compile(r"[\u3400-\u9fff]")
HOSTILE = """'"><img src=x onerror=alert(1)><script>alert(2)</script>&lt;b onclick='x'>{{ 7*7 }}</div></span>"""


class Markup(HTMLParser):
    """Collects tags, attributes and text as a browser would see them."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.text = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs

    def handle_data(self, data: str) -> None:
        self.text += data


@given(st.text())
def test_text_is_neither_markup_nor_lost(text: str) -> None:
    text = text.replace("\0", "")
    escaped = presentation.evaluate(presentation.MODULE.html_text("?"), [text])
    assert not set(escaped) & set("<>\"'")
    assert html.unescape(escaped) == text


def test_missing_text_is_empty() -> None:
    assert presentation.value("html_text", "null") == ""


@pytest.mark.parametrize("model", sorted(presentation.contracts("cockpit")))
def test_hostile_names_stay_text(model: str) -> None:
    connection = presentation.cockpit(world.tables(HOSTILE))
    columns = [
        name for name in presentation.contracts("cockpit")[model] if name.startswith("html_") or "_html_" in name
    ]
    cells = connection.execute(f"select {', '.join(columns) or 1} from cockpit.{model}").fetchall()
    assert cells
    for cell in (cell for row in cells for cell in row if columns):
        page = Markup(cell)
        assert set(page.tags) <= {"div", "span", "b", "a", "img"}
        assert {name for name, _ in page.attributes} <= {"class", "title", "href", "src", "alt"}
        assert all(
            source.startswith("data:image/svg+xml;base64,")
            for name, source in page.attributes
            if name == "src" and source
        )


def test_hostile_names_are_shown_as_they_are() -> None:
    connection = presentation.cockpit(world.tables(HOSTILE))
    (tile,) = connection.execute("select html_en from cockpit.tile").fetchone() or ("",)
    assert HOSTILE.replace("&lt;", "<") in html.unescape(Markup(tile).text)


def test_a_spark_is_an_image_with_one_point_per_value() -> None:
    connection = presentation.cockpit(world.tables())
    (tile,) = connection.execute("select html_zh from cockpit.tile").fetchone() or ("",)
    source = dict(Markup(tile).attributes)["src"]
    assert source is not None
    svg = base64.b64decode(source.partition(",")[2]).decode()
    assert 'points="0.0,28.0 96.0,0.0"' in svg


def scaled(number: float, decimals: int, unit: str) -> tuple[str, str]:
    """The Chinese figure and unit, worked out the slow way."""
    if not any(sign in unit for sign in "万亿%"):
        for scale, word in ((10**8, "亿"), (10**4, "万")):
            if abs(number) >= scale:
                return f"{number / scale:,.2f}", word + unit
    return written(number, decimals), unit


def written(number: float, decimals: int) -> str:
    text = f"{number:,.{decimals}f}"
    return text if text.strip("-0.,") else text.lstrip("-")


@given(
    st.floats(-1e12, 1e12, allow_nan=False).map(lambda number: round(number, 6) + 0.0),
    st.integers(0, 3),
    st.sampled_from(["人", "万人", "亿元", "%", "元/人", ""]),
)
@example(-0.5, 0, "人")
def test_figures_are_written_as_people_write_them(number: float, decimals: int, unit: str) -> None:
    value, text = f"{number!r}::double", f"'{unit}'"
    assert presentation.value("figure", value, f"{decimals}", text, "zh") == scaled(number, decimals, unit)[0]
    assert presentation.value("figure_unit", value, text, "'u'", "zh") == scaled(number, decimals, unit)[1]
    assert presentation.value("figure", value, f"{decimals}", text, "en") == written(number, decimals)
    assert presentation.value("figure_unit", value, text, "'u'", "en") == "u"


@pytest.mark.parametrize(
    ("period", "zh", "en"),
    [
        ("2024", "2024年", "2024"),
        ("2024H1", "2024年上半年", "2024 H1"),
        ("2024Q3", "2024年第3季度", "2024 Q3"),
        ("2024M03", "2024年03月", "2024-03"),
        ("2024-03-05", "2024-03-05", "2024-03-05"),
    ],
)
def test_periods(period: str, zh: str, en: str) -> None:
    assert presentation.value("period_label", f"'{period}'", "zh") == zh
    assert presentation.value("period_label", f"'{period}'", "en") == en


@pytest.mark.parametrize("state", ["missing", "not_applicable", "not_yet_due"])
@pytest.mark.parametrize(
    "reason",
    [
        *("not_received", "incomplete", "base_missing", "declared", "zero_denominator", "zero_base", "other_boundary"),
        *("not_due", "no_figure"),
    ],
)
def test_each_absence_has_words_in_both_languages(state: str, reason: str) -> None:
    zh, en = (presentation.value("absence", f"'{state}'", f"'{reason}'", language) for language in ("zh", "en"))
    assert zh.endswith("）")
    assert zh.index("（") > 1
    assert en.endswith(")")
    assert not CJK.search(en)


@pytest.mark.parametrize(
    ("change", "previous", "unit", "zh", "en"),
    [
        ("10.0", "100.0", "亿元", "▲ 10.0%", "▲ 10.0%"),
        ("-2.5", "50.0", "%", "▼ 2.5 个百分点", "▼ 2.5 pp"),
        ("0.0", "5.0", "个", "= 0.0%", "= 0.0%"),
        ("3.0", "-1.0", "个", "▲ 3.0", "▲ 3.0"),
        ("null::double", "1.0", "个", None, None),
    ],
)
def test_changes(change: str, previous: str, unit: str, zh: str | None, en: str | None) -> None:
    for language, words in (("zh", zh), ("en", en)):
        assert presentation.value("change_text", change, previous, f"'{unit}'", "1", language) == words
