"""The documents say what is there: links lead somewhere, commands and settings are told, both READMEs run in step."""

from __future__ import annotations

import inspect
import re
from pathlib import Path

import pytest
from typer.core import TyperCommand, TyperGroup
from typer.main import get_command

from dagster_project import cli, settings

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
OPERATOR = (ROOT / "docs" / "how-to" / "operator.md").read_text(encoding="utf-8")
GUIDES = [ROOT / "docs" / "how-to" / f"{reader}.md" for reader in ("leader", "analyst", "operator")]
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
HEADING = re.compile(r"^(#+) (.+)$", re.MULTILINE)
FENCE = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)


def prose(document: Path) -> str:
    return FENCE.sub("", document.read_text(encoding="utf-8"))


def levels(text: str) -> list[int]:
    """How deep each heading lies, in order."""
    return [len(marks) for marks, _ in HEADING.findall(text)]


def anchors(document: Path) -> set[str]:
    """The fragments that its headings get on a page."""
    titles = [title for _, title in HEADING.findall(prose(document))]
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


def commands() -> dict[str, TyperCommand]:
    """Every command by its words, `kpi show` among them."""
    top = get_command(cli.app)
    assert isinstance(top, TyperGroup)
    found: dict[str, TyperCommand] = {}
    for name, command in top.commands.items():
        inner = command.commands if isinstance(command, TyperGroup) else None
        found |= {name: command} if inner is None else {f"{name} {word}": one for word, one in inner.items()}
    return found


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_relative_links_resolve(document: Path) -> None:
    dead = []
    for link in LINK.findall(prose(document)):
        if re.match(r"[a-z]+:", link):
            continue
        path, _, fragment = link.partition("#")
        target = (document.parent / path).resolve() if path else document
        if not target.exists() or (fragment and fragment not in anchors(target)):
            dead.append(link)
    assert dead == []


def test_every_command_and_option_is_in_the_operators_guide() -> None:
    assert commands()
    untold = []
    for name, command in commands().items():
        rows = [line for line in OPERATOR.splitlines() if re.match(rf"\| `citydeck {name}[ `]", line)]
        options = [option for parameter in command.params for option in parameter.opts if option.startswith("--")]
        untold += [name] if len(rows) != 1 else [f"{name} {option}" for option in options if option not in rows[0]]
    assert untold == []


def test_commands_that_the_documents_name_exist() -> None:
    named = {
        name
        for document in DOCUMENTS
        for name in re.findall(r"(?:`|\$ |/bin/|^|&& )citydeck ([a-z]+)", document.read_text(encoding="utf-8"), re.M)
    }
    assert named == {name.split()[0] for name in commands()}


def test_make_targets_that_the_documents_name_exist() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.M))
    named = {
        name for document in DOCUMENTS for name in re.findall(r"`make ([a-z-]+)", document.read_text(encoding="utf-8"))
    }
    assert named
    assert named <= targets


def test_every_setting_is_in_the_operators_guide_and_no_other() -> None:
    read = set(re.findall(r"CITYDECK_[A-Z_]+", inspect.getsource(settings)))
    assert set(re.findall(r"^\| `(CITYDECK_[A-Z_]+)`", OPERATOR, re.M)) == read


def test_formulas_of_the_method_are_numbered_in_order() -> None:
    text = (ROOT / "docs" / "method.md").read_text(encoding="utf-8")
    numbers = [int(n) for block in FENCE.findall(text) for n in re.findall(r"^\((\d+)\)", block, re.M)]
    assert numbers == list(range(1, len(numbers) + 1))
    assert numbers


def test_both_readmes_have_the_same_sections_and_links() -> None:
    english, chinese = (prose(ROOT / name) for name in ("README.md", "README.zh.md"))
    assert levels(english) == levels(chinese)
    assert len(levels(english)) > 1
    ours, theirs = ([link for link in LINK.findall(text) if link.startswith("docs/")] for text in (english, chinese))
    assert [link.replace("-en.png", "-zh.png") for link in ours] == theirs


@pytest.mark.parametrize("guide", GUIDES, ids=lambda path: path.stem)
def test_each_reader_is_sent_to_a_guide(guide: Path) -> None:
    assert f"docs/how-to/{guide.name}" in LINK.findall(prose(ROOT / "README.md"))
