"""Files as a whole: refused, repeated, corrected, odd entries of the inbox, and the ledger's proof."""

from __future__ import annotations

import io
import os
import shutil
import zipfile
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from dagster_project.ingest import binary, land, ledger
from dagster_project.ingest.check import CodeListError
from dagster_project.ingest.land import LandError, prepare, unknown_feeds, waiting

if TYPE_CHECKING:
    from conftest import World

LINE = "渝中区,2022,,1,,,,2023-03-01"
LATER = datetime(2025, 7, 1, 12, tzinfo=UTC)


def _zip(**members: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("name", "content", "code", "rows"),
    [
        ("a.csv", b"", "empty", 0),
        ("a.csv", b"region,year\n1,2\n3,4\n", "columns", 2),
        ("a.csv", b"region,year,value,published_on,colour\n", "columns", 0),
        ("a.csv", b"region,region,year,value,published_on\n1,1,1,1,1\n", "columns", 1),
        ("a.csv", b'"never closed\n1,2\n', "unreadable", 0),
        ("a.csv", b"PK\x03\x04\x00\x00", "columns", 0),
        ("a.csv", bytes(range(256)), "columns", 1),
        ("a.txt", b"region\n", "kind", 0),
        ("a", b"region\n", "kind", 0),
        ("..sh.csv.exe", b"region\n", None, 0),
        ("a.parquet", b"PAR1 no", "unreadable", 0),
        ("a.xlsx", b"PK\x03\x04 no", "unreadable", 0),
        ("a.xlsx", _zip(a=b"no workbook"), "unreadable", 0),
        ("a.jsonl", b"", "empty", 0),
    ],
)
def test_a_file_that_cannot_be_taken_is_refused_and_kept(
    world: World, name: str, content: bytes, code: str | None, rows: int
) -> None:
    world.drop("good.csv", f"region,year,value,published_on\n{LINE.replace(',,', ',', 1)[:9]},1,2023-03-01\n")
    world.drop(name, content)
    files = {file.name: file for file in world.land()}
    assert files["good.csv"].outcome == "landed"
    if code is None:
        assert name not in files
        return
    file = files[name]
    assert file.outcome == "refused"
    assert file.why
    assert file.why.code == code
    assert file.manifest
    assert (file.manifest.state, file.manifest.landed, file.manifest.quarantined) == ("refused", rows, rows)
    folder = world.raw / file.manifest.folder
    (original,) = folder.glob("original*")
    assert original.read_bytes() == content
    assert not (folder / "accepted.parquet").exists()
    assert (None, None, code) in world.findings()
    assert ledger.prove(world.raw) == []
    assert not (world.inbox / name).exists()


def test_a_workbook_that_unpacks_to_too_much_is_refused(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(binary, "UNPACKED_LIMIT_BYTES", 1000)
    file = world.land_one("a.xlsx", _zip(a=b"0" * 2000))
    assert file.why
    assert file.why.code == "too_large"


def test_links_folders_and_pipes_are_left_and_named(world: World, tmp_path: Path) -> None:
    secret = tmp_path / "secret.csv"
    secret.write_text("region,year,value,published_on\n")
    (world.inbox / "link.csv").symlink_to(secret)
    (world.inbox / "folder.csv").mkdir()
    os.mkfifo(world.inbox / "pipe.csv")
    files = {file.name: file for file in world.land()}
    assert set(files) == {"link.csv", "folder.csv", "pipe.csv"}
    for file in files.values():
        assert file.outcome == "left"
        assert file.why
        assert file.why.code == "path"
    assert ledger.read(world.raw) == []


def test_hidden_and_unfinished_names_are_passed_over(world: World, rows: Callable[..., str]) -> None:
    for name in (".hidden.csv", "a.csv.part", "a.tmp", "~$a.xlsx"):
        world.drop(name, rows(LINE))
    assert world.land() == []
    assert len(list(world.inbox.iterdir())) == 4


def test_a_hostile_name_is_only_ever_text(world: World, rows: Callable[..., str]) -> None:
    name = "a';DROP TABLE cells;--\n\"$(id).csv"
    file = world.land_one(name, rows(LINE))
    assert file.manifest
    assert file.manifest.name == name
    assert len(world.accepted()) == 1
    os.close(os.open(os.fsencode(world.inbox) + b"/\xff.csv", os.O_CREAT | os.O_WRONLY))
    (file,) = world.land()
    assert (file.name, file.outcome) == ("\\udcff.csv", "refused")


def test_the_same_content_twice_is_a_no_op(world: World, rows: Callable[..., str]) -> None:
    first = world.land_one("a.csv", rows(LINE))
    for name in ("a.csv", "copy of a.csv"):
        again = world.land_one(name, rows(LINE), LATER)
        assert (again.outcome, again.manifest) == ("duplicate", first.manifest)
        assert not (world.inbox / name).exists()
    assert len(world.accepted()) == 1
    assert ledger.totals(world.raw)["figures"].landed == 1


def test_a_corrected_file_is_a_new_version_and_may_be_taken_back(world: World, rows: Callable[..., str]) -> None:
    old, new = rows(LINE), rows(LINE.replace(",1,", ",2,"))
    versions = []
    for day, content in enumerate((old, new, old)):
        file = world.land_one("a.csv", content, LATER + timedelta(days=day))
        assert file.manifest
        versions.append((file.outcome, file.manifest.version))
    assert versions == [("landed", 1), ("landed", 2), ("landed", 3)]
    assert [value for (value,) in world.accepted("value")] == [1, 2, 1]


def test_files_of_one_run_are_ordered_in_time(world: World, rows: Callable[..., str]) -> None:
    for number in (3, 1, 2):
        os.utime(world.drop(f"{number}.csv", rows(LINE.replace(",1,", f",{number},"))), (number, number))
    files = world.land()
    assert [file.name for file in files] == ["1.csv", "2.csv", "3.csv"]
    assert [value for (value,) in world.accepted("value")] == [1, 2, 3]
    assert len({moment for (moment,) in world.accepted("_landed_at")}) == 3


def test_a_file_with_rows_kept_out_lands_again_under_new_rules_only(world: World, rows: Callable[..., str]) -> None:
    text = rows(LINE, LINE.replace("渝中区", "Atlantis"))
    assert world.land_one("a.csv", text).outcome == "landed"
    assert world.land_one("a.csv", text, LATER).outcome == "duplicate"
    world.codes("region_alias", "alias", ["渝中区", "Atlantis"])
    file = world.land_one("a.csv", text, LATER)
    assert file.manifest
    assert (file.outcome, file.manifest.version, file.manifest.accepted) == ("landed", 2, 2)
    world.codes("region_alias", "alias", ["渝中区", "Atlantis", "Utopia"])
    assert world.land_one("a.csv", text, LATER).outcome == "duplicate"


def test_a_file_changed_while_it_is_read_is_left(
    world: World, rows: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = world.drop("a.csv", rows(LINE))
    separate = land.separate

    def slow(*arguments: object, **named: object) -> object:
        with path.open("a") as file:
            file.write(LINE.replace("2022", "2021") + "\n")
        return separate(*arguments, **named)

    monkeypatch.setattr(land, "separate", slow)
    (file,) = world.land()
    assert (file.outcome, file.why and file.why.code) == ("left", "unsettled")
    monkeypatch.undo()
    (file,) = world.land()
    assert file.manifest
    assert (file.outcome, file.manifest.accepted) == ("landed", 2)


def test_a_copy_is_kept_where_links_cannot_be_made(
    world: World, rows: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_link(*_: object, **__: object) -> None:
        raise OSError(18, "Invalid cross-device link")

    monkeypatch.setattr(os, "link", no_link)
    assert world.land_one("a.csv", rows(LINE)).outcome == "landed"
    assert len(world.accepted()) == 1


def test_a_full_disk_says_so_and_loses_nothing(
    world: World, rows: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    world.drop("a.csv", rows(LINE))
    world.drop("b.csv", rows(LINE.replace("2022", "2021")))
    commit = land._commit

    def full(folder: Path, final: Path) -> None:
        if len(ledger.read(world.raw)) == 0:
            raise OSError(28, "No space left on device")
        commit(folder, final)

    calls = iter([full, commit])
    monkeypatch.setattr(land, "_commit", lambda folder, final: next(calls)(folder, final))
    with pytest.raises(LandError, match=r"Make room[\s\S]*a\.csv.*No space left"):
        world.land()
    assert [manifest.name for manifest in ledger.read(world.raw)] == ["b.csv"]
    monkeypatch.undo()
    assert [file.name for file in world.land()] == ["a.csv"]
    assert len(world.accepted()) == 2
    assert not list((world.raw / land.PREPARING).iterdir())


def test_a_missing_code_list_stops_before_anything_is_taken(world: World, rows: Callable[..., str]) -> None:
    (world.registry / "flag.parquet").unlink()
    world.drop("a.csv", rows(LINE))
    with pytest.raises(CodeListError, match=r"flag\.parquet is missing: column flag of feed figures"):
        world.land()
    assert (world.inbox / "a.csv").exists()


def test_every_feed_can_be_read_before_it_has_data(world: World) -> None:
    prepare([world.contract], world.landing, world.raw)
    path = world.raw / "figures" / "_empty" / "accepted.parquet"
    assert pq.read_schema(path).names == [*world.contract.names, "_file_id", "_row", "_landed_at"]
    assert pq.read_schema(path).field("persons").type == pa.int32()
    before = path.stat()
    prepare([world.contract], world.landing, world.raw)
    assert path.stat().st_ino == before.st_ino
    assert world.accepted() == []


def test_what_a_killed_landing_left_goes_without_a_new_file(world: World) -> None:
    (world.raw / land.PREPARING / "killed" / "file").mkdir(parents=True)
    prepare([world.contract], world.landing, world.raw)
    assert not list((world.raw / land.PREPARING).iterdir())


def test_a_feed_waits_for_whatever_a_landing_looks_at(world: World) -> None:
    world.drop("a.csv.part", b"")
    assert waiting([world.contract], world.landing) == []
    (world.inbox / "folder").mkdir()
    assert waiting([world.contract], world.landing) == ["figures"]
    assert waiting([world.contract], world.landing / "elsewhere") == []


def test_folders_of_no_feed_are_named(world: World) -> None:
    (world.landing / "figurs").mkdir()
    assert unknown_feeds([world.contract], world.landing) == ["figurs"]


def test_the_ledger_finds_a_lost_row(world: World, rows: Callable[..., str]) -> None:
    file = world.land_one("a.csv", rows(LINE, LINE.replace("2022", "2021")))
    assert file.manifest
    accepted = world.raw / file.manifest.folder / "accepted.parquet"
    pq.write_table(pq.read_table(accepted).slice(1), accepted)
    (fault,) = ledger.prove(world.raw)
    assert "hold 1 accepted and 0 quarantined rows, the manifest says 2 and 0" in fault


def test_totals_count_files_rows_and_reasons(world: World, rows: Callable[..., str]) -> None:
    world.land_one("a.csv", rows(LINE, LINE.replace(",1,", ",x,")))
    world.land_one("b.csv", b"nothing", LATER)
    total = ledger.totals(world.raw)["figures"]
    assert (total.files, total.refused_files, total.landed, total.accepted, total.quarantined) == (2, 1, 2, 1, 1)
    assert total.reasons == {"type": 1, "columns": 1}
    assert total.last_landed_at == LATER


def test_the_ledger_says_which_periods_a_file_speaks_of(world: World, rows: Callable[..., str]) -> None:
    early = LINE.replace("2022", "2021").replace("2023-03-01", "2022-03-01")
    kept_out = LINE.replace("2022", "2024").replace(",1,", ",x,")
    world.land_one("a.csv", rows(LINE, early, kept_out))
    world.land_one("b.csv", rows(kept_out), LATER)
    world.land_one("c.csv", b"nothing", LATER + timedelta(days=1))
    known = [(["2021", "2022"], date(2023, 3, 1)), ([], None), ([], None)]
    assert [(one.periods, one.published_last) for one in ledger.read(world.raw)] == known
    ledger.write_tables(world.raw)
    table = pq.read_table(world.raw / "ledger.parquet").to_pylist()
    assert [(row["periods"], row["published_last"]) for row in table] == known
    assert {row["sliced"] for row in table} == {True}


def test_where_the_key_has_no_period_none_are_told(world: World, rows: Callable[..., str]) -> None:
    columns = [column.model_copy(update={"format": None}) for column in world.contract.columns]
    world.contract = world.contract.model_copy(update={"columns": tuple(columns)})
    world.land_one("a.csv", rows(LINE))
    ledger.write_tables(world.raw)
    (row,) = pq.read_table(world.raw / "ledger.parquet").to_pylist()
    assert (row["sliced"], row["periods"], row["published_last"]) == (False, None, date(2023, 3, 1))


def test_raw_can_be_moved_as_a_whole(world: World, rows: Callable[..., str], tmp_path: Path) -> None:
    world.land_one("a.csv", rows(LINE))
    shutil.move(world.raw, tmp_path / "elsewhere")
    assert ledger.prove(tmp_path / "elsewhere") == []
    assert len(ledger.read(tmp_path / "elsewhere")) == 1
