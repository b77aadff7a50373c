"""Lint of the registry: reading's findings and every rule's, in the order of files and lines."""

from __future__ import annotations

from dagster_project.registry import (
    rules_measure,
    rules_quality,
    rules_region,
    rules_rows,
    rules_scheme,
    rules_scoring,
    rules_tree,
    rules_vital_sign,
)
from dagster_project.registry.model import Finding, Registry

RULES = (
    rules_rows.check,
    rules_tree.check,
    rules_region.check,
    rules_measure.check,
    rules_scoring.check,
    rules_scheme.check,
    rules_vital_sign.check,
    rules_quality.check,
)


def lint(registry: Registry) -> list[Finding]:
    """All findings, sorted by file and line; an empty list is a sound registry."""
    found = set(registry.findings)
    for rule in RULES:
        found.update(rule(registry))
    return sorted(found)
