"""A source of candidates for the ranker: what suits the listener, by what they liked and disliked in this conversation.

The autoencoder of listeners (`memory.listener`) reads the semantic IDs of the rated tracks and scores others by their
own, so that dislikes count and nothing need have been heard by others. Has the signature of `ranking.sources.Source`;
which sources the order weighs is decided where the order is fitted.
"""

from functools import lru_cache
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

from segue.memory.listener.history import History
from segue.memory.listener.model import ListenerModel
from segue.tools.ranking.asked import Asked
from segue.tools.ranking.found import Found
from segue.tools.ranking.stock import Stock

Floats = NDArray[np.float32]

_decoded: "WeakKeyDictionary[Stock, Floats]" = WeakKeyDictionary()
"""Tracks of each stock as vectors decode to them, float32 [tracks, 64], made at first use."""


def find(asked: Asked, allowed: NDArray[np.bool_], depth: int) -> Found | None:
    """See `ranking.sources.Source`. None before anything was rated.

    Raises TokenizerMismatch for a catalog with a tokenizer of its own, whose codes the weights cannot read.
    """
    liked, disliked = asked.situation.liked, asked.situation.disliked
    if not liked and not disliked:
        return None
    stock = asked.stock
    model = _model(stock.codes.fingerprint)
    weights = np.array([1.0] * len(liked) + [-1.0] * len(disliked), dtype=np.float32)
    vector = model.vector(History(stock.codes.codes(np.array([*liked, *disliked], dtype=np.int64)), weights))
    if stock not in _decoded:
        _decoded[stock] = model.decoded(stock.codes.codes(np.arange(len(stock))))
    return Found.of_all(_decoded[stock] @ vector, allowed, depth)


@lru_cache(maxsize=2)
def _model(tokenizer: str) -> ListenerModel:
    return ListenerModel.load(tokenizer=tokenizer)
