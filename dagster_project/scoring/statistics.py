"""Statistics of scores that stand side by side: do they go together, and how much does each say of their whole?

Shapes: scores are (C, U), children first; NaN is "no score". Units without a score are left out as each says.
"""

from __future__ import annotations

import numpy as np

from dagster_project.scoring.normalise import Floats

# Fewer units than this in common, and no correlation is stated.
FEWEST = 3
# Scores whose spread is this small beside their size differ by rounding alone.
FLAT = 1e-12


def correlations(scores: Floats) -> Floats:
    """Pearson's correlation of each two rows over the units that have both, (C, C).

    NaN with fewer than three units in common, or where one of the two is constant over these.
    """
    present = ~np.isnan(scores)
    mask = present.astype(float)
    # Deviations from a value near the mean: sums of squares then lose no digits.
    centred = np.where(present, scores - _mean(scores)[:, np.newaxis], 0.0)
    number = mask @ mask.T
    first, second = centred @ mask.T, mask @ centred.T
    squares = (centred**2) @ mask.T
    safe = np.maximum(number, 1)
    shared = centred @ centred.T - first * second / safe
    own = squares - first**2 / safe
    size = np.maximum(np.abs(_mean(scores)), np.sqrt(squares / safe).max(axis=1, initial=0))[:, np.newaxis]
    told_apart = own > number * (FLAT * size) ** 2
    scale = np.sqrt(np.maximum(own, 0) * np.maximum(own.T, 0))
    usable = (number >= FEWEST) & told_apart & told_apart.T
    found = np.divide(shared, scale, out=np.full(scale.shape, np.nan), where=usable & (scale > 0))
    return np.clip(found, -1.0, 1.0)


def cronbach_alpha(scores: Floats) -> float:
    """k / (k - 1) (1 - sum of variances / variance of the sum), over the units that have all rows.

    NaN for one row, fewer than three such units, or a sum that is constant.
    Source: L. J. Cronbach, "Coefficient alpha and the internal structure of tests", Psychometrika 16 (1951) 297-334.
    """
    whole = complete(scores)
    count = len(whole)
    if count < 2 or whole.shape[1] < FEWEST:
        return float("nan")
    total = whole.sum(axis=0)
    if np.ptp(total) <= FLAT * np.abs(whole).max() * count:
        return float("nan")
    return float(count / (count - 1) * (1 - whole.var(axis=1, ddof=1).sum() / total.var(ddof=1)))


def eigenvalues(scores: Floats) -> Floats:
    """Eigenvalues, descending, of the correlations over the units that have all rows: the variances of the principal
    components of standardised scores; their sum is the number of rows. NaN throughout if a row is constant.
    """
    matrix = correlations(complete(scores))
    if np.isnan(matrix).any():
        return np.full(len(scores), np.nan)
    return np.maximum(np.linalg.eigvalsh(matrix)[::-1], 0.0)


def importance(children: Floats, parent: Floats) -> Floats:
    """(C,): each child's squared correlation with the parent, the share of the parent's variance that it explains alone
    if the relation is linear. NaN as in `correlations`.

    Source: P. Paruolo, M. Saisana, A. Saltelli, "Ratings and rankings: voodoo or science?", Journal of the Royal
    Statistical Society A 176 (2013) 609-634.
    """
    return np.asarray(correlations(np.vstack([children, parent]))[-1, :-1] ** 2)


def explained(children: Floats, parent: Floats) -> Floats:
    """(C,): each child's standardised coefficient in the linear regression of the parent on all of them, times its
    correlation with the parent. They sum to R squared: 1 where the parent is a weighted mean. A child that is constant
    has 0; NaN if the parent is, or if there are no more units with all scores than children.

    Source: J. W. Pratt, "Dividing the indivisible: using simple symmetry to partition variance explained" (1987).
    """
    whole = complete(np.vstack([children, parent]))
    if whole.shape[1] <= len(whole) or np.ptp(whole[-1]) <= FLAT * np.abs(whole[-1]).max():
        return np.full(len(children), np.nan)
    centred = whole - whole.mean(axis=1, keepdims=True)
    deviation = np.sqrt((centred**2).mean(axis=1, keepdims=True))
    flat = deviation <= FLAT * np.abs(whole).max(axis=1, keepdims=True)
    standard = np.where(flat, 0.0, centred / np.where(flat, 1.0, deviation))
    coefficients = np.linalg.lstsq(standard[:-1].T, standard[-1], rcond=None)[0]
    return np.asarray(coefficients * (standard[:-1] @ standard[-1]) / whole.shape[1])


def share_at_one_value(scores: Floats) -> Floats:
    """(C,): the share of the units that have a score which share the most frequent one; NaN where nobody has."""
    shares = np.full(len(scores), np.nan)
    for row, column in enumerate(scores):
        known = column[~np.isnan(column)]
        if known.size:
            shares[row] = np.unique(np.round(known, 9), return_counts=True)[1].max() / known.size
    return shares


def variation(values: Floats) -> Floats:
    """(C,): coefficient of variation, standard deviation (n - 1) over the size of the mean; NaN with fewer than two
    values, infinite where the mean is 0 and the values are not.
    """
    known = ~np.isnan(values)
    number, mean = known.sum(axis=1), _mean(values)
    squares = np.where(known, values - mean[:, np.newaxis], 0.0) ** 2
    deviation = np.sqrt(squares.sum(axis=1) / np.maximum(number - 1, 1))
    found = np.divide(deviation, np.abs(mean), out=np.full(len(values), np.inf), where=mean != 0)
    return np.where(number < 2, np.nan, np.where(deviation == 0, 0.0, found))


def complete(scores: Floats) -> Floats:
    """The units that have all rows."""
    return scores[:, ~np.isnan(scores).any(axis=0)]


def _mean(scores: Floats) -> Floats:
    known = ~np.isnan(scores)
    return np.asarray(np.where(known, scores, 0.0).sum(axis=1) / np.maximum(known.sum(axis=1), 1))
