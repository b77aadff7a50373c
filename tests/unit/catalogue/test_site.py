"""The catalogue of the small world: its pages, their links, both languages, and text that means something to a page."""

from __future__ import annotations

import re
import shutil
from html import unescape
from pathlib import Path

import pytest

from dagster_project import registry
from dagster_project.catalogue import CatalogueError
from dagster_project.catalogue.site import build

ROOT = Path(__file__).resolve().parents[3]
SMALL = ROOT / "tests/integration/small_world/seeds"
ODD = "a < b | c* `d` _e_ <f> \\\\ g"
CLASS = "pump,S-01-01,泵站,Pumps,office,bulletin,town,true"
QUANTITY = "level,水位,Water level,米,m,2,水面高度。,Height of the water."
SIGN = "pump,level,one,higher,5min,,,1,4,5,6,true,true,true,false,项目自拟,our own,true"


@pytest.fixture(scope="module")
def seeds(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The small world with a family of signs, a planned feed, and a definition full of markup."""
    folder = tmp_path_factory.mktemp("world") / "seeds"
    shutil.copytree(SMALL, folder, ignore=shutil.ignore_patterns("published"))
    indicator = folder / "indicator/indicator.csv"
    text = indicator.read_text(encoding="utf-8")
    assert "Output per head." in text
    indicator.write_text(text.replace("Output per head.", ODD), encoding="utf-8")
    feed = folder / "feed/feed.csv"
    feed.write_text(feed.read_text(encoding="utf-8").replace("connected", "planned"), encoding="utf-8")
    for name, line in (("object_class", CLASS), ("quantity", QUANTITY), ("family", SIGN)):
        _append(folder / f"vital_sign/{name}.csv", line)
    _append(folder / "vital_sign/statistic_set.csv", "one,mean")
    _append(folder / "vital_sign/statistic.csv", "mean,均值,mean,,,,,,,,,,,平均。,Mean.")
    return folder


def _append(path: Path, line: str) -> None:
    with path.open("a", encoding="utf-8") as file:
        file.write(f"{line}\n")


@pytest.fixture(scope="module")
def site(seeds: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    loaded = registry.load(seeds)
    assert loaded.findings == ()
    out = tmp_path_factory.mktemp("site") / "catalogue"
    said: list[str] = []
    count = build(loaded, out, said.append)
    assert len(list((out / "zh").rglob("*.html"))) == count + 1, "one page more: that of the search"
    assert len(said) == 2
    return out


def read(page: Path) -> str:
    """What a person reads on a page."""
    article = page.read_text(encoding="utf-8").split("<article")[1].split("</article>")[0]
    return unescape(re.sub(r"<[^>]*>", " ", article))


def test_every_kpi_sector_and_track_has_a_page_in_both_languages(seeds: Path, site: Path) -> None:
    tables = registry.load(seeds)
    nodes = tables["node"].query("level != 'sub_track'")
    wanted = {f"{row.level}/{row.node_id}.html" for row in nodes.itertuples()}
    wanted |= {f"kpi/{one}.html" for one in tables["indicator"]["indicator_id"]}
    for language in ("zh", "en"):
        there = {str(page.relative_to(site / language)) for page in (site / language).glob("*/*.html")}
        assert there == wanted


def test_every_link_leads_to_a_page_and_none_out(site: Path) -> None:
    pages = list(site.rglob("*.html"))
    assert pages
    for page in pages:
        text = page.read_text(encoding="utf-8")
        for link in re.findall(r'(?:href|src)="([^"#]*)', text):
            assert not re.match(r"(\w+:)?//", link), f"{page.relative_to(site)} leads out to {link}"
            path = link.partition("?")[0]
            assert not path or (page.parent / path).exists(), f"{page.relative_to(site)} leads nowhere: {link}"
    for style in site.rglob("*.css"):
        assert not re.search(r"(url\([\"']?|@import\s+[\"'])(https?:)?//", style.read_text(encoding="utf-8")), style


def test_markup_in_the_registry_is_shown_as_it_is_written(site: Path) -> None:
    assert ODD in read(site / "en/kpi/output_per_head.html")


def test_every_row_has_a_cell_for_each_column(site: Path) -> None:
    for page in site.rglob("*.html"):
        for table in re.findall(r"<table.*?</table>", page.read_text(encoding="utf-8"), re.DOTALL):
            widths = {len(re.findall(r"<t[dh][ >]", row)) for row in table.split("<tr")[1:]}
            assert len(widths) == 1, f"{page.relative_to(site)}: rows of {widths} cells"


def test_each_language_speaks_for_itself(site: Path) -> None:
    for page in (site / "en").rglob("*.html"):
        if page.name != "search.html":
            assert not re.search(r"[一-鿿]", read(page).replace("中文", "")), page
    chinese = read(site / "zh/kpi/output_per_head.html")
    assert "人均产出" in chinese
    assert "尚未接入" in chinese
    assert "not connected yet" in read(site / "en/kpi/output_per_head.html")


def test_a_track_lists_its_vital_signs_with_their_ranges(seeds: Path, site: Path) -> None:
    (track,) = registry.load(seeds)["node"].query("node_id == 'S-01-01'")["parent_id"]
    shown = " ".join(read(site / f"zh/track/{track}.html").split())
    assert "水位·均值" in shown
    assert "1 – 4" in shown
    assert "> 5" in shown and "> 6" in shown
    assert "示意" in shown


def test_a_rebuild_replaces_a_catalogue_and_nothing_else(seeds: Path, site: Path, tmp_path: Path) -> None:
    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / "letter.txt").write_text("kept", encoding="utf-8")
    with pytest.raises(CatalogueError, match="something else than a catalogue"):
        build(registry.load(seeds), mine, lambda _: None)
    assert (mine / "letter.txt").is_file()
    (site / "stale.html").write_text("", encoding="utf-8")
    build(registry.load(seeds), site, lambda _: None)
    assert not (site / "stale.html").exists()
    assert [path.name for path in site.parent.iterdir()] == [site.name]
