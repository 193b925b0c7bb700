"""A store of taste that keeps nothing: for tests, demonstrations and products that must not remember."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from segue.memory.events import TasteEvent
from segue.memory.fresh import Fresh, Kept, taste_of
from segue.memory.listener.kept import KeptVector
from segue.memory.profile import ordered
from segue.memory.taste import Taste
from segue.memory.transfer import exported, imported
from segue.memory.undo import undoing


class InMemoryTasteStore:
    """A `TasteStore` in the memory of this process; belongs to one event loop."""

    def __init__(self) -> None:
        self._events: dict[str, dict[str, TasteEvent]] = {}
        self._vectors: dict[str, KeptVector] = {}
        self._erased = 0
        """Counts erasures, so that a log that starts anew is never in a state of the old one."""
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
        return exported(user, await self.events(user), self._vectors.get(user))

    async def import_(self, user: str, data: object) -> int:
        """See `TasteStore`."""
        return await self.append(imported(user, data))

    async def erase(self, user: str) -> int:
        """See `TasteStore`."""
        self._fresh.drop(user)
        self._vectors.pop(user, None)
        self._erased += 1
        return len(self._events.pop(user, {}))

    async def undo(self, user: str, key: str | None = None) -> tuple[TasteEvent, ...]:
        """See `TasteStore`."""
        change, event = undoing(tuple(self._events.get(user, {}).values()), user, key)
        if event is not None:
            await self.append([event])
        return change

    async def state(self, user: str) -> str:
        """See `VectorStore`."""
        return f"{len(self._events.get(user, {}))}:{self._erased}"

    async def vector(self, user: str) -> KeptVector | None:
        """See `VectorStore`."""
        return self._vectors.get(user)

    async def keep_vectors(self, vectors: Mapping[str, KeptVector]) -> None:
        """See `VectorStore`."""
        self._vectors.update({user: vector for user, vector in vectors.items() if self._events.get(user)})

    async def outdated(self, version: str, before: datetime) -> tuple[str, ...]:
        """See `VectorStore`."""
        found = []
        for user, log in sorted(self._events.items()):
            kept = self._vectors.get(user)
            if log and (kept is None or not kept.holds(version, await self.state(user), before)):
                found.append(user)
        return tuple(found)

    async def aclose(self) -> None:
        """See `TasteStore`; what was kept is gone."""
        self._events.clear()
        self._vectors.clear()
        self._fresh = Fresh()
