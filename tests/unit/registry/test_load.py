"""Reading: what one file or one cell can get wrong, and types."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from dagster_project import registry
from dagster_project.registry.spec import TABLES

HEADER = "body_id,name_zh,name_en"


@pytest.fixture
def seeds(tmp_path: Path) -> Path:
    for table in TABLES.values():
        folder = tmp_path / table.folder
        folder.mkdir(exist_ok=True)
        (folder / f"{table.name}.csv").write_text(",".join(table.names) + "\n", encoding="utf-8")
    return tmp_path


def load_bodies(seeds: Path, text: str | bytes) -> registry.Registry:
    data = text.encode() if isinstance(text, str) else text
    (seeds / "body/body.csv").write_bytes(data)
    return registry.load(seeds)


def told(loaded: registry.Registry) -> list[tuple[str, int, str, str]]:
    return [(one.file, one.line, one.column, one.rule) for one in loaded.findings]


def test_an_empty_registry_reads_without_findings(seeds):
    assert told(registry.load(seeds)) == []


@pytest.mark.parametrize(
    ("text", "line", "column", "rule"),
    [
        (f"{HEADER},colour\na,甲,A,red\n", 1, "colour", "unknown_column"),
        ("body_id,name_zh\na,甲\n", 1, "name_en", "missing_column"),
        (f"{HEADER}\na,甲\n", 2, "", "ragged_row"),
        (f"{HEADER}\na,甲,A\nb,乙,\n", 3, "name_en", "missing_translation"),
        (f"{HEADER}\na,甲,甲\n", 2, "name_en", "missing_translation"),
        (f"{HEADER}\n,甲,A\n", 2, "body_id", "missing_value"),
        (f"{HEADER}\na b,甲,A\n", 2, "body_id", "bad_value"),
        (f"{HEADER}\na,甲, A\n", 2, "name_en", "bad_value"),
        (f'{HEADER}\na,甲,"A\nB"\n', 2, "name_en", "bad_value"),
        (f'{HEADER}\na,甲,"A\n', 2, "", "unreadable_file"),
        (HEADER.encode() + b"\na,\xbc\xd7,A\n", 1, "", "unreadable_file"),
    ],
)
def test_findings_of_a_file(seeds, text, line, column, rule):
    found = told(load_bodies(seeds, text))
    assert ("body/body.csv", line, column, rule) in found
    assert {one[3] for one in found} <= {rule, "missing_translation"}


def test_lines_count_through_line_breaks_in_cells(seeds):
    found = told(load_bodies(seeds, f'{HEADER}\na,"甲\n乙",A\nb,丙,\n'))
    assert found == [
        ("body/body.csv", 2, "name_zh", "bad_value"),
        ("body/body.csv", 4, "name_en", "missing_translation"),
    ]


def test_parts_concatenate_and_keep_their_places(seeds):
    (seeds / "body/body.more.csv").write_text(f"\ufeff{HEADER}\nb,乙,B\n", encoding="utf-8")
    loaded = load_bodies(seeds, f"{HEADER}\na,甲,A\n")
    assert loaded["body"]["body_id"].tolist() == ["a", "b"]
    assert loaded.positions["body"].to_numpy().tolist() == [["body/body.csv", 2], ["body/body.more.csv", 2]]


def test_a_file_that_is_no_table_and_a_table_without_file(seeds):
    (seeds / "body/bodies.csv").write_text(HEADER, encoding="utf-8")
    (seeds / "flag/flag.csv").unlink()
    assert told(registry.load(seeds)) == [
        ("body/bodies.csv", 1, "", "unknown_table"),
        ("flag/flag.csv", 1, "", "missing_table"),
    ]


def test_cells_become_typed(seeds):
    (seeds / "region/peer_scheme.csv").write_text(
        "peer_scheme_id,name_zh,name_en,valid_from,valid_to,source_id\np,片,P,2020-01-01,,s\n", encoding="utf-8"
    )
    row = registry.load(seeds)["peer_scheme"].iloc[0]
    assert row["valid_from"] == pd.Timestamp("2020-01-01")
    assert row["valid_to"].isoformat() == "9999-12-31T00:00:00"


@pytest.mark.parametrize(
    ("column", "cell"),
    [
        ("bit", "two"),
        ("bit", "1.5"),
        ("bit", "0"),
    ],
)
def test_numbers(seeds, column, cell):
    (seeds / "flag/flag.csv").write_text(
        f"flag_id,bit,name_zh,name_en,meaning_zh,meaning_en\nf,{cell},旗,F,旗,F\n", encoding="utf-8"
    )
    loaded = registry.load(seeds)
    assert told(loaded) == [("flag/flag.csv", 2, column, "bad_value")]
    assert loaded["flag"][column].isna().all()


@pytest.mark.parametrize("cell", ["2025-02-30", "2025-2-3", "06.11.2025", "20251106"])
def test_dates(seeds, cell):
    (seeds / "region/region_alias.csv").write_text(
        f"alias,region_id,valid_from,valid_to,source_id\na,r,{cell},,s\n", encoding="utf-8"
    )
    assert told(registry.load(seeds)) == [("region/region_alias.csv", 2, "valid_from", "bad_value")]


def test_no_folder(tmp_path):
    with pytest.raises(FileNotFoundError, match="no registry at"):
        registry.load(tmp_path / "nowhere")
