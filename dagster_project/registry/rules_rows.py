"""Rules for the rows of any table, whatever they mean: keys, references, order, validity, translation, sources."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from dagster_project.registry import span
from dagster_project.registry.model import Finding, Registry, hits
from dagster_project.registry.period import periods
from dagster_project.registry.spec import TABLES, Table


def check(registry: Registry) -> Iterator[Finding]:
    for table in TABLES.values():
        yield from unsorted(registry, table)
        yield from duplicates(registry, table)
        yield from dangling(registry, table)
        yield from reversed_spans(registry, table)
        yield from overlaps(registry, table)
        yield from half_translated(registry, table)
        yield from without_source(registry, table)
    yield from target_overlaps(registry)


def unsorted(registry: Registry, table: Table) -> Iterator[Finding]:
    """The first row of each file that comes before its predecessor."""
    frame = registry[table.name][list(table.key)]
    whole = frame.notna().all(axis=1).to_numpy()
    files = registry.positions[table.name]["file"].tolist()
    keys = list(zip(*(frame[column].tolist() for column in table.key), strict=True))
    told = set()
    for row in range(1, len(keys)):
        if files[row] != files[row - 1] or files[row] in told or not (whole[row] and whole[row - 1]):
            continue
        if keys[row] < keys[row - 1]:
            told.add(files[row])
            message = f"{keys[row][0]!r} stands after {keys[row - 1][0]!r}"
            mend = f"Sort the file by {', '.join(table.key)}."
            yield registry.finding(table.name, row, table.key[0], "unsorted", message, mend)


def duplicates(registry: Registry, table: Table) -> Iterator[Finding]:
    frame = registry[table.name].dropna(subset=list(table.key))
    for row, one in hits(frame, frame.duplicated(list(table.key))):
        named = ", ".join(str(one[column]) for column in table.key if column not in span.SPAN)
        message = f"{table.name} {named} is there already"
        yield registry.finding(
            table.name, row, table.key[0], "duplicate_id", message, "Remove one row or give it an id of its own."
        )


def dangling(registry: Registry, table: Table) -> Iterator[Finding]:
    frame = registry[table.name]
    for field in table.fields:
        if not field.references:
            continue
        other = TABLES[field.references]
        known = {*registry[other.name][other.key[0]], *field.also}
        unknown = set(frame[field.name].dropna().unique()) - known
        for row, one in hits(frame, frame[field.name].isin(unknown)):
            message = f"{field.name} {one[field.name]!r} is no {other.name}"
            mend = f"Write an id of {other.folder}/{other.name}*.csv, or add it there."
            yield registry.finding(table.name, row, field.name, "dangling", message, mend)


def reversed_spans(registry: Registry, table: Table) -> Iterator[Finding]:
    if "valid_to" not in table.names:
        return
    frame = registry[table.name]
    for row, _ in hits(frame, frame["valid_to"] < frame["valid_from"]):
        message = "valid_to is before valid_from"
        yield registry.finding(
            table.name, row, "valid_to", "reversed_validity", message, "Write a later end, or leave it empty."
        )


def overlaps(registry: Registry, table: Table) -> Iterator[Finding]:
    if not table.timeline:
        return
    frame = registry[table.name].dropna(subset=list(table.timeline)).drop_duplicates(list(table.key))
    yield from _overlaps(registry, table, frame, list(table.timeline), "valid_from")


def target_overlaps(registry: Registry) -> Iterator[Finding]:
    """Two targets of an indicator and region for the same period. Periods of different grain overlap by their days."""
    table, calendar = TABLES["target"], periods().set_index("period_id")
    frame = (
        registry["target"].dropna(subset=["indicator_id", "region_id", "period_from"]).drop_duplicates(list(table.key))
    )
    begin, end = frame["period_from"].map(calendar["start_date"]), frame["period_to"].map(calendar["end_date"])
    frame = frame.assign(valid_from=begin.fillna(span.FIRST), valid_to=end.fillna(span.LAST))
    for row, one in hits(frame, frame["valid_to"] < frame["valid_from"]):
        message = f"period_to {one['period_to']} is before period_from {one['period_from']}"
        yield registry.finding(
            "target", row, "period_to", "reversed_validity", message, "Write a later end, or leave it empty."
        )
    yield from _overlaps(registry, table, frame, ["indicator_id", "region_id"], "period_from")


def _overlaps(registry: Registry, table: Table, frame: pd.DataFrame, keys: list[str], column: str) -> Iterator[Finding]:
    for row, one in hits(frame, span.overlapping(frame, keys)):
        named = ", ".join(str(one[key]) for key in keys)
        message = f"{table.name} {named} begins before an earlier row of the same has ended"
        mend = "End the earlier row the day before this one begins."
        yield registry.finding(table.name, row, column, "overlap", message, mend)


def half_translated(registry: Registry, table: Table) -> Iterator[Finding]:
    """Of an optional pair of texts one is filled and the other is not."""
    frame = registry[table.name]
    optional = {field.name for field in table.fields if not field.required}
    for chinese in (name for name in table.names if name.endswith("_zh") and name in optional):
        english = chinese.removesuffix("_zh") + "_en"
        for here, there, language in ((chinese, english, "English"), (english, chinese, "Chinese")):
            for row, _ in hits(frame, frame[here].notna() & frame[there].isna()):
                message = f"{there} is empty while {here} is not"
                yield registry.finding(
                    table.name, row, there, "missing_translation", message, f"Write it in {language}."
                )


def without_source(registry: Registry, table: Table) -> Iterator[Finding]:
    """What is not our own says where it comes from."""
    if not {"illustrative", "source_id"} <= set(table.names):
        return
    frame = registry[table.name]
    for row, _ in hits(frame, frame["source_id"].isna() & ~frame["illustrative"].fillna(True).astype(bool)):
        message = "a real row without a source"
        mend = "Write a source_id of source/source.csv, or illustrative true."
        yield registry.finding(table.name, row, "source_id", "missing_source", message, mend)
