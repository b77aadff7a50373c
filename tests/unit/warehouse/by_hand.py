"""The core once more, slow and obvious: loops over figures, regions and periods, straight from docs/method.md.

Belongs here: nothing that reads the dbt project or the registry's derived tables. A region is a set of towns on a day.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from decimal import ROUND_HALF_UP, Decimal
from functools import cached_property
from itertools import pairwise

from tests.unit.registry.worlds import CITY, START, World
from tests.unit.warehouse.core_sql import Submission

PARTIAL, REVISED = 128, 2
FINER = {"year": 12, "half": 6, "quarter": 3, "month": 1}


def exact_sum(values: list[float]) -> float:
    """Each figure to a millionth, the sum of those exact."""
    return float(sum(Decimal(repr(value)).quantize(Decimal("0.000001"), ROUND_HALF_UP) for value in values))


RULES: dict[str, Callable[[list[float]], float]] = {
    "sum": exact_sum,
    "mean": lambda values: exact_sum(values) / len(values),
    "max": max,
    "min": min,
}


@dataclass(frozen=True)
class Period:
    period_id: str
    grain: str
    year: int
    within: int
    start: date
    end: date


@dataclass(frozen=True)
class Measure:
    measure_id: str
    frequency: str
    grain: str
    region_rule: str
    time_rule: str
    min_coverage: float
    sources: tuple[tuple[str, str, float], ...]
    """(feed, source code, factor) in order of priority."""


@dataclass(frozen=True)
class Indicator:
    indicator_id: str
    numerator: str
    denominator: str | None
    factor: float
    transform: str
    accumulation: str
    span_years: int | None
    span_periods: int | None
    valid_from: date
    parent: str | None
    frequency: str
    lowest_grain: str
    due_day: int


@dataclass(frozen=True)
class Target:
    """What a row says of a region, or of `*`; None says nothing."""

    indicator_id: str
    region_id: str
    first: date
    last: date
    target: float | None


@dataclass(frozen=True)
class Figure:
    """A measure's figure for a region and period."""

    value: float
    present: int
    expected: int
    flags: int
    known_on: date
    in_force: bool
    origin: str


@dataclass(frozen=True)
class Value:
    """An indicator's value, or the figure x that a transform starts from."""

    value: float
    coverage: float
    flags: int
    known_on: date


@dataclass(frozen=True)
class City:
    """What the core is told, and the same core by hand."""

    world: World
    today: date
    known_until: datetime
    periods: tuple[Period, ...]
    measures: tuple[Measure, ...]
    indicators: tuple[Indicator, ...]
    submissions: tuple[Submission, ...]
    not_applicable: frozenset[tuple[str, str]]
    """(indicator, region), for all of time."""
    targets: tuple[Target, ...]

    # Regions

    def segment(self, day: date) -> int:
        return max(number for number, start in enumerate(START) if start <= day)

    @cached_property
    def restated(self) -> dict[str, frozenset[str]]:
        """Today's towns of every region whose towns changed."""
        now = self.world.sets(self.segment(self.today))
        past = [self.world.sets(number) for number in range(len(START))]
        towns = set(self.world.towns)
        return {
            f"{region}~": own
            for region, own in now.items()
            if region not in towns and any(sets.get(region) != own for sets in past)
        }

    def sets(self, day: date) -> dict[str, frozenset[str]]:
        return {**self.world.sets(self.segment(day)), **self.restated}

    def parts(self, region: str, grain: str, day: date) -> set[str] | None:
        """The leaves that fill the region exactly; itself for a leaf; None where there is no such region or filling."""
        segment = self.segment(day)
        if region in self.world.leaves(segment, grain):
            return {region}
        towns = self.sets(day).get(region)
        return None if towns is None else self.world.partition(segment, grain, towns)

    def same_boundary(self, region: str, first: date, last: date) -> bool:
        """Whether the region had the same towns on all days from the first to the last."""
        if region in self.restated:
            return True
        spans = range(self.segment(first), self.segment(last) + 1)
        return len({self.world.sets(number).get(region) for number in spans}) == 1

    # Figures as submitted

    @cached_property
    def observed(self) -> dict[tuple[str, str, str, str], tuple[float, int, date]]:
        """(feed, source code, region, period) -> value, flags and day known of the version in force."""
        versions: dict[tuple[str, str, str, str], list[Submission]] = {}
        for s in self.submissions:
            versions.setdefault((s.feed_id, s.source_code, s.region_id, s.period_id), []).append(s)
        found = {}
        for key, all_of_it in versions.items():
            published: list[date] = []
            known: list[tuple[datetime, Submission]] = []
            for s in sorted(all_of_it, key=lambda s: (s.landed_at, s.file_id)):
                first = not published or s.published_on > max(published)
                known_at = datetime.combine(s.published_on, time.min) if first else s.landed_at
                published.append(s.published_on)
                if known_at <= self.known_until:
                    known.append((known_at, s))
            if known:
                changed = any(a.value != b.value for (_, a), (_, b) in pairwise(known))
                known_at, last = known[-1]
                found[key] = (last.value, last.flags | (REVISED if changed else 0), known_at.date())
        return found

    def submitted(self, measure: Measure) -> dict[tuple[str, str], Figure]:
        """(region, period) -> the figure of the first source that gives one, in the measure's unit."""
        found: dict[tuple[str, str], Figure] = {}
        for feed, code, factor in measure.sources:
            for (of_feed, of_code, region, period), (value, flags, known_on) in self.observed.items():
                if (of_feed, of_code) == (feed, code) and (region, period) not in found:
                    found[region, period] = Figure(value * factor, 1, 1, flags, known_on, True, "")
        return found

    # Rolling up

    def period(self, period_id: str) -> Period:
        return next(p for p in self.periods if p.period_id == period_id)

    def base_periods(self, measure: Measure) -> list[Period]:
        return [p for p in self.periods if p.grain == measure.frequency]

    def leaves(self, measure: Measure) -> dict[tuple[str, str], Figure]:
        """(leaf, base period) -> figure; standing figures stand in every period in which they hold."""
        given = self.submitted(measure)
        found = {}
        for p in self.base_periods(measure):
            for leaf in self.world.leaves(self.segment(p.end), measure.grain):
                if measure.time_rule == "standing":
                    figure = self.standing(given, leaf, p)
                else:
                    figure = given.get((leaf, p.period_id))
                if figure is not None:
                    found[leaf, p.period_id] = replace(figure, origin="leaf")
        return found

    def standing(self, given: dict[tuple[str, str], Figure], leaf: str, p: Period) -> Figure | None:
        """The newest figure from before, if the leaf had the same towns at the end of its own period."""
        if p.start > self.today:
            return None
        since = {self.period(of): figure for (region, of), figure in given.items() if region == leaf}
        since = {of: figure for of, figure in since.items() if of.start <= p.start and leaf in self.sets(of.end)}
        if not since:
            return None
        newest = max(since, key=lambda of: of.start)
        same = self.same_boundary(leaf, min(newest.end, p.end), max(newest.end, p.end))
        return since[newest] if same else None

    def base(self, measure: Measure) -> dict[tuple[str, str], Figure]:
        """(region, base period) -> figure of every region: reported, else rolled up, or a leaf's own."""
        found = dict(self.leaves(measure))
        by_period: dict[str, dict[str, Figure]] = {}
        for (leaf, period_id), figure in found.items():
            by_period.setdefault(period_id, {})[leaf] = figure
        for p in self.base_periods(measure):
            for region in self.sets(p.end):
                parts = self.parts(region, measure.grain, p.end)
                if parts is None or parts == {region} or measure.region_rule == "none":
                    continue
                there = [
                    by_period[p.period_id][leaf] for leaf in sorted(parts) if leaf in by_period.get(p.period_id, {})
                ]
                if there:
                    value = RULES[measure.region_rule]([figure.value for figure in there])
                    found[region, p.period_id] = self.together(measure, value, there, len(there), len(parts))
        if measure.time_rule != "standing":
            for (region, period_id), figure in self.submitted(measure).items():
                p = self.period(period_id)
                if p.grain == measure.frequency and region not in self.world.leaves(self.segment(p.end), measure.grain):
                    whole = len(self.parts(region, measure.grain, p.end) or {region})
                    found[region, period_id] = replace(figure, present=whole, expected=whole, origin="reported")
        return found

    def together(self, measure: Measure, value: float, there: list[Figure], present: int, expected: int) -> Figure:
        flags = PARTIAL if present < expected else 0
        for figure in there:
            flags |= figure.flags
        known_on = max(figure.known_on for figure in there)
        return Figure(value, present, expected, flags, known_on, present >= measure.min_coverage * expected, "rolled")

    @cached_property
    def figures(self) -> dict[tuple[str, str, str], Figure]:
        """(measure, region, period) -> figure, at every level of regions and periods."""
        found: dict[tuple[str, str, str], Figure] = {}
        for measure in self.measures:
            base = self.base(measure)
            coarser = {}
            for region in sorted({region for region, _ in base}):
                for p in self.periods:
                    figure = self.over_time(measure, base, region, p)
                    if figure is not None:
                        coarser[region, p.period_id] = figure
            if measure.time_rule != "standing":
                for (region, period_id), figure in self.submitted(measure).items():
                    if self.period(period_id).grain != measure.frequency:
                        coarser[region, period_id] = replace(figure, origin="reported")
            for (region, period_id), figure in {**base, **coarser}.items():
                found[measure.measure_id, region, period_id] = figure
        return found

    def over_time(self, measure: Measure, base: dict[tuple[str, str], Figure], region: str, p: Period) -> Figure | None:
        """The region's figure for a period coarser than the measure's own."""
        inside = [b for b in self.base_periods(measure) if p.start <= b.start and b.end <= p.end]
        if FINER[p.grain] <= FINER[measure.frequency] or measure.time_rule == "none":
            return None
        if measure.time_rule in ("last", "standing"):
            closing = base.get((region, inside[-1].period_id))
            return None if closing is None else replace(closing, origin="rolled")
        there = [base[region, b.period_id] for b in inside if (region, b.period_id) in base]
        sizes = [len(self.parts(region, measure.grain, b.end) or ()) for b in inside if b.start <= self.today]
        # Where there was no such region as much is wanting as it ever had.
        expected = sum(size or max(sizes) for size in sizes)
        if not there or not expected:
            return None
        value = RULES[measure.time_rule]([figure.value for figure in there])
        return self.together(measure, value, there, sum(figure.present for figure in there), expected)

    # Indicators

    def term(self, indicator: Indicator, region: str, p: Period) -> Value | None:
        """Numerator over denominator, each summed first."""
        above = self.figure(indicator, indicator.numerator, region, p)
        if above is None or not above.in_force:
            return None
        value = Value(above.value, above.present / above.expected, above.flags, above.known_on)
        if indicator.denominator is None:
            return value
        below = self.figure(indicator, indicator.denominator, region, p)
        if below is None or not below.in_force or below.value == 0:
            return None
        return Value(
            above.value / below.value,
            min(value.coverage, below.present / below.expected),
            above.flags | below.flags,
            max(above.known_on, below.known_on),
        )

    def figure(self, indicator: Indicator, measure_id: str, region: str, p: Period) -> Figure | None:
        """The measure's figure of the period, or, for a flow of the year to date, of all its periods until then."""
        own = self.figures.get((measure_id, region, p.period_id))
        measure = next(m for m in self.measures if m.measure_id == measure_id)
        if own is None or indicator.accumulation == "period" or measure.time_rule != "sum":
            return own
        until = [b for b in self.periods if (b.grain, b.year) == (p.grain, p.year) and b.within <= p.within]
        there = [self.figures.get((measure_id, region, b.period_id)) for b in until]
        known = [figure for figure in there if figure is not None]
        flags = 0
        for figure in known:
            flags |= figure.flags
        return Figure(
            value=exact_sum([figure.value for figure in known]),
            present=sum(figure.present for figure in known),
            expected=sum(figure.expected for figure in known),
            flags=flags,
            known_on=max(figure.known_on for figure in known),
            in_force=len(known) == len(there) and all(figure.in_force for figure in known),
            origin="",
        )

    def compared(self, indicator: Indicator, region: str, p: Period) -> Value | None:
        """What the transform compares the term with: years or periods before on the same boundary, or the whole."""
        if indicator.transform == "share_of_parent":
            whole = self.parent(region, indicator.parent or "", p.end)
            return None if whole is None else self.term(indicator, whole, p)
        before = self.before(indicator, p)
        if before is None or not self.same_boundary(region, before.end, p.end):
            return None
        return self.term(indicator, region, before)

    def before(self, indicator: Indicator, p: Period) -> Period | None:
        """The period that a growth or change looks back to."""
        of_grain = sorted((b for b in self.periods if b.grain == p.grain), key=lambda b: b.start)
        if indicator.span_periods is not None:
            adjacent = {b.period_id: a for a, b in pairwise(of_grain) if (b.start - a.end).days == 1}
            before: Period | None = p
            for _ in range(indicator.span_periods):
                before = None if before is None else adjacent.get(before.period_id)
        else:
            year = p.year - (indicator.span_years or 0)
            before = next((b for b in of_grain if (b.year, b.within) == (year, p.within)), None)
        return before

    def parent(self, region: str, kind: str, day: date) -> str | None:
        """The city, or the peer area, of a district, unit or town of that day. A restated scope has its region's."""
        segment, own = self.segment(day), region.removesuffix("~")
        districts = set(self.world.district[segment].values())
        if kind == "city":
            below = {*districts, *self.world.unit[segment].values(), *self.world.towns}
            return CITY if own in below else None
        return self.world.area[segment][own] if own in districts else None

    def value(self, indicator: Indicator, region: str, p: Period) -> Value | None:
        x = self.term(indicator, region, p)
        if x is None or indicator.transform == "level":
            return None if x is None else replace(x, value=indicator.factor * x.value)
        base = self.compared(indicator, region, p)
        if base is None:
            return None
        if indicator.transform == "change":
            value = x.value - base.value
        elif base.value == 0 or (indicator.transform == "growth" and base.value < 0):
            return None
        else:
            value = x.value / base.value - (1 if indicator.transform == "growth" else 0)
        return Value(
            indicator.factor * value,
            min(x.coverage, base.coverage),
            x.flags | base.flags,
            max(x.known_on, base.known_on),
        )

    @cached_property
    def values(self) -> dict[tuple[str, str, str], Value]:
        found = {}
        for indicator in self.indicators:
            places = {(r, p) for measure, r, p in self.figures if measure == indicator.numerator}
            for region, period_id in places:
                p = self.period(period_id)
                if FINER[p.grain] >= FINER[indicator.frequency] and p.end >= indicator.valid_from:
                    value = self.value(indicator, region, p)
                    if value is not None:
                        found[indicator.indicator_id, region, period_id] = value
        return found

    def target(self, indicator_id: str, region: str, day: date) -> float | None:
        """The nearest word: of the region, of the unit or district round it, of their peer area, of everyone."""
        segment, own = self.segment(day), region.removesuffix("~")
        district = self.world.district[segment].get(own, own)
        around = [own, self.world.unit[segment].get(own, own), district]
        if district in self.world.district[segment].values():
            around.append(self.world.area[segment][district])
        for place in [*around, "*"]:
            for row in self.targets:
                of_it = (row.indicator_id, row.region_id) == (indicator_id, place)
                if of_it and row.first <= day <= row.last and row.target is not None:
                    return row.target
        return None

    @cached_property
    def absences(self) -> dict[tuple[str, str, str], str]:
        """(indicator, region, period) -> missing, not_applicable or not_yet_due, where a value was expected."""
        found = {}
        for indicator in self.indicators:
            for p in self.periods:
                if p.grain != indicator.frequency or p.start > self.today or p.end < indicator.valid_from:
                    continue
                for region, towns in self.sets(p.end).items():
                    key = (indicator.indicator_id, region, p.period_id)
                    coarse = region.removesuffix("~") in {CITY, *self.world.area[0].values(), "a0", "a1"}
                    if self.parts(region, indicator.lowest_grain, p.end) is None or not towns or key in self.values:
                        continue
                    declared = (indicator.indicator_id, region) in self.not_applicable
                    if indicator.parent is None or not coarse or declared:
                        found[key] = self.state(indicator, region, p)
        return found

    def state(self, indicator: Indicator, region: str, p: Period) -> str:
        if (indicator.indicator_id, region) in self.not_applicable:
            return "not_applicable"
        above = self.figure(indicator, indicator.numerator, region, p)
        below = self.figure(indicator, indicator.denominator, region, p) if indicator.denominator else None
        if above is not None and above.in_force and below is not None and below.in_force and below.value == 0:
            return "not_applicable"
        complete = (
            above is not None
            and above.in_force
            and (indicator.denominator is None or (below is not None and below.in_force))
        )
        before = self.before(indicator, p) if indicator.transform == "growth" else None
        base = self.figure(indicator, indicator.numerator, region, before) if before else None
        if complete and base is not None and base.in_force and base.value == 0:
            return "not_applicable"
        if self.elsewhere(indicator, region, p):
            return "not_applicable"
        return "not_yet_due" if (self.today - p.end).days <= indicator.due_day else "missing"

    def elsewhere(self, indicator: Indicator, region: str, p: Period) -> bool:
        """Whether the figure rests on a time in which there was no such region, or is compared with other towns."""
        compares = indicator.transform in ("growth", "change")
        base = self.before(indicator, p) if compares else p
        if base is None:
            return False
        flows = [m for m in self.measures if m.measure_id in (indicator.numerator, indicator.denominator)]
        grains = [m.frequency for m in flows if m.time_rule in RULES]
        finest = min([p.grain, *grains], key=FINER.__getitem__)
        start = date(base.year, 1, 1) if indicator.accumulation == "year_to_date" else base.start
        first = next(b for b in self.periods if b.grain == finest and b.start == start)
        gone = self.parts(region, indicator.lowest_grain, first.end) is None
        return gone or not self.same_boundary(region, base.end, p.end)
