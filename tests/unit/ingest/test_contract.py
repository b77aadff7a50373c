"""Contracts: the seven that ship, and what is said of one that cannot be used."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from dagster_project.ingest.contract import FOLDER, ContractError, load_contracts

ROOT = Path(__file__).resolve().parents[3]


def test_published_feeds_with_their_business_keys() -> None:
    contracts = load_contracts(ROOT / "dbt").items()
    keys = {feed: contract.key for feed, contract in contracts if not contract.simulated}
    assert keys == {
        "air_ranking": ("period", "area", "metric", "side", "region"),
        "bulletin": ("region", "period", "item"),
        "census": ("region", "year"),
        "divisions": ("town_code", "as_of_year"),
        "gdp_annual": ("region", "year"),
        "land_area": ("region", "year"),
        "population_annual": ("region", "year"),
    }


def test_every_published_file_has_the_columns_of_its_contract() -> None:
    contracts = {feed: each for feed, each in load_contracts(ROOT / "dbt").items() if not each.simulated}
    files = sorted((ROOT / "seeds/published").glob("*/*.csv"))
    assert {path.parent.name for path in files} == set(contracts)
    for path in files:
        header = path.read_text(encoding="utf-8").splitlines()[0].split(",")
        assert sorted(header) == sorted(contracts[path.parent.name].names), path


def _edit_table(table: dict) -> dict:
    return table["config"]["meta"]


def _edit_column(table: dict) -> dict:
    return table["columns"][2]["config"]["meta"]


def _edit_name(table: dict) -> dict:
    return table["columns"][2]


@pytest.mark.parametrize(
    ("where", "change", "said"),
    [
        (
            _edit_name,
            {"name": "order"},
            "columns.2: Value error, order is a reserved word of SQL; name the column otherwise",
        ),
        (_edit_name, {"name": "at"}, "at is a reserved word of SQL"),
        (_edit_column, {"range": [0, "many"]}, "columns.2.range.1"),
        (_edit_column, {"colour": "red"}, "columns.2.colour: Extra inputs are not permitted"),
        (_edit_column, {"allowed": "planets"}, "planets is no code list"),
        (_edit_column, {"format": "period"}, "format period and moment to varchar"),
        (_edit_column, {"separator": ";"}, "allowed, pattern and separator belong to varchar columns"),
        (_edit_column, {"key": True, "required": False}, "a key column is required"),
        (_edit_table, {"known_at": "note"}, "known_at: note is no date column"),
        (_edit_table, {"owner": ""}, "owner"),
    ],
)
def test_a_faulty_contract_is_named_with_the_place(
    tmp_path: Path, where: Callable[[dict], dict], change: dict, said: str
) -> None:
    document = yaml.safe_load((ROOT / "dbt" / FOLDER / "gdp_annual.yml").read_text(encoding="utf-8"))
    where(document["sources"][0]["tables"][0]).update(change)
    path = tmp_path / FOLDER / "gdp_annual.yml"
    path.parent.mkdir(parents=True)
    path.write_text(yaml.safe_dump(document), encoding="utf-8")
    with pytest.raises(ContractError) as caught:
        load_contracts(tmp_path)
    assert str(path) in str(caught.value)
    assert said in str(caught.value)


@pytest.mark.parametrize("text", ["", "sources: []", "sources: [{name: raw}]", "a: b: c", "- 1"])
def test_a_file_that_is_no_contract_is_named(tmp_path: Path, text: str) -> None:
    path = tmp_path / FOLDER / "odd.yml"
    path.parent.mkdir(parents=True)
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ContractError, match=r"odd\.yml: not a contract"):
        load_contracts(tmp_path)


def test_a_folder_without_contracts_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ContractError, match="no contract"):
        load_contracts(tmp_path)
