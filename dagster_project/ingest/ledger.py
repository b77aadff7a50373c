"""The ledger: one manifest per landed file, and the proof that no row was lost: landed = accepted + quarantined.

Belongs here: reading, proving and listing what `land.py` wrote.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

import pandas as pd
import pyarrow.compute as pc
import pyarrow.parquet as pq
from pydantic import BaseModel, ConfigDict

from dagster_project.files import write_atomically

MANIFEST = "manifest.json"
ACCEPTED = "accepted.parquet"
QUARANTINE = "quarantine.parquet"
EMPTY = "_empty"


class Manifest(BaseModel):
    """What is known of one landed file. Counts are rows; `reasons` counts findings, of which a row may have several.

    `version` counts the files of this name; `rules` identifies the contract and code lists that it was checked by.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    file_id: str
    feed: str
    name: str
    version: int
    state: Literal["landed", "refused"]
    landed_at: datetime
    size: int
    sha256: str
    kind: str
    encoding: str | None
    rules: str
    landed: int
    accepted: int
    quarantined: int
    reasons: dict[str, int]
    message_en: str | None = None
    message_zh: str | None = None

    @property
    def folder(self) -> str:
        """The file's folder, relative to `raw`."""
        return f"{self.feed}/{self.file_id}"


@dataclass
class Totals:
    """Sums over the files of one feed."""

    files: int = 0
    refused_files: int = 0
    landed: int = 0
    accepted: int = 0
    quarantined: int = 0
    reasons: Counter[str] = field(default_factory=Counter)
    last_landed_at: datetime | None = None


def read(raw: Path, feed: str = "*") -> list[Manifest]:
    """Every manifest below `raw`, or those of one feed, in the order of landing."""
    found = [Manifest.model_validate_json(path.read_bytes()) for path in raw.glob(f"{feed}/*/{MANIFEST}")]
    return sorted(found, key=lambda manifest: (manifest.landed_at, manifest.feed, manifest.file_id))


def write_tables(raw: Path) -> pd.DataFrame:
    """Write all landed files: with their counts as `raw/ledger.parquet`, their ids and feeds as `raw/ledger.json`."""
    columns = {
        "feed_id": "str",
        "file_id": "str",
        "name": "str",
        "version": "int64",
        "sha256": "str",
        "landed_at": "datetime64[us]",
        "landed": "int64",
        "accepted": "int64",
        "quarantined": "int64",
    }
    rows = [
        (
            *(one.feed, one.file_id, one.name, one.version, one.sha256),
            one.landed_at.astimezone(UTC).replace(tzinfo=None),
            *(one.landed, one.accepted, one.quarantined),
        )
        for one in read(raw)
    ]
    frame = pd.DataFrame(rows, columns=list(columns)).astype(columns)
    write_atomically(raw / "ledger.parquet", lambda path: frame.to_parquet(path, index=False))
    text = json.dumps(frame[["file_id", "feed_id"]].to_dict("records"), indent=0)
    write_atomically(raw / "ledger.json", lambda path: path.write_text(text, encoding="utf-8"))
    return frame


def totals(raw: Path) -> dict[str, Totals]:
    """Sums per feed."""
    sums: dict[str, Totals] = {}
    for manifest in read(raw):
        total = sums.setdefault(manifest.feed, Totals())
        total.files += 1
        total.refused_files += manifest.state == "refused"
        total.landed += manifest.landed
        total.accepted += manifest.accepted
        total.quarantined += manifest.quarantined
        total.reasons.update(manifest.reasons)
        total.last_landed_at = manifest.landed_at
    return sums


def prove(raw: Path) -> list[str]:
    """What is wrong between the manifests and the files they speak of; empty when every row is accounted for."""
    return [fault for manifest in read(raw) for fault in _faults(raw / manifest.folder, manifest)]


def _faults(folder: Path, manifest: Manifest) -> Iterator[str]:
    if manifest.landed != manifest.accepted + manifest.quarantined:
        yield (
            f"{folder}: landed {manifest.landed} is not "
            f"accepted {manifest.accepted} + quarantined {manifest.quarantined}"
        )
    if manifest.state == "landed":
        accepted = pq.read_metadata(folder / ACCEPTED).num_rows
        kept_out = pc.count_distinct(pq.read_table(folder / QUARANTINE, columns=["row"])["row"]).as_py()
        if (accepted, kept_out) != (manifest.accepted, manifest.quarantined):
            yield (
                f"{folder}: the files hold {accepted} accepted and {kept_out} quarantined rows, "
                f"the manifest says {manifest.accepted} and {manifest.quarantined}"
            )
