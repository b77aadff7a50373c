"""Fields of every table of the registry, declared once. Lint, reading and Parquet types all come from here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal["id", "text", "choice", "integer", "number", "boolean", "date", "period"]

OPEN_FROM, OPEN_TO = "1900-01-01", "9999-12-31"
EVERY_REGION = "*"
PERIOD = r"\d{4}(H[12]|Q[1-4]|M(0[1-9]|1[0-2]))?"
LEVELS = ("city", "peer_area", "district", "unit", "town", "village")
NODE_LEVELS = ("sector", "track", "sub_track")
GRAINS = ("city", "district", "unit", "town")
FREQUENCIES = ("month", "quarter", "half", "year", "decade")
RULES = ("sum", "mean", "max", "min", "none")
# How often a vital sign is read: a period of sensing, or each time that something happens.
SENSED = ("10s", "1min", "5min", "10min", "15min", "30min", "1h", "day", "week", "month", "event")


@dataclass(frozen=True)
class Field:
    """A column. `references` names the table in whose first key column the cell stands; `also` is allowed beside."""

    name: str
    kind: Kind = "text"
    required: bool = True
    choices: tuple[str, ...] = ()
    references: str = ""
    also: tuple[str, ...] = ()
    low: float | None = None


@dataclass(frozen=True)
class Table:
    """Files `seeds/<folder>/<name>.csv` and `<name>.<part>.csv`, each sorted by `key`.

    `key` is unique over all parts; among rows alike in `timeline` the validity spans never overlap.
    """

    name: str
    folder: str
    fields: tuple[Field, ...]
    key: tuple[str, ...]
    timeline: tuple[str, ...] = ()

    @property
    def names(self) -> list[str]:
        return [field.name for field in self.fields]


def _id(name: str, references: str = "", *, required: bool = True, also: tuple[str, ...] = ()) -> Field:
    return Field(name, "id", required, references=references, also=also)


def _choice(name: str, *choices: str, required: bool = True) -> Field:
    return Field(name, "choice", required, choices)


def _flag(name: str) -> Field:
    return Field(name, "boolean")


def _optional(name: str, kind: Kind = "text") -> Field:
    return Field(name, kind, required=False)


def _text(*names: str) -> tuple[Field, ...]:
    return tuple(Field(name) for name in names)


def _both(name: str, *, required: bool = True) -> tuple[Field, Field]:
    return Field(f"{name}_zh", required=required), Field(f"{name}_en", required=required)


VALIDITY = (_optional("valid_from", "date"), _optional("valid_to", "date"))
SOURCE = _id("source_id", "source")
SOURCE_IF_REAL = _id("source_id", "source", required=False)
ILLUSTRATIVE = _flag("illustrative")
STATUS = _choice("status", "active", "retired", "draft")
DUE_DAY = Field("due_day", "integer", low=0)
DECIMALS = Field("decimals", "integer", low=0)
VERSION = Field("version", "integer", low=1)
SHARE = Field("min_coverage", "number", low=0)
DIMENSIONS = ("completeness", "timeliness", "validity", "uniqueness", "consistency", "plausibility", "honesty")
SEVERITIES = ("high", "medium", "low")
DIRECTION = _choice("direction", "higher", "lower", "target_best", "interval", "none")
# Of a vital sign, from the outside in on either side: alarm, warn, normal. An empty one is open.
LIMITS = ("alarm_low", "warn_low", "normal_low", "normal_high", "warn_high", "alarm_high")

REGION_TABLES = (
    Table(
        "region",
        "region",
        (
            _id("region_id"),
            _choice("level", *LEVELS),
            Field("kind_zh"),
            *_both("name"),
            *_both("short", required=False),
            *VALIDITY,
            ILLUSTRATIVE,
            SOURCE_IF_REAL,
            _optional("note"),
        ),
        key=("region_id",),
    ),
    Table(
        "region_edge",
        "region",
        (
            _id("hierarchy", "peer_scheme", also=("administrative", "governing")),
            _id("parent_id", "region"),
            _id("child_id", "region"),
            *VALIDITY,
            _choice("basis", "published", "illustrative"),
            SOURCE,
        ),
        key=("hierarchy", "parent_id", "child_id", "valid_from"),
        timeline=("hierarchy", "child_id"),
    ),
    Table(
        "region_alias",
        "region",
        (_id("alias"), _id("region_id", "region"), *VALIDITY, SOURCE),
        key=("alias", "valid_from"),
        timeline=("alias",),
    ),
    Table(
        "peer_scheme",
        "region",
        (_id("peer_scheme_id"), *_both("name"), *VALIDITY, SOURCE),
        key=("peer_scheme_id",),
    ),
)

CATALOGUE_TABLES = (
    Table(
        "source",
        "source",
        (
            _id("source_id"),
            *_text("publisher", "title"),
            _optional("url"),
            Field("published_on", "date"),
            _choice("published_on_basis", "stated", "assumed"),
            _optional("note"),
        ),
        key=("source_id",),
    ),
    Table(
        "flag",
        "flag",
        (_id("flag_id"), Field("bit", "integer", low=1), *_both("name"), *_both("meaning")),
        key=("flag_id",),
    ),
    Table("body", "body", (_id("body_id"), *_both("name")), key=("body_id",)),
    Table(
        "node_level",
        "hierarchy",
        (_choice("level", *NODE_LEVELS), *_both("name"), Field("members", "integer", low=1)),
        key=("level",),
    ),
    Table(
        "node",
        "hierarchy",
        (
            _id("node_id"),
            _choice("level", *NODE_LEVELS),
            _id("parent_id", "node", required=False),
            *_both("name"),
            *VALIDITY,
            ILLUSTRATIVE,
            SOURCE_IF_REAL,
        ),
        key=("node_id",),
    ),
    Table(
        "feed",
        "feed",
        (
            _id("feed_id"),
            *_both("name"),
            *_both("source_system"),
            _id("owner", "body"),
            _choice("cadence", "day", *FREQUENCIES, "once"),
            DUE_DAY,
            _choice("grain", *GRAINS),
            _flag("simulated"),
            _choice("status", "connected", "planned"),
        ),
        key=("feed_id",),
    ),
)

MEASURE_TABLES = (
    Table("measure_unit", "measure", (_id("unit_id"), *_both("name")), key=("unit_id",)),
    Table(
        "measure",
        "measure",
        (
            _id("measure_id"),
            *_both("name"),
            _id("unit", "measure_unit"),
            _choice("kind", "stock", "flow", "rate"),
            _choice("frequency", *FREQUENCIES),
            _choice("grain", *GRAINS),
            _choice("region_rule", *RULES),
            _choice("time_rule", *RULES, "last", "standing"),
            SHARE,
            *_both("definition"),
        ),
        key=("measure_id",),
    ),
    Table(
        "measure_source",
        "measure",
        (
            _id("measure_id", "measure"),
            _id("feed_id", "feed"),
            _id("source_code"),
            Field("factor", "number"),
            Field("priority", "integer", low=1),
        ),
        key=("measure_id", "feed_id", "source_code"),
    ),
)

INDICATOR_TABLES = (
    Table(
        "indicator",
        "indicator",
        (
            _id("indicator_id"),
            VERSION,
            _id("sub_track_id", "node"),
            *_both("name"),
            *_both("unit"),
            DIRECTION,
            _id("numerator", "measure"),
            _id("denominator", "measure", required=False),
            Field("factor", "number"),
            _choice("transform", "level", "change", "growth", "share_of_parent"),
            _choice("accumulation", "period", "year_to_date"),
            Field("span_years", "integer", required=False, low=1),
            Field("span_periods", "integer", required=False, low=1),
            _id("parent", "peer_scheme", required=False, also=("city",)),
            _choice("frequency", *FREQUENCIES),
            _choice("lowest_grain", *GRAINS),
            DUE_DAY,
            DECIMALS,
            _flag("evaluable"),
            _id("owner", "body"),
            _id("checker", "body"),
            Field("next_review", "date"),
            STATUS,
            *VALIDITY,
            ILLUSTRATIVE,
            *_both("definition"),
            Field("first_period", "period"),
        ),
        key=("indicator_id", "version"),
        timeline=("indicator_id",),
    ),
    Table(
        "succession",
        "indicator",
        (
            _id("indicator_id", "indicator"),
            _id("successor", "indicator", required=False),
            Field("ended_on", "date"),
            _choice("kind", "retired", "renamed"),
            *_both("reason"),
        ),
        key=("indicator_id",),
    ),
    Table(
        "applicability",
        "indicator",
        (_id("indicator_id", "indicator"), _id("region_id", "region"), *VALIDITY, *_both("reason")),
        key=("indicator_id", "region_id", "valid_from"),
        timeline=("indicator_id", "region_id"),
    ),
    Table(
        "target",
        "target",
        (
            _id("indicator_id", "indicator"),
            _id("region_id", "region", also=(EVERY_REGION,)),
            Field("period_from", "period"),
            _optional("period_to", "period"),
            *(_optional(name, "number") for name in ("target", "warn", "low", "high", "goal_low", "goal_high")),
            *_both("basis"),
            SOURCE_IF_REAL,
            ILLUSTRATIVE,
        ),
        key=("indicator_id", "region_id", "period_from"),
    ),
)

# Choices of the engine that a scheme's rows name; `evaluation.inputs` turns them into a scheme.
TREATMENTS = ("none", "winsorise", "log", "winsorise_log")
IMPUTATIONS = ("none", "group_mean", "group_median", "last", "linear")
AGGREGATIONS = ("arithmetic", "geometric", "harmonic", "topsis", "copeland")
WRITTEN_WEIGHTS = ("expert", "published")
WEIGHTINGS = (*WRITTEN_WEIGHTS, "equal", "ahp", "entropy", "critic", "pca", "combined")
BOUNDED = ("minmax",)
BETWEEN_GOALPOSTS = ("efficacy", "interval_best")
COMPARING = ("zscore", "percentile_rank", "rank", "borda", "distance_to_best", "fraction_of_best")
NORMALISERS = (*BOUNDED, "target", *BETWEEN_GOALPOSTS, *COMPARING)
UNCERTAINTIES = ("weights", "normaliser", "aggregation", "treatment", "imputation", "leave_out", "data")

SCORING_TABLES = (
    Table(
        "scheme",
        "scoring",
        (
            _id("scheme_id"),
            VERSION,
            *_both("name"),
            _id("peer_scheme", "peer_scheme"),
            _choice("frequency", *FREQUENCIES),
            _choice("unit_grain", "district", "unit", "town"),
            _choice("boundary", "at_time", "restated"),
            _id("tree_of", "scheme", required=False),
            Field("tree_version", "integer", required=False, low=1),
            _id("root_id", required=False),
            _choice("scope", "group", "all"),
            SHARE,
            _choice("treatment", *TREATMENTS),
            _choice("imputation", *IMPUTATIONS),
            Field("impute_periods", "integer", required=False, low=1),
            DECIMALS,
            _choice("tie_rule", "min", "max", "dense"),
            Field("points_cap", "number", required=False, low=0),
            Field("draws", "integer", low=0),
            Field("seed", "integer", low=0),
            STATUS,
            *VALIDITY,
            ILLUSTRATIVE,
            *_both("method"),
        ),
        key=("scheme_id", "version"),
        timeline=("scheme_id",),
    ),
    Table(
        "scheme_node",
        "scoring",
        (
            _id("scheme_id", "scheme"),
            VERSION,
            _id("node_id"),
            _id("parent_id", required=False),
            Field("weight", "number", required=False, low=0),
            _choice("aggregation", *AGGREGATIONS, required=False),
            _choice("weighting", *WEIGHTINGS, required=False),
            _choice("normaliser", *NORMALISERS, required=False),
            _choice("bounds", "observed", "goalposts", required=False),
            Field("cap", "number", required=False, low=0),
            Field("floor", "number", required=False, low=0),
            _choice("treatment", *TREATMENTS, required=False),
            _choice("imputation", *IMPUTATIONS, required=False),
            Field("min_coverage", "number", required=False, low=0),
            *_both("name", required=False),
        ),
        key=("scheme_id", "version", "node_id"),
    ),
    Table(
        "judgement",
        "scoring",
        (
            _id("scheme_id", "scheme"),
            VERSION,
            _id("parent_id"),
            _id("node_a"),
            _id("node_b"),
            Field("ratio", "number", low=1),
        ),
        key=("scheme_id", "version", "parent_id", "node_a", "node_b"),
    ),
    Table(
        "tier",
        "scoring",
        (
            _id("scheme_id", "scheme"),
            VERSION,
            Field("place", "integer", low=1),
            _id("tier_id"),
            *_both("name"),
            Field("cut", "number", required=False),
            Field("quota", "number", required=False, low=0),
        ),
        key=("scheme_id", "version", "place"),
    ),
    Table(
        "adjustment",
        "scoring",
        (
            _id("scheme_id", "scheme"),
            VERSION,
            _id("indicator_id", "indicator"),
            _choice("kind", "bonus", "deduction", "veto"),
            Field("points", "number", required=False, low=0),
            Field("cap", "number", required=False, low=0),
            _choice("when", "above", "below", required=False),
            Field("threshold", "number", required=False),
            _choice("effect", "not_ranked", "lowest_tier", required=False),
            *_both("basis"),
        ),
        key=("scheme_id", "version", "indicator_id", "kind"),
    ),
    Table(
        "uncertainty",
        "scoring",
        (
            _id("scheme_id", "scheme"),
            VERSION,
            _choice("choice", *UNCERTAINTIES),
            Field("option"),
        ),
        key=("scheme_id", "version", "choice", "option"),
    ),
)

VITAL_SIGN_TABLES = (
    Table(
        "object_class",
        "vital_sign",
        (
            _id("class_id"),
            _id("sub_track_id", "node"),
            *_both("name"),
            _id("owner", "body"),
            _id("feed_id", "feed"),
            _choice("lowest_grain", *GRAINS),
            ILLUSTRATIVE,
        ),
        key=("class_id",),
    ),
    Table(
        "quantity",
        "vital_sign",
        (_id("quantity_id"), *_both("name"), *_both("unit"), DECIMALS, *_both("definition")),
        key=("quantity_id",),
    ),
    Table(
        "statistic",
        "vital_sign",
        (
            _id("statistic_id"),
            *_both("name"),
            *_both("unit", required=False),
            _choice("direction", *DIRECTION.choices, required=False),
            _choice("frequency", *SENSED, required=False),
            *(_optional(limit, "number") for limit in LIMITS),
            *_both("definition"),
        ),
        key=("statistic_id",),
    ),
    Table(
        "statistic_set",
        "vital_sign",
        (_id("set_id"), _id("statistic_id", "statistic")),
        key=("set_id", "statistic_id"),
    ),
    Table(
        "family",
        "vital_sign",
        (
            _id("class_id", "object_class"),
            _id("quantity_id", "quantity"),
            _id("set_id", "statistic_set"),
            DIRECTION,
            _choice("frequency", *SENSED),
            *(_optional(limit, "number") for limit in LIMITS),
            *(_flag(trait) for trait in ("real_time", "warning", "retrospective", "evaluable")),
            *_both("basis"),
            ILLUSTRATIVE,
        ),
        key=("class_id", "quantity_id"),
    ),
)

QUALITY_TABLES = (
    Table(
        "rule",
        "quality",
        (
            _id("rule_id"),
            _choice("dimension", *DIMENSIONS),
            _choice("severity", *SEVERITIES),
            _flag("exact"),
            Field("threshold", "number", required=False, low=0),
            Field("least", "integer", required=False, low=1),
            *_both("name"),
            *_both("method"),
        ),
        key=("rule_id",),
    ),
    Table(
        "part",
        "quality",
        (_id("measure_id", "measure"), _id("whole_id", "measure")),
        key=("measure_id", "whole_id"),
    ),
    Table(
        "follow_up",
        "quality",
        # Findings come and go with the data, so their ids are no references.
        (
            Field("finding_id"),
            _choice("mark", "accepted"),
            _id("marked_by", "body"),
            Field("marked_on", "date"),
            *_both("note"),
        ),
        key=("finding_id",),
    ),
)

TABLES: dict[str, Table] = {
    table.name: table
    for table in (
        *(*REGION_TABLES, *CATALOGUE_TABLES, *MEASURE_TABLES),
        *(*INDICATOR_TABLES, *SCORING_TABLES, *VITAL_SIGN_TABLES, *QUALITY_TABLES),
    )
}
