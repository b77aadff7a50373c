"""The map's labels do not lie on each other."""

from __future__ import annotations

import pytest

from dagster_project.cockpit.geometry import LABEL_HEIGHT_PCT, spread


def test_labels_that_would_overlap_move_apart_and_others_stay() -> None:
    near, beside, far = (20.0, 30.0), (24.0, 30.5), (60.0, 30.2)
    places = spread([near, beside, far])
    assert places[2] == far
    assert [x for x, _ in places] == [20.0, 24.0, 60.0]
    assert places[1][1] - places[0][1] == pytest.approx(LABEL_HEIGHT_PCT)
    assert (places[0][1] + places[1][1]) / 2 == pytest.approx(30.25)
