"""K-means over vectors that repeat, with an optional limit on how unequal the clusters may become.

Knows vectors and weights; levels and residuals belong to the quantizers. Plain k-means is scikit-learn's.
"""

import warnings
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from segue.generator.quantizers.protocol import Vectors
from segue.generator.quantizers.residual import nearest

_PRICE_ROUNDS: Final = 60
"""Rounds of the price search in `balanced_kmeans`; the loads settle within about forty."""


class Distinct(NamedTuple):
    """Vectors without repeats."""

    vectors: Vectors
    counts: NDArray[np.int64]
    """How many rows held each distinct vector."""
    inverse: NDArray[np.int64]
    """For each original row, its place among the distinct vectors."""


def distinct(vectors: Vectors) -> Distinct:
    """Return the distinct rows. Biographies and dates repeat over many tracks, and k-means need not see them twice."""
    keys = vectors.view(np.dtype((np.void, vectors.dtype.itemsize * vectors.shape[1]))).ravel()
    _, first, inverse, counts = np.unique(keys, return_index=True, return_inverse=True, return_counts=True)
    return Distinct(np.ascontiguousarray(vectors[first]), counts, inverse)


def kmeans(vectors: Vectors, weights: NDArray[np.float64], size: int, *, seed: int, iterations: int) -> Vectors:
    """Return `size` centroids (fewer where there are fewer distinct vectors), shape (size, dimension).

    k-means++ start, Lloyd iterations, empty clusters moved to the farthest points.
    """
    from sklearn.cluster import KMeans
    from sklearn.exceptions import ConvergenceWarning

    if len(vectors) <= size:
        return vectors.copy()
    model = KMeans(size, n_init=1, max_iter=iterations, random_state=seed, tol=1e-5, algorithm="lloyd")
    with warnings.catch_warnings():
        # It says that some vectors differ by rounding only; the clusters that stay empty for it are dropped below.
        warnings.simplefilter("ignore", ConvergenceWarning)
        model.fit(vectors, sample_weight=weights)
    return np.asarray(model.cluster_centers_[np.unique(model.labels_)], dtype=np.float32)


def balanced_kmeans(
    vectors: Vectors, weights: NDArray[np.float64], size: int, *, limit: float, seed: int
) -> tuple[Vectors, NDArray[np.float32]]:
    """Return centroids and one price per code, such that hardly a code carries more than `limit` times the mean load.

    The price is added to the squared distance (a power diagram), so that coding stays a plain look-up of the nearest
    code and no row depends on another. An overfull code grows dearer, an underused one cheaper, until the load fits;
    centroids follow their rows. One vector repeated beyond the limit keeps its code overfull: it cannot be divided.
    """
    if len(vectors) <= size:
        return vectors.copy(), np.zeros(len(vectors), dtype=np.float32)
    # k-means++ seeks the far points; rows drawn by weight lie where the load is.
    rng = np.random.default_rng(seed)
    centroids = vectors[rng.choice(len(vectors), size, replace=False, p=weights / weights.sum())].copy()
    prices = np.zeros(size, dtype=np.float32)
    fair = float(weights.sum()) / size
    for round_ in range(_PRICE_ROUNDS):
        chosen = nearest(vectors, centroids, prices)
        load = np.bincount(chosen, weights=weights, minlength=size)
        if round_ >= _PRICE_ROUNDS // 4 and load.max() <= limit * fair and load.min() > 0:
            break
        filled = load > 0
        sums = np.zeros(centroids.shape, dtype=np.float64)
        np.add.at(sums, chosen, vectors * weights[:, None])
        centroids[filled] = (sums[filled] / load[filled, None]).astype(np.float32)
        # The median, for a few far rows would make the steps too wide for the crowd. Steps shrink, so that the loads
        # settle rather than swing; the logarithm tames the first, wild rounds.
        error = float(np.median(((vectors - centroids[chosen]) ** 2).sum(axis=1)))
        step = 0.5 * error / (1.0 + round_ / 10)
        prices += (step * np.log((load + 0.05 * fair) / fair)).astype(np.float32)
        prices -= prices.mean()
    return centroids, prices
