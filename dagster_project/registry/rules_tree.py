"""Rules of the tree and of what hangs on it: counts, names, feeds that can fill a KPI, what became of a retired id."""

from __future__ import annotations

from collections.abc import Iterator

from dagster_project.registry.model import Finding, Registry, hits
from dagster_project.registry.spec import FREQUENCIES

CADENCES = ("day", *FREQUENCIES)
NAMED = {
    **{"node": "node_id", "indicator": "indicator_id", "measure": "measure_id"},
    **{"measure_unit": "unit_id", "feed": "feed_id", "body": "body_id"},
}


def check(registry: Registry) -> Iterator[Finding]:
    yield from counts(registry)
    yield from empty_sub_tracks(registry)
    for table, key in (*NAMED.items(), ("object_class", "class_id"), ("quantity", "quantity_id")):
        yield from same_name(registry, table, key)
    yield from self_checked(registry)
    yield from feeds(registry)
    yield from successions(registry)


def counts(registry: Registry) -> Iterator[Finding]:
    """As many nodes of each level without an end as `node_level` says there are."""
    node = registry["node"]
    there = node[node["valid_to"] == node["valid_to"].max()].drop_duplicates("node_id")["level"].value_counts()
    level = registry["node_level"]
    for row, one in hits(level, level["members"].notna() & (level["members"] != level["level"].map(there).fillna(0))):
        message = f"{there.get(one['level'], 0)} nodes of the level {one['level']}, {one['members']} wanted"
        mend = "Add or remove nodes in hierarchy/node*.csv, or write the number that is meant."
        yield registry.finding("node_level", row, "members", "tree_count", message, mend)


def empty_sub_tracks(registry: Registry) -> Iterator[Finding]:
    """A sub-track of today on which no KPI that is kept hangs."""
    node, indicator = registry["node"], registry["indicator"]
    used = set(indicator.loc[indicator["status"] == "active", "sub_track_id"])
    today = (node["level"] == "sub_track") & node["node_id"].notna() & (node["valid_to"] == node["valid_to"].max())
    for row, one in hits(node, today & ~node["node_id"].isin(used)):
        message = f"no active KPI hangs on {one['node_id']}"
        yield registry.finding("node", row, "node_id", "sub_track_empty", message, "Add a KPI, or end the sub-track.")


def same_name(registry: Registry, table: str, key: str) -> Iterator[Finding]:
    """Two ids of one kind under one name. Versions of an id may share theirs, and so may a retired id's successor."""
    frame = registry[table].dropna(subset=[key])
    if "status" in frame:
        frame = frame[frame["status"] != "retired"]
    for column in ("name_zh", "name_en"):
        named = frame.dropna(subset=[column])
        scope = [column, "level"] if table == "node" else [column]
        first = named.groupby(scope)[key].transform("first")
        for row, one in hits(named, named[key] != first):
            message = f"{one[key]} is called {one[column]!r}, as {first[row]} is"
            yield registry.finding(table, row, column, "same_name", message, "Give one of them another name.")


def self_checked(registry: Registry) -> Iterator[Finding]:
    indicator = registry["indicator"]
    for row, one in hits(indicator, indicator["owner"].notna() & (indicator["owner"] == indicator["checker"])):
        message = f"{one['owner']} would check its own figure"
        yield registry.finding("indicator", row, "checker", "self_checked", message, "Write another body.")


def feeds(registry: Registry) -> Iterator[Finding]:
    """A figure comes as often as its measure wants it, and before the KPI is due. Standing figures may wait."""
    measure = registry["measure"].drop_duplicates("measure_id").set_index("measure_id")
    feed = registry["feed"].drop_duplicates("feed_id").set_index("feed_id")
    source = registry["measure_source"]
    source = source[source["measure_id"].isin(measure.index) & source["feed_id"].isin(feed.index)]
    cadence, wanted = source["feed_id"].map(feed["cadence"]), source["measure_id"].map(measure["frequency"])
    order = {name: at for at, name in enumerate(CADENCES)}
    standing = source["measure_id"].map(measure["time_rule"]) == "standing"
    slower = ~standing & (cadence.map(order) > wanted.map(order))
    only = source.groupby("measure_id")["feed_id"].transform("size") == 1
    for row, one in hits(source, slower & only):
        message = f"{one['feed_id']} comes by {cadence[row]}, {one['measure_id']} is kept by {wanted[row]}"
        mend = f"Name a feed that comes by {wanted[row]} or oftener, or keep the measure by {cadence[row]}."
        yield registry.finding("measure_source", row, "feed_id", "slower_than_measure", message, mend)
    due = source[~standing].assign(due=source["feed_id"].map(feed["due_day"])).groupby("measure_id")["due"].min()
    indicator = registry["indicator"]
    for column in ("numerator", "denominator"):
        earliest = indicator[column].map(due)
        for row, one in hits(indicator, indicator["due_day"] < earliest):
            message = f"due after {one['due_day']} days, its {column} after {earliest[row]:g}"
            mend = f"Write {earliest[row]:g} or more."
            yield registry.finding("indicator", row, "due_day", "due_before_feed", message, mend)


def successions(registry: Registry) -> Iterator[Finding]:
    """A retired id says when and why, ends then, and is never taken up again."""
    ended, indicator = registry["succession"], registry["indicator"].dropna(subset=["indicator_id"])
    day = ended.drop_duplicates("indicator_id").set_index("indicator_id")["ended_on"]
    retired = indicator["status"] == "retired"
    for row, one in hits(indicator, retired & ~indicator["indicator_id"].isin(day.index)):
        message = f"{one['indicator_id']} is retired, and nothing says when and why"
        mend = "Add a row to indicator/succession.csv, or use `citydeck kpi retire`."
        yield registry.finding("indicator", row, "status", "succession", message, mend)
    end = day.reindex(indicator["indicator_id"]).set_axis(indicator.index)
    for row, one in hits(indicator, indicator["valid_from"] > end):
        message = f"{one['indicator_id']} ended on {end[row]:%Y-%m-%d} and begins again"
        mend = "Give it a new id; ids are never reused."
        yield registry.finding("indicator", row, "valid_from", "id_reused", message, mend)
    running = end.notna() & (indicator["valid_from"] <= end) & ((indicator["valid_to"] > end) | ~retired)
    last = ~indicator.duplicated("indicator_id", keep="last")
    for row, one in hits(indicator, running & last):
        message = f"{one['indicator_id']} ended on {end[row]:%Y-%m-%d}, yet it is {one['status']} or runs on"
        mend = f"Write status retired and valid_to {end[row]:%Y-%m-%d}."
        yield registry.finding("indicator", row, "status", "succession", message, mend)
    for row, one in hits(ended, (ended["kind"] == "renamed") & ended["successor"].isna()):
        message = f"{one['indicator_id']} was renamed, and its new id is not said"
        yield registry.finding("succession", row, "successor", "succession", message, "Write the new id.")
    for row, one in hits(ended, ended["successor"].notna() & (ended["successor"] == ended["indicator_id"])):
        message = f"{one['indicator_id']} cannot succeed itself"
        yield registry.finding("succession", row, "successor", "succession", message, "Write another id.")


def unused(registry: Registry, table: str, key: str, used: set[str], mend: str) -> Iterator[Finding]:
    """Rows of a table whose id nothing names."""
    frame = registry[table]
    for row, one in hits(frame, frame[key].notna() & ~frame[key].isin(used)):
        yield registry.finding(table, row, key, "unused", f"nothing uses {one[key]}", mend)
