"""The compiled loop under `exact.py`, in a file of its own for numba's cache. Knows arrays that were checked."""

from typing import Any

import numpy as np

from segue.tools.match_kernels import compiled


@compiled
def byte_products(rows: Any, query: Any, step: Any, scores: Any) -> None:
    """Write step * (rows @ query) into `scores`, float32 [n].

    `rows` is int8 [n, d] and `query` int16 [d], so that it compiles to multiply-and-add of 16 bits; sums of the
    products must stay below 2^31.
    """
    for row in range(rows.shape[0]):
        total = np.int32(0)
        for place in range(rows.shape[1]):
            total += np.int32(rows[row, place]) * np.int32(query[place])
        scores[row] = np.float32(total) * step
