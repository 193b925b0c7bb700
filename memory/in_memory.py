"""A store of taste that keeps nothing: for tests, demonstrations and products that must not remember."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from segue.memory.events import TasteEvent
from segue.memory.fresh import Fresh, Kept, taste_of
from segue.memory.profile import ordered
from segue.memory.taste import Taste
from segue.memory.transfer import exported, imported
from segue.memory.undo import undoing


class InMemoryTasteStore:
    """A `TasteStore` in the memory of this process; belongs to one event loop."""

    def __init__(self) -> None:
        self._events: dict[str, dict[str, TasteEvent]] = {}
        self._fresh = Fresh()

    async def append(self, events: Sequence[TasteEvent]) -> int:
        """See `TasteStore`."""
        new = 0
        for event in events:
            log = self._events.setdefault(event.user, {})
            if event.key not in log:
                log[event.key] = event
                self._fresh.drop(event.user)
                new += 1
        return new

    async def events(self, user: str) -> tuple[TasteEvent, ...]:
        """See `TasteStore`."""
        return tuple(ordered(self._events.get(user, {}).values()))

    async def taste(self, user: str, now: datetime | None = None) -> Taste:
        """See `TasteStore`."""
        kept = self._fresh.get(user)
        if kept is None:
            kept = Kept((0, 0), ordered(self._events.get(user, {}).values()))
            self._fresh.put(user, kept)
        return taste_of(user, kept, now)

    async def export(self, user: str) -> dict[str, Any]:
        """See `TasteStore`."""
        return exported(user, await self.events(user))

    async def import_(self, user: str, data: object) -> int:
        """See `TasteStore`."""
        return await self.append(imported(user, data))

    async def erase(self, user: str) -> int:
        """See `TasteStore`."""
        self._fresh.drop(user)
        return len(self._events.pop(user, {}))

    async def undo(self, user: str, key: str | None = None) -> tuple[TasteEvent, ...]:
        """See `TasteStore`."""
        change, event = undoing(tuple(self._events.get(user, {}).values()), user, key)
        if event is not None:
            await self.append([event])
        return change

    async def aclose(self) -> None:
        """See `TasteStore`; what was kept is gone."""
        self._events.clear()
        self._fresh = Fresh()
