"""The thread so far: BM25 over the fields of a track for the latest messages together; a short reply leans on them."""

import numpy as np
from numpy.typing import NDArray

from segue.tools.ranking.asked import EARLIER, Asked
from segue.tools.ranking.found import Found
from segue.tools.search.lexical import WEIGHTS, weighted


def find(asked: Asked, allowed: NDArray[np.bool_], depth: int) -> Found | None:
    """See `sources.Source`. None for a first message."""
    past = asked.situation.past
    if not past:
        return None
    text = " ".join([*(turn.message for turn in past[-EARLIER:]), asked.situation.message])
    return Found.of_words(weighted(asked.stock.searcher.lexical.field_scores(text), WEIGHTS), allowed, depth)
