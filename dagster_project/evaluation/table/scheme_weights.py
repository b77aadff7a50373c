"""The weights that a scheme file gives the children of one node: written, equal, or judged in pairs."""

from __future__ import annotations

from typing import get_args

import numpy as np
import yaml

from dagster_project.evaluation.table.marked import NUMBER, Fields, Reading
from dagster_project.evaluation.table.problem import meant
from dagster_project.scoring.ahp import ACCEPTED, ahp_weights
from dagster_project.scoring.normalise import Floats
from dagster_project.scoring.scheme import Weighting

WEIGHTINGS = ("given", "equal", "ahp", *(one for one in get_args(Weighting) if one != "given"))
# Under these the weights of the children are written; under the others writing one would change nothing.
WRITTEN = ("given", "combined")


def weights_of(node: Fields, children: list[yaml.Node], weighting: str) -> list[float]:
    """A weight for each child; a wrong or missing one becomes a problem where it stands, and 1."""
    written = [value_at(child, "weight") for child in children]
    weights = [1.0] * len(children)
    if weighting == "ahp":
        weights = _judged(node, [id_of(child) for child in children])
    elif "judgements" in node:
        node.refuse("judgements", f"judgements under weighting {weighting}", "write weighting: ahp, or remove them")
    for at, (child, value) in enumerate(zip(children, written, strict=True)):
        if value is None:
            if weighting in WRITTEN and any(written):
                mend = "write one, as its siblings have, or remove theirs for equal weights"
                node.reading.refuse(child, f"{id_of(child) or 'a child'} has no weight", mend)
        elif weighting not in WRITTEN:
            wrong = f"a weight, though {node.what} has weighting {weighting}"
            node.reading.refuse(value, wrong, "remove it, or write weighting: given")
        else:
            weights[at] = _weight(node.reading, value)
    return weights


def value_at(node: yaml.Node, name: str) -> yaml.Node | None:
    """What a mapping has under a key; None for anything else."""
    if not isinstance(node, yaml.MappingNode):
        return None
    found: list[yaml.Node] = [v for k, v in node.value if isinstance(k, yaml.ScalarNode) and k.value == name]
    return found[0] if found else None


def id_of(node: yaml.Node) -> str:
    """The id of a child, which may be all that is written of it."""
    word = node if isinstance(node, yaml.ScalarNode) else value_at(node, "id")
    return word.value.strip() if isinstance(word, yaml.ScalarNode) else ""


def _weight(reading: Reading, node: yaml.Node) -> float:
    weight = reading.number(node, "weight")
    if weight is None or weight > 0:
        return weight or 1.0
    reading.refuse(node, f"weight is {weight:g}", "write a number above 0, or remove the node")
    return 1.0


def _judged(node: Fields, children: list[str]) -> list[float]:
    """Weights by judgements, each written as [a, b, how many times a outweighs b]."""
    equal, n = [1.0] * len(children), len(children)
    if "judgements" not in node:
        node.refuse(None, f"weighting ahp of {node.what} without judgements", "write judgements: [[a, b, 3], ...]")
        return equal
    matrix, before = np.where(np.eye(n) > 0, 1.0, np.nan), len(node.reading.problems)
    for judgement in node.items("judgements"):
        _judge(matrix, node, judgement, children)
    pairs = [f"{children[i]} and {children[j]}" for i, j in np.argwhere(np.isnan(matrix)) if i < j]
    if len(node.reading.problems) == before and pairs:
        node.refuse("judgements", f"no judgement of {', '.join(pairs)}", "judge each pair once")
    if len(node.reading.problems) > before:
        return equal
    try:
        weights, ratio = ahp_weights(matrix)
    except ValueError as error:
        node.refuse("judgements", str(error), "group the children under nodes of their own")
        return equal
    if ratio >= ACCEPTED:
        wrong = f"judgements that disagree: consistency ratio {ratio:.3f}"
        node.refuse("judgements", wrong, f"judge again until it is below {ACCEPTED:g}")
    return [float(weight) for weight in weights]


def _judge(matrix: Floats, node: Fields, judgement: yaml.Node, children: list[str]) -> None:
    reading = node.reading
    parts = reading.items(judgement, "a judgement")
    if len(parts) != 3:
        if isinstance(judgement, yaml.SequenceNode):
            wrong = f"a judgement of {len(parts)} parts"
            reading.refuse(judgement, wrong, "write [a, b, how many times a outweighs b]")
        return
    pair = [reading.word(part, "a child") for part in parts[:2]]
    times = _times(reading, parts[2])
    for part, word in zip(parts, pair, strict=False):
        if word is not None and word not in children:
            reading.refuse(part, f"{word!r} is no child of {node.what}", meant(word, children))
    if times is None or any(word not in children for word in pair):
        return
    i, j = (children.index(str(word)) for word in pair)
    if i == j or not np.isnan(matrix[i, j]):
        wrong = "a judgement of a child and itself" if i == j else f"{pair[0]} and {pair[1]} are judged twice"
        reading.refuse(judgement, wrong, "remove it")
    else:
        matrix[i, j], matrix[j, i] = times, 1 / times


def _times(reading: Reading, node: yaml.Node) -> float | None:
    """A positive number, or a fraction such as 1/3."""
    word = reading.word(node, "how many times")
    if word is None:
        return None
    parts = word.split("/")
    if len(parts) <= 2 and all(NUMBER.fullmatch(part.strip()) for part in parts):
        numbers = [float(part) for part in parts]
        if all(1e-6 <= number <= 1e6 for number in numbers):
            return numbers[0] / (numbers[1] if len(numbers) == 2 else 1.0)
    reading.refuse(node, f"a judgement of {word!r}", "write how many times the first outweighs the second: 3, or 1/3")
    return None
