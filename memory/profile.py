"""The fold: a listener's events become their taste. Pure: the same events in any order, and the same moment, give the
same taste.

The rules, in the order in which they act:

1. Events with the same key are one. They are read by time; of two at the same time the one with the smaller key comes
   first.
2. What was undone never happened. An undoing can itself be undone.
3. One-off wishes (`lasting=False`) say nothing about taste; that a track was played is still remembered.
4. Of several opinions on one track the last counts. A skip is no opinion: it may only be the wrong moment.
5. A liked or disliked track speaks for what it is, a little (`evidence.SHARES`), and a dislike speaks against kinds of
   music only together with others (`evidence.blame`); what was said in a context speaks for that context only. All of
   it fades (`evidence`).
6. A statement replaces what was known about its subject in its context; what comes after it adds to it. A ban removes
   the leaning, and liking something by name lifts the ban on it.
7. Forgetting leaves of a subject what was never said: leanings, opinions and bans, in its context or in all of them.

Where an opinion replaces one of the other sign, the trail (`Taste.superseded`) says so.
"""

from collections.abc import Iterable
from datetime import datetime

import xxhash

from segue.memory.events import TasteEvent
from segue.memory.leanings import Leanings
from segue.memory.opinions import Opinions
from segue.memory.taste import Ban, Leaning, Superseded, Taste

__all__ = ["Ban", "Leaning", "Superseded", "Taste", "fold", "standing"]


def fold(events: Iterable[TasteEvent], now: datetime) -> Taste:
    """Return the taste that `events`, all of one listener, amount to.

    Args:
        events: in any order; repeated ones count once.
        now: the moment from which ages are counted, with a time zone. Events after it count as new.

    Raises:
        ValueError: the events are of several listeners, or `now` has no time zone.
    """
    if now.tzinfo is None:
        raise ValueError("`now` has no time zone")
    events = ordered(events)
    if any(event.user != events[0].user for event in events):
        raise ValueError("events of several listeners cannot be folded into one taste")
    if not events:
        return Taste(user="")
    left = standing(events)
    opinions, leanings = Opinions(left, now), Leanings(now)
    for event in left:
        if event.lasting and event.key not in opinions.void:
            leanings.count(event)
    return Taste(
        user=events[0].user,
        leanings=leanings.found(),
        bans=leanings.bans,
        played=opinions.played,
        liked=opinions.liked,
        disliked=opinions.disliked,
        skipped=opinions.skipped,
        superseded=tuple(sorted([*opinions.trail, *leanings.trail], key=lambda each: (each.time, each.by))),
        version=xxhash.xxh3_64_hexdigest("\0".join(sorted(event.key for event in events)).encode()),
    )


def ordered(events: Iterable[TasteEvent]) -> list[TasteEvent]:
    """Return `events` by time, then by key; each key once, in its first appearance."""
    once: dict[str, TasteEvent] = {}
    for event in sorted(events, key=lambda event: (event.time, event.key)):
        once.setdefault(event.key, event)
    return list(once.values())


def standing(events: Iterable[TasteEvent]) -> list[TasteEvent]:
    """Return the events, given by time, that nobody took back, without the undoings themselves."""
    events = list(events)
    gone: set[str] = set()
    # The newest undoing stands; what it takes back may itself be an undoing, which then takes back nothing.
    for event in reversed(events):
        if event.kind == "undone" and event.key not in gone:
            gone.update(event.undoes)
    return [event for event in events if event.kind != "undone" and event.key not in gone]
