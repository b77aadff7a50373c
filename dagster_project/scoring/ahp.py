"""Weights from pairwise judgements (analytic hierarchy process), and how well the judgements agree with each other.

Source: T. L. Saaty, "A scaling method for priorities in hierarchical structures", Journal of Mathematical Psychology
15 (1977) 234-281; the random index is that of Saaty, "The Analytic Hierarchy Process" (1980), for up to 15 members.
"""

from __future__ import annotations

import numpy as np

from dagster_project.scoring.normalise import Floats

RANDOM_INDEX = (0.0, 0.0, 0.58, 0.90, 1.12, 1.24, 1.32, 1.41, 1.45, 1.49, 1.51, 1.48, 1.56, 1.57, 1.59)
ACCEPTED = 0.1
RECIPROCAL_TOLERANCE = 1e-9


def ahp_weights(judgements: Floats) -> tuple[Floats, float]:
    """Principal eigenvector of the judgements, and their consistency ratio.

    Args:
        judgements: (n, n), positive and reciprocal; `judgements[i, j]` says how many times i outweighs j.

    Returns:
        Weights (n,), positive, summing to 1; and CR = ((lambda_max - n) / (n - 1)) / RI(n), 0 for n up to 2.

    Raises:
        ValueError: not square, not positive, not reciprocal, or more than 15 members.
    """
    matrix = np.asarray(judgements, dtype=float)
    n = len(matrix)
    if matrix.shape != (n, n) or not 1 <= n <= len(RANDOM_INDEX):
        raise ValueError(f"judgements of shape {matrix.shape}; give a square of 1 to {len(RANDOM_INDEX)} members")
    if not (np.isfinite(matrix).all() and (matrix > 0).all()):
        raise ValueError("a judgement is not a positive number")
    if np.abs(matrix * matrix.T - 1).max() > RECIPROCAL_TOLERANCE:
        raise ValueError("judgements are not reciprocal: a over b must be one over b over a")
    values, vectors = np.linalg.eig(matrix)
    largest = int(np.argmax(values.real))
    weights = np.abs(vectors[:, largest].real)
    if n <= 2:
        return weights / weights.sum(), 0.0
    consistency_index = (float(values[largest].real) - n) / (n - 1)
    return weights / weights.sum(), max(consistency_index, 0.0) / RANDOM_INDEX[n - 1]
