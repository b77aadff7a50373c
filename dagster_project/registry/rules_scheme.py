"""Rules of a scheme as a whole: its versions, the tree it takes, its tiers, adjustments and uncertainty."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

import pandas as pd

from dagster_project.registry.graft import rows_of
from dagster_project.registry.model import Finding, Registry, Row, hits
from dagster_project.registry.spec import AGGREGATIONS, COMPARING

VERSIONED = ["scheme_id", "version"]
PARTS = ("scheme_node", "judgement", "tier", "adjustment", "uncertainty")
TOLERANCE = 1e-6
# What each kind of adjustment says, and what it must not.
POINTS, RULE = ("points", "cap"), ("when", "threshold", "effect")
# What may stand as an option of each choice; of the others a number.
OPTIONS: dict[str, tuple[str, ...]] = {
    "normaliser": ("minmax", *COMPARING),
    "aggregation": AGGREGATIONS,
    "imputation": ("none", "group_mean", "group_median"),
    "leave_out": ("one",),
    "data": ("spread",),
}


def check(registry: Registry) -> Iterator[Finding]:
    yield from versions(registry)
    yield from taken_trees(registry)
    yield from tiers(registry)
    yield from adjustments(registry)
    yield from uncertainties(registry)


def versions(registry: Registry) -> Iterator[Finding]:
    """What belongs to a version belongs to one that there is."""
    scheme = registry["scheme"].dropna(subset=VERSIONED)
    ids, known = set(scheme["scheme_id"]), set(zip(scheme["scheme_id"], scheme["version"], strict=True))
    for table in PARTS:
        frame = registry[table].dropna(subset=VERSIONED)
        for row, one in hits(frame, frame["scheme_id"].isin(ids)):
            if (one["scheme_id"], one["version"]) not in known:
                message = f"scheme {one['scheme_id']} has no version {one['version']}"
                mend = "Write a version of scoring/scheme.csv."
                yield registry.finding(table, row, "version", "dangling", message, mend)


def taken_trees(registry: Registry) -> Iterator[Finding]:
    """A scheme has rows of its own, or takes them, whole or below an aggregate, from one that has."""
    scheme, node = registry["scheme"].dropna(subset=VERSIONED), registry["scheme_node"]
    for row, one in hits(scheme, scheme["scheme_id"].notna()):
        own = rows_of(node, one["scheme_id"], one["version"])
        if pd.isna(one["tree_of"]):
            if own.empty:
                message = f"scheme {one['scheme_id']} has no tree"
                mend = "Write its rows into scoring/scheme_node*.csv, or the scheme whose tree it takes into tree_of."
                yield registry.finding("scheme", row, "tree_of", "scheme_tree", message, mend)
            for column in ("tree_version", "root_id"):
                if pd.notna(one[column]):
                    message = f"{column} is filled and tree_of is not"
                    yield registry.finding("scheme", row, column, "scheme_tree", message, "Fill tree_of, or empty it.")
            continue
        if len(own):
            message = f"scheme {one['scheme_id']} takes a tree and has rows of its own"
            mend = "Empty tree_of, or remove its rows of scoring/scheme_node*.csv."
            yield registry.finding("scheme", row, "tree_of", "scheme_tree", message, mend)
        taken = node.head(0)
        if pd.notna(one["tree_version"]):
            taken = rows_of(node, one["tree_of"], one["tree_version"])
        if taken.empty:
            message = f"scheme {one['tree_of']} has no tree of its own in this version"
            mend = "Write a version that has rows in scoring/scheme_node*.csv."
            yield registry.finding("scheme", row, "tree_version", "scheme_tree", message, mend)
        elif pd.notna(one["root_id"]) and one["root_id"] not in set(taken.loc[taken["aggregation"].notna(), "node_id"]):
            message = f"{one['root_id']} is no aggregate of scheme {one['tree_of']}"
            mend = "Write an aggregate of that scheme, or nothing for its whole tree."
            yield registry.finding("scheme", row, "root_id", "scheme_tree", message, mend)


def tiers(registry: Registry) -> Iterator[Finding]:
    """From the best down: by falling cuts, the last without, or by quotas that sum to 1."""
    tier = registry["tier"].dropna(subset=[*VERSIONED, "place"])
    for (scheme, _), rows in tier.groupby(VERSIONED):
        rows = rows.sort_values("place")
        first = int(rows.index[0])
        if rows["place"].tolist() != list(range(1, len(rows) + 1)):
            message = f"the places of the tiers of {scheme} are not 1 to {len(rows)}"
            yield registry.finding("tier", first, "place", "tiers", message, "Number them from the best, 1, down.")
        for row, one in hits(rows, rows.duplicated("tier_id")):
            message = f"the tier {one['tier_id']} of {scheme} is there already"
            yield registry.finding("tier", row, "tier_id", "tiers", message, "Give it another id.")
        if rows["quota"].notna().any():
            mend = "Give every tier a quota, together 1, and no cut."
            if rows["quota"].isna().any() or rows["cut"].notna().any():
                message = f"some tiers of {scheme} have a quota, others none or a cut"
                yield registry.finding("tier", first, "quota", "tiers", message, mend)
            elif abs(rows["quota"].sum() - 1) > TOLERANCE:
                message = f"the quotas of the tiers of {scheme} sum to {rows['quota'].sum():g}"
                yield registry.finding("tier", first, "quota", "tiers", message, mend)
        else:
            cuts = rows["cut"].tolist()
            falling = all(upper > lower for upper, lower in pairwise(cuts[:-1]))
            if rows["cut"].iloc[:-1].isna().any() or pd.notna(cuts[-1]) or not falling:
                message = f"the tiers of {scheme} are not told apart by falling cuts"
                mend = "Write the lowest score of each tier but the last, from the best down; or quotas."
                yield registry.finding("tier", first, "cut", "tiers", message, mend)


def adjustments(registry: Registry) -> Iterator[Finding]:
    """Bonus and deduction have points and a cap, a veto a threshold and an effect."""
    frame = registry["adjustment"]
    tiered = set(registry["tier"].dropna(subset=VERSIONED)[VERSIONED].itertuples(index=False, name=None))
    for row, one in hits(frame, frame["kind"].notna()):
        wanted, barred = (RULE, POINTS) if one["kind"] == "veto" else (POINTS, RULE)
        for column in (*wanted, *barred):
            if pd.isna(one[column]) == (column in wanted):
                message = f"{column} is {'empty' if column in wanted else 'filled'} on a {one['kind']}"
                mend = f"Of a {one['kind']} fill {', '.join(wanted)}, and nothing of {', '.join(barred)}."
                yield registry.finding("adjustment", row, column, "adjustment", message, mend)
        if one["effect"] == "lowest_tier" and (one["scheme_id"], one["version"]) not in tiered:
            message = f"scheme {one['scheme_id']} has no tiers, so none is the lowest"
            mend = "Write tiers into scoring/tier.csv, or the effect not_ranked."
            yield registry.finding("adjustment", row, "effect", "adjustment", message, mend)


def uncertainties(registry: Registry) -> Iterator[Finding]:
    """Options that the choice knows; and a scheme that draws says what it varies."""
    frame = registry["uncertainty"]
    for row, one in hits(frame, frame["choice"].notna() & frame["option"].notna()):
        wrong = _unfit(one)
        if wrong:
            message = f"{one['option']!r} is no option of {one['choice']}"
            yield registry.finding("uncertainty", row, "option", "uncertainty", message, f"Write {wrong}.")
    scheme = registry["scheme"].dropna(subset=[*VERSIONED, "draws"])
    for row, one in hits(scheme, scheme["draws"] > 0):
        keys = [(one["scheme_id"], one["version"])]
        if pd.notna(one["tree_of"]) and pd.notna(one["tree_version"]):
            keys.append((one["tree_of"], one["tree_version"]))
        if all(rows_of(frame, *key).empty for key in keys):
            message = f"scheme {one['scheme_id']} draws {one['draws']} times and varies nothing"
            mend = "Write what it varies into scoring/uncertainty.csv, or draws 0."
            yield registry.finding("scheme", row, "draws", "uncertainty", message, mend)


def _unfit(one: Row) -> str:
    """What to write in place of an option; empty if it fits."""
    if one["choice"] in OPTIONS:
        offered = OPTIONS[one["choice"]]
        return "" if one["option"] in offered else f"one of {', '.join(offered)}"
    try:
        number = float(one["option"])
    except ValueError:
        number = -1.0
    if one["choice"] == "weights":
        return "" if 0 < number < 1 else "the share by which a weight may be off, above 0 and below 1"
    return "" if number >= 0 and number.is_integer() else "how many outliers are treated at most, a whole number"
