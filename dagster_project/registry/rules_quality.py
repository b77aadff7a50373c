"""Rules of data quality themselves: could a part ever be compared with its whole?"""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from dagster_project.registry.model import Finding, Registry, hits

SAME = ("grain", "frequency", "unit")


def check(registry: Registry) -> Iterator[Finding]:
    yield from comparable(registry)
    yield from circles(registry)


def comparable(registry: Registry) -> Iterator[Finding]:
    """A part and its whole are reported for the same regions and periods, in one unit."""
    measure = registry["measure"].drop_duplicates("measure_id").set_index("measure_id")
    part = registry["part"]
    known = part[part["measure_id"].isin(measure.index) & part["whole_id"].isin(measure.index)]
    apart = pd.DataFrame(
        {column: known["measure_id"].map(measure[column]) != known["whole_id"].map(measure[column]) for column in SAME},
        index=known.index,
    )
    for row, one in hits(known, apart.any(axis=1)):
        differing = ", ".join(column for column in SAME if apart.at[row, column])
        message = f"{one['measure_id']} and {one['whole_id']} differ in {differing}"
        mend = "Remove the row, or choose measures that can be compared."
        yield registry.finding("part", row, "whole_id", "part_not_comparable", message, mend)


def circles(registry: Registry) -> Iterator[Finding]:
    """Nothing is a part of itself, whichever way round."""
    part = registry["part"].dropna()
    above: dict[str, set[str]] = {}
    for measure_id, whole_id in zip(part["measure_id"], part["whole_id"], strict=True):
        above.setdefault(measure_id, set()).add(whole_id)
    for row, one in hits(part, part["whole_id"].notna()):
        reached, open_ends = set(), {one["whole_id"]}
        while open_ends:
            reached |= open_ends
            open_ends = {whole for end in open_ends for whole in above.get(end, ())} - reached
        if one["measure_id"] in reached:
            message = f"{one['measure_id']} is a part of itself"
            yield registry.finding("part", row, "whole_id", "part_of_itself", message, "Remove one of the rows.")
