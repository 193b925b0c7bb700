"""Words: BM25 over the fields of a track (artist, title, album, tags weigh differently)."""

import numpy as np
from numpy.typing import NDArray

from segue.tools.ranking.asked import Asked
from segue.tools.ranking.found import Found
from segue.tools.search.lexical import WEIGHTS, weighted


def find(asked: Asked, allowed: NDArray[np.bool_], depth: int) -> Found | None:
    """See `sources.Source`. None where no word of the message occurs in the catalog."""
    return Found.of_words(weighted(asked.words, WEIGHTS), allowed, depth)
