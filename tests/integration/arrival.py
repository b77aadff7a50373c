"""What arrives later in a data folder with a simulation: its last month, held back at first, and a corrected return."""

from __future__ import annotations

import re
from pathlib import Path

LAST, DAY_BEFORE = "2025M09", "2025-09-30"
# The first digit of a printed figure.
DIGIT = re.compile(rb'(?<=")([1-8])(?=\d{2,}(\.\d+)?")')


def hold_last_month(data: Path) -> None:
    """Take the last month's files out of the inboxes."""
    for file in [*data.glob(f"landing/*/*{LAST}*")]:
        _move(file, data / "held" / file.parent.name)


def hand_in_last_month(data: Path) -> None:
    for file in [*data.glob("held/*/*")]:
        _move(file, data / "landing" / file.parent.name)


def hand_in_correction(data: Path, feed: str) -> None:
    """The feed's newest return comes again under another name, with one figure changed."""
    original = max((data / "raw" / feed).glob("*/original*"), key=lambda file: file.parent.name)
    text = original.read_bytes()
    found = DIGIT.search(text)
    assert found, f"{original} holds no figure to change"
    changed = text[: found.start()] + bytes([text[found.start()] + 1]) + text[found.end() :]
    inbox = data / "landing" / feed
    beside = inbox / f"corrected{original.suffix}.part"
    beside.write_bytes(changed)
    beside.rename(inbox / f"corrected{original.suffix}")


def _move(file: Path, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    file.rename(folder / file.name)
