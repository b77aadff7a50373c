"""Writing the pages as reStructuredText and letting Sphinx make a site of each language.

The site is built beside its place and swapped in when it is whole; a warning of Sphinx (a link that leads nowhere)
keeps the old one.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from dagster_project.catalogue import CatalogueError
from dagster_project.catalogue.formula import formula
from dagster_project.catalogue.pages import Page, pages
from dagster_project.catalogue.words import CHOICES, LANGUAGES, WORDS
from dagster_project.registry.model import Registry, Row
from dagster_project.registry.spec import OPEN_FROM, OPEN_TO

HERE = Path(__file__).parent
LOCALES = {"zh": "zh_CN", "en": "en"}
START = '<!doctype html><meta charset="utf-8"><meta http-equiv="refresh" content="0; url=zh/index.html">\n'
MARKUP = re.compile(r"([\\`*_|<>\[\]])")


def build(registry: Registry, out: Path, say: Callable[[str], None]) -> int:
    """Build the catalogue at `out`, in place of what is there.

    Returns:
        The number of pages in each language.

    Raises:
        CatalogueError: Sphinx complained, or `out` holds something else than a catalogue; what was there stays.
    """
    if out.exists() and not (out / "zh" / "searchindex.js").is_file() and (out.is_file() or any(out.iterdir())):
        raise CatalogueError(f"{out} holds something else than a catalogue; name a folder that is empty or not there")
    out.parent.mkdir(parents=True, exist_ok=True)
    made = list(pages(registry))
    with tempfile.TemporaryDirectory(prefix=f".{out.name}.", dir=out.parent) as folder:
        site = Path(folder) / "site"
        running = {}
        for language, name in LANGUAGES.items():
            _write(made, Path(folder) / language, language)
            running[language] = _start_sphinx(Path(folder) / language, site / language, language)
            say(f"{name}: {len(made)} pages written, Sphinx is at work")
        complaints = {language: process.communicate()[1] for language, process in running.items()}
        for language, process in running.items():
            if process.returncode:
                raise CatalogueError(
                    f"Sphinx could not make the pages in {LANGUAGES[language]}:\n{complaints[language]}"
                )
        (site / "index.html").write_text(START, encoding="utf-8")
        if out.exists():
            out.rename(Path(folder) / "before")
        site.rename(out)
    return len(made)


def _write(made: Iterable[Page], source: Path, language: str) -> None:
    environment = _environment(language)
    for page in made:
        path = source / f"{page.path}.rst"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(environment.get_template(f"{page.template}.rst.j2").render(page.facts), encoding="utf-8")


def _start_sphinx(source: Path, out: Path, language: str) -> subprocess.Popen[str]:
    """Sphinx keeps its state per process, so each language has one of its own, and both run at once."""
    title = _word(language, "site")
    other = next(each for each in LANGUAGES if each != language)
    defined = {"language": LOCALES[language], "project": title, "html_title": title}
    given = {"other": other, "other_name": LANGUAGES[other], "footnote": _word(language, "footnote")}
    command = [sys.executable, "-m", "sphinx", "-b", "html", "-q", "-W", "--keep-going", "-E", "--no-color"]
    command += ["-c", str(HERE / "theme"), "-d", str(source.with_suffix(".doctrees"))]
    command += [word for key, value in defined.items() for word in ("-D", f"{key}={value}")]
    command += [word for key, value in given.items() for word in ("-A", f"{key}={value}")]
    return subprocess.Popen([*command, str(source), str(out)], stderr=subprocess.PIPE, text=True, encoding="utf-8")


def _environment(language: str) -> Environment:
    environment = Environment(  # noqa: S701 - reStructuredText, not HTML; `text` escapes
        loader=FileSystemLoader(HERE / "templates"), undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters |= {
        "text": text,
        "title": _title,
        "name": lambda row, field="name": text(row[f"{field}_{language}"]),
        "number": _number,
        "day": partial(_day, language),
    }
    environment.globals |= {
        "language": language,
        "word": partial(_word, language),
        "choice": lambda kind, value: CHOICES[kind][value][0 if language == "zh" else 1],
        "link": lambda row, kind, key: f":doc:`{text(row[f'name_{language}'])} </{kind}/{row[key]}>`",
        "table": table,
        "formula": lambda row: text(_formula(row, language)),
        "range_of": _range,
        "beyond": _beyond,
    }
    return environment


def text(value: object) -> str:
    """Text that no character of which means anything to reStructuredText."""
    return MARKUP.sub(r"\\\1", str(value))


def table(head: list[str], body: list[list[Any]]) -> str:
    """A table whose cells are reStructuredText of one line; `text` has escaped each bar in them."""
    lines = (" | ".join("" if cell is None else str(cell) for cell in row) for row in [head, *body])
    # The escaped space shows nothing and keeps a line with an empty first cell from looking indented.
    return "\n".join([".. cells::", "", *(f"   \\ {line}" for line in lines), ""])


def _title(value: str, line: str = "=") -> str:
    """A heading; a Chinese character is two columns wide."""
    return f"{value}\n{line * max(2 * len(value), 4)}"


def _word(language: str, key: str) -> str:
    return WORDS[key][0 if language == "zh" else 1]


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:,.10g}".replace("-", "−")


def _range(low: float | None, high: float | None) -> str:
    """From low to high; an open side is said by the sign alone."""
    if low is None and high is None:
        return ""
    if low is None:
        return f"≤ {_number(high)}"
    return f"≥ {_number(low)}" if high is None else f"{_number(low)} – {_number(high)}"


def _beyond(low: float | None, high: float | None) -> str:
    """What lies outside a pair of limits."""
    below = [] if low is None else [f"< {_number(low)}"]
    above = [] if high is None else [f"> {_number(high)}"]
    return ", ".join(below + above)


def _day(language: str, value: date) -> str:
    written = f"{value:%Y-%m-%d}"
    return _word(language, "open") if written in (OPEN_FROM, OPEN_TO) else written


def _formula(kpi: Row, language: str) -> str:
    names = [measure[f"name_{language}"] for _, measure in kpi["terms"]]
    return formula(kpi, names[0], names[1] if len(names) > 1 else None, language)
