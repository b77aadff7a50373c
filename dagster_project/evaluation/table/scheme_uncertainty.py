"""The block `uncertainty` of a scheme file: what `--robust` varies."""

from __future__ import annotations

from typing import get_args

from dagster_project.evaluation.table.marked import Fields
from dagster_project.evaluation.table.problem import meant
from dagster_project.evaluation.table.scheme_choices import KEYS, OVER_TIME, REQUIRED, Scale, choice, normaliser
from dagster_project.scoring.draw import Uncertainty
from dagster_project.scoring.scheme import HIGHER_IS_BETTER, Aggregation, ImputationMethod

DRAWS, SEED, WEIGHT_NOISE = 1000, 1, 0.25
MOST_DRAWS = 1_000_000
# Another normaliser in the place of a leaf's own can bring no goalposts of its own.
ALTERNATIVES = tuple(method for method, keys in KEYS.items() if not REQUIRED & set(keys))
IMPUTATIONS = tuple(one for one in get_args(ImputationMethod) if one not in OVER_TIME)


def read_uncertainty(top: Fields, scale: Scale, *, spread: bool) -> Uncertainty:
    """What is varied; without the block the weights alone, by a quarter. `spread`: some leaf says how sure it is."""
    known = ("draws", "seed", "weight_noise", "normalisers", "aggregations", "max_points", "imputations")
    fields = top.fields("uncertainty", (*known, "leave_one_out"))
    return Uncertainty(
        draws=fields.whole("draws", DRAWS, low=1, high=MOST_DRAWS),
        seed=fields.whole("seed", SEED, low=0, high=2**31),
        weight_noise=fields.number("weight_noise", 0.0 if "uncertainty" in top else WEIGHT_NOISE, low=0, high=0.99),
        normalisers=tuple(
            normaliser(choice(fields.reading, node, "a normaliser", ALTERNATIVES), HIGHER_IS_BETTER, scale)
            for node in fields.items("normalisers")
        ),
        aggregations=_words(fields, "aggregations", get_args(Aggregation)),
        max_points=tuple(int(number) for number in _points(fields)),
        imputations=_words(fields, "imputations", IMPUTATIONS),
        leave_one_out=fields.choice("leave_one_out", ("true", "false"), "false") == "true",
        data=spread,
    )


def _words(fields: Fields, name: str, offered: tuple[str, ...]) -> tuple:
    found = []
    for node in fields.items(name):
        word = fields.reading.word(node, name)
        if word in offered:
            found.append(word)
        elif word is not None:
            fields.reading.refuse(node, f"{word!r} is not offered in {name}", meant(word, offered))
    return tuple(found)


def _points(fields: Fields) -> list[float]:
    found = []
    for node in fields.items("max_points"):
        number = fields.reading.number(node, "max_points")
        if number is not None and (number < 0 or number != int(number)):
            fields.reading.refuse(node, f"max_points is {number:g}", "write a whole number of at least 0")
        elif number is not None:
            found.append(number)
    return found
