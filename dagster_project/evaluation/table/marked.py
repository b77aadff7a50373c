"""YAML that remembers where each of its values stands; every question it cannot answer becomes a problem.

Belongs here: shapes (mapping, list, number, word) and where they were written. Does not belong here: what they mean.
"""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Iterator
from typing import Any, NamedTuple, TypeVar, cast

import yaml

from dagster_project.evaluation.table.problem import Problem, meant

NUMBER = re.compile(r"[-+]?(\d+(\.\d*)?|\.\d+)([eE][-+]?\d+)?", re.ASCII)
# Figures of units lie within; what lies beyond would overflow where it is squared or divided.
SMALLEST, LARGEST = 1e-30, 1e30
# libyaml, where it is there, reads in a tenth of the time.
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
# Lists and mappings inside each other; a level of a tree takes two.
DEPTH = 60
_NULL = "tag:yaml.org,2002:null"

Choice = TypeVar("Choice", bound=str)


class Place(NamedTuple):
    line: int
    column: int


class Reading:
    """One file, and the problems found in it so far."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.problems: list[Problem] = []

    def refuse(self, at: yaml.Node | Place, wrong: str, mend: str) -> None:
        place = at if isinstance(at, Place) else place_of(at)
        self.problems.append(Problem(self.file, place.line, str(place.column), wrong, mend))

    def compose(self, text: str) -> yaml.Node | None:
        """The text's one document; None, with a problem, if there is none."""
        try:
            deep = self._too_deep(text)
            root = None if deep else yaml.compose(text, Loader=_LOADER)
        except yaml.MarkedYAMLError as error:
            place = _place(error.problem_mark or error.context_mark)
            begun = f" begun on line {error.context_mark.line + 1}" if error.context and error.context_mark else ""
            said = ", ".join(filter(None, (f"{error.context or ''}{begun}", error.problem)))
            self.refuse(place, f"no YAML: {said}", "mend the line, or the indentation before it")
            return None
        except yaml.YAMLError as error:
            said = str(error).splitlines()[0]
            self.refuse(Place(1, 1), f"no YAML: {said}", "save the file as plain UTF-8 text")
            return None
        if deep:
            return None
        if root is None:
            self.refuse(Place(1, 1), "the file is empty", "write id: and tree:")
        return root

    def _too_deep(self, text: str) -> bool:
        """Composing recurses, in C without a limit of its own; parsing does not."""
        depth = 0
        for event in yaml.parse(text, Loader=_LOADER):
            depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
            if depth > DEPTH:
                place = _place(event.start_mark)
                self.refuse(place, f"more than {DEPTH} brackets and indents deep", "write the tree with fewer levels")
                return True
        return False

    def items(self, node: yaml.Node, what: str) -> list[yaml.Node]:
        """The members of a list."""
        if isinstance(node, yaml.SequenceNode):
            return list(node.value)
        self.refuse(node, f"{what} is no list", f"write each member of {what} on a line of its own, after a dash")
        return []

    def word(self, node: yaml.Node, what: str) -> str | None:
        """A text or number, as it was written."""
        if isinstance(node, yaml.ScalarNode) and node.tag != _NULL and node.value.strip():
            return str(node.value).strip()
        if isinstance(node, yaml.ScalarNode):
            self.refuse(node, f"{what} is empty", f"write a value for {what}, or remove it")
        else:
            self.refuse(node, f"{what} is no single value", f"write {what} as one word or number")
        return None

    def number(self, node: yaml.Node, what: str) -> float | None:
        word = self.word(node, what)
        if word is None:
            return None
        number = number_in(word)
        if number is None:
            self.refuse(
                node, f"{what} is {word[:60]!r}", "write a number such as 12.5, without signs for thousands or units"
            )
        return number


class Fields:
    """A mapping whose keys are known beforehand. What was not written, or is wrong, comes as the default."""

    def __init__(self, reading: Reading, node: yaml.Node, what: str, known: Collection[str]) -> None:
        self.reading, self.node, self.what = reading, node, what
        self.nodes: dict[str, yaml.Node] = {}
        self.keys: dict[str, yaml.Node] = {}
        if not isinstance(node, yaml.MappingNode):
            reading.refuse(
                node, f"{what} is no mapping", f"write it as key: value, with keys out of {', '.join(known)}"
            )
            return
        for key, value in node.value:
            name = reading.word(key, f"a key of {what}")
            if name is None:
                continue
            if name not in known:
                reading.refuse(key, f"unknown key {name!r} in {what}", meant(name, known))
            elif name in self.nodes:
                reading.refuse(key, f"{name} stands twice in {what}", "keep one of them")
            else:
                self.nodes[name], self.keys[name] = value, key

    @classmethod
    def of_word(cls, reading: Reading, node: yaml.Node | None, what: str, known: Collection[str], name: str) -> Fields:
        """Of a mapping, as ever; of a single word, what it says of the key `name`; of None, nothing."""
        if node is not None and not isinstance(node, yaml.ScalarNode):
            return cls(reading, node, what, known)
        marks = (None, None) if node is None else (node.start_mark, node.end_mark)
        fields = cls(reading, yaml.MappingNode("", [], *marks), what, known)
        if node is not None:
            fields.nodes[name] = fields.keys[name] = node
        return fields

    def __contains__(self, name: str) -> bool:
        return name in self.nodes

    def __iter__(self) -> Iterator[str]:
        return iter(self.nodes)

    def refuse(self, name: str | None, wrong: str, mend: str) -> None:
        """A problem at a key's value, or at the whole mapping if the key was not written."""
        self.reading.refuse(self.nodes.get(name or "", self.node), wrong, mend)

    def place(self, name: str = "") -> Place:
        return place_of(self.nodes.get(name, self.node))

    def text(self, name: str, default: str = "") -> str:
        if name not in self:
            return default
        return self.reading.word(self.nodes[name], name) or default

    def choice(self, name: str, offered: Collection[str], default: Choice) -> Choice:
        word = self.text(name, default)
        if word in offered:
            return cast(Choice, word)
        self.refuse(name, f"{name} {word!r} is not offered", meant(word, offered))
        return default

    def number(
        self, name: str, default: float, *, above: float = -math.inf, low: float = -math.inf, high: float = math.inf
    ) -> float:
        """A finite number above `above`, from `low` to `high`."""
        if name not in self:
            return default
        found = self.reading.number(self.nodes[name], name)
        if found is None:
            return default
        bounds = [
            *([f"above {above:g}"] if above > -math.inf else []),
            *([f"of at least {low:g}"] if low > -math.inf else []),
            *([f"of at most {high:g}"] if high < math.inf else []),
        ]
        if found > above and low <= found <= high:
            return found
        self.refuse(name, f"{name} is {found:g}", f"write a number {' and '.join(bounds)}")
        return default

    def whole(self, name: str, default: int, *, low: int, high: int) -> int:
        found = self.number(name, default, low=low, high=high)
        if found == int(found):
            return int(found)
        self.refuse(name, f"{name} is {found:g}", "write a whole number")
        return default

    def items(self, name: str) -> list[yaml.Node]:
        return self.reading.items(self.nodes[name], name) if name in self else []

    def fields(self, name: str, known: Collection[str]) -> Fields:
        """The mapping under a key; without any fields if the key was not written."""
        if name in self:
            return Fields(self.reading, self.nodes[name], name, known)
        return Fields.of_word(self.reading, None, name, known, "")


def number_in(word: str) -> float | None:
    """The number that a word says; None if it says none, or one beyond all figures of units."""
    if not NUMBER.fullmatch(word):
        return None
    number = float(word)
    return number if number == 0 or SMALLEST <= abs(number) <= LARGEST else None


def place_of(node: yaml.Node) -> Place:
    return _place(node.start_mark)


def _place(mark: Any) -> Place:
    """Counted from 1. `mark` is yaml's own or libyaml's; the beginning of the file where there is none."""
    return Place(mark.line + 1, mark.column + 1) if mark else Place(1, 1)
