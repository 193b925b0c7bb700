"""The store of taste over a real Postgres; skipped, with the reason, where none can be had."""

import asyncio
from collections.abc import AsyncIterator

import psycopg
import pytest

from segue.memory.contract import TasteStoreContract, event
from segue.memory.errors import TasteCorrupt, TasteStoreBusy
from segue.memory.postgres import PostgresTasteStore
from segue.memory.store import TasteStore


class TestPostgresTasteStore(TasteStoreContract):
    @pytest.fixture
    async def store(self, postgres: str) -> AsyncIterator[TasteStore]:
        store = PostgresTasteStore(postgres)
        assert isinstance(store, TasteStore)
        yield store
        await store.aclose()


async def test_stores_that_write_at_once_lose_nothing_and_see_each_other(postgres: str) -> None:
    stores = [PostgresTasteStore(postgres) for _ in range(3)]

    async def write(number: int, part: int) -> int:
        # Listeners in either order: neither waits for the other for ever.
        own = event(f"{number}-{part}", minutes=10 * number + part)
        both = [own, event("same", "ben"), event(f"both-{part}", "ben"), event("same")]
        return await stores[number].append(both if part % 2 else both[::-1])

    stored = await asyncio.gather(*(write(number, part) for part in range(6) for number in range(3)))
    assert sum(stored) == 18 + 2 + 6
    for store in stores:
        assert len(await store.events("ana")) == 19
        assert len((await store.taste("ben")).liked) == 7
    undone = await asyncio.gather(*(store.undo("ana") for store in stores))
    assert len({change[0].key for change in undone}) == 3
    await stores[0].erase("ana")
    assert (await stores[1].taste("ana")).liked == ()
    for store in stores:
        await store.aclose()


async def test_a_table_that_others_hold_says_so_and_stores_nothing(postgres: str) -> None:
    store = PostgresTasteStore(postgres, patience=0.3)
    await store.append([event("a")])
    with psycopg.connect(postgres) as holder:
        holder.execute("LOCK TABLE segue_taste_events IN ACCESS EXCLUSIVE MODE")
        with pytest.raises(TasteStoreBusy, match="lock timeout"):
            await store.append([event("b")])
    assert (await store.taste("ana")).liked == ("a",)
    await store.aclose()


async def test_a_connection_that_broke_is_made_anew(postgres: str) -> None:
    store = PostgresTasteStore(postgres)
    await store.append([event("a")])
    with psycopg.connect(postgres, autocommit=True) as admin:
        admin.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()")
    assert await store.append([event("b", minutes=1)]) == 1
    assert (await store.taste("ana")).liked == ("a", "b")
    await store.aclose()


async def test_erasing_leaves_no_row_and_no_byte_in_the_tables(postgres: str) -> None:
    store = PostgresTasteStore(postgres)
    await store.append([event("a", "anasid", message="anaswords"), event("b", "bensid", message="benswords")])
    with psycopg.connect(postgres, autocommit=True) as admin:
        files = "SELECT pg_read_binary_file(pg_relation_filepath('segue_taste_events'))"
        admin.execute("CHECKPOINT")
        before = admin.execute(files).fetchone()
        assert await store.erase("anasid") == 1
        admin.execute("CHECKPOINT")
        after = admin.execute(files).fetchone()
    assert before is not None
    assert after is not None
    assert b"anaswords" in before[0]
    assert b"anaswords" not in after[0]
    assert b"benswords" in after[0]
    await store.aclose()


async def test_tables_of_a_newer_version_and_an_unknown_server_are_refused(postgres: str) -> None:
    await PostgresTasteStore(postgres).aclose()
    with psycopg.connect(postgres, autocommit=True) as admin:
        admin.execute("UPDATE segue_taste_version SET version = 99")
    with pytest.raises(TasteCorrupt, match="newer version"):
        PostgresTasteStore(postgres)
    with pytest.raises(TasteStoreBusy, match="cannot be used") as refused:
        PostgresTasteStore("postgresql://me:secret@127.0.0.1:1/music", patience=0.5)
    assert "secret" not in str(refused.value)
    with pytest.raises(TasteStoreBusy, match="the Postgres database"):
        PostgresTasteStore("no address = at all = secret")
