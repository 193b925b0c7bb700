"""Likes, dislikes and bans by what music is: standing events are summed up one by one, oldest first.

Knows the rules of `profile.py` one at a time; that file says what they are and why they act in that order.
"""

import math
from dataclasses import dataclass, field
from datetime import datetime
from operator import itemgetter
from typing import Final

from segue.memory.events import Subject, TasteEvent, context_key
from segue.memory.evidence import OWN, blame, decay
from segue.memory.opinions import sign_of
from segue.memory.taste import Ban, Leaning, Superseded

_FAINT: Final = 0.01
"""Strength below which a leaning has faded away."""
_REASONS: Final = 20
"""Reasons told of a leaning."""


@dataclass(slots=True)
class _Count:
    """What speaks for a leaning to one subject in one context."""

    subject: Subject
    name: str
    since: datetime
    context: str | None
    stated: float | None = None
    inferred: float = 0.0
    """For it, or against it for sure: the sum of shares, faded."""
    blamed: float = 0.0
    """Against it, if it is what the disliked tracks have in common: the sum of shares, faded."""
    disliked: float = 0.0
    """Those tracks, faded."""
    reasons: list[str] = field(default_factory=list)

    @property
    def strength(self) -> float:
        inferred = self.inferred - (blame(self.blamed, self.disliked) if self.blamed else 0.0)
        return max(-1.0, min(1.0, (self.stated or 0.0) + math.tanh(inferred)))


class Leanings:
    """Counts events; the sum so far can be read at any time."""

    def __init__(self, now: datetime) -> None:
        """Count ages from `now`."""
        self._now = now
        self._counts: dict[str, dict[str, _Count]] = {"": {}}
        """Context ("" = always) -> cover of the subject -> what speaks for it."""
        self._bans: dict[tuple[str, str], Ban] = {}
        """Cover of the subject, context."""
        self.trail: list[Superseded] = []

    @property
    def bans(self) -> tuple[Ban, ...]:
        """What is banned, the newest last."""
        return tuple(self._bans.values())

    def found(self) -> tuple[Leaning, ...]:
        """Return all leanings that have not faded away, the strongest first."""
        told = [
            (-abs(strength), cover, context, strength, count)
            for context, counts in self._counts.items()
            for cover, count in counts.items()
            if abs(strength := count.strength) >= _FAINT
        ]
        told.sort(key=itemgetter(0, 1, 2))
        return tuple(
            Leaning(
                subject=count.subject,
                name=count.name,
                strength=strength,
                reasons=tuple(count.reasons[-_REASONS:]),
                since=count.since,
                context=count.context,
                stated=count.stated is not None,
            )
            for _, _, _, strength, count in told
        )

    def count(self, event: TasteEvent) -> None:
        """Take one more event into account."""
        match event.kind:
            case "liked" | "disliked" | "skipped" | "played":
                self._speak(event)
            case "stated":
                if event.subject.kind == "track":
                    self._speak(event)
                else:
                    self._state(event)
            case "banned":
                self._ban(event)
            case "unbanned":
                for place in self._banned_places(event):
                    self._replaced_ban(self._bans.pop(place), event)
            case "forgotten":
                self._forget(event)
            case "undone":
                raise ValueError("an undoing is not counted: see `profile.standing`")

    def _speak(self, event: TasteEvent) -> None:
        """Let an event speak for its subject, where that is no track, and for what its track was."""
        sign = sign_of(event) * decay(event.kind, event.time, self._now)
        counts, key = self._counts.setdefault(_context(event), {}), event.key
        for cover, subject, share in event.speaks:
            count = counts.get(cover)
            if count is None:
                name = event.shown if subject is event.subject else subject.value
                counts[cover] = count = _Count(subject, name, event.time, event.context)
            if sign >= 0 or subject is event.subject or subject.kind in OWN:
                count.inferred += sign * share
            else:
                count.blamed -= sign * share
                count.disliked -= sign
            count.reasons.append(key)

    def _state(self, event: TasteEvent) -> None:
        cover, context = event.subject.cover, _context(event)
        counts = self._counts.setdefault(context, {})
        earlier = counts.pop(cover, None)
        if earlier is not None and earlier.strength * event.leaning < 0:
            self._replaced(earlier, event)
        if event.leaning > 0 and (ban := self._bans.pop((cover, context), None)) is not None:
            self._replaced_ban(ban, event)
        if event.leaning != 0:
            stated = event.leaning * decay("stated", event.time, self._now)
            counts[cover] = _Count(
                event.subject, event.shown, event.time, event.context, stated, reasons=[event.key]
            )  # fmt: skip

    def _ban(self, event: TasteEvent) -> None:
        cover, context = event.subject.cover, _context(event)
        earlier = self._counts.get(context, {}).pop(cover, None)
        if earlier is not None and earlier.strength > 0:
            self._replaced(earlier, event)
        self._bans.pop((cover, context), None)  # taken out first, so that the newest ban stands last
        self._bans[cover, context] = Ban(
            subject=event.subject, name=event.shown, since=event.time, reason=event.key, context=event.context
        )

    def _banned_places(self, event: TasteEvent) -> list[tuple[str, str]]:
        """Return where the subject is banned, of what the event speaks of: its context, or all of them."""
        cover, context = event.subject.cover, _context(event)
        return [place for place in self._bans if place[0] == cover and (event.context is None or place[1] == context)]

    def _forget(self, event: TasteEvent) -> None:
        for place in self._banned_places(event):
            del self._bans[place]
        for context in self._counts if event.context is None else [_context(event)]:
            self._counts.get(context, {}).pop(event.subject.cover, None)

    def _replaced(self, earlier: _Count, by: TasteEvent) -> None:
        self.trail.append(
            Superseded(
                subject=earlier.subject, name=earlier.name, was="stated", strength=earlier.strength,
                keys=tuple(earlier.reasons), by=by.key, time=by.time, context=earlier.context,
            )
        )  # fmt: skip

    def _replaced_ban(self, ban: Ban, by: TasteEvent) -> None:
        self.trail.append(
            Superseded(
                subject=ban.subject, name=ban.name, was="banned", strength=-1.0, keys=(ban.reason,), by=by.key,
                time=by.time, context=ban.context,
            )
        )  # fmt: skip


def _context(event: TasteEvent) -> str:
    return "" if event.context is None else context_key(event.context)
