"""Stores of taste events, and what each of them can do.

A store keeps the events of many listeners apart: every call names its listener, and nothing that one listener's calls
return or change is another's. Knows events and the fold; what an edit says is `editing.py`.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Protocol, runtime_checkable

from segue.memory.events import TasteEvent
from segue.memory.in_memory import InMemoryTasteStore
from segue.memory.postgres import PostgresTasteStore
from segue.memory.sqlite import SqliteTasteStore
from segue.memory.taste import Taste

__all__ = ["InMemoryTasteStore", "PostgresTasteStore", "SqliteTasteStore", "TasteStore"]


@runtime_checkable
class TasteStore(Protocol):
    """What keeps taste events. A call either happens as a whole or raises and changes nothing."""

    async def append(self, events: Sequence[TasteEvent]) -> int:
        """Store events of any listeners and return how many were new; what has been stored already stays as it was.

        Raises:
            TasteStoreBusy: others hold the store; nothing was stored.
        """

    async def events(self, user: str) -> tuple[TasteEvent, ...]:
        """Return all events of a listener, by time."""

    async def taste(self, user: str, now: datetime | None = None) -> Taste:
        """Return a listener's taste at `now`.

        Without `now` a taste that was computed within the last ten minutes, from the same events, may be returned:
        nothing fades noticeably in that time.
        """

    async def export(self, user: str) -> dict[str, Any]:
        """Return everything that is remembered of a listener as plain JSON data (`transfer.exported`)."""

    async def import_(self, user: str, data: object) -> int:
        """Add exported data to what is remembered of `user`, whoever it was exported for; return how many were new.

        Raises:
            TasteFileInvalid: the data is no exported taste; nothing was stored.
        """

    async def erase(self, user: str) -> int:
        """Delete all events of a listener, leaving no byte of them in the store's files; return how many there were.

        Raises:
            TasteStoreBusy: others hold the store. The events may be gone already, but bytes may remain: erase again.
        """

    async def undo(self, user: str, key: str | None = None) -> tuple[TasteEvent, ...]:
        """Take back the newest change that still stands, and return its events; () where there is none (`undo.py`).

        With `key`, an undoing that is delivered again changes nothing, and returns the same events.
        """

    async def aclose(self) -> None:
        """Close the store; it cannot be used afterwards. Closing it again does nothing."""
