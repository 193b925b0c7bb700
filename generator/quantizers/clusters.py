"""K-means over vectors that repeat.

Knows vectors and weights; levels and residuals belong to the quantizers. Plain k-means is scikit-learn's.
"""

import warnings
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from segue.generator.quantizers.protocol import Vectors

_RANDOM_STARTS: Final = 3

_ROWS_PER_CODE: Final = 256
"""Rows that place one centroid, at most; FAISS's k-means stops at the same number. More cost time and change little."""


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

    Lloyd iterations from one k-means++ start and three random ones; the least squared error wins. k-means++ alone finds
    separated clusters but spends codes on outliers where there are none, as in the residuals of text embeddings.
    """
    from sklearn.cluster import KMeans
    from sklearn.exceptions import ConvergenceWarning

    if len(vectors) <= size:
        return vectors.copy()
    if len(vectors) > _ROWS_PER_CODE * size:
        rows = np.random.default_rng(seed).choice(len(vectors), _ROWS_PER_CODE * size, replace=False)
        vectors, weights = vectors[rows], weights[rows]
    models = [
        KMeans(size, init=init, n_init=count, max_iter=iterations, random_state=seed, tol=1e-5)
        for init, count in (("k-means++", 1), ("random", _RANDOM_STARTS))
    ]
    with warnings.catch_warnings():
        # It says that some vectors differ by rounding only; the clusters that stay empty for it are dropped below.
        warnings.simplefilter("ignore", ConvergenceWarning)
        for model in models:
            model.fit(vectors, sample_weight=weights)
    model = min(models, key=lambda fitted: fitted.inertia_)
    return np.asarray(model.cluster_centers_[np.unique(model.labels_)], dtype=np.float32)
