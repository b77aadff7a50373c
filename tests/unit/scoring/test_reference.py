"""The whole engine against results of others: UNDP's Human Development Index, and COINr's ASEM index at every step."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from dagster_project.scoring.draw import Draws, varied
from dagster_project.scoring.engine import Scores, score
from dagster_project.scoring.prepare import Inputs
from dagster_project.scoring.rank import rank_in_groups
from dagster_project.scoring.robust import evaluate
from dagster_project.scoring.scheme import Aggregate, Imputation, Indicator, Normaliser, Scheme, Treatment
from dagster_project.scoring.sensitivity import rank_shift
from dagster_project.scoring.tree import up_the_tree
from tests.unit.scoring.reference_files import COINR, REFERENCE, asem, numbers, read, with_coinr

HDI = Path(__file__).parents[2] / "reference" / "hdi_2021.csv"
HDI_PANEL = REFERENCE / "hdi" / "hdi_panel_1990_2021.csv"

# UNDP, Human Development Report 2021/22, technical note 1.
GOALPOSTS = {
    "life_expectancy": (20.0, 85.0),
    "expected_years_schooling": (0.0, 18.0),
    "mean_years_schooling": (0.0, 15.0),
    "log_income": (np.log(100.0), np.log(75_000.0)),
}


def human_development(table: dict[str, list[str]]) -> Scores:
    """Education is the arithmetic mean of two, the index the geometric mean of three dimensions, all wholly known."""
    parents = ("health", "education", "education", "income")
    scheme = Scheme(
        "hdi",
        tuple(
            Indicator(name, parent, Normaliser("goalposts", 1)) for name, parent in zip(GOALPOSTS, parents, strict=True)
        ),
        (
            Aggregate("hdi", None, aggregation="geometric"),
            *(Aggregate(name, "hdi") for name in ("health", "education", "income")),
        ),
        decimals=1,  # of a score to 100: the third decimal of the index
    )
    columns = [numbers(table[name]) for name in list(GOALPOSTS)[:3]]
    values = np.stack([*columns, np.log(numbers(table["gni_pc_ppp2017"]))])
    low, high = (np.array(list(GOALPOSTS.values())).T)[..., np.newaxis]
    return score(Inputs(values, np.zeros(values.shape[1], dtype=np.int64), low=low, high=high), scheme)


def test_human_development_index_2021() -> None:
    """191 of 191 indices and ranks: ranks follow from the index as published, rounded to three decimals."""
    table = read(HDI)
    got = human_development(table)
    assert got.score.size == 191
    np.testing.assert_allclose(got.score / 100, numbers(table["hdi"]), atol=1e-12)
    assert got.rank.tolist() == [int(rank) for rank in table["hdi_rank"]]


@pytest.mark.skipif(not HDI_PANEL.is_file(), reason="UNDP's time series are read from ../shared/reference/hdi")
def test_human_development_index_1990_to_2021() -> None:
    table = read(HDI_PANEL)
    published = numbers(table["hdi_published"])
    known = ~np.isnan(published)
    got = human_development({column: [cells[at] for at in np.flatnonzero(known)] for column, cells in table.items()})
    assert known.sum() == 5571
    np.testing.assert_allclose(got.score / 100, published[known], atol=1e-12)


MINMAX = Normaliser("minmax", 1)


@cache
def tree(normaliser: Normaliser = MINMAX, directed: bool = True, **choices: object) -> Scheme:
    """The ASEM tree, normalised over all units; `choices` go to every indicator."""
    meta = read(COINR / "input_iMeta.csv")
    rows = [dict(zip(meta, cells, strict=True)) for cells in zip(*meta.values(), strict=True)]
    leaves = [
        Indicator(
            row["iCode"],
            row["Parent"],
            replace(normaliser, direction=int(row["Direction"]) if directed else 1),
            float(row["Weight"]),
            **choices,  # type: ignore[arg-type]
        )
        for row in rows
        if row["Type"] == "Indicator"
    ]
    aggregates = [
        Aggregate(row["iCode"], row["Parent"] or None, 1e-6, float(row["Weight"]))
        for row in rows
        if row["Type"] == "Aggregate"
    ]
    return Scheme("asem", tuple(leaves), tuple(aggregates), decimals=12, scope="all")


def units() -> list[str]:
    return read(COINR / "input_iData.csv")["uCode"]


def published(name: str, node: str) -> np.ndarray:
    table = read(COINR / f"{name}.csv")
    return numbers(table[node])[[table["uCode"].index(code) for code in units()]]


def everyone() -> np.ndarray:
    return np.zeros(len(units()), dtype=np.int64)


def equal_at_every_node(got: Scores, scheme: Scheme, name: str, scale: float = 1.0, leaves: bool = True) -> None:
    start = 0 if leaves else len(scheme.indicators)
    for at, node in list(enumerate(scheme.nodes))[start:]:
        np.testing.assert_allclose(got.node_scores[at] / scale, published(name, node.id), rtol=1e-9, atol=1e-9)


@with_coinr
def test_coinr_from_raw_figures_to_ranks_in_one_go() -> None:
    """Denominated figures in, group means for gaps, outliers treated, min-max, three levels of means, ranks."""
    table = read(COINR / "input_iData.csv")
    groups = np.unique(table["EurAsia_group"], return_inverse=True)[1]
    scheme = tree(imputation=Imputation("group_mean"), treatment=Treatment("winsorise_log"))
    got = score(Inputs(asem("p1_denominated"), groups), scheme)
    equal_at_every_node(got, scheme, "p6_aggregated_arith_scores")
    whole = rank_in_groups(got.node_scores.round(12), everyone())
    # An indicator's ranks are left out: COINr parts two units whose scores differ in the 14th decimal.
    for node in scheme.bottom_up:
        ranks = published("p6_aggregated_arith_ranks", node.id)
        np.testing.assert_array_equal(whole[scheme.place[node.id]], ranks)
    for node in ("Index", "Conn", "Sust"):
        inside = rank_in_groups(got.node_scores[scheme.place[node]].round(12), groups)
        np.testing.assert_array_equal(inside, published("p6_group_ranks_EurAsia", node))


VARIANTS = {
    "minmax_1_100": (Normaliser("minmax", 1, floor=1.0), 1.0, ("amean", "gmean", "hmean")),
    "zscore_0_1": (Normaliser("zscore", 1), 1.0, ("amean",)),
    "zscore_10_2": (Normaliser("zscore", 1, mean=10.0, sd=2.0), 1.0, ("amean",)),
    "prank": (Normaliser("percentile_rank", 1), 100.0, ("amean",)),
    "rank_min": (Normaliser("rank", 1), 1.0, ("amean", "gmean")),
    "borda": (Normaliser("borda", 1), 1.0, ("amean",)),
}
MEANS = {"amean": "arithmetic", "gmean": "geometric", "hmean": "harmonic"}


@with_coinr
@pytest.mark.parametrize(("name", "mean"), [(name, mean) for name, (_, _, means) in VARIANTS.items() for mean in means])
def test_coinr_normalisers_and_means(name: str, mean: str) -> None:
    normaliser, scale, _ = VARIANTS[name]
    scheme = varied(tree(normaliser), aggregation=MEANS[mean])  # type: ignore[arg-type]
    got = score(Inputs(asem("p4_treated"), everyone()), scheme)
    equal_at_every_node(got, scheme, f"v_agg_{name}__{mean}_scores", scale)
    for node in ("Index", "Conn", "Sust"):
        ranks = rank_in_groups(got.node_scores[scheme.place[node]].round(10), everyone())
        np.testing.assert_array_equal(ranks, published(f"v_agg_{name}__{mean}_ranks", node))


@with_coinr
def test_coinr_another_mean_on_each_level() -> None:
    scheme = tree(Normaliser("minmax", 1, floor=1.0))
    meta = read(COINR / "input_iMeta.csv")
    level = dict(zip(meta["iCode"], meta["Level"], strict=True))
    kinds = {"2": "arithmetic", "3": "geometric", "4": "harmonic"}
    mixed = tuple(replace(node, aggregation=kinds[level[node.id]]) for node in scheme.aggregates)
    scheme = replace(scheme, aggregates=mixed)
    got = score(Inputs(asem("p4_treated"), everyone()), scheme)
    equal_at_every_node(got, scheme, "v_agg_mixed_amean_gmean_hmean_scores")


@with_coinr
def test_coinr_copeland_at_the_top() -> None:
    """COINr gives points from 1 - U to U - 1; ours are the same on a scale from 0 to 100."""
    scheme = tree()
    top = tuple(replace(n, aggregation="copeland") if n.parent is None else n for n in scheme.aggregates)
    got = score(Inputs(asem("p4_treated"), everyone()), replace(scheme, aggregates=top))
    most = len(units()) - 1
    points = got.node_scores[-1] / 100 * 2 * most - most
    np.testing.assert_allclose(points, published("v_agg_copeland_top_scores", "Index"), atol=1e-9)


@with_coinr
@pytest.mark.parametrize("threshold", ["0", "0.5", "0.8", "0.95"])
def test_coinr_gaps_and_its_rule_of_availability(threshold: str) -> None:
    """COINr asks each node alone for a share of its children; ours asks for a share of the weight below it.

    So its rule is applied here, by a loop, and the engine is asked for the scores of the nodes that meet it.
    """
    name = f"v_unimputed_minmax1_100_amean_datthresh_{threshold}_scores"
    scheme = tree(Normaliser("minmax", 1, floor=1.0))
    leaves = np.stack([published(name, node.id) for node in scheme.indicators])
    scored = np.vstack([~np.isnan(leaves), np.zeros((len(scheme.aggregates), len(units())), dtype=bool)])
    for node in scheme.bottom_up:
        children = scored[scheme.children[node.id]]
        scored[scheme.place[node.id]] = (children.mean(axis=0) >= float(threshold)) & children.any(axis=0)
    got, _ = up_the_tree(leaves, scored, scheme, everyone())
    for at, node in enumerate(scheme.nodes):
        np.testing.assert_allclose(got[at], published(name, node.id), rtol=1e-9, atol=1e-9)


def replayed(params: str, ranks: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """COINr's replicates through our draws: (D, U) scores, ranks, and its ranks.

    A replicate is one of its sets of weights, a normaliser, a mean, and a limit of treated points; it normalises to
    1-100 or to mean 10 and deviation 2, so that a geometric mean exists.
    """
    table, sets = read(COINR / f"{params}.csv"), read(COINR / "ua_weight_sets.csv")
    base = tree(Normaliser("minmax", 1, floor=1.0), treatment=Treatment("winsorise_log"))
    order = [sets["iCode"].index(node.id) for node in base.nodes]
    nominal = numbers(sets["Nominal"])[order]
    # The leaves' and the root's weights stand in the same table.
    factors = np.stack([numbers(sets[f"w{which}"])[order] / nominal for which in table["weight_set"]], axis=1)
    zscore = Normaliser("zscore", 1, mean=10.0, sd=2.0)
    keys = list(zip(table["winmax"], table["norm"], table["agg"], strict=True))
    variants = {
        key: varied(base, zscore if key[1] == "n_zscore" else None, MEANS[key[2][2:]], int(key[0]))  # type: ignore[arg-type]
        for key in sorted(set(keys))
    }
    which = np.array([list(variants).index(key) for key in keys])
    got = evaluate(
        Inputs(asem("p2_imputed_group_mean"), everyone()), base, Draws(tuple(variants.values()), which, factors)
    )
    theirs = read(COINR / f"{ranks}.csv")
    rows = [theirs["uCode"].index(code) for code in units()]
    return got.score, got.rank, np.array([numbers(theirs[f"r_{at + 1}"])[rows] for at in range(len(keys))])


@with_coinr
def test_coinr_all_500_uncertainty_replicates() -> None:
    scores, ranks, theirs = replayed("ua_params", "ua_ranks")
    assert len(theirs) == 500
    np.testing.assert_array_equal(ranks, theirs)
    table = read(COINR / "ua_scores.csv")
    rows = [table["uCode"].index(code) for code in units()]
    expected = np.array([numbers(table[f"r_{at + 1}"])[rows] for at in range(500)])
    np.testing.assert_allclose(scores, expected, rtol=1e-9)
    stats = read(COINR / "ua_rank_stats.csv")
    rows = [stats["uCode"].index(code) for code in units()]
    np.testing.assert_allclose(ranks.mean(axis=0), numbers(stats["Mean"])[rows], rtol=1e-9)
    for column, quantile in (("Q5", 0.05), ("Median", 0.5), ("Q95", 0.95)):
        np.testing.assert_allclose(np.quantile(ranks, quantile, axis=0), numbers(stats[column])[rows], atol=0.51)


@with_coinr
def test_coinr_sobol_indices() -> None:
    """All 1,200 runs behind its sensitivity indices; then its estimators over our mean shift of rank.

    Estimators: Saltelli et al. (2010), as COINr uses them: first order from A, B and AB, total by Jansen.
    """
    _, ranks, theirs = replayed("sa_params", "sa_ranks")
    np.testing.assert_array_equal(ranks, theirs)
    shift = rank_shift(ranks, published("sa_ranks", "Nominal").astype(np.int64))
    indices = read(COINR / "sa_sensitivity_indices.csv")
    runs = shift.reshape(2 + len(indices["Variable"]), -1)
    a, b, mixed = runs[0], runs[1], runs[2:]
    variance = np.var(np.concatenate([a, b]), ddof=1)
    np.testing.assert_allclose((b * (mixed - a)).mean(axis=1) / variance, numbers(indices["Si"]), atol=1e-9)
    np.testing.assert_allclose(((a - mixed) ** 2).mean(axis=1) / (2 * variance), numbers(indices["STi"]), atol=1e-9)


@with_coinr
@pytest.mark.parametrize("how", ["global", "peryear"])
def test_coinr_panel(how: str) -> None:
    """Five years at once: each year by itself, or all units of all years on one scale."""
    treated, aggregated = (read(COINR / f"{name}.csv") for name in ("panel_treated", f"panel_aggregated_{how}"))
    scheme, years, codes = tree(), sorted(set(treated["Time"])), sorted(set(treated["uCode"]))
    at = {key: row for row, key in enumerate(zip(treated["Time"], treated["uCode"], strict=True))}
    rows = [[at[year, code] for code in codes] for year in years]
    values = np.stack([numbers(treated[node.id])[rows] for node in scheme.indicators])
    if how == "global":
        got = score(Inputs(values.reshape(len(values), -1), np.zeros(values[0].size, dtype=np.int64)), scheme)
    else:
        got = score(Inputs(values, np.zeros((len(years), len(codes)), dtype=np.int64)), scheme)
    found = got.node_scores.reshape(len(scheme.nodes), len(years), -1)
    theirs = {key: row for row, key in enumerate(zip(aggregated["Time"], aggregated["uCode"], strict=True))}
    order = [[theirs[year, code] for code in codes] for year in years]
    for place, node in enumerate(scheme.nodes):
        np.testing.assert_allclose(found[place], numbers(aggregated[node.id])[order], rtol=1e-9, atol=1e-9)
