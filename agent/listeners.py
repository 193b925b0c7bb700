"""The soft token of a listener on its way into a turn. Knows stores, the catalog and the model; no graph.

There is none where it could do nothing: for a generator that reads none or has no weight in the order, for a store that
keeps no vectors, for a catalog with a tokenizer of its own, and for somebody of whom nothing is known.
"""

from typing import Self

from segue.memory.listener.kept import VectorStore
from segue.memory.listener.model import Floats, ListenerModel
from segue.memory.listener.refresh import vector_of
from segue.memory.store import TasteStore
from segue.tools.listener_codes import ListenerCodes
from segue.tools.ranking.recommend import Recommender
from segue.tools.ranking.stock import ReadsListeners


class Listeners:
    """Makes soft tokens from what a store remembers."""

    def __init__(self, store: VectorStore, model: ListenerModel, codes_of: ListenerCodes) -> None:
        self._store = store
        self._model = model
        self._codes_of = codes_of

    @classmethod
    def of(cls, recommender: object, store: TasteStore) -> Self | None:
        """Return what makes tokens for a recommender's generator, or None where no token could act."""
        if not isinstance(recommender, Recommender) or not isinstance(store, VectorStore):
            return None
        stock = recommender.stock
        if not recommender.heeds_generator(first=True) or not isinstance(stock.generator, ReadsListeners):
            return None
        model = ListenerModel.load()
        if stock.codes.fingerprint != model.tokenizer:
            return None
        return cls(store, model, ListenerCodes(stock.catalog, stock.codes, stock.searcher.columns))

    async def token(self, user: str) -> Floats | None:
        """Return the token of the listener's taste as it is now, float32 [384]; None where nothing is known.

        A vector that had to be computed is not written here: an answer does not wait for the disk.
        """
        if not await self._store.events(user):
            return None
        return self._model.token(await vector_of(self._store, self._model, self._codes_of, user, keep=False))
