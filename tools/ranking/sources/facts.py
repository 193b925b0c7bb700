"""What is known of a track and its artist: BM25 over tags, people and texts rather than names.

A wish that describes ("two brothers from Manchester who argue a lot") is met there; `lexical` looks for names first.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from segue.tools.ranking.asked import Asked
from segue.tools.ranking.found import Found
from segue.tools.search.lexical import weighted

WEIGHTS: Final = {"title": 0.2, "artists": 0.2, "album": 0.2, "tags": 1.0, "people": 0.6, "text": 1.0}


def find(asked: Asked, allowed: NDArray[np.bool_], depth: int) -> Found | None:
    """See `sources.Source`. None where no word of the message occurs in the catalog."""
    return Found.of_words(weighted(asked.words, WEIGHTS), allowed, depth)
