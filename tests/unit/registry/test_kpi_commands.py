"""The commands that change KPIs, on a copy of a small registry: what they ask, write, refuse and say."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from openpyxl import load_workbook
from typer.testing import CliRunner, Result

from dagster_project import registry
from dagster_project.cli import app
from dagster_project.registry.edit import EditError, Refused, cells_of

SMALL = Path(__file__).parents[2] / "integration" / "small_world" / "seeds"
REASON = ["--on", "2024-12-31", "--reason-zh", "合并", "--reason-en", "merged", "--yes"]


@pytest.fixture
def seeds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    copied = Path(shutil.copytree(SMALL, tmp_path / "seeds"))
    monkeypatch.setenv("CITYDECK_SEEDS", str(copied))
    monkeypatch.setenv("CITYDECK_DATA", str(tmp_path / "data"))
    return copied


def run(*words: str, typed: str | None = None) -> Result:
    return CliRunner().invoke(app, list(words), input=typed)


def told(**cells: str) -> list[str]:
    return [word for name, cell in cells.items() for word in ("--set", f"{name.replace('__', '.')}={cell}")]


@pytest.fixture
def answers(seeds: Path) -> dict[str, str]:
    """Enough for a KPI of a new measure, with a target."""
    like = cells_of(seeds, "indicator", indicator_id="output")[0]
    measure = cells_of(seeds, "measure", measure_id=like["numerator"])[0]
    source = cells_of(seeds, "measure_source", measure_id=like["numerator"])[0]
    shared = (
        "sub_track_id",
        "unit_zh",
        "unit_en",
        "factor",
        "frequency",
        "lowest_grain",
        "due_day",
        "owner",
        "checker",
    )
    return {
        **{name: like[name] for name in (*shared, "next_review", "first_period")},
        **{"indicator_id": "guests", "name_zh": "接待游客人次", "name_en": "Guests", "direction": "higher"},
        **{
            "definition_zh": "一年内到访的人次。",
            "definition_en": "Visits in the year.",
            "numerator": "guests_counted",
        },
        **{f"numerator__{name}": cell for name, cell in measure.items() if name != "measure_id"},
        **{"numerator__name_zh": "接待人次", "numerator__name_en": "Guests counted"},
        **{"numerator__feed_id": source["feed_id"], "numerator__source_code": "guests"},
        **{"target__target": "90", "target__warn": "80"},
        **{"target__basis_zh": "自拟", "target__basis_en": "our own"},
    }


def test_a_kpi_comes_with_its_measure_and_target(seeds: Path, answers: dict[str, str]) -> None:
    done = run("kpi", "new", "--yes", *told(**answers))
    assert done.exit_code == 0, done.output
    (kpi,) = cells_of(seeds, "indicator", indicator_id="guests")
    assert (kpi["version"], kpi["transform"], kpi["status"]) == ("1", "level", "active")
    assert cells_of(seeds, "measure", measure_id="guests_counted")[0]["name_en"] == "Guests counted"
    assert cells_of(seeds, "measure_source", measure_id="guests_counted")[0]["source_code"] == "guests"
    assert cells_of(seeds, "target", indicator_id="guests")[0]["target"] == "90"
    assert registry.lint(registry.load(seeds)) == []


def test_an_evaluable_kpi_comes_with_its_place_in_a_scheme(seeds: Path, answers: dict[str, str]) -> None:
    tree = seeds / "scoring" / "scheme_node.csv"
    text = tree.read_text(encoding="utf-8").replace("expert", "equal").replace(",0.4,", ",,").replace(",0.6,,,", ",,,,")
    tree.write_text(text, encoding="utf-8")
    answers |= {"evaluable": "true", "scheme__scheme_id": "progress", "scheme__parent_id": "progress"}
    answers |= {"target__goal_low": "0", "target__goal_high": "200"}
    done = run("kpi", "new", "--yes", *told(**answers))
    assert done.exit_code == 0, done.output
    assert cells_of(seeds, "scheme_node", node_id="guests")[0]["parent_id"] == "progress"
    assert registry.lint(registry.load(seeds)) == []


def test_questions_are_asked_until_the_answer_fits(seeds: Path, answers: dict[str, str]) -> None:
    asked = {name: cell for name, cell in answers.items() if name not in ("owner", "due_day", "direction")}
    typed = ["sideways", "higher", "", "", "", f"{answers['due_day']}x", answers["due_day"], "", ""]
    typed += ["nobody at all", answers["owner"], "", "", "", "", "", "", "", "", "", "", ""]
    done = run("kpi", "new", *told(**asked), typed="\n".join([*typed, "y", ""]))
    assert done.exit_code == 0, done.output
    for said in ("Write higher, lower", "Write a whole number", "nobody at all is no body", "责任单位编号"):
        assert said in done.output
    fresh = cells_of(seeds, "indicator", indicator_id="guests")[0]
    assert {name: fresh[name] for name in ("owner", "due_day", "direction")} == {
        **{name: answers[name] for name in ("owner", "due_day")},
        "direction": "higher",
    }


def test_what_is_not_said_is_asked_for_by_name(seeds: Path, answers: dict[str, str]) -> None:
    for gone, wanted in (("owner", "--set owner="), ("numerator__unit", "--set numerator.unit=")):
        done = run("kpi", "new", "--yes", *told(**{name: cell for name, cell in answers.items() if name != gone}))
        assert isinstance(done.exception, EditError)
        assert wanted in str(done.exception)
    assert "did you mean owner" in str(run("kpi", "new", "--yes", "--set", "ovner=x").exception)


def test_refused_answers_are_given_back(seeds: Path, answers: dict[str, str]) -> None:
    done = run("kpi", "new", "--yes", *told(**{**answers, "checker": answers["owner"]}))
    assert isinstance(done.exception, Refused)
    assert "citydeck kpi new --set indicator_id=guests" in done.output
    assert "--set numerator.source_code=guests" in done.output
    assert cells_of(seeds, "indicator", indicator_id="guests") == []


def test_a_kpi_is_shown_listed_renamed_and_retired(seeds: Path, answers: dict[str, str]) -> None:
    assert run("kpi", "new", "--yes", *told(**answers)).exit_code == 0
    shown = run("kpi", "show", "guests").output
    assert "Guests counted" in shown and "no snapshot" in shown
    assert "guests" in run("kpi", "list", "--search", "Guests").output
    renamed = run("kpi", "rename", "guests", "callers", *REASON, "--name-zh", "来客", "--name-en", "Callers")
    assert renamed.exit_code == 0, renamed.output
    assert "Not carried over" in renamed.output
    assert cells_of(seeds, "target", indicator_id="callers")[0]["target"] == "90"
    retired = run("kpi", "retire", "callers", *REASON, "--on", "2025-12-31")
    assert retired.exit_code == 0, retired.output
    assert registry.lint(registry.load(seeds)) == []
    assert "callers retired after 2025-12-31" in run("kpi", "show", "callers").output


def test_a_workbook_is_shown_before_it_is_written(seeds: Path, tmp_path: Path) -> None:
    file = tmp_path / "registry.xlsx"
    assert run("registry", "export", str(file)).exit_code == 0
    assert "0 rows differ" in run("registry", "import", str(file)).output
    book = load_workbook(file)
    name = book["body"].cell(2, 3)
    name.value = "Another desk"
    book.save(file)
    assert "-> Another desk" in run("registry", "import", str(file)).output
    assert cells_of(seeds, "body")[0]["name_en"] != "Another desk"
    assert "written" in run("registry", "import", str(file), "--apply").output
    assert cells_of(seeds, "body")[0]["name_en"] == "Another desk"


def test_a_kpi_with_loose_ends_is_shown_all_the_same(seeds: Path) -> None:
    path = seeds / "indicator" / "indicator.csv"
    like = cells_of(seeds, "indicator", indicator_id="output")[0]
    loose = {**like, "indicator_id": "zzz", "numerator": "unwritten", "sub_track_id": "S-99-99", "owner": "nobody"}
    path.write_text(f"{path.read_text(encoding='utf-8')}{','.join(loose.values())}\n", encoding="utf-8")
    shown = run("kpi", "show", "zzz")
    assert shown.exit_code == 0, shown.exception
    assert "unwritten" in shown.output and "nobody" in shown.output
