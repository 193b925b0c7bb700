"""Taste on its way to the store: written off the reply path, never lost, and always there when it is read.

Events are saved with the turn that they come from (`ThreadSaver`) before they are written to the store by a task of
their own; whoever reads a listener's taste waits for that listener's events only. What a store refuses is tried again,
and what it refuses to the end is told when the agent is closed. Knows events and stores, not what events mean.
"""

import asyncio
import logging
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime
from typing import Final

from segue.generator.errors import SegueError
from segue.memory.events import TasteEvent
from segue.memory.profile import Taste, fold
from segue.memory.store import TasteStore

_PAUSES: Final = (0.05, 0.2, 1.0)
"""Seconds between attempts at writing the same events."""
_LOOK: Final = 0.01
"""Seconds between looks at what is still to be written."""
_MOMENT: Final = 0.25
"""Seconds that an answer waits for its listener's earlier events to be written."""
_log = logging.getLogger(__name__)


class TasteNotSaved(SegueError):
    """Raised when an agent is closed while its store still refuses events; `events` are those."""

    def __init__(self, events: Sequence[TasteEvent], cause: BaseException) -> None:
        super().__init__(f"{len(events)} taste events could not be saved: {cause}")
        self.events = tuple(events)


class TasteKeeper:
    """Writes events in the background and reads them back; belongs to one event loop."""

    def __init__(self, store: TasteStore) -> None:
        self.store = store
        self._waiting: list[TasteEvent] = []
        self._writer: asyncio.Task[None] | None = None
        self._lock = asyncio.Lock()
        self.trouble: BaseException | None = None
        """Why the last write failed; None where it did not."""

    def record(self, events: Sequence[TasteEvent]) -> None:
        """Take events over; returns at once."""
        if not events:
            return
        self._waiting += events
        self._start()

    async def settled(self, user: str) -> bool:
        """Wait until all events of a listener are in the store; False where the store refuses them."""
        if self._waiting_of(user):
            self._start()
        while self._writer is not None and not self._writer.done() and self._waiting_of(user):
            await asyncio.wait([self._writer], timeout=_LOOK)
        return not self._waiting_of(user)

    async def taste(self, user: str, now: datetime | None = None) -> Taste:
        """Return a listener's taste with everything that was recorded before.

        What the store has not taken within a moment is added to what it holds: a ban holds although it is not written.
        """
        if self._waiting_of(user):
            # Not cancelled when the moment is over: the writer is a task of its own.
            with suppress(TimeoutError):
                async with asyncio.timeout(_MOMENT):
                    await self.settled(user)
        waiting = self._waiting_of(user)
        if not waiting:
            return await self.store.taste(user, now)
        return fold([*await self.store.events(user), *waiting], now or datetime.now(UTC))

    async def drain(self) -> None:
        """Write everything that waits.

        Raises:
            TasteNotSaved: the store refuses it still.
        """
        if self._writer is not None:
            await self._writer
        if self._waiting:
            await self._write_all()
        if self._waiting:
            raise TasteNotSaved(self._waiting, self.trouble or RuntimeError("unknown"))

    def _start(self) -> None:
        if self._writer is None or self._writer.done():
            self._writer = asyncio.create_task(self._write_all())

    def _waiting_of(self, user: str) -> list[TasteEvent]:
        return [event for event in self._waiting if event.user == user]

    async def _write_all(self) -> None:
        """Write until nothing waits or the store keeps refusing. Events stay in line until they are written."""
        async with self._lock:
            while self._waiting:
                batch = tuple(self._waiting)
                if not await self._write(batch):
                    return
                del self._waiting[: len(batch)]

    async def _write(self, batch: Sequence[TasteEvent]) -> bool:
        for pause in (*_PAUSES, 0.0):
            try:
                await self.store.append(batch)
            except Exception as error:  # noqa: BLE001 - kept, tried again, logged, and told at the end
                self.trouble = error
                _log.warning("%d taste events could not be written: %s", len(batch), error)
                await asyncio.sleep(pause)
            else:
                self.trouble = None
                return True
        return False
