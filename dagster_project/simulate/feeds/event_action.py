"""Actions on event tickets: what moves a ticket between bodies, and what is out of the ordinary.

Receipt at the town centre, judgements that refuse, dispatches with their signatures and returns, pauses, work done
again, ratings. The plain steps stand on the ticket. What the grid settles on the spot never reaches a centre and has
no actions of sending.
"""

from __future__ import annotations

import numpy as np

from dagster_project.simulate.event_kinds import KINDS
from dagster_project.simulate.feeds.event_ticket import MINUTE, back, moments, opened, seconds
from dagster_project.simulate.world import Month, World

CENTRE = "operations"
BODIES = sorted({k.body for k in KINDS})
RETURN_REASONS = ("not_ours", "wrong_place", "facts_missing")
Rows = dict[str, np.ndarray]


def statement(world: World, month: Month) -> dict[str, np.ndarray]:
    """The actions taken in the month, and those earlier ones whose limit falls in it."""
    found = [_actions(world, back(month, earlier), seconds(month), seconds(month.next)) for earlier in (2, 1, 0)]
    rows = {name: np.concatenate([part[name] for part in found]) for name in found[0]}
    return rows | {"acted_at": moments(rows["acted_at"]), "due_at": moments(rows["due_at"])}


def _actions(world: World, month: Month, start: float, end: float) -> Rows:
    """Actions on tickets opened in `month` that were taken or fall due from `start` to before `end`; all in seconds.

    All are drawn, whatever the window, so that a ticket has the same ones in every statement.
    """
    life = opened(world, month)
    rng = world.rng("event_action", month.id)
    n = len(life["kind"])
    every = np.arange(n)
    names = np.array(BODIES, object)
    lead = np.array([BODIES.index(k.body) for k in KINDS])[life["kind"]]
    sent = ~np.isnan(life["dispatched_at"])
    parts: list[Rows] = []

    def add(
        action: str,
        which: np.ndarray,
        at: np.ndarray,
        body: object = CENTRE,
        turn: int | np.ndarray = 1,
        due: np.ndarray | float = np.nan,
        to: object = None,
        outcome: str = "done",
        reason: object = None,
    ) -> None:
        """Rows for the tickets `which`; `turn` tells the actions of one name on one ticket apart."""
        limit = np.broadcast_to(np.asarray(due, float), which.shape)
        here = (at < end) & ((at >= start) | (limit >= start))
        ticket = life["ticket_id"][which[here]]
        suffix = np.strings.add(f"-{action}-", np.broadcast_to(np.asarray(turn), which.shape)[here].astype(str))
        told = {"action": action, "body": body, "to_body": to, "outcome": outcome, "reason": reason}
        parts.append(
            {
                "action_id": np.strings.add(ticket, suffix),
                "ticket_id": ticket,
                "region": life["region"][which[here]],
                **{name: np.broadcast_to(np.asarray(v, object), which.shape)[here] for name, v in told.items()},
                "acted_at": at[here],
                "due_at": limit[here],
            }
        )

    received = every[sent | ~life["true"]]
    add("report", received, life["reported_at"][received])
    refused = every[~life["true"]]
    why = np.where(life["verdict"][refused] == 0, "duplicate", "false_report").astype(object)
    add("judge", refused, life["judged_at"][refused], outcome="refused", reason=why)

    # Some go to a wrong body first, which signs, sees that it is not for it, and returns them.
    odds = 0.02 * np.exp(-0.3 * life["care"])
    wrong = every[sent & (rng.random(n) < odds)]
    judged, gone = life["judged_at"][wrong], life["dispatched_at"][wrong]
    other, due = names[lead[wrong] - 1], judged + 60 * MINUTE
    add("dispatch", wrong, judged + 0.3 * (gone - judged), turn=0, due=due, to=other)
    add("sign", wrong, judged + 0.6 * (gone - judged), other, 0, due)
    reasons = np.array(RETURN_REASONS, object)[rng.integers(0, len(RETURN_REASONS), len(wrong))]
    add("return", wrong, judged + 0.9 * (gone - judged), other, 0, due, reason=reasons)

    first = every[sent]
    due = life["sign_due_at"][first]
    add("dispatch", first, life["dispatched_at"][first], due=due, to=names[lead[first]])
    add("sign", first, life["signed_at"][first], names[lead[first]], due=due)

    joint = np.repeat(every, life["co_handlers"])
    number = np.arange(len(joint)) - np.repeat(
        np.cumsum(life["co_handlers"]) - life["co_handlers"], life["co_handlers"]
    )
    body = names[(lead[joint] + 1 + number) % len(BODIES)]
    gone, limit = life["dispatched_at"][joint], life["sign_due_at"][joint] - life["dispatched_at"][joint]
    # A co-handler that failed did so by signing late or by answering late.
    slow = (number >= life["co_in_time"][joint]) & (rng.random(len(joint)) < 0.6)
    waited = np.where(slow, 1 + rng.exponential(0.5, len(joint)), rng.uniform(0.05, 0.95, len(joint)))
    add("dispatch", joint, gone, turn=number + 2, due=gone + limit, to=body)
    add("sign", joint, gone + waited * limit, body, number + 2, gone + limit)

    paused = every[life["pause"] > 0]
    add("suspend", paused, life["signed_at"][paused], names[lead[paused]], outcome="granted", reason="waits_for_others")
    redone = every[~np.isnan(life["redone_at"])]
    add("redo", redone, life["redone_at"][redone], reason="check_failed")
    rated = every[~np.isnan(life["rated_at"])]
    add("rate", rated, life["rated_at"][rated])
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
