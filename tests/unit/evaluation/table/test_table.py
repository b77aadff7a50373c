"""`citydeck score` on tables: the published index, a city by hand, and what must hold for any table."""

from __future__ import annotations

import csv
import math
import random
from pathlib import Path

import numpy as np
import pytest
from click.testing import Result
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from dagster_project.cli import app
from dagster_project.evaluation.table.figures import read_table
from dagster_project.evaluation.table.result import TableScores, rows_of, score_table
from dagster_project.evaluation.table.scheme_file import SchemeFile, read_scheme_file

ROOT = Path(__file__).parents[4]
HDI = ROOT / "docs" / "examples" / "hdi"
PUBLISHED = ROOT / "tests" / "reference" / "hdi_2021.csv"

CITY = """district,area,gdp,gdp_before,people,air,sure
甲,core,100,80,10,1.5,0.1
乙,core,90,90,10,2.5,
丙,core,40,20,5,5,0
丁,outer,50,0,5,3,0.2
戊,outer,40,30,4,2,0
己,,40,30,4,2,0
"""
SCHEME = """
id: city
group: area
decimals: 1
defaults: {direction: higher}
tree:
  id: total
  min_coverage: 0.5
  children:
    - id: wealth
      min_coverage: 0.5
      children:
        - {id: level, weight: 3, column: gdp, denominator: people}
        - {id: pace, weight: 1, column: gdp, measure: growth, before: gdp_before}
    - {id: air, direction: lower, normaliser: {method: goalposts, low: 0, high: 5}, spread: sure}
"""


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(app, ["score", *map(str, arguments)], env={"COLUMNS": "200"})


def read(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def scored(folder: Path, table: str, scheme: str, draws: int | None = None) -> TableScores:
    (folder / "table.csv").write_text(table, encoding="utf-8")
    (folder / "scheme.yml").write_text(scheme, encoding="utf-8")
    asked: SchemeFile = read_scheme_file(folder / "scheme.yml")
    return score_table(read_table(folder / "table.csv", asked), asked, draws)


def by_node(result: TableScores) -> dict[tuple[str, str], dict[str, str]]:
    return {(row["unit"], row["node"]): row for row in rows_of(result)}


@pytest.fixture(scope="module")
def hdi(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[dict[str, str]]]:
    """The example's results by node, through the command line."""
    out = tmp_path_factory.mktemp("hdi") / "results.csv"
    done = run("--data", HDI / "hdi.csv", "--scheme", HDI / "scheme.yml", "--out", out)
    assert done.exit_code == 0, done.output
    assert "Switzerland" in done.stdout
    assert "1146 rows" in done.stderr
    found: dict[str, list[dict[str, str]]] = {}
    for row in read(out):
        found.setdefault(row["node"], []).append(row)
    return found


def test_human_development_index_2021_as_published(hdi: dict[str, list[dict[str, str]]]) -> None:
    """191 of 191 indices to three decimals, and 191 of 191 ranks."""
    published = {row["country"].strip(): row for row in read(PUBLISHED)}
    assert len(hdi["hdi"]) == len(published) == 191
    for row in hdi["hdi"]:
        there = published[row["unit"]]
        assert (float(row["score"]), row["rank"]) == (float(there["hdi"]), there["hdi_rank"])


def test_the_examples_figures_are_the_published_ones() -> None:
    names = {
        "life_expectancy": "life_expectancy",
        "expected_years_schooling": "expected_years_schooling",
        "mean_years_schooling": "mean_years_schooling",
        "gni_per_head": "gni_pc_ppp2017",
        "published_hdi": "hdi",
        "published_rank": "hdi_rank",
    }
    published = {row["country"].strip(): row for row in read(PUBLISHED)}
    for row in read(HDI / "hdi.csv"):
        assert {name: row[name] for name in names} == {n: published[row["country"]][o] for n, o in names.items()}


def test_human_development_tiers_as_published(hdi: dict[str, list[dict[str, str]]]) -> None:
    """Counts of the four groups in table 1 of the report's annex."""
    tiers = [row["tier"] for row in hdi["hdi"]]
    assert [tiers.count(name) for name in ("very high", "high", "medium", "low")] == [66, 49, 44, 32]


def test_the_parts_of_an_index_sum_to_it(hdi: dict[str, list[dict[str, str]]]) -> None:
    leaves = [hdi[name] for name in ("health", "expected_years", "mean_years", "income")]
    for root, *parts in zip(hdi["hdi"], *leaves, strict=True):
        assert {part["unit"] for part in parts} == {root["unit"]}
        assert math.isclose(sum(float(part["contribution"]) for part in parts), float(root["unrounded"]), rel_tol=1e-11)
        assert math.isclose(sum(float(part["weight_in_force"]) for part in parts), 1, rel_tol=1e-11)


def test_a_city_by_hand(tmp_path: Path) -> None:
    found = by_node(scored(tmp_path, CITY, SCHEME))
    level, pace, air, total = (found["甲", node] for node in ("level", "pace", "air", "total"))
    # Per head 10, 9 and 8; growth 25, 0 and 100 per cent.
    assert (level["value"], level["score"], level["rank"], level["ranked"]) == ("10", "100.0", "1", "3")
    assert (pace["value"], pace["score"], pace["rank"]) == ("25", "25.0", "2")
    assert (air["score"], air["weight"], air["kind"]) == ("70.0", "0.5", "indicator")
    assert (found["甲", "wealth"]["score"], found["甲", "wealth"]["rank"]) == ("81.2", "1")
    assert (total["score"], total["rank"], total["ranked"], total["kind"]) == ("75.6", "1", "3", "root")
    assert level["weight_in_force"] == level["weight"].replace("0.75", "0.375")
    # No growth from nothing: the level stands for the whole, and the coverage says so.
    assert found["丁", "pace"]["value"] == found["丁", "pace"]["score"] == found["丁", "pace"]["rank"] == ""
    assert (found["丁", "wealth"]["coverage"], found["丁", "level"]["weight_in_force"]) == ("0.75", "0.5")
    assert (found["丁", "total"]["group"], found["丁", "total"]["ranked"]) == ("outer", "2")
    assert found["己", "total"]["rank"] == "" and "its area is empty" in found["己", "total"]["reason"]


def test_ranks_within_a_group_ignore_other_groups(tmp_path: Path) -> None:
    before = by_node(scored(tmp_path, CITY, SCHEME))
    other = CITY.replace("丁,outer,50,0,5,3,0.2", "丁,outer,5000,1,2,0,0.2")
    after = by_node(scored(tmp_path, other, SCHEME))
    core = [key for key in before if before[key]["group"] == "core"]
    assert core and all(before[key] == after[key] for key in core)


@settings(max_examples=40, deadline=None)
@given(st.permutations(range(6)), st.integers(0, 10**6))
def test_permuting_rows_permutes_results(tmp_path_factory: pytest.TempPathFactory, order: list[int], seed: int) -> None:
    header, *rows = CITY.splitlines()
    noise = random.Random(seed)
    rows = [row.replace(",2.5,", f",{noise.uniform(0, 5):.3f},") for row in rows]
    folder = tmp_path_factory.mktemp("rows")
    one = by_node(scored(folder, "\n".join([header, *rows]), SCHEME))
    two = by_node(scored(folder, "\n".join([header, *(rows[at] for at in order)]), SCHEME))
    assert one.keys() == two.keys()
    for key, row in one.items():
        assert {name: row[name] for name in ("score", "rank", "ranked", "tier", "reason")} == {
            name: two[key][name] for name in ("score", "rank", "ranked", "tier", "reason")
        }
        if row["unrounded"]:
            assert math.isclose(float(row["unrounded"]), float(two[key]["unrounded"]), rel_tol=1e-11, abs_tol=1e-11)


def test_robust_adds_rank_intervals_that_the_seed_repeats(tmp_path: Path) -> None:
    first, again = (by_node(scored(tmp_path, CITY, SCHEME, draws=200)) for _ in range(2))
    assert first == again
    for unit in "甲乙丙":
        row = first[unit, "total"]
        assert 1 <= int(row["rank_low"]) <= int(row["rank_median"]) <= int(row["rank_high"]) <= 3
        assert int(row["apart"]) >= 1
    assert first["己", "total"]["rank_low"] == first["甲", "air"]["rank_low"] == ""
    other = by_node(scored(tmp_path, CITY, SCHEME + "uncertainty: {seed: 99, weight_noise: 0.9}\n", draws=200))
    assert {key: row["score"] for key, row in other.items()} == {key: row["score"] for key, row in first.items()}


@pytest.mark.parametrize(
    ("encoding", "ending", "delimiter"),
    [
        ("utf-8", "\n", ","),
        ("utf-8-sig", "\r\n", ";"),
        ("gb18030", "\r\n", ","),
        ("utf-16", "\n", "\t"),
        ("utf-8", "\r", "|"),
    ],
)
def test_a_table_as_spreadsheets_save_it(tmp_path: Path, encoding: str, ending: str, delimiter: str) -> None:
    wanted = by_node(scored(tmp_path, CITY, SCHEME))
    text = CITY.replace(",", delimiter).replace("\n", ending)
    (tmp_path / "saved.csv").write_bytes(text.encode(encoding))
    asked = read_scheme_file(tmp_path / "scheme.yml")
    assert by_node(score_table(read_table(tmp_path / "saved.csv", asked), asked)) == wanted


def test_cells_that_are_not_read_may_hold_anything(tmp_path: Path) -> None:
    """Columns that the scheme does not name, quoted cells over lines, blank rows, empty columns at the end."""
    lines = CITY.splitlines()
    more = [lines[0] + ",note,,", *(line + ',"a, ""b""\nand c",,' for line in lines[1:3]), ",,,,,,,,", *lines[3:]]
    more[4:] = [line + ",n/a,," for line in more[4:]]
    assert by_node(scored(tmp_path, "\n".join(more), SCHEME)) == by_node(scored(tmp_path, CITY, SCHEME))


def test_explain_says_what_a_score_is_made_of(tmp_path: Path) -> None:
    scored(tmp_path, CITY, SCHEME)
    asked = ("--data", tmp_path / "table.csv", "--scheme", tmp_path / "scheme.yml", "--explain")
    shown = run(*asked, "甲")
    assert shown.exit_code == 0
    assert "甲: 75.6, 1 / 3" in shown.stdout and "75.0%" not in shown.stdout and "37.5%" in shown.stdout
    wrong = run(*asked, "庚")
    assert wrong.exit_code == 1 and "no unit '庚'" in wrong.stderr
    unranked = run(*asked, "己")
    assert unranked.exit_code == 0 and "its area is empty" in unranked.stdout


def test_values_goalposts_and_targets_may_be_columns(tmp_path: Path) -> None:
    table = "unit,x,aim,low\na,50,100,1\nb,50,50,10\n"
    scheme = """
id: s
tree:
  id: t
  children:
    - {id: x, direction: higher, normaliser: {method: target, target: aim, cap: 1.2}}
    - {id: y, column: x, direction: lower, transform: log, normaliser: {method: goalposts, low: low, high: 100}}
"""
    found = by_node(scored(tmp_path, table, scheme))
    assert [found[unit, "x"]["score"] for unit in "ab"] == ["50.00", "100.00"]
    low = np.log([1, 10])
    wanted = 100 * (math.log(100) - math.log(50)) / (math.log(100) - low)
    assert [float(found[unit, "y"]["unrounded"]) for unit in "ab"] == pytest.approx(wanted, rel=1e-12)


def test_extras_veto_and_tiers(tmp_path: Path) -> None:
    table = "unit,x,praise,fires\na,1,3,0\nb,2,0,1\nc,3,0,5\nd,4,,\n"
    scheme = """
id: s
out_of: 10
decimals: 1
bonus_cap: 1
tree: {id: t, children: [{id: x, direction: higher}]}
bonuses: [{column: praise, points: 0.5, cap: 2}]
vetoes: [{column: fires, above: 1}]
tiers: [{name: A, from: 5.5}, {name: B}]
"""
    found = by_node(scored(tmp_path, table, scheme))
    assert [found[unit, "t"]["score"] for unit in "abcd"] == ["1.0", "3.3", "", "10.0"]
    assert [found[unit, "t"]["tier"] for unit in "abcd"] == ["B", "B", "", "A"]
    assert found["a", "t"]["points"] == "1"
    assert (found["c", "t"]["rank"], found["c", "t"]["unrounded"][:5]) == ("", "6.666")
    assert "vetoed" in found["c", "t"]["reason"]
    assert found["c", "x"]["rank"] == "2"


def test_a_coverage_just_below_the_rule_does_not_read_as_equal_to_it(tmp_path: Path) -> None:
    scheme = """
id: close
tree:
  id: total
  min_coverage: 0.6
  children:
    - {id: a, weight: 0.5996, direction: higher}
    - {id: b, weight: 0.4004, direction: higher}
"""
    result = scored(tmp_path, "unit,a,b\nx,1,\ny,2,3\nz,3,4\n", scheme)
    assert result.scores.reason.tolist() == ["coverage", "", ""]
    reason = result.reason(0)
    assert reason.en == "1 of 2 indicators missing (b); coverage 59.9% is below the required 60%"
    assert "59.9%" in reason.zh
