"""The registry: what `seeds/` says, typed, checked, and laid out for the warehouse.

Belongs here: fields of the tables, reading, lint rules, the algebra of regions and periods, Parquet copies.
Does not belong here: figures of feeds (`ingest`), values of indicators (dbt), anything that reads settings.
"""

from dagster_project.registry.lint import lint
from dagster_project.registry.load import load
from dagster_project.registry.model import Finding, Registry
from dagster_project.registry.stamp import is_stamped, made_of, stamp
from dagster_project.registry.write import derive, write

__all__ = ["Finding", "Registry", "derive", "is_stamped", "lint", "load", "made_of", "stamp", "write"]
