"""What a scheme file says of one leaf's figures: their column, and the normaliser, treatment and imputation.

All that is a score in a file (floors, cuts, points) counts out of the file's `out_of`, and out of 100 in the engine.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal, get_args

import yaml

from dagster_project.evaluation.table.marked import NUMBER, Fields, Place, Reading, place_of
from dagster_project.evaluation.table.problem import meant
from dagster_project.scoring.normalise import FULL_SCORE
from dagster_project.scoring.scheme import (
    HIGHER_IS_BETTER,
    LOWER_IS_BETTER,
    Imputation,
    ImputationMethod,
    Method,
    Normaliser,
    Treatment,
    TreatmentMethod,
)

DIRECTIONS = ("higher", "lower", "interval")
Measure = Literal["level", "change", "growth"]
Transform = Literal["none", "log"]
# The keys of each normaliser; those of `REQUIRED` must be written.
KEYS: dict[str, tuple[str, ...]] = {
    "minmax": ("floor", "ceiling"),
    "goalposts": ("low", "high", "floor", "ceiling"),
    "zscore": ("mean", "sd"),
    "percentile_rank": (),
    "rank": (),
    "borda": (),
    "distance_to_best": (),
    "fraction_of_best": (),
    "target": ("target", "cap"),
    "efficacy": ("satisfactory", "not_allowed"),
    "interval_best": ("best", "worst"),
}
ALL_KEYS = tuple(sorted({key for keys in KEYS.values() for key in keys}))
REQUIRED = {"low", "high", "target", "satisfactory", "not_allowed", "best", "worst"}
# They count places, so that their scores are parts of no whole.
COUNTED = ("rank", "borda")
OVER_TIME = ("last", "linear")


@dataclass(frozen=True)
class Column:
    """A column that the scheme asks of its table, and where it asks."""

    name: str
    place: Place


Reference = float | Column


@dataclass(frozen=True)
class Scale:
    """The best score in the file and, times `factor`, in the engine."""

    out_of: float

    @property
    def factor(self) -> float:
        return FULL_SCORE / self.out_of

    def engine(self, score: float) -> float:
        """The engine's score of one in the file: as decimals, since 0.55 * 100 in binary is not 55."""
        return float(Decimal(str(score)) * Decimal(str(FULL_SCORE)) / Decimal(str(self.out_of)))


@dataclass(frozen=True)
class LeafChoices:
    """`references` are the goalposts, target and interval: low, high, target, best_low, best_high, where needed."""

    normaliser: Normaliser
    references: dict[str, Reference]
    treatment: Treatment
    imputation: Imputation


def leaf_choices(leaf: Fields, defaults: Fields, scale: Scale) -> LeafChoices:
    """What a leaf says, and the defaults where it says nothing."""
    source = leaf if "direction" in leaf else defaults
    direction = source.choice("direction", DIRECTIONS, "") if "direction" in source else ""
    fields = normaliser_fields(leaf.reading, _said(leaf, defaults, "normaliser"))
    rule = normaliser(fields, LOWER_IS_BETTER if direction == "lower" else HIGHER_IS_BETTER, scale)
    _agree(leaf, direction, rule.method, written="direction" in source)
    references = _references(fields, rule.method, direction)
    return LeafChoices(rule, references, _treatment(leaf, defaults), _imputation(leaf, defaults))


def check_leaf_defaults(defaults: Fields, scale: Scale) -> None:
    """Refuse what is wrong in the defaults though no leaf may ever use it."""
    if "direction" in defaults:
        defaults.choice("direction", DIRECTIONS, "")
    if "normaliser" in defaults:
        normaliser(normaliser_fields(defaults.reading, defaults.nodes["normaliser"]), HIGHER_IS_BETTER, scale)
    _treatment(defaults, defaults)
    _imputation(defaults, defaults)


def choice(
    reading: Reading, node: yaml.Node | None, what: str, offered: tuple[str, ...], keys: tuple[str, ...] = ALL_KEYS
) -> Fields:
    """The fields of a choice that is written as its name alone, or as a mapping with its name under `method`."""
    fields = Fields.of_word(reading, node, what, ("method", *keys), "method")
    if isinstance(node, yaml.MappingNode) and "method" not in fields:
        fields.refuse(None, f"{what} without method", f"write method: and one of {', '.join(offered)}")
    word = fields.text("method") or offered[0]
    if word not in offered:
        fields.refuse("method", f"{what} {word!r} is not offered", meant(word, offered))
        fields.nodes.pop("method", None)
    return fields


def normaliser_fields(reading: Reading, node: yaml.Node | None) -> Fields:
    return choice(reading, node, "normaliser", get_args(Method))


def normaliser(fields: Fields, sign: int, scale: Scale) -> Normaliser:
    """Of a checked choice, without the figures that it refers to."""
    method: Method = fields.choice("method", get_args(Method), "minmax")
    for key in (key for key in fields if key != "method" and key not in KEYS[method]):
        fields.reading.refuse(fields.keys[key], f"{key} has no meaning for {method}", f"remove it; {_takes(method)}")
    for key in KEYS[method]:
        if key in REQUIRED and key not in fields:
            fields.refuse(None, f"{method} without {key}", f"write {key}: beside method: {method}")
    if method in COUNTED and scale.out_of != FULL_SCORE:
        fields.refuse("method", f"{method} counts places and is no part of {scale.out_of:g}", "remove out_of")
    floor, ceiling = fields.number("floor", 0.0), fields.number("ceiling", scale.out_of)
    if floor >= ceiling:
        fields.refuse("floor", f"floor {floor:g} is not below ceiling {ceiling:g}", "write a lower floor")
        floor, ceiling = 0.0, scale.out_of
    return Normaliser(
        method,
        sign,
        floor=scale.engine(floor),
        ceiling=scale.engine(ceiling),
        mean=scale.engine(fields.number("mean", 0.0)),
        sd=scale.engine(fields.number("sd", 1.0, above=0)),
        cap=fields.number("cap", 1.0, above=0),
    )


def reference(fields: Fields, key: str) -> Reference:
    """A number, or the name of a column that has one for each unit."""
    return _number_or_column(fields.reading, fields.nodes[key], key) if key in fields else math.nan


def column_of(fields: Fields, name: str) -> Column | None:
    """The column of the table that a key names; None if it was not written."""
    found = fields.text(name)
    return Column(found, place_of(fields.nodes[name])) if found else None


def _said(leaf: Fields, defaults: Fields, name: str) -> yaml.Node | None:
    return leaf.nodes.get(name, defaults.nodes.get(name))


def _takes(method: str) -> str:
    return f"{method} takes {', '.join(KEYS[method])}" if KEYS[method] else f"{method} takes nothing more"


def _agree(leaf: Fields, direction: str, method: str, *, written: bool) -> None:
    """Only one normaliser has a best value in the middle, and it has no other."""
    if method == "interval_best" and "direction" in leaf and direction not in ("", "interval"):
        leaf.refuse("direction", f"direction {direction} with interval_best", "write direction: interval")
    elif method != "interval_best" and direction == "interval":
        leaf.refuse(
            "direction", f"direction interval with {method}", "write normaliser: {method: interval_best, best: ...}"
        )
    elif method != "interval_best" and not written:
        leaf.refuse("direction", f"{leaf.what} has no direction", "write direction: higher (is better) or lower")


def _references(fields: Fields, method: str, direction: str) -> dict[str, Reference]:
    found: dict[str, Reference] = {}
    match method:
        case "goalposts":
            found = {key: reference(fields, key) for key in ("low", "high")}
        case "target":
            found = {"target": reference(fields, "target")}
            if isinstance(found["target"], float) and found["target"] <= 0:
                fields.refuse("target", f"target is {found['target']:g}", "write a target above 0, or use goalposts")
        case "efficacy":
            good, bad = reference(fields, "satisfactory"), reference(fields, "not_allowed")
            found = {"low": good, "high": bad} if direction == "lower" else {"low": bad, "high": good}
        case "interval_best":
            (found["best_low"], found["best_high"]), (found["low"], found["high"]) = (
                _pair(fields, key) for key in ("best", "worst")
            )
            _rises(fields, "best", (found["low"], found["best_low"]), "worst and best", strict=True)
            _rises(fields, "best", (found["best_low"], found["best_high"]), "best", strict=False)
            _rises(fields, "best", (found["best_high"], found["high"]), "best and worst", strict=True)
            return found
    if "low" in found:
        names = {"goalposts": "low and high", "efficacy": "satisfactory and not_allowed"}[method]
        at = "high" if method == "goalposts" else "not_allowed"
        _rises(fields, at, (found["low"], found["high"]), f"{names} (direction {direction or 'higher'})", strict=True)
    return found


def _rises(fields: Fields, at: str, pair: tuple[Reference, Reference], what: str, *, strict: bool) -> None:
    low, high = pair
    if isinstance(low, float) and isinstance(high, float) and (low >= high if strict else low > high):
        fields.refuse(at, f"{what} do not rise: {low:g}, {high:g}", "correct or swap them")


def _pair(fields: Fields, key: str) -> tuple[Reference, Reference]:
    nodes = fields.items(key)
    if isinstance(fields.nodes.get(key), yaml.SequenceNode) and len(nodes) != 2:
        fields.refuse(key, f"{key} has {len(nodes)} members", f"write {key}: [lower end, upper end]")
    if len(nodes) != 2:
        return math.nan, math.nan
    low, high = (_number_or_column(fields.reading, node, key) for node in nodes)
    return low, high


def _number_or_column(reading: Reading, node: yaml.Node, what: str) -> Reference:
    word = reading.word(node, what)
    if word is None:
        return math.nan
    if not NUMBER.fullmatch(word):
        return Column(word, place_of(node))
    number = reading.number(node, what)
    return math.nan if number is None else number


def _treatment(leaf: Fields, defaults: Fields) -> Treatment:
    plain, keys = Treatment(), ("max_points", "skew", "kurtosis")
    fields = choice(leaf.reading, _said(leaf, defaults, "treatment"), "treatment", get_args(TreatmentMethod), keys)
    return Treatment(
        fields.choice("method", get_args(TreatmentMethod), plain.method),
        fields.whole("max_points", plain.max_points, low=0, high=10**6),
        fields.number("skew", plain.skew, low=0),
        fields.number("kurtosis", plain.kurtosis),
    )


def _imputation(leaf: Fields, defaults: Fields) -> Imputation:
    fields = choice(leaf.reading, _said(leaf, defaults, "imputation"), "imputation", get_args(ImputationMethod), ())
    method: ImputationMethod = fields.choice("method", get_args(ImputationMethod), "none")
    if method in OVER_TIME:
        offered = ", ".join(one for one in get_args(ImputationMethod) if one not in OVER_TIME)
        fields.refuse("method", f"imputation {method} in a table, which has one period", f"write one of {offered}")
    return Imputation(method)
