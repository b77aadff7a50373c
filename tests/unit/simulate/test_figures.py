"""What the departments count: parts within their wholes, and no place left out."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from dagster_project.simulate.figures import Figures
from dagster_project.simulate.profile import Profile
from dagster_project.simulate.run import Maker
from dagster_project.simulate.world import Month

if TYPE_CHECKING:
    from conftest import City

LENGTHS = {"month": 1, "quarter": 3, "half": 6, "year": 12, "decade": 12, "day": 1, "once": 12}


@pytest.fixture(scope="module")
def maker(city: City, tmp_path_factory: pytest.TempPathFactory) -> Maker:
    return city.maker(tmp_path_factory.mktemp("figures"))


def comparable(part: Profile, figures: Figures) -> bool:
    """A part that is counted where and as often as its whole."""
    whole = figures.profiles.get(part.of or "")
    return part.part and whole is not None and (whole.grain, whole.frequency) == (part.grain, part.frequency)


@pytest.mark.parametrize("month", [Month(2022, 10), Month(2024, 12), Month(2025, 9), Month(2025, 11)], ids=str)
def test_a_part_never_exceeds_its_whole(maker: Maker, month: Month) -> None:
    figures = maker.figures
    parts = [profile for profile in figures.profiles.values() if comparable(profile, figures)]
    assert len(parts) > 200
    too_large = [
        part.measure_id
        for part in parts
        if (figures.value(part.measure_id, month) > figures.value(str(part.of), month) + 1e-9).any()
    ]
    assert not too_large


def test_no_count_is_broken_or_infinite(maker: Maker) -> None:
    for profile in maker.figures.profiles.values():
        value = maker.figures.value(profile.measure_id, Month(2025, 9))
        assert np.isfinite(value).all(), profile.measure_id
        assert np.array_equal(value, np.round(value, profile.digits)), profile.measure_id


@pytest.mark.parametrize("month", [Month(2024, 12), Month(2025, 8), Month(2025, 9), Month(2025, 12)], ids=str)
def test_every_measure_is_given_for_every_leaf_when_it_is_due(maker: Maker, month: Month) -> None:
    profiles, returns = maker.figures.profiles, maker.returns
    for feed, (cadence, _) in returns.feeds.items():
        due = returns.due(feed, month)
        given = {
            str(measure): set(rows["region_id"])
            for _, frame in due
            for measure, rows in frame.groupby("measure_id", observed=True)
        }
        wanted = set()
        for item in returns.items[feed]:
            profile = profiles[item["measure_id"]]
            length = LENGTHS[cadence if profile.time_rule == "standing" else profile.frequency]
            if month.month % length == 0:
                wanted.add(profile.measure_id)
                left_out = set(maker.world.leaves(profile.grain, month)) - given.get(profile.measure_id, set())
                assert not left_out, f"{profile.measure_id} lacks {sorted(left_out)[:5]}"
        assert set(given) == wanted
        for _, frame in due:
            assert not frame.duplicated(["region_id", "measure_id"]).any()


def test_every_measure_of_a_return_has_a_profile(city: City, maker: Maker) -> None:
    source = city.world.tables["measure_source"]
    printed = set(source.loc[source["feed_id"].isin(maker.returns.feeds), "measure_id"])
    assert printed <= set(maker.figures.profiles)


def test_forgetting_changes_no_figure(maker: Maker) -> None:
    names = list(maker.figures.profiles)[::40]
    kept = [maker.figures.value(name, Month(2024, 11)) for name in names]
    maker.figures.forget(2026)
    assert all(
        np.array_equal(old, maker.figures.value(name, Month(2024, 11))) for name, old in zip(names, kept, strict=True)
    )
