"""The engine against results of others: UNDP's Human Development Index, and COINr where its results lie at hand."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest

from dagster_project.scoring.engine import References, score
from dagster_project.scoring.rank import rank_in_groups
from dagster_project.scoring.scheme import Aggregate, Indicator, MinMax, Scheme

PROJECT = Path(__file__).parents[3]
HDI = PROJECT / "tests" / "reference" / "hdi_2021.csv"
COINR = PROJECT.parent / "shared" / "reference" / "coinr"

with_coinr = pytest.mark.skipif(
    not COINR.is_dir(),
    reason="COINr's results are not part of the project; they are read from ../shared/reference/coinr",
)


def read(path: Path) -> dict[str, list[str]]:
    with path.open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    return {column: [row[column] for row in rows] for column in rows[0]}


def numbers(cells: list[str]) -> np.ndarray:
    return np.array([float(cell) if cell not in ("", "NA") else np.nan for cell in cells])


def test_human_development_index_2021() -> None:
    """The engine gives the three dimensions and the ranks; the index is their geometric mean, taken here.

    Source of the goalposts: UNDP, Human Development Report 2021/22, technical note 1.
    """
    table = read(HDI)
    goalposts = {
        "life_expectancy": (20.0, 85.0),
        "expected_years_schooling": (0.0, 18.0),
        "mean_years_schooling": (0.0, 15.0),
        "log_income": (np.log(100.0), np.log(75_000.0)),
    }
    parents = ("health", "education", "education", "income")
    scheme = Scheme(
        "hdi",
        tuple(Indicator(name, parent, MinMax(1, "goalposts")) for name, parent in zip(goalposts, parents, strict=True)),
        (Aggregate("hdi", None), *(Aggregate(name, "hdi") for name in ("health", "education", "income"))),
    )
    columns = [numbers(table[name]) for name in list(goalposts)[:3]]
    values = np.column_stack([*columns, np.log(numbers(table["gni_pc_ppp2017"]))])
    low, high = np.array(list(goalposts.values())).T
    everyone = np.zeros(len(values), dtype=np.int64)
    got = score(values, scheme, everyone, References(low, high, np.array([np.nan])))

    dimensions = [[n.id for n in scheme.nodes].index(name) for name in ("health", "education", "income")]
    index = np.round(np.prod(got.node_scores[:, dimensions] / 100, axis=-1) ** (1 / 3), 3)
    assert len(index) == 191
    np.testing.assert_array_equal(index, numbers(table["hdi"]))
    assert rank_in_groups(index, everyone).tolist() == [int(rank) for rank in table["hdi_rank"]]


def asem(values: dict[str, list[str]], direction: bool) -> tuple[Scheme, np.ndarray]:
    """The ASEM tree over columns of `values`; with or without its directions."""
    meta = read(COINR / "input_iMeta.csv")
    rows = [dict(zip(meta, cells, strict=True)) for cells in zip(*meta.values(), strict=True)]
    indicators = [
        Indicator(r["iCode"], r["Parent"], MinMax(int(r["Direction"]) if direction else 1), float(r["Weight"]))
        for r in rows
        if r["Type"] == "Indicator"
    ]
    aggregates = [
        Aggregate(r["iCode"], r["Parent"] or None, 1e-6, float(r["Weight"])) for r in rows if r["Type"] == "Aggregate"
    ]
    scheme = Scheme("asem", tuple(indicators), tuple(aggregates), decimals=12)
    return scheme, np.column_stack([numbers(values[i.id]) for i in indicators])


@with_coinr
def test_coinr_arithmetic_scores_and_ranks() -> None:
    treated = read(COINR / "p4_treated.csv")
    scheme, values = asem(treated, direction=True)
    got = score(values, scheme, np.zeros(len(values), dtype=np.int64))
    scores, ranks = (read(COINR / f"p6_aggregated_arith_{name}.csv") for name in ("scores", "ranks"))
    assert scores["uCode"] == treated["uCode"] == ranks["uCode"]
    for column, node in enumerate(scheme.nodes):
        np.testing.assert_allclose(got.node_scores[:, column], numbers(scores[node.id]), rtol=1e-9, atol=1e-9)
    assert got.rank.tolist() == [int(rank) for rank in ranks["Index"]]


@with_coinr
def test_coinr_rescales_weights_over_gaps() -> None:
    """COINr's 1-100 scale is 1 + 0.99 of ours, and a weighted mean carries the same line."""
    published = read(COINR / "v_unimputed_minmax1_100_amean_datthresh_0_scores.csv")
    scheme, values = asem(published, direction=False)
    assert np.isnan(values).any()
    got = score(values, scheme, np.zeros(len(values), dtype=np.int64))
    for column, node in enumerate(scheme.nodes):
        np.testing.assert_allclose(1 + 0.99 * got.node_scores[:, column], numbers(published[node.id]), rtol=1e-9)


@with_coinr
def test_coinr_ranks_within_groups() -> None:
    scores = read(COINR / "p6_aggregated_arith_scores.csv")
    ranked = read(COINR / "p6_group_ranks_EurAsia.csv")
    at = [scores["uCode"].index(code) for code in ranked["uCode"]]
    groups = np.unique(ranked["EurAsia_group"], return_inverse=True)[1]
    for node in ("Index", "Conn", "Sust"):
        got = rank_in_groups(numbers(scores[node])[at], groups)
        assert got.tolist() == [int(rank) for rank in ranked[node]]
