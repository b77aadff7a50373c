"""Registry frames and indicator values to a scheme and its arrays.

Belongs here: what the registry's tables mean for a scheme, and dates to masks. Does not belong here: any formula.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from dagster_project.scoring.engine import References
from dagster_project.scoring.normalise import NO_GROUP, Booleans, Floats, Integers
from dagster_project.scoring.scheme import (
    HIGHER_IS_BETTER,
    LOWER_IS_BETTER,
    Aggregate,
    Indicator,
    MinMax,
    Scheme,
    SchemeError,
    TargetAttainment,
)

DIRECTIONS = {"higher": HIGHER_IS_BETTER, "lower": LOWER_IS_BETTER}
EVERY_REGION = "*"
NO_PERIOD = -1

Row = Mapping[str, Any]
Tables = Mapping[str, pd.DataFrame]
Axes = tuple[pd.Index, pd.Index, pd.Index]
Days = npt.NDArray[np.datetime64]


@dataclass(frozen=True)
class Block:
    """A scheme's input: P periods by U units (all that are in force in any of them) by I indicators.

    Shapes: period_ids (P,); previous (P,), row of the period before, `NO_PERIOD` if not scored; units (U,);
    in_force (P, U); areas: ids that the codes in groups (P, U) stand for; values, flags, applies (P, U, I).
    """

    period_ids: npt.NDArray[np.object_]
    previous: Integers
    units: npt.NDArray[np.object_]
    in_force: Booleans
    areas: npt.NDArray[np.object_]
    groups: Integers
    values: Floats
    flags: Integers
    applies: Booleans
    references: References


def records(frame: pd.DataFrame) -> list[Row]:
    """The rows of a frame, each by its columns' names."""
    return [{str(column): cell for column, cell in row.items()} for row in frame.to_dict("records")]


def read_scheme(row: Row, tables: Tables) -> Scheme:
    """The tree of one row of `scheme`, from the rows of `scheme_node` of its version.

    Raises:
        SchemeError: a choice that is not offered, an unknown indicator, or a tree that makes no sense.
    """
    scheme_id, key = row["scheme_id"], (row["scheme_id"], row["version"])
    for column, offered in (("tie_rule", "min"), ("boundary", "at_time")):
        if row[column] != offered:
            raise SchemeError(f"scheme {scheme_id}: {column} {row[column]!r} is not offered; write {offered}")
    known: dict[str, set[str]] = {}
    for version in records(tables["indicator"]):
        known.setdefault(version["indicator_id"], set()).add(version["direction"])
    indicators: list[Indicator] = []
    aggregates: list[Aggregate] = []
    for node in records(tables["scheme_node"]):
        if (node["scheme_id"], node["version"]) != key:
            continue
        node_id, parent, weight = node["node_id"], _or(node["parent_id"], ""), float(_or(node["weight"], 1.0))
        choice = tuple(_or(node[column], None) for column in ("aggregation", "normaliser", "bounds"))
        if choice == ("arithmetic", None, None):
            min_coverage = float(_or(node["min_coverage"], row["min_coverage"]))
            aggregates.append(Aggregate(node_id, parent or None, min_coverage, weight))
            continue
        stated = " and ".join(sorted(known.get(node_id, set())))
        if stated not in DIRECTIONS:
            wrong = f"has the direction {stated}" if stated else "is not in the registry"
            raise SchemeError(f"scheme {scheme_id}: {node_id} {wrong}; use an indicator with higher or lower alone")
        direction = DIRECTIONS[stated]
        match choice:
            case (None, "minmax", "observed" | "goalposts" as bounds):
                indicators.append(Indicator(node_id, parent, MinMax(direction, bounds), weight))
            case (None, "target", None):
                rule = TargetAttainment(direction, float(_or(node["cap"], 1.0)))
                indicators.append(Indicator(node_id, parent, rule, weight))
            case _:
                raise SchemeError(
                    f"scheme {scheme_id}: {node_id}: (aggregation, normaliser, bounds) is {choice}; write aggregation "
                    "arithmetic, or normaliser minmax with bounds observed or goalposts, or normaliser target alone"
                )
    return Scheme(scheme_id, tuple(indicators), tuple(aggregates), int(row["decimals"]))


def read_block(row: Row, scheme: Scheme, tables: Tables, values: pd.DataFrame, absences: pd.DataFrame) -> Block:
    """The arrays of a scheme, for the periods in which one of its units has a value of one of its indicators.

    Raises:
        SchemeError: two values for one key, a period without units, a target whose period is unknown.
    """
    grain, unit, member = row["unit_grain"], tables["region_unit"], tables["peer_member"]
    unit = unit[unit["unit_grain"] == grain]
    member = member[(member["unit_grain"] == grain) & (member["peer_scheme_id"] == row["peer_scheme"])]
    units = pd.Index(sorted(set(unit["region_id"])), dtype="str")
    areas = pd.Index(sorted(set(member["peer_area_id"])), dtype="str")
    if units.empty:
        raise SchemeError(f"scheme {scheme.id}: the registry has no units of grain {grain}; write district or unit")
    indicators = pd.Index([node.id for node in scheme.indicators], dtype="str")

    values = values[values["indicator_id"].isin(indicators) & values["region_id"].isin(units)]
    periods = _periods(row, tables["period"], values["period_id"])
    ends = _days(periods["end_date"])
    axes = (pd.Index(periods["period_id"], dtype="str"), units, indicators)

    in_force = np.zeros((len(periods), len(units)), dtype=bool)
    when, which = _valid(unit, ends)
    in_force[when, units.get_indexer(unit["region_id"])[which]] = True
    empty = axes[0][~in_force.any(axis=1)].tolist()
    if empty:
        raise SchemeError(f"scheme {scheme.id}: no unit of grain {grain} is in force at the end of {empty}")
    groups = np.full(in_force.shape, NO_GROUP, dtype=np.int64)
    when, which = _valid(member, ends)
    groups[when, units.get_indexer(member["region_id"])[which]] = areas.get_indexer(member["peer_area_id"])[which]

    values = _inside(values, axes)
    doubled = values[values.duplicated(["indicator_id", "region_id", "period_id"])]
    if len(doubled):
        key = doubled[["indicator_id", "region_id", "period_id"]].iloc[0].tolist()
        raise SchemeError(f"scheme {scheme.id}: several values for {key}; keep one per indicator, region and period")
    low, high = _goalposts(tables, periods, axes)
    excluded = _inside(absences[absences["state"] == "not_applicable"], axes)
    return Block(
        period_ids=axes[0].to_numpy(dtype=object),
        previous=_previous(row, tables["period"], periods),
        units=units.to_numpy(dtype=object),
        in_force=in_force,
        areas=areas.to_numpy(dtype=object),
        groups=np.where(in_force, groups, NO_GROUP),
        values=_cube(values, values["value"], axes, np.nan),
        flags=_cube(values, values["flags"], axes, 0.0).astype(np.int64),
        applies=_cube(excluded, pd.Series(0.0, index=excluded.index), axes, 1.0).astype(bool),
        references=References(low, high, _cube(values, values["target"], axes, np.nan)),
    )


def _periods(row: Row, period: pd.DataFrame, with_values: pd.Series) -> pd.DataFrame:
    """The scheme's periods that have values, in time order, if the scheme is valid at their end."""
    period = period[_of_frequency(row["frequency"], period) & period["period_id"].isin(set(with_values))]
    ends = _days(period["end_date"])
    valid = (ends >= _day(row["valid_from"])) & (ends <= _day(row["valid_to"]))
    return period[valid].sort_values("start_date")


def _of_frequency(frequency: str, period: pd.DataFrame) -> pd.Series:
    if frequency == "decade":
        return (period["grain"] == "year") & period["is_decade"].astype(bool)
    return period["grain"] == frequency


def _previous(row: Row, period: pd.DataFrame, periods: pd.DataFrame) -> Integers:
    """(P,): row in `periods` of the scheme's period just before each, by the calendar."""
    calendar = period[_of_frequency(row["frequency"], period)].sort_values("start_date")["period_id"]
    before = dict(zip(calendar.iloc[1:], calendar.iloc[:-1], strict=True))
    place = {period_id: at for at, period_id in enumerate(periods["period_id"])}
    return np.array([place.get(before.get(period_id, ""), NO_PERIOD) for period_id in place], dtype=np.int64)


def _goalposts(tables: Tables, periods: pd.DataFrame, axes: Axes) -> tuple[Floats, Floats]:
    """Goalposts in force, each (P, U, I). The unit's own beat everyone's."""
    low, high = (np.full([len(axis) for axis in axes], np.nan) for _ in range(2))
    ends = _days(periods["end_date"])
    target = tables["target_span"]
    target = target[target["indicator_id"].isin(axes[2]) & target["region_id"].isin([*axes[1], EVERY_REGION])]
    target = target[target["goal_low"].notna() & target["goal_high"].notna()]
    for goal in records(target.sort_values("region_id", key=lambda ids: ids != EVERY_REGION)):
        inside = (ends >= _day(goal["valid_from"])) & (ends <= _day(goal["valid_to"]))
        of_unit = np.isin(axes[1], goal["region_id"]) | (goal["region_id"] == EVERY_REGION)
        cells = np.ix_(inside, of_unit, axes[2] == goal["indicator_id"])
        low[cells], high[cells] = goal["goal_low"], goal["goal_high"]
    return low, high


def _valid(dated: pd.DataFrame, days: Days) -> tuple[Integers, Integers]:
    """Pairs (position in `days`, row of `dated`) for which the row is in force on the day."""
    start, end = _days(dated["valid_from"]), _days(dated["valid_to"])
    when, which = np.nonzero((start <= days[:, np.newaxis]) & (days[:, np.newaxis] <= end))
    return when, which


def _inside(frame: pd.DataFrame, axes: Axes) -> pd.DataFrame:
    period_ids, units, indicators = axes
    keys = frame["period_id"].isin(period_ids) & frame["region_id"].isin(units) & frame["indicator_id"].isin(indicators)
    return frame[keys]


def _cube(frame: pd.DataFrame, column: pd.Series, axes: Axes, fill: float) -> Floats:
    """(P, U, I): `column` laid out by the keys of `frame`; `fill` where there is no row or no number."""
    cube = np.full([len(axis) for axis in axes], fill)
    keys = ("period_id", "region_id", "indicator_id")
    place = tuple(axis.get_indexer(pd.Index(frame[key])) for axis, key in zip(axes, keys, strict=True))
    cube[place] = column.astype("float64").fillna(fill).to_numpy()
    return cube


def _days(dates: pd.Series) -> Days:
    return dates.to_numpy().astype("datetime64[D]")


def _day(date: Any) -> np.datetime64:
    return np.datetime64(date, "D")


def _or(cell: Any, default: Any) -> Any:
    """`cell`, or `default` where the registry leaves it empty."""
    return default if pd.isna(cell) or cell == "" else cell
