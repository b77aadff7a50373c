"""What all tests share: the option that writes reviewed snapshots anew, and the demonstration, built once."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.integration.deck import Deck


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--update-snapshots",
        action="store_true",
        help="Write tests/integration/snapshots/ as things are now; review the difference before committing it.",
    )


@pytest.fixture(scope="session")
def demonstration(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deck]:
    """The simulated city at small scale beside the published figures, as `citydeck up` makes it."""
    deck = Deck(tmp_path_factory.mktemp("demonstration"))
    deck.must("simulate", "--scale", "small", today=None)
    deck.build(None)
    yield deck
    deck.remove()
