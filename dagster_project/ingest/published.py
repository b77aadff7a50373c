"""The published figures that ship with CityDeck: they enter by the same door as any feed."""

from __future__ import annotations

import hashlib
import shutil
from pathlib import Path

from dagster_project.ingest import ledger

PUBLISHED = "published"


def offer_published(seeds: Path, landing: Path, raw: Path) -> int:
    """Copy every published file (`seeds/published/<feed>/`) that never landed whole into its inbox; how many."""
    sources = sorted((seeds / PUBLISHED).glob("*/*"))
    landed = [entry for feed in {source.parent.name for source in sources} for entry in ledger.read(raw, feed)]
    # A file of which rows were kept out is offered again: other code lists may let them in.
    known = {(entry.feed, entry.sha256) for entry in landed if entry.quarantined == 0}
    offered = 0
    for source in sources:
        feed = source.parent.name
        with source.open("rb") as content:
            sha256 = hashlib.file_digest(content, "sha256").hexdigest()
        if (feed, sha256) in known:
            continue
        folder = landing / feed
        folder.mkdir(parents=True, exist_ok=True)
        beside = folder / f".{source.name}.part"
        shutil.copyfile(source, beside)
        beside.replace(folder / source.name)
        offered += 1
    return offered
