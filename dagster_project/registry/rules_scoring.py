"""Rules of targets and of the trees of schemes."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pandas as pd

from dagster_project.registry.model import Finding, Registry, Row, hits
from dagster_project.registry.spec import BETWEEN_GOALPOSTS, BOUNDED, WEIGHTINGS, WRITTEN_WEIGHTS
from dagster_project.registry.weighting import judgement_matrix
from dagster_project.scoring.ahp import ACCEPTED, ahp_weights

WEIGHT_TOLERANCE = 1e-6
VERSIONED = ["scheme_id", "version"]
# Means in which a score of 0 has no answer, so that the scores below need a floor.
MULTIPLYING = ("geometric", "harmonic")
MEANS = "a geometric or harmonic mean"
Columns = tuple[tuple[str, Callable[[Row], bool], Callable[[Row], bool], str], ...]


def check(registry: Registry) -> Iterator[Finding]:
    yield from targets(registry)
    yield from evaluable(registry)
    yield from trees(registry)
    yield from weights(registry)
    yield from unweighted(registry)


def _directions(registry: Registry) -> dict[str, str]:
    """Direction of the newest version of each indicator."""
    newest = registry["indicator"].dropna(subset=["indicator_id", "direction"]).sort_values("version")
    return dict(zip(newest["indicator_id"], newest["direction"], strict=True))


def targets(registry: Registry) -> Iterator[Finding]:
    target = registry["target"].assign(direction=registry["target"]["indicator_id"].map(_directions(registry)))
    direction = target["direction"]
    too_high = (direction == "higher") & (target["warn"] > target["target"])
    too_low = (direction == "lower") & (target["warn"] < target["target"])
    for row, one in hits(target, too_high | too_low):
        message = f"warn {one['warn']:g} is better than target {one['target']:g} where {one['direction']} is better"
        yield registry.finding(
            "target", row, "warn", "warn_beyond_target", message, "Put warn on the worse side of target."
        )
    for row, one in hits(target, (direction == "none") & target[["target", "low"]].notna().any(axis=1)):
        message = f"{one['indicator_id']} has no direction, so nothing meets its target"
        mend = "Give the indicator a direction, or remove the row."
        yield registry.finding("target", row, "target", "target_without_direction", message, mend)
    for row, one in hits(target, direction.isin(["interval", "target_best"]) & ~(target["low"] < target["high"])):
        message = f"the direction {one['direction']} needs low below high"
        yield registry.finding("target", row, "low", "interval", message, "Fill both, the lower figure first.")
    posts = target[["goal_low", "goal_high"]].notna().any(axis=1)
    for row, _ in hits(target, posts & ~(target["goal_low"] < target["goal_high"])):
        message = "goal_low is not below goal_high"
        yield registry.finding("target", row, "goal_low", "goalposts", message, "Fill both, the lower figure first.")


def evaluable(registry: Registry) -> Iterator[Finding]:
    indicator = registry["indicator"]
    judged = indicator["evaluable"].fillna(False).astype(bool) & (indicator["status"] == "active")
    for row, one in hits(indicator, judged & (indicator["direction"] == "none")):
        message = f"{one['indicator_id']} is evaluable and has no direction"
        yield registry.finding(
            "indicator", row, "direction", "evaluable", message, "Write a direction, or evaluable false."
        )
    aimed = set(registry["target"]["indicator_id"])
    for row, one in hits(
        indicator, judged & (indicator["direction"] != "none") & ~indicator["indicator_id"].isin(aimed)
    ):
        message = f"{one['indicator_id']} is evaluable and has neither target nor goalposts"
        yield registry.finding("indicator", row, "evaluable", "evaluable", message, "Add a row to target/target.csv.")


def trees(registry: Registry) -> Iterator[Finding]:
    """Each node is an aggregate or an indicator with a direction, under an aggregate of its scheme; one root."""
    node = registry["scheme_node"].dropna(subset=["scheme_id", "version", "node_id"])
    direction = _directions(registry)
    posts = set(registry["target"].dropna(subset=["goal_low", "goal_high"])["indicator_id"])
    for (scheme, _), rows in node.groupby(VERSIONED):
        aggregates = set(rows.loc[rows["aggregation"].notna(), "node_id"])
        second_roots = set(rows.index[rows["parent_id"].isna()][1:])
        for row, one in hits(rows, rows["node_id"].notna()):
            if row in second_roots:
                message = f"scheme {scheme} has a root already"
                mend = "Write the aggregate above this node."
                yield registry.finding("scheme_node", row, "parent_id", "scheme_tree", message, mend)
            if pd.notna(one["parent_id"]) and one["parent_id"] not in aggregates:
                message = f"{one['parent_id']} is no aggregate of scheme {scheme}"
                mend = "Write an aggregate of the scheme."
                yield registry.finding("scheme_node", row, "parent_id", "scheme_tree", message, mend)
            if pd.notna(one["aggregation"]) == pd.notna(one["normaliser"]):
                message = f"{one['node_id']} is not clearly an aggregate or an indicator"
                mend = "Fill aggregation for an aggregate, normaliser for an indicator, never both."
                yield registry.finding("scheme_node", row, "aggregation", "scheme_tree", message, mend)
            elif pd.notna(one["normaliser"]):
                yield from _choices(registry, row, one, OF_INDICATORS)
                yield from _scored_indicator(registry, row, one, direction, posts)
            else:
                yield from _choices(registry, row, one, OF_AGGREGATES)


# Which columns belong to which choice: the column, whether the node may have it, whether it must, and what it is for.
OF_INDICATORS: Columns = (
    ("min_coverage", lambda one: False, lambda one: False, "an aggregate"),
    ("bounds", lambda one: one["normaliser"] in BOUNDED, lambda one: one["normaliser"] in BOUNDED, "min-max"),
    ("cap", lambda one: one["normaliser"] == "target", lambda one: False, "the normaliser target"),
    ("floor", lambda one: one["normaliser"] in BOUNDED, lambda one: False, "min-max"),
)
OF_AGGREGATES: Columns = (
    *((name, lambda one: False, lambda one: False, "an indicator") for name in ("bounds", "cap")),
    *((name, lambda one: False, lambda one: False, "an indicator") for name in ("treatment", "imputation")),
    ("floor", lambda one: one["aggregation"] in MULTIPLYING, lambda one: one["aggregation"] in MULTIPLYING, MEANS),
)


def _choices(registry: Registry, row: int, one: Row, columns: Columns) -> Iterator[Finding]:
    for column, may, must, whose in columns:
        filled = pd.notna(one[column])
        if filled and not may(one):
            message = f"{column} belongs to {whose}, which {one['node_id']} is not"
            yield registry.finding("scheme_node", row, column, "scheme_choice", message, "Empty it.")
        elif must(one) and not filled:
            message = f"{one['node_id']} does not say its {column}, which {whose} needs"
            yield registry.finding("scheme_node", row, column, "scheme_choice", message, f"Fill {column}.")


def _scored_indicator(
    registry: Registry, row: int, one: Row, direction: dict[str, str], posts: set[str]
) -> Iterator[Finding]:
    name = one["node_id"]
    wanted = ("interval", "target_best") if one["normaliser"] == "interval_best" else ("higher", "lower")
    if name not in direction:
        message = f"node_id {name!r} is no indicator"
        mend = "Write an indicator's id, or fill aggregation."
        yield registry.finding("scheme_node", row, "node_id", "dangling", message, mend)
    elif direction[name] not in wanted:
        message = f"{name} has the direction {direction[name]}, so {one['normaliser']} cannot score it"
        mend = "Use interval_best for interval or target_best, another normaliser for higher or lower."
        yield registry.finding("scheme_node", row, "node_id", "scheme_direction", message, mend)
    elif name not in posts and (one["bounds"] == "goalposts" or one["normaliser"] in BETWEEN_GOALPOSTS):
        message = f"{name} has no goalposts"
        mend = "Add goal_low and goal_high to target/target.csv."
        yield registry.finding("scheme_node", row, "bounds", "scheme_goalposts", message, mend)


def weights(registry: Registry) -> Iterator[Finding]:
    """Each aggregate says how its children are weighed: expert weights are written and sum to 1, others follow."""
    node = registry["scheme_node"].dropna(subset=[*VERSIONED, "node_id"]).drop_duplicates([*VERSIONED, "node_id"])
    aggregate = node["aggregation"].notna()
    for row, one in hits(node, aggregate & node["weighting"].isna()):
        message = f"{one['node_id']} does not say how its children are weighed"
        mend = f"Write one of {', '.join(WEIGHTINGS)}."
        yield registry.finding("scheme_node", row, "weighting", "weighting", message, mend)
    method = node.set_index([*VERSIONED, "node_id"])["weighting"]
    for _, rows in node.groupby([*VERSIONED, "parent_id"], dropna=False):
        scheme, version, parent = rows.iloc[0][[*VERSIONED, "parent_id"]].tolist()
        how = method.get((scheme, version, parent)) if pd.notna(parent) else "expert"
        whose = "roots" if pd.isna(parent) else f"children of {parent}"
        if how in (*WRITTEN_WEIGHTS, "combined"):
            yield from _written(registry, rows, scheme, whose, to_one=how != "published")
        elif how in WEIGHTINGS:
            for row, _ in hits(rows, rows["weight"].notna()):
                message = f"the weights of the {whose} are {how}, so none is written"
                yield registry.finding("scheme_node", row, "weight", "weighting", message, "Empty the weight.")
        if how == "ahp":
            yield from _judged(registry, node, rows, (scheme, version, parent))


def _written(registry: Registry, rows: pd.DataFrame, scheme: str, whose: str, *, to_one: bool) -> Iterator[Finding]:
    """Published weights count in proportion: some of what was published may be absent here."""
    unweighted = rows["weight"].isna() | (rows["weight"] == 0)
    for row, one in hits(rows, unweighted):
        message = f"{one['node_id']} has no weight"
        yield registry.finding("scheme_node", row, "weight", "weighting", message, "Write its weight, above 0.")
    total = rows["weight"].sum()
    if to_one and not unweighted.any() and abs(total - 1) > WEIGHT_TOLERANCE:
        message = f"weights of the {whose} in scheme {scheme} sum to {total:g}"
        yield registry.finding("scheme_node", int(rows.index[0]), "weight", "weights", message, "Make them sum to 1.")


def _judged(registry: Registry, node: pd.DataFrame, rows: pd.DataFrame, key: tuple[str, int, str]) -> Iterator[Finding]:
    """Judgements over each pair of children once, that agree with each other."""
    judged = registry["judgement"]
    judged = judged[(judged[[*VERSIONED, "parent_id"]] == list(key)).all(axis=1)].dropna()
    matrix = judgement_matrix(rows["node_id"].tolist(), judged)
    at = int(node.index[(node[[*VERSIONED, "node_id"]] == list(key)).all(axis=1)][0])
    if matrix is None:
        message = f"the judgements do not weigh each pair of the children of {key[2]} exactly once"
        mend = "Write one row per pair of children into scoring/judgement*.csv."
        yield registry.finding("scheme_node", at, "weighting", "judgement", message, mend)
        return
    ratio = ahp_weights(matrix)[1]
    if ratio >= ACCEPTED:
        message = f"the judgements over the children of {key[2]} contradict each other: consistency ratio {ratio:.3f}"
        mend = f"Revise scoring/judgement*.csv until it is below {ACCEPTED:g}."
        yield registry.finding("scheme_node", at, "weighting", "judgement", message, mend)


def unweighted(registry: Registry) -> Iterator[Finding]:
    """What may be evaluated below the city is evaluated by some scheme."""
    indicator = registry["indicator"]
    judged = indicator["evaluable"].fillna(False).astype(bool) & (indicator["status"] == "active")
    weighed = set(registry["scheme_node"]["node_id"])
    missing = judged & indicator["lowest_grain"].isin(["district", "unit", "town"]) & (indicator["direction"] != "none")
    for row, one in hits(indicator, missing & ~indicator["indicator_id"].isin(weighed)):
        message = f"{one['indicator_id']} is evaluable and no scheme weighs it"
        mend = "Add it to scoring/scheme_node*.csv, or write evaluable false."
        yield registry.finding("indicator", row, "evaluable", "unweighted", message, mend)
