"""What a listener thinks of single tracks: the last opinion on each counts, and what it replaced leaves a trail.

Decides which events still speak at all, before anything is summed up (`leanings.py`). Knows tracks, not what they are.
"""

from collections.abc import Iterable
from datetime import datetime

from segue.memory.events import TasteEvent
from segue.memory.evidence import SIGNS, decay
from segue.memory.taste import Superseded


def sign_of(event: TasteEvent) -> float:
    """Return how much an event is for (above 0) or against (below 0) what it is about."""
    return event.leaning if event.kind == "stated" else SIGNS[event.kind]


def _newest(keys: dict[str, list[str]], track: str, key: str) -> None:
    """Add a key to those of a track, and let the track stand last."""
    of_track = keys.pop(track, [])
    of_track.append(key)
    keys[track] = of_track


class Opinions:
    """The tracks among standing events: ids in order of the newest event on them, and events that no longer speak."""

    def __init__(self, events: Iterable[TasteEvent], now: datetime) -> None:
        """Read `events` by time; the strengths in the trail are those of `now`."""
        self.void: set[str] = set()
        """Keys of events that were replaced or forgotten."""
        self.trail: list[Superseded] = []
        self._now = now
        self._last: dict[str, TasteEvent] = {}
        self._skips: dict[str, list[str]] = {}
        self._plays: dict[str, list[str]] = {}
        for event in events:
            if event.subject.kind == "track":
                self._read(event, event.subject.value)

    @property
    def played(self) -> tuple[str, ...]:
        """Tracks that were played."""
        return tuple(self._plays)

    @property
    def skipped(self) -> tuple[str, ...]:
        """Tracks that were skipped, and not liked since."""
        return tuple(self._skips)

    @property
    def liked(self) -> tuple[str, ...]:
        """Tracks that are liked."""
        return tuple(track for track, event in self._last.items() if sign_of(event) > 0)

    @property
    def disliked(self) -> tuple[str, ...]:
        """Tracks that are disliked."""
        return tuple(track for track, event in self._last.items() if sign_of(event) < 0)

    def _read(self, event: TasteEvent, track: str) -> None:
        match event.kind:
            case "played":
                _newest(self._plays, track, event.key)
            case "skipped" if event.lasting:
                _newest(self._skips, track, event.key)
            case "liked" | "disliked" | "stated" if event.lasting:
                self._opine(event, track)
            case "forgotten":
                self.void.update(self._skips.pop(track, ()))
                self.void.update(self._plays.pop(track, ()))
                if track in self._last:
                    self.void.add(self._last.pop(track).key)

    def _opine(self, event: TasteEvent, track: str) -> None:
        earlier = self._last.pop(track, None)  # taken out first, so that the newest opinion stands last
        if earlier is not None:
            self.void.add(earlier.key)
            if sign_of(earlier) * sign_of(event) < 0:
                self.trail.append(
                    Superseded(
                        subject=earlier.subject,
                        name=earlier.shown,
                        was=earlier.kind,
                        strength=sign_of(earlier) * decay(earlier.kind, earlier.time, self._now),
                        keys=(earlier.key,),
                        by=event.key,
                        time=event.time,
                        context=earlier.context,
                    )
                )
        if sign_of(event) != 0:
            self._last[track] = event
        if sign_of(event) > 0:
            self._skips.pop(track, None)
