"""The exact nearest vectors of a large index, by a byte a dimension first.

Every vector is kept once more in bytes, a quarter of its size, and a search reads those alone: the score by bytes is
off by at most R |q|, R being the largest distance between a vector and its bytes (Cauchy-Schwarz), plus what rounding
the query costs. So whoever is further than twice that below the k-th best cannot be among the best, and the few that
are left are scored by their vectors. Nothing is approximated; four times as quick as the product over all vectors.
Knows vectors only.
"""

from concurrent.futures import ThreadPoolExecutor
from typing import Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
_BYTE: Final = 127
_QUERY: Final = 16_383
"""Steps of a query's largest component: 16 bits, and sums over thousands of dimensions stay far below 2^31."""
_BLOCK: Final = 65_536
_THREADS: Final = 2
"""Threads that share the vectors of a search among them."""
_SAMPLE: Final = 8
"""The k-th best of every so many vectors is a lower limit for that of all, and much quicker to find."""


class ExactNearest:
    """Searches vectors that stay as they are. Safe to share between threads."""

    def __init__(self, vectors: Floats) -> None:
        """Read all vectors [n, d] once, which takes seconds for millions."""
        self._vectors = vectors
        largest = max((float(np.abs(part).max(initial=0)) for part in self._parts()), default=0.0)
        self._step = np.float32(max(largest, 1e-9) / _BYTE)
        self._bytes = np.empty(vectors.shape, dtype=np.int8)
        self._off = self._longest = 0.0
        for start, part in zip(range(0, len(vectors), _BLOCK), self._parts(), strict=True):
            rounded = np.rint(part / self._step)
            self._bytes[start : start + len(part)] = rounded
            off = np.linalg.norm(part - rounded * self._step, axis=1).max(initial=0)
            self._off = max(self._off, float(off))
            self._longest = max(self._longest, float(np.linalg.norm(part, axis=1).max(initial=0)))

    def nearest(
        self, query: Floats, k: int, allowed: NDArray[np.bool_] | None = None
    ) -> tuple[NDArray[np.int64], Floats]:
        """Return candidates that hold the `k` best allowed ones, positions ascending, and the scores of all of them."""
        from segue.tools.catalog.exact_kernels import byte_products

        step = np.float32(max(float(np.abs(query).max()), 1e-9) / _QUERY)
        rounded = np.rint(query / step).astype(np.int16)
        scores = np.empty(len(self._bytes), dtype=np.float32)
        cuts = [len(scores) * n // _THREADS for n in range(_THREADS + 1)]

        def product(part: int) -> None:
            rows = slice(cuts[part], cuts[part + 1])
            byte_products(self._bytes[rows], rounded, np.float32(self._step * step), scores[rows])

        with ThreadPoolExecutor(_THREADS) as threads:
            list(threads.map(product, range(_THREADS)))
        if allowed is not None:
            scores[~allowed] = -np.inf
        floor = _kth(scores[scores >= _kth(scores[::_SAMPLE], k)], k)
        # The last term is for the sums in single precision.
        length = float(np.linalg.norm(query))
        query_off = float(np.linalg.norm(query - rounded * step)) * (self._longest + self._off)
        slack = 2 * (self._off * length + query_off + 1e-5 * length * self._longest)
        rows = np.flatnonzero(scores >= max(floor - slack, np.finfo(np.float32).min))
        exact: Floats = self._vectors[rows] @ query
        return rows, exact

    def _parts(self) -> list[Floats]:
        return [self._vectors[start : start + _BLOCK] for start in range(0, len(self._vectors), _BLOCK)]


def _kth(scores: Floats, k: int) -> np.float32:
    """Return the k-th largest score, -inf where there are fewer."""
    if not 0 < k <= len(scores):
        return np.float32(-np.inf)
    largest: np.float32 = np.partition(scores, len(scores) - k)[len(scores) - k]
    return largest
