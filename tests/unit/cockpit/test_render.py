"""Rendering: the same templates give the same bytes and ids; both languages are whole; geometry is faithful."""

from __future__ import annotations

import io
import json
import re
import uuid
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import duckdb
import pytest
import yaml

from dagster_project.cockpit import CockpitError, geometry, template
from dagster_project.cockpit.geometry import Box, Inset, Shape
from dagster_project.cockpit.render import Bundle, render
from dagster_project.cockpit.serving import first_values

ROOT = Path(__file__).resolve().parents[3]
CJK = re.compile(r"[\u3400-\u9fff]")
BIG = Shape("BIG", 40, 40, 60, 60, "0% 0%, 100% 0%, 100% 100%, 0% 100%", 70, 70, 1.25)
SMALL = Shape("SMALL", 10, 80, 4, 2, "0% 0%, 100% 0%, 50% 100%", 12, 81, 1.25)


def rendered(*shapes: Shape, value: object = "first") -> Bundle:
    def first_values(dashboard: template.Dashboard, _: Mapping[str, template.Dataset]) -> dict[str, object]:
        return {item.name: value for item in dashboard.filters}

    return render(ROOT / "dashboards", ROOT / "dbt" / "models" / "cockpit", shapes, first_values, "duckdb:////x.duckdb")


@pytest.fixture(scope="module")
def bundle() -> Bundle:
    return rendered(BIG, SMALL)


def walk(thing: Any) -> list[dict[str, Any]]:
    """Every object inside a nested thing."""
    if isinstance(thing, dict):
        return [thing, *(found for value in thing.values() for found in walk(value))]
    return [found for value in thing for found in walk(value)] if isinstance(thing, list) else []


def test_the_same_templates_give_the_same_archive(bundle: Bundle) -> None:
    assert rendered(BIG, SMALL).archive() == bundle.archive()


def test_a_changed_shape_or_first_value_changes_the_digest(bundle: Bundle) -> None:
    assert len({bundle.digest(), rendered(BIG).digest(), rendered(BIG, SMALL, value="second").digest()}) == 3


def test_the_archive_is_what_superset_imports(bundle: Bundle) -> None:
    with zipfile.ZipFile(io.BytesIO(bundle.archive())) as archive:
        names = archive.namelist()
        metadata = yaml.safe_load(archive.read("citydeck/metadata.yaml"))
        read = {name: yaml.safe_load(archive.read(name)) for name in names}
    assert {name.split("/")[0] for name in names} == {"citydeck"}
    assert metadata["type"] == "assets"
    assert {name.removeprefix("citydeck/") for name in names} - {"metadata.yaml"} == set(bundle.assets)
    assert read["citydeck/databases/citydeck.yaml"]["sqlalchemy_uri"] == "duckdb:////x.duckdb"


def test_ids_are_uuid5_and_unique(bundle: Bundle) -> None:
    ids = [asset["uuid"] for asset in bundle.assets.values()]
    assert len(set(ids)) == len(ids)
    assert {uuid.UUID(text).version for text in ids} == {5}


def test_every_reference_is_to_an_asset_of_the_bundle(bundle: Bundle) -> None:
    known = {asset["uuid"] for asset in bundle.assets.values()}
    for asset in bundle.assets.values():
        for part in walk(dict(asset)):
            for key in ("uuid", "datasetUuid", "dataset_uuid", "database_uuid"):
                assert part.get(key, next(iter(known))) in known


def test_the_database_can_only_read_its_file(bundle: Bundle) -> None:
    database = bundle.assets["databases/citydeck.yaml"]
    arguments = database["extra"]["engine_params"]["connect_args"]
    assert arguments["read_only"] is True
    assert arguments["config"]["enable_external_access"] is False
    assert arguments["config"]["lock_configuration"] is True
    assert database["expose_in_sqllab"] is False


def test_each_filter_reaches_just_its_charts(bundle: Bundle) -> None:
    for dashboard in template.load_dashboards(ROOT / "dashboards", "zh"):
        asset = bundle.assets[f"dashboards/{dashboard.slug}.yaml"]
        ids = {
            part["meta"]["chartId"]: part["id"].removeprefix("CHART-")
            for part in asset["position"].values()
            if isinstance(part, dict) and part["type"] == "CHART"
        }
        configured = asset["metadata"]["native_filter_configuration"]
        for item, made in zip(dashboard.filters, configured, strict=True):
            reached = {name for number, name in ids.items() if number not in made["scope"]["excluded"]}
            assert reached == set(item.charts)
            assert made["defaultDataMask"]["filterState"]["value"] == ["first"]


def test_an_open_filter_takes_several_values_and_none_at_first(bundle: Bundle) -> None:
    (page,) = [page for page in template.load_dashboards(ROOT / "dashboards", "zh") if page.name == "quality"]
    assert all(item.open for item in page.filters)
    for made in bundle.assets["dashboards/quality-zh.yaml"]["metadata"]["native_filter_configuration"]:
        controls = made["controlValues"]
        assert controls["multiSelect"]
        assert not controls["defaultToFirstItem"] and not controls["enableEmptyFilter"]
    assert set(first_values(duckdb.connect(), page, {}).values()) == {None}


def test_a_filter_without_rows_is_left_open() -> None:
    asset = rendered(value=None).assets["dashboards/city-zh.yaml"]
    masks = [made["defaultDataMask"] for made in asset["metadata"]["native_filter_configuration"]]
    assert {json.dumps(mask["filterState"]) for mask in masks} == {"{}"}


def test_the_english_page_has_no_chinese_but_its_way_back(bundle: Bundle) -> None:
    for path, asset in bundle.assets.items():
        if "-en" in path:
            assert not CJK.search(json.dumps({**asset, "css": ""}, ensure_ascii=False)), path


def test_both_languages_have_the_same_charts_filters_and_layout() -> None:
    zh, en = (template.load_dashboards(ROOT / "dashboards", language) for language in template.LANGUAGES)
    for one, other in zip(zh, en, strict=True):
        assert one.rows == other.rows
        assert list(one.charts) == list(other.charts)
        assert [item.name for item in one.filters] == [item.name for item in other.filters]
        assert one.slug.removesuffix("-zh") == other.slug.removesuffix("-en")


def test_an_unknown_variable_in_a_template_names_the_file(tmp_path: Path) -> None:
    file = tmp_path / "chart.yaml"
    file.write_text("name: {{ nothing }}")
    with pytest.raises(CockpitError, match=r"chart\.yaml.*nothing"):
        template.read_yaml(file, {})


def test_each_shape_has_its_place_and_small_ones_a_second_larger_one() -> None:
    css = geometry.style_sheet([BIG, SMALL])
    assert "aspect-ratio: 1.2500" in css
    assert ".r-BIG .shape { left: 40.00%; top: 40.00%; width: 60.00%; height: 60.00%; }" in css
    assert ".r-SMALL .inset" in css
    assert ".r-BIG .inset" not in css
    assert geometry.style_sheet([]) == ""


def test_the_inset_keeps_proportions_and_lies_where_there_is_room() -> None:
    inset = Inset.around([SMALL], [BIG, SMALL])
    assert inset is not None
    assert (inset.corner.left, inset.corner.top) == (0.0, 0.0)
    moved = inset.enlarge(Box(SMALL.left, SMALL.top, SMALL.width, SMALL.height))
    assert moved.width / moved.height == pytest.approx(SMALL.width / SMALL.height)
    assert inset.corner.holds(moved.left, moved.top)
    assert inset.corner.holds(moved.left + moved.width, moved.top + moved.height)
    assert max(inset.corner.width, inset.corner.height) == pytest.approx(geometry.INSET_PCT)
