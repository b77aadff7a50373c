"""The files of a month: the same from one seed whatever was made before and by how many, and fit to land."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from dagster_project.ingest.contract import CODE_LISTS
from dagster_project.ingest.land import land_feed
from dagster_project.settings import Settings
from dagster_project.simulate import pool, run
from dagster_project.simulate.faults import TRUTH
from dagster_project.simulate.run import Simulation, SimulationError, simulate
from dagster_project.simulate.statements import statement
from dagster_project.simulate.world import Month, months

if TYPE_CHECKING:
    from conftest import City, Series

    from dagster_project.simulate.world import World

# Feeds that are soon made: a statement, a register and a return.
FEW = ("app_login", "plan_activation", "law_month")


def test_a_month_made_alone_is_the_one_made_in_a_series(city: City, series: Series, tmp_path: Path) -> None:
    made = city.maker(tmp_path)(series.made.month)
    alone = city.contents(tmp_path)
    assert len(alone) == made.files > len(city.contracts) // 2
    assert {name: digest for name, digest in city.contents(series.landing).items() if name in alone} == alone
    assert made.truth == series.made.truth


def test_another_seed_gives_another_city(city: City, series: Series, tmp_path: Path) -> None:
    city.maker(tmp_path, *FEW, seed=city.seed + 1)(series.made.month)
    other, same = city.contents(tmp_path), city.contents(series.landing)
    assert other and all(digest != same.get(name) for name, digest in other.items())


def simulated(
    city: City, folder: Path, count: int, processes: int, say: Callable[[str], None] = lambda line: None
) -> Simulation:
    def world_of(seed: int, share: float) -> World:
        return city.seeded(seed)

    chosen = {name: city.contracts[name] for name in FEW}
    memory, landing = folder / "simulation", folder / "landing"
    return simulate("small", city.seed, count, memory, landing, world_of, chosen, say, processes)


def test_months_by_quarter() -> None:
    assert [len(run) for run in pool.runs(months(8))] == [2, 3, 3]


def test_the_number_of_processes_changes_nothing_nor_does_a_stop_at_any_month(city: City, tmp_path: Path) -> None:
    whole = simulated(city, tmp_path / "one", 5, 1)
    assert (whole.months, whole.clock) == (tuple(month.id for month in months(5)), date(2025, 10, 31))

    lines: list[str] = []

    def stop(line: str) -> None:
        lines.append(line)
        if len(lines) == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        simulated(city, tmp_path / "two", 5, 2, stop)
    remembered = Simulation.read(tmp_path / "two" / "simulation")
    assert remembered and remembered.months == ("2025M05", "2025M06")
    assert remembered.clock == date(2025, 7, 31)
    assert lines[0].startswith("2025M05: ") and lines[0].endswith(" rows/s)")
    assert simulated(city, tmp_path / "two", 5, 2) == whole
    assert city.contents(tmp_path / "two") == city.contents(tmp_path / "one")


def test_a_simulation_goes_on_but_never_as_another_one(
    city: City, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "simulation"
    Simulation("small", city.seed, ("2025M09",), date(2025, 10, 31)).write(folder)
    assert Settings(data=tmp_path).today == date(2025, 10, 31)
    assert Settings(data=tmp_path).simulated_from == date(2025, 9, 1)
    monkeypatch.setattr(run, "Maker", None)  # nothing is made again
    assert simulated(city, tmp_path, 1, 1).months == ("2025M09",)
    for scale, seed, count in (("demo", city.seed, 1), ("small", city.seed + 1, 1), ("small", city.seed, 2)):
        with pytest.raises(SimulationError, match="--scale small --seed 7"):
            simulate(scale, seed, count, folder, tmp_path, lambda *_: city.world, {}, print)


def test_a_shorter_simulation_goes_on_beyond_the_demonstration(
    city: City, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Simulation("small", city.seed, ("2025M08", "2025M09"), date(2025, 10, 31)).write(tmp_path / "simulation")
    monkeypatch.setattr(run, "Maker", Silent)
    simulation = simulated(city, tmp_path, 38, 1)
    assert (simulation.months, simulation.clock) == (("2025M08", "2025M09", "2025M10", "2025M11"), date(2025, 12, 31))


class Silent:
    """Makes months without files."""

    def __init__(self, *_: object) -> None:
        pass

    def __call__(self, month: Month) -> run.Made:
        return run.Made(month, 0, 1, 1.0, [])


def test_what_was_not_accepted_yet_comes_with_a_later_month(city: City, tmp_path: Path) -> None:
    """The returns of 2025 are due on the first of March: some have come in January, the others come until they are
    whole, each row once."""
    maker = city.maker(tmp_path, "party_year")
    truth = {month: maker(month).truth for month in (Month(2025, 12), Month(2026, 1), Month(2026, 2), Month(2026, 3))}
    files = sorted(path.name for path in (tmp_path / "party_year").iterdir())
    assert files == [
        "party_year_2025.csv",
        "party_year_2025_supplement_2026M01.csv",
        "party_year_2025_supplement_2026M02.csv",
    ]
    frames = [pd.read_csv(tmp_path / "party_year" / name, encoding_errors="replace", dtype="str") for name in files]
    expected = sum(len(rows) for _, rows in maker.returns.due("party_year", Month(2025, 12)))
    came = pd.concat(frames)
    came = came[came["submission"].eq("1") & ~came["item"].str.endswith("_old")]
    keys = came.drop_duplicates(["region", "item"])
    assert expected - 3 <= len(keys) <= expected
    assert [frame["published_on"].between(*days).all() for frame, days in zip(frames, ACCEPTED, strict=True)]
    # Nobody is late before the day on which the return is due.
    kinds = {month: {row[0] for row in rows} & {"late", "missing"} for month, rows in truth.items()}
    assert kinds == {Month(2025, 12): set(), Month(2026, 1): set(), Month(2026, 2): {"late"}, Month(2026, 3): set()}


ACCEPTED = (("2026-01-01", "2026-01-31"), ("2026-02-01", "2026-02-28"), ("2026-03-01", "2026-03-31"))


def test_the_truth_names_what_there_is(city: City, series: Series) -> None:
    tables = city.world.tables
    truth = pd.DataFrame(series.made.truth, columns=TRUTH)
    assert len(truth) > 20
    assert set(truth["feed"]) <= set(city.contracts)
    assert set(truth["measure_id"]) <= {"", *tables["measure"]["measure_id"]}
    assert set(truth["unit_id"]) <= {"", *city.world.city(series.made.month)["unit_id"], "500000"}
    strange = truth["kind"].eq("unknown_code") & truth["region_id"].eq("509999999")
    assert set(truth.loc[~strange, "region_id"]) <= {"", *tables["region"]["region_id"]}
    for feed, file in truth.loc[truth["file"].ne(""), ["feed", "file"]].itertuples(index=False):
        assert (series.landing / feed / file).is_file(), f"{feed}/{file}"


@pytest.fixture(scope="module")
def code_lists(city: City, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The registry's lists that landings check codes against."""
    folder = tmp_path_factory.mktemp("registry")
    for table, _ in CODE_LISTS.values():
        pq.write_table(
            pa.Table.from_pandas(city.world.tables[table], preserve_index=False), folder / f"{table}.parquet"
        )
    return folder


def test_statements_land_and_only_planted_rows_are_kept_out(
    city: City, series: Series, code_lists: Path, tmp_path: Path
) -> None:
    now = datetime(2025, 10, 31, 12, tzinfo=UTC)
    truth = pd.DataFrame(series.made.truth, columns=TRUTH)
    planted = truth[truth["kind"].isin(["duplicate", "unknown_code"])].value_counts(["feed", "kind"])
    statements = [contract for contract in city.contracts.values() if "item" not in contract.names]
    assert sum(planted.get(contract.feed, pd.Series(dtype=int)).sum() for contract in statements) > 0
    for contract in statements:
        name = f"{contract.feed}_{series.made.month.id}.parquet"
        inbox = tmp_path / "landing" / contract.feed
        inbox.mkdir(parents=True)
        (inbox / name).hardlink_to(series.landing / contract.feed / name)
        (file,) = land_feed(contract, tmp_path / "landing", tmp_path / "raw", code_lists, now)
        assert file.outcome == "landed" and file.manifest, f"{contract.feed}: {file.why}"
        wanted = {kind: planted.get((contract.feed, kind), 0) for kind in ("duplicate", "unknown_code")}
        found = {
            "duplicate": file.manifest.reasons.get("duplicate", 0),
            "unknown_code": file.manifest.reasons.get("allowed", 0),
        }
        assert found == wanted, f"{contract.feed}: {file.manifest.reasons}"
        assert file.manifest.quarantined == sum(wanted.values())


def test_a_statement_of_other_columns_than_its_contract_is_not_written(city: City, series: Series) -> None:
    contract = city.contracts["app_login"]
    kept = tuple(column for column in contract.columns if column.name != "region")
    short = contract.model_copy(update={"columns": kept})
    with pytest.raises(ValueError, match="app_login: columns"):
        statement(city.world, short, series.made.month)


def test_streams_of_chance_are_told_apart_by_their_names(city: City) -> None:
    world = city.world
    draws = [world.rng(*names).random() for names in (("a",), ("b",), ("a", 1), ("a", "2"))]
    assert len(set(draws)) == 4
    assert world.rng("a").random() == draws[0]
    assert city.seeded(city.seed + 1).rng("a").random() != draws[0]
