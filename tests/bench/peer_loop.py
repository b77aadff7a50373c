"""One weighting and one TOPSIS per draw in two libraries' own way, in their environment; prints draws per second."""

import json
import sys
import time

import numpy as np
from pymcdm.methods import TOPSIS
from pymcdm.weights import entropy_weights
from skcriteria import mkdm
from skcriteria.agg.similarity import TOPSIS as SkTopsis
from skcriteria.preprocessing.scalers import VectorScaler
from skcriteria.preprocessing.weighters import EntropyWeighter

matrix, loops = np.load(sys.argv[1]), int(sys.argv[2])
random = np.random.default_rng(1)
types = np.ones(matrix.shape[1], dtype=int)
topsis, weigh, scale, rank = TOPSIS(), EntropyWeighter(), VectorScaler(target="matrix"), SkTopsis()


def pymcdm(drawn: np.ndarray) -> None:
    topsis.rank(topsis(drawn, entropy_weights(drawn), types))


def scikit_criteria(drawn: np.ndarray) -> None:
    rank.evaluate(scale.transform(weigh.transform(mkdm(drawn, [max] * drawn.shape[1]))))


rates = {}
for name, job in (("pymcdm", pymcdm), ("scikit-criteria", scikit_criteria)):
    draws = [matrix * random.uniform(0.9, 1.1, matrix.shape) for _ in range(10)]
    begun = time.perf_counter()
    for loop in range(loops):
        job(draws[loop % len(draws)])
    rates[name] = loops / (time.perf_counter() - begun)
sys.stdout.write(json.dumps(rates))
