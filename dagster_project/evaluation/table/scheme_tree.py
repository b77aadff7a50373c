"""The tree of a scheme file: nested nodes, from the top down."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from typing import cast, get_args

import yaml

from dagster_project.evaluation.table.marked import Fields, Place, Reading
from dagster_project.evaluation.table.scheme_choices import (
    Column,
    Measure,
    Reference,
    Scale,
    Transform,
    check_leaf_defaults,
    column_of,
    leaf_choices,
    reference,
)
from dagster_project.evaluation.table.scheme_weights import WEIGHTINGS, value_at, weights_of
from dagster_project.scoring.scheme import Aggregate, Aggregation, Indicator, Normaliser, Scheme, SchemeError, Weighting

DEPTH = 20
COMMON = ("id", "name", "weight")
OF_NODES = ("aggregation", "weighting", "floor", "min_coverage")
OF_LEAVES = ("direction", "normaliser", "treatment", "imputation")
FIGURES = ("column", "measure", "before", "denominator", "transform", "spread")
# Stands below a node while the node is judged by itself.
SAMPLE = Indicator("a leaf below", "", Normaliser("minmax", 1))
FLOORED = ("geometric", "harmonic")


@dataclass(frozen=True)
class Leaf:
    """Where an indicator's figures come from: `measure` of `column` (and `before`), over `denominator`, transformed.

    `spread` is their standard deviation in the column's own unit, None where they are certain.
    """

    id: str
    column: Column
    measure: Measure
    before: Column | None
    denominator: Column | None
    transform: Transform
    spread: Reference | None
    references: dict[str, Reference]


@dataclass
class Tree:
    """Nodes in the order of the file; of each id, where it stands and what it is called."""

    indicators: list[Indicator] = field(default_factory=list)
    leaves: list[Leaf] = field(default_factory=list)
    aggregates: list[Aggregate] = field(default_factory=list)
    places: dict[str, Place] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)


def read_tree(reading: Reading, root: yaml.Node, defaults: Fields, scale: Scale) -> Tree:
    """Everything under `tree:`; what is wrong in it becomes a problem of `reading`."""
    _check_defaults(defaults, scale)
    reader = _Reader(reading, defaults, scale)
    if value_at(root, "children") is None:
        # A word that is close to `children` is told by name.
        Fields(reading, root, "a node", (*COMMON, *OF_NODES, "judgements", "children"))
        reading.refuse(
            root, "the tree has no children", "write the root's id:, and children: with a leaf after each dash"
        )
    else:
        reader.read(root, None, 1.0, 1)
    return reader.tree


def _check_defaults(defaults: Fields, scale: Scale) -> None:
    """Refuse a default that is wrong though no node may ever use it."""
    check_leaf_defaults(defaults, scale)
    for name, offered in (("weighting", WEIGHTINGS), ("aggregation", get_args(Aggregation))):
        if name in defaults:
            defaults.choice(name, offered, offered[0])
    defaults.number("floor", 1.0, above=0)
    defaults.number("min_coverage", 1.0, above=0, high=1)


class _Reader:
    def __init__(self, reading: Reading, defaults: Fields, scale: Scale) -> None:
        self.reading, self.defaults, self.scale = reading, defaults, scale
        self.tree = Tree()
        self.seen: set[int] = set()

    def read(self, node: yaml.Node, parent: str | None, weight: float, depth: int) -> None:
        if id(node) in self.seen:
            self.reading.refuse(node, "a node that an alias puts into the tree again", "write it out, with another id")
        elif depth > DEPTH:
            self.reading.refuse(node, f"more than {DEPTH} levels", "leave out levels with a single child")
        else:
            self.seen.add(id(node))
            if value_at(node, "children") is not None:
                self._aggregate(node, parent, weight, depth)
            else:
                self._leaf(node, parent or "", weight)

    def _aggregate(self, node: yaml.Node, parent: str | None, weight: float, depth: int) -> None:
        fields = Fields(self.reading, node, "a node", (*COMMON, *OF_NODES, "judgements", "children"))
        node_id = self._id(fields)
        fields.what = f"node {node_id}"
        source = {key: fields if key in fields else self.defaults for key in OF_NODES}
        weighting = source["weighting"].choice("weighting", WEIGHTINGS, "given")
        aggregation: Aggregation = source["aggregation"].choice("aggregation", get_args(Aggregation), "arithmetic")
        floor = source["floor"].number("floor", math.nan, above=0)
        if "floor" in fields and aggregation not in FLOORED:
            fields.refuse("floor", f"a floor under {aggregation}", f"remove it, or write aggregation: {FLOORED[0]}")
        made = Aggregate(
            node_id,
            parent,
            source["min_coverage"].number("min_coverage", 1.0, above=0, high=1),
            weight,
            aggregation,
            cast(Weighting, weighting if weighting in get_args(Weighting) else "given"),
            None if math.isnan(floor) or aggregation not in FLOORED else self.scale.engine(floor),
        )
        self.tree.aggregates.append(made)
        self._judged(fields, SAMPLE, made)
        children = fields.items("children")
        if isinstance(fields.nodes["children"], yaml.SequenceNode) and not children:
            fields.refuse("children", f"{fields.what} has no children", "write them, each after a dash, or remove it")
        for child, own in zip(children, weights_of(fields, children, weighting), strict=True):
            self.read(child, node_id, own, depth + 1)

    def _leaf(self, node: yaml.Node, parent: str, weight: float) -> None:
        """A mapping; or one word, the leaf's id and column, where the defaults say the rest."""
        fields = Fields.of_word(self.reading, node, "a leaf", (*COMMON, *OF_LEAVES, *FIGURES), "id")
        node_id = self._id(fields)
        fields.what = f"leaf {node_id}"
        choices = leaf_choices(fields, self.defaults, self.scale)
        column = column_of(fields, "column") or column_of(fields, "id") or Column("", fields.place())
        measure: Measure = fields.choice("measure", get_args(Measure), "level")
        before, denominator = column_of(fields, "before"), column_of(fields, "denominator")
        if measure == "level" and before:
            fields.refuse("before", "before without a measure of progress", "write measure: change or growth")
        if measure != "level" and not before:
            fields.refuse("measure", f"{measure} without before", "write before: and the column of the earlier figures")
        if measure == "growth" and denominator:
            fields.refuse("denominator", "a denominator under a growth, which has no unit", "remove it")
        transform: Transform = fields.choice("transform", get_args(Transform), "none")
        spread = reference(fields, "spread") if "spread" in fields else None
        if spread is not None and (measure != "level" or transform != "none"):
            fields.refuse("spread", "a spread under a change, a growth or a logarithm", "remove it")
        if isinstance(spread, float) and spread < 0:
            fields.refuse("spread", f"spread is {spread:g}", "write a standard deviation, at least 0")
        references = choices.references if transform == "none" else _logarithms(fields, choices.references)
        made = Indicator(node_id, parent, choices.normaliser, weight, choices.treatment, choices.imputation)
        self.tree.indicators.append(made)
        self._judged(fields, made, Aggregate("", None))
        self.tree.leaves.append(Leaf(node_id, column, measure, before, denominator, transform, spread, references))

    def _judged(self, fields: Fields, leaf: Indicator, node: Aggregate) -> None:
        """Whatever else the engine has against a node, told with its place, and not only of the first."""
        try:
            Scheme("", (replace(leaf, parent=node.id),), (replace(node, parent=None),))
        except SchemeError as error:
            said, _, mend = str(error).removeprefix("scheme : ").rpartition("; ")
            fields.refuse("id", said, mend)

    def _id(self, fields: Fields) -> str:
        """The node's own id; one that no other has, with a problem, where it has none."""
        found, places = fields.text("id"), self.tree.places
        if "id" not in fields:
            fields.refuse(None, f"{fields.what} without id", "write id: and a short name that no other node has")
        elif found in places:
            line = places[found].line
            fields.refuse("id", f"id {found!r} is that of line {line} too", "write another; each stands once")
        if not found or found in places:
            found = f"#{len(places)}"
        places[found], self.tree.names[found] = fields.place("id"), name_of(fields)
        return found


def name_of(fields: Fields) -> str:
    """A name for people, in one language or two; the id where there is none."""
    if not isinstance(fields.nodes.get("name"), yaml.MappingNode):
        return fields.text("name") or fields.text("id")
    both = Fields(fields.reading, fields.nodes["name"], "name", ("zh", "en"))
    return " · ".join(filter(None, (both.text("zh"), both.text("en")))) or fields.text("id")


def _logarithms(fields: Fields, references: dict[str, Reference]) -> dict[str, Reference]:
    """Goalposts are written in the column's own unit and go through the same transform."""
    found: dict[str, Reference] = {}
    for key, value in references.items():
        found[key] = value
        if isinstance(value, float) and value <= 0:
            fields.refuse("normaliser", f"{value:g} has no logarithm", "write it above 0, in the column's own unit")
        elif isinstance(value, float):
            found[key] = math.log(value)
    return found
