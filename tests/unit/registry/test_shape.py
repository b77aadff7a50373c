"""Outlines for the schematic map: they stay inside their boxes and keep the districts' areas."""

from __future__ import annotations

from pathlib import Path

import pytest
import shapely

from dagster_project.registry.shape import UNIONS, region_shapes

SEEDS = Path(__file__).resolve().parents[3] / "seeds"


@pytest.fixture(scope="module")
def shapes():
    return region_shapes(SEEDS).set_index("region_id")


def points(polygon: str) -> list[tuple[float, float]]:
    return [tuple(float(number.rstrip("%")) for number in pair.split()) for pair in polygon.split(", ")]


def test_every_district_has_an_outline_of_few_points(shapes):
    assert len(shapes) == 38 + len(UNIONS)
    for polygon in shapes["polygon"]:
        assert 10 <= len(points(polygon)) <= 130


def test_outlines_fill_their_boxes_and_boxes_the_map(shapes):
    for polygon in shapes["polygon"]:
        across, down = zip(*points(polygon), strict=True)
        assert (min(across), max(across), min(down), max(down)) == (0, 100, 0, 100)
    assert (shapes["left_pct"].min(), shapes["top_pct"].min()) == (0, 0)
    assert (shapes["left_pct"] + shapes["width_pct"]).max() == pytest.approx(100, abs=0.002)
    assert (shapes["top_pct"] + shapes["height_pct"]).max() == pytest.approx(100, abs=0.002)


def test_labels_are_inside_their_districts(shapes):
    for row in shapes.itertuples():
        label = (
            100 * (row.label_x_pct - row.left_pct) / row.width_pct,
            100 * (row.label_y_pct - row.top_pct) / row.height_pct,
        )
        assert shapely.Polygon(points(row.polygon)).buffer(0.5).contains(shapely.Point(label))


def test_the_union_covers_its_parts(shapes):
    def area(region_id: str) -> float:
        row = shapes.loc[region_id]
        return shapely.Polygon(points(row["polygon"])).area * row["width_pct"] * row["height_pct"]

    for whole, parts in UNIONS.items():
        assert area(whole) == pytest.approx(sum(map(area, parts)), rel=0.03)
