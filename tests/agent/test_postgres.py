"""Conversations in a real Postgres; skipped, with the reason, where none can be had."""

import asyncio
import sys
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest

from segue.agent.music_agent import MusicAgent
from segue.agent.postgres import PostgresLocks, PostgresThreadSaver
from segue.agent.settings import Settings
from segue.agent.storage import open_saver
from segue.agent.wish import Wish
from segue.memory.errors import TasteStoreBusy

Make = Callable[..., MusicAgent]
LIKE = {"great": Wish(act="like", text="", refs=(1,))}


async def test_a_conversation_outlives_its_process_and_is_erased(make: Make, postgres: str, tmp_path: Path) -> None:
    async with make(LIKE, database=postgres) as agent:
        shown = await agent.turn("something", user="ana", thread="t1", id="a")
        await agent.turn("great", user="ana", thread="t1")
        await agent.feedback("ana", "t1", shown.tracks[1].id, "disliked")
        await agent.turn("hello", user="ben", thread="t2")
    assert not (tmp_path / "data").exists(), "nothing stands in files"
    async with make(LIKE, database=postgres) as agent:
        assert (await agent.turn("something", user="ana", thread="t1", id="a")).text == shown.text
        more = await agent.turn("more", user="ana", thread="t1")
        assert more.number == 3
        assert not {track.id for track in more.tracks} & {track.id for track in shown.tracks}
        assert [turn.number for turn in await agent.history("t1")] == [1, 2, 3]
        taste = await agent.taste("ana")
        assert (taste.liked, taste.disliked) == ((shown.tracks[0].id,), (shown.tracks[1].id,))
        erased = await agent.erase("ana")
        assert (erased.events, erased.threads) == (2, 1)
        assert await agent.history("t1") == []
        assert len(await agent.history("t2")) == 1
        await agent.forget_thread("t2")
        assert await agent.history("t2") == []


async def test_agents_on_several_machines_share_threads_and_lose_nothing(make: Make, postgres: str) -> None:
    async with make(database=postgres) as one, make(database=postgres) as two:
        both = [agent.turn(f"m{n}", user=f"u{n}", thread=f"t{n % 2}") for n in range(8) for agent in (one, two)]
        turns = await asyncio.gather(*both)
        for thread in ("t0", "t1"):
            assert sorted(turn.number for turn in turns if turn.thread == thread) == list(range(1, 9))
            shown = [track.id for turn in turns if turn.thread == thread for track in turn.tracks]
            assert len(shown) == len(set(shown)), "each turn knew what the one before it had shown"


async def test_what_a_killed_process_had_not_written_is_written_at_the_next_start(make: Make, postgres: str) -> None:
    async with make(LIKE, database=postgres) as agent:
        shown = await agent.turn("something", thread="t1")
        await agent.turn("great", thread="t1")
        await agent.settle("local")
        event = (await agent.parts.keeper.store.events("local"))[0]
    with psycopg.connect(postgres, autocommit=True) as admin:
        assert admin.execute("SELECT * FROM segue_outbox").fetchall() == [], "what is in the store is off the outbox"
        admin.execute("DELETE FROM segue_taste_events")
        entry = event.model_dump_json()
        admin.execute("INSERT INTO segue_outbox (key, listener, entry) VALUES (%s, 'local', %s)", (event.key, entry))
    async with make(database=postgres) as agent:
        await agent.turn("hello", user="another", thread="t9")
        assert (await agent.taste("local")).liked == (shown.tracks[0].id,)


async def test_a_turn_and_its_events_are_saved_together_or_not_at_all(make: Make, postgres: str) -> None:
    async with make(LIKE, database=postgres) as agent:
        await agent.turn("something", thread="t1")
        with psycopg.connect(postgres, autocommit=True) as admin:
            admin.execute("ALTER TABLE segue_outbox RENAME TO elsewhere")
            with pytest.raises(psycopg.errors.UndefinedTable):
                await agent.turn("great", thread="t1")
            assert len(await agent.history("t1")) == 1
            admin.execute("ALTER TABLE elsewhere RENAME TO segue_outbox")
        assert (await agent.turn("great", thread="t1")).number == 2
        assert len((await agent.taste("local")).liked) == 1


async def test_a_lock_goes_with_the_process_or_the_connection_that_holds_it(
    postgres: str, caplog: pytest.LogCaptureFixture
) -> None:
    script = """
import asyncio, sys
from segue.agent.postgres import PostgresLocks
async def hold():
    async with PostgresLocks(sys.argv[1]).hold("t1"):
        print("held", flush=True)
        await asyncio.sleep(600)
asyncio.run(hold())
"""
    holder = await asyncio.create_subprocess_exec(
        sys.executable, "-c", script, postgres, stdout=asyncio.subprocess.PIPE
    )
    assert holder.stdout is not None
    assert await holder.stdout.readline() == b"held\n"
    locks = PostgresLocks(postgres)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.1), locks.hold("t1"):
            pass
    holder.kill()
    await holder.communicate()
    async with asyncio.timeout(10), locks.hold("t1"):
        with psycopg.connect(postgres, autocommit=True) as admin:
            admin.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()")
    assert "was lost" in caplog.text
    async with asyncio.timeout(10), locks.hold("t1"), locks.hold("t2"):
        pass
    locks.close()


async def test_who_gives_up_waiting_holds_no_lock(postgres: str) -> None:
    one, two = PostgresLocks(postgres), PostgresLocks(postgres)
    for _ in range(20):
        waiting = asyncio.create_task(_visit(one))
        await asyncio.sleep(0.0005)
        waiting.cancel()
        await asyncio.wait([waiting])
    async with asyncio.timeout(5), two.hold("t1"):
        pass
    one.close()
    two.close()


async def _visit(locks: PostgresLocks) -> None:
    async with locks.hold("t1"):
        await asyncio.sleep(0.0005)


def test_processes_that_start_at_once_make_the_tables_once(postgres: str) -> None:
    savers = [PostgresThreadSaver.open(postgres) for _ in range(2)]
    with psycopg.connect(postgres, autocommit=True) as admin:
        admin.execute("SELECT pg_advisory_lock(%s, -1)", (0x53454755,))
        with pytest.raises(TasteStoreBusy, match="making tables"):
            PostgresThreadSaver.open(postgres, patience=0.2)
    for saver in savers:
        saver.close()
        saver.close()


def test_the_setting_names_the_database_and_a_folder_given_by_hand_goes_first(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, postgres: str
) -> None:
    monkeypatch.setenv("SEGUE_DATABASE", postgres)
    settings = Settings.load()
    assert postgres not in repr(settings), "it may hold a password"
    saver = open_saver(**settings.kept(None))
    assert isinstance(saver, PostgresThreadSaver)
    saver.close()
    assert settings.kept(tmp_path) == {"data": tmp_path, "database": None}
