"""Events and tastes kept in memory between reads, each valid for one state of a listener's log.

Knows nothing of where the log is: whoever uses it names the state that it found there. Belongs to one thread.
"""

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from segue.memory.events import TasteEvent
from segue.memory.profile import fold
from segue.memory.taste import Taste

AGE: Final = timedelta(minutes=10)
"""How long a computed taste may stand in for a newer one: less than .02 % of any strength fades in that time."""
LISTENERS: Final = 128
"""Listeners kept; the one that was not read for the longest time goes first."""
EVENTS: Final = 50_000
"""Events kept of all listeners together (some 100 MB at most); one listener is kept however many events there are."""


@dataclass(slots=True)
class Kept:
    """A listener's events in one state of the log, and their taste where it was computed."""

    state: tuple[int, int]
    """Whatever two numbers differ between any two states of the log."""
    events: Sequence[TasteEvent]
    taste: Taste | None = None
    computed: datetime | None = None


class Fresh:
    """The listeners read last."""

    def __init__(self) -> None:
        self._kept: OrderedDict[str, Kept] = OrderedDict()
        self._count = 0

    def get(self, user: str) -> Kept | None:
        """Return what is kept of a listener; the caller compares its state with that of the log."""
        kept = self._kept.get(user)
        if kept is not None:
            self._kept.move_to_end(user)
        return kept

    def put(self, user: str, kept: Kept) -> None:
        """Keep a listener."""
        self.drop(user)
        self._kept[user] = kept
        self._count += len(kept.events)
        while len(self._kept) > 1 and (len(self._kept) > LISTENERS or self._count > EVENTS):
            self.drop(next(iter(self._kept)))

    def drop(self, user: str) -> None:
        """Keep nothing of a listener."""
        kept = self._kept.pop(user, None)
        if kept is not None:
            self._count -= len(kept.events)


def taste_of(user: str, kept: Kept, now: datetime | None) -> Taste:
    """Return the taste of kept events: exactly at `now`, or at a moment of the last ten minutes where it is None."""
    if now is not None:
        return _fold(user, kept.events, now)
    present = datetime.now(UTC)
    if kept.taste is None or kept.computed is None or not timedelta() <= present - kept.computed < AGE:
        kept.taste, kept.computed = _fold(user, kept.events, present), present
    return kept.taste


def _fold(user: str, events: Sequence[TasteEvent], now: datetime) -> Taste:
    return fold(events, now) if events else Taste(user=user)
