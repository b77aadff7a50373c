"""Requests for resources of the ledger: asked for, decided, opened, and judged by the applicant.

A request stands in a month's file while anything about it can still change: until it is decided and opened, its limit
has passed and the applicant has answered. So the file of the month in which its limit falls always has it.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from dagster_project.simulate.feeds.catalogue_resource import SPAN, TOPICS, in_force, owners
from dagster_project.simulate.world import Month, World

A_MONTH = 2000
# Fewer around the Spring Festival, more before the year's end.
SEASON = {1: 0.9, 2: 0.75, 12: 1.15}
# Days within which a resource is to be opened: without approval, with it.
LIMITS = (1, 7)
REFUSALS = ("no_legal_basis", "beyond_purpose", "not_ready", "personal_data")
# No request lasts longer than what two earlier months can bring.
LONGEST_DAYS = 25


def statement(world: World, month: Month) -> dict[str, np.ndarray]:
    """The requests of the month and those before that were not through when it began, as they stood at its end."""
    before = _previous(month)
    rows = pd.concat([_requested(world, asked) for asked in (_previous(before), before, month)], ignore_index=True)
    last = rows[["due_at", "decided_at", "opened_at", "answered_at"]].max(axis=1)
    rows = rows[(rows["requested_at"] >= pd.Timestamp(month.start)) | (last >= pd.Timestamp(month.start))]
    after = pd.Timestamp(month.next.start)
    decided, answered = rows["decided_at"] < after, rows["answered_at"] < after
    approved = rows["decided_at"].where((rows["decision"] != "withdrawn") & decided)
    moments = {
        "requested_at": rows["requested_at"],
        "approved_at": approved,
        "opened_at": rows["opened_at"].where(rows["opened_at"] < after),
        "due_at": rows["due_at"],
    }
    return {
        **{name: rows[name].to_numpy() for name in ("request_id", "resource_id", "region", "applicant")},
        **{name: moment.to_numpy().astype("datetime64[s]") for name, moment in moments.items()},
        "decision": rows["decision"].where(decided).to_numpy(),
        "refusal": rows["refusal"].where(decided & (rows["decision"] == "refused")).to_numpy(),
        "met": rows["met"].where(answered).to_numpy(),
    }


def _requested(world: World, month: Month) -> pd.DataFrame:
    """The month's requests with all that becomes of them."""
    rng = world.rng("resource_request", month.id)
    count = int(rng.poisson(A_MONTH * SEASON.get(month.month, 1.0)))
    on = month.number / SPAN
    ledger = in_force(world, month.number - 1)
    resource = ledger[(ledger["sharing"] != "withheld").to_numpy()].sample(count, replace=True, random_state=rng)
    free = (resource["sharing"] == "unconditional").to_numpy()
    asking = rng.choice(len(owners(world)), size=count, p=owners(world)["weight"])
    care, digital = (owners(world)[trait].to_numpy()[asking] for trait in ("care", "digital"))

    days = np.datetime64(month.start, "s") + np.arange(month.days) * np.timedelta64(1, "D")
    weekend = (days.astype("datetime64[D]").view("int64") + 3) % 7 >= 5
    weight = np.where(weekend, 0.1, 1.0)
    requested = rng.choice(days, size=count, p=weight / weight.sum()) + _seconds(
        9 * 3600 + rng.random(count) * 9 * 3600
    )
    # What needs no approval is granted by the system within a minute or so.
    hours = 24 * np.exp(-0.35 * on - 0.25 * care) * rng.lognormal(0, 0.8, count)
    wait = np.where(free, rng.uniform(5, 90, count), np.minimum(hours, LONGEST_DAYS * 24) * 3600)
    decided = requested + _seconds(wait)
    fate = rng.random(count)
    refused = ~free & (fate < np.clip(0.06 - 0.03 * on, 0.01, 0.1))
    withdrawn = fate > 0.98
    granted = ~refused & ~withdrawn
    # Opening takes minutes by itself, days where somebody has to put something right.
    minutes = 24 * np.exp(-0.85 * on - 0.3 * digital) * rng.lognormal(0, 0.8, count)
    stuck = rng.random(count) < np.exp(-2.9 - 0.9 * on - 0.45 * care)
    opened = decided + _seconds(
        np.where(stuck, np.minimum(1 + rng.exponential(5, count), LONGEST_DAYS) * 86400, minutes * 60)
    )
    answers = (rng.random(count) < 0.88) & granted
    # A refusal is an unmet need at once; otherwise the applicant says so after some use.
    answered = np.where(refused, decided, opened + _seconds(rng.exponential(1.5 * 86400, count).clip(600, 5 * 86400)))
    unmet = refused | (rng.random(count) < np.exp(-3.5 - 0.8 * on - 0.2 * care))
    number = np.char.mod(f"Q{month.year}{month.month:02}-%05d", np.arange(1, count + 1))
    never = np.datetime64("NaT", "s")
    return pd.DataFrame(
        {
            "request_id": number.astype(object),
            "resource_id": resource["resource_id"].to_numpy(),
            "region": owners(world)["region_id"].to_numpy()[asking],
            "applicant": rng.choice(list(TOPICS), size=count).astype(object),
            "requested_at": requested,
            "due_at": requested + np.where(free, *LIMITS) * np.timedelta64(1, "D"),
            "decided_at": decided,
            "decision": np.select([refused, withdrawn], ["refused", "withdrawn"], "granted").astype(object),
            "refusal": rng.choice(REFUSALS, size=count).astype(object),
            "opened_at": np.where(granted, opened, never),
            "answered_at": np.where(answers | refused, answered, never),
            "met": np.where(unmet, "false", "true").astype(object),
        }
    )


def _previous(month: Month) -> Month:
    return Month(month.year - (month.month == 1), (month.month - 2) % 12 + 1)


def _seconds(values: np.ndarray) -> np.ndarray:
    return np.round(values).astype("int64").astype("timedelta64[s]")
