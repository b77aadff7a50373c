"""What becomes of a KPI whose time is over: retired, or carried on under another id. Ids are never used again.

Belongs here: which rows change then. Old periods keep the old definition, since a definition is dated.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pandas as pd

from dagster_project.registry.edit import Cells, Change, EditError, added, cells_of, part_of
from dagster_project.registry.period import periods


def retire(seeds: Path, indicator_id: str, on: date, reason: tuple[str, str], successor: str = "") -> list[Change]:
    """The KPI ends on `on`; `reason` is in Chinese and English.

    Raises:
        EditError: no such KPI, ended already, or a scheme weighs it.
    """
    last = _running(seeds, indicator_id)
    weighed = {row["scheme_id"] for row in _weighed(seeds, indicator_id)}
    if weighed:
        raise EditError(
            f"{indicator_id} is weighed by {', '.join(sorted(weighed))}; "
            "take it out of scoring/scheme_node*.csv in a new version first"
        )
    return _ended(last, on, "retired", reason, successor)


def rename(
    seeds: Path,
    indicator_id: str,
    new_id: str,
    on: date,
    reason: tuple[str, str],
    names: tuple[str, str] | None = None,
    overlap_until: date | None = None,
) -> list[Change]:
    """From the day after `on` the KPI is `new_id`, with its definition, targets, exceptions, places in draft schemes.

    Until `overlap_until` both are computed, so that they can be compared.

    Raises:
        EditError: no such KPI, ended already, the new id was used before, or a scheme in force weighs the KPI.
    """
    last = _running(seeds, indicator_id)
    if cells_of(seeds, "indicator", indicator_id=new_id) or cells_of(seeds, "succession", indicator_id=new_id):
        raise EditError(f"{new_id} is taken; an id is never used again")
    begins = on + timedelta(days=1)
    overlap = {"valid_from": begins.isoformat(), "first_period": _period(last["frequency"], begins)}
    fresh = {**last, "indicator_id": new_id, "version": "1", "valid_to": "", **overlap}
    if names:
        fresh |= {"name_zh": names[0], "name_en": names[1]}
    part = part_of(seeds, "indicator", (indicator_id, last["version"]))
    changes = [*_ended(last, overlap_until or on, "renamed", reason, new_id), added("indicator", fresh, part)]
    for table in ("target", "applicability"):
        for row in cells_of(seeds, table, indicator_id=indicator_id):
            carried = added(table, {**row, "indicator_id": new_id})
            changes.append(replace(carried, part=part_of(seeds, table, (indicator_id, *carried.key[1:]))))
    drafts = {(row["scheme_id"], row["version"]) for row in cells_of(seeds, "scheme", status="draft")}
    for row in _weighed(seeds, indicator_id):
        if (row["scheme_id"], row["version"]) not in drafts:
            raise EditError(
                f"scheme {row['scheme_id']} v{row['version']} is in force and weighs {indicator_id}; "
                "a scheme in force does not change: end it and write a new version with the new id"
            )
        place = (row["scheme_id"], row["version"], indicator_id)
        changes.append(Change("scheme_node", place, None))
        changes.append(added("scheme_node", {**row, "node_id": new_id}, part_of(seeds, "scheme_node", place)))
        for judged in cells_of(seeds, "judgement", scheme_id=row["scheme_id"], version=row["version"]):
            if indicator_id in (judged["node_a"], judged["node_b"]):
                gone = added("judgement", judged)
                pair = {name: new_id if judged[name] == indicator_id else judged[name] for name in ("node_a", "node_b")}
                changes.append(Change("judgement", gone.key, None))
                changes.append(added("judgement", {**judged, **pair}, part_of(seeds, "judgement", gone.key)))
    return changes


def _running(seeds: Path, indicator_id: str) -> dict[str, str]:
    versions = cells_of(seeds, "indicator", indicator_id=indicator_id)
    if not versions:
        raise EditError(f"no KPI has the id {indicator_id}; `citydeck kpi list --search ...` finds it")
    if cells_of(seeds, "succession", indicator_id=indicator_id):
        raise EditError(f"{indicator_id} has ended already; see indicator/succession.csv")
    return max(versions, key=lambda row: int(row["version"]))


def _ended(last: Cells, on: date, kind: str, reason: tuple[str, str], successor: str) -> list[Change]:
    if last["valid_from"] > on.isoformat():
        raise EditError(f"{last['indicator_id']} begins on {last['valid_from']}, after {on}")
    if last["valid_to"] and last["valid_to"] < on.isoformat():
        raise EditError(f"{last['indicator_id']} holds until {last['valid_to']} already; end it on that day")
    ended = {"indicator_id": last["indicator_id"], "successor": successor, "ended_on": on.isoformat(), "kind": kind}
    return [
        added("indicator", {**last, "valid_to": on.isoformat(), "status": "retired"}),
        added("succession", {**ended, "reason_zh": reason[0], "reason_en": reason[1]}),
    ]


def _weighed(seeds: Path, indicator_id: str) -> list[dict[str, str]]:
    """Scheme nodes of the KPI, in schemes that are not retired."""
    alive = {
        (row["scheme_id"], row["version"]) for row in cells_of(seeds, "scheme") if row["status"] in ("active", "draft")
    }
    rows = cells_of(seeds, "scheme_node", node_id=indicator_id)
    return [row for row in rows if (row["scheme_id"], row["version"]) in alive]


def _period(frequency: str, day: date) -> str:
    """The period of a frequency that a day lies in."""
    calendar = periods()
    grain = "year" if frequency == "decade" else frequency
    inside = (calendar["start_date"] <= pd.Timestamp(day)) & (calendar["end_date"] >= pd.Timestamp(day))
    return str(calendar.loc[inside & (calendar["grain"] == grain), "period_id"].iloc[0])
