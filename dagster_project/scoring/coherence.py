"""Does a scheme hang together? Looked at before it is used: correlations inside nodes, double counting, indicators that
tell nobody apart, weights as given beside weights as they act.

Shapes: N nodes, I indicators, U units. All periods given are looked at together, as if they were more units.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from dagster_project.scoring import statistics
from dagster_project.scoring.engine import score
from dagster_project.scoring.normalise import NO_GROUP, Floats
from dagster_project.scoring.prepare import Inputs
from dagster_project.scoring.scheme import Aggregate, Scheme

Severity = Literal["error", "warning", "note"]
Kind = Literal[
    "no_scores", "constant", "clustered", "varies_little", "identical", "double_counting", "opposed", "against_parent",
    "weaker", "stronger", "inconsistent", "several_dimensions",
]  # fmt: skip
SEVERITY: dict[Kind, Severity] = {
    "no_scores": "error", "constant": "error", "identical": "error",
    "clustered": "warning", "varies_little": "note", "double_counting": "warning", "opposed": "warning",
    "against_parent": "warning", "weaker": "note", "stronger": "note", "inconsistent": "note",
    "several_dimensions": "note",
}  # fmt: skip
ZH: dict[Kind, str] = {
    "no_scores": "{node}没有任何得分",
    "constant": "{node}所有得分都相同，不能区分各单位",
    "clustered": "{node}有{number:.0%}的单位得分相同，区分度低",
    "varies_little": "{node}的变异系数只有{number:.3f}，差异很小",
    "identical": "{node}与{other}完全线性相关，同一内容被计算了两次",
    "double_counting": "{node}与{other}的相关系数为{number:.2f}，可能重复计算",
    "opposed": "{node}与{other}的相关系数为{number:.2f}，在同一节点内相互抵消",
    "against_parent": "{node}与上级{other}的相关系数为{number:.2f}，得分越高上级反而越低",
    "weaker": "{node}的实际作用只有其名义权重的{number:.2f}倍",
    "stronger": "{node}的实际作用达到其名义权重的{number:.2f}倍",
    "inconsistent": "{node}下级的克朗巴哈系数为{number:.2f}，内部一致性低",
    "several_dimensions": "{node}下级有{number:.0f}个大于1的特征值，不止一个维度",
}
EN: dict[Kind, str] = {
    "no_scores": "{node} has no score at all",
    "constant": "all scores of {node} are equal: it tells nobody apart",
    "clustered": "{number:.0%} of the units share one score of {node}: it tells few apart",
    "varies_little": "the coefficient of variation of {node} is only {number:.3f}",
    "identical": "{node} and {other} are the same up to scale: one thing is counted twice",
    "double_counting": "{node} and {other} correlate with {number:.2f}: one thing may be counted twice",
    "opposed": "{node} and {other} correlate with {number:.2f}: inside one node they cancel out",
    "against_parent": "{node} correlates with {number:.2f} with its parent {other}: higher goes with lower there",
    "weaker": "{node} acts with only {number:.2f} times its nominal weight",
    "stronger": "{node} acts with {number:.2f} times its nominal weight",
    "inconsistent": "Cronbach's alpha of the children of {node} is {number:.2f}: they do not measure one thing",
    "several_dimensions": "the children of {node} have {number:.0f} eigenvalues above 1: more than one dimension",
}


@dataclass(frozen=True)
class Limits:
    """Where a finding begins. Correlations by the practice of the JRC's audits of composite indicators; alpha by J. C.
    Nunnally, "Psychometric Theory" (1978); eigenvalues by H. F. Kaiser (1960).
    """

    double_counting: float = 0.9
    identical: float = 1 - 1e-9
    opposed: float = -0.3
    clustered: float = 0.5
    varies_little: float = 0.01
    times_nominal: float = 3.0
    alpha: float = 0.6
    eigenvalue: float = 1.0


@dataclass(frozen=True)
class Finding:
    """Something to look at. `other`: the second node of a pair, or the parent, else ""; `number`: what was measured."""

    severity: Severity
    kind: Kind
    node: str
    other: str
    number: float

    @property
    def zh(self) -> str:
        return ZH[self.kind].format(node=self.node, other=self.other, number=self.number)

    @property
    def en(self) -> str:
        return EN[self.kind].format(node=self.node, other=self.other, number=self.number)


@dataclass(frozen=True)
class Coherence:
    """What was measured. NaN where too few units, or equal scores, allow no answer.

    Shapes: per node inside its parent (N,), NaN for the root: nominal, the share of the weight; correlation with the
    parent; importance, its square, as a share of the siblings' sum; explained, by regression, summing to R squared.
    Per indicator (I,): at_one_value, variation. Per aggregate, by its id: between, its children's correlations (C, C);
    alpha; eigenvalues (C,).
    """

    nominal: Floats
    correlation: Floats
    importance: Floats
    explained: Floats
    at_one_value: Floats
    variation: Floats
    between: dict[str, Floats]
    alpha: dict[str, float]
    eigenvalues: dict[str, Floats]
    findings: tuple[Finding, ...]


def coherence(inputs: Inputs, scheme: Scheme, limits: Limits | None = None) -> Coherence:
    """Score with the scheme and look at what comes out, over all units that are in a peer area.

    Raises:
        SchemeError: as `engine.score`.
    """
    limits = limits or Limits()
    got = score(inputs, scheme)
    inside = np.broadcast_to(inputs.groups != NO_GROUP, got.score.shape)
    nodes, values = got.node_scores[:, inside], inputs.values[:, inside]
    weights = np.broadcast_to(got.nominal, got.node_scores.shape)[:, inside].mean(axis=1)
    nominal, correlation, importance, explained = np.full((4, len(nodes)), np.nan)
    between, alpha, eigenvalues = {}, {}, {}
    for parent in scheme.bottom_up:
        rows, whole = scheme.children[parent.id], nodes[scheme.place[parent.id]]
        children = nodes[rows]
        together = statistics.correlations(np.vstack([children, whole]))
        between[parent.id], correlation[rows] = together[:-1, :-1], together[-1, :-1]
        nominal[rows] = weights[rows] / weights[rows].sum()
        squares = correlation[rows] ** 2
        importance[rows] = squares / np.nansum(squares) if np.nansum(squares) > 0 else np.nan
        explained[rows] = statistics.explained(children, whole)
        alpha[parent.id] = statistics.cronbach_alpha(children)
        eigenvalues[parent.id] = statistics.eigenvalues(children)
    leaves = len(scheme.indicators)
    at_one, varies = statistics.share_at_one_value(nodes[:leaves]), statistics.variation(values)
    measured = (nominal, correlation, importance, explained, at_one, varies, between, alpha, eigenvalues)
    found = [*_of_indicators(scheme, at_one, varies, limits)]
    for parent in scheme.bottom_up:
        found += _inside(scheme, parent, Coherence(*measured, ()), limits)
    order: tuple[Severity, ...] = ("error", "warning", "note")
    return Coherence(*measured, tuple(sorted(found, key=lambda finding: order.index(finding.severity))))


def _finding(kind: Kind, node: str, other: str, number: float) -> Finding:
    return Finding(SEVERITY[kind], kind, node, other, float(number))


def _of_indicators(scheme: Scheme, at_one: Floats, varies: Floats, limits: Limits) -> list[Finding]:
    found = []
    for leaf, share, spread in zip(scheme.indicators, at_one, varies, strict=True):
        if np.isnan(share):
            found.append(_finding("no_scores", leaf.id, "", 0.0))
        elif share == 1:
            found.append(_finding("constant", leaf.id, "", share))
        elif share >= limits.clustered:
            found.append(_finding("clustered", leaf.id, "", share))
        elif spread <= limits.varies_little:
            found.append(_finding("varies_little", leaf.id, "", spread))
    return found


def _inside(scheme: Scheme, parent: Aggregate, of: Coherence, limits: Limits) -> list[Finding]:
    found = []
    rows = scheme.children[parent.id]
    names = [scheme.nodes[row].id for row in rows]
    between = of.between[parent.id]
    for one in range(len(rows)):
        for other in range(one + 1, len(rows)):
            r = between[one, other]
            if r >= limits.identical:
                found.append(_finding("identical", names[one], names[other], r))
            elif r >= limits.double_counting:
                found.append(_finding("double_counting", names[one], names[other], r))
            elif r <= limits.opposed:
                found.append(_finding("opposed", names[one], names[other], r))
    if len(rows) < 2:
        return found
    for row, name in zip(rows, names, strict=True):
        if of.correlation[row] < 0:
            found.append(_finding("against_parent", name, parent.id, of.correlation[row]))
        times = of.importance[row] / of.nominal[row]
        if times <= 1 / limits.times_nominal:
            found.append(_finding("weaker", name, parent.id, times))
        elif times >= limits.times_nominal:
            found.append(_finding("stronger", name, parent.id, times))
    if of.alpha[parent.id] < limits.alpha:
        found.append(_finding("inconsistent", parent.id, "", of.alpha[parent.id]))
    dimensions = np.count_nonzero(of.eigenvalues[parent.id] > limits.eigenvalue)
    if dimensions > 1:
        found.append(_finding("several_dimensions", parent.id, "", float(dimensions)))
    return found
