"""Landing: take the files of a feed's inbox, check them, and commit each by one rename.

A file is prepared in `raw/.preparing/<uuid>/` and appears as `raw/<feed>/<file_id>/`, all of it or nothing; only then
does its name leave the inbox. Killed before the rename, the next landing starts the file again; killed after it, the
next landing finds the content landed and only removes the name.

Of several files some are prepared ahead on threads, in one database that shares memory and code lists; each is
committed in its turn. What does not come out of it clean is prepared again alone, and only that counts: neither a file
that damages the database nor one that fills its memory can spoil another.

Belongs here: folders, locks, the order of steps. Does not belong here: what is read and checked.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import stat
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Semaphore
from typing import Literal
from uuid import uuid4

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from dagster_project.ingest import ledger
from dagster_project.ingest.check import load_codes, rules_hash
from dagster_project.ingest.contract import Contract
from dagster_project.ingest.ledger import ACCEPTED, EMPTY, MANIFEST, QUARANTINE, Manifest
from dagster_project.ingest.read import KINDS
from dagster_project.ingest.reason import Reason, reason
from dagster_project.ingest.scan import scan
from dagster_project.ingest.separate import LostRowError, separate
from dagster_project.ingest.table import FINDING, apart, connect

PREPARING = ".preparing"
_ARROW_TYPES = {
    "VARCHAR": pa.string(),
    "DOUBLE": pa.float64(),
    "INTEGER": pa.int32(),
    "DATE": pa.date32(),
    "TIMESTAMP": pa.timestamp("us"),
}
_UNFINISHED = (".part", ".tmp", ".crdownload")


class LandError(RuntimeError):
    """Files that could not be landed, though nothing is wrong with them; they stay in the inbox, the others landed."""


@dataclass(frozen=True)
class LandedFile:
    """What became of one entry of the inbox. `left`: it stays there. The manifest is that of the content's landing."""

    feed: str
    name: str
    outcome: Literal["landed", "refused", "duplicate", "left"]
    manifest: Manifest | None = None
    why: Reason | None = None


@dataclass(frozen=True)
class _Run:
    contract: Contract
    inbox: Path
    raw: Path
    registry: Path
    memory_limit: str
    threads: int
    landed_on: date


@dataclass(frozen=True)
class _Database:
    """Where files are checked: it holds the code lists, which `rules` identifies together with the contract."""

    connection: duckdb.DuckDBPyConnection
    rules: str


@dataclass(frozen=True)
class _Prepared:
    """A file ready to be committed: `folder` is on the disk, all but the manifest, whose version is still open.

    `seen` is its signature in the inbox. Without a manifest: the content has been landed.
    """

    folder: Path
    seen: tuple[int, int, int] | None
    sha256: str
    rules: str
    manifest: Manifest | None = None
    why: Reason | None = None


def prepare(contracts: Iterable[Contract], landing: Path, raw: Path) -> None:
    """Make each feed's inbox, and its accepted file of no rows, so that every feed can be read before it has data.

    What a killed landing left behind is removed.
    """
    with locked(raw), _emptied(raw / PREPARING):
        for contract in contracts:
            _make_room(contract, landing, raw)


def waiting(contracts: Iterable[Contract], landing: Path) -> list[str]:
    """The feeds in whose inbox something lies that a landing looks at."""
    feeds = [contract.feed for contract in contracts]
    return [feed for feed in feeds if (landing / feed).is_dir() and _names(landing / feed)]


def unknown_feeds(contracts: Iterable[Contract], landing: Path) -> list[str]:
    """Entries of the landing folder that are no feed's inbox; what lies there is never read."""
    known = {contract.feed for contract in contracts}
    found = {path.name for path in landing.iterdir() if not path.name.startswith(".")} if landing.is_dir() else set()
    return sorted(found - known)


def land_feed(
    contract: Contract,
    landing: Path,
    raw: Path,
    registry: Path,
    now: datetime,
    memory_limit: str = "2GB",
    threads: int = 2,
) -> list[LandedFile]:
    """Land every file in `landing/<feed>/`, oldest first. `now` is aware, in the city's time zone, whose
    date is the day of landing; the files of a run are a microsecond apart.

    Hidden names and those of unfinished downloads (.part, .tmp) are passed over. Two landings into one `raw` wait for
    each other.

    Raises:
        CodeListError: a code list of the registry is missing.
        LandError: after the last file, when the disk, memory or this package failed some of them.
    """
    run = _Run(contract, landing / contract.feed, raw, registry, memory_limit, threads, now.date())
    with locked(raw), _emptied(raw / PREPARING):
        _make_room(contract, landing, raw)
        names = _names(run.inbox)
        earlier = ledger.read(raw, contract.feed) if names else []
        files = [(name, now.astimezone(UTC) + timedelta(microseconds=count)) for count, name in enumerate(names)]
        landed: list[LandedFile] = []
        failed: list[str] = []
        with _preparing(run, files, earlier) as takes:
            for name, take in zip(names, takes, strict=True):
                try:
                    file = _land_file(run, name, take, earlier)
                    if file.manifest and file.outcome in ("landed", "refused"):
                        earlier.append(file.manifest)
                    landed.append(file)
                except (OSError, duckdb.Error, LostRowError) as error:
                    failed.append(f"{run.inbox / name}: {error}")
    if failed:
        raise LandError(
            "Nothing of these files was landed. Make room, mend the rights, or report the fault; then land again.\n"
            + "\n".join(failed)
        )
    return landed


@contextmanager
def _preparing(
    run: _Run, files: list[tuple[str, datetime]], earlier: list[Manifest]
) -> Iterator[list[Callable[[], _Prepared]]]:
    """For each file the call that hands it over prepared; `earlier` may have grown by then.

    A file that comes alone is prepared in that call, on the thread of the caller and with all the memory.
    """
    workers = max(1, min(run.threads, len(files)))
    turns = Semaphore(workers)
    known = [*earlier]

    def alone(name: str, at: datetime) -> _Prepared:
        with ExitStack() as stack:
            for _ in range(workers):  # two databases would take the memory twice
                stack.enter_context(turns)
            return _prepare(run, stack.enter_context(_database(run)), name, at, earlier)

    def ahead(database: _Database, name: str, at: datetime) -> _Prepared | None:
        with turns, suppress(OSError, duckdb.Error, LostRowError):
            if _odd_kind(run.inbox / name):
                return None
            prepared = _prepare(run, database, name, at, known)
            if prepared.manifest is None or prepared.manifest.state == "landed":
                return prepared
            shutil.rmtree(prepared.folder.parent)
        return None

    def take(future: Future[_Prepared | None], name: str, at: datetime) -> _Prepared:
        prepared = future.result()
        if prepared and (prepared.manifest or _already(earlier, _shown(name), prepared.sha256, prepared.rules)):
            return prepared
        return alone(name, at)

    if len(files) < 2:
        yield [partial(alone, *file) for file in files]
        return
    with _database(run) as database:
        pool = ThreadPoolExecutor(workers)
        try:
            yield [partial(take, pool.submit(ahead, database, *file), *file) for file in files]
        finally:
            pool.shutdown(cancel_futures=True)


@contextmanager
def _database(run: _Run) -> Iterator[_Database]:
    with connect(run.raw / PREPARING / uuid4().hex, run.memory_limit, run.threads) as connection:
        load_codes(connection, run.contract, run.registry)
        yield _Database(connection, rules_hash(connection, run.contract))


def _prepare(run: _Run, database: _Database, name: str, at: datetime, earlier: list[Manifest]) -> _Prepared:
    path = run.inbox / name
    folder = run.raw / PREPARING / uuid4().hex / "file"  # one level deeper than where the ledger looks for manifests
    folder.mkdir(parents=True)
    try:
        suffix = path.suffix.lower() if path.suffix.lower() in KINDS else ""
        original = folder / f"original{suffix}"
        seen = _signature(path)
        _keep(path, original)
        facts = scan(original)
        if _already(earlier, _shown(name), facts.sha256, database.rules):
            return _Prepared(folder, seen, facts.sha256, database.rules)
        with TemporaryDirectory(dir=folder.parent) as scratch, apart(database.connection) as con:
            manifest, why = separate(
                con,
                run.contract,
                folder,
                Path(scratch),
                facts,
                kind=KINDS.get(suffix, path.suffix.lower()[:20]),
                landed_on=run.landed_on,
                identity={
                    "file_id": f"{at:%Y%m%dT%H%M%S%f}-{facts.sha256[:12]}",
                    "feed": run.contract.feed,
                    "name": _shown(name),
                    "version": 1,
                    "landed_at": at,
                    "rules": database.rules,
                },
            )
        for file in folder.iterdir():
            _sync(file)
    except BaseException:
        shutil.rmtree(folder.parent, ignore_errors=True)
        raise
    return _Prepared(folder, seen, facts.sha256, database.rules, manifest, why)


def _land_file(run: _Run, name: str, take: Callable[[], _Prepared], earlier: list[Manifest]) -> LandedFile:
    feed, path, shown = run.contract.feed, run.inbox / name, _shown(name)
    if kind := _odd_kind(path):
        return LandedFile(feed, shown, "left", why=reason("path", kind=kind))
    file = take()
    try:
        if same := _already(earlier, shown, file.sha256, file.rules):
            if _signature(path) == file.seen:
                path.unlink()
            return LandedFile(feed, shown, "duplicate", same, reason("already", file_id=same.file_id))
        if _signature(path) != file.seen or not file.manifest:
            return LandedFile(feed, shown, "left", why=reason("unsettled"))
        version = 1 + sum(manifest.name == shown for manifest in earlier)
        manifest = file.manifest.model_copy(update={"version": version})
        (file.folder / MANIFEST).write_text(manifest.model_dump_json(indent=1), encoding="utf-8")
        _commit(file.folder, run.raw / manifest.folder)
        if _signature(path) == file.seen:
            path.unlink()
        return LandedFile(feed, shown, manifest.state, manifest, file.why)
    finally:
        shutil.rmtree(file.folder.parent, ignore_errors=True)


def _already(earlier: list[Manifest], name: str, sha256: str, rules: str) -> Manifest | None:
    """The landing that makes this one needless.

    The newest file of the same name decides (so a withdrawn correction can be undone by the old file), else any of the
    same content. Where rows were kept out, other rules may let them in: then the file is worth landing again.
    """
    named = [manifest for manifest in earlier if manifest.name == name]
    same = [manifest for manifest in (named[-1:] or earlier) if manifest.sha256 == sha256]
    whole = [m for m in same if m.rules == rules or (m.state == "landed" and m.quarantined == 0)]
    return whole[-1] if whole else None


def _shown(name: str) -> str:
    """A name as text that can be printed and stored."""
    return name.encode("utf-8", "backslashreplace").decode()


def _names(inbox: Path) -> list[str]:
    with os.scandir(inbox) as found:
        entries = [
            entry
            for entry in found
            if not entry.name.startswith((".", "~$")) and not entry.name.lower().endswith(_UNFINISHED)
        ]
    return [entry.name for entry in sorted(entries, key=lambda e: (e.stat(follow_symlinks=False).st_mtime_ns, e.name))]


def _odd_kind(path: Path) -> str | None:
    """What the entry is when it is not a plain readable file."""
    mode = path.lstat().st_mode
    if stat.S_ISREG(mode):
        return None if os.access(path, os.R_OK) else "a file without read permission"
    return {stat.S_IFLNK: "a link", stat.S_IFDIR: "a folder"}.get(stat.S_IFMT(mode), "a device or pipe")


def _signature(path: Path) -> tuple[int, int, int] | None:
    """Changes whenever the entry is replaced or written to; None when it is gone."""
    try:
        status = path.lstat()
    except FileNotFoundError:
        return None
    return status.st_ino, status.st_size, status.st_mtime_ns


def _keep(path: Path, original: Path) -> None:
    """The bytes as they came: a second name of the same file, or a copy where the folders lie on two disks."""
    try:
        os.link(path, original, follow_symlinks=False)
    except OSError:
        source = os.open(path, os.O_RDONLY | os.O_NOFOLLOW)
        with os.fdopen(source, "rb") as file, original.open("xb") as target:
            shutil.copyfileobj(file, target, 1 << 20)


def _make_room(contract: Contract, landing: Path, raw: Path) -> None:
    (landing / contract.feed).mkdir(parents=True, exist_ok=True)
    kept_out = {"file": "VARCHAR", **FINDING}
    for name, types in ((ACCEPTED, contract.sql_types()), (QUARANTINE, kept_out)):
        schema = pa.schema([(column, _ARROW_TYPES[kind]) for column, kind in types.items()])
        placed = raw / contract.feed / EMPTY / name
        if placed.is_file() and pq.read_schema(placed).equals(schema):
            continue
        placed.parent.mkdir(parents=True, exist_ok=True)
        beside = placed.with_suffix(".part")
        pq.write_table(schema.empty_table(), beside)
        beside.replace(placed)


def _commit(folder: Path, final: Path) -> None:
    """Make `folder` appear as `final`, with everything in it already on the disk: `_prepare` wrote all but these."""
    for path in (folder / MANIFEST, folder):
        _sync(path)
    final.parent.mkdir(parents=True, exist_ok=True)
    folder.rename(final)
    _sync(final.parent)


def _sync(path: Path) -> None:
    number = os.open(path, os.O_RDONLY)
    try:
        os.fsync(number)
    finally:
        os.close(number)


@contextmanager
def _emptied(folder: Path) -> Iterator[None]:
    """`folder` is there, empty before and after."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(exist_ok=True)
    try:
        yield
    finally:
        for entry in folder.iterdir():
            shutil.rmtree(entry, ignore_errors=True)


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold `folder` alone; waits for another landing to end. The system frees the lock of a killed process."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / ".lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
