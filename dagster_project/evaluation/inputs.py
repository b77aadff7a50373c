"""A scheme's own part of the figures: its indicators, its periods, its units in their peer areas.

Belongs here: what is in force when, and the arrays of one version of a scheme. Does not belong here: any formula.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import numpy.typing as npt
import pandas as pd

from dagster_project.evaluation.figures import Figures, Text, of_frequency, valid
from dagster_project.evaluation.scheme_rows import Row, Tables
from dagster_project.scoring.normalise import NO_GROUP, Booleans, Floats, Integers
from dagster_project.scoring.prepare import Inputs
from dagster_project.scoring.scheme import Scheme, SchemeError

NO_PERIOD = -1
Kind = TypeVar("Kind", bound=np.generic)


@dataclass(frozen=True)
class Block:
    """One version of a scheme: P periods by U units (all that are in force in any of them) by I indicators.

    Shapes: period_ids (P,); previous (P,), the place of the period before, `NO_PERIOD` if it is not scored here, and
    previous_ids (P,), its name; units (U,); in_force (P, U); areas: ids that the codes in inputs.groups (P, U) stand
    for; inputs: values (I, P, U); applies, flags, numerator, denominator, source (I, P, U), as in `Figures`.
    """

    period_ids: Text
    previous: Integers
    previous_ids: Text
    units: Text
    in_force: Booleans
    areas: Text
    inputs: Inputs
    applies: Booleans
    flags: Integers
    numerator: Floats
    denominator: Floats
    source: Integers
    source_ids: Text


def read_block(row: Row, scheme: Scheme, tables: Tables, figures: Figures) -> Block:
    """The arrays of a scheme, for the periods in which one of its units has a value of one of its indicators.

    Raises:
        SchemeError: a period without units.
    """
    grain = row["unit_grain"]
    unit, member = tables["region_unit"], members(tables, grain)
    unit = unit[unit["unit_grain"] == grain]
    member = member[member["peer_scheme_id"] == row["peer_scheme"]]
    rows = figures.indicators.get_indexer(pd.Index([leaf.id for leaf in scheme.indicators], dtype="str"))
    adjusting = [bonus.id for bonus in scheme.bonuses] + [veto.id for veto in scheme.vetoes]
    extras = figures.indicators.get_indexer(pd.Index(adjusting, dtype="str"))

    start, end = (np.datetime64(row[name], "D") for name in ("valid_from", "valid_to"))
    here = (figures.ends >= start) & (figures.ends <= end)
    own = figures.source[rows] == figures.source_ids.get_indexer(figures.period_ids)[:, np.newaxis]
    here &= (own & ~np.isnan(figures.value[rows])).any(axis=(0, 2))
    periods = np.flatnonzero(here)
    ends = figures.ends[periods]
    ids = figures.period_ids[periods]

    in_force = np.zeros((len(periods), len(figures.units)), dtype=bool)
    when, which = valid(unit, ends)
    in_force[when, figures.units.get_indexer(pd.Index(unit["region_id"]))[which]] = True
    empty = ids[np.flatnonzero(~in_force.any(axis=1))].tolist()
    if empty:
        raise SchemeError(f"scheme {scheme.id}: no unit of grain {grain} is in force at the end of {empty}")
    areas = pd.Index(sorted(set(member["peer_area_id"])), dtype="str")
    groups = np.full(in_force.shape, NO_GROUP, dtype=np.int64)
    when, which = valid(member, ends)
    area = areas.get_indexer(pd.Index(member["peer_area_id"]))[which]
    groups[when, figures.units.get_indexer(pd.Index(member["region_id"]))[which]] = area

    def part(array: npt.NDArray[Kind], chosen: Integers = rows) -> npt.NDArray[Kind]:
        return array[np.ix_(chosen, periods)]

    applies = part(figures.applies)
    calendar = tables["period"]
    calendar = calendar[of_frequency(row["frequency"], calendar)].sort_values("start_date")
    calendar_ids = pd.Index(calendar["period_id"], dtype="str")
    times = calendar_ids.get_indexer(ids)
    before = [calendar_ids[at - 1] if at > 0 else None for at in times]
    inputs = Inputs(
        values=part(figures.value),
        groups=np.where(in_force, groups, NO_GROUP),
        applies=applies,
        low=part(figures.low),
        high=part(figures.high),
        target=part(figures.target),
        best_low=part(figures.best_low),
        best_high=part(figures.best_high),
        times=times,
        extras=part(figures.value, extras),
    )
    return Block(
        period_ids=ids.to_numpy(dtype=object),
        previous=np.array([ids.get_loc(name) if name in ids else NO_PERIOD for name in before], dtype=np.int64),
        previous_ids=np.array(before, dtype=object),
        units=figures.units.to_numpy(dtype=object),
        in_force=in_force,
        areas=areas.to_numpy(dtype=object),
        inputs=inputs,
        applies=applies,
        flags=part(figures.flags),
        numerator=part(figures.numerator),
        denominator=part(figures.denominator),
        source=part(figures.source),
        source_ids=figures.source_ids.to_numpy(dtype=object),
    )


def members(tables: Tables, unit_grain: str) -> pd.DataFrame:
    """peer_scheme_id, peer_area_id, region_id, span: who stands in which peer area, of one grain."""
    if unit_grain == "town":
        return tables["peer_town"]
    member = tables["peer_member"]
    return member[member["unit_grain"] == unit_grain]
