"""The soft token of a listener on its way into a turn. Knows stores, the catalog and the model; no graph.

There is none where it could do nothing: for a generator that reads none or has no weight in the order, for a store that
keeps no vectors, for a catalog with a tokenizer of its own, and for somebody of whom nothing is known. Where the
generator is another than the token was learnt for, every turn that would have been steered says so.
"""

from typing import Self

from segue.generator.errors import GeneratorMismatch
from segue.memory.listener.kept import VectorStore
from segue.memory.listener.model import LISTENER, Floats, ListenerModel
from segue.memory.listener.projection import Reads, TokenOf, token_for
from segue.memory.listener.refresh import vector_of
from segue.memory.store import TasteStore
from segue.tools.catalog.adapted import listener_folder
from segue.tools.listener_codes import ListenerCodes
from segue.tools.ranking.recommend import Recommender
from segue.tools.ranking.stock import ReadsListeners


class Listeners:
    """Makes soft tokens from what a store remembers."""

    def __init__(self, store: VectorStore, model: ListenerModel, codes_of: ListenerCodes, generator: Reads) -> None:
        self._store = store
        self._model = model
        self._codes_of = codes_of
        self._token_of: TokenOf | None = None
        self._mismatch = ""
        try:
            self._token_of = token_for(generator, model)
        except GeneratorMismatch as error:
            self._mismatch = str(error)

    @classmethod
    def of(cls, recommender: object, store: TasteStore) -> Self | None:
        """Return what makes tokens for a recommender's generator, or None where no token could act."""
        if not isinstance(recommender, Recommender) or not isinstance(store, VectorStore):
            return None
        stock = recommender.stock
        generator = stock.generator
        if not recommender.heeds_generator(first=True) or not isinstance(generator, ReadsListeners):
            return None
        if not isinstance(generator, Reads):
            return None
        model = ListenerModel.load(listener_folder(stock.catalog.root) or LISTENER)
        if stock.codes.fingerprint != model.tokenizer:
            return None
        return cls(store, model, ListenerCodes(stock.catalog, stock.codes, stock.searcher.columns), generator)

    async def token(self, user: str) -> Floats | None:
        """Return the token of the taste as it is now, as wide as the generator's; None where nothing is known.

        A vector that had to be computed is not written here: an answer does not wait for the disk. Raises
        GeneratorMismatch where the token was learnt for another generator.
        """
        if not await self._store.events(user):
            return None
        if self._token_of is None:
            raise GeneratorMismatch(self._mismatch)
        return self._token_of(await vector_of(self._store, self._model, self._codes_of, user, keep=False))
