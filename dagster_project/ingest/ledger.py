"""The ledger: one manifest per landed file, and the proof that no row was lost: landed = accepted + quarantined.

Belongs here: reading, proving and listing what `land.py` wrote.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Literal

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from pydantic import BaseModel, ConfigDict

from dagster_project.files import write_atomically

MANIFEST = "manifest.json"
ACCEPTED = "accepted.parquet"
QUARANTINE = "quarantine.parquet"
EMPTY = "_empty"
_TABLE = pa.schema(
    {
        "feed_id": pa.string(),
        "file_id": pa.string(),
        "name": pa.string(),
        "version": pa.int64(),
        "sha256": pa.string(),
        "landed_at": pa.timestamp("us"),
        "landed": pa.int64(),
        "accepted": pa.int64(),
        "quarantined": pa.int64(),
        "sliced": pa.bool_(),  # whether `periods` is known
        "periods": pa.list_(pa.string()),
        "published_last": pa.date32(),
    }
)


class Manifest(BaseModel):
    """What is known of one landed file. Counts are rows; `reasons` counts findings, of which a row may have several.

    `version` counts the files of this name; `rules` identifies the contract and code lists that it was checked by.
    `periods` are those that accepted rows speak of, where the contract has them in its key; `published_last` is the
    last day on which one of these rows became known.
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
    periods: list[str] | None = None
    published_last: date | None = None
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


def write_tables(raw: Path) -> list[Manifest]:
    """Write all landed files: with their counts as `raw/ledger.parquet`, their ids and feeds as `raw/ledger.json`.

    Returns:
        Their manifests, in the order of landing.
    """
    files = read(raw)
    rows = [
        {
            **one.model_dump(include={*_TABLE.names}),
            "feed_id": one.feed,
            "landed_at": one.landed_at.astimezone(UTC).replace(tzinfo=None),
            "sliced": one.periods is not None,
        }
        for one in files
    ]
    table = pa.Table.from_pylist(rows, _TABLE)
    write_atomically(raw / "ledger.parquet", lambda path: pq.write_table(table, path))
    text = json.dumps([{"file_id": one.file_id, "feed_id": one.feed} for one in files], indent=0)
    write_atomically(raw / "ledger.json", lambda path: path.write_text(text, encoding="utf-8"))
    return files


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
