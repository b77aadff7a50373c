"""What may know what: imports, schemas, settings, and what every dbt model must say of itself."""

from __future__ import annotations

import ast
import re
import subprocess
from pathlib import Path

import pytest
import yaml

from dagster_project.settings import ROOT

PACKAGE = ROOT / "dagster_project"
# Packages that must stay usable without what is named beside them.
PURE = {
    "scoring": {"dagster", "dagster_dbt", "dbt", "duckdb", "pandas", "yaml", "httpx"},
    "evaluation": {"dagster", "dagster_dbt", "dbt", "duckdb"},
    "registry": {"dagster", "dagster_dbt", "dbt", "duckdb"},
    "simulate": {"dagster", "dagster_dbt", "dbt", "duckdb"},
    "ingest": {"dagster", "dagster_dbt", "dbt"},
    "warehouse": {"dagster", "dagster_dbt", "dbt"},
    "cockpit": {"dagster", "dagster_dbt", "dbt"},
}
# They hand an environment to programs that they start, or read what such a program was handed.
STARTS_PROGRAMS = {"settings.py", "runs.py", "assets/warehouse.py", "cockpit/server.py", "cli/model.py"}
DBT = ROOT / "dbt"
MODELS = sorted(path for path in (DBT / "models").rglob("*.sql"))


def layer(path: Path) -> str:
    """The folder of `dbt/models` in which a model lies, however deep."""
    return path.relative_to(DBT / "models").parts[0]


def imported(path: Path) -> set[str]:
    """Top-level names of the packages that a module imports, wherever in it."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names.update(alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module.split(".")[0])
    return names


def described() -> dict[str, dict]:
    """What the YAML files say of each model, by name."""
    found = {}
    for path in (DBT / "models").rglob("*.yml"):
        for model in yaml.safe_load(path.read_text(encoding="utf-8")).get("models", []):
            found[model["name"]] = model
    return found


@pytest.mark.parametrize("package", PURE)
def test_a_package_imports_no_framework_that_it_must_do_without(package: str) -> None:
    for path in (PACKAGE / package).rglob("*.py"):
        assert not imported(path) & PURE[package], f"{path.name} imports {imported(path) & PURE[package]}"


def test_the_environment_is_read_in_one_place() -> None:
    readers = {
        str(path.relative_to(PACKAGE))
        for path in PACKAGE.rglob("*.py")
        if re.search(r"os\.(environ|getenv)", path.read_text(encoding="utf-8"))
    }
    assert readers <= STARTS_PROGRAMS, f"{readers - STARTS_PROGRAMS} read the environment; put it into settings.py"


@pytest.mark.parametrize("path", MODELS, ids=lambda path: path.stem)
def test_every_model_says_its_grain_and_tests_its_key(path: Path) -> None:
    model = described().get(path.stem)
    assert model and model.get("description"), f"say in YAML what a row of {path.stem} is"
    tests = str(model.get("data_tests", []))
    if layer(path) != "staging":
        assert "primary_key" in tests or path.stem in {"measure_region", "measure_period"}, f"{path.stem} tests no key"


def test_a_layer_reads_only_the_layers_below() -> None:
    order = ["staging", "core", "quality", "serving", "cockpit"]
    layers = {path.stem: layer(path) for path in MODELS}
    for path in MODELS:
        here = layer(path)
        for name in re.findall(r"ref\(\s*'([^']+)'", path.read_text(encoding="utf-8")):
            assert order.index(layers[name]) <= order.index(here), f"{path.stem} reads {name} of a layer above"
            if here == "cockpit":
                assert layers[name] in ("serving", "cockpit"), f"{path.stem} reads {name}; it may read serving alone"
            if here == "serving":
                assert layers[name] in ("core", "quality", "serving"), f"{path.stem} reads {name}"


def test_every_feed_reaches_the_core() -> None:
    handed = set(
        re.findall(r"'((?:stg|measure_)_[a-z_]+)'", (DBT / "macros" / "staging.sql").read_text(encoding="utf-8"))
    )
    carrying = {
        line.split(",")[1]
        for path in (ROOT / "seeds" / "measure").glob("measure_source*.csv")
        for line in path.read_text(encoding="utf-8").splitlines()[1:]
    }
    feeds = {path.stem for path in (DBT / "models" / "staging" / "_contracts").glob("*.yml")} & carrying
    reaching = {name.removeprefix("stg_").removeprefix("measure__") for name in handed}
    assert reaching == feeds, (
        "observation_models() in dbt/macros/staging.sql names one model for each feed that carries a measure"
    )


def test_the_flags_bits_are_those_of_the_registry() -> None:
    macro = (DBT / "macros" / "flags.sql").read_text(encoding="utf-8")
    bits = {name: int(bit) for name, bit in re.findall(r"'([a-z]+)': (\d+)", macro)}
    lines = (ROOT / "seeds" / "flag" / "flag.csv").read_text(encoding="utf-8").splitlines()[1:]
    assert bits == {line.split(",")[0]: int(line.split(",")[1]) for line in lines}


def test_engine_differences_stand_in_one_file() -> None:
    for path in (*(DBT / "models" / "core").glob("*.sql"), *(DBT / "models" / "quality").glob("*.sql")):
        text = path.read_text(encoding="utf-8").lower()
        found = re.findall(r"\b(arg_max|list_agg|strftime|generate_series|unnest|recursive|struct_pack|asof)\b", text)
        assert not found, f"{path.name} uses {found}; put it into macros/portable.sql"


def test_nothing_tracked_is_a_secret_or_a_path_of_a_machine() -> None:
    tracked = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True, text=True).stdout
    names = [name for name in tracked.split("\0") if name]
    assert not [name for name in names if name.startswith(("data/", "build/", ".venv/")) or name.endswith(".env")]
    for name in names:
        path = ROOT / name
        if path.suffix in {".png", ".parquet", ".xlsx", ".geojson"} or not path.is_file():
            continue
        text = path.read_bytes().decode("utf-8", errors="ignore")
        assert str(ROOT) + "/" not in text, f"{name} names a path of this machine"
        assert not re.search(
            r"-----BEGIN [A-Z ]*PRIVATE KEY|(?i:secret_key|password) *= *['\"][^'\"{$<]{8,}['\"]", text
        ), name
