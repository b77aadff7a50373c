"""What scoring a table gives: scores at every node, and the rows of a results file.

Shapes: N nodes (`scheme.nodes`), U units in the order of the table.
"""

from __future__ import annotations

import csv
import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from dagster_project.evaluation.reason import Missing, Reason, explain
from dagster_project.evaluation.table.figures import Table, inputs_of, measured, spread_of
from dagster_project.evaluation.table.problem import meant
from dagster_project.evaluation.table.scheme_file import SchemeFile
from dagster_project.files import write_atomically
from dagster_project.scoring.engine import NO_DATA, NO_PEER_AREA, RANKED, Scores, score
from dagster_project.scoring.explain import contributions
from dagster_project.scoring.normalise import FULL_SCORE, Floats, Integers
from dagster_project.scoring.rank import count_in_groups, rank_in_groups
from dagster_project.scoring.robust import Robustness, robustness
from dagster_project.scoring.scheme import Indicator, SchemeError

COLUMNS = (
    *("unit", "group", "node", "parent", "kind", "score", "unrounded", "rank", "ranked", "coverage"),
    *("weight", "weight_in_force", "contribution", "value", "imputed", "points", "tier", "reason"),
    *("rank_low", "rank_median", "rank_high", "apart"),
)


@dataclass(frozen=True)
class TableScores:
    """Scores on the engine's scale; `shown` brings them to the file's.

    Shapes: values (I, U), as they were measured; ranks, ranked (N, U), of the rounded scores inside each group, and
    how many have one; weights (N, U), inside the parent; parts (N, U), of the root's score, by node.
    """

    table: Table
    file: SchemeFile
    scores: Scores
    values: Floats
    ranks: Integers
    ranked: Integers
    weights: Floats
    parts: Floats
    robust: Robustness | None

    def shown(self, score: float) -> str:
        """A rounded score as people see it; nothing where there is none."""
        return "" if math.isnan(score) else f"{score * self.file.out_of / FULL_SCORE:.{self.file.decimals}f}"

    def place_of(self, unit: str) -> int:
        """The row of a unit.

        Raises:
            KeyError: no such unit; says which may have been meant.
        """
        if unit not in self.table.units:
            raise KeyError(f"no unit {unit!r} in {self.table.file}; {meant(unit, self.table.units[:10])}")
        return self.table.units.index(unit)

    def reason(self, unit: int) -> Reason:
        """Why a unit is not ranked."""
        scheme, code = self.file.scheme, str(self.scores.reason[unit])
        if code == NO_PEER_AREA:
            return Reason("未写分组", f"its {self.file.group.name if self.file.group else 'group'} is empty")
        if code == NO_DATA:
            return Reason("没有任何指标值", "no indicator has a figure")
        scored = ~np.isnan(self.scores.node_scores[: len(scheme.indicators), unit])
        missing = [
            Missing(self.file.names[one.id], self.file.names[one.id], bool(~np.isnan(self.values[at, unit])))
            for at, one in enumerate(scheme.indicators)
            if not scored[at]
        ]
        coverage = float(self.scores.coverage[-1, unit])
        return explain(code, missing, len(scheme.indicators), coverage, scheme.bottom_up[-1].min_coverage)


def score_table(table: Table, file: SchemeFile, draws: int | None = None) -> TableScores:
    """Score and rank a table's units; with `draws`, how far their ranks can be trusted.

    Raises:
        SchemeFileError: figures that have no answer under the scheme, at the line of the leaf or node.
        TableError: a cell that has none.
    """
    inputs, scheme = inputs_of(table, file), file.scheme
    try:
        scores = score(inputs, scheme)
        robust = None
        if draws is not None:
            robust = robustness(inputs, scheme, replace(file.uncertainty, draws=draws), spread_of(table, file))
    except SchemeError as error:
        raise file.located(error) from error
    rounded = np.round(scores.node_scores, scheme.decimals)
    rounded[-1] = scores.score
    ranks = rank_in_groups(rounded, table.codes, scheme.tie_rule)
    return TableScores(
        table,
        file,
        scores,
        np.stack([measured(table, leaf) for leaf in file.leaves]),
        ranks,
        count_in_groups(ranks > 0, table.codes),
        _inside_parents(scores, file),
        contributions(scores.node_scores, scores.nominal, scheme, table.codes),
        robust,
    )


def _inside_parents(scores: Scores, file: SchemeFile) -> Floats:
    """(N, U), each node's weight among its siblings before anything is missing, summing to 1."""
    weights = np.broadcast_to(scores.nominal, scores.node_scores.shape).copy()
    for children in file.scheme.children.values():
        weights[children] /= weights[children].sum(axis=0)
    weights[-1] = 1.0
    return weights


def write_results(result: TableScores, path: Path) -> int:
    """A row for each unit and node, the unit's root first; how many rows."""
    rows = 0

    def write(beside: Path) -> None:
        nonlocal rows
        with beside.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(COLUMNS)
            for row in rows_of(result):
                writer.writerow(row.values())
                rows += 1

    write_atomically(path, write)
    return rows


def rows_of(result: TableScores) -> Iterator[dict[str, str]]:
    """The rows of a results file, as text: units in the table's order, nodes in the scheme's."""
    scheme, table, scores = result.file.scheme, result.table, result.scores
    places = [scheme.place[node] for node in result.file.places]
    rounded = np.round(scores.node_scores, scheme.decimals)
    rounded[-1] = scores.score
    scale = result.file.out_of / FULL_SCORE
    arrays = (
        *(rounded, scores.node_scores * scale, result.ranks, result.ranked, scores.coverage),
        *(result.weights, scores.weights, result.parts * scale),
    )
    for unit, name in enumerate(table.units):
        code = int(table.codes[unit])
        group = table.groups[code] if code >= 0 else ""
        # Python's own numbers are several times faster to write than an array's.
        cells = list(zip(*(array[:, unit].tolist() for array in arrays), strict=True))
        measured, imputed = result.values[:, unit].tolist(), scores.imputed[:, unit].tolist()
        for at in places:
            node, (score, whole, rank, ranked, coverage, weight, in_force, part) = scheme.nodes[at], cells[at]
            row = dict.fromkeys(COLUMNS, "") | {
                "unit": name,
                "group": group,
                "node": node.id,
                "parent": node.parent or "",
                "kind": "node",
                "score": result.shown(score),
                "unrounded": _figure(whole),
                "rank": _count(rank),
                "ranked": str(ranked),
                "coverage": _figure(coverage),
                "weight": _figure(weight),
                "weight_in_force": _figure(in_force),
                "contribution": _figure(part),
            }
            if isinstance(node, Indicator):
                row |= {"kind": "indicator", "value": _figure(measured[at]), "imputed": str(imputed[at]).lower()}
            elif node.parent is None:
                row |= {"kind": "root", **_of_root(result, unit)}
            yield row


def _of_root(result: TableScores, unit: int) -> dict[str, str]:
    scores, tiers = result.scores, result.file.scheme.tiers
    tier = int(scores.tier[unit])
    row = {
        "points": _figure(float(scores.points[unit]) * result.file.out_of / FULL_SCORE),
        "tier": tiers.names[tier] if tiers and tier >= 0 else "",
        "reason": " · ".join(result.reason(unit)) if scores.reason[unit] != RANKED else "",
    }
    if result.robust:
        names = (("rank_low", "low"), ("rank_median", "median"), ("rank_high", "high"), ("apart", "apart"))
        row |= {column: _count(getattr(result.robust, name)[unit]) for column, name in names}
    return row


def _figure(value: float) -> str:
    """Twelve digits: the last ones of a double need not be the same on two machines."""
    return "" if math.isnan(value) else f"{value:.12g}"


def _count(number: int) -> str:
    return str(number) if number > 0 else ""
