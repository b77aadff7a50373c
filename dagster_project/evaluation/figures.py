"""Indicator values as arrays: every unit of a grain in every period of a frequency, made once for all schemes of these.

Belongs here: which figure of an indicator a period has, dates to masks, and the goalposts in force. Does not belong
here: any formula.

Shapes: I indicators, P periods, U units: (I, P, U). NaN is "no value".
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from dagster_project.evaluation.scheme_rows import Tables
from dagster_project.scoring.normalise import Booleans, Floats, Integers
from dagster_project.scoring.scheme import SchemeError

EVERY_REGION = "*"
KEYS = ("indicator_id", "period_id", "region_id")
FIGURES = ("value", "target", "numerator", "denominator")
# From the finest to the coarsest; a decade's figures stand at the year they fall in.
FREQUENCIES = ("month", "quarter", "half", "year", "decade")

Axes = tuple[pd.Index, pd.Index, pd.Index]
Days = npt.NDArray[np.datetime64]
Text = npt.NDArray[np.object_]


@dataclass(frozen=True)
class Figures:
    """Of one unit grain and one frequency.

    Shapes: indicators (I,); period_ids (P,), in time order, and ends (P,), their last days; units (U,); value, target,
    numerator, denominator, low, high (goalposts), best_low, best_high (I, P, U); flags, alike, bit masks; applies,
    alike; source, alike, the place in `source_ids` of the period that the figure is of.
    """

    indicators: pd.Index
    period_ids: pd.Index
    ends: Days
    units: pd.Index
    value: Floats
    target: Floats
    numerator: Floats
    denominator: Floats
    flags: Integers
    applies: Booleans
    low: Floats
    high: Floats
    best_low: Floats
    best_high: Floats
    source: Integers
    source_ids: pd.Index


def wanted(tables: Tables) -> pd.DataFrame:
    """indicator_id, unit_grain, grain: the figures that the active schemes need, by the grain of their periods.

    An indicator that has no figure for a scheme's periods enters with those of its own frequency: one that is slower
    than the scheme, or one whose figures are not rolled up over time.
    """
    scheme = tables["scheme"]
    scheme = scheme.loc[scheme["status"] == "active", ["scheme_id", "version", "unit_grain", "frequency"]]
    node, extra = tables["scheme_node"], tables["adjustment"]
    leaves = node.loc[node["normaliser"].notna(), ["scheme_id", "version", "node_id"]]
    extras = extra[["scheme_id", "version", "indicator_id"]].rename(columns={"indicator_id": "node_id"})
    asked = pd.concat([leaves, extras]).merge(scheme, on=["scheme_id", "version"])
    asked = asked[["node_id", "unit_grain", "frequency"]].rename(columns={"node_id": "indicator_id"}).drop_duplicates()
    own = own_frequency(tables)
    other = asked.assign(own=asked["indicator_id"].map(own))
    other = other[is_off(other["indicator_id"], other["frequency"], tables)]
    found = pd.concat(
        [asked, other[["indicator_id", "unit_grain", "own"]].rename(columns={"own": "frequency"})], ignore_index=True
    )
    found["grain"] = found["frequency"].replace("decade", "year")
    return found[["indicator_id", "unit_grain", "grain"]].drop_duplicates(ignore_index=True)


def own_frequency(tables: Tables) -> dict[str, str]:
    """The frequency of the newest version of each indicator."""
    newest = tables["indicator"].sort_values("version").drop_duplicates("indicator_id", keep="last")
    return dict(zip(newest["indicator_id"], newest["frequency"], strict=True))


def is_off(indicator_id: pd.Series, frequency: pd.Series, tables: Tables) -> pd.Series:
    """Which indicators have no figures of their own for periods of a frequency."""
    newest = tables["indicator"].sort_values("version").drop_duplicates("indicator_id", keep="last")
    measure = tables["measure"]
    single = set(measure.loc[measure["time_rule"] == "none", "measure_id"])
    stays = newest["numerator"].isin(single) | newest["denominator"].isin(single)
    unrolled = set(newest.loc[stays, "indicator_id"])
    place = {name: at for at, name in enumerate(FREQUENCIES)}
    own = indicator_id.map(own_frequency(tables)).map(place)
    asked = frequency.map(place)
    return (own > asked) | ((own < asked) & indicator_id.isin(unrolled))


def read_figures(
    tables: Tables, unit_grain: str, frequency: str, values: pd.DataFrame, absences: pd.DataFrame
) -> Figures:
    """The figures of all active schemes of a grain and a frequency.

    Raises:
        SchemeError: two values for one key, no units of the grain, a period without units.
    """
    unit = tables["region_unit"]
    units = pd.Index(sorted(set(unit.loc[unit["unit_grain"] == unit_grain, "region_id"])), dtype="str")
    if units.empty:
        raise SchemeError(f"the registry has no units of grain {unit_grain}; write district, unit or town")
    indicators = _asked(tables, unit_grain, frequency)
    period = tables["period"]
    source_ids = pd.Index(period["period_id"], dtype="str")
    given, gone = (_Rows.of(frame, indicators, source_ids, units) for frame in (values, absences))
    off = is_off(indicators.to_series(), pd.Series(frequency, index=indicators), tables).to_numpy(dtype=bool)

    # A period is there if a figure is its own; those of other frequencies come along.
    has_own = np.zeros(len(source_ids), dtype=bool)
    has_own[given.period[~off[given.indicator]]] = True
    calendar = period[of_frequency(frequency, period).to_numpy() & has_own].sort_values("start_date")
    axes = (indicators, pd.Index(calendar["period_id"], dtype="str"), units)
    ends = days(calendar["end_date"])

    builder = _Builder(axes, source_ids)
    builder.put(given.only(~off[given.indicator]), gone.only(~off[gone.indicator]))
    own = indicators.to_series().map(own_frequency(tables)).to_numpy()
    for name in sorted(set(own[off])):
        chosen = off & (own == name)
        spans = period[of_frequency(name, period)].sort_values("start_date")
        builder.put_newest(spans, ends, given.only(chosen[given.indicator]), gone.only(chosen[gone.indicator]))
    low, high, best_low, best_high = _bounds(tables["target_span"], ends, axes)
    return Figures(
        indicators,
        axes[1],
        ends,
        units,
        builder.of["value"],
        builder.of["target"],
        builder.of["numerator"],
        builder.of["denominator"],
        builder.flags,
        builder.applies,
        low,
        high,
        best_low,
        best_high,
        builder.source,
        source_ids,
    )


def of_frequency(frequency: str, period: pd.DataFrame) -> pd.Series:
    """Which rows of `period` are periods of a frequency."""
    if frequency == "decade":
        return (period["grain"] == "year") & period["is_decade"].astype(bool)
    return period["grain"] == frequency


def days(dates: pd.Series) -> Days:
    return dates.to_numpy().astype("datetime64[D]")


def _asked(tables: Tables, unit_grain: str, frequency: str) -> pd.Index:
    scheme, node, extra = tables["scheme"], tables["scheme_node"], tables["adjustment"]
    fits = (scheme["unit_grain"] == unit_grain) & (scheme["frequency"] == frequency) & (scheme["status"] == "active")
    keys = pd.MultiIndex.from_frame(scheme.loc[fits, ["scheme_id", "version"]])
    leaves = node[node["normaliser"].notna()].rename(columns={"node_id": "indicator_id"})
    found: set[str] = set()
    for frame in (leaves, extra):
        inside = pd.MultiIndex.from_frame(frame[["scheme_id", "version"]]).isin(keys)
        found |= set(frame.loc[inside, "indicator_id"])
    return pd.Index(sorted(found), dtype="str")


@dataclass(frozen=True)
class _Rows:
    """Rows that name an indicator, a period and a unit of the axes: places (R,), and the other columns."""

    indicator: Integers
    period: Integers
    unit: Integers
    columns: dict[str, npt.NDArray[Any]]

    @staticmethod
    def of(frame: pd.DataFrame, indicators: pd.Index, period_ids: pd.Index, units: pd.Index) -> _Rows:
        axes = (indicators, period_ids, units)
        at = [_places(axis, frame[key]) for axis, key in zip(axes, KEYS, strict=True)]
        inside = (at[0] >= 0) & (at[1] >= 0) & (at[2] >= 0)
        columns = {
            str(name): frame[name].to_numpy()[inside]
            if name == "state"
            else frame[name].to_numpy(dtype="float64", na_value=np.nan)[inside]
            for name in frame.columns.difference(list(KEYS))
        }
        return _Rows(at[0][inside], at[1][inside], at[2][inside], columns)

    def only(self, mask: Booleans) -> _Rows:
        columns = {name: column[mask] for name, column in self.columns.items()}
        return _Rows(self.indicator[mask], self.period[mask], self.unit[mask], columns)


def _places(axis: pd.Index, column: pd.Series) -> Integers:
    """Place on the axis of each cell; -1 where it is not there. Of categories each is looked up once."""
    if not isinstance(column.dtype, pd.CategoricalDtype):
        column = column.astype("category")
    codes, names = column.cat.codes.to_numpy(), column.cat.categories
    found = axis.get_indexer(names.astype("str")) if len(names) else np.zeros(0, dtype=np.int64)
    return np.append(found, -1)[codes]


class _Builder:
    """The arrays while they are filled."""

    def __init__(self, axes: Axes, source_ids: pd.Index) -> None:
        self._axes, self._source_ids = axes, source_ids
        shape = tuple(len(axis) for axis in axes)
        self.of: dict[str, Floats] = {name: np.full(shape, np.nan) for name in FIGURES}
        self.flags: Integers = np.zeros(shape, dtype=np.int32)
        self.applies: Booleans = np.ones(shape, dtype=bool)
        self.source: Integers = np.empty(shape, dtype=np.int16)
        self.source[:] = source_ids.get_indexer(axes[1])[:, np.newaxis]

    def put(self, given: _Rows, gone: _Rows) -> None:
        """Figures that stand at their own period."""
        place = np.append(self._axes[1].get_indexer(self._source_ids), -1)
        given, gone = given.only(place[given.period] >= 0), gone.only(place[gone.period] >= 0)
        self._write(given, place[given.period])
        gone = gone.only(gone.columns["state"] == "not_applicable")
        self.applies[gone.indicator, place[gone.period], gone.unit] = False

    def put_newest(self, spans: pd.DataFrame, ends: Days, given: _Rows, gone: _Rows) -> None:
        """Figures of another frequency, whose periods are `spans`: in each period those of the newest of their own that
        has ended; where that one is not due yet, those of the one before."""
        newest = np.searchsorted(days(spans["end_date"]), ends, side="right") - 1
        own = self._source_ids.get_indexer(pd.Index(spans["period_id"]))
        not_due = np.zeros(self.applies.shape, dtype=bool)
        for back in (0, 1):
            for at in np.flatnonzero(newest >= back).tolist():
                source = own[newest[at] - back]
                here, away = given.only(given.period == source), gone.only(gone.period == source)
                late, excluded = (away.only(away.columns["state"] == s) for s in ("not_yet_due", "not_applicable"))
                if back:
                    here, excluded = (rows.only(not_due[rows.indicator, at, rows.unit]) for rows in (here, excluded))
                else:
                    not_due[late.indicator, at, late.unit] = True
                self._write(here, np.full(here.period.shape, at))
                self.source[here.indicator, at, here.unit] = source
                self.applies[excluded.indicator, at, excluded.unit] = False

    def _write(self, rows: _Rows, period: Integers) -> None:
        at = (rows.indicator, period, rows.unit)
        written = np.zeros(self.applies.shape, dtype=bool)
        written[at] = True
        if np.count_nonzero(written) != len(rows.indicator):
            flat = np.ravel_multi_index(at, self.applies.shape)
            row = np.flatnonzero(np.bincount(flat)[flat] > 1)[0]
            axes = (self._axes[0], self._axes[2], self._source_ids)
            places = (rows.indicator[row], rows.unit[row], rows.period[row])
            key = [str(axis[place]) for axis, place in zip(axes, places, strict=True)]
            raise SchemeError(f"several values for {key}; keep one per indicator, region and period")
        for name, array in self.of.items():
            array[at] = rows.columns[name]
        self.flags[at] = np.nan_to_num(rows.columns["flags"]).astype(np.int32)


def _bounds(target: pd.DataFrame, ends: Days, axes: Axes) -> tuple[Floats, Floats, Floats, Floats]:
    """Goalposts and intervals in force, each (I, P, U). The unit's own beat everyone's."""
    indicators, _, units = axes
    names = ("goal_low", "goal_high", "low", "high")
    found = tuple(np.full([len(axis) for axis in axes], np.nan) for _ in names)
    target = target[target["indicator_id"].isin(indicators) & target["region_id"].isin([*units, EVERY_REGION])]
    for pair in (names[:2], names[2:]):
        rows = target[target[list(pair)].notna().all(axis=1)]
        for everyone in (True, False):
            some = rows[(rows["region_id"] == EVERY_REGION) == everyone]
            when, which = valid(some, ends)
            indicator = indicators.get_indexer(pd.Index(some["indicator_id"]))[which]
            where = (
                (indicator, when)
                if everyone
                else (indicator, when, units.get_indexer(pd.Index(some["region_id"]))[which])
            )
            for name in pair:
                cells = some[name].to_numpy(dtype="float64")[which]
                found[names.index(name)][where] = cells[:, np.newaxis] if everyone else cells
    return found  # type: ignore[return-value]


def valid(dated: pd.DataFrame, at: Days) -> tuple[Integers, Integers]:
    """Pairs (position in `at`, row of `dated`) for which the row is in force on the day."""
    start, end = days(dated["valid_from"]), days(dated["valid_to"])
    when, which = np.nonzero((start <= at[:, np.newaxis]) & (at[:, np.newaxis] <= end))
    return when, which
