"""Rules of measures and indicators: would the figures that come out be ones a statistician signs?"""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from dagster_project.registry.model import Finding, Registry, Row, hits
from dagster_project.registry.rules_tree import unused
from dagster_project.registry.spec import FREQUENCIES

PARENT_LEVEL = {"track": "sector", "sub_track": "track"}
COMPARED = ("change", "growth")
SPANS = ["span_years", "span_periods"]
# How many of a unit make up one: a ratio of like terms is multiplied by it.
PARTS = {"%": 100, "‰": 1000, "百分点": 100}
# The same in words, the longer one before the one that it begins with.
PER = {"/百万": 1_000_000, "/百": 100, "/千": 1000, "/万": 10_000, "/十万": 100_000}
# Units of measures that come as such a part already.
PART_UNITS = {"percent", "permille", "pp"}
SNAKE_CASE = r"[a-z][a-z0-9_]*"
# Lowest grains that figures reported at a grain can be shown at.
SHOWN_AT = {
    "city": ("city",),
    "district": ("city", "district"),
    "unit": ("city", "district", "unit"),
    "town": ("city", "district", "unit", "town"),
}


def check(registry: Registry) -> Iterator[Finding]:
    yield from nodes(registry)
    yield from unused(registry, "measure_unit", "unit_id", set(registry["measure"]["unit"]), "Remove it.")
    yield from measures(registry)
    yield from names(registry)
    yield from transforms(registry)
    yield from terms(registry)
    yield from same_meaning(registry)
    yield from flag_bits(registry)


def nodes(registry: Registry) -> Iterator[Finding]:
    node = registry["node"].drop_duplicates("node_id")
    level = node.set_index("node_id")["level"]
    above, wanted = node["parent_id"].map(level), node["level"].map(PARENT_LEVEL)
    wrong = (above.notna() & (above != wanted)) | (node["parent_id"].isna() & wanted.notna())
    for row, one in hits(node, wrong):
        message = f"the {one['level']} {one['node_id']} is not under a {PARENT_LEVEL.get(one['level'], 'root')}"
        yield registry.finding(
            "node", row, "parent_id", "node_level", message, "A sub-track is on a track, a track on a sector."
        )
    indicator = registry["indicator"]
    place = indicator["sub_track_id"].map(level)
    for row, one in hits(indicator, place.notna() & (place != "sub_track")):
        message = f"{one['sub_track_id']} is no sub-track"
        yield registry.finding("indicator", row, "sub_track_id", "node_level", message, "Write the id of a sub-track.")


def measures(registry: Registry) -> Iterator[Finding]:
    measure, indicator = registry["measure"], registry["indicator"]
    for row, one in hits(measure, (measure["kind"] == "stock") & (measure["time_rule"] == "sum")):
        message = f"{one['measure_id']} is a stock and would be summed over time"
        yield registry.finding(
            "measure", row, "time_rule", "stock_summed", message, "Write last, mean or standing, or kind flow."
        )
    for column in ("region_rule", "time_rule"):
        for row, one in hits(measure, (measure["kind"] == "rate") & (measure[column] == "sum")):
            message = f"{one['measure_id']} is a rate and would be summed"
            mend = "Write none, or carry its numerator and denominator."
            yield registry.finding("measure", row, column, "rate_summed", message, mend)
    used = {*indicator["numerator"].dropna(), *indicator["denominator"].dropna()}
    for row, one in hits(measure, measure["measure_id"].notna() & ~measure["measure_id"].isin(used)):
        message = f"no indicator uses {one['measure_id']}"
        yield registry.finding(
            "measure", row, "measure_id", "measure_unused", message, "Use it in an indicator, or remove it."
        )
    known, fed = set(measure["measure_id"].dropna()), set(registry["measure_source"]["measure_id"])
    for column in ("numerator", "denominator"):
        for row, one in hits(indicator, indicator[column].isin(known - fed)):
            message = f"no feed carries {one[column]}"
            mend = "Add a row to measure/measure_source.csv."
            yield registry.finding("indicator", row, column, "measure_without_source", message, mend)


def names(registry: Registry) -> Iterator[Finding]:
    for table, column in (("indicator", "indicator_id"), ("measure", "measure_id"), ("feed", "feed_id")):
        ids = registry[table][column]
        for row, one in hits(registry[table], ids.notna() & ~ids.fillna("").str.fullmatch(SNAKE_CASE)):
            message = f"{one[column]!r} is not snake_case"
            yield registry.finding(
                table, row, column, "bad_id", message, "Write small letters, digits and underscores."
            )


def transforms(registry: Registry) -> Iterator[Finding]:
    """Each transform has what it needs and nothing else: one span for a comparison, a parent for a share."""
    indicator = registry["indicator"].dropna(subset=["transform"])
    compared, part = indicator["transform"].isin(COMPARED), indicator["transform"] == "share_of_parent"
    spans = indicator[SPANS].notna().sum(axis=1)
    for row, one in hits(indicator, compared & (spans != 1)):
        message = f"the transform {one['transform']} needs one of span_years and span_periods"
        yield registry.finding(
            "indicator", row, "span_years", "transform_argument", message, "Fill one of them, not both."
        )
    for row, one in hits(indicator, part & indicator["parent"].isna()):
        message = f"the transform {one['transform']} needs parent"
        yield registry.finding("indicator", row, "parent", "transform_argument", message, "Fill parent.")
    for column, wanted in (*((span, compared) for span in SPANS), ("parent", part)):
        for row, one in hits(indicator, ~wanted & indicator[column].notna()):
            message = f"the transform {one['transform']} has no use for {column}"
            mend = f"Empty {column}, or choose another transform."
            yield registry.finding("indicator", row, column, "transform_argument", message, mend)


def terms(registry: Registry) -> Iterator[Finding]:
    """Units, frequencies and grains of an indicator against those of its measures."""
    measure = {
        one["measure_id"]: one for _, one in hits(registry["measure"], registry["measure"]["measure_id"].notna())
    }
    indicator = registry["indicator"]
    for row, one in hits(indicator, indicator["numerator"].isin(measure)):
        upper, lower = measure[one["numerator"]], measure.get(one["denominator"])
        yield from _factor(registry, row, one, upper, lower)
        for column, term in (("numerator", upper), ("denominator", lower)):
            if term is None:
                continue
            if _finer(one["frequency"], term["frequency"]):
                message = f"{one['frequency']} is finer than the {term['frequency']} of {one[column]}"
                mend = f"Write {term['frequency']} or coarser."
                yield registry.finding("indicator", row, "frequency", "finer_than_measure", message, mend)
            shown = SHOWN_AT.get(term["grain"], SHOWN_AT["town"])
            if pd.notna(one["lowest_grain"]) and one["lowest_grain"] not in shown:
                message = (
                    f"{one['lowest_grain']} cannot be had from {one[column]}, which is reported by {term['grain']}"
                )
                mend = f"Write {' or '.join(shown)}."
                yield registry.finding("indicator", row, "lowest_grain", "finer_than_measure", message, mend)


def _factor(registry: Registry, row: int, one: Row, upper: Row, lower: Row | None) -> Iterator[Finding]:
    """The factor that the unit asks for, where it can be told: like terms, or a single term."""
    unit = one["unit_zh"]
    wanted = PARTS.get(unit) or next((parts for word, parts in PER.items() if word in str(unit)), 1)
    compared = one["transform"] in ("growth", "share_of_parent")
    if not compared and pd.isna(one["denominator"]):
        wanted = 1
        if unit in PARTS and upper["unit"] not in PART_UNITS:
            message = f"{unit} of {upper['unit']} alone"
            mend = "Add the denominator, or write the unit of the numerator."
            yield registry.finding("indicator", row, "denominator", "unit_against_terms", message, mend)
            return
    elif not compared and lower is None:
        return
    elif not compared and lower is not None and upper["unit"] != lower["unit"]:
        if unit in PARTS:
            message = f"{unit} of {upper['unit']} over {lower['unit']}, which are not alike"
            mend = "Choose terms of one unit, or another unit for the indicator."
            yield registry.finding("indicator", row, "denominator", "unit_against_terms", message, mend)
        return
    if pd.notna(one["factor"]) and one["factor"] != wanted:
        message = f"the factor {one['factor']:g} does not give {unit}"
        yield registry.finding("indicator", row, "factor", "factor_against_unit", message, f"Write {wanted}.")


def _finer(frequency: str, other: str) -> bool:
    known = frequency in FREQUENCIES and other in FREQUENCIES
    return known and FREQUENCIES.index(frequency) < FREQUENCIES.index(other)


def same_meaning(registry: Registry) -> Iterator[Finding]:
    meaning = ["numerator", "denominator", "transform", "accumulation", "span_years", "span_periods", "parent"]
    known = registry["indicator"].dropna(subset=["indicator_id", "numerator", "transform"])
    known = known[known["status"] != "retired"]
    known = known.assign(first=known.groupby(meaning, dropna=False)["indicator_id"].transform("first"))
    for row, one in hits(known, known["first"] != known["indicator_id"]):
        message = f"{one['indicator_id']} means the same as {one['first']}"
        mend = "Keep one of them, or change a term, the transform or its argument."
        yield registry.finding("indicator", row, "indicator_id", "duplicate_meaning", message, mend)


def flag_bits(registry: Registry) -> Iterator[Finding]:
    flag = registry["flag"].dropna(subset=["bit"])
    composite = flag["bit"].map(lambda bit: bit & (bit - 1) != 0).astype(bool)
    for row, one in hits(flag, composite | flag["bit"].duplicated()):
        message = f"the bit {one['bit']} is taken or is no power of two"
        yield registry.finding("flag", row, "bit", "flag_bit", message, "Write the next free power of two.")
