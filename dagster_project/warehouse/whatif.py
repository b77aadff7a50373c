"""What if some figures or weights were others, and what it would take to be ranked better: words to arrays and back.

Belongs here: which units, indicators and nodes are meant, and what the answers are called. Every number is made by
`scoring`, from the figures of the snapshot.
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace

import duckdb
import numpy as np

from dagster_project.scoring.engine import Scores, score
from dagster_project.scoring.inverse import ceilings, figure_for, score_of
from dagster_project.scoring.rank import NOT_RANKED
from dagster_project.scoring.reach import Goal, Standing, distance, reach
from dagster_project.scoring.scheme import Scheme, SchemeError
from dagster_project.scoring.whatif import Changes, whatif
from dagster_project.warehouse.explain_score import asked_again
from dagster_project.warehouse.lookup import NotFound, Row
from dagster_project.warehouse.scheme_inputs import SchemeInputs

NO_FIGURE = ("none", "无")
# A figure this close to a shown digit is that digit.
ROUNDING = 1e-6
# By so much may a shown figure's score fall short of the plan's: far below a point, far above rounding.
SHORT = 1e-3


class Unclear(ValueError):
    """A change that is not written as it has to be; says how."""


@dataclass(frozen=True)
class WhatIf:
    """Ranks and scores before and after some changes. areas: those peer areas in which a score or rank changes, with
    all of their units by the new rank; `moved` is places gained.
    """

    scheme_id: str
    version: int
    name_zh: str
    name_en: str
    illustrative: bool
    decimals: int
    period_id: str
    changes: list[Row]
    areas: list[Row]

    def as_json(self) -> str:
        return json.dumps(asdict(self), ensure_ascii=False, indent=2)


@dataclass(frozen=True)
class WayUp:
    """What it would take a unit to be ranked better.

    next_rank, next_tier: what is there, and how many points are missing; None where there is nothing above. plan: the
    cheapest set of indicators for `goal`, by score and, where a figure has that score, by figure. cheapest: no other
    set costs fewer points of indicators. verified: `after`, scored anew with the plan's figures (its scores where a
    figure cannot be told), reaches the goal. command: the same as a what-if; None if a figure cannot be told.
    """

    scheme_id: str
    version: int
    name_zh: str
    name_en: str
    illustrative: bool
    decimals: int
    period_id: str
    region_id: str
    region_zh: str
    region_en: str
    area: Row | None
    now: Row
    goal: str
    next_rank: Row | None
    next_tier: Row | None
    plan: list[Row]
    cost: float
    cheapest: bool
    verified: bool
    after: Row | None
    command: str | None

    def as_json(self) -> str:
        return json.dumps(asdict(self), ensure_ascii=False, indent=2)


def what_if(
    connection: duckdb.DuckDBPyConnection, of: SchemeInputs, sets: Sequence[str], weights: Sequence[str]
) -> WhatIf:
    """Score again with changes written `REGION:INDICATOR=VALUE` and `NODE=WEIGHT`.

    A weight is the share inside the parent, 0 to 1 or in per cent; siblings share what is left in their proportions.

    Raises:
        Unclear: a change written otherwise.
        NotFound: no such unit, indicator or node.
        SchemeError: the changed figures or weights cannot be scored.
    """
    values, extras = {}, of.inputs.extras.copy()
    changes = []
    rows = {leaf.id: at for at, leaf in enumerate(of.scheme.indicators)}
    extra_ids = [rule.id for rule in of.scheme.bonuses] + [rule.id for rule in of.scheme.vetoes]
    for text in sets:
        region, indicator, value = _set_of(text)
        unit = of.place_of(region, connection)
        name = of.node_of(indicator, ("indicator", "extra"), "indicator")
        before = of.inputs.values[rows[name], unit] if name in rows else extras[extra_ids.index(name), unit]
        if name in rows:
            values[name, unit] = value
        # One figure may be an indicator and a bonus or veto at once.
        extras[[at for at, extra in enumerate(extra_ids) if extra == name], unit] = value
        told = {key: of.units[unit][key] for key in ("region_id", "name_zh", "name_en")}
        changes.append(
            {"kind": "value", **told, **_indicator(of, name), "before": _json(before), "after": _json(value)}
        )
    given: dict[str, float] = {}
    for text in weights:
        node, share = _weight_of(text)
        given[of.node_of(node, ("indicator", "aggregate"), "node")] = share
    before_shares = shares(of.scheme)
    for node_id, share in given.items():
        changes.append({"kind": "weight", **_names(of, node_id), "before": before_shares.get(node_id), "after": share})
    standing = score(of.inputs, of.scheme)
    found = whatif(
        replace(of.inputs, extras=extras), of.scheme, Changes(values, rescaled(of.scheme, given)), before=standing
    )
    return WhatIf(**_head(of), changes=changes, areas=_areas(of, found.before, found.after))


def way_up(of: SchemeInputs, unit: int, goal: Goal, as_of: str | None = None) -> WayUp:
    """The distances to the next rank and tier, and the cheapest way to one of them, checked by scoring it.

    Raises:
        NotFound: the unit is not ranked.
    """
    standing = Standing(of.inputs, of.scheme)
    result = standing.result
    if result.rank[unit] == NOT_RANKED:
        name, reason = of.units[unit]["name_zh"], result.reason[unit]
        raise NotFound(
            f"{name} is not ranked by {of.scheme_id} in {of.period_id} ({reason}), so no rank is next; "
            f"`citydeck explain {of.scheme_id} {of.units[unit]['region_id']} {of.period_id}` says why"
        )
    found = reach(standing, unit, goal, ceiling=ceilings(standing.scores, of.scheme))
    plan, changed, complete = [], of.inputs.values.copy(), True
    for move in found.moves:
        row = of.scheme.place[move.indicator]
        figure = figure_for(of.inputs, of.scheme, row, unit, move.after)
        told = _indicator(of, move.indicator)
        before = float(of.inputs.values[row, unit])
        if np.isnan(figure):
            complete = False
        else:
            figure = _shown(figure, before, told["decimals"])
            if score_of(of.inputs, of.scheme, row, unit, figure) < move.after - SHORT:
                # Level with another unit is not ahead of it.
                figure = _shown(figure + np.sign(figure - before) * 10.0 ** -told["decimals"], before, told["decimals"])
            changed[row, unit] = figure
        plan.append(
            told
            | {"value_period_id": str(of.value_periods[row, unit])}
            | {"score_before": move.before, "score_after": move.after, "points": move.gain}
            | {"value_before": before, "value_after": _json(figure)}
        )
    after, verified = None, found.verified
    if plan and complete:
        # With figures, not scores: a figure may be a bound for others.
        again = score(replace(of.inputs, values=changed), of.scheme)
        after = _standing(of, again, unit)
        verified = _is_better(of, result, again, unit, goal)
    region = of.units[unit]["region_id"]
    area = next((row for row in of.areas if row["region_id"] == of.units[unit]["peer_area_id"]), None)
    return WayUp(
        **_head(of),
        region_id=region,
        region_zh=of.units[unit]["name_zh"],
        region_en=of.units[unit]["name_en"],
        area=area,
        now=_standing(of, result, unit),
        goal=goal,
        next_rank=_next(of, standing, unit, "rank"),
        next_tier=_next(of, standing, unit, "tier") if of.scheme.tiers else None,
        plan=plan,
        cost=found.cost,
        cheapest=found.cheapest,
        verified=verified,
        after=after,
        command=_command(of, region, plan, as_of) if plan and complete else None,
    )


def shares(scheme: Scheme) -> dict[str, float]:
    """Each node's share of its parent's weight; nothing for the root."""
    found: dict[str, float] = {}
    for rows in scheme.children.values():
        total = sum(scheme.nodes[row].weight for row in rows)
        found |= {scheme.nodes[row].id: scheme.nodes[row].weight / total for row in rows}
    return found


def rescaled(scheme: Scheme, given: dict[str, float]) -> dict[str, float]:
    """Shares of parents' weights, for some nodes, as weights of them and all their siblings.

    Raises:
        SchemeError: nothing is left for siblings, or only a root is named.
    """
    own = shares(scheme)
    found: dict[str, float] = {}
    for parent, rows in scheme.children.items():
        names = [scheme.nodes[row].id for row in rows]
        told = {name: given[name] for name in names if name in given}
        if not told:
            continue
        others = [name for name in names if name not in told]
        left = 1.0 - sum(told.values())
        if others and left <= 0:
            wrong = f"the weights given inside {parent} sum to {sum(told.values()):.0%}"
            raise SchemeError(f"scheme {scheme.id}: {wrong}; leave something for {', '.join(others[:5])}")
        kept = sum(own[name] for name in others)
        found |= told | {name: own[name] / kept * left for name in others}
    if root := sorted(set(given) - set(own)):
        raise SchemeError(f"scheme {scheme.id}: {root[0]} is the root and has no weight; name a node below it")
    return found


def _set_of(text: str) -> tuple[str, str, float]:
    where, equals, value = text.rpartition("=")
    region, colon, indicator = where.partition(":")
    if not (equals and colon and region and indicator):
        raise Unclear(f"--set {text!r}: write REGION:INDICATOR=VALUE, for example 渝中区:gdp_growth=6.5")
    if value.strip() in NO_FIGURE:
        return region.strip(), indicator.strip(), math.nan
    return region.strip(), indicator.strip(), _number(value, f"--set {text!r}", "a number, or none")


def _weight_of(text: str) -> tuple[str, float]:
    node, equals, value = text.rpartition("=")
    if not (equals and node):
        raise Unclear(f"--weight {text!r}: write NODE=WEIGHT, for example ECO=0.3 or ECO=30%")
    per_cent = value.strip().endswith("%")
    share = _number(value.strip().removesuffix("%"), f"--weight {text!r}", "a share such as 0.3 or 30%")
    share /= 100 if per_cent else 1
    if not 0 < share <= 1:
        raise Unclear(f"--weight {text!r}: write the share of the parent's weight, above 0 and at most 1 or 100%")
    return node.strip(), share


def _number(text: str, where: str, wanted: str) -> float:
    try:
        number = float(text.replace(",", ""))
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise Unclear(f"{where}: {text!r} is not {wanted}")
    return number


def _head(of: SchemeInputs) -> Row:
    names = ("scheme_id", "version", "name_zh", "name_en", "illustrative", "period_id")
    return {name: getattr(of, name) for name in names} | {"decimals": of.scheme.decimals}


def _names(of: SchemeInputs, node_id: str) -> Row:
    return {"node_id": node_id, "node_zh": of.nodes[node_id]["name_zh"], "node_en": of.nodes[node_id]["name_en"]}


def _indicator(of: SchemeInputs, node_id: str) -> Row:
    node = of.nodes[node_id]
    facts = {name: node[name] for name in ("unit_zh", "unit_en")}
    return _names(of, node_id) | facts | {"decimals": int(node["decimals"])}


def _json(number: float) -> float | None:
    return None if math.isnan(number) else float(number)


def _standing(of: SchemeInputs, result: object, unit: int) -> Row:
    rank, tier, found = (getattr(result, name)[unit] for name in ("rank", "tier", "score"))
    return {
        "rank": int(rank) or None,
        "n_ranked": int(result.n_ranked[unit]),  # type: ignore[attr-defined]
        "score": _json(found),
        "tier_id": of.scheme.tiers.names[tier] if of.scheme.tiers and tier >= 0 else None,
    }


def _areas(of: SchemeInputs, before: Scores, after: Scores) -> list[Row]:
    found = []
    for area in of.areas:
        members = [at for at, row in enumerate(of.units) if row["peer_area_id"] == area["region_id"]]
        units = []
        for at in members:
            then, now = _standing(of, before, at), _standing(of, after, at)
            moved = then["rank"] - now["rank"] if then["rank"] and now["rank"] else None
            told = {key: of.units[at][key] for key in ("region_id", "name_zh", "name_en")}
            sides = {f"{key}_before": then[key] for key in then} | {f"{key}_after": now[key] for key in now}
            units.append(told | sides | {"moved": moved})
        if any(row[f"{key}_before"] != row[f"{key}_after"] for row in units for key in ("rank", "score", "tier_id")):
            units.sort(key=lambda row: (row["rank_after"] or math.inf, row["region_id"]))
            found.append(
                {"peer_area_id": area["region_id"], **{k: area[k] for k in ("name_zh", "name_en")}, "units": units}
            )
    return found


def _shown(figure: float, before: float, decimals: int) -> float:
    """A figure with the digits it is shown with, rounded away from the present one: what is printed suffices."""
    if figure == before:
        return figure
    step = 10.0**-decimals
    places = (math.ceil if figure > before else math.floor)(figure / step - math.copysign(ROUNDING, figure - before))
    return round(places * step, decimals)


def _is_better(of: SchemeInputs, before: object, after: object, unit: int, goal: Goal) -> bool:
    was, now = _standing(of, before, unit), _standing(of, after, unit)
    if now["rank"] is None:
        return False
    if goal == "rank":
        return bool(now["rank"] < was["rank"])
    names = of.scheme.tiers.names if of.scheme.tiers else ()
    return now["tier_id"] is not None and names.index(now["tier_id"]) < names.index(was["tier_id"])


def _next(of: SchemeInputs, standing: Standing, unit: int, goal: Goal) -> Row | None:
    """What comes with the next rank or tier: the score it asks for, the points missing, rank and tier then."""
    target, points = distance(standing, unit, goal)
    if math.isnan(target):
        return None
    roots = standing.node_scores[-1:].copy()
    roots[0, unit] = target - standing.result.points[unit]
    then = standing.conclude(roots)
    tier = then.tier[0, unit]
    return {
        "score": target,
        "points": points,
        "rank": int(then.rank[0, unit]),
        "tier_id": of.scheme.tiers.names[tier] if of.scheme.tiers and tier >= 0 else None,
    }


def _command(of: SchemeInputs, region_id: str, plan: list[Row], as_of: str | None) -> str:
    sets = [f"--set {region_id}:{row['node_id']}={_plain(row['value_after'])}" for row in plan]
    return asked_again("whatif", of.scheme_id, of.period_id, *sets, as_of=as_of)


def _plain(figure: float) -> str:
    """All digits, without an exponent and without a needless point."""
    return np.format_float_positional(figure, trim="-")
