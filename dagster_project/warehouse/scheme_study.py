"""A scheme looked at as a whole: does it hang together, and which of its choices move the ranks.

Belongs here: the answers of `scoring.coherence`, `sensitivity`, `drop` and `swap`, with the names of what they are of.
"""

from __future__ import annotations

import json
import warnings
from dataclasses import asdict, dataclass

import numpy as np

from dagster_project.scoring.coherence import Finding, coherence
from dagster_project.scoring.drop import drop_one
from dagster_project.scoring.normalise import NO_GROUP, Floats
from dagster_project.scoring.reach import Standing
from dagster_project.scoring.scheme import SchemeError
from dagster_project.scoring.sensitivity import sensitivity
from dagster_project.scoring.swap import neighbours, smallest_swap
from dagster_project.warehouse.lookup import Row
from dagster_project.warehouse.scheme_inputs import SchemeInputs


@dataclass(frozen=True)
class SchemeCheck:
    """Findings, the gravest first; and what was measured at each node, in the tree's order.

    nodes: nominal, the share of the parent's weight; importance, the part that the node plays in its parent's
    differences by squared correlation, explained, that by regression; alpha, eigenvalues, of an aggregate's children.
    None where too few units or equal scores allow no answer.
    """

    scheme_id: str
    version: int
    name_zh: str
    name_en: str
    status: str
    illustrative: bool
    period_id: str
    units: int
    indicators: int
    findings: list[Row]
    nodes: list[Row]

    def as_row(self) -> Row:
        return asdict(self)


@dataclass(frozen=True)
class SchemeSensitivity:
    """choices: Sobol indices with half the width of their 95 % intervals. dropped: mean places moved for want of a
    node. swaps: pairs of neighbours, and the smallest change of one weight that makes them equal; None if no one weight
    can.
    """

    scheme_id: str
    version: int
    name_zh: str
    name_en: str
    illustrative: bool
    period_id: str
    evaluations: int
    seed: int | None
    choices: list[Row]
    no_choices: str | None
    dropped: list[Row]
    swaps: list[Row]

    def as_json(self) -> str:
        return json.dumps(asdict(self), ensure_ascii=False, indent=2)


def check(of: SchemeInputs) -> SchemeCheck:
    """Look at how a scheme's scores hang together, over all units of the period.

    Raises:
        SchemeError: it cannot be scored.
    """
    found = coherence(of.inputs, of.scheme)
    nodes = []
    for node_id in _down(of):
        at, kind = of.scheme.place[node_id], of.nodes[node_id]["kind"]
        row = _named(of, node_id) | {
            "kind": kind,
            "parent_id": of.scheme.nodes[at].parent,
            "depth": _depth(of, node_id),
        }
        measures = ("nominal", "importance", "explained", "correlation")
        row |= {name: _number(getattr(found, name)[at]) for name in measures}
        if kind == "indicator":
            row |= {name: _number(getattr(found, name)[at]) for name in ("at_one_value", "variation")}
        else:
            row["alpha"] = _number(found.alpha[node_id])
            row["eigenvalues"] = [_number(one) for one in found.eigenvalues[node_id]]
        nodes.append(row)
    return SchemeCheck(
        scheme_id=of.scheme_id,
        version=of.version,
        name_zh=of.name_zh,
        name_en=of.name_en,
        status=of.status,
        illustrative=of.illustrative,
        period_id=of.period_id,
        units=int(np.count_nonzero(of.inputs.groups != NO_GROUP)),
        indicators=len(of.scheme.indicators),
        findings=[_finding(of, one) for one in found.findings],
        nodes=nodes,
    )


def study(of: SchemeInputs, base: int) -> SchemeSensitivity:
    """Which choice, which node and which weight the ranks hang on.

    Args:
        base: size of the base sample of the Sobol indices, a power of two.
    """
    standing = Standing(of.inputs, of.scheme)
    choices, why, evaluations = _choices(of, base)
    moved = drop_one(standing)
    order = sorted(
        (at for at in range(len(moved)) if of.scheme.nodes[at].parent is not None),
        key=lambda at: (-np.nan_to_num(moved[at], nan=np.inf), of.scheme.nodes[at].id),
    )
    dropped = [
        _named(of, of.scheme.nodes[at].id)
        | {"kind": of.nodes[of.scheme.nodes[at].id]["kind"], "places": _number(moved[at])}
        for at in order
    ]
    return SchemeSensitivity(
        scheme_id=of.scheme_id,
        version=of.version,
        name_zh=of.name_zh,
        name_en=of.name_en,
        illustrative=of.illustrative,
        period_id=of.period_id,
        evaluations=evaluations,
        seed=of.uncertainty.seed if of.uncertainty else None,
        choices=choices,
        no_choices=why,
        dropped=dropped,
        swaps=_swaps(of, standing),
    )


def _choices(of: SchemeInputs, base: int) -> tuple[list[Row], str | None, int]:
    """Sobol indices, the largest total first; or why there are none."""
    if of.uncertainty is None:
        return [], f"scheme {of.scheme_id} makes no draws; give it draws, and rows in seeds/scoring/uncertainty.csv", 0
    inputs, scheme = of.varied if of.uncertainty.imputations else (of.inputs, of.scheme)
    try:
        # Where no evaluation moves a rank SALib divides by a deviation of 0.
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", RuntimeWarning)
            found = sensitivity(inputs, scheme, of.uncertainty, of.spread, base)
    except SchemeError as error:
        return [], str(error), 0
    if not np.any(np.nan_to_num(found.total)):
        return [], "none of the choices moves any rank", base * (len(found.choices) + 2)
    measures = ("first", "first_half_width", "total", "total_half_width")
    rows = [
        {"choice": name} | {measure: _number(getattr(found, measure)[at]) for measure in measures}
        for at, name in enumerate(found.choices)
    ]
    return sorted(rows, key=lambda row: -(row["total"] or 0.0)), None, base * (len(found.choices) + 2)


def _swaps(of: SchemeInputs, standing: Standing) -> list[Row]:
    """Pairs of neighbours, those first whose order is the least firm."""
    result, found = standing.result, []
    for first, second in neighbours(standing):
        swap = smallest_swap(standing, first, second)
        row: Row = {
            "peer_area_id": of.units[first]["peer_area_id"],
            **{f"first_{key}": of.units[first][key] for key in ("region_id", "name_zh", "name_en")},
            **{f"second_{key}": of.units[second][key] for key in ("region_id", "name_zh", "name_en")},
            "first_rank": int(result.rank[first]),
            "second_rank": int(result.rank[second]),
            "score_gap": float(result.score[first] - result.score[second]),
            **dict.fromkeys(("node_id", "node_zh", "node_en", "weight_before", "weight_after", "relative")),
        }
        if swap is not None:
            row |= _named(of, swap.node)
            row |= {"weight_before": swap.before, "weight_after": swap.after, "relative": swap.relative}
        found.append(row)
    return sorted(found, key=lambda row: np.inf if row["relative"] is None else abs(row["relative"]))


def _down(of: SchemeInputs) -> list[str]:
    """Nodes depth first, siblings by falling weight."""
    scheme = of.scheme
    found, waiting = [], [scheme.nodes[-1].id]
    while waiting:
        node_id = waiting.pop()
        found.append(node_id)
        children = [scheme.nodes[row] for row in scheme.children.get(node_id, [])]
        waiting += [child.id for child in sorted(children, key=lambda child: (child.weight, child.id))]
    return found


def _depth(of: SchemeInputs, node_id: str) -> int:
    depth, parent = 0, of.scheme.nodes[of.scheme.place[node_id]].parent
    while parent is not None:
        depth, parent = depth + 1, of.scheme.nodes[of.scheme.place[parent]].parent
    return depth


def _finding(of: SchemeInputs, one: Finding) -> Row:
    return {
        "severity": one.severity,
        "kind": one.kind,
        **_named(of, one.node),
        "other": one.other or None,
        "other_zh": of.nodes[one.other]["name_zh"] if one.other else None,
        "number": _number(one.number),
        "zh": one.zh,
        "en": one.en,
    }


def _named(of: SchemeInputs, node_id: str) -> Row:
    return {"node_id": node_id, "node_zh": of.nodes[node_id]["name_zh"], "node_en": of.nodes[node_id]["name_en"]}


def _number(found: Floats | float) -> float | None:
    return None if np.isnan(found) else float(found)
