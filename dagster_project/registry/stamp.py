"""Whether a folder holds what would be written into it again, told without reading the registry.

The stamp beside the copies says of what they were made and how they were left. A kill before it is written, and
whatever changes a copy afterwards, leaves a folder that does not fit its stamp.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

from dagster_project.files import write_atomically

STAMP = "stamp.txt"


def made_of(seeds: Path, *told: str) -> str:
    """Hash of every file of `seeds` and of whatever else the copies follow from."""
    digest = hashlib.sha256("\n".join(told).encode())
    for path in sorted(path for path in seeds.rglob("*") if path.is_file()):
        digest.update(f"\n{path.relative_to(seeds)} {path.stat().st_size}\n".encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()


def is_stamped(out: Path, made: str) -> bool:
    """Whether the copies in `out` are `made_of` this, and as they were left."""
    stamp = out / STAMP
    return stamp.is_file() and stamp.read_text(encoding="utf-8") == _text(out, made)


def stamp(out: Path, made: str) -> None:
    """Say that the copies in `out` are whole. `made` was taken before the seeds were read, so a later edit is seen."""
    write_atomically(out / STAMP, lambda path: path.write_text(_text(out, made), encoding="utf-8"))


def _text(out: Path, made: str) -> str:
    copies = [path for path in sorted(out.iterdir()) if path.name != STAMP and not path.name.startswith(".")]
    left = [f"{path.name} {path.stat().st_size} {path.stat().st_mtime_ns}" for path in copies]
    return "\n".join([made, *left])
