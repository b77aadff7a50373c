"""What all tests share: the option that writes reviewed snapshots anew."""

from __future__ import annotations

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--update-snapshots",
        action="store_true",
        help="Write tests/integration/snapshots/ as things are now; review the difference before committing it.",
    )
