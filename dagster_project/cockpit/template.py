"""Dashboards as templates: `dashboards/<name>/dashboard.yaml`, `charts/*.yaml`, and what they share.

Belongs here: reading templates and dbt contracts into plain objects. Each YAML file is a Jinja template that knows
`lang`, and `t(chinese, english)` which writes the text of that language. Rendering for Superset is in `render`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jinja2
import yaml

from dagster_project.cockpit import CockpitError

LANGUAGES = ("zh", "en")


@dataclass(frozen=True)
class Column:
    """A column of a cockpit table, as its dbt contract promises it."""

    name: str
    data_type: str
    description: str


@dataclass(frozen=True)
class Dataset:
    """A physical table of the schema `cockpit`; metrics are SQL aggregates by name."""

    name: str
    columns: tuple[Column, ...]
    metrics: Mapping[str, str]
    time_column: str | None


@dataclass(frozen=True)
class Chart:
    """A chart; one that `may_be_empty` lists what went wrong, so no row is an answer too."""

    name: str
    title: str
    dataset: str
    viz_type: str
    params: Mapping[str, Any]
    file: Path
    may_be_empty: bool = False


@dataclass(frozen=True)
class Filter:
    """A filter on one column, set at first to the first value by `order_by`; the filters `after` narrow its list.

    One that is `open` is set to nothing at first and takes several values.
    """

    name: str
    title: str
    dataset: str
    column: str
    order_by: str
    ascending: bool
    charts: tuple[str, ...]
    after: tuple[str, ...]
    open: bool = False


@dataclass(frozen=True)
class Cell:
    """Charts one above the other: their heights in units of 8 px, the cell's width in twelfths of the page."""

    charts: Mapping[str, int]
    width: int


@dataclass(frozen=True)
class Dashboard:
    name: str
    language: str
    slug: str
    title: str
    css: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    charts: Mapping[str, Chart]
    filters: tuple[Filter, ...]
    file: Path


def load_dashboards(folder: Path, language: str) -> list[Dashboard]:
    """Every dashboard of the folder in one language.

    Raises:
        CockpitError: a file that is not YAML after rendering, or lacks a field; names the file.
    """
    return [_dashboard(folder, file.parent, language) for file in sorted(folder.glob("*/dashboard.yaml"))]


def load_datasets(folder: Path, models: Path) -> dict[str, Dataset]:
    """The datasets of `_shared/datasets.yaml` with the columns of their dbt contracts.

    Raises:
        CockpitError: a dataset without a contract.
    """
    file = folder / "_shared" / "datasets.yaml"
    contracts = load_contracts(models)
    declared = read_yaml(file, {})
    if missing := sorted(set(declared) - set(contracts)):
        raise CockpitError(f"{file}: no dbt contract for {', '.join(missing)}; describe the model in {models}/*.yml")
    return {
        name: Dataset(name, contracts[name], extra.get("metrics", {}), extra.get("time_column"))
        for name, extra in declared.items()
    }


def load_contracts(models: Path) -> dict[str, tuple[Column, ...]]:
    """Columns of each model that a `*.yml` of the folder describes."""
    contracts = {}
    for file in sorted(models.glob("*.yml")):
        for model in (yaml.safe_load(file.read_text(encoding="utf-8")) or {}).get("models", []):
            contracts[model["name"]] = tuple(
                Column(column["name"], column.get("data_type", ""), column.get("description", ""))
                for column in model.get("columns", [])
            )
    return contracts


def read_yaml(file: Path, variables: Mapping[str, Any]) -> Any:
    """A Jinja YAML file rendered with the variables; an undefined one is an error."""
    try:
        source = jinja2.Environment(undefined=jinja2.StrictUndefined, autoescape=False).from_string(  # noqa: S701
            file.read_text(encoding="utf-8")
        )
        return yaml.safe_load(source.render(variables))
    except (OSError, jinja2.TemplateError, yaml.YAMLError) as error:
        raise CockpitError(f"{file}: {error}") from error


def _dashboard(shared: Path, folder: Path, language: str) -> Dashboard:
    file = folder / "dashboard.yaml"
    variables = {"lang": language, "t": lambda zh, en: json.dumps(zh if language == "zh" else en, ensure_ascii=False)}
    content = read_yaml(file, variables)
    try:
        return Dashboard(
            name=folder.name,
            language=language,
            slug=f"{content['slug']}-{language}",
            title=content["title"],
            css=tuple(content["css"]),
            rows=tuple(tuple(Cell(**cell) for cell in row) for row in content["rows"]),
            charts={path.stem: _chart(shared, path, variables) for path in sorted(folder.glob("charts/*.yaml"))},
            filters=tuple(_filter(name, fields) for name, fields in content["filters"].items()),
            file=file,
        )
    except (KeyError, TypeError) as error:
        raise CockpitError(f"{file}: field missing or unknown ({error})") from error


def _chart(shared: Path, file: Path, variables: Mapping[str, Any]) -> Chart:
    content = read_yaml(file, variables)
    try:
        base = read_yaml(shared / "_shared" / "params" / f"{content['like']}.yaml", variables)
        params = {**base, **content["params"]}
        return Chart(
            name=file.stem,
            title=content["name"],
            dataset=content["dataset"],
            viz_type=content["viz_type"],
            params=params,
            file=file,
            may_be_empty=content.get("may_be_empty", False),
        )
    except (KeyError, TypeError) as error:
        raise CockpitError(f"{file}: field missing or unknown ({error})") from error


def _filter(name: str, fields: Mapping[str, Any]) -> Filter:
    return Filter(
        name=name,
        title=fields["name"],
        dataset=fields["dataset"],
        column=fields["column"],
        order_by=fields["order"]["by"],
        ascending=fields["order"]["ascending"],
        charts=tuple(fields["charts"]),
        after=tuple(fields.get("after", ())),
        open=fields.get("open", False),
    )
