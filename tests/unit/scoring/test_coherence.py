"""Statistics against COINr and against numpy's own; findings on schemes made to have them; leaving nodes out."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dagster_project.scoring import statistics
from dagster_project.scoring.coherence import EN, SEVERITY, ZH, Coherence, coherence
from dagster_project.scoring.drop import drop_one, ranks_without
from dagster_project.scoring.engine import score
from dagster_project.scoring.normalise import NO_GROUP
from dagster_project.scoring.prepare import Inputs
from dagster_project.scoring.reach import Standing
from dagster_project.scoring.scheme import Aggregate, Indicator, Normaliser, Scheme, SchemeError
from tests.unit.scoring.reference_files import COINR, asem, numbers, read, with_coinr
from tests.unit.scoring.worlds import AGGREGATIONS, figures, schemes

# A scheme takes some milliseconds to score, so fewer of them, and no deadline.
RELAXED = settings(max_examples=60, deadline=None)
NAN = np.nan
RULE = Normaliser("goalposts", 1)


@cache
def asem_world() -> tuple[Inputs, Scheme]:
    """COINr's normalised ASEM figures, which run from 0 to 100, under the ASEM tree."""
    meta = read(COINR / "input_iMeta.csv")
    rows = [dict(zip(meta, cells, strict=True)) for cells in zip(*meta.values(), strict=True)]
    leaves = [Indicator(r["iCode"], r["Parent"], RULE, float(r["Weight"])) for r in rows if r["Type"] == "Indicator"]
    whole = [r for r in rows if r["Type"] == "Aggregate"]
    nodes = [Aggregate(r["iCode"], r["Parent"] or None, 1e-6, float(r["Weight"])) for r in whole]
    values = asem("p5_normalised_minmax_0_100")
    everyone = np.zeros(values.shape[1], dtype=np.int64)
    inputs = Inputs(values, everyone, low=np.array([[0.0]]), high=np.array([[100.0]]))
    return inputs, Scheme("asem", tuple(leaves), tuple(nodes), decimals=9)


@cache
def asem_coherence() -> Coherence:
    return coherence(*asem_world())


@cache
def asem_standing() -> Standing:
    return Standing(*asem_world())


@with_coinr
def test_coinr_correlations_of_indicators() -> None:
    published = read(COINR / "corr_indicators_normalised.csv")
    inputs, scheme = asem_world()
    together = statistics.correlations(inputs.values)
    at = scheme.place
    got = [together[at[a], at[b]] for a, b in zip(published["Var1"], published["Var2"], strict=True)]
    np.testing.assert_allclose(got, numbers(published["Correlation"]), rtol=1e-9, atol=1e-9)


@with_coinr
def test_coinr_correlations_of_pillars_with_the_index() -> None:
    published = read(COINR / "corr_pillar_vs_index.csv")
    inputs, scheme = asem_world()
    nodes = score(inputs, scheme).node_scores
    pillars = [scheme.place[name] for name in published["Var2"]]
    got = np.sqrt(statistics.importance(nodes[pillars], nodes[-1]))
    np.testing.assert_allclose(got, np.abs(numbers(published["Correlation"])), rtol=1e-9)


@with_coinr
def test_coinr_alpha() -> None:
    published = read(COINR / "cronbach_by_pillar.csv")
    got = [asem_coherence().alpha[name] for name in published["group"]]
    np.testing.assert_allclose(got, numbers(published["cronbach_alpha"]), rtol=1e-9)


@with_coinr
def test_coinr_eigenvalues() -> None:
    published = read(COINR / "pca_eigenvalues.csv")
    values = numbers(published["eigenvalue"])
    for node, found in asem_coherence().eigenvalues.items():
        own = [at for at, name in enumerate(published["group"]) if name == node]
        if own:
            np.testing.assert_allclose(found, values[own], rtol=1e-9, atol=1e-9)
    assert set(published["group"]) <= set(asem_coherence().eigenvalues)


@with_coinr
def test_coinr_effective_weights_are_weights_in_force() -> None:
    published = read(COINR / "weights_effective.csv")
    scheme = asem_standing().scheme
    got = asem_standing().weights[[scheme.place[name] for name in published["iCode"]]]
    expected = np.broadcast_to(numbers(published["EffWeight"])[:, np.newaxis], got.shape)
    np.testing.assert_allclose(got, expected, rtol=1e-12)


@with_coinr
@pytest.mark.parametrize("level", [1, 2])
def test_coinr_leaving_one_out(level: int) -> None:
    ranks = read(COINR / f"remove_level{level}_ranks.csv")
    effect = read(COINR / f"remove_level{level}_meanabsdiff.csv")
    names = [name for name in ranks if name not in ("uCode", "Nominal")]
    rows = [ranks["uCode"].index(code) for code in read(COINR / "input_iData.csv")["uCode"]]
    got = ranks_without(asem_standing(), [(), *([name] for name in names)])
    for name, own in zip(("Nominal", *names), got, strict=True):
        assert own.tolist() == numbers(ranks[name])[rows].tolist(), name
    means = dict(zip((node.id for node in asem_standing().scheme.nodes), drop_one(asem_standing()), strict=True))
    for name, expected in zip(effect["removed"], numbers(effect["mean_abs_rank_diff"]), strict=True):
        if name != "Nominal":
            assert means[name] == pytest.approx(expected, rel=1e-12)


@with_coinr
def test_coinr_leaving_two_out() -> None:
    compared = read(COINR / "compare_drop_LPI_Flights_ranks.csv")
    rows = [compared["uCode"].index(code) for code in read(COINR / "input_iData.csv")["uCode"]]
    got = ranks_without(asem_standing(), [(), ("LPI", "Flights")])
    assert got.tolist() == [numbers(compared[name])[rows].tolist() for name in ("coin.1", "coin.2")]


@st.composite
def tables(draw: st.DrawFn) -> np.ndarray:
    rows, columns = draw(st.integers(1, 5)), draw(st.integers(1, 12))
    random = np.random.default_rng(draw(st.integers(0, 2**31)))
    table = np.round(random.normal(50, 20, (rows, columns)), draw(st.integers(0, 2)))
    table[random.random(table.shape) < draw(st.sampled_from((0.0, 0.3)))] = NAN
    if draw(st.booleans()):
        table[0] = np.where(np.isnan(table[0]), NAN, draw(st.sampled_from((0.0, 0.1, 7.0))))
    return table


@RELAXED
@given(table=tables())
def test_correlations_pair_by_pair(table: np.ndarray) -> None:
    got = statistics.correlations(table)
    for one in range(len(table)):
        for other in range(len(table)):
            both = ~np.isnan(table[one]) & ~np.isnan(table[other])
            a, b = table[one, both], table[other, both]
            if both.sum() < 3 or np.ptp(a) == 0 or np.ptp(b) == 0:
                assert np.isnan(got[one, other])
            else:
                np.testing.assert_allclose(got[one, other], np.corrcoef(a, b)[0, 1], rtol=1e-9, atol=1e-9)


@RELAXED
@given(table=tables())
def test_eigenvalues_sum_to_the_number_of_rows(table: np.ndarray) -> None:
    found = statistics.eigenvalues(table)
    whole = statistics.complete(table)
    if whole.shape[1] < 3 or (np.ptp(whole, axis=1) == 0).any():
        assert np.isnan(found).all()
    else:
        assert found.sum() == pytest.approx(len(table)) and (np.diff(found) <= 1e-12).all()
        expected = np.linalg.eigvalsh(np.atleast_2d(np.corrcoef(whole)))[::-1]
        np.testing.assert_allclose(found, np.maximum(expected, 0), rtol=1e-9, atol=1e-9)


@RELAXED
@given(table=tables())
def test_what_is_explained_sums_to_r_squared(table: np.ndarray) -> None:
    """1 for a weighted mean, whatever the weights; by the textbook's beta w sd / sd where rows are not collinear."""
    weights = np.arange(1, len(table) + 1) / sum(range(1, len(table) + 1))
    parent = weights @ table
    found = statistics.explained(table, parent)
    whole = statistics.complete(np.vstack([table, parent]))
    if whole.shape[1] <= len(whole) or np.ptp(whole[-1]) == 0:
        assert np.isnan(found).all()
        return
    assert found.sum() == pytest.approx(1, abs=1e-9)
    if np.linalg.matrix_rank(whole[:-1] - whole[:-1].mean(axis=1, keepdims=True)) == len(table):
        with_parent = [np.cov(row, whole[-1])[0, 1] for row in whole[:-1]]
        np.testing.assert_allclose(found, weights * with_parent / whole[-1].var(ddof=1), rtol=1e-6, atol=1e-9)


def test_degenerate_statistics() -> None:
    two = np.array([[1.0, 2.0], [2.0, 1.0]])
    assert np.isnan(statistics.correlations(two)).all() and np.isnan(statistics.cronbach_alpha(two))
    assert np.isnan(statistics.cronbach_alpha(np.array([[1.0, 2.0, 3.0]])))
    assert np.isnan(statistics.cronbach_alpha(np.array([[1.0, 2.0, 3.0], [3.0, 2.0, 1.0]])))
    rows = [[1.0, NAN, NAN], [-1.0, 1.0, 0.0], [2.0, 2.0, NAN], [0.0, 0.0, 0.0], [1.0, 3.0, NAN]]
    np.testing.assert_allclose(statistics.variation(np.array(rows)), [NAN, np.inf, 0, 0, np.sqrt(2) / 2])
    shares = statistics.share_at_one_value(np.array([[1.0, 1.0, 2.0, NAN], [NAN] * 4]))
    np.testing.assert_array_equal(shares, [2 / 3, NAN])


def world(**columns: list[float]) -> tuple[Inputs, Scheme]:
    leaves = tuple(Indicator(name, "root", RULE) for name in columns)
    values = np.array(list(columns.values()))
    inputs = Inputs(values, np.zeros(values.shape[1], dtype=np.int64), low=np.array([[0.0]]), high=np.array([[100.0]]))
    return inputs, Scheme("made", leaves, (Aggregate("root", None, 0.01),))


def found(**columns: list[float]) -> set[tuple[str, str, str]]:
    return {(one.kind, one.node, one.other) for one in coherence(*world(**columns)).findings}


RANDOM = np.random.default_rng(3).uniform(5, 95, (4, 30))
A, B, C, D = (row.tolist() for row in RANDOM)


def test_findings_on_schemes_made_to_have_them() -> None:
    assert ("identical", "a", "b") in found(a=A, b=(5 + 0.5 * RANDOM[0]).tolist(), c=C)
    assert ("double_counting", "a", "b") in found(a=A, b=(0.9 * RANDOM[0] + 0.1 * RANDOM[1]).tolist(), c=C)
    assert ("opposed", "a", "b") in found(a=A, b=(100 - RANDOM[0]).tolist(), c=C)
    assert ("against_parent", "b", "root") in found(a=A, b=(70 - 0.5 * RANDOM[0]).tolist())
    assert ("constant", "b", "") in found(a=A, b=[7.0] * 30)
    assert ("no_scores", "b", "") in found(a=A, b=[NAN] * 30)
    assert ("clustered", "b", "") in found(a=A, b=[100.0] * 16 + B[:14])
    assert ("varies_little", "b", "") in found(a=A, b=[50 + 0.01 * x / 100 for x in B])
    assert ("weaker", "b", "root") in found(a=A, b=[50 + x / 50 for x in B], c=C)
    quiet = {f"x{at}": (50 + 0.01 * RANDOM[at % 3 + 1]).tolist() for at in range(5)}
    assert ("stronger", "a", "root") in found(a=A, **quiet)
    assert ("inconsistent", "root", "") in found(a=A, b=B, c=C, d=D)
    assert ("several_dimensions", "root", "") in found(a=A, b=[x + y / 9 for x, y in zip(A, D, strict=True)], c=C, d=D)


def test_a_scheme_without_faults_has_no_findings() -> None:
    common = RANDOM[0]
    columns = {f"x{at}": (0.7 * common + 0.3 * RANDOM[at]).tolist() for at in (1, 2, 3)}
    assert found(**columns) == set()


def test_findings_come_in_both_languages_gravest_first() -> None:
    assert set(ZH) == set(EN) == set(SEVERITY)
    findings = coherence(*world(a=A, b=[7.0] * 30, c=C, d=(100 - RANDOM[0]).tolist())).findings
    grave = ("error", "warning", "note")
    assert [grave.index(one.severity) for one in findings] == sorted(grave.index(one.severity) for one in findings)
    first = findings[0]
    assert first.en == "all scores of b are equal: it tells nobody apart"
    assert first.zh == "b所有得分都相同，不能区分各单位"
    assert all("{" not in one.zh + one.en for one in findings)


def test_units_without_a_peer_area_are_not_looked_at_and_periods_are_pooled() -> None:
    inputs, scheme = world(a=A, b=B, c=C)
    wider = np.hstack([inputs.values, 100 - inputs.values[:, :5]])
    outside = replace(inputs, values=wider, groups=np.r_[inputs.groups, [NO_GROUP] * 5])
    panel = replace(
        inputs, values=inputs.values.reshape(3, 2, 15), groups=np.zeros((2, 15), dtype=np.int64), times=np.arange(2)
    )
    plain = coherence(inputs, scheme)
    for other in (coherence(outside, scheme), coherence(panel, scheme)):
        np.testing.assert_allclose(other.between["root"], plain.between["root"], rtol=1e-12)
        np.testing.assert_allclose(other.explained, plain.explained, rtol=1e-9)
        assert [(one.kind, one.node, one.other) for one in other.findings] == [
            (one.kind, one.node, one.other) for one in plain.findings
        ]


@RELAXED
@given(data=st.data())
def test_leaving_out_is_a_scheme_without_the_node(data: st.DataObject) -> None:
    """Against the scheme written again without the node and what hangs below it."""
    lenient = data.draw(schemes(AGGREGATIONS))
    lenient = replace(lenient, aggregates=tuple(replace(node, min_coverage=1e-9) for node in lenient.aggregates))
    inputs = data.draw(figures(lenient, missing=0.0))
    node = data.draw(st.sampled_from(lenient.nodes[:-1]))
    got = ranks_without(Standing(inputs, lenient), [[node.id]])[0]
    gone = {node.id}
    while True:
        orphans = {n.id for n in lenient.nodes if n.parent in gone} | gone
        below = {a.id: {lenient.nodes[row].id for row in lenient.children[a.id]} for a in lenient.aggregates}
        orphans |= {name for name, children in below.items() if children <= orphans}
        if orphans == gone:
            break
        gone = orphans
    if lenient.nodes[-1].id in gone:
        assert not got.any()
        return
    rows = [at for at, leaf in enumerate(lenient.indicators) if leaf.id not in gone]
    rest = replace(
        lenient,
        indicators=tuple(lenient.indicators[row] for row in rows),
        aggregates=tuple(a for a in lenient.aggregates if a.id not in gone),
    )
    assert got.tolist() == score(replace(inputs, values=inputs.values[rows]), rest).rank.tolist()


def test_the_root_has_no_effect_to_state_and_unknown_nodes_are_refused() -> None:
    standing = Standing(*world(a=A, b=B))
    effect = drop_one(standing)
    assert np.isnan(effect[-1]) and (effect[:-1] > 0).all()
    with pytest.raises(SchemeError, match=r"no nodes \['x'\]"):
        ranks_without(standing, [["x"]])
