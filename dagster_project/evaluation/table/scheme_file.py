"""A scheme in a YAML file of its own, for `citydeck score`; docs/how-to/score-a-table.md says what may stand in it.

Belongs here: the file as a whole, and its refusal with every line that is wrong. Does not belong here: any calculation.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any, get_args

import yaml

from dagster_project.evaluation.table.marked import Fields, Place, Reading
from dagster_project.evaluation.table.problem import Problem, SchemeFileError
from dagster_project.evaluation.table.scheme_choices import Column, Scale, column_of
from dagster_project.evaluation.table.scheme_tree import OF_LEAVES, OF_NODES, Leaf, Tree, name_of, read_tree
from dagster_project.evaluation.table.scheme_uncertainty import read_uncertainty
from dagster_project.evaluation.table.text_file import read_text
from dagster_project.scoring.draw import Uncertainty
from dagster_project.scoring.scheme import Bonus, Scheme, SchemeError, Scope, Tiers, TieRule, Veto, VetoEffect

KEYS = (
    *("id", "name", "unit", "group", "out_of", "decimals", "scope", "tie_rule", "defaults", "tree"),
    *("bonuses", "bonus_cap", "vetoes", "tiers", "uncertainty"),
)
OUT_OF = (1, 10, 100, 1000)
MOST_DECIMALS = 9


@dataclass(frozen=True)
class SchemeFile:
    """A scheme, and what it asks of a table.

    `leaves` are in the order of `scheme.indicators`; `extras` are the columns of bonuses, then of vetoes. `unit` None
    is the table's first column, `group` None ranks all units together. Scores are written times `out_of` / 100, with
    `decimals`. `places` and `names` are by node, each parent before its children.
    """

    file: str
    scheme: Scheme
    name: str
    unit: Column | None
    group: Column | None
    leaves: tuple[Leaf, ...]
    extras: tuple[Column, ...]
    out_of: float
    decimals: int
    places: dict[str, Place]
    names: dict[str, str]
    uncertainty: Uncertainty

    def located(self, error: SchemeError) -> SchemeFileError:
        """The engine's refusal, at the nodes that it names."""
        found = _located(error, self.scheme.id, self.places)
        return SchemeFileError(Problem(self.file, at.line, str(at.column), said, mend) for at, said, mend in found)


def _located(error: SchemeError, scheme_id: str, places: dict[str, Place]) -> list[tuple[Place, str, str]]:
    """What is wrong and what to do, at each node that the engine's sentence names."""
    said, _, mend = str(error).removeprefix(f"scheme {scheme_id}: ").rpartition("; ")
    named = [node for node in places if re.search(rf"(?<![\w-]){re.escape(node)}(?![\w-])", said)]
    # The columns at fault end the sentence; a node before them is where it was noticed.
    last = [node for node in named if re.search(rf"(?<![\w-]){re.escape(node)}(,[^:]*)?$", said)]
    return [(at, said, mend) for at in [places[node] for node in last or named] or [Place(1, 1)]]


def read_scheme_file(path: Path) -> SchemeFile:
    """Read a scheme.

    Raises:
        SchemeFileError: with every problem that the file has.
    """
    reading = Reading(str(path))
    root = reading.compose(read_text(path, SchemeFileError))
    found = _read(reading, Fields(reading, root, "a scheme", KEYS)) if root is not None else None
    if reading.problems or found is None:
        raise SchemeFileError(reading.problems)
    return found


def _read(reading: Reading, top: Fields) -> SchemeFile | None:
    if isinstance(top.node, yaml.MappingNode):
        for key in ("id", "tree"):
            if key not in top:
                top.refuse(None, f"no {key}", f"write {key}: at the beginning of a line")
    out_of = top.number("out_of", 100)
    if out_of not in OUT_OF:
        top.refuse("out_of", f"out_of is {out_of:g}", f"write one of {', '.join(map(str, OUT_OF))}")
        out_of = 100
    scale, decimals = Scale(out_of), top.whole("decimals", 2, low=0, high=MOST_DECIMALS)
    defaults = top.fields("defaults", (*OF_NODES, *OF_LEAVES))
    tree = read_tree(reading, top.nodes["tree"], defaults, scale) if "tree" in top else Tree()
    bonuses, vetoes = _bonuses(top, scale), _vetoes(top)
    scheme_id, unit, group = top.text("id", "scheme"), column_of(top, "unit"), column_of(top, "group")
    parts: dict[str, Any] = {
        "decimals": decimals - round(math.log10(scale.factor)),
        "scope": top.choice("scope", get_args(Scope), "group"),
        "tie_rule": top.choice("tie_rule", get_args(TieRule), "min"),
        "bonuses": tuple(bonus for bonus, _ in bonuses),
        "bonus_cap": scale.engine(top.number("bonus_cap", math.inf, low=0)),
        "vetoes": tuple(veto for veto, _ in vetoes),
        "tiers": _tiers(top, scale),
    }
    uncertainty = read_uncertainty(top, scale, spread=any(leaf.spread for leaf in tree.leaves))
    if reading.problems:
        return None
    try:
        scheme = Scheme(scheme_id, tuple(tree.indicators), tuple(tree.aggregates), **parts)
    except SchemeError as error:
        for at, said, mend in _located(error, scheme_id, tree.places):
            reading.refuse(at, said, mend)
        return None
    extras = (*(column for _, column in bonuses), *(column for _, column in vetoes))
    name, leaves = name_of(top), tuple(tree.leaves)
    rest = (float(out_of), decimals, tree.places, tree.names, uncertainty)
    return SchemeFile(reading.file, scheme, name, unit, group, leaves, extras, *rest)


def _bonuses(top: Fields, scale: Scale) -> list[tuple[Bonus, Column]]:
    found = []
    for node in top.items("bonuses"):
        fields = Fields(top.reading, node, "a bonus", ("id", "column", "points", "cap"))
        column, points = _needed_column(fields), fields.number("points", math.nan)
        if "points" not in fields:
            fields.refuse(
                None, "a bonus without points", "write points: for each unit of the column, below 0 to deduct"
            )
        cap = fields.number("cap", math.inf, low=0)
        found.append((Bonus(fields.text("id", column.name), scale.engine(points), scale.engine(cap)), column))
    return found


def _vetoes(top: Fields) -> list[tuple[Veto, Column]]:
    found = []
    for node in top.items("vetoes"):
        fields = Fields(top.reading, node, "a veto", ("id", "column", "above", "below", "effect"))
        column = _needed_column(fields)
        if ("above" in fields) == ("below" in fields):
            fields.refuse(None, "a veto without its limit, or with two", "write above: or below: and a number")
        effect: VetoEffect = fields.choice("effect", get_args(VetoEffect), "not_ranked")
        veto_id = fields.text("id", column.name)
        if "below" in fields:
            found.append((Veto(veto_id, fields.number("below", 0.0), "below", effect), column))
        else:
            found.append((Veto(veto_id, fields.number("above", 0.0), "above", effect), column))
        if effect == "lowest_tier" and "tiers" not in top:
            fields.refuse("effect", "lowest_tier without tiers", "write tiers:, or effect: not_ranked")
    return found


def _needed_column(fields: Fields) -> Column:
    column = column_of(fields, "column") or column_of(fields, "id")
    if column is None and isinstance(fields.node, yaml.MappingNode):
        fields.refuse(None, f"{fields.what} without column", "write column: and a column of the table")
    return column or Column("", fields.place())


def _tiers(top: Fields, scale: Scale) -> Tiers | None:
    """From the best to the worst, each with the score it begins at (the last without), or each with its share."""
    if "tiers" not in top:
        return None
    members = [Fields(top.reading, node, "a tier", ("name", "from", "share")) for node in top.items("tiers")]
    for tier in members:
        if "name" not in tier and isinstance(tier.node, yaml.MappingNode):
            tier.refuse(None, "a tier without name", "write name:")
    if not members:
        return None
    names = tuple(tier.text("name") for tier in members)
    if all("share" in tier and "from" not in tier for tier in members):
        shares = tuple(tier.number("share", 0.0, low=0, high=1) for tier in members)
        if not math.isclose(sum(shares), 1.0):
            top.refuse("tiers", f"shares sum to {sum(shares):g}", "write shares that sum to 1")
        return Tiers(names, quotas=shares)
    cuts = tuple(tier.number("from", 0.0) for tier in members[:-1])
    for tier in members:
        if ("from" in tier) == (tier is members[-1]) or "share" in tier:
            tier.refuse(None, "a tier out of step", "write from: on each but the last, or share: on each")
    if any(a <= b for a, b in pairwise(cuts)):
        top.refuse("tiers", "tiers that do not fall", "begin with the best; each from: below the one before")
    return Tiers(names, tuple(scale.engine(cut) for cut in cuts))
