"""The running count behind the fold: takes standing events one by one, oldest first, and sums them up as a taste.

Knows the rules of `profile.py` one at a time; that file says what they are and why they act in that order.
"""

import math
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from segue.memory.events import Subject, TasteEvent, context_key
from segue.memory.evidence import SHARES, SIGNS, decay
from segue.memory.matching import cover_key
from segue.memory.taste import Ban, Leaning, Superseded, Taste

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
    by: str = ""
    """Key of the statement."""
    inferred: dict[str, float] = field(default_factory=dict)
    """Event key -> faded share, oldest first."""

    @property
    def strength(self) -> float:
        return max(-1.0, min(1.0, (self.stated or 0.0) + math.tanh(sum(self.inferred.values()))))

    @property
    def reasons(self) -> tuple[str, ...]:
        return (*([self.by] if self.stated is not None else ()), *self.inferred)


class Tally:
    """Counts events; `taste` tells the sum so far."""

    def __init__(self, now: datetime) -> None:
        """Count ages from `now`."""
        self._now = now
        self._counts: dict[str, dict[str, _Count]] = {}
        """Cover key -> context -> what speaks for it."""
        self._bans: dict[tuple[str, str], Ban] = {}
        self._opinions: dict[str, TasteEvent] = {}
        self._skips: dict[str, list[TasteEvent]] = {}
        self._plays: dict[str, list[TasteEvent]] = {}
        self._trail: list[Superseded] = []

    def count(self, event: TasteEvent) -> None:
        """Take one more event into account."""
        if not event.lasting and event.kind != "played":
            return
        match event.kind:
            case "liked" | "disliked":
                self._opine(event)
            case "stated":
                if event.subject.kind == "track":
                    self._opine(event)
                else:
                    self._state(event)
            case "played" | "skipped":
                self._pass(event)
            case "banned":
                self._ban(event)
            case "unbanned":
                self._lift(event)
            case "forgotten":
                self._forget(event)
            case "undone":
                raise ValueError("an undoing is not counted: see `profile.standing`")

    def taste(self, user: str, version: str) -> Taste:
        """Return the sum."""
        found = [
            Leaning(
                subject=count.subject,
                name=count.name,
                strength=count.strength,
                reasons=count.reasons[-_REASONS:],
                since=count.since,
                context=count.context,
                stated=count.stated is not None,
            )
            for counts in self._counts.values()
            for count in counts.values()
            if abs(count.strength) >= _FAINT
        ]
        found.sort(key=lambda each: (-abs(each.strength), each.subject.key, each.context or ""))
        opinions = [(track, _sign(event)) for track, event in self._opinions.items()]
        return Taste(
            user=user,
            leanings=tuple(found),
            bans=tuple(self._bans.values()),
            played=tuple(self._plays),
            liked=tuple(track for track, sign in opinions if sign > 0),
            disliked=tuple(track for track, sign in opinions if sign < 0),
            skipped=tuple(self._skips),
            superseded=tuple(self._trail),
            version=version,
        )

    def _opine(self, event: TasteEvent) -> None:
        if event.subject.kind == "track":
            track = event.subject.value
            earlier = self._opinions.pop(track, None)  # taken out first, so that the newest opinion stands last
            if earlier is not None:
                self._take_back(earlier)
                if _sign(earlier) * _sign(event) < 0:
                    self._replaced(earlier, event, _sign(earlier) * decay(earlier.kind, earlier.time, self._now))
            if _sign(event) != 0:
                self._opinions[track] = event
            if _sign(event) > 0:
                self._skips.pop(track, None)
        self._speak(event, _sign(event))

    def _pass(self, event: TasteEvent) -> None:
        if event.subject.kind == "track":
            seen = self._plays if event.kind == "played" else self._skips
            seen[event.subject.value] = [*seen.pop(event.subject.value, ()), event]
        if event.lasting:
            self._speak(event, SIGNS[event.kind])

    def _speak(self, event: TasteEvent, sign: float) -> None:
        """Let an event speak for its subject, where that is no track, and for what its track was."""
        sign *= decay(event.kind, event.time, self._now)
        context = "" if event.context is None else context_key(event.context)
        if event.subject.kind != "track":
            self._add(event, event.subject, event.shown, context, sign)
        for attribute in event.attributes:
            if attribute.kind != "track" and attribute.kind != "work":
                self._add(event, attribute, attribute.value, context, sign * SHARES[attribute.kind])

    def _add(self, event: TasteEvent, subject: Subject, name: str, context: str, share: float) -> None:
        counts = self._counts.setdefault(cover_key(subject), {})
        count = counts.get(context)
        if count is None:
            counts[context] = count = _Count(subject, name, event.time, event.context)
        # One event may reach a leaning twice (Christmas as genre and as theme); the stronger of both speaks.
        earlier = count.inferred.get(event.key, 0.0)
        count.inferred[event.key] = share if abs(share) > abs(earlier) else earlier

    def _take_back(self, event: TasteEvent) -> None:
        context = "" if event.context is None else context_key(event.context)
        for attribute in event.attributes:
            key = cover_key(attribute)
            counts = self._counts.get(key, {})
            if (count := counts.get(context)) is not None:
                count.inferred.pop(event.key, None)
                if not count.inferred and count.stated is None:
                    del counts[context]

    def _state(self, event: TasteEvent) -> None:
        key, context = _place(event)
        counts = self._counts.setdefault(cover_key(event.subject), {})
        earlier = counts.pop(context, None)
        if earlier is not None and earlier.strength * event.leaning < 0:
            self._replaced_leaning(earlier, event)
        if event.leaning > 0 and (ban := self._bans.pop((key, context), None)) is not None:
            self._replaced_ban(ban, event)
        if event.leaning != 0:
            stated = event.leaning * decay("stated", event.time, self._now)
            counts[context] = _Count(event.subject, event.shown, event.time, event.context, stated, event.key)

    def _ban(self, event: TasteEvent) -> None:
        key, context = _place(event)
        earlier = self._counts.get(cover_key(event.subject), {}).pop(context, None)
        if earlier is not None and earlier.strength > 0:
            self._replaced_leaning(earlier, event)
        self._bans.pop((key, context), None)
        self._bans[key, context] = Ban(
            subject=event.subject, name=event.shown, since=event.time, reason=event.key, context=event.context
        )

    def _banned_places(self, event: TasteEvent) -> list[tuple[str, str]]:
        """Return where the subject is banned, of what the event speaks of: its context, or all of them."""
        key, context = _place(event)
        return [place for place in self._bans if place[0] == key and (event.context is None or place[1] == context)]

    def _lift(self, event: TasteEvent) -> None:
        for place in self._banned_places(event):
            self._replaced_ban(self._bans.pop(place), event)

    def _forget(self, event: TasteEvent) -> None:
        key, context = _place(event)
        for place in self._banned_places(event):
            del self._bans[place]
        if event.context is None:
            self._counts.pop(key, None)
        else:
            self._counts.get(key, {}).pop(context, None)
        if event.subject.kind == "track":
            track = event.subject.value
            opinion = self._opinions.pop(track, None)
            for each in [*([opinion] if opinion else ()), *self._skips.pop(track, ()), *self._plays.pop(track, ())]:
                self._take_back(each)

    def _replaced(self, earlier: TasteEvent, by: TasteEvent, strength: float) -> None:
        self._trail.append(
            Superseded(
                subject=earlier.subject, name=earlier.shown, was=earlier.kind, strength=strength, keys=(earlier.key,),
                by=by.key, time=by.time, context=earlier.context,
            )
        )  # fmt: skip

    def _replaced_leaning(self, earlier: _Count, by: TasteEvent) -> None:
        self._trail.append(
            Superseded(
                subject=earlier.subject, name=earlier.name, was="stated", strength=earlier.strength,
                keys=earlier.reasons, by=by.key, time=by.time, context=earlier.context,
            )
        )  # fmt: skip

    def _replaced_ban(self, ban: Ban, by: TasteEvent) -> None:
        self._trail.append(
            Superseded(
                subject=ban.subject, name=ban.name, was="banned", strength=-1.0, keys=(ban.reason,), by=by.key,
                time=by.time, context=ban.context,
            )
        )  # fmt: skip


def _place(event: TasteEvent) -> tuple[str, str]:
    return cover_key(event.subject), "" if event.context is None else context_key(event.context)


def _sign(event: TasteEvent) -> float:
    return event.leaning if event.kind == "stated" else SIGNS[event.kind]
