import asyncio
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from langgraph.checkpoint.memory import InMemorySaver

from segue.agent.fake import fakes
from segue.agent.keeper import TasteNotSaved
from segue.agent.locks import ThreadLocks
from segue.agent.music_agent import MusicAgent
from segue.agent.saver import ThreadSaver
from segue.agent.storage import TASTE, THREADS
from segue.agent.wish import Wish
from segue.generator.errors import QueryError
from segue.memory.events import TasteEvent
from segue.memory.store import InMemoryTasteStore, SqliteTasteStore
from segue.tools.catalog.catalog import Catalog

Make = Callable[..., MusicAgent]
LIKE = {"great": Wish(act="like", text="", refs=(1,))}


async def test_turns_at_once_on_one_thread_follow_each_other(make: Make) -> None:
    async with make() as agent:
        turns = await asyncio.gather(*(agent.turn(f"m{n}", user=f"u{n % 5}", thread="t1") for n in range(12)))
        history = await agent.history("t1")
    assert sorted(turn.number for turn in turns) == list(range(1, 13))
    assert [turn.wish.text for turn in history] == [f"m{n}" for n in range(12)], "in the order in which they came"
    ids = [track.id for turn in turns for track in turn.tracks]
    assert len(ids) == len(set(ids)), "each turn knew what the one before it had shown"


async def test_two_agents_over_one_folder_share_their_threads(make: Make) -> None:
    async with make() as one, make() as two:
        both = [agent.turn(f"m{n}", thread="t1") for n in range(6) for agent in (one, two)]
        turns = await asyncio.gather(*both)
        assert sorted(turn.number for turn in turns) == list(range(1, 13))
        assert len(await one.history("t1")) == 12


async def test_locks_let_one_task_in_at_a_time(tmp_path: Path) -> None:
    inside = 0
    locks = [ThreadLocks(tmp_path), ThreadLocks(tmp_path), ThreadLocks(None)]

    async def visit(keeper: ThreadLocks) -> None:
        nonlocal inside
        async with keeper.hold("t1"):
            inside += 1
            assert inside == 1
            await asyncio.sleep(0.001)
            inside -= 1

    await asyncio.gather(*(visit(locks[n % 2]) for n in range(20)))
    await asyncio.gather(*(visit(locks[2]) for _ in range(20)))


async def test_any_saver_and_store_will_do(make: Make) -> None:
    saver, store = InMemorySaver(), InMemoryTasteStore()
    async with make(LIKE, checkpointer=saver, store=store) as agent:
        shown = await agent.turn("something", thread="t1", id="a")
        await agent.turn("great", thread="t1")
        assert (await agent.turn("something", thread="t1", id="a")).text == shown.text
    async with make(checkpointer=saver, store=store) as agent:
        assert (await agent.taste("local")).liked == (shown.tracks[0].id,), "the store outlives the agent"
        assert len(await agent.history("t1")) == 2
    await store.aclose()


async def test_what_a_killed_process_had_not_written_is_written_at_the_next_start(make: Make, tmp_path: Path) -> None:
    data = tmp_path / "data"
    async with make(LIKE) as agent:
        shown = await agent.turn("something", thread="t1")
        await agent.turn("great", thread="t1")
        await agent.settle("local")
        events = await agent.parts.keeper.store.events("local")
    (data / TASTE).unlink()
    saver = ThreadSaver.open(data / THREADS)
    with saver.lock, saver.conn:
        saver.conn.execute("INSERT INTO outbox VALUES (?, ?)", (events[0].key, events[0].model_dump_json()))
    saver.close()
    async with make() as agent:
        await agent.turn("hello", user="another", thread="t9")
        assert (await agent.taste("local")).liked == (shown.tracks[0].id,)
        await agent.settle("local")
    saver = ThreadSaver.open(data / THREADS)
    assert saver.undelivered() == []
    saver.close()


class Unwilling(InMemoryTasteStore):
    """A store that refuses to write until it is told otherwise."""

    def __init__(self) -> None:
        super().__init__()
        self.willing = False

    async def append(self, events: Sequence[TasteEvent]) -> int:
        if not self.willing:
            raise OSError("the disk is full")
        return await super().append(events)


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("segue.agent.keeper._PAUSES", (0.01,))


@pytest.mark.usefixtures("impatient")
async def test_a_store_that_refuses_costs_no_answer_and_its_events_are_kept(make: Make) -> None:
    store = Unwilling()
    agent = make(LIKE, store=store)
    shown = await agent.turn("something", thread="t1")
    await agent.turn("great", thread="t1")
    await asyncio.sleep(0.1)
    later = await agent.turn("more", thread="t1")
    assert later.tracks
    told = await agent.turn("great", thread="t1")
    assert any("cannot be written" in text for text in told.degraded)
    assert shown.tracks[0].id in (await agent.taste("local")).liked, "what is not written yet holds all the same"
    store.willing = True
    assert await agent.settle("local")
    assert len(await store.events("local")) == 2
    await agent.aclose()


@pytest.mark.usefixtures("impatient")
async def test_closing_tells_what_a_store_refused_and_the_next_start_tries_again(make: Make) -> None:
    store = Unwilling()
    agent = make(LIKE, store=store)
    shown = await agent.turn("something", thread="t1")
    await agent.turn("great", thread="t1")
    with pytest.raises(TasteNotSaved) as refused:
        await agent.aclose()
    assert [event.subject.value for event in refused.value.events] == [shown.tracks[0].id]
    async with make() as agent:
        await agent.turn("hello", thread="t2")
        assert (await agent.taste("local")).liked == (shown.tracks[0].id,)


async def test_erasing_leaves_no_byte_of_taste_or_conversation(make: Make, tmp_path: Path) -> None:
    data = tmp_path / "data"
    secret = "wibbleflorp"
    never: dict[str, Any] = {"act": "taste", "text": "", "command": {"name": "never", "argument": secret}}
    async with make({f"never {secret}": Wish.model_validate(never)}) as agent:
        await agent.turn(f"never {secret}", user="ana", thread="t1")
        await agent.turn("something", user="ben", thread="t2")
        await agent.settle("ana")
        erased = await agent.erase("ana")
        assert (erased.events, erased.threads) == (1, 1)
        assert await agent.history("t1") == []
        assert len(await agent.history("t2")) == 1
    left = [file for file in data.rglob("*") if file.is_file() and secret.encode() in file.read_bytes()]
    assert left == []


async def test_feedback_counts_once_and_reaches_the_thread(make: Make, tmp_path: Path) -> None:
    async with make() as agent:
        shown = await agent.turn("something", thread="t1")
        liked, disliked = shown.tracks[0].id, shown.tracks[1].id
        for _ in range(2):
            await agent.feedback("local", "t1", liked, "liked", id="once")
        await agent.feedback("local", "t1", disliked, "disliked")
        await agent.turn("more", thread="t1")
        situation = agent.parts.recommender.situations[-1]  # type: ignore[attr-defined]
        assert situation.liked == (agent.catalog.position(liked),)
        assert situation.disliked == (agent.catalog.position(disliked),)
    store = SqliteTasteStore(tmp_path / "data" / TASTE)
    assert len(await store.events("local")) == 2
    await store.aclose()


async def test_what_was_opened_is_closed_where_a_later_part_cannot_be_loaded(
    catalog: Catalog, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[Any] = []
    closed: list[str] = []

    def noted(kind: type[Any], opening: str, closing: str) -> None:
        make, close = getattr(kind, opening), getattr(kind, closing)

        def opening_it(*given: Any, **named: Any) -> Any:
            opened.append(kind.__name__)
            return make(*given, **named)

        def closing_it(self: Any) -> None:
            closed.append(kind.__name__)
            close(self)

        monkeypatch.setattr(kind, opening, opening_it)
        monkeypatch.setattr(kind, closing, closing_it)

    noted(Catalog, "open", "close")
    noted(ThreadSaver, "open", "close")
    noted(SqliteTasteStore, "__init__", "close")
    noted(ThreadLocks, "__init__", "close")
    with pytest.raises(QueryError, match="the chat model cannot hear"):
        MusicAgent(catalog=catalog.root, data=tmp_path / "data", hearing="chat model", **fakes(catalog))
    assert sorted(closed) == sorted(opened) == ["Catalog", "SqliteTasteStore", "ThreadLocks", "ThreadSaver"]
