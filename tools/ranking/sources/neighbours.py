"""What is like the tracks that were liked, in the space of the two-tower retriever."""

import numpy as np
from numpy.typing import NDArray

from segue.tools.ranking.asked import Asked
from segue.tools.ranking.found import Found


def find(asked: Asked, allowed: NDArray[np.bool_], depth: int) -> Found | None:
    """See `sources.Source`. None before anything was liked."""
    if not len(asked.liked):
        return None
    index = asked.stock.tower_index
    if index is None:
        return None
    mean = index.vectors[asked.liked].mean(axis=0)
    return Found.of_vector(index, mean / np.linalg.norm(mean), allowed, depth)
