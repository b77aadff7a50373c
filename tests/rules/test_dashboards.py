"""The dashboards hold together from page to column, and the check that says so finds each planted fault."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from dagster_project import registry
from dagster_project.cockpit import template
from dagster_project.cockpit.check import check

ROOT = Path(__file__).resolve().parents[2]
DASHBOARDS = ROOT / "dashboards"
DBT = ROOT / "dbt"


def test_nothing_is_found() -> None:
    assert [str(finding) for finding in check(DASHBOARDS, DBT)] == []


def test_indicators_that_charts_name_are_in_the_registry() -> None:
    known = set(registry.load(ROOT / "seeds")["indicator"]["indicator_id"])
    named = {
        value
        for page in template.load_dashboards(DASHBOARDS, "zh")
        for chart in page.charts.values()
        for item in chart.params.get("adhoc_filters", [])
        if item["subject"] == "indicator_id"
        for value in item["comparator"]
    }
    assert named
    assert named <= known


def test_no_page_is_slow_by_number() -> None:
    for page in template.load_dashboards(DASHBOARDS, "zh"):
        assert len(page.charts) <= 12


def test_the_frame_around_every_page_speaks_its_language() -> None:
    config = (ROOT / "dashboards" / "superset_config.py").read_text(encoding="utf-8")
    [pattern] = re.findall(r'_LANGUAGE_OF_PAGE = re.compile\(r"(.+)"\)', config)
    slugs = [
        re.search(r"^slug: (\S+)", file.read_text(encoding="utf-8"), re.M)
        for file in ROOT.glob("dashboards/*/dashboard.yaml")
    ]
    assert len(slugs) >= 4
    for slug in slugs:
        assert slug
        for lang in ("zh", "en"):
            found = re.match(pattern, f"/superset/dashboard/{slug[1]}-{lang}/")
            assert found and found[1] == lang, slug[1]


def sources() -> Iterator[Path]:
    yield from DASHBOARDS.rglob("*.yaml")
    yield from (DBT / "models" / "cockpit").glob("*.sql")


@pytest.mark.parametrize("file", sorted(sources()), ids=lambda file: str(file.relative_to(ROOT)))
def test_nothing_reads_the_address_bar(file: Path) -> None:
    """`url_param` can be injected through the query string, and its value is missing from the cache key."""
    text = file.read_text(encoding="utf-8")
    assert "url_param" not in text
    assert "current_username" not in text


def test_pages_ask_no_other_host() -> None:
    for file in [*DASHBOARDS.rglob("*.css"), *DASHBOARDS.rglob("*.yaml"), DASHBOARDS / "superset_config.py"]:
        assert not re.search(r"https?://|//cdn", file.read_text(encoding="utf-8")), file


def test_html_columns_have_a_plain_twin_for_exports() -> None:
    for name, columns in template.load_contracts(DBT / "models" / "cockpit").items():
        names = {column.name for column in columns}
        for html in (column for column in names if column.startswith("html_")):
            assert html.replace("html_", "plain_") in names, f"{name}.{html}"


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    shutil.copytree(DASHBOARDS, tmp_path / "dashboards")
    shutil.copytree(DBT / "models", tmp_path / "dbt" / "models")
    return tmp_path


@pytest.mark.parametrize(
    ("file", "old", "new", "rule"),
    [
        ("dashboards/city/charts/map.yaml", "html_{{ lang }}", "html_fr", "chart-column"),
        ("dashboards/city/charts/map.yaml", "html_{{ lang }}", "html_zh", "language"),
        ("dashboards/city/charts/map.yaml", "dataset: map_region", "dataset: nowhere", "chart-dataset"),
        ("dashboards/city/charts/map.yaml", '"Districts on the map (schematic)"', '"地图"', "language"),
        ("dashboards/city/charts/trend.yaml", "metrics: [figure]", "metrics: [height]", "chart-metric"),
        (
            "dashboards/city/charts/league.yaml",
            "row_limit: 100",
            "row_limit: 100\n  x: '{% raw %}{{ url_param(1) }}{% endraw %}'",
            "template",
        ),
        ("dashboards/city/dashboard.yaml", "column: scheme_{{ lang }}", "column: scheme", "filter"),
        ("dashboards/city/dashboard.yaml", "charts: [map, trend]", "charts: [map, banner]", "filter"),
        ("dashboards/city/dashboard.yaml", "after: [scheme]", "after: [peer_area]", "filter"),
        ("dashboards/city/dashboard.yaml", "by: ranked", "by: height", "filter"),
        (
            "dashboards/city/dashboard.yaml",
            "charts: [league]\n  period:",
            "charts: [league]\n    open: true\n  period:",
            "filter",
        ),
        ("dashboards/city/dashboard.yaml", "{ banner: 7 }", "{ banner: 7, map: 7 }", "layout"),
        ("dashboards/city/dashboard.yaml", "{ banner: 7 }, width: 12", "{ banner: 7 }, width: 13", "layout"),
        ("dashboards/city/dashboard.yaml", "{ banner: 7 }", "{ flag: 7 }", "layout"),
        ("dashboards/city/dashboard.yaml", "css: [base,", "css: [bass,", "style"),
        ("dashboards/_shared/datasets.yaml", "count(rank)", "count(height)", "metric"),
        ("dashboards/_shared/datasets.yaml", "banner: {}", "banner: {}\nflag: {}", "readable"),
        ("dashboards/_shared/datasets.yaml", "banner: {}", "banner: {time_column: day}", "dataset-column"),
        ("dbt/models/cockpit/banner.sql", "ref('snapshot')", "ref('observation')", "serving-only"),
        ("dbt/models/cockpit/banner.sql", "ref('snapshot')", "source('registry', 'source')", "serving-only"),
        ("dbt/models/cockpit/banner.sql", "city-en/", "town-en/", "link"),
        ("dashboards/city/dashboard.yaml", "slug: city", "slug: {{ town }}", "readable"),
    ],
)
def test_a_planted_fault_is_found_where_it_is(copy: Path, file: str, old: str, new: str, rule: str) -> None:
    text = (copy / file).read_text(encoding="utf-8")
    assert old in text
    (copy / file).write_text(text.replace(old, new), encoding="utf-8")
    found = check(copy / "dashboards", copy / "dbt")
    assert rule in {finding.rule for finding in found}
    assert all(finding.message and finding.mend for finding in found)


def test_a_model_without_sql_is_found(copy: Path) -> None:
    (copy / "dbt" / "models" / "cockpit" / "tile.sql").unlink()
    assert [finding.rule for finding in check(copy / "dashboards", copy / "dbt")] == ["dataset-model"]
