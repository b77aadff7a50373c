"""A feed's contract, read from its dbt source YAML (`dbt/models/staging/_contracts/<feed>.yml`).

A feed that is only planned has its contract in the folder `planned` beside them, which ingest never reads: to connect
the feed is to move the file up.

Belongs here: what a contract may say. Does not belong here: how it is enforced (`check.py`).
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Annotated, Literal

import duckdb
import yaml
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError, model_validator

FOLDER = Path("models/staging/_contracts")
PLANNED = FOLDER / "planned"
SOURCE = "raw"
# libyaml, where it is there, reads the contracts in a tenth of the time.
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

# Code lists that live in the registry: name -> (Parquet file, column). Of a file with feeds the feed's own rows count.
CODE_LISTS = {
    "region_alias": ("region_alias", "alias"),
    "region_id": ("region", "region_id"),
    "flag": ("flag", "flag_id"),
    "source_id": ("source", "source_id"),
    "source_code": ("measure_source", "source_code"),
}

# Columns that a landing adds to the contract's own: name -> SQL type.
LANDING_COLUMNS = {"_file_id": "VARCHAR", "_row": "INTEGER", "_landed_at": "TIMESTAMP"}

Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$", max_length=60)]


class ContractError(ValueError):
    """A contract that cannot be used; says in which file, at what, and what is expected."""


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Column(_Strict):
    """One column of a feed. `range` is inclusive and open where null; `unit` is a word for people."""

    name: Name
    type: Literal["varchar", "double", "integer", "date"]
    description: str = Field(min_length=1)
    label_zh: str = Field(min_length=1)
    key: bool = False
    required: bool = False
    range: tuple[float | None, float | None] | None = None
    allowed: str | tuple[str, ...] | None = None
    separator: str | None = Field(default=None, min_length=1, max_length=1)
    format: Literal["period", "year", "moment"] | None = None
    pattern: str | None = None
    unit: str | None = None

    @model_validator(mode="after")
    def _consistent(self) -> Column:
        if self.name in _reserved():
            raise ValueError(f"{self.name} is a reserved word of SQL; name the column otherwise, here and in the files")
        if isinstance(self.allowed, str) and self.allowed not in CODE_LISTS:
            raise ValueError(f"allowed: {self.allowed} is no code list; use a list of values or one of {[*CODE_LISTS]}")
        if self.range and self.type not in ("double", "integer"):
            raise ValueError("range belongs to double and integer columns")
        if self.format and self.type != ("integer" if self.format == "year" else "varchar"):
            raise ValueError("format year belongs to integer columns, format period and moment to varchar columns")
        if self.type != "varchar" and (self.allowed or self.pattern or self.separator):
            raise ValueError("allowed, pattern and separator belong to varchar columns")
        if self.separator and not self.allowed:
            raise ValueError("separator needs allowed")
        if self.key and not self.required:
            raise ValueError("a key column is required: say required: true")
        if self.pattern:
            re.compile(self.pattern)
        return self


class Contract(_Strict):
    """One feed: its columns, its key, who answers for it. `known_at` names the column with the date of publication."""

    feed: Name
    description: str = Field(min_length=1)
    label_zh: str = Field(min_length=1)
    owner: str = Field(min_length=1)
    cadence: Literal["day", "month", "quarter", "half", "year", "decade", "once"]
    due_day: int = Field(ge=0)
    simulated: bool
    known_at: Name
    columns: tuple[Column, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _consistent(self) -> Contract:
        names = [column.name for column in self.columns]
        if twice := sorted({name for name in names if names.count(name) > 1}):
            raise ValueError(f"columns named twice: {twice}")
        if not self.key:
            raise ValueError("no column has key: true")
        if not any(column.name == self.known_at and column.type == "date" for column in self.columns):
            raise ValueError(f"known_at: {self.known_at} is no date column of this feed")
        return self

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(column.name for column in self.columns)

    @property
    def key(self) -> tuple[str, ...]:
        return tuple(column.name for column in self.columns if column.key)

    def sql_types(self) -> dict[str, str]:
        """Name -> SQL type of every column of accepted.parquet."""
        return {column.name: column.type.upper() for column in self.columns} | LANDING_COLUMNS


def load_contracts(dbt_dir: Path, where: Path = FOLDER) -> dict[str, Contract]:
    """Every contract in the folder `where` of the dbt project at `dbt_dir`, by feed: the connected or the planned.

    Raises:
        ContractError: a file that is no contract.
    """
    folder = dbt_dir / where
    contracts = [_load(path) for path in sorted(folder.glob("*.yml"))]
    if not contracts and where == FOLDER:
        raise ContractError(f"{folder}: no contract (*.yml) found; each feed needs one")
    return {contract.feed: contract for contract in contracts}


@cache
def _reserved() -> frozenset[str]:
    """The words that no column can bear without quotes; `at` is one of those that a type or function can."""
    with duckdb.connect() as con:
        words = con.execute(
            "select keyword_name from duckdb_keywords() where keyword_category in ('reserved', 'type_function')"
        ).fetchall()
    return frozenset(word for (word,) in words)


def _load(path: Path) -> Contract:
    try:
        (source,) = yaml.load(path.read_text(encoding="utf-8"), _LOADER)["sources"]  # noqa: S506
        (table,) = source["tables"]
        contract = Contract.model_validate(
            {
                "feed": table["name"],
                "description": table["description"],
                **table["config"]["meta"],
                "columns": [
                    {
                        "name": column["name"],
                        "type": column["data_type"],
                        "description": column["description"],
                        **column["config"]["meta"],
                    }
                    for column in table["columns"]
                    if column["name"] not in LANDING_COLUMNS
                ],
            }
        )
    except ValidationError as error:
        lines = [f"{'.'.join(map(str, item['loc'])) or 'contract'}: {item['msg']}" for item in error.errors()]
        raise ContractError(f"{path}: " + "; ".join(lines)) from error
    except (KeyError, TypeError, ValueError, yaml.YAMLError) as error:
        raise ContractError(
            f"{path}: not a contract ({type(error).__name__}: {error}); it holds one source with one table, "
            "whose columns each have name, data_type, description and config.meta with label_zh"
        ) from error
    if source["name"] != SOURCE or contract.feed != path.stem:
        raise ContractError(f"{path}: the source must be named {SOURCE!r} and its table {path.stem!r}, as the file")
    return contract
