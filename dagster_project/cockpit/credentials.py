"""Keys and first passwords: random on first start, in files that only their owner can read.

Belongs here: making and reading `data/secrets/*`. Nothing else in CityDeck holds or prints a secret.
"""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from dagster_project.cockpit import CockpitError

NAMES = ("superset_secret_key", "admin_password", "publisher_password")


def ensure(folder: Path) -> dict[str, Path]:
    """Make what is missing (0600 in a 0700 folder), tighten what is too open; returns the path of each secret.

    Raises:
        CockpitError: the folder or a file cannot be made or belongs to someone else.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        folder.chmod(0o700)
        for name in NAMES:
            _ensure_file(folder / name)
    except OSError as error:
        raise CockpitError(
            f"{folder}: secrets cannot be kept there ({error}); make the folder yours and retry"
        ) from error
    return {name: folder / name for name in NAMES}


def read(folder: Path, name: str) -> str:
    """One secret's text.

    Raises:
        CockpitError: it was never made.
    """
    path = folder / name
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise CockpitError(
            f"{path} cannot be read ({error.strerror}); `citydeck up` makes it on first start"
        ) from error


def _ensure_file(path: Path) -> None:
    if path.is_file() and path.stat().st_size:
        path.chmod(0o600)
        return
    # Written beside and renamed, so that a kill never leaves half a key.
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(secrets.token_urlsafe(32))
    draft.replace(path)
