"""A store of taste over a log of rows, whatever database that is in; shared by any number of tasks and processes.

Calls run in a thread of their own, one after another, so that the event loop stays free. Reads are cheap: events are
read once, then only what is new, and a taste is computed again only when something is. Knows events and the fold; how
rows are kept is the log's.
"""

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any, Final, Protocol, TypeVar

import numpy as np
from pydantic import ValidationError

from segue.memory.errors import TasteCorrupt
from segue.memory.events import TasteEvent
from segue.memory.fresh import Fresh, Kept, taste_of
from segue.memory.listener.kept import KeptVector
from segue.memory.profile import ordered
from segue.memory.taste import Taste
from segue.memory.transfer import exported, imported
from segue.memory.undo import undoing

T = TypeVar("T")
Row = tuple[str, str, str]
"""User, key and body of an event."""
VectorRow = tuple[str, str, str, float, bytes]
"""Listener, version of the model, state of the log that it was computed from, time in seconds, and the vector."""
State = tuple[int, int]
"""How many events a listener has, and the number of the newest: equal only for equal logs, for no number is reused."""
PATIENCE: Final = 20.0
"""Seconds to wait for other writers before giving up."""


class Log(Protocol):
    """Where rows are kept, with plain blocking calls of one thread; each happens as a whole or raises TasteStoreBusy.

    Beside the events stands at most one vector a listener, computed from them; it goes when they go.
    """

    place: str
    """Where that is, for people."""

    def add(self, rows: Iterable[Row]) -> int:
        """Insert rows whose (user, key) is new, all or none; return how many were inserted."""

    def change(self, user: str, decide: Callable[[list[str]], Iterable[Row]]) -> None:
        """Insert what `decide` makes of a listener's bodies; no other writer comes in between."""

    def state(self, user: str) -> State:
        """Return the state of a listener's log."""

    def read(self, user: str, after: int = 0) -> tuple[State, list[str]]:
        """Return the state of a listener's log and, from that same moment, the bodies with a number above `after`."""

    def erase(self, user: str) -> int:
        """Delete a listener's rows, and what of them is left where they were; return how many there were."""

    def vector(self, user: str) -> VectorRow | None:
        """Return the vector kept of a listener."""

    def keep_vectors(self, rows: Iterable[VectorRow]) -> None:
        """Keep vectors in place of those before, of listeners who have events: nobody who was erased comes back."""

    def outdated(self, version: str, before: float) -> list[str]:
        """Return the listeners without a vector of `version`, computed since `before` from their log as it is now."""

    def close(self) -> None:
        """Let go of it."""


class LoggedTasteStore:
    """A `TasteStore` over a log."""

    def __init__(self, log: Log) -> None:
        self._log = log
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="taste")
        self._fresh = Fresh()
        self._closed = False

    async def append(self, events: Sequence[TasteEvent]) -> int:
        """See `TasteStore`."""
        events = tuple(events)
        return await self._run(lambda: self._log.add(_rows(events)) if events else 0)

    async def events(self, user: str) -> tuple[TasteEvent, ...]:
        """See `TasteStore`."""
        return await self._run(lambda: tuple(self._read(user).events))

    async def taste(self, user: str, now: datetime | None = None) -> Taste:
        """See `TasteStore`."""
        return await self._run(lambda: taste_of(user, self._read(user), now))

    async def export(self, user: str) -> dict[str, Any]:
        """See `TasteStore`."""
        return await self._run(lambda: exported(user, self._read(user).events, _kept(self._log.vector(user))))

    async def import_(self, user: str, data: object) -> int:
        """See `TasteStore`."""
        return await self._run(lambda: self._log.add(_rows(imported(user, data))))

    async def erase(self, user: str) -> int:
        """See `TasteStore`."""

        def erasing() -> int:
            self._fresh.drop(user)
            return self._log.erase(user)

        return await self._run(erasing)

    async def undo(self, user: str, key: str | None = None) -> tuple[TasteEvent, ...]:
        """See `TasteStore`."""

        def undo() -> tuple[TasteEvent, ...]:
            undone: tuple[TasteEvent, ...] = ()

            def decide(bodies: list[str]) -> Iterable[Row]:
                nonlocal undone
                undone, event = undoing([self._parse(body) for body in bodies], user, key)
                return _rows([] if event is None else [event])

            self._log.change(user, decide)
            return undone

        return await self._run(undo)

    async def state(self, user: str) -> str:
        """See `VectorStore`."""
        return await self._run(lambda: ":".join(map(str, self._log.state(user))))

    async def vector(self, user: str) -> KeptVector | None:
        """See `VectorStore`."""
        return await self._run(lambda: _kept(self._log.vector(user)))

    async def keep_vectors(self, vectors: Mapping[str, KeptVector]) -> None:
        """See `VectorStore`."""
        rows = [
            (user, one.version, one.state, one.computed.timestamp(), one.values.astype("<f4").tobytes())
            for user, one in vectors.items()
        ]
        await self._run(lambda: self._log.keep_vectors(rows))

    async def outdated(self, version: str, before: datetime) -> tuple[str, ...]:
        """See `VectorStore`."""
        return await self._run(lambda: tuple(self._log.outdated(version, before.timestamp())))

    async def aclose(self) -> None:
        """See `TasteStore`; calls that wait are finished first."""
        if not self._closed:
            self._closed = True
            await self._run(self._log.close)
            self._thread.shutdown()

    def close(self) -> None:
        """Close the store where no event loop runs; otherwise as `aclose`."""
        if not self._closed:
            self._closed = True
            self._thread.submit(self._log.close).result()
            self._thread.shutdown()

    def _read(self, user: str) -> Kept:
        """Return a listener's events in the log's present state; what was read before is not read again."""
        kept = self._fresh.get(user)
        if kept is not None and kept.state == self._log.state(user):
            return kept
        before = () if kept is None else kept.events
        state, bodies = self._log.read(user, after=0 if kept is None else kept.state[1])
        if state[0] != len(before) + len(bodies):  # something was erased since
            before = ()
            state, bodies = self._log.read(user)
        kept = Kept(state, ordered([*before, *(self._parse(body) for body in bodies)]))
        self._fresh.put(user, kept)
        return kept

    def _parse(self, body: str) -> TasteEvent:
        try:
            return TasteEvent.model_validate_json(body)
        except ValidationError as error:
            raise TasteCorrupt(f"{self._log.place} holds an event that cannot be read: {error}") from error

    async def _run(self, work: Callable[[], T]) -> T:
        # Shielded: a caller that gives up must not leave half of what it asked for to chance.
        return await asyncio.shield(asyncio.get_running_loop().run_in_executor(self._thread, work))


def _rows(events: Iterable[TasteEvent]) -> list[Row]:
    return [(event.user, event.key, event.model_dump_json(exclude_defaults=True)) for event in events]


def _kept(row: VectorRow | None) -> KeptVector | None:
    if row is None:
        return None
    _, version, state, time, body = row
    values = np.frombuffer(body, dtype="<f4").astype(np.float32)
    return KeptVector(version, state, datetime.fromtimestamp(time, UTC), values)
