"""A source of candidates for the ranker: what comes next after the tracks rated in this conversation.

The next-song model (`generator.next_song`) reads the semantic IDs of what was liked and disliked, in order. Has the
signature of `ranking.sources.Source`; which sources the order weighs is decided where the order is fitted.
"""

from functools import lru_cache
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

from segue.generator.next_song.shipped import Continuation
from segue.tools.ranking.asked import Asked
from segue.tools.ranking.found import Found
from segue.tools.ranking.stock import Stock

Floats = NDArray[np.float32]

_vectors: "WeakKeyDictionary[Stock, Floats]" = WeakKeyDictionary()
"""Tracks of each stock as states are compared with them, float32 [tracks, 48], made at first use."""


def find(asked: Asked, allowed: NDArray[np.bool_], depth: int) -> Found | None:
    """See `ranking.sources.Source`. None before anything was rated.

    Raises TokenizerMismatch for a catalog with a tokenizer of its own, whose codes the weights cannot read.
    """
    rated = [
        (position, opinion)
        for turn in asked.situation.past
        for positions, opinion in ((turn.disliked, False), (turn.liked, True))
        for position in positions
    ]
    if not rated:
        return None
    stock = asked.stock
    model = _model(stock.codes.fingerprint)
    if stock not in _vectors:
        _vectors[stock] = model.vectors(stock.codes.codes(np.arange(len(stock))))
    rows = np.array([position for position, _ in rated], dtype=np.int64)
    state = model.state(stock.codes.codes(rows), [opinion for _, opinion in rated])
    return Found.of_all(_vectors[stock] @ state, allowed, depth)


@lru_cache(maxsize=2)
def _model(tokenizer: str) -> Continuation:
    return Continuation.load(tokenizer=tokenizer)
