"""From templates to what Superset imports: one bundle of databases, datasets, charts and dashboards.

Belongs here: Superset's asset format. Every uuid is derived from the asset's path, so that a second import updates the
first. Talking to a server is in `publish`.
"""

from __future__ import annotations

import hashlib
import io
import json
import uuid
import zipfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from dagster_project.cockpit import geometry, template
from dagster_project.cockpit.geometry import Shape
from dagster_project.cockpit.template import Chart, Dashboard, Dataset, Filter

NAMESPACE = uuid.uuid5(uuid.NAMESPACE_URL, "https://citydeck.org/cockpit")
SCHEMA = "cockpit"
SUPERSET_TYPES = {"varchar": "VARCHAR", "integer": "INTEGER", "bigint": "BIGINT", "double": "FLOAT", "date": "DATE"}


# What each filter of a dashboard is set to when the page opens, by the filter's name; None leaves it open.
FirstValues = Callable[[Dashboard, Mapping[str, Dataset]], Mapping[str, object]]


@dataclass(frozen=True)
class Bundle:
    """Assets by path below the archive's top folder; the paths of charts for which no row is an answer."""

    assets: Mapping[str, Mapping[str, Any]]
    may_be_empty: frozenset[str] = frozenset()

    def uuids(self, folder: str) -> dict[str, str]:
        """uuid -> path of every asset of a folder: databases, datasets, charts or dashboards."""
        return {asset["uuid"]: path for path, asset in self.assets.items() if path.startswith(f"{folder}/")}

    def archive(self) -> bytes:
        """The zip file for Superset; the same assets give the same bytes."""
        buffer = io.BytesIO()
        metadata = {"version": "1.0.0", "type": "assets", "timestamp": "2000-01-01T00:00:00+00:00"}
        with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as file:
            for path, asset in [("metadata.yaml", metadata), *sorted(self.assets.items())]:
                entry = zipfile.ZipInfo(f"citydeck/{path}")
                entry.compress_type = zipfile.ZIP_DEFLATED
                file.writestr(entry, yaml.safe_dump(dict(asset), allow_unicode=True, sort_keys=True))
        return buffer.getvalue()

    def digest(self) -> str:
        return hashlib.sha256(self.archive()).hexdigest()


def identify(path: str) -> str:
    """The permanent uuid of an asset."""
    return str(uuid.uuid5(NAMESPACE, path))


def render(
    dashboards: Path,
    models: Path,
    shapes: Sequence[Shape],
    first_values: FirstValues,
    database_uri: str,
    languages: Iterable[str] = template.LANGUAGES,
) -> Bundle:
    """Render every dashboard in the languages, with the datasets and the database they read.

    Raises:
        CockpitError: a template that cannot be read; names the file.
    """
    database = template.read_yaml(dashboards / "_shared" / "database.yaml", {"database_uri": database_uri})
    assets: dict[str, Mapping[str, Any]] = {DATABASE: {**database, "uuid": identify(DATABASE)}}
    datasets = template.load_datasets(dashboards, models)
    may_be_empty = set()
    for dataset in datasets.values():
        assets[dataset_path(dataset.name)] = _dataset(dataset)
    for language in languages:
        for dashboard in template.load_dashboards(dashboards, language):
            for chart in dashboard.charts.values():
                assets[chart_path(dashboard, chart.name)] = _chart(dashboard, chart)
                if chart.may_be_empty:
                    may_be_empty.add(chart_path(dashboard, chart.name))
            css = [
                (dashboards / "_shared" / "css" / f"{name}.css").read_text(encoding="utf-8") for name in dashboard.css
            ]
            assets[f"dashboards/{dashboard.slug}.yaml"] = _dashboard(
                dashboard, "\n".join([*css, geometry.style_sheet(shapes)]), first_values(dashboard, datasets)
            )
    return Bundle(assets, frozenset(may_be_empty))


DATABASE = "databases/citydeck.yaml"


def dataset_path(name: str) -> str:
    return f"datasets/citydeck/{name}.yaml"


def chart_path(dashboard: Dashboard, name: str) -> str:
    return f"charts/{dashboard.slug}/{name}.yaml"


def _dataset(dataset: Dataset) -> dict[str, Any]:
    return {
        "table_name": dataset.name,
        "schema": SCHEMA,
        "sql": None,
        "main_dttm_col": dataset.time_column,
        "description": None,
        "cache_timeout": None,
        "params": None,
        "template_params": None,
        "filter_select_enabled": True,
        "fetch_values_predicate": None,
        "extra": None,
        "columns": [
            {
                "column_name": column.name,
                "type": SUPERSET_TYPES.get(column.data_type, column.data_type.upper()),
                "is_dttm": column.data_type in ("date", "timestamp"),
                "description": column.description,
                "verbose_name": None,
                "is_active": True,
                "groupby": True,
                "filterable": True,
                "expression": None,
            }
            for column in dataset.columns
        ],
        "metrics": [
            {"metric_name": name, "expression": sql, "metric_type": None, "verbose_name": None, "extra": {}}
            for name, sql in dataset.metrics.items()
        ],
        "database_uuid": identify(DATABASE),
        "uuid": identify(dataset_path(dataset.name)),
        "version": "1.0.0",
    }


def _chart(dashboard: Dashboard, chart: Chart) -> dict[str, Any]:
    params = {**chart.params, "viz_type": chart.viz_type, "datasource": "0__table"}
    return {
        "slice_name": chart.title,
        "description": None,
        "certified_by": None,
        "certification_details": None,
        "viz_type": chart.viz_type,
        "params": params,
        # What `GET /api/v1/chart/<id>/data/` runs; the page itself builds its own from the parameters.
        "query_context": json.dumps(_query_context(params), ensure_ascii=False, sort_keys=True),
        "cache_timeout": None,
        "dataset_uuid": identify(dataset_path(chart.dataset)),
        "uuid": identify(chart_path(dashboard, chart.name)),
        "version": "1.0.0",
    }


def _query_context(params: Mapping[str, Any]) -> dict[str, Any]:
    raw = params.get("query_mode") == "raw"
    axis = [params["x_axis"]] if "x_axis" in params else []
    query = {
        "columns": params["all_columns"] if raw else [*axis, *params["groupby"]],
        "orderby": [json.loads(text) for text in params.get("order_by_cols", [])],
        "filters": [],
        "extras": {},
        "row_limit": params["row_limit"],
    }
    if not raw:
        query["metrics"] = params["metrics"]
    return {
        "datasource": {"id": 0, "type": "table"},
        "force": False,
        "queries": [query],
        "form_data": {},
        "result_format": "json",
        "result_type": "full",
    }


def _dashboard(dashboard: Dashboard, css: str, first: Mapping[str, object]) -> dict[str, Any]:
    path = f"dashboards/{dashboard.slug}.yaml"
    ids = {name: number for number, name in enumerate(sorted(dashboard.charts), start=1)}
    return {
        "dashboard_title": dashboard.title,
        "description": None,
        "css": css,
        "slug": dashboard.slug,
        "certified_by": None,
        "certification_details": None,
        "published": True,
        "position": _position(dashboard, ids),
        "metadata": {
            "native_filter_configuration": [
                _filter(dashboard, item, ids, first[item.name]) for item in dashboard.filters
            ],
            "filter_bar_orientation": "HORIZONTAL",
            # HTML cells emit filters of their whole markup otherwise.
            "cross_filters_enabled": False,
            "chart_configuration": {},
            "global_chart_configuration": {"scope": {"rootPath": ["ROOT_ID"], "excluded": []}, "chartsInScope": []},
            "color_scheme": "supersetColors",
            "refresh_frequency": 0,
            "timed_refresh_immune_slices": [],
            "expanded_slices": {},
            "label_colors": {},
            "shared_label_colors": [],
            "default_filters": "{}",
        },
        "uuid": identify(path),
        "version": "1.0.0",
    }


def _position(dashboard: Dashboard, ids: Mapping[str, int]) -> dict[str, Any]:
    rows = [f"ROW-{number}" for number in range(1, len(dashboard.rows) + 1)]
    position: dict[str, Any] = {
        "DASHBOARD_VERSION_KEY": "v2",
        "ROOT_ID": {"type": "ROOT", "id": "ROOT_ID", "children": ["GRID_ID"]},
        "GRID_ID": {"type": "GRID", "id": "GRID_ID", "children": rows, "parents": ["ROOT_ID"]},
        "HEADER_ID": {"type": "HEADER", "id": "HEADER_ID", "meta": {"text": dashboard.title}},
    }
    for row_id, row in zip(rows, dashboard.rows, strict=True):
        parents = ["ROOT_ID", "GRID_ID", row_id]
        children = []
        for number, cell in enumerate(row, start=1):
            column_id = f"COLUMN-{row_id}-{number}"
            charts = [f"CHART-{name}" for name in cell.charts]
            stacked = len(charts) > 1
            if stacked:
                position[column_id] = _container("COLUMN", column_id, charts, parents, width=cell.width)
            children += [column_id] if stacked else charts
            for name, height in cell.charts.items():
                position[f"CHART-{name}"] = {
                    "type": "CHART",
                    "id": f"CHART-{name}",
                    "children": [],
                    "parents": [*parents, column_id] if stacked else parents,
                    "meta": {
                        # Superset replaces the number by its own; without one the import fails half way.
                        "chartId": ids[name],
                        "uuid": identify(chart_path(dashboard, name)),
                        "sliceName": dashboard.charts[name].title,
                        "width": cell.width,
                        "height": height,
                    },
                }
        position[row_id] = _container("ROW", row_id, children, parents[:2])
    return position


def _container(kind: str, name: str, children: list[str], parents: list[str], **meta: int) -> dict[str, Any]:
    return {
        "type": kind,
        "id": name,
        "children": children,
        "parents": parents,
        "meta": {"background": "BACKGROUND_TRANSPARENT", **meta},
    }


def _chosen(item: Filter, value: object) -> dict[str, Any]:
    if value is None:
        return {"extraFormData": {}, "filterState": {}, "ownState": {}}
    return {
        "extraFormData": {"filters": [{"col": item.column, "op": "IN", "val": [value]}]},
        "filterState": {"value": [value], "label": str(value)},
        "ownState": {},
    }


def _filter(dashboard: Dashboard, item: Filter, ids: Mapping[str, int], first: object) -> dict[str, Any]:
    return {
        "id": f"NATIVE_FILTER-{item.name}",
        "name": item.title,
        "type": "NATIVE_FILTER",
        "filterType": "filter_select",
        "description": "",
        "targets": [{"datasetUuid": identify(dataset_path(item.dataset)), "column": {"name": item.column}}],
        "controlValues": {
            "defaultToFirstItem": not item.open,
            "enableEmptyFilter": not item.open,
            "multiSelect": item.open,
            "searchAllOptions": False,
            "inverseSelection": False,
            "sortAscending": item.ascending,
        },
        "sortMetric": item.order_by,
        "defaultDataMask": _chosen(item, first),
        "cascadeParentIds": [f"NATIVE_FILTER-{name}" for name in item.after],
        "scope": {
            "rootPath": ["ROOT_ID"],
            "excluded": [number for name, number in ids.items() if name not in item.charts],
        },
    }
