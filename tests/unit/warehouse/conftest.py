"""The core, compiled once for all tests of this folder."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.warehouse.core_sql import Core, compile_core


@pytest.fixture(scope="session")
def core(tmp_path_factory: pytest.TempPathFactory) -> Core:
    folder: Path = tmp_path_factory.mktemp("core")
    return compile_core(folder)
