"""The analyst's how-to, followed as it is written."""

from __future__ import annotations

import csv
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.integration.deck import ROOT

TODAY = "2025-10-31"
FENCE = re.compile(r"(?P<before>[^\n]*)\n+```(?P<kind>\w*)\n(?P<text>.*?)```", re.DOTALL)
PATH = re.compile(r"`((?:seeds|dbt)/[^`]+\.\w+)`")
# What a terminal shows: a command after the dollar sign, its further lines, then what it prints.
SHOWN = re.compile(r"^\$ ((?:[^\n]*\\\n)*[^\n]*)\n(.*?)(?=^\$ |\Z)", re.DOTALL | re.MULTILINE)
CITYDECK = """#!/bin/sh
exec {python} -c 'from dagster_project.cli import main; main()' "$@"
"""


class Reader:
    """Somebody with a clone, a data folder and a terminal, who does what the how-to says."""

    def __init__(self, home: Path) -> None:
        self.home, self.clone = home, home / "citydeck"
        for name in ("dagster_project", "dbt", "seeds", "dashboards"):
            shutil.copytree(ROOT / name, self.clone / name, ignore=shutil.ignore_patterns("__pycache__"))
        shutil.copy(ROOT / "pyproject.toml", self.clone)
        (home / "bin").mkdir()
        (home / "bin" / "citydeck").write_text(CITYDECK.format(python=sys.executable), encoding="utf-8")
        (home / "bin" / "citydeck").chmod(0o755)
        self.text = (ROOT / "docs" / "how-to" / "analyst.md").read_text(encoding="utf-8")

    def section(self, title: str) -> str:
        return re.split(r"^## ", self.text.split(f"\n## {title}\n")[1], maxsplit=1, flags=re.MULTILINE)[0]

    def type(self, command: str) -> str:
        """What the command prints; it has to succeed."""
        clean = {name: value for name, value in os.environ.items() if not name.startswith(("CITYDECK_", "DAGSTER_"))}
        told = {
            "CITYDECK_DATA": str(self.home / "citydeck-try"),
            "CITYDECK_TODAY": TODAY,
            "CITYDECK_SUPERSET_PORT": "1",
            "CITYDECK_DAGSTER_PORT": "2",
            "CITYDECK_THREADS": "2",
            "COLUMNS": "400",
            "HOME": str(self.home),
            "PATH": f"{self.home / 'bin'}{os.pathsep}{os.environ['PATH']}",
            # The clone's package, not the installed one.
            "PYTHONPATH": str(self.clone),
        }
        done = subprocess.run(
            ["bash", "-ec", command], cwd=self.clone, env=clean | told, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
        return done.stdout

    def sees(self, shown: str) -> int:
        """Type each `explain` of a block; every line that the how-to shows must come. Days of landing are left out."""
        asked = 0
        for command, told in SHOWN.findall(shown):
            if command.startswith("citydeck explain"):
                printed = self.type(command)
                for line in (line.strip(". ") for line in told.splitlines() if "landed 20" not in line):
                    assert line in printed, f"{command} does not print {line!r} but\n{printed}"
                    asked += bool(line)
        return asked

    def add_row(self, file: str, row: str) -> None:
        """Into its place in the order of ids."""
        path = self.clone / file
        header, *rows = path.read_text(encoding="utf-8").splitlines()
        (cells,) = csv.reader([row])
        assert len(cells) == len(header.split(",")), f"{file}: the how-to's row has another number of cells"
        rows.append(row)
        rows.sort(key=lambda line: next(csv.reader([line]))[0])
        path.write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")


def steps_of(section: str) -> dict[str, str]:
    """The numbered steps of a section."""
    steps = dict(re.findall(r"\*\*(\d)\. .*?\*\*(.*?)(?=\n\*\*\d\. |\Z)", section, re.DOTALL))
    assert list(steps) == ["1", "2", "3", "4", "5", "6"]
    return steps


@pytest.fixture(scope="module")
def reader(tmp_path_factory: pytest.TempPathFactory) -> Reader:
    """Has done all that comes before the build of each section, and has built."""
    reader = Reader(tmp_path_factory.mktemp("how_to"))
    row = next(FENCE.finditer(reader.section("A KPI from measures that are there")))
    (file,) = PATH.findall(reader.section("A KPI from measures that are there").split("```")[0])
    reader.add_row(file, row["text"].strip())

    steps = steps_of(reader.section("A new feed"))
    for block in FENCE.finditer(steps["1"]):
        (file,) = PATH.findall(block["before"])
        reader.add_row(file, block["text"].strip())
    for step in ("2", "3"):
        file = PATH.findall(steps[step])[0]
        written, *more = FENCE.finditer(steps[step])
        (reader.clone / file).write_text(written["text"], encoding="utf-8")
        for block in more:
            (file,) = PATH.findall(block["before"])
            with (reader.clone / file).open("a", encoding="utf-8") as stream:
                stream.write(block["text"])
    (model,) = re.findall(r"`('stg_\w+')`", steps["4"])
    (file,) = PATH.findall(steps["4"])
    macro = (reader.clone / file).read_text(encoding="utf-8")
    assert "{{ return([" in macro
    (reader.clone / file).write_text(macro.replace("{{ return([", "{{ return([" + model + ", "), encoding="utf-8")
    (block,) = FENCE.finditer(steps["5"])
    reader.type(block["text"])

    steps = steps_of(reader.section("A measure counted from rows"))
    for block in FENCE.finditer(steps["1"]):
        (file,) = PATH.findall(block["before"])
        reader.add_row(file, block["text"].strip())
    (model,) = FENCE.finditer(steps["2"])
    (reader.clone / PATH.findall(steps["2"])[0]).write_text(model["text"], encoding="utf-8")
    (unit_test,) = FENCE.finditer(steps["3"])
    (reader.clone / PATH.findall(steps["3"])[0]).write_text(unit_test["text"], encoding="utf-8")
    (rows,) = FENCE.finditer(steps["5"])
    reader.type(rows["text"])

    (command, _), *_ = SHOWN.findall(next(FENCE.finditer(reader.section("Add a KPI by command")))["text"])
    reader.type(command)
    reader.type("citydeck check && citydeck build")
    return reader


def test_a_kpi_from_measures_that_are_there(reader: Reader) -> None:
    assert sum(
        reader.sees(block["text"]) for block in FENCE.finditer(reader.section("A KPI from measures that are there"))
    )


def test_a_kpi_by_command(reader: Reader) -> None:
    """The one of the how-to: three years' increase of GDP, from figures that are printed in the list of 2022."""
    shown = json.loads(reader.type("citydeck explain gdp_more 渝中区 2022 --json"))
    assert shown["value"] == pytest.approx(shown["recomputed"], rel=1e-12)


def test_a_feed_of_ones_own_reaches_a_kpi(reader: Reader) -> None:
    assert sum(reader.sees(block["text"]) for block in FENCE.finditer(reader.section("A new feed"))) >= 3


def test_a_measure_counted_from_rows_passes_its_unit_test(reader: Reader) -> None:
    (block,) = FENCE.finditer(steps_of(reader.section("A measure counted from rows"))["4"])
    ((command, _),) = SHOWN.findall(block["text"])
    printed = reader.type(command)
    assert "PASS measure__app_login::log_in_days_and_minutes_are_summed_by_town" in printed


def test_a_measure_counted_from_rows_reaches_a_kpi(reader: Reader) -> None:
    section = reader.section("A measure counted from rows")
    assert sum(reader.sees(block["text"]) for block in FENCE.finditer(section)) >= 2
