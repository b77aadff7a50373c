"""The faults planted in the demonstration are found; the report lies in `build/quality.md`."""

from __future__ import annotations

from dagster_project.settings import ROOT
from tests.integration.deck import Deck
from tests.integration.quality_report import evaluated, failures, write


def test_planted_faults_are_found(demonstration: Deck) -> None:
    table, encodings = evaluated(demonstration)
    write(table, encodings, ROOT / "build")
    assert len(table) > 10
    assert not failures(table)


def test_every_finding_has_an_owner_and_a_mark(demonstration: Deck) -> None:
    with demonstration.serving() as connection:
        ((findings, orphans),) = connection.execute(
            "select count(*), count(*) filter (where owner_zh is null or owner_en is null or mark is null) "
            "from serving.finding"
        ).fetchall()
    assert findings > 100
    assert orphans == 0


def test_grades_reach_the_values_that_leaders_see(demonstration: Deck) -> None:
    """Each grade occurs among the newest values; most are sound."""
    with demonstration.serving() as connection:
        grades = dict(
            connection.execute(
                "select grade, count(*) from serving.indicator_latest where state = 'value' group by grade"
            ).fetchall()
        )
    assert set(grades) == {"A", "B", "C", "D"}
    assert grades["A"] > 0.6 * sum(grades.values())
