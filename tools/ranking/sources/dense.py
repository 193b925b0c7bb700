"""Meaning: the message's sentence vector against those of the described tracks."""

import numpy as np
from numpy.typing import NDArray

from segue.tools.ranking.asked import Asked
from segue.tools.ranking.found import Found


def find(asked: Asked, allowed: NDArray[np.bool_], depth: int) -> Found | None:
    """See `sources.Source`."""
    return Found.of_vector(asked.stock.catalog.dense, asked.vector, allowed, depth)
