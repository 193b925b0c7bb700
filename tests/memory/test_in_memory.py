from collections.abc import AsyncIterator

import pytest

from segue.memory.contract import TasteStoreContract
from segue.memory.store import InMemoryTasteStore, TasteStore


class TestInMemoryTasteStore(TasteStoreContract):
    @pytest.fixture
    async def store(self) -> AsyncIterator[TasteStore]:
        store = InMemoryTasteStore()
        assert isinstance(store, TasteStore)
        yield store
        await store.aclose()
