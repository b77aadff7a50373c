"""What was worked out for inputs that have not changed: draws and splits cost a hundred times what scores cost.

An entry is named by a hash of all that it follows from, so it is right or it is not found.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
import numpy.typing as npt

Arrays = dict[str, npt.NDArray[Any]]


class Memory:
    """Entries of an earlier build, and those that this one used or made.

    Args:
        file: of the earlier build; need not be there.
        code: of what computes the entries; another code finds nothing.
    """

    def __init__(self, file: Path | None = None, code: str = "") -> None:
        self._code = code
        self._found: dict[str, Arrays] = {}
        self.used: dict[str, Arrays] = {}
        self.hits = 0
        if file is not None and file.is_file():
            self._found = _read(file)

    def recall(self, key: str, make: Callable[[], Arrays]) -> Arrays:
        """The arrays of a key, from before or made now."""
        if key not in self.used:
            self.hits += key in self._found
            self.used[key] = self._found[key] if key in self._found else make()
        return self.used[key]

    def key(self, what: str, *parts: object) -> str:
        """The hash of some arrays and of things that say in full what they are (`repr`)."""
        digest = hashlib.sha256(f"{self._code}\n{what}\n".encode())
        for part in parts:
            if isinstance(part, np.ndarray):
                digest.update(f"{part.dtype}{part.shape}".encode())
                digest.update(np.ascontiguousarray(part).tobytes())
            else:
                digest.update(repr(part).encode())
        return digest.hexdigest()

    def write(self, file: Path) -> None:
        """Keep what this build used; nothing else piles up."""
        entries = {f"{key}.{name}": array for key, kept in sorted(self.used.items()) for name, array in kept.items()}
        with file.open("wb") as stream:
            np.savez_compressed(stream, **entries)  # type: ignore[arg-type]


def _read(file: Path) -> dict[str, Arrays]:
    found: dict[str, Arrays] = {}
    try:
        with file.open("rb") as stream, np.load(stream, allow_pickle=False) as kept:
            for name in kept.files:
                key, _, part = name.partition(".")
                found.setdefault(key, {})[part] = kept[name]
    except (OSError, ValueError, BadZipFile):
        # It saves time and says nothing that cannot be worked out again.
        return {}
    return found
