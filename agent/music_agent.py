"""The agent as products embed it.

    agent = MusicAgent(catalog="my-music")
    turn = await agent.turn("some mellow 90s rock, nothing too sad", user="ana", thread="t1")
    print(turn.text, [track.title for track in turn.tracks])
    await agent.aclose()

Turns of one thread follow each other, however many are asked for at once and by however many processes; a turn that is
delivered again under the same id is answered once; what is learnt of a listener's taste is written off the reply path
and never lost. Belongs to one event loop.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, Literal, Self, cast
from uuid import uuid4

from langchain_core.language_models import BaseChatModel
from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.base import BaseCheckpointSaver

from segue.agent.graph import build
from segue.agent.locks import ThreadLocks
from segue.agent.nodes.hear import LOCAL
from segue.agent.outbox import USER, OutboxSaver
from segue.agent.partial import Heard, Partial, Step, Weighed
from segue.agent.parts import WORKERS, assemble
from segue.agent.state import InputState
from segue.agent.storage import open_locks, open_saver
from segue.agent.turn import Turn
from segue.generator.errors import QueryError
from segue.memory.editing import Edit, undo
from segue.memory.events import Subject, TasteEvent, attributes_of
from segue.memory.profile import Taste
from segue.memory.store import TasteStore
from segue.tools.catalog.catalog import Catalog
from segue.tools.importance import ModalityWeights
from segue.tools.ranking.recommend import Recommender
from segue.tools.ranking.stock import Distributes

TURN: Final = "turn"
"""Key of a turn's id in the metadata of its checkpoint."""
Feedback = Literal["liked", "disliked", "skipped", "played"]


@dataclass(frozen=True)
class Erased:
    """How much was deleted."""

    events: int
    threads: int


class MusicAgent:
    """A conversation over one catalog; see the module."""

    def __init__(
        self,
        *,
        catalog: Catalog | Path | str | None = None,
        generator: Distributes | Literal["default"] | None = "default",
        chat_model: BaseChatModel | None = None,
        store: TasteStore | None = None,
        checkpointer: BaseCheckpointSaver[Any] | None = None,
        data: Path | None = None,
        database: str | None = None,
        **settings: Any,
    ) -> None:
        """Load everything, which takes seconds; arguments as in `create_agent`.

        Args:
            data: folder of the default store and saver; by default the user's data folder.
            database: address of a Postgres database that keeps taste and threads instead of that folder, and turns of
                one thread apart wherever they run; needs the extra `postgres`.
        """
        self._own_saver = checkpointer is None
        self._own_store = store is None
        self._own_catalog = not isinstance(catalog, Catalog)
        with ExitStack() as undo:  # what was opened is closed again where something after it cannot be
            if checkpointer is not None:
                self._saver, self._locks = checkpointer, ThreadLocks(None)
            else:
                self._saver = own = open_saver(data, database)
                undo.callback(own.close)
                self._locks = open_locks(data, database)
                undo.callback(self._locks.close)
            self.parts = assemble(
                catalog=catalog,
                generator=generator,
                chat_model=chat_model,
                store=store,
                data=data,
                database=database,
                **settings,
            )
            undo.pop_all()
        self.graph = build(self.parts).compile(checkpointer=self._saver, name="segue")
        self._room = asyncio.Semaphore(WORKERS)
        self._recovery: asyncio.Task[None] | None = None
        self._striking: set[asyncio.Task[None]] = set()

    @property
    def catalog(self) -> Catalog:
        """The catalog that is recommended from."""
        return self.parts.catalog

    @property
    def generator(self) -> Distributes | None:
        """What generates semantic IDs; None where search alone ranks, or something else recommends."""
        recommender = self.parts.recommender
        return recommender.stock.generator if isinstance(recommender, Recommender) else None

    async def turn(
        self,
        message: str,
        *,
        user: str = LOCAL,
        thread: str = "main",
        id: str | None = None,
        weights: ModalityWeights | None = None,
        personal: bool = True,
    ) -> Turn:
        """Answer a message.

        Args:
            message: what the listener says, in any language and of any length.
            user: whose taste steers the answer and learns from it.
            thread: the conversation; its id must be one that no other conversation has. Listeners who share a thread
                share what was said and shown in it, never their taste.
            id: idempotency key; a message delivered again under the same key gets the answer that it got before.
            weights: modality weights set by hand, for this turn.
            personal: whether what is known of the listener may choose what this turn searches for: the soft token of
                their history, and their likings where the message leaves it open. Bans hold in any case.

        Raises:
            QueryError: `user`, `thread` or `id` has a NUL in it.
        """
        return await self._answer(message, user, thread, id, weights, personal, lambda partial: None)

    async def stream(
        self,
        message: str,
        *,
        user: str = LOCAL,
        thread: str = "main",
        id: str | None = None,
        weights: ModalityWeights | None = None,
        personal: bool = True,
    ) -> AsyncIterator[Partial | Turn]:
        """Answer a message, telling on the way what is settled (see `partial`); the whole answer comes last.

        Arguments as in `turn`. Of a message that was answered before under its id, only the whole comes.
        """
        steps: asyncio.Queue[Partial | None] = asyncio.Queue()
        answering = asyncio.create_task(self._answer(message, user, thread, id, weights, personal, steps.put_nowait))
        answering.add_done_callback(lambda task: steps.put_nowait(None))
        try:
            while (reached := await steps.get()) is not None:
                yield reached
            yield await answering
        finally:
            answering.cancel()

    async def feedback(self, user: str, thread: str, track_id: str, kind: Feedback, *, id: str | None = None) -> None:
        """Take in what a listener did with a track: a player calls this, as does a button beside the track.

        Args:
            user: the listener.
            thread: where the track was offered.
            track_id: the track; TrackNotFound where the catalog does not have it.
            kind: what was done.
            id: idempotency key of this report; a report delivered again under the same key counts once.
        """
        track = self.catalog.track(track_id)
        event = TasteEvent(
            key=id or uuid4().hex,
            user=user,
            thread=thread,
            time=datetime.now(UTC),
            kind=kind,
            subject=Subject(kind="track", value=track.id),
            name=f"{track.title} by {track.artist}",
            attributes=attributes_of(track),
        )
        async with self._locks.hold(thread):
            config = self._config(thread)
            state = (await self.graph.aget_state(config)).values
            if state:
                await self.graph.aupdate_state(config, heeded(state, track.id, kind), as_node="reply")
        self.parts.keeper.record([event])

    async def taste(self, user: str) -> Taste:
        """Return what is remembered of a listener."""
        return await self.parts.keeper.taste(user)

    async def edit(self, edit: Edit) -> str:
        """Change what is remembered (`segue.memory.editing`) and return the sentence that says so; holds at once."""
        self.parts.keeper.record(edit.events)
        return edit.receipt.text

    async def undo(self, user: str) -> str:
        """Take back the newest change of what is remembered of a listener, and return the sentence that says so."""
        await self.parts.keeper.settled(user)
        return (await undo(self.parts.keeper.store, user)).text

    async def erase(self, user: str) -> Erased:
        """Delete what is remembered of a listener and, with the default saver, the conversations they took part in."""
        await self.parts.keeper.settled(user)
        events = await self.parts.keeper.store.erase(user)
        threads = await asyncio.to_thread(self._saver.erase, user) if isinstance(self._saver, OutboxSaver) else 0
        return Erased(events, threads)

    async def settle(self, user: str) -> bool:
        """Wait until what was learnt of a listener is written; False where the store refuses it."""
        return await self.parts.keeper.settled(user)

    async def playlist(self, thread: str) -> list[str]:
        """Return the ids of the tracks that were put together in a thread, or else of those shown last."""
        state = (await self.graph.aget_state(self._config(thread))).values
        return list(state.get("playlist") or state.get("last") or ())

    async def history(self, thread: str) -> list[Turn]:
        """Return the answered turns of a thread, the oldest first."""
        turns: dict[int, Turn] = {}
        async for saved in self._saver.alist(self._config(thread)):
            record = saved.checkpoint["channel_values"].get("answer")
            if record and record["number"] not in turns:
                turns[record["number"]] = Turn.from_record(record)
        return [turns[number] for number in sorted(turns)]

    async def forget_thread(self, thread: str) -> None:
        """Delete a conversation; what was learnt of the listener stays."""
        async with self._locks.hold(thread):
            await self._saver.adelete_thread(thread)

    async def aclose(self) -> None:
        """Write what waits to be written, and close what this agent has opened.

        Raises:
            TasteNotSaved: the store refuses events; with the default saver they are tried again at the next start.
        """
        try:
            await self.parts.keeper.drain()
            await asyncio.gather(*self._striking)
        finally:
            self.parts.pool.shutdown(wait=False)
            if self._own_store:
                await self.parts.keeper.store.aclose()
            if isinstance(self._saver, OutboxSaver) and self._own_saver:
                self._saver.close()
            self._locks.close()
            if self._own_catalog:
                self.catalog.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *error: object) -> None:
        await self.aclose()

    async def _answer(
        self,
        message: str,
        user: str,
        thread: str,
        id: str | None,
        weights: ModalityWeights | None,
        personal: bool,
        told: Callable[[Partial], None],
    ) -> Turn:
        if any("\0" in name for name in (user, thread, id or "")):
            # Postgres can keep none, and a name cut there would be another listener's.
            raise QueryError("names of listeners, threads and messages have no NUL in them")
        async with self._locks.hold(thread):
            earlier = None if id is None else await self._answered(thread, id)
            if earlier is not None:
                return earlier
            async with self._room:
                await self._recovered()
                return await self._run(message, user, thread, id, weights, personal, told)

    async def _run(
        self,
        message: str,
        user: str,
        thread: str,
        id: str | None,
        weights: ModalityWeights | None,
        personal: bool,
        told: Callable[[Partial], None],
    ) -> Turn:
        given: InputState = {"message": message, "user": user, "weights": weights, "personal": personal}
        if id is not None:
            given["id"] = id
        turn: Turn | None = None
        keys: list[str] = []
        # What a node says while it works comes as "custom", what it leaves behind as "updates".
        updates = self.graph.astream(
            given, self._config(thread, id, user), stream_mode=["updates", "custom"], durability="exit"
        )
        async for mode, reached in cast("AsyncIterator[tuple[str, Any]]", updates):
            if mode == "custom":
                told(reached)
                continue
            for node, changed in reached.items():
                told(Step(node, changed["seconds"][node]))
                if node == "hear":
                    told(Heard(changed["wish"].act))
                elif node == "weigh":
                    told(Weighed(changed.get("weights") or weights or ModalityWeights()))
                keys += [event.key for event in changed.get("events", ())]
                turn = changed.get("turn", turn)
        assert turn is not None, "every path through the graph ends with reply"
        if keys and isinstance(self._saver, OutboxSaver):
            striking = asyncio.create_task(self._strike(self._saver, user, keys))
            self._striking.add(striking)
            striking.add_done_callback(self._striking.discard)
        return turn

    def _config(self, thread: str, id: str | None = None, user: str | None = None) -> RunnableConfig:
        """Return the configuration of a turn; id and user go into the metadata of its checkpoint, to be found again."""
        known = {TURN: id, USER: user}
        metadata = {key: value for key, value in known.items() if value is not None}
        return {"configurable": {"thread_id": thread}, "metadata": metadata}

    async def _answered(self, thread: str, id: str) -> Turn | None:
        """Return the answer that was given under `id` before."""
        async for saved in self._saver.alist({"configurable": {"thread_id": thread}}, filter={TURN: id}):
            record = saved.checkpoint["channel_values"].get("answer")
            if record and record["id"] == id:
                return Turn.from_record(record)
        return None

    async def _strike(self, saver: OutboxSaver, user: str, keys: list[str]) -> None:
        """Take events off the outbox once they are in the store."""
        if await self.parts.keeper.settled(user):
            await asyncio.to_thread(saver.delivered, keys)

    async def _recovered(self) -> None:
        """Before the first turn, deliver what a killed process has left in the outbox."""
        if self._recovery is None:
            self._recovery = asyncio.create_task(self._recover())
        await self._recovery

    async def _recover(self) -> None:
        if isinstance(self._saver, OutboxSaver):
            left = [TasteEvent.model_validate(entry) for entry in await asyncio.to_thread(self._saver.undelivered)]
            self.parts.keeper.record(left)
            for user in {event.user for event in left}:
                await self._strike(self._saver, user, [event.key for event in left if event.user == user])


def heeded(state: Mapping[str, Any], track_id: str, kind: Feedback) -> dict[str, Any]:
    """Return what feedback on a track changes in a thread."""
    update: dict[str, Any] = {"seen": list(dict.fromkeys([*state.get("seen", ()), track_id]))}
    if kind == "played":
        return update
    field, turned = ("liked", "liked") if kind == "liked" else ("rejected", "disliked")
    update[field] = list(dict.fromkeys([*state.get(field, ()), track_id]))
    past = [dict(turn) for turn in state.get("past", ())]
    for turn in reversed(past):
        if track_id in turn["shown"]:
            turn[turned] = list(dict.fromkeys([*turn[turned], track_id]))
            break
    return {**update, "past": past}
