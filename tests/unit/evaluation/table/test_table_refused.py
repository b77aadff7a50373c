"""Tables that are refused: file, line, column, what is wrong and what to do, all of it at once."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from dagster_project.cli import app

SCHEME = """
id: s
group: area
tree:
  id: t
  children:
    - {id: x, direction: higher}
    - {id: y, direction: lower, transform: log}
"""
GOOD = "unit,area,x,y\na,n,1,2\nb,n,3,4\n"


def refused(folder: Path, table: bytes | str, scheme: str = SCHEME) -> list[str]:
    """The problems, without the folder's path."""
    data, rules, out = folder / "t.csv", folder / "s.yml", folder / "out.csv"
    data.write_bytes(table.encode() if isinstance(table, str) else table)
    rules.write_text(scheme, encoding="utf-8")
    asked = ["score", "--data", str(data), "--scheme", str(rules), "--out", str(out)]
    done = CliRunner().invoke(app, asked, env={"COLUMNS": "60"})
    assert done.exit_code in (0, 1), done.exception
    assert out.exists() == (done.exit_code == 0)
    assert "Traceback" not in done.output
    return [line.replace(f"{folder}/", "") for line in done.stderr.splitlines() if ": " in line and "rows:" not in line]


def test_a_good_table_is_not_refused(tmp_path: Path) -> None:
    assert refused(tmp_path, GOOD) == []


@pytest.mark.parametrize(
    ("table", "problem"),
    [
        ("", "t.csv:1:: the table is empty; write a header"),
        (" \n\n", "t.csv:1:: the table is empty; write a header"),
        ("unit,area,x,y\n", "t.csv:1:: no row below the header; write a row for each unit"),
        ("unit,area,x,y\na,n,1\n", "t.csv:2:: 3 cells where the header has 4; write a cell for each column"),
        ("unit,area,x,y\na,n,1,2,3\n", "t.csv:2:: 5 cells where the header has 4; write a cell for each column"),
        ("unit,area,x,y\na,n,1,\nb,n,much,2\n", "t.csv:3:x: 'much' is no number; write a number such as 1234.5"),
        ('unit,area,x,y\na,n,"1,200",2\n', "t.csv:2:x: '1,200' is no number; write a number such as 1234.5"),
        ("unit,area,x,y\na,n,12%,2\n", "t.csv:2:x: '12%' is no number; write a number such as 1234.5"),
        ("unit,area,x,y\na,n,１２,2\n", "t.csv:2:x: '１２' is no number; write a number such as 1234.5"),
        ("unit,area,x,y\na,n,1e999,2\n", "t.csv:2:x: '1e999' is no number"),
        ("unit,area,x,y\na,n,NaN,2\n", "t.csv:2:x: 'NaN' is no number; leave the cell empty where there is no figure"),
        ("unit,area,x,y\na,n,缺失,2\n", "t.csv:2:x: '缺失' is no number; leave the cell empty"),
        ("unit,area,x,y\na,n,1,2\na,n,3,4\n", "t.csv:3:unit: unit 'a' stands on line 2 already; keep one row"),
        ("unit,area,x,y\n,n,1,2\n", "t.csv:2:unit: a row without its unit; write the unit's id"),
        ("unit,area,x,x,y\na,n,1,2,3\n", "t.csv:1:x: columns 3 and 4 have one name; rename one of them"),
        ("unit,,area,x,y\na,n,1,2,3\n", "t.csv:1:2: column 2 has no name; name it, or remove it"),
        ('unit,area,x,y\n"a\n,n,1,2\n', "t.csv:2:: no CSV: unexpected end of data; close the quotes"),
        ("unit,area,x,y\na,n,1,0\n", "t.csv:2:y: 0 of y has no logarithm; correct it, leave the cell empty"),
        ("unit,area,X,y\na,n,1,1\n", "s.yml:7:12: no column 'x' in t.csv; did you mean X?"),
        ("unit,region,x,y\na,n,1,1\n", "s.yml:3:8: no column 'area' in t.csv; name one of unit, region, x, y"),
    ],
)
def test_what_is_wrong_is_told_where_it_stands(tmp_path: Path, table: str, problem: str) -> None:
    found = refused(tmp_path, table)
    assert any(line.startswith(problem) for line in found), found


def test_all_problems_are_told_at_once(tmp_path: Path) -> None:
    table = "unit,area,x\na,n,one\na,n,two\n,n\n"
    assert [line.split(": ")[0] for line in refused(tmp_path, table)] == [
        "s.yml:8:12",
        "t.csv:2:x",
        "t.csv:3:unit",
        "t.csv:3:x",
        "t.csv:4:",
    ]


def test_bytes_that_are_no_text(tmp_path: Path) -> None:
    (found,) = refused(tmp_path, b"unit,area,x,y\na,n,1,2\nb\xff\xff,n,1,2\n")
    assert found == "t.csv:3:: bytes that are no UTF-8; save the file again as UTF-8"


def test_figures_that_a_scheme_has_no_answer_for_are_refused_at_their_leaf(tmp_path: Path) -> None:
    scheme = SCHEME.replace("{id: x, direction: higher}", "{id: x, direction: higher, normaliser: fraction_of_best}")
    (found,) = refused(tmp_path, "unit,area,x,y\na,n,0,2\nb,n,3,4\n", scheme)
    assert found == "s.yml:7:12: value not above 0 in x; use another method"


def test_a_score_of_zero_under_a_geometric_mean_is_refused_at_each_child(tmp_path: Path) -> None:
    found = refused(tmp_path, GOOD, SCHEME.replace("  id: t\n", "  id: t\n  aggregation: geometric\n"))
    assert [line.split(":")[1] for line in found] == ["8", "9"]
    assert all("give the node a floor" in line for line in found)


def test_a_negative_spread(tmp_path: Path) -> None:
    scheme = SCHEME.replace("{id: x, ", "{id: x, spread: sd, ")
    data, rules = tmp_path / "t.csv", tmp_path / "s.yml"
    data.write_text("unit,area,x,y,sd\na,n,0,2,-1\nb,n,3,4,\n", encoding="utf-8")
    rules.write_text(scheme, encoding="utf-8")
    done = CliRunner().invoke(app, ["score", "--data", str(data), "--scheme", str(rules), "--robust", "10"])
    assert done.exit_code == 1
    assert "t.csv:2:sd: -1 as a standard deviation; write 0 or more" in done.stderr.replace("\n", "")


def test_a_file_that_is_not_there_is_a_matter_of_the_command(tmp_path: Path) -> None:
    done = CliRunner().invoke(app, ["score", "--data", str(tmp_path / "no.csv"), "--scheme", str(tmp_path / "no.yml")])
    assert done.exit_code == 2
