"""The city's shapes as style sheet: where each region lies on the map, its outline, its label.

Belongs here: geometry only, in per cent of the map. Colours and words come from elsewhere. Regions too small to read
are drawn a second time, enlarged, in the corner of the map that has room.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

SMALL_PCT = 9.0
INSET_PCT = 41.0
MARGIN_PCT = 1.5
# Room that a label takes: nine Latin letters wide, one line high.
LABEL_WIDTH_PCT = 8.5
LABEL_HEIGHT_PCT = 3.2
SPREAD_ROUNDS = 20


@dataclass(frozen=True)
class Shape:
    """One region's box in per cent of the map, its outline in per cent of the box, its label's place on the map."""

    region_id: str
    left: float
    top: float
    width: float
    height: float
    polygon: str
    label_x: float
    label_y: float
    map_aspect: float


def style_sheet(shapes: Sequence[Shape]) -> str:
    """CSS rules for `.r-<region>`, the map's aspect and the enlarged corner; empty when there are no shapes."""
    if not shapes:
        return ""
    inset = Inset.around([shape for shape in shapes if _is_small(shape)], shapes)
    rules = [f"table:has(.region) tbody {{ aspect-ratio: {shapes[0].map_aspect:.4f}; }}"]
    if inset:
        frame = "content: ''; position: absolute; border: 1px solid #8794a8; border-radius: 3px; pointer-events: none;"
        rules.append(f"table:has(.region) tbody::before {{ {frame} {_box(inset.corner)} }}")
        rules.append(f"table:has(.region) tbody::after {{ {frame} {_box(inset.source)} z-index: 2; }}")
    labels = spread([_label(shape, inset) for shape in shapes])
    for shape, label in zip(shapes, labels, strict=True):
        name = f".r-{shape.region_id}"
        box = Box(shape.left, shape.top, shape.width, shape.height)
        rules.append(f"{name} > span {{ clip-path: polygon({shape.polygon}); }}")
        rules.append(f"{name} .shape {{ {_box(box)} }}")
        if inset and _is_small(shape):
            rules.append(f"{name} .inset {{ display: block; {_box(inset.enlarge(box))} }}")
        rules.append(f"{name} b {{ left: {label[0]:.2f}%; top: {label[1]:.2f}%; }}")
    return "\n".join(rules)


@dataclass(frozen=True)
class Box:
    left: float
    top: float
    width: float
    height: float

    def holds(self, x: float, y: float) -> bool:
        return self.left <= x <= self.left + self.width and self.top <= y <= self.top + self.height


@dataclass(frozen=True)
class Inset:
    """An enlarged copy of `source` in `corner`; both in per cent of the map, one scale for both directions."""

    source: Box
    corner: Box

    @classmethod
    def around(cls, small: Sequence[Shape], shapes: Sequence[Shape]) -> Inset | None:
        """The inset for the small shapes, in the corner that covers the fewest points of any outline."""
        if not small:
            return None
        left, top = min(s.left for s in small) - MARGIN_PCT, min(s.top for s in small) - MARGIN_PCT
        right = max(s.left + s.width for s in small) + MARGIN_PCT
        bottom = max(s.top + s.height for s in small) + MARGIN_PCT
        source = Box(left, top, right - left, bottom - top)
        scale = INSET_PCT / max(source.width, source.height)
        width, height = source.width * scale, source.height * scale
        corners = [Box(x, y, width, height) for y in (0.0, 100 - height) for x in (0.0, 100 - width)]
        points = [point for shape in shapes for point in _outline(shape)]
        return cls(source, min(corners, key=lambda corner: sum(corner.holds(*point) for point in points)))

    def move(self, x: float, y: float) -> tuple[float, float]:
        scale = self.corner.width / self.source.width
        return self.corner.left + (x - self.source.left) * scale, self.corner.top + (y - self.source.top) * scale

    def enlarge(self, box: Box) -> Box:
        scale = self.corner.width / self.source.width
        return Box(*self.move(box.left, box.top), box.width * scale, box.height * scale)


def spread(labels: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    """The labels' places with those that would overlap moved apart, up and down, as little as it takes."""
    x, y = [place[0] for place in labels], [place[1] for place in labels]
    for _ in range(SPREAD_ROUNDS):
        moved = False
        for one in range(len(labels)):
            for other in range(one):
                upper, lower = (one, other) if y[one] < y[other] else (other, one)
                missing = LABEL_HEIGHT_PCT - (y[lower] - y[upper])
                if missing > 1e-9 and abs(x[one] - x[other]) < LABEL_WIDTH_PCT:
                    y[upper] -= missing / 2
                    y[lower] += missing / 2
                    moved = True
        if not moved:
            break
    return list(zip(x, y, strict=True))


def _label(shape: Shape, inset: Inset | None) -> tuple[float, float]:
    place = (shape.label_x, shape.label_y)
    return inset.move(*place) if inset and _is_small(shape) else place


def _is_small(shape: Shape) -> bool:
    return shape.width < SMALL_PCT and shape.height < SMALL_PCT


def _outline(shape: Shape) -> list[tuple[float, float]]:
    pairs = [pair.replace("%", "").split() for pair in shape.polygon.split(",")]
    return [(shape.left + shape.width * float(x) / 100, shape.top + shape.height * float(y) / 100) for x, y in pairs]


def _box(box: Box) -> str:
    return f"left: {box.left:.2f}%; top: {box.top:.2f}%; width: {box.width:.2f}%; height: {box.height:.2f}%;"
