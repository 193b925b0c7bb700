"""Names: the tracks whose artist, title or album the message says."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from segue.tools.ranking.asked import Asked
from segue.tools.ranking.found import Found
from segue.tools.search.search import tiers_of

_PLAIN: Final = 0.2
_POPULAR: Final = 0.1
"""Within a tier plain recordings come first, then the popular ones; together less than the step between tiers."""


def find(asked: Asked, allowed: NDArray[np.bool_], depth: int) -> Found | None:
    """See `sources.Source`. None where nothing of the catalog is named."""
    stock = asked.stock
    tiers = tiers_of(asked.mentions)
    if not tiers:
        return None
    scores = np.full(len(stock), -np.inf, dtype=np.float32)
    rows = np.fromiter(tiers, dtype=np.int64, count=len(tiers))
    scores[rows] = 4.0 - np.fromiter(tiers.values(), dtype=np.float32, count=len(tiers))
    scores[rows] += _PLAIN * stock.plain[rows] + _POPULAR * stock.popularity[rows]
    return Found.of_all(scores, allowed, depth)
