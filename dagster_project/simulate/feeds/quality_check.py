"""Checks of data resources by quality rules.

The part that fails is scaled to the month's target over the whole city, so the published pass rate of 94 % comes out by
computation at every scale and with every seed; who fails more and who less is up to the owners and to chance.
"""

from __future__ import annotations

import numpy as np

from dagster_project.simulate.feeds.catalogue_resource import SPAN, in_force, owners
from dagster_project.simulate.world import Month, World

A_DAY = 9900
# Failing at 2022M10 and at 2025M09, a little under six of a hundred lest rounding push the rate below the published 94.
FAILED, FAILED_NOW, FAILED_LEAST = 0.12, 0.0597, 0.03
# Rule, what it looks at, how much fails of it against the mean.
RULES = {
    "not_null": ("complete", 1.2),
    "row_count": ("complete", 0.8),
    "code_list": ("valid", 0.9),
    "format": ("valid", 1.1),
    "cross_table": ("consistent", 1.3),
    "total_matches": ("consistent", 0.7),
    "against_source": ("accurate", 1.1),
    "plausible": ("accurate", 0.8),
    "cycle_kept": ("timely", 1.6),
    "key_once": ("unique", 0.5),
}


def statement(world: World, month: Month) -> dict[str, np.ndarray]:
    """One row per resource, rule and day on which it was run."""
    rng = world.rng("quality_check", month.id)
    ledger = in_force(world, month.number - 1)
    ledger = ledger[(ledger["kind"] == "data").to_numpy()]
    count = world.volume(A_DAY, month)
    drawn = rng.choice(len(ledger) * len(RULES) * month.days, size=count, replace=False, shuffle=False)
    drawn, day = np.divmod(drawn, month.days)
    resource, rule = np.divmod(drawn, len(RULES))
    owner = ledger["owner"].to_numpy()[resource]
    care, digital = (owners(world)[trait].to_numpy()[owner] for trait in ("care", "digital"))

    checked = np.round(rng.lognormal(8.5, 0.9, count)) + 1
    worse = np.array([factor for _, factor in RULES.values()])[rule]
    failing = worse * np.exp(-0.3 * care - 0.12 * digital) * rng.gamma(2.0, 0.5, count)
    target = max(FAILED_LEAST, FAILED + (FAILED_NOW - FAILED) * month.number / SPAN)
    failing = np.minimum(0.95, failing * target * checked.sum() / (checked * failing).sum())
    failed = np.minimum(checked, np.round(checked * failing))
    issues = 0.25 + 6 * failing
    opened = rng.poisson(issues)
    # Closing keeps up with opening and a little more, least in the weeks before the year's end.
    closed = rng.poisson(issues * (0.92 if month.month == 12 else 1.03) * np.exp(0.05 * care))
    took = 9 * np.exp(-0.25 * month.number / SPAN - 0.25 * care) * rng.gamma(4, 0.25, count)
    return {
        "resource_id": ledger["resource_id"].to_numpy()[resource],
        "rule_id": np.array(list(RULES), dtype=object)[rule],
        "day": np.datetime64(month.start) + day,
        "region": ledger["region"].to_numpy()[resource],
        "aspect": np.array([aspect for aspect, _ in RULES.values()], dtype=object)[rule],
        "checked": checked,
        "passed": checked - failed,
        "issues_opened": opened,
        "issues_closed": closed,
        "mean_days_to_close": np.where(closed > 0, np.round(took, 1), np.nan),
    }
