"""Vectors of listeners: kept, outdated by events, exported and erased with the taste."""

import json
import sqlite3
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from segue.memory.contract import event
from segue.memory.listener.kept import KeptVector, VectorStore
from segue.memory.store import InMemoryTasteStore, PostgresTasteStore, SqliteTasteStore

NOW = datetime(2026, 2, 1, tzinfo=UTC)
Store = InMemoryTasteStore | PostgresTasteStore | SqliteTasteStore


@pytest.fixture(params=["memory", "sqlite", "postgres"])
async def store(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Store]:
    made: Store
    if request.param == "postgres":
        made = PostgresTasteStore(request.getfixturevalue("postgres"))
    else:
        made = InMemoryTasteStore() if request.param == "memory" else SqliteTasteStore(tmp_path / "taste.sqlite")
    assert isinstance(made, VectorStore)
    yield made
    await made.aclose()


def written(folder: Path) -> bytes:
    return b"".join(file.read_bytes() for file in folder.iterdir())


async def keep(store: Store, user: str, number: float = 1.0, version: str = "v1") -> None:
    vector = KeptVector(version, await store.state(user), NOW, np.full(4, number, dtype=np.float32))
    await store.keep_vectors({user: vector})


async def test_a_vector_comes_back_as_it_was(store: Store) -> None:
    await store.append([event("a")])
    assert await store.vector("ana") is None
    await keep(store, "ana", 0.25)
    await keep(store, "ana", 0.5)
    kept = await store.vector("ana")
    assert kept is not None
    assert kept.values.tolist() == [0.5] * 4
    assert kept.holds("v1", await store.state("ana"), NOW)


async def test_events_versions_and_age_make_it_outdated(store: Store) -> None:
    await store.append([event("a"), event("a", "ben")])
    assert await store.outdated("v1", NOW) == ("ana", "ben")
    await keep(store, "ana")
    await keep(store, "ben")
    assert await store.outdated("v1", NOW) == ()
    assert await store.outdated("v2", NOW) == ("ana", "ben")
    assert await store.outdated("v1", NOW + timedelta(seconds=1)) == ("ana", "ben")
    await store.append([event("b", "ben")])
    assert await store.outdated("v1", NOW) == ("ben",)


async def test_it_is_exported_and_not_imported(store: Store) -> None:
    await store.append([event("a")])
    assert "vector" not in await store.export("ana")
    await keep(store, "ana", 0.5)
    data = json.loads(json.dumps(await store.export("ana")))
    assert data["vector"]["values"] == [0.5] * 4
    assert await store.import_("ben", data) == 1
    assert await store.vector("ben") is None


async def test_it_is_erased_with_the_events_and_never_comes_back(store: Store) -> None:
    await store.append([event("a"), event("b")])
    state = await store.state("ana")
    await keep(store, "ana")
    await store.erase("ana")
    assert await store.vector("ana") is None
    # A refresh that was under way when the listener left must not bring anything back.
    await keep(store, "ana")
    assert await store.vector("ana") is None
    await store.append([event("c"), event("d")])
    assert await store.state("ana") != state
    assert await store.outdated("v1", NOW) == ("ana",)


async def test_no_byte_of_an_erased_vector_stays_in_the_file(tmp_path: Path) -> None:
    path = tmp_path / "taste.sqlite"
    store = SqliteTasteStore(path)
    await store.append([event("a"), event("a", "ben")])
    marked = np.frombuffer(b"ANAS-VECTOR-HERE" * 16, dtype="<f4")
    await store.keep_vectors({"ana": KeptVector("v1", await store.state("ana"), NOW, marked)})
    await store.erase("ana")
    await store.aclose()
    assert b"ANAS-VECTOR" not in written(tmp_path)


async def test_a_store_without_vectors_gains_them_when_it_is_opened(tmp_path: Path) -> None:
    path = tmp_path / "taste.sqlite"
    store = SqliteTasteStore(path)
    await store.append([event("a")])
    await store.aclose()
    with sqlite3.connect(path) as old:
        old.execute("DROP TABLE vectors")
        old.execute("PRAGMA user_version = 1")
    old.close()
    again = SqliteTasteStore(path)
    assert await again.outdated("v1", NOW) == ("ana",)
    await keep(again, "ana")
    assert await again.vector("ana") is not None
    await again.aclose()
