"""From a score and a rank down to the indicators' figures, and why they moved, read from serving.

Belongs here: which rows of serving say why a unit stands where it stands. A figure goes on in `explain`, by the command
that stands beside it. Nothing is calculated here; `scoring` has.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from datetime import datetime

import duckdb

from dagster_project.warehouse import lookup
from dagster_project.warehouse.lookup import NotFound, Row, rows
from dagster_project.warehouse.ranking import period_of, version_of

# What stands in the ranking, of a whole scheme's score alone.
OF_THE_WHOLE = ("rank_low", "rank_high", "imputed_share", "reason", "reason_zh", "reason_en")


@dataclass(frozen=True)
class Movement:
    """Places gained since the period before and, of score and rank, what each factor did to them; or why there is none
    (the codes of `ranking.movement_reason`)."""

    places: int | None
    reason: str | None
    previous_period_id: str | None
    previous_score: float | None
    previous_rank: int | None
    previous_n_ranked: int | None
    factors: list[Row] = field(default_factory=list)


@dataclass(frozen=True)
class ScoreExplanation:
    """Why a unit has the score and the rank it has under a scheme, or at a node of its tree; or why it has none.

    score: rounded, with points, of the whole scheme; of a node below as it is. area_score: mean over the peer area.
    apart: the units, itself among them, that the draws cannot tell apart. tier_chances: best tier first. nodes: the
    tree from the node down in the order of printing; `part`, `area_part` and `gap` are points of the whole score,
    `command` goes on from a figure. absent: indicators without a score here, with the state of their newest figure.
    """

    as_of: str | None
    snapshot_id: str
    known_until: datetime
    scheme_id: str
    scheme_version: int
    scheme_zh: str
    scheme_en: str
    method_zh: str
    method_en: str
    illustrative: bool
    decimals: int
    draws: int
    node_id: str
    node_zh: str
    node_en: str
    is_root: bool
    region_id: str
    region_zh: str
    region_en: str
    period_id: str
    peer_scheme: str
    peer_area_id: str | None
    peer_area_zh: str | None
    peer_area_en: str | None
    score: float | None
    area_score: float | None
    rank: int | None
    n_ranked: int | None
    n_units: int
    coverage: float | None
    rank_low: int | None
    rank_high: int | None
    apart: list[Row]
    tier: Row | None
    tier_chances: list[Row]
    points: float
    vetoed: bool
    most_improved: bool
    imputed_share: float | None
    flags: list[Row]
    reason: str | None
    reason_zh: str | None
    reason_en: str | None
    movement: Movement | None
    nodes: list[Row]
    absent: list[Row]

    def as_json(self) -> str:
        return json.dumps(asdict(self), ensure_ascii=False, indent=2, default=str)


def explain_score(
    connection: duckdb.DuckDBPyConnection,
    scheme_id: str,
    node: str,
    region: str,
    period: str,
    as_of: str | None = None,
) -> ScoreExplanation:
    """Explain a unit's score and rank in a period. `node`: id or name of an aggregate of the tree, "" for the whole;
    `as_of`: the day that the snapshot was asked for, which the commands name too.

    Raises:
        NotFound: no such period, unit or node in the scheme.
    """
    period_id = period_of(connection, scheme_id, period)
    version = version_of(connection, scheme_id, period_id)
    scheme = rows(
        connection, "from serving.scheme cross join (select known_until from serving.snapshot) "
        "where scheme_id = ? and version = ?", [scheme_id, version],
    )[0]  # fmt: skip
    ranked = rows(connection, "from serving.ranking where scheme_id = ? and period_id = ?", [scheme_id, period_id])
    place = lookup.unit(connection, region, period_id, scheme_id, [row["region_id"] for row in ranked])
    row = next(row for row in ranked if row["region_id"] == place["region_id"])
    tree = _tree(connection, scheme_id, version, place["region_id"], period_id)
    for item in tree:
        shown = item["value"] is not None and not item["imputed"]
        words = (item["node_id"], place["region_id"], item["value_period_id"])
        item["command"] = asked_again("explain", *words, as_of=as_of) if shown else None
    top = _node(tree, node or scheme["root_id"], scheme_id)
    is_root = top["parent_id"] is None
    below = _below(tree, top["node_id"])
    area = _one(connection, "select name_zh, name_en from registry.region where region_id = ?", [row["peer_area_id"]])
    named = _one(connection, "select name_zh, name_en from registry.region where region_id = ?", [place["region_id"]])
    absent = [item for item in below if item["node_kind"] == "indicator" and item["score"] is None]
    whole: Row = {name: row[name] if is_root else None for name in OF_THE_WHOLE}
    return ScoreExplanation(
        as_of=as_of,
        snapshot_id=scheme["snapshot_id"],
        known_until=scheme["known_until"],
        scheme_id=scheme_id,
        scheme_version=version,
        scheme_zh=scheme["name_zh"],
        scheme_en=scheme["name_en"],
        **{name: scheme[name] for name in ("method_zh", "method_en", "illustrative", "decimals", "draws")},
        node_id=top["node_id"],
        node_zh=top["name_zh"],
        node_en=top["name_en"],
        is_root=is_root,
        region_id=place["region_id"],
        region_zh=named["name_zh"],
        region_en=named["name_en"],
        period_id=period_id,
        peer_scheme=row["peer_scheme"],
        peer_area_id=row["peer_area_id"],
        peer_area_zh=area.get("name_zh"),
        peer_area_en=area.get("name_en"),
        area_score=_area_score(connection, scheme_id, top["node_id"], ranked, row),
        **{name: (row if is_root else top)[name] for name in ("score", "rank", "n_ranked", "coverage")},
        n_units=row["n_units"],
        **whole,
        apart=_apart(connection, ranked, row) if is_root else [],
        tier=_tier(connection, scheme_id, version, row) if is_root else None,
        tier_chances=_chances(connection, scheme_id, version, place["region_id"], period_id) if is_root else [],
        points=row["points"] if is_root else 0.0,
        vetoed=bool(is_root and row["vetoed"]),
        most_improved=bool(is_root and row["most_improved"]),
        flags=rows(
            connection,
            'select * exclude (snapshot_id) from serving.flag where ("bit" & ?) > 0 order by "bit"',
            [row["flags"]],
        ),
        movement=_movement(connection, scheme, row) if is_root else None,
        nodes=[item for item in below if item["score"] is not None],
        absent=_states(connection, absent, place["region_id"], period_id),
    )


def _one(connection: duckdb.DuckDBPyConnection, sql: str, parameters: list[object]) -> Row:
    found = rows(connection, sql, parameters)
    return found[0] if found else {}


def _tree(
    connection: duckdb.DuckDBPyConnection, scheme_id: str, version: int, region_id: str, period_id: str
) -> list[Row]:
    """Every node of the scheme in the order of printing, with what the unit has there."""
    return rows(
        connection,
        """
        with figure as (
            select f.*, c.unit_zh, c.unit_en, c.decimals, c.direction
            from serving.indicator_series as f
            inner join serving.catalogue as c on f.indicator_id = c.indicator_id and f.version = c.version
            where f.region_id = $region and f.boundary = 'at_time' and (f.indicator_id, f.period_id) in (
                select (node_id, value_period_id) from serving.contribution
                where scheme_id = $scheme and region_id = $region and period_id = $period and node_kind = 'indicator'
            )
        )
        select n.node_id, n.parent_id, n.node_kind, n.depth, n.name_zh, n.name_en, n.weight, n.normaliser,
               n.aggregation, s.score, s."rank", s.n_ranked, s.coverage, s.weight_in_force, c.part, c.area_part,
               c.gap, c.value, c.value_period_id, f.unit_zh, f.unit_en, f.decimals, f.direction, f.flag_ids,
               c.value is not null and f.value is null as imputed
        from serving.scheme_node as n
        left join serving.score_series as s
            on n.scheme_id = s.scheme_id and n.version = s.scheme_version and n.node_id = s.node_id
            and s.region_id = $region and s.period_id = $period
        left join serving.contribution as c
            on n.scheme_id = c.scheme_id and n.version = c.scheme_version and n.node_id = c.node_id
            and c.region_id = $region and c.period_id = $period
        left join figure as f on n.node_id = f.indicator_id and n.node_kind = 'indicator'
        where n.scheme_id = $scheme and n.version = $version
        order by n.place
        """,
        {"scheme": scheme_id, "version": version, "region": region_id, "period": period_id},
    )


def asked_again(*words: str, as_of: str | None) -> str:
    """A command of the same snapshot."""
    return " ".join(("citydeck", *words, *(("--as-of", as_of) if as_of else ())))


def _node(tree: list[Row], wanted: str, scheme_id: str) -> Row:
    """An aggregate of the tree by id or name."""
    found = lookup.pick(f"node of {scheme_id}", wanted, tree, "node_id", ("name_zh", "name_en"))
    if found["node_kind"] == "indicator":
        asked = found["node_id"]
        raise NotFound(f"{asked} is an indicator; its value is explained by `citydeck explain {asked} REGION PERIOD`")
    return found


def _below(tree: list[Row], node_id: str) -> list[Row]:
    """A node and all below it, in the tree's order."""
    inside = {node_id}
    while grown := {row["node_id"] for row in tree if row["parent_id"] in inside} - inside:
        inside |= grown
    return [row for row in tree if row["node_id"] in inside]


def _area_score(
    connection: duckdb.DuckDBPyConnection, scheme_id: str, node_id: str, ranked: list[Row], row: Row
) -> float | None:
    """Mean score at a node over the units of the peer area that have one and are ranked."""
    peers = [
        one["region_id"]
        for one in ranked
        if one["peer_area_id"] == row["peer_area_id"] and one["rank"] is not None and row["peer_area_id"] is not None
    ]
    found = rows(
        connection,
        "select avg(score) as mean from serving.score_series "
        "where scheme_id = ? and node_id = ? and period_id = ? and list_contains(?, region_id)",
        [scheme_id, node_id, row["period_id"], peers],
    )
    mean: float | None = found[0]["mean"]
    return mean


def _apart(connection: duckdb.DuckDBPyConnection, ranked: list[Row], row: Row) -> list[Row]:
    if row["apart"] is None:
        return []
    same = {
        one["region_id"]: one
        for one in ranked
        if (one["peer_area_id"], one["apart"]) == (row["peer_area_id"], row["apart"])
    }
    names = rows(
        connection,
        "select region_id, name_zh, name_en from registry.region where list_contains(?, region_id)",
        [list(same)],
    )
    found = [name | {key: same[name["region_id"]][key] for key in ("rank", "score")} for name in names]
    return sorted(found, key=lambda one: (one["rank"], one["region_id"]))


def _tier(connection: duckdb.DuckDBPyConnection, scheme_id: str, version: int, row: Row) -> Row | None:
    found = rows(
        connection,
        "select tier_id, place, name_zh, name_en, cut, quota from serving.scheme_tier "
        "where scheme_id = ? and version = ? and tier_id = ?",
        [scheme_id, version, row["tier_id"]],
    )
    return found[0] if found else None


def _chances(
    connection: duckdb.DuckDBPyConnection, scheme_id: str, version: int, region_id: str, period_id: str
) -> list[Row]:
    return rows(
        connection,
        """
        select t.tier_id, t.name_zh, t.name_en, c.probability
        from serving.tier_chance as c
        inner join serving.scheme_tier as t on c.scheme_id = t.scheme_id and c.tier_id = t.tier_id and t.version = ?
        where c.scheme_id = ? and c.region_id = ? and c.period_id = ?
        order by t.place
        """,
        [version, scheme_id, region_id, period_id],
    )


def _movement(connection: duckdb.DuckDBPyConnection, scheme: Row, row: Row) -> Movement:
    key = [row["scheme_id"], row["region_id"], row["period_id"]]
    factors = rows(
        connection,
        "select factor, score_part, rank_part, previous_period_id from serving.movement "
        "where scheme_id = ? and region_id = ? and period_id = ? order by abs(score_part) desc, factor",
        key,
    )
    before = factors[0].pop("previous_period_id") if factors else None
    for factor in factors[1:]:
        del factor["previous_period_id"]
    was = _one(
        connection,
        'select score, "rank", n_ranked from serving.ranking where scheme_id = ? and region_id = ? and period_id = ?',
        [*key[:2], before],
    )
    return Movement(
        row["movement"], row["movement_reason"], before, was.get("score"), was.get("rank"), was.get("n_ranked"), factors
    )


def _states(connection: duckdb.DuckDBPyConnection, absent: list[Row], region_id: str, period_id: str) -> list[Row]:
    """What is known of the newest figure, at the period's end, of indicators that have no score."""
    found = rows(
        connection,
        """
        select f.indicator_id, arg_max(f.period_id, f.period_end) as value_period_id,
               arg_max(f.state, f.period_end) as state, arg_max(f.reason, f.period_end) as reason
        from serving.indicator_series as f
        inner join registry.period as p on p.period_id = $period and f.period_end <= p.end_date
        where f.region_id = $region and f.boundary = 'at_time' and list_contains($ids, f.indicator_id)
        group by f.indicator_id
        """,
        {"region": region_id, "period": period_id, "ids": [row["node_id"] for row in absent]},
    )
    known = {row["indicator_id"]: row for row in found}
    kept = ("node_id", "parent_id", "name_zh", "name_en", "weight")
    told = ("state", "reason", "value_period_id")
    return [
        {name: row[name] for name in kept} | {name: known.get(row["node_id"], {}).get(name) for name in told}
        for row in absent
    ]
