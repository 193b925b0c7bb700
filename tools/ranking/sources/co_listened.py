"""What is heard together with the tracks that were liked: cosine over the playlists and sessions of the catalog."""

import numpy as np
from numpy.typing import NDArray

from segue.tools.ranking.asked import Asked
from segue.tools.ranking.found import Found


def find(asked: Asked, allowed: NDArray[np.bool_], depth: int) -> Found | None:
    """See `sources.Source`. None before anything was liked that some playlist holds."""
    baskets = asked.stock.baskets
    mine = np.asarray(baskets[asked.liked].sum(axis=0), dtype=np.float32).ravel()
    if not mine.any():
        return None
    scores = (baskets @ mine).astype(np.float32)
    return Found.of_all(np.where(scores > 0, scores, np.float32(-np.inf)), allowed, depth)
