"""The taste of a listener: what they lean to, what they never want to hear, and what became of their earlier opinions.

This is the profile that a listener may see and edit (Spotify's generative recommender calls it the taste profile). It
is computed from events (`profile.fold`) and is never written to; knows no store.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import cached_property
from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, Field

from segue.memory.events import EventKind, Subject, context_key
from segue.memory.evidence import WEIGHTS
from segue.memory.matching import wider
from segue.memory.plain import listed, plain

_CLEAR: Final = 0.15
"""Strength from which a leaning is worth a word."""
_SAID: Final = frozenset({"artist", "genre", "mood", "theme", "era", "vocals", "instrument", "tempo"})
"""Kinds that are said although nobody stated them: that one likes "English", or the tag "favourites", says little."""
_MOST_SAID: Final = 5


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Leaning(_Frozen):
    """A like or a dislike."""

    subject: Subject
    name: str
    strength: Annotated[float, Field(ge=-1, le=1)]
    """From -1, hates it, to 1, loves it, faded by age."""
    reasons: tuple[str, ...]
    """Keys of the newest events that it rests on, at most 20, oldest first."""
    since: datetime
    """Time of the first of the events that count."""
    context: str | None = None
    """Where it holds; None where it always does."""
    stated: bool = False
    """Whether the listener said so; otherwise it was inferred from tracks."""


class Ban(_Frozen):
    """Something that is never to be played."""

    subject: Subject
    name: str
    since: datetime
    reason: str
    """Key of the event."""
    context: str | None = None
    """Where it holds; None where it always does."""


class Superseded(_Frozen):
    """An opinion that a later one replaced."""

    subject: Subject
    name: str
    was: EventKind
    """What the earlier opinion was; "stated" also for leanings inferred from tracks."""
    strength: float
    """How strong it would be now, from -1 to 1."""
    keys: tuple[str, ...]
    """Keys of the events that no longer count."""
    by: str
    """Key of the event that replaced it."""
    time: datetime
    """When it was replaced."""
    context: str | None = None


class Taste(_Frozen):
    """A listener's taste at one moment."""

    user: str
    leanings: tuple[Leaning, ...] = ()
    """The strongest first."""
    bans: tuple[Ban, ...] = ()
    """The newest last."""
    played: tuple[str, ...] = ()
    """Ids of tracks that were played, each once, newest last; so are the three below."""
    liked: tuple[str, ...] = ()
    disliked: tuple[str, ...] = ()
    skipped: tuple[str, ...] = ()
    superseded: tuple[Superseded, ...] = ()
    """Opinions that were replaced, oldest first."""
    version: str = ""
    """Changes whenever an event is added; equal for equal logs. Empty where nothing is known."""

    @property
    def banned(self) -> tuple[Subject, ...]:
        """What is banned always, whatever the context."""
        return tuple(ban.subject for ban in self.bans if ban.context is None)

    def score(self, attributes: Sequence[Subject], context: str | None = None) -> float:
        """Return how much the listener leans to a track with `attributes`, from -1 to 1; 0 where nothing is known.

        A leaning in `context` replaces the general one about the same subject; leanings of other contexts do not
        count. Of several attributes of one kind the strongest like and the strongest dislike count, so that a track
        with ten genres is not ten times as likeable. Bans are no matter of degree: see `is_banned`.
        """
        here = self._by_context.get("", {})
        if context is not None and (there := self._by_context.get(context_key(context))):
            here = here | there
        if not here:
            return 0.0
        low: dict[str, float] = {}
        high: dict[str, float] = {}
        for attribute in attributes:
            strength = here.get(attribute.cover)
            if strength is None:
                # The closest leaning speaks: who likes rock but not indie rock dislikes indie rock.
                strength = next((here[key] for key in wider(attribute) if key in here), None)
                if strength is None:
                    continue
            side, kind = low if strength < 0 else high, attribute.kind
            if abs(strength) > abs(side.get(kind, 0.0)):
                side[kind] = strength
        total = sum(WEIGHTS.get(kind, 1.0) * strength for side in (low, high) for kind, strength in side.items())
        return total / (1.0 + abs(total))

    def is_banned(self, attributes: Sequence[Subject], track: str | None = None, context: str | None = None) -> bool:
        """Return whether a track must not be played: it, its work or something that it is, is banned (in `context`)."""
        return self.ban_on(attributes, track, context) is not None

    def ban_on(self, attributes: Sequence[Subject], track: str | None = None, context: str | None = None) -> Ban | None:
        """Return the ban that keeps a track from being played (`is_banned`), or None: "rock" holds for "indie rock"."""
        if not self.bans:
            return None
        contexts = [""] if context is None else ["", context_key(context)]
        for banned in (self._bans_by_context[name] for name in contexts if name in self._bans_by_context):
            if track is not None and f"track:{track}" in banned:
                return banned[f"track:{track}"]
            for each in attributes:
                for key in (each.cover, *wider(each)):
                    if key in banned:
                        return banned[key]
        return None

    def line(self, context: str | None = None) -> str:
        """Return the taste as one short line for a prompt, "" where nothing is known.

        "likes Radiohead and shoegaze; avoids country; never Christmas music". At most five of each. Names are data:
        control characters, line breaks and special tokens are taken out (`plain.plain`).
        """
        told, bans = self._told(context)
        parts = [
            ("likes", _liked(told), "and"),
            ("avoids", [each.name for each in told if each.strength <= -_CLEAR], "and"),
            ("never", [ban.name for ban in bans], "or"),
        ]
        said = [(verb, _distinct(names), last) for verb, names, last in parts]
        return "; ".join(f"{verb} {listed(names, last)}" for verb, names, last in said if names)

    def likes(self, context: str | None = None) -> list[str]:
        """Return the names of what the listener clearly likes, in `context` too, the strongest first; at most five."""
        return _distinct(_liked(self._told(context)[0]))

    def _told(self, context: str | None) -> tuple[list[Leaning], list[Ban]]:
        """Return the leanings that can be said, and the bans, newest first, both as they are in `context`."""
        here = None if context is None else context_key(context)
        keys = {None, here}
        told = [each for each in self.leanings if each.stated or each.subject.kind in _SAID]
        bans = [ban for ban in reversed(self.bans) if (ban.context and context_key(ban.context)) in keys]
        never = {ban.subject.cover for ban in bans}
        told = [each for each in told if (each.context and context_key(each.context)) in keys]
        # As in `score`: what is said of this context replaces what is said in general.
        replaced = {each.subject.cover for each in told if each.context}
        told = [each for each in told if each.context or each.subject.cover not in replaced]
        told = [each for each in told if each.subject.cover not in never]
        return told, bans

    @cached_property
    def _by_context(self) -> dict[str, dict[str, float]]:
        found: dict[str, dict[str, float]] = {}
        for each in self.leanings:
            place = found.setdefault(context_key(each.context) if each.context else "", {})
            # "christmas" may be both a genre and a theme: the stronger leaning, which comes first, stands for both.
            place.setdefault(each.subject.cover, each.strength)
        return found

    @cached_property
    def _bans_by_context(self) -> dict[str, dict[str, Ban]]:
        found: dict[str, dict[str, Ban]] = {}
        for ban in self.bans:
            found.setdefault(context_key(ban.context) if ban.context else "", {})[ban.subject.cover] = ban
        return found


def _liked(told: Iterable[Leaning]) -> list[str]:
    return [each.name for each in told if each.strength >= _CLEAR]


def _distinct(names: Sequence[str]) -> list[str]:
    sayable = (plain(name) for name in names)
    return list(dict.fromkeys(name for name in sayable if name))[:_MOST_SAID]
