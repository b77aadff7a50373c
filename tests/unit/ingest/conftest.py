"""A small city's feed, its inbox and its registry, for tests of the ingest package."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from dagster_project.ingest import ledger
from dagster_project.ingest.contract import Contract
from dagster_project.ingest.land import LandedFile, land_feed

NOW = datetime(2025, 6, 30, 12, tzinfo=UTC)
HEADER = "region,year,period,value,persons,flag,note,published_on"

FIGURES = Contract.model_validate(
    {
        "feed": "figures",
        "description": "figures of a small city",
        "label_zh": "数据",
        "owner": "stats",
        "cadence": "year",
        "due_day": 60,
        "simulated": False,
        "known_at": "published_on",
        "columns": [
            {"name": name, "type": kind, "description": name, "label_zh": label, **rules}
            for name, kind, label, rules in [
                ("region", "varchar", "地区", {"key": True, "required": True, "allowed": "region_alias"}),
                ("year", "integer", "年份", {"key": True, "required": True, "format": "year"}),
                ("period", "varchar", "时期", {"format": "period"}),
                ("value", "double", "数值", {"required": True, "range": [0, 1000]}),
                ("persons", "integer", "人数", {}),
                ("flag", "varchar", "标记", {"allowed": "flag", "separator": ";"}),
                ("note", "varchar", "备注", {}),
                ("published_on", "date", "发布日期", {"required": True}),
            ]
        ],
    }
)


class World:
    """Folders of one landing, with shorthands to drop, land and look."""

    def __init__(self, root: Path) -> None:
        self.contract = FIGURES
        self.landing, self.raw, self.registry = root / "landing", root / "raw", root / "registry"
        self.inbox = self.landing / "figures"
        self.inbox.mkdir(parents=True)
        self.registry.mkdir()
        self.codes("region_alias", "alias", ["渝中区", "开州区", "开县", "Yubei"])
        self.codes("flag", "flag_id", ["estimated", "suspect"])

    def codes(self, table: str, column: str, values: list[str]) -> None:
        pq.write_table(pa.table({column: values}), self.registry / f"{table}.parquet")

    def drop(self, name: str, content: bytes | str) -> Path:
        path = self.inbox / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    def land(self, now: datetime = NOW) -> list[LandedFile]:
        return land_feed(self.contract, self.landing, self.raw, self.registry, now)

    def land_one(self, name: str, content: bytes | str, now: datetime = NOW) -> LandedFile:
        self.drop(name, content)
        (file,) = self.land(now)
        assert ledger.prove(self.raw) == []
        return file

    def accepted(self, columns: str = "*") -> list[tuple[Any, ...]]:
        files = f"read_parquet('{self.raw}/figures/*/accepted.parquet')"
        return duckdb.sql(f"SELECT {columns} FROM {files} ORDER BY _landed_at, _row").fetchall()

    def quarantine(self) -> list[dict[str, Any]]:
        tables = [pq.read_table(path) for path in sorted(self.raw.glob("figures/*/quarantine.parquet"))]
        return list(itertools.chain.from_iterable(table.to_pylist() for table in tables))

    def findings(self) -> set[tuple[Any, ...]]:
        """(row, column, reason) of every finding; each must be fully said."""
        for finding in self.quarantine():
            assert finding["message_en"]
            assert finding["message_zh"]
            assert finding["row"] is None or json.loads(finding["raw"])
        return {(finding["row"], finding["column"], finding["reason"]) for finding in self.quarantine()}


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


@pytest.fixture
def new_world(tmp_path: Path) -> Iterator[Callable[[], World]]:
    """A maker of fresh worlds, for tests that need one per example."""
    numbers = itertools.count()

    def make() -> World:
        root = tmp_path / str(next(numbers))
        root.mkdir()
        return World(root)

    yield make


@pytest.fixture
def rows() -> Callable[..., str]:
    """A CSV file of the figures feed from its lines."""
    return lambda *lines: "\n".join([HEADER, *lines]) + "\n"
