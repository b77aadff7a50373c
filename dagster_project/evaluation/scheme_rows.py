"""Rows of the registry to a scheme of `scoring`: its tree, tiers, adjustments, and what an uncertainty analysis varies.

Belongs here: what each cell of those rows means for the engine. Does not belong here: any figure.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import pandas as pd

from dagster_project.scoring.draw import Uncertainty
from dagster_project.scoring.scheme import (
    HIGHER_IS_BETTER,
    LOWER_IS_BETTER,
    Aggregate,
    Bonus,
    Imputation,
    Indicator,
    Normaliser,
    Scheme,
    SchemeError,
    Tiers,
    Treatment,
    Veto,
)

DIRECTIONS = {"higher": HIGHER_IS_BETTER, "lower": LOWER_IS_BETTER}
INTERVALS = ("interval", "target_best")
# Where standard scores stand among scores of 0 to 100: 50 is the mean, ten points are one standard deviation.
Z_MEAN, Z_SD = 50.0, 10.0
# Weights that the registry works out; the others come from the scores.
GIVEN = ("expert", "published", "equal", "ahp")

Row = Mapping[str, Any]
Tables = Mapping[str, pd.DataFrame]


def records(frame: pd.DataFrame) -> list[Row]:
    """The rows of a frame, each by its columns' names."""
    return [{str(column): cell for column, cell in row.items()} for row in frame.to_dict("records")]


def cell(row: Row, column: str, default: Any = None) -> Any:
    """A cell of a row, or `default` where the registry leaves it empty."""
    found = row[column]
    return default if pd.isna(found) or found == "" else found


def rows_of(row: Row, frame: pd.DataFrame) -> list[Row]:
    """What belongs to the version of a scheme in `row`."""
    return records(frame[(frame["scheme_id"] == row["scheme_id"]) & (frame["version"] == row["version"])])


def directions(indicator: pd.DataFrame) -> dict[str, set[str]]:
    """Which directions the versions of each indicator have."""
    known: dict[str, set[str]] = {}
    for indicator_id, direction in zip(indicator["indicator_id"], indicator["direction"], strict=True):
        known.setdefault(indicator_id, set()).add(direction)
    return known


def read_scheme(row: Row, tables: Tables, known: Mapping[str, set[str]]) -> Scheme:
    """The scheme of one row of `scheme`, with what stands of its version in the other tables.

    Args:
        known: what `directions` finds.

    Raises:
        SchemeError: a choice that is not offered, an unknown indicator, or a tree that makes no sense.
    """
    scheme_id = row["scheme_id"]
    if row["boundary"] != "at_time":
        raise SchemeError(f"scheme {scheme_id}: boundary {row['boundary']!r} is not offered; write at_time")
    indicators: list[Indicator] = []
    aggregates: list[Aggregate] = []
    for node in rows_of(row, tables["scheme_node"]):
        if cell(node, "aggregation") and not cell(node, "normaliser"):
            aggregates.append(_aggregate(node, row))
        elif cell(node, "normaliser") and not cell(node, "aggregation"):
            indicators.append(_indicator(node, row, known.get(node["node_id"], set())))
        else:
            wrong = f"scheme {scheme_id}: {node['node_id']} is not clearly an aggregate or an indicator"
            raise SchemeError(f"{wrong}; fill aggregation or normaliser, never both")
    bonuses, vetoes = _adjustments(row, tables["adjustment"])
    return Scheme(
        scheme_id,
        tuple(indicators),
        tuple(aggregates),
        int(row["decimals"]),
        row["scope"],
        row["tie_rule"],
        bonuses,
        float(cell(row, "points_cap", math.inf)),
        vetoes,
        _tiers(row, tables["tier"]),
    )


def read_uncertainty(row: Row, tables: Tables) -> Uncertainty | None:
    """What the draws of a scheme vary; None if it makes none.

    Raises:
        SchemeError: an option that the choice does not know.
    """
    if int(row["draws"]) == 0:
        return None
    options: dict[str, list[str]] = {}
    for one in rows_of(row, tables["uncertainty"]):
        options.setdefault(one["choice"], []).append(str(one["option"]))
    return Uncertainty(
        draws=int(row["draws"]),
        seed=int(row["seed"]),
        weight_noise=max(map(float, options.get("weights", ())), default=0.0),
        normalisers=tuple(_normaliser(name, "observed") for name in options.get("normaliser", ())),
        aggregations=tuple(options.get("aggregation", ())),  # type: ignore[arg-type]
        max_points=tuple(map(int, options.get("treatment", ()))),
        imputations=tuple(options.get("imputation", ())),  # type: ignore[arg-type]
        leave_one_out="leave_out" in options,
        data="data" in options,
    )


def _indicator(node: Row, row: Row, stated: set[str]) -> Indicator:
    node_id, method = node["node_id"], node["normaliser"]
    if not stated:
        raise SchemeError(f"scheme {row['scheme_id']}: {node_id} is not in the registry; use the id of an indicator")
    rule = _normaliser(method, cell(node, "bounds"), cell(node, "floor"), cell(node, "cap"))
    if method == "interval_best":
        fits = stated <= set(INTERVALS)
        direction = HIGHER_IS_BETTER
    else:
        fits = len(stated) == 1 and stated <= set(DIRECTIONS)
        direction = DIRECTIONS[next(iter(stated))] if fits else 0
    if not fits:
        wrong = f"scheme {row['scheme_id']}: {node_id} has the direction {' and '.join(sorted(stated))}"
        raise SchemeError(f"{wrong}; use interval_best for an interval, another normaliser for higher or lower alone")
    return Indicator(
        node_id,
        cell(node, "parent_id", ""),
        Normaliser(rule.method, direction, rule.floor, rule.ceiling, rule.mean, rule.sd, rule.cap),
        float(cell(node, "weight", 1.0)),
        Treatment(cell(node, "treatment", row["treatment"])),
        Imputation(cell(node, "imputation", row["imputation"]), int(cell(row, "impute_periods", 1))),
    )


def _normaliser(method: str, bounds: str | None, floor: float | None = None, cap: float | None = None) -> Normaliser:
    """The engine tells min-max between goalposts from min-max between observed values by name."""
    if method == "minmax" and bounds == "goalposts":
        method = "goalposts"
    lowest, highest = floor if floor is not None else 0.0, cap if cap is not None else 1.0
    return Normaliser(method, HIGHER_IS_BETTER, float(lowest), mean=Z_MEAN, sd=Z_SD, cap=float(highest))  # type: ignore[arg-type]


def _aggregate(node: Row, row: Row) -> Aggregate:
    weighting, floor = cell(node, "weighting", "expert"), cell(node, "floor")
    return Aggregate(
        node["node_id"],
        cell(node, "parent_id"),
        float(cell(node, "min_coverage", row["min_coverage"])),
        float(cell(node, "weight", 1.0)),
        node["aggregation"],
        "given" if weighting in GIVEN else weighting,
        None if floor is None else float(floor),
    )


def _adjustments(row: Row, frame: pd.DataFrame) -> tuple[tuple[Bonus, ...], tuple[Veto, ...]]:
    bonuses: list[Bonus] = []
    vetoes: list[Veto] = []
    for one in rows_of(row, frame):
        if one["kind"] == "veto":
            vetoes.append(Veto(one["indicator_id"], float(one["threshold"]), one["when"], one["effect"]))
        else:
            sign = -1.0 if one["kind"] == "deduction" else 1.0
            bonuses.append(Bonus(one["indicator_id"], sign * float(one["points"]), float(one["cap"])))
    return tuple(bonuses), tuple(vetoes)


def _tiers(row: Row, frame: pd.DataFrame) -> Tiers | None:
    tiers = sorted(rows_of(row, frame), key=lambda one: int(one["place"]))
    if not tiers:
        return None
    names = tuple(one["tier_id"] for one in tiers)
    if cell(tiers[0], "quota") is not None:
        return Tiers(names, quotas=tuple(float(one["quota"]) for one in tiers))
    return Tiers(names, cuts=tuple(float(one["cut"]) for one in tiers[:-1]))
