"""docs/how-to/score-a-table.md, followed as it is written."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
from typer.testing import CliRunner

from dagster_project.cli import app
from dagster_project.evaluation.table.result import COLUMNS
from dagster_project.evaluation.table.scheme_file import read_scheme_file

ROOT = Path(__file__).parents[4]
TEXT = (ROOT / "docs" / "how-to" / "score-a-table.md").read_text(encoding="utf-8")
FENCE = re.compile(r"(?P<before>[^\n]*)\n+```(?P<kind>\w*)\n(?P<text>.*?)```", re.DOTALL)
FILE = re.compile(r"`([\w.-]+\.\w+)`")


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the project's documents, and the files that the how-to shows."""
    (tmp_path / "docs").symlink_to(ROOT / "docs")
    for block in FENCE.finditer(TEXT):
        if file := FILE.fullmatch(block["before"].strip()):
            (tmp_path / file[1]).write_text(block["text"], encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_every_command_prints_what_is_shown(desk: Path) -> None:
    typed = 0
    for block in FENCE.finditer(TEXT):
        for command, shown in re.findall(r"^\$ citydeck ([^\n]*)\n(.*?)(?=^\$ |\Z)", block["text"], re.DOTALL | re.M):
            done = CliRunner().invoke(app, shlex.split(command), env={"COLUMNS": "120"})
            assert done.exit_code == 0, done.output
            for line in shown.splitlines():
                assert line in done.stdout, f"{command} does not print {line!r} but\n{done.stdout}"
            typed += 1
    assert typed == TEXT.count("$ citydeck ") == 4
    assert {"hdi-results.csv", "results.csv"} <= {path.name for path in desk.iterdir()}
    header = (desk / "results.csv").read_text(encoding="utf-8").splitlines()[0].split(",")
    assert tuple(header) == COLUMNS
    assert all(f"`{column}`" in TEXT for column in COLUMNS)


def test_the_refusals_are_those_that_are_shown(desk: Path) -> None:
    scheme, table = desk / "scheme.yml", desk / "districts.csv"
    scheme.write_text(
        scheme.read_text(encoding="utf-8").replace("0.6, column: gdp", "0.6, column: gpd"), encoding="utf-8"
    )
    wrong = table.read_text(encoding="utf-8").replace("322,,", "322,n/a,").replace("Lake,", "Hill,")
    table.write_text(wrong, encoding="utf-8")
    asked = ["score", "--data", table.name, "--scheme", scheme.name, "--out", "refused.csv"]
    done = CliRunner().invoke(app, asked)
    shown = TEXT.split("## When it is refused")[1].split("```\n")[1].splitlines()
    assert done.exit_code == 1
    assert done.stderr.splitlines()[:-1] == shown
    assert not (desk / "refused.csv").exists()


def test_the_block_of_uncertainty_is_one(desk: Path) -> None:
    block = TEXT.split("```yaml\n")[1].split("```")[0]
    scheme = desk / "scheme.yml"
    scheme.write_text(scheme.read_text(encoding="utf-8") + block, encoding="utf-8")
    found = read_scheme_file(scheme).uncertainty
    assert (found.seed, found.weight_noise, found.leave_one_out, len(found.normalisers)) == (7, 0.25, True, 2)
