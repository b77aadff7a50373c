"""The measures' profiles: what size each measure of the departmental returns has, and what it depends on.

`profile/<sector>.csv`, one line per measure:
- of, level, part: the measure is `level` times another one at the same place and time, and if `part` a subset of it;
  without `of` it has a size of its own: `level` is the whole city's figure for one period of the measure in 2025-09 (of
  a measure that is not summed over regions, a district's typical value), spread over places by `by`.
- growth a year; season, a word of SEASONS; spread, between districts, of the log of the value (of a part: of its log
  odds); digits, decimals printed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

FOLDER = Path(__file__).with_name("profile")

# How a month's flow compares with the year's mean, January to December.
SEASONS: Mapping[str, tuple[float, ...]] = {
    "none": (1.0,) * 12,
    "summer": (0.8, 0.75, 0.85, 0.95, 1.05, 1.2, 1.35, 1.35, 1.1, 0.95, 0.85, 0.8),
    "winter": (1.35, 1.25, 1.05, 0.95, 0.85, 0.8, 0.8, 0.8, 0.85, 0.95, 1.1, 1.25),
    "spring_festival": (1.35, 1.45, 0.95, 0.9, 0.92, 0.9, 0.95, 0.93, 0.9, 1.0, 0.85, 0.95),
    "flood": (0.6, 0.6, 0.75, 0.95, 1.3, 1.45, 1.55, 1.4, 1.15, 0.85, 0.75, 0.65),
    "year_end": (0.8, 0.75, 0.95, 0.9, 0.92, 1.0, 0.93, 0.95, 1.02, 1.0, 1.15, 1.63),
    "holiday": (0.9, 1.3, 0.85, 0.95, 1.15, 0.85, 1.05, 1.05, 0.85, 1.45, 0.8, 0.8),
    "workdays": (0.85, 0.75, 1.08, 1.03, 1.03, 1.05, 1.05, 1.03, 1.05, 0.95, 1.06, 1.07),
    "quarter_end": (0.85, 0.8, 1.35, 0.9, 0.9, 1.25, 0.9, 0.9, 1.25, 0.85, 0.9, 1.15),
}


@dataclass(frozen=True)
class Profile:
    """One measure's line, with what the registry says of the measure. `sense`: 1 where more of it is well run."""

    measure_id: str
    of: str | None
    level: float
    part: bool
    by: str
    growth: float
    season: str
    spread: float
    digits: int
    kind: str
    frequency: str
    grain: str
    region_rule: str
    time_rule: str
    unit: str
    sense: int

    @property
    def is_rate(self) -> bool:
        """Not summed over regions: each place has a value of its own, and a wider one its own again."""
        return self.region_rule not in ("sum", "max", "min") and self.grain != "city"

    def seasonal(self, months: range | tuple[int, ...]) -> float:
        """The mean of the season over calendar months 1..12."""
        return float(np.mean([SEASONS[self.season][month - 1] for month in months]))


def load(measure: pd.DataFrame, indicator: pd.DataFrame) -> dict[str, Profile]:
    """Every profile, those first on which others depend.

    Raises:
        ValueError: a measure that the registry lacks, or one that depends on itself.
    """
    lines = pd.concat([pd.read_csv(path, dtype="str", keep_default_na=False) for path in sorted(FOLDER.glob("*.csv"))])
    known = measure.set_index("measure_id").to_dict("index")
    sense = indicator["direction"].map({"higher": 1, "lower": -1}).fillna(0).astype(int)
    senses = dict(zip(indicator["numerator"], sense, strict=True))
    found: dict[str, Profile] = {}
    for line in lines.to_dict("records"):
        name = line["measure_id"]
        if name not in known:
            raise ValueError(f"profile: {name} is no measure of the registry")
        facts = known[name]
        found[name] = Profile(
            measure_id=name,
            of=line["of"] or None,
            level=float(line["level"]),
            part=line["part"] == "true",
            by=line["by"],
            growth=float(line["growth"]),
            season=line["season"],
            spread=float(line["spread"]),
            digits=int(line["digits"]),
            sense=senses.get(name, 0),
            **{key: facts[key] for key in ("kind", "frequency", "grain", "region_rule", "time_rule", "unit")},
        )
    return _ordered(found)


def _ordered(found: dict[str, Profile]) -> dict[str, Profile]:
    order: dict[str, Profile] = {}

    def place(name: str, below: tuple[str, ...]) -> None:
        if name in below:
            raise ValueError(f"profile: {' of '.join((*below, name))} goes round in a circle")
        profile = found[name]
        if profile.of in found and profile.of not in order:
            place(profile.of, (*below, name))
        order[name] = profile

    for name in found:
        if name not in order:
            place(name, ())
    return order
