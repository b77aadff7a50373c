"""Parquet copies of the registry: the seed tables and what follows from them. Same content, same version."""

from __future__ import annotations

import hashlib
from datetime import date
from functools import partial
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet

from dagster_project.files import write_atomically
from dagster_project.registry import graft, period, region, shape, span, target, vital_sign, weighting
from dagster_project.registry.model import Registry

CONTENT = b"citydeck_content"


def write(registry: Registry, out: Path, today: date) -> str:
    """Write `<out>/<table>.parquet` for every table that changed, each in one step.

    Returns:
        The registry's version: a hash of the content of all tables, seeds and derived.
    """
    digests = {}
    for name, frame in derive(registry, today).items():
        table = arrow(frame)
        digests[name] = _digest(table)
        path = out / f"{name}.parquet"
        if path.is_file() and (pa.parquet.read_schema(path).metadata or {}).get(CONTENT) == digests[name]:
            continue
        marked = table.replace_schema_metadata({CONTENT: digests[name]})
        write_atomically(path, partial(pa.parquet.write_table, marked))
    whole = b"".join(name.encode() + digest for name, digest in sorted(digests.items()))
    return hashlib.sha256(whole).hexdigest()[:16]


def derive(registry: Registry, today: date) -> dict[str, pd.DataFrame]:
    """Every table as the warehouse reads it: those of the seeds, restated regions added, and the derived ones."""
    tables = dict(registry.tables)
    edge, scope = tables["region_edge"], tables["region"]
    closed = region.closure(edge)
    sets = region.town_sets(scope, closed)
    again = region.restated_sets(sets, today)
    leaf = region.leaves(scope, edge)
    everything = pd.concat([sets, again], ignore_index=True)
    summed = region.roll_up(scope, leaf, everything)
    calendar = period.periods()
    scopes, members = with_restated(scope, again), region.peer_members(edge, leaf, scope)
    tables |= {
        "region": scopes,
        "indicator": with_connected(tables["indicator"], tables["measure_source"], tables["feed"]),
        "region_alias": with_printed_names(tables["region_alias"], scope, edge),
        "region_closure": closed,
        "region_leaf": summed.leaf,
        "region_rollup": summed.rollup,
        "region_expected": summed.expected,
        "region_span": region.constant_spans(everything),
        "region_unit": region.ranked(leaf),
        "region_shape": shape.region_shapes(registry.seeds),
        "peer_member": members,
        "target_span": target.target_spans(tables["target"], scopes, sets, members, calendar),
        "period": calendar,
        "period_parent": period.period_parents(calendar),
        "peer_town": region.peer_towns(edge, sets, scope),
        "scheme_node": graft.with_trees(
            tables["scheme"],
            weighting.weighted(tables["scheme_node"], tables["judgement"], tables["node"]),
            tables["indicator"],
        ),
        "uncertainty": graft.with_uncertainty(tables["scheme"], tables["uncertainty"]),
        "vital_sign": vital_sign.expand(tables),
    }
    return tables


def with_connected(indicator: pd.DataFrame, source: pd.DataFrame, feed: pd.DataFrame) -> pd.DataFrame:
    """`connected`: whether a feed that is read carries each term of the indicator; `simulated`: whether one of its
    terms comes from simulated feeds alone."""
    live = set(feed.loc[feed["status"] == "connected", "feed_id"])
    real = set(feed.loc[(feed["status"] == "connected") & ~feed["simulated"], "feed_id"])
    fed, told = (set(source.loc[source["feed_id"].isin(feeds), "measure_id"]) for feeds in (live, real))
    numerator, denominator = indicator["numerator"], indicator["denominator"]
    return indicator.assign(
        connected=numerator.isin(fed) & (denominator.isna() | denominator.isin(fed)),
        simulated=~(numerator.isin(told) & (denominator.isna() | denominator.isin(told))),
    )


def with_printed_names(alias: pd.DataFrame, scope: pd.DataFrame, edge: pd.DataFrame) -> pd.DataFrame:
    """The aliases, and the full names that need no declaring: of the city, districts and units their own; of a town,
    whose name is not its alone, that of each district it has belonged to before its own."""
    level, name = (dict(zip(scope["region_id"], scope[column], strict=True)) for column in ("level", "name_zh"))
    own = scope[scope["level"].isin(["city", "district", "unit"])]
    own = own.assign(alias=own["name_zh"])[["alias", "region_id", *span.SPAN, "source_id"]]
    under = edge[(edge["hierarchy"] == "administrative") & (edge["child_id"].map(level) == "town")]
    town = under.assign(alias=under["parent_id"].map(name) + under["child_id"].map(name), region_id=under["child_id"])[
        ["alias", "region_id", *span.SPAN, "source_id"]
    ]
    added = pd.concat([own[~own["alias"].isin(alias["alias"])], town], ignore_index=True)
    return pd.concat([alias, added.sort_values(["alias", "valid_from"])], ignore_index=True)


def with_restated(scope: pd.DataFrame, again: pd.DataFrame) -> pd.DataFrame:
    """The regions and, with `restated_of` filled, one row per restated scope, in force for all of time."""
    ids = sorted(set(again["region_id"].str.removesuffix("~")))
    added = scope[scope["region_id"].isin(ids)].assign(
        restated_of=lambda rows: rows["region_id"],
        region_id=lambda rows: rows["region_id"] + "~",
        valid_from=span.FIRST,
        valid_to=span.LAST,
    )
    added["name_zh"] += "(现行边界)"
    added["name_en"] += " (today's boundary)"
    none = pd.Series(pd.NA, index=scope.index, dtype="str")
    return pd.concat([scope.assign(restated_of=none), added], ignore_index=True)


def arrow(frame: pd.DataFrame) -> pa.Table:
    """Text, int32, double, boolean and date32: the types both engines share."""
    columns = {}
    for name, column in frame.items():
        array = pa.array(column, from_pandas=True)
        if isinstance(array, pa.ChunkedArray):
            array = array.combine_chunks()
        if pa.types.is_timestamp(array.type):
            array = array.cast(pa.timestamp("s")).cast(pa.date32())
        elif pa.types.is_integer(array.type):
            array = array.cast(pa.int32())
        elif pa.types.is_large_string(array.type) or pa.types.is_null(array.type):
            array = array.cast(pa.string())
        columns[str(name)] = array
    return pa.table(columns)


def _digest(table: pa.Table) -> bytes:
    buffer = pa.BufferOutputStream()
    pa.csv.write_csv(table, buffer)
    return hashlib.sha256(buffer.getvalue()).hexdigest().encode()
