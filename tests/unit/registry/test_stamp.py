"""The copies of the registry are taken for whole only as long as nothing about them has changed."""

from __future__ import annotations

from pathlib import Path

import pytest

from dagster_project import registry


@pytest.fixture
def seeds(tmp_path: Path) -> Path:
    (tmp_path / "seeds" / "region").mkdir(parents=True)
    (tmp_path / "seeds" / "region" / "region.csv").write_text("region_id\n500103\n", encoding="utf-8")
    return tmp_path / "seeds"


@pytest.fixture
def out(tmp_path: Path, seeds: Path) -> Path:
    """Copies with their stamp."""
    folder = tmp_path / "registry"
    folder.mkdir()
    (folder / "region.parquet").write_bytes(b"copy")
    registry.stamp(folder, registry.made_of(seeds, "2025-10-31"))
    return folder


def test_what_is_the_same_need_not_be_written_again(seeds: Path, out: Path) -> None:
    assert registry.is_stamped(out, registry.made_of(seeds, "2025-10-31"))


def test_another_day_is_another_registry(seeds: Path, out: Path) -> None:
    assert not registry.is_stamped(out, registry.made_of(seeds, "2025-11-01"))


@pytest.mark.parametrize("name", ["region.csv", "region.town.csv"])
def test_an_edited_or_added_seed_is_seen(seeds: Path, out: Path, name: str) -> None:
    (seeds / "region" / name).write_text("region_id\n500104\n", encoding="utf-8")
    assert not registry.is_stamped(out, registry.made_of(seeds, "2025-10-31"))


def test_a_removed_or_rewritten_copy_is_seen(seeds: Path, out: Path) -> None:
    made = registry.made_of(seeds, "2025-10-31")
    (out / "region.parquet").write_bytes(b"another")
    assert not registry.is_stamped(out, made)
    (out / "region.parquet").unlink()
    assert not registry.is_stamped(out, made)


def test_a_folder_without_a_stamp_is_not_whole(seeds: Path, tmp_path: Path) -> None:
    assert not registry.is_stamped(tmp_path / "nowhere", registry.made_of(seeds))
