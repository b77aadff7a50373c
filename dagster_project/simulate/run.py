"""Running the simulator: a month's files of every feed into the landing folder, the planted truth beside the data.

Belongs here: which files there are, and what is remembered of a simulation. A month is remembered when all its files
lie in the landing folder; killed before, the next run makes the month again, the same.
"""

from __future__ import annotations

import csv
import json
import os
import time
from collections.abc import Callable, Mapping
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial
from io import BytesIO
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq

from dagster_project.files import write_atomically
from dagster_project.ingest.contract import Contract
from dagster_project.simulate import pool, profile
from dagster_project.simulate.faults import TRUTH, Faults
from dagster_project.simulate.figures import Figures, Span
from dagster_project.simulate.returns import LATEST, Returns, printed
from dagster_project.simulate.statements import spoilt, statement
from dagster_project.simulate.world import (
    LAST_OF_DEMONSTRATION,
    MONTHS_OF_DEMONSTRATION,
    SHARES,
    Month,
    World,
    months,
)

STATE = "simulation.json"
TRUTH_FILE = "truth.parquet"
# Share of the returns that come in the encoding of older systems.
OLD_ENCODING = 0.15
# After so many months every return has come: a year's is due within two, and nobody is more than three weeks late.
PATIENCE = 4


class SimulationError(RuntimeError):
    """A simulation that does not fit what the data folder holds."""


@dataclass(frozen=True)
class Simulation:
    """What a data folder holds of a simulation. `months`: ids, in order; `clock`: the demonstration's date."""

    scale: str
    seed: int
    months: tuple[str, ...]
    clock: date

    @classmethod
    def read(cls, folder: Path) -> Simulation | None:
        file = folder / STATE
        if not file.is_file():
            return None
        found = json.loads(file.read_text(encoding="utf-8"))
        return cls(found["scale"], found["seed"], tuple(found["months"]), date.fromisoformat(found["clock"]))

    def write(self, folder: Path) -> None:
        text = json.dumps({**self.__dict__, "clock": self.clock.isoformat()}, indent=1)
        write_atomically(folder / STATE, lambda path: path.write_text(text, encoding="utf-8"))


def clock_after(month: Month) -> date:
    """The demonstration's date once the month has been reported: the last day of the month that follows it."""
    return month.next.end


def inhabitants(seeds: Path, alias: pd.DataFrame) -> dict[str, float]:
    """People by district in the census of 2020."""
    region = dict(zip(alias["alias"], alias["region_id"], strict=True))
    with (seeds / "published" / "census" / "census.csv").open(encoding="utf-8", newline="") as file:
        return {
            region[row["region"]]: float(row["population"]) for row in csv.DictReader(file) if row["year"] == "2020"
        }


def products(seeds: Path, alias: pd.DataFrame) -> dict[str, float]:
    """Published gross regional product of 2022, in 100 million CNY: of the city and of some districts."""
    region = dict(zip(alias["alias"], alias["region_id"], strict=True))
    with (seeds / "published" / "gdp_annual" / "gdp_annual.csv").open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["year"] == "2022"]
    return {region[row["region"]]: float(row["gdp_100m_cny"]) for row in rows}


def simulate(
    scale: str,
    seed: int,
    count: int,
    folder: Path,
    landing: Path,
    world_of: Callable[[int, float], World],
    contracts: Mapping[str, Contract],
    say: Callable[[str], None],
    processes: int = 1,
) -> Simulation:
    """Write the files of the months that are not there yet; `folder` keeps what is remembered and the truth.

    Several processes make the months; they are remembered in their order, whichever is ready first.

    Raises:
        SimulationError: the folder holds a simulation of another scale, seed or beginning; a process was killed.
    """
    wanted = months(count)
    before = Simulation.read(folder)
    if before and count > MONTHS_OF_DEMONSTRATION:
        # Beyond the demonstration a shorter one goes on as well, from its own beginning.
        wanted = [month for month in wanted if month.id >= before.months[0]]
    if before and ((before.scale, before.seed) != (scale, seed) or before.months[0] != wanted[0].id):
        raise SimulationError(
            f"{folder} holds the simulation `--scale {before.scale} --seed {before.seed}` from {before.months[0]} on; "
            "go on with that one, or set CITYDECK_DATA to another folder"
        )
    done = list(before.months) if before else []
    missing = [month for month in wanted if month.id not in done]
    if before and not missing:
        return before
    begun, rows = time.monotonic(), 0
    try:
        arguments = (world_of(seed, SHARES[scale]), contracts, landing, wanted[0])
        for made in pool.in_order(missing, processes, Maker, arguments):
            table = pa.Table.from_pandas(pd.DataFrame(made.truth, columns=TRUTH), preserve_index=False)
            write_atomically(folder / "truth" / f"{made.month.id}.parquet", partial(pq.write_table, table))
            done.append(made.month.id)
            simulation = Simulation(scale, seed, tuple(done), clock_after(made.month))
            simulation.write(folder)
            say(_line(made.month.id, made.files, made.rows, made.seconds))
            rows += made.rows
    except BrokenProcessPool as error:
        raise SimulationError(
            "a process that made months was killed, perhaps for want of memory; what is whole is kept: "
            "set CITYDECK_THREADS to fewer and go on"
        ) from error
    if len(missing) > 1:
        files = sum(1 for _ in landing.glob("*/*"))
        say(_line(f"{len(missing)} months", files, rows, time.monotonic() - begun))
    return simulation


def _line(what: str, files: int, rows: int, seconds: float) -> str:
    return f"{what}: {files} files, {rows:,} rows in {seconds:.1f} s ({rows / seconds:,.0f} rows/s)"


@dataclass(frozen=True)
class Made:
    """What was made of a month. `truth`: the faults planted, in the columns of TRUTH."""

    month: Month
    files: int
    rows: int
    seconds: float
    truth: list[tuple[str, ...]]


class Maker:
    """Makes the files of one month after the other; with those of month `first` the returns that were due before it.

    `files` and `rows` count those of the last month.
    """

    def __init__(self, world: World, contracts: Mapping[str, Contract], landing: Path, first: Month) -> None:
        self.world, self.landing, self.first = world, landing, first
        self.contracts = {name: each for name, each in contracts.items() if each.simulated}
        tables = world.tables
        self.figures = Figures(world, profile.load(tables["measure"], tables["indicator"]))
        feeds = {name: (c.cadence, c.due_day) for name, c in self.contracts.items() if "item" in c.names}
        self.returns = Returns(world, self.figures, feeds)
        self.faults = Faults(world, self.figures, targets(tables, self.figures))
        self.files = self.rows = 0

    def __call__(self, month: Month) -> Made:
        """Write the month's files."""
        begun = time.monotonic()
        self.files = self.rows = 0
        truth = self._habits() if month == self.first else []
        for feed, contract in self.contracts.items():
            if "item" not in contract.names:
                truth += self._statement(contract, month)
                continue
            for end in earlier(month) if month == self.first else ():
                truth += self._return(feed, end, opening=True)
            for end in still_waiting(month):
                truth += self._rest(feed, end, month)
            truth += self._return(feed, month)
        self.figures.forget(month.next.year)
        return Made(month, self.files, self.rows, time.monotonic() - begun, truth)

    def _habits(self) -> list[tuple[str, ...]]:
        """Each with the feed that carries the measure; of no period, since a habit shows in all of them."""
        feed = {str(row["measure_id"]): feed for feed, rows in self.returns.items.items() for row in rows}
        habits = self.faults.habits[["kind", "unit_id", "measure_id"]]
        return [
            (kind, feed[of], "", unit, "", of, "") for kind, unit, of in habits.itertuples(index=False) if of in feed
        ]

    def _statement(self, contract: Contract, month: Month) -> list[tuple[str, ...]]:
        name = f"{contract.feed}_{month.id}.parquet"
        table, planted = spoilt(self.world, contract, month, statement(self.world, contract, month))
        self._place(contract.feed, name, partial(pq.write_table, table), month.handed_over, table.num_rows)
        return [(kind, contract.feed, month.id, "", region, "", name) for kind, region in planted]

    def _return(self, feed: str, month: Month, opening: bool = False) -> list[tuple[str, ...]]:
        """The returns that end with the month; `opening`: of periods longer than a month only."""
        truth: list[tuple[str, ...]] = []
        for span, due in self.returns.due(feed, month):
            if opening and span.first == span.last:
                continue
            rng = self.world.rng("files", feed, span.id)
            rows = self.returns.sent(feed, span, due)
            if opening:
                # What was due before the beginning is handed over whole: nobody waits for it.
                rows = rows.assign(late=False, never=False)
            first, again, edits = self._submissions(feed, span, rows, month)
            edits, waiting = edits[_accepted(edits, month)], ~_accepted(first, month)
            spared = first.index[waiting].union(again.index).union(edits.index)
            first, planted = self.faults.with_accidents(feed, span, first, spared)
            late = first["late"]
            parts = {
                f"{feed}_{span.id}.csv": first[~late & ~first["never"] & ~waiting],
                f"{feed}_{span.id}_supplement.csv": pd.concat([first[late & ~waiting], again, edits]),
            }
            encoding = "gb18030" if rng.random() < OLD_ENCODING else "utf-8"
            for name, part in parts.items():
                self._print(feed, name, part, span, month, encoding)
            main, supplement = parts
            truth += [
                (kind, feed, period, unit, region, measure, supplement if late[label] else main)
                for kind, unit, region, measure, period, label in planted
            ]
            # What is late and has not come yet is missing so far.
            overdue = late & waiting & self._overdue(feed, span, month)
            truth += _absent("late", feed, span, first[late & ~waiting], supplement)
            truth += _absent("missing", feed, span, first[first["never"] | overdue], "")
            if encoding != "utf-8":
                truth.append(("gb18030", feed, span.id, "", "", "", main))
        return truth

    def _submissions(
        self, feed: str, span: Span, rows: pd.DataFrame, month: Month
    ) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
        """The rows of a return that ends with the month as first sent, their corrections, and those sent before an
        evaluation."""
        rows, edits = self.faults.with_habits(span, rows)
        first, again = self.returns.corrected(feed, span, rows)
        # Of a figure corrected twice the correction before the evaluation is the one that was sent; what nobody has
        # corrected yet was right at once.
        sent = ~again.index.isin(edits.index) & _accepted(again, month)
        first.loc[again.index[~sent], "value"] = rows.loc[again.index[~sent], "value"]
        return first, again[sent], edits

    def _rest(self, feed: str, end: Month, month: Month) -> list[tuple[str, ...]]:
        """Of the returns that end with `end`: what is accepted by the date of `month` and was not a month before."""
        truth: list[tuple[str, ...]] = []
        _, due_day = self.returns.feeds[feed]
        if end.end + timedelta(days=due_day + LATEST) < clock_of(end):
            return truth
        for span, due in self.returns.due(feed, end):
            rows = self.returns.sent(feed, span, due)
            if _accepted(rows, end).all():
                continue
            first, _, _ = self._submissions(feed, span, rows, end)
            first = first.assign(text=None, copies=1, printed_item=None)[~first["never"]]
            came = first[_accepted(first, month) & ~_accepted(first, month.before)]
            name = f"{feed}_{span.id}_supplement_{month.id}.csv"
            self._print(feed, name, came, span, end, "utf-8")
            truth += _absent("late", feed, span, came[came["late"]], name)
            if self._overdue(feed, span, month):
                truth += _absent("missing", feed, span, first[first["late"] & ~_accepted(first, month)], "")
        return truth

    def _overdue(self, feed: str, span: Span, month: Month) -> bool:
        """Whether the day on which the return was due has passed by the date of the month."""
        _, due_day = self.returns.feeds[feed]
        return span.last.end + timedelta(days=due_day) <= clock_of(month)

    def _print(self, feed: str, name: str, part: pd.DataFrame, span: Span, month: Month, encoding: str) -> None:
        if len(part):
            whole = part.assign(copies=part["copies"].fillna(1).astype("int64"))
            table = printed(whole, span, self.returns.names(month))
            sent = pd.Timestamp(part["sent"].max()).date()
            self._place(feed, name, partial(_write_csv, table, encoding), sent, len(part))

    def _place(self, feed: str, name: str, write: Callable[[Path], object], sent: date, rows: int) -> None:
        """Into the inbox in one step, dated as it was sent: landings take the oldest first."""
        path = self.landing / feed / name
        write_atomically(path, write)
        moment = time.mktime(sent.timetuple())
        os.utime(path, (moment, moment))
        self.files += 1
        self.rows += rows


def _accepted(rows: pd.DataFrame, month: Month) -> pd.Series:
    """Whether the department has accepted the rows, the day after they were sent, by the demonstration's date."""
    return rows["sent"] < pd.Timestamp(clock_of(month))


def clock_of(month: Month) -> date:
    """The date by which the month's returns are seen: at the earliest the demonstration's."""
    return clock_after(max(month, Month(*LAST_OF_DEMONSTRATION)))


def still_waiting(month: Month) -> list[Month]:
    """The months before this one whose returns may not have been accepted whole: those that end with the demonstration
    and after it, of the last months. Whatever was due before it has been waited for."""
    last = Month(*LAST_OF_DEMONSTRATION)
    found: list[Month] = []
    end = month
    while (end := end.before) >= last and len(found) < PATIENCE:
        found.append(end)
    return found[::-1]


def _absent(kind: str, feed: str, span: Span, rows: pd.DataFrame, file: str) -> list[tuple[str, ...]]:
    """A fault for each unit whose return this is."""
    return [(kind, feed, span.id, unit, "", "", file) for unit in rows["unit_id"].unique()]


def earlier(month: Month) -> list[Month]:
    """The ends of the last year, half and quarter before the month: what a city has reported before it."""
    ends = {(month.year - 1, 12)}
    if month.month > 6:
        ends.add((month.year, 6))
    if quarter := (month.month - 1) // 3 * 3:
        ends.add((month.year, quarter))
    return [Month(*end) for end in sorted(ends)]


def targets(tables: Mapping[str, pd.DataFrame], figures: Figures) -> dict[str, tuple[str, float]]:
    """Numerators of ratios that are better higher: their denominator and the least ratio on target."""
    target = tables["target"]
    # Where a place has a target of its own, or it changes, nobody could tell from one figure what a unit aims at.
    alone = target.groupby("indicator_id")["region_id"].transform("size") == 1
    everyone = target[alone & (target["region_id"] == "*") & target["target"].notna()]
    aim = dict(zip(everyone["indicator_id"], everyone["target"], strict=True))
    found = {}
    for row in tables["indicator"].to_dict("records"):
        part = figures.profiles.get(row["numerator"])
        if (
            part is not None
            and part.part
            and part.of == row["denominator"]
            and row["direction"] == "higher"
            and row["transform"] == "level"
            and row["indicator_id"] in aim
        ):
            found[part.measure_id] = (part.of, float(aim[row["indicator_id"]]) / float(row["factor"]))
    return {name: (str(of), ratio) for name, (of, ratio) in found.items() if ratio < 1}


def _write_csv(table: pa.Table, encoding: str, path: Path) -> None:
    buffer = BytesIO()
    pa.csv.write_csv(table, buffer)
    content = buffer.getvalue()
    path.write_bytes(content if encoding == "utf-8" else content.decode("utf-8").encode(encoding))
