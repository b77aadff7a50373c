"""The static check of the dashboards, before any server starts: dashboard, chart, dataset, column, dbt contract.

Belongs here: what can be told from files alone. Whether a chart answers is `publish.verify`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from dagster_project.cockpit import CockpitError, template
from dagster_project.cockpit.template import Chart, Dashboard, Dataset, Filter
from dagster_project.registry import Finding

PAGE_WIDTH = 12
CJK = re.compile(r"[\u3400-\u9fff]")
REF = re.compile(r"\bref\(\s*'([^']+)'\s*\)")
LINK = re.compile(r"/superset/dashboard/([a-z0-9_-]+)/")
AGGREGATE = re.compile(r"^(min|max|sum|avg|count)\(([a-z_][a-z0-9_]*)\)$")


def check(dashboards: Path, dbt: Path) -> list[Finding]:
    """Everything that would fail, or show the wrong thing, once the dashboards of the folder are imported."""
    models = dbt / "models" / "cockpit"
    try:
        datasets = template.load_datasets(dashboards, models)
        pages = [page for language in template.LANGUAGES for page in template.load_dashboards(dashboards, language)]
    except CockpitError as error:
        return [Finding(str(dashboards), 1, "", "readable", str(error), "mend the file")]
    if not pages:
        return [Finding(str(dashboards), 1, "", "readable", "no dashboards", "add <name>/dashboard.yaml")]
    checker = Checker(dashboards, dbt, datasets)
    found = [*checker.datasets_read(), *checker.models_read({page.slug for page in pages})]
    for page in pages:
        found += [*checker.layout(page), *checker.filters(page)]
        for chart in page.charts.values():
            found += checker.chart(page, chart)
    return list(dict.fromkeys(found))


@dataclass(frozen=True)
class Checker:
    """The rules; each yields its findings."""

    dashboards: Path
    dbt: Path
    known: dict[str, Dataset]

    def datasets_read(self) -> Iterator[Finding]:
        """Each dataset is a cockpit model; each metric is one aggregate of one of its columns."""
        file = self.dashboards / "_shared" / "datasets.yaml"
        for dataset in self.known.values():
            if not (self.dbt / "models" / "cockpit" / f"{dataset.name}.sql").is_file():
                yield _finding(file, dataset.name, "dataset-model", f"{dataset.name} is no model of dbt/models/cockpit")
            columns = _columns(dataset)
            for name, sql in dataset.metrics.items():
                parts = AGGREGATE.match(sql)
                if parts is None or parts.group(2) not in columns:
                    yield _finding(
                        file, name, "metric", f"metric {name} = {sql} is not an aggregate of a column of {dataset.name}"
                    )
            if dataset.time_column and dataset.time_column not in columns:
                yield _finding(
                    file, dataset.time_column, "dataset-column", f"{dataset.name} has no {dataset.time_column}"
                )

    def models_read(self, slugs: set[str]) -> Iterator[Finding]:
        """Cockpit models read serving or each other, and link only to pages that exist."""
        served = {
            path.stem for folder in ("serving", "cockpit") for path in (self.dbt / "models" / folder).glob("*.sql")
        }
        for file in sorted((self.dbt / "models" / "cockpit").glob("*.sql")):
            text = file.read_text(encoding="utf-8")
            for name in REF.findall(text):
                if name not in served:
                    yield _finding(file, name, "serving-only", f"ref('{name}') is not a serving model")
            if "source(" in text:
                yield _finding(file, "source(", "serving-only", "reads a source", "read the serving model instead")
            for slug in LINK.findall(text):
                if slug not in slugs:
                    yield _finding(file, slug, "link", f"links to the page {slug}, which does not exist")

    def layout(self, page: Dashboard) -> Iterator[Finding]:
        """Every chart stands on the page once; a row is not wider than the page; styles exist; text is the page's."""
        placed = [name for row in page.rows for cell in row for name in cell.charts]
        for name in sorted({*placed, *page.charts}):
            if name not in page.charts:
                yield _finding(page.file, name, "layout", f"chart {name} is placed but has no charts/{name}.yaml")
            elif placed.count(name) != 1:
                yield _finding(
                    page.file, name, "layout", f"chart {name} is placed {placed.count(name)} times, not once"
                )
        for row in page.rows:
            if sum(cell.width for cell in row) > PAGE_WIDTH:
                yield _finding(page.file, "rows", "layout", f"a row is wider than {PAGE_WIDTH}: {row}")
        for name in page.css:
            if not (self.dashboards / "_shared" / "css" / f"{name}.css").is_file():
                yield _finding(page.file, name, "style", f"_shared/css/{name}.css is missing")
        yield from _language(page, page.file, page.title)

    def filters(self, page: Dashboard) -> Iterator[Finding]:
        """A filter reads columns that exist, and each chart in its reach has its column."""
        for item in page.filters:
            dataset = self.known.get(item.dataset)
            if dataset is None:
                yield _finding(page.file, item.name, "filter", f"filter {item.name}: no dataset {item.dataset}")
                continue
            if item.order_by not in dataset.metrics:
                yield _finding(page.file, item.order_by, "filter", f"{item.dataset} has no metric {item.order_by}")
            yield from self._reach(page, item)
            yield from _language(page, page.file, item.title)

    def _reach(self, page: Dashboard, item: Filter) -> Iterator[Finding]:
        readers = {f"its dataset {item.dataset}": item.dataset}
        for name in item.charts:
            if name in page.charts:
                readers[f"chart {name}"] = page.charts[name].dataset
            else:
                yield _finding(page.file, item.name, "filter", f"filter {item.name} names no chart: {name}")
        for reader, dataset in readers.items():
            if dataset in self.known and item.column not in _columns(self.known[dataset]):
                yield _finding(
                    page.file, item.column, "filter", f"filter {item.name}: {reader} has no column {item.column}"
                )
        earlier = {other.name: other.open for other in page.filters[: page.filters.index(item)]}
        for name in item.after:
            if earlier.get(name):
                yield _finding(
                    page.file, item.name, "filter", f"filter {item.name} comes after {name}, which is open at first"
                )
            if name not in earlier:
                yield _finding(
                    page.file, item.name, "filter", f"filter {item.name} comes after {name}, which is not before it"
                )

    def chart(self, page: Dashboard, chart: Chart) -> Iterator[Finding]:
        """A chart reads columns and metrics of its dataset, in the page's language, and holds no template."""
        dataset = self.known.get(chart.dataset)
        if dataset is None:
            yield _finding(chart.file, chart.dataset, "chart-dataset", f"no dataset {chart.dataset}")
            return
        for name in used_columns(chart):
            if name not in _columns(dataset):
                yield _finding(chart.file, name, "chart-column", f"{chart.dataset} has no column {name}")
            if any(name.endswith(f"_{other}") for other in template.LANGUAGES if other != page.language):
                yield _finding(chart.file, name, "language", f"{name} on a page in {page.language}")
        for name in chart.params.get("metrics", []):
            if name not in dataset.metrics:
                yield _finding(chart.file, name, "chart-metric", f"{chart.dataset} has no metric {name}")
        text = json.dumps(chart.params)
        for word in ("{{", "{%", "url_param"):
            if word in text:
                yield _finding(
                    chart.file, word, "template", f"{word} would be run by the server", "write the value itself"
                )
        yield from _language(page, chart.file, chart.title)


def used_columns(chart: Chart) -> list[str]:
    """Every column a chart's parameters name."""
    params = chart.params
    return [
        *params.get("all_columns", []),
        *params.get("groupby", []),
        *([params["x_axis"]] if "x_axis" in params else []),
        *(json.loads(text)[0] for text in params.get("order_by_cols", [])),
        *(item["subject"] for item in params.get("adhoc_filters", [])),
        *params.get("column_config", {}),
    ]


def _columns(dataset: Dataset) -> set[str]:
    return {column.name for column in dataset.columns}


def _language(page: Dashboard, file: Path, text: str) -> Iterator[Finding]:
    if (page.language == "zh") != bool(CJK.search(text)):
        yield _finding(file, text, "language", f"{text!r} on a page in {page.language}", "write t(chinese, english)")


def _finding(
    file: Path, needle: str, rule: str, message: str, mend: str = "mend the name, or add it where it is missing"
) -> Finding:
    lines = file.read_text(encoding="utf-8").splitlines() if file.is_file() else []
    line = next((number for number, text in enumerate(lines, start=1) if needle in text), 1)
    return Finding(str(file), line, "", rule, message, mend)
