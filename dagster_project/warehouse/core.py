"""The statements that made a snapshot's core, kept beside it, so that a part of it can be made again without dbt.

Belongs here: what is kept of them, and when it may be used. Running them is in `preview`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Any

from dagster_project.files import write_atomically
from dagster_project.warehouse.plan import code_version

FILE = "core.json"
SCHEMA = "core"


class NoPreview(RuntimeError):
    """What an edit changes cannot be said without a build; the message says why."""


@dataclass(frozen=True)
class Model:
    """A model of the core: its statement, which names relations as `"schema"."name"`, and the registry's tables that
    it rests on, be it through other models."""

    name: str
    materialized: str
    sql: str
    registry: tuple[str, ...]


def write(folder: Path, manifest: Mapping[str, Any], results: Mapping[str, Any]) -> None:
    """Keep the core's statements of a dbt run (its manifest and run results), in the order in which they ran."""
    nodes, sources = manifest["nodes"], manifest["sources"]

    @cache
    def registry(key: str) -> frozenset[str]:
        if key in sources:
            return frozenset({sources[key]["name"]} if sources[key]["schema"] == "registry" else ())
        return frozenset().union(*(registry(needed) for needed in nodes[key]["depends_on"]["nodes"]))

    models = []
    for result in results["results"]:
        key = result["unique_id"]
        if key in nodes and nodes[key]["resource_type"] == "model" and nodes[key]["schema"] == SCHEMA:
            sql = result["compiled_code"].replace(f'"{nodes[key]["database"]}".', "")
            kind = "view" if nodes[key]["config"]["materialized"] == "view" else "table"
            models.append(Model(nodes[key]["name"], kind, sql, tuple(sorted(registry(key)))))
    kept = {"code_version": code_version(), "models": [asdict(model) for model in models]}
    text = json.dumps(kept, ensure_ascii=False, indent=1)
    write_atomically(folder / FILE, lambda path: path.write_text(text, encoding="utf-8"))


def read(folder: Path) -> list[Model]:
    """The models of the core of the snapshot in `folder`, each after those that it reads.

    Raises:
        NoPreview: the code that made them is not the code at hand, so a build would run other statements.
    """
    file = folder / FILE
    kept = json.loads(file.read_text(encoding="utf-8")) if file.is_file() else {}
    if kept.get("code_version") != code_version():
        raise NoPreview(
            f"the code, the models or the contracts changed since snapshot {folder.name} was built; run "
            "`citydeck build` on the registry as it was before your edit, then preview the edit"
        )
    return [Model(**{**model, "registry": tuple(model["registry"])}) for model in kept["models"]]
