"""District outlines for the schematic map, from `seeds/region/district_shape.geojson`.

Coordinates become per cents of the map's box and of each district's own box, as CSS `clip-path` wants them.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import shapely

FILE = Path("region", "district_shape.geojson")
# How far a simplified line may stray, as a share of the district's extent: leaves some 60 points to each.
TOLERANCE = 0.02
# No outline of the district of 2025 was found: the map draws it as the two that it mainly replaced.
UNIONS = {"NEW-LJXQ": ("500105", "500112")}


def region_shapes(seeds: Path) -> pd.DataFrame:
    """region_id, left_pct, top_pct, width_pct, height_pct, polygon, label_x_pct, label_y_pct, map_aspect.

    Boxes and labels are in per cent of the whole map; `polygon` is `x% y%, ...` inside the district's box. Several
    parts are one outline, joined by lines without width. `map_aspect` is the whole map's width over its height.
    """
    features = json.loads((seeds / FILE).read_text(encoding="utf-8"))["features"]
    ids = [feature["id"] for feature in features]
    shapes = shapely.from_geojson([json.dumps(feature["geometry"]) for feature in features])
    plane = dict(zip(ids, _on_plane(shapes), strict=True))
    plane |= {
        region_id: shapely.union_all([plane[part] for part in parts])
        for region_id, parts in UNIONS.items()
        if plane.keys() >= set(parts)
    }
    outline = {region_id: _simplified(whole) for region_id, whole in plane.items()}
    west, south, east, north = shapely.total_bounds(list(outline.values()))
    origin, size = np.array([west, north]), np.array([east - west, south - north])
    rows = pd.DataFrame([_row(region_id, outline[region_id], origin, size) for region_id in sorted(outline)])
    return rows.assign(map_aspect=round((east - west) / (north - south), 4))


def _on_plane(shapes: np.ndarray) -> np.ndarray:
    """Longitudes shrunk by the cosine of the middle latitude, so that shapes look as on a map."""
    _, south, _, north = shapely.total_bounds(shapes)
    shrink = np.cos(np.radians((south + north) / 2))
    return shapely.transform(shapes, lambda points: points * [shrink, 1])


def _simplified(shape: shapely.Geometry) -> shapely.Geometry:
    """The outline without islets and slivers, which no one could see on the map."""
    solid = [shapely.Polygon(part.exterior) for part in shapely.get_parts(shape)]
    kept = shapely.union_all([part for part in solid if part.area > TOLERANCE * shape.area])
    return shapely.simplify(kept, TOLERANCE * np.sqrt(shape.area))


def _row(region_id: str, shape: shapely.Geometry, origin: np.ndarray, size: np.ndarray) -> dict[str, object]:
    west, south, east, north = shape.bounds
    corner, extent = np.array([west, north]), np.array([east - west, south - north])
    left, top = 100 * (corner - origin) / size
    width, height = 100 * extent / size
    label = 100 * (shapely.get_coordinates(shapely.point_on_surface(shape))[0] - origin) / size
    points = np.round(100 * (_trace(shape) - corner) / extent, 1)
    return {
        "region_id": region_id,
        "left_pct": round(left, 3),
        "top_pct": round(top, 3),
        "width_pct": round(width, 3),
        "height_pct": round(height, 3),
        "polygon": ", ".join(f"{x:g}% {y:g}%" for x, y in points),
        "label_x_pct": round(label[0], 3),
        "label_y_pct": round(label[1], 3),
    }


def _trace(shape: shapely.Geometry) -> np.ndarray:
    """One line around all parts, coming back to the first point between them."""
    rings = [shapely.get_coordinates(part.exterior) for part in shapely.get_parts(shape)]
    home = rings[0][:1]
    return np.concatenate([rings[0], *(np.concatenate([ring, home]) for ring in rings[1:])])
