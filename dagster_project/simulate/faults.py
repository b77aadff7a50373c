"""What goes wrong in departmental returns, planted on purpose, with the truth kept.

Two sorts. *Accidents* spoil single figures of one return: they are drawn anew for each return. *Habits* are a unit's
way with one measure over all periods: hugging a threshold, pushing figures into the quarter's last month, rounding,
correcting just before an evaluation.

Belongs here: how rows are spoilt. Which rows are late or never come is in `returns.py`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from dagster_project.simulate.figures import Figures, Span
from dagster_project.simulate.profile import Profile
from dagster_project.simulate.returns import of_measure
from dagster_project.simulate.world import Month, World

TRUTH = ["kind", "feed", "period_id", "unit_id", "region_id", "measure_id", "file"]
# Accidents: how often a return has one.
OFTEN = {
    "unit_slip": 0.22,
    "swapped": 0.12,
    "negative": 0.2,
    "impossible_sum": 0.25,
    "not_a_number": 0.25,
    "unknown_code": 0.3,
    "duplicate": 0.3,
}
HABITS = {"hugging": 12, "period_end_spike": 12, "heaping": 12, "late_edit": 8}
SLIP = 10_000
# Corrections before an evaluation are sent on this day after the quarter's end; evaluations know what day 25 knows.
EDIT_DAY = 23


@dataclass(frozen=True, eq=False)
class Faults:
    """Planted faults. `targets`: numerator -> (denominator, least value of the ratio that is on target)."""

    world: World
    figures: Figures
    targets: dict[str, tuple[str, float]]

    @cached_property
    def habits(self) -> pd.DataFrame:
        """kind, unit_id, measure_id: chosen once, among units that are whole districts and measures large enough."""
        rng = self.world.rng("habits")
        month = Month(2025, 9)
        places = self.figures.places(month)
        plain = places.atom[places.atom["district_id"] == places.atom["unit_id"]]
        units = plain["unit_id"].to_numpy(dtype="str")
        # What is a whole to others stays true, or its parts would no longer fit into it.
        wholes = {p.of for p in self.figures.profiles.values() if p.part}
        pools: dict[str, Callable[[Profile], bool]] = {
            # Of fewer cases than a hundred a per cent above the target is no whole case.
            "hugging": lambda p: (
                p.measure_id in self.targets
                and p.measure_id not in wholes
                and p.frequency == "month"
                and p.grain == "district"
                and self._typical(self.figures.profiles[self.targets[p.measure_id][0]]) >= 100
            ),
            "period_end_spike": lambda p: (
                p.kind == "flow"
                and not p.of
                and p.measure_id not in wholes
                and p.frequency == "month"
                and p.grain == "district"
                and self._typical(p) >= 30
            ),
            "heaping": lambda p: (
                p.grain == "town"
                and p.frequency == "month"
                and not p.digits
                and not p.part
                and p.measure_id not in wholes
                and self._typical(p) >= 60
            ),
            "late_edit": lambda p: (
                p.part and p.frequency == "quarter" and p.grain == "district" and self._typical(p) >= 20
            ),
        }
        chosen = []
        for kind, fits in pools.items():
            pool = [profile.measure_id for profile in self.figures.profiles.values() if fits(profile)]
            for measure_id in rng.permutation(pool)[: HABITS[kind]]:
                chosen.append((kind, str(rng.choice(units)), str(measure_id)))
        return pd.DataFrame(chosen, columns=["kind", "unit_id", "measure_id"])

    def _typical(self, profile: Profile) -> float:
        """The lower quartile of its figures over places."""
        return float(np.quantile(self.figures.value(profile.measure_id, Month(2025, 9)), 0.25))

    def with_habits(self, span: Span, rows: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
        """The rows as the habits make them, and the corrections sent before an evaluation."""
        edits = []
        for habit in self.habits.to_dict("records"):
            if habit["measure_id"] not in rows["measure_id"].cat.categories:
                continue
            chosen = rows["measure_id"].eq(habit["measure_id"]) & rows["unit_id"].eq(habit["unit_id"])
            if not chosen.any():
                continue
            value = rows.loc[chosen, "value"].to_numpy()
            if habit["kind"] == "hugging":
                value = self._hugged(rows, chosen, habit["measure_id"])
            elif habit["kind"] == "period_end_spike":
                value = np.round(value * {0: 1.9, 1: 0.6}.get(span.last.month % 3, 1.0))
            elif habit["kind"] == "heaping":
                value = np.where(value >= 30, np.round(value / 10) * 10, value)
            else:
                day = np.datetime64(span.last.end, "s") + np.timedelta64(EDIT_DAY * 86400 + 10 * 3600, "s")
                # Who is late or never sends anything has nothing to correct by then.
                chosen &= ~rows["late"] & ~rows["never"]
                value = rows.loc[chosen, "value"].to_numpy()
                edits.append(rows[chosen].assign(sent=day, submission=2))
                value = np.floor(value * 0.85)
            rows = rows.assign(value=np.where(chosen, _placed(value, chosen), rows["value"]))
        return rows, pd.concat(edits) if edits else rows.iloc[:0].assign(submission=2)

    def _hugged(self, rows: pd.DataFrame, chosen: pd.Series, measure_id: str) -> np.ndarray:
        """Just at the target, whatever it was."""
        whole_id, target = self.targets[measure_id]
        whole = rows[rows["measure_id"] == whole_id].set_index("region_id")["value"]
        value = rows.loc[chosen, "value"].to_numpy()
        wanted = np.ceil(whole.reindex(rows.loc[chosen, "region_id"]).to_numpy() * target)
        return np.where(np.isnan(wanted), value, wanted)

    def with_accidents(
        self, feed: str, span: Span, rows: pd.DataFrame, spared: pd.Index
    ) -> tuple[pd.DataFrame, list[tuple[str, str, str, str, str, int]]]:
        """Spoils some rows of one return. The column `text` holds what is printed instead of the number, `copies` how
        often a row is printed, `printed_item` its code. `spared`: labels of rows that a second submission puts right,
        or that nobody has sent yet.

        Returns:
            The rows and, per fault, (kind, unit_id, region_id, measure_id, period_id, label of the row).
        """
        rng = self.world.rng("accidents", feed, span.id)
        rows = rows.assign(text=None, copies=1, printed_item=None).astype({"text": "object", "printed_item": "object"})
        free = ~rows["never"].to_numpy(dtype=bool) & ~rows["measure_id"].isin(self.habits["measure_id"]).to_numpy()
        free &= ~rows.index.isin(spared)
        planted: list[tuple[str, str, str, str, str, int]] = []
        for kind, often in OFTEN.items():
            if rng.random() >= often:
                continue
            spoilt = getattr(self, f"_{kind}")(rng, rows, free)
            for place in spoilt:
                row = rows.iloc[place]
                planted.append((kind, row["unit_id"], row["region_id"], row["measure_id"], span.id, int(place)))
            # One figure has one fault, and what it is compared with has none.
            free[rows["measure_id"].isin(self._touched(rows.loc[spoilt, "measure_id"])).to_numpy()] = False
        return rows, planted

    def _touched(self, measures: pd.Series) -> set[str]:
        """The measures, their wholes and their parts."""
        named = {str(name) for name in measures}
        profiles = self.figures.profiles.values()
        above = {str(p.of) for p in profiles if p.part and p.measure_id in named}
        return named | above | {p.measure_id for p in profiles if p.part and p.of in named}

    def _pick(self, rng: np.random.Generator, fits: np.ndarray, count: int = 1) -> np.ndarray:
        places = np.flatnonzero(fits)
        return rng.choice(places, min(count, len(places)), replace=False) if len(places) else places

    def _unit_slip(self, rng: np.random.Generator, rows: pd.DataFrame, free: np.ndarray) -> np.ndarray:
        """Ten thousand times too much: a unit's figures of one measure, in yuan instead of 10,000 yuan."""
        size = len(rows["unit_id"].cat.categories)
        group = rows["measure_id"].cat.codes.to_numpy().astype("int64") * size + rows["unit_id"].cat.codes.to_numpy()
        total = np.bincount(group, rows["value"])[group]
        for first in self._pick(rng, free & (rows["value"].to_numpy() > 0) & (total >= 10)):
            row = rows.iloc[first]
            same = (rows["measure_id"] == row["measure_id"]) & (rows["unit_id"] == row["unit_id"])
            rows.loc[same, "value"] *= SLIP
            return np.array([first])
        return np.array([], dtype=int)

    def _swapped(self, rng: np.random.Generator, rows: pd.DataFrame, free: np.ndarray) -> np.ndarray:
        """Two districts' figures of one measure exchanged, where that can be seen at all."""
        region = rows["region_id"].to_numpy(dtype="object")
        whole = pd.Series((region == rows["unit_id"].to_numpy(dtype="object")) & (rows["value"].to_numpy() >= 10))
        for first in self._pick(rng, free & whole.to_numpy()):
            row = rows.iloc[first]
            same = whole & (rows["measure_id"] == row["measure_id"])
            ratio = rows["value"] / row["value"]
            others = self._pick(rng, free & (same & ((ratio > 4) | (ratio < 0.25))).to_numpy())
            if len(others):
                pair = np.array([first, others[0]])
                rows.loc[pair, "value"] = rows.loc[pair[::-1], "value"].to_numpy()
                return pair
        return np.array([], dtype=int)

    def _negative(self, rng: np.random.Generator, rows: pd.DataFrame, free: np.ndarray) -> np.ndarray:
        counted = of_measure(rows, {name: p.kind != "rate" for name, p in self.figures.profiles.items()})
        # A figure that may well be negative is none the worse for it.
        counted &= ~rows["measure_id"].isin(rows.loc[rows["value"] < 0, "measure_id"].unique()).to_numpy()
        places = self._pick(rng, free & (rows["value"].to_numpy() > 0) & counted, 2)
        rows.loc[places, "value"] = -rows.loc[places, "value"]
        return places

    def _impossible_sum(self, rng: np.random.Generator, rows: pd.DataFrame, free: np.ndarray) -> np.ndarray:
        """A part larger than its whole."""
        here = set(rows["measure_id"].cat.categories)
        profiles = self.figures.profiles

        def comparable(p: Profile) -> bool:
            of = profiles[str(p.of)] if p.part and p.of in here else None
            return of is not None and (of.grain, of.frequency) == (p.grain, p.frequency)

        parts = of_measure(rows, {name: comparable(p) for name, p in profiles.items()})
        for place in self._pick(rng, free & parts & (rows["value"].to_numpy() > 0)):
            row = rows.iloc[place]
            same = rows["measure_id"].eq(str(profiles[row["measure_id"]].of)) & rows["region_id"].eq(row["region_id"])
            if same.any():
                rows.loc[place, "value"] = np.ceil(rows.loc[same, "value"].iloc[0] * 1.3) + 1
                return np.array([place])
        return np.array([], dtype=int)

    def _not_a_number(self, rng: np.random.Generator, rows: pd.DataFrame, free: np.ndarray) -> np.ndarray:
        places = self._pick(rng, free, 2)
        rows.loc[places, "text"] = rng.choice(["约120", "无", "12.5.3", "见附件"], len(places))
        return places

    def _unknown_code(self, rng: np.random.Generator, rows: pd.DataFrame, free: np.ndarray) -> np.ndarray:
        places = self._pick(rng, free, 3)
        rows.loc[places, "printed_item"] = rows.loc[places, "item"].astype("object") + "_old"
        return places

    def _duplicate(self, rng: np.random.Generator, rows: pd.DataFrame, free: np.ndarray) -> np.ndarray:
        places = self._pick(rng, free, 3)
        rows.loc[places, "copies"] = 2
        return places


def _placed(value: np.ndarray, chosen: pd.Series) -> np.ndarray:
    """`value` at the chosen rows, nothing elsewhere."""
    whole = np.full(len(chosen), np.nan)
    whole[chosen.to_numpy()] = value
    return whole
