"""What a build need not work out again."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from dagster_project.evaluation.memory import Arrays, Memory


def made(value: float) -> Arrays:
    return {"low": np.array([value]), "empty": np.zeros((0, 3))}


def test_an_entry_is_found_again_by_the_same_inputs_and_code_alone(tmp_path: Path) -> None:
    file = tmp_path / "kept.npz"
    first = Memory(file, "code")
    key = first.key("draws", np.array([1.0, np.nan]), "scheme")
    assert first.recall(key, lambda: made(1.0))["low"] == [1.0]
    first.write(file)

    again = Memory(file, "code")
    assert again.key("draws", np.array([1.0, np.nan]), "scheme") == key
    kept = again.recall(key, lambda: made(2.0))
    assert (kept["low"].tolist(), kept["empty"].shape, again.hits) == ([1.0], (0, 3), 1)
    others = (
        again.key("draws", np.array([1.0, 2.0]), "scheme"),
        again.key("draws", np.array([[1.0, np.nan]]), "scheme"),
        again.key("moves", np.array([1.0, np.nan]), "scheme"),
        Memory(file, "other code").key("draws", np.array([1.0, np.nan]), "scheme"),
    )
    assert key not in others


def test_only_what_was_used_is_kept(tmp_path: Path) -> None:
    file = tmp_path / "kept.npz"
    first = Memory()
    first.recall("a", lambda: made(1.0))
    first.recall("b", lambda: made(2.0))
    first.write(file)
    second = Memory(file)
    second.recall("b", lambda: made(3.0))
    second.write(file)
    third = Memory(file)
    assert third.recall("a", lambda: made(9.0))["low"] == [9.0]
    assert third.recall("b", lambda: made(9.0))["low"] == [2.0]


def test_a_broken_file_is_no_memory(tmp_path: Path) -> None:
    file = tmp_path / "kept.npz"
    file.write_bytes(b"PK\x03\x04 half of it")
    assert Memory(file).recall("a", lambda: made(1.0))["low"] == [1.0]
