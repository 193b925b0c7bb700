"""The learned meaning: dialogue and track projected into one space, see `ranking.tower`."""

import numpy as np
from numpy.typing import NDArray

from segue.tools.ranking.asked import Asked
from segue.tools.ranking.found import Found


def find(asked: Asked, allowed: NDArray[np.bool_], depth: int) -> Found | None:
    """See `sources.Source`."""
    index = asked.stock.tower_index
    if index is None:
        return None
    query = asked.stock.tower.query(asked.vector, asked.earlier, index.vectors[asked.liked])
    return Found.of_vector(index, query, allowed, depth)
