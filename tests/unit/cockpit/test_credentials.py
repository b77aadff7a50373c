"""Secrets: made once, readable by their owner alone, never half written."""

from __future__ import annotations

from pathlib import Path

import pytest

from dagster_project.cockpit import CockpitError, credentials


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


def test_first_start_makes_distinct_owner_only_secrets(tmp_path: Path) -> None:
    paths = credentials.ensure(tmp_path / "secrets")
    assert set(paths) == set(credentials.NAMES)
    assert mode(tmp_path / "secrets") == 0o700
    assert {mode(path) for path in paths.values()} == {0o600}
    texts = {path.read_text() for path in paths.values()}
    assert len(texts) == len(paths)
    assert min(map(len, texts)) >= 32
    assert {path.name for path in (tmp_path / "secrets").iterdir()} == set(credentials.NAMES)


def test_a_second_start_keeps_them_and_tightens_what_is_open(tmp_path: Path) -> None:
    before = {name: path.read_text() for name, path in credentials.ensure(tmp_path).items()}
    (tmp_path / "admin_password").chmod(0o644)
    tmp_path.chmod(0o755)
    after = credentials.ensure(tmp_path)
    assert {name: path.read_text() for name, path in after.items()} == before
    assert mode(tmp_path / "admin_password") == 0o600
    assert mode(tmp_path) == 0o700


def test_an_empty_file_left_by_a_kill_is_filled(tmp_path: Path) -> None:
    (tmp_path / "admin_password").touch()
    assert credentials.ensure(tmp_path)["admin_password"].read_text()


def test_two_cities_have_different_secrets(tmp_path: Path) -> None:
    one, two = credentials.ensure(tmp_path / "one"), credentials.ensure(tmp_path / "two")
    assert not {path.read_text() for path in one.values()} & {path.read_text() for path in two.values()}


def test_a_folder_that_cannot_be_made_is_an_error_with_advice(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(CockpitError, match=r"secrets cannot be kept there.*make the folder yours"):
        credentials.ensure(tmp_path / "file" / "secrets")


def test_a_secret_that_was_never_made_says_what_makes_it(tmp_path: Path) -> None:
    with pytest.raises(CockpitError, match=r"admin_password.*citydeck up"):
        credentials.read(tmp_path, "admin_password")
