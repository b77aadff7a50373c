"""How well the rules of data quality find what the simulator planted: recall and precision by kind of fault.

A finding and a planted fault are one where they agree in what the kind can be told by (`MATCHED`):
- rows kept out at landing: the file, the region and the measure; of an unknown code only the file, since neither region
  nor measure can be read from a code that nobody knows. Each planted row wants a row found of its own.
- returns that are late or absent: feed, unit and period.
- figures that are wrong in themselves: measure, region and period; of a slip, which spoils all of a unit's figures at
  once, unit instead of region.
- habits: measure and unit, since a habit shows in all periods.

Recall: planted faults found. Precision: findings of the kind's rule that were planted, of all of them. Nothing else:
a finding about a figure that another kind of fault spoilt counts against it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

ROW = ("file", "region_id", "measure_id")
RETURN = ("feed", "unit_id", "period_id")
FIGURE = ("measure_id", "region_id", "period_id")
HABIT = ("measure_id", "unit_id")


@dataclass(frozen=True)
class Kind:
    """A kind of planted fault: the rule that finds it, what both must agree in, and whether nothing may be missed."""

    rule_id: str
    matched: tuple[str, ...]
    exact: bool = False


MATCHED: Mapping[str, Kind] = {
    "duplicate": Kind("duplicate_row", ROW, exact=True),
    "unknown_code": Kind("unknown_code", ("file",), exact=True),
    "not_a_number": Kind("not_a_number", ROW, exact=True),
    "impossible_sum": Kind("part_above_whole", FIGURE, exact=True),
    "negative": Kind("negative_count", FIGURE),
    "late": Kind("late_return", RETURN),
    "missing": Kind("missing_return", RETURN),
    "unit_slip": Kind("unit_slip", ("measure_id", "unit_id", "period_id")),
    "swapped": Kind("swapped", FIGURE),
    "hugging": Kind("hugging", HABIT),
    "period_end_spike": Kind("period_end_spike", HABIT),
    "heaping": Kind("heaping", HABIT),
    "late_edit": Kind("late_edit", HABIT),
}
TOTAL = "total"
# Read correctly or refused, but never a finding: the manifests tell it.
ENCODING = "gb18030"


def evaluate(finding: pd.DataFrame, truth: pd.DataFrame) -> pd.DataFrame:
    """kind, planted, found, findings, recall, precision, exact: a row for each kind, in the order of `MATCHED`, and the
    total over all of them.

    `finding`: `quality.quality_finding` with `file`, the name under which the file landed, beside it. `truth`: as the
    simulator keeps it. A kind of which nothing was planted, or nothing found, has no recall, or no precision.
    """
    finding = finding.rename(columns={"feed_id": "feed"})
    truth = _come_since(truth)
    rows = []
    for name, kind in MATCHED.items():
        planted = _counted(truth[truth["kind"] == name], kind)
        found = _counted(finding[finding["rule_id"] == kind.rule_id], kind)
        hits = int(planted.combine(found, min, fill_value=0).sum()) if len(planted) and len(found) else 0
        rows.append((name, int(planted.sum()), hits, int(found.sum()), kind.exact))
    table = pd.DataFrame(rows, columns=["kind", "planted", "found", "findings", "exact"])
    whole = pd.DataFrame([{"kind": TOTAL, **table[["planted", "found", "findings"]].sum(), "exact": False}])
    table = pd.concat([table, whole], ignore_index=True)
    table["recall"] = (table["found"] / table["planted"]).where(table["planted"] > 0)
    table["precision"] = (table["found"] / table["findings"]).where(table["findings"] > 0)
    return table[["kind", "planted", "found", "findings", "recall", "precision", "exact"]]


def encodings_read(truth: pd.DataFrame, encoding: Mapping[str, str]) -> pd.DataFrame:
    """planted, found, recall of the returns in the encoding of older systems. `encoding`: file -> the manifest's."""
    files = truth.loc[truth["kind"] == ENCODING, "file"]
    found = int(files.map(encoding).eq(ENCODING).sum())
    return pd.DataFrame(
        [{"planted": len(files), "found": found, "recall": found / len(files) if len(files) else float("nan")}]
    )


def _come_since(truth: pd.DataFrame) -> pd.DataFrame:
    """The truth without the returns that were missing in one month and came in a later one: those are late."""
    identity = truth[list(RETURN)].agg("|".join, axis=1) if len(truth) else pd.Series(dtype="str")
    return truth[~(truth["kind"].eq("missing") & identity.isin(identity[truth["kind"].eq("late")]))]


def _counted(rows: pd.DataFrame, kind: Kind) -> pd.Series:
    """How many rows there are of each identity. A slip spoils a unit's figures at once: it counts once."""
    keys = rows[list(kind.matched)].fillna("").astype("str")
    identity = keys.agg("|".join, axis=1) if len(keys) else pd.Series(dtype="str")
    counted = identity.value_counts()
    return counted if "file" in kind.matched else counted.clip(upper=1)
