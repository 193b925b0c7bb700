"""Undo: which change was the newest, and the event that takes it back.

A change is everything that one message did: "I love jazz and hate country" is one change of two events. What has no
message belongs together where it happened at one moment. Playing is no change, for nobody asked for it to be
remembered, and neither is a one-off wish, which is not.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import uuid4

from segue.memory.events import MAX_UNDONE, TasteEvent
from segue.memory.profile import ordered, standing

_MESSAGE: Final = timedelta(seconds=1)
"""How long a message may take to become events; the same words said later are another change."""


def last_change(events: Sequence[TasteEvent]) -> tuple[TasteEvent, ...]:
    """Return the events of the newest change that still stands, by time; () where there is none."""
    left = [event for event in standing(ordered(events)) if event.kind != "played" and event.lasting]
    if not left:
        return ()
    newest = left[-1]
    since = newest.time - (_MESSAGE if newest.message else timedelta())
    source = (newest.thread, newest.message)
    return tuple(event for event in left if event.time >= since and (event.thread, event.message) == source)[
        -MAX_UNDONE:
    ]


def undoing(
    events: Sequence[TasteEvent], user: str, key: str | None
) -> tuple[tuple[TasteEvent, ...], TasteEvent | None]:
    """Return the events to take back and the event that does it: None where that has happened, or nothing is left.

    Raises:
        ValueError: `key` is that of an event which is no undoing.
    """
    earlier = next((event for event in events if event.key == key), None)
    if earlier is not None:
        if earlier.kind != "undone":
            raise ValueError(f"the key {key!r} is that of another event")
        gone = set(earlier.undoes)
        return tuple(event for event in ordered(events) if event.key in gone), None
    change = last_change(events)
    if not change:
        return (), None
    last = change[-1]
    # Never before what it takes back, whatever the clocks of other machines say.
    time = max(datetime.now(UTC), last.time)
    return change, TasteEvent(
        key=key or uuid4().hex, user=user, time=time, kind="undone", subject=last.subject, name=last.name,
        undoes=tuple(event.key for event in change),
    )  # fmt: skip
