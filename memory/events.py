"""Taste events: what a listener did or said about music, as facts that are never changed once written.

Everything that is remembered of a listener is a list of these; the profile is computed from it (`profile.py`). An event
carries what the track was, so that taste outlives the track's removal from a catalog. Texts in it are data: cleaned of
control characters and limited in length here, stripped of everything that could act in a prompt where they are shown
(`plain.py`). Knows tracks, not catalogs.
"""

import re
from collections.abc import Iterable
from datetime import UTC
from functools import cached_property, lru_cache
from typing import Annotated, Any, Final, Literal

from pydantic import AfterValidator, AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field

from segue.generator.names import artist_key, fold
from segue.generator.track import MAX_NAME, Track, clean_text
from segue.memory.evidence import SHARES

AttributeKind = Literal[
    "artist", "genre", "mood", "theme", "era", "vocals", "language", "instrument", "tempo", "version", "activity",
    "country", "album", "sound",
]  # fmt: skip
"""What can be liked or disliked apart from single tracks. Free tags of a track count as "sound"."""
SubjectKind = AttributeKind | Literal["track", "work"]
"""A track is one recording, by its catalog id; a work is all versions of it, by `Track.work_id`."""
EventKind = Literal[
    "liked", "disliked", "skipped", "played", "banned", "unbanned", "stated", "forgotten", "undone"
]  # fmt: skip
"""What happened. "stated" is a leaning put into words; "forgotten" and "undone" take back what came before."""

MAX_ID: Final = 200
"""Characters in a user, a thread or a key."""
MAX_SHOWN: Final = 200
"""Characters kept of a name that is only shown; the rest is cut off."""
MAX_MESSAGE: Final = 1_000
"""Characters kept of a source message; the rest is cut off, for a profile is no archive of conversations."""
MAX_CONTEXT: Final = 80
"""Characters in a context."""
MAX_ATTRIBUTES: Final = 200
"""Attributes in an event."""
MAX_UNDONE: Final = 10_000
"""Events that one undoing takes back."""

_DECADE = re.compile(r"(?:the )?(?:(early|mid|late) )?(1[0-9]|20)?(\d)0 ?s")
_DECADE_WORDS: Final = {
    "twenties": "1920s", "thirties": "1930s", "forties": "1940s", "fifties": "1950s", "sixties": "1960s",
    "seventies": "1970s", "eighties": "1980s", "nineties": "1990s", "noughties": "2000s",
}  # fmt: skip
_DECADE_COVER = re.compile(r"era:\d{4}s")
_VOICE = re.compile(r" (?:vocals?|vocalists?|voices?|singers?|singing)$")
_CONTEXT_LEAD = re.compile(r"^(?:(?:at|in|on|for|with|while|during|when|the|my|i am|im|i|a) )+")
_CHUNK: Final = 4
_FAMILY: Final = frozenset({"genre", "theme", "sound", "activity"})


def _encodable(value: str) -> str:
    """Refuse what UTF-8 cannot carry: a store could not tell it from something else."""
    value.encode()
    return value


def _cleaned(value: str) -> str:
    # Almost all names are clean already, and a long log has tens of thousands of them.
    if value.isascii() and value.isprintable() and "  " not in value and value.strip() == value != "":
        return value
    cleaned = clean_text(value)
    if not cleaned:
        raise ValueError("a blank name")
    return cleaned


def _shortened(length: int) -> BeforeValidator:
    def cut(value: Any) -> Any:
        return clean_text(value[: length * _CHUNK])[:length].rstrip() if isinstance(value, str) else value

    return BeforeValidator(cut)


Id = Annotated[str, AfterValidator(_encodable), Field(min_length=1, max_length=MAX_ID)]
"""An id exactly as the product gave it: two ids that look alike are two ids."""
Value = Annotated[str, Field(max_length=MAX_NAME), AfterValidator(_cleaned)]
"""A name or an id as spelt, cleaned."""


def era_key(era: str) -> str:
    """Return the folded name of an era: "the 80s", "1980's" and "eighties" are all "1980s"; others are kept."""
    folded = fold(era).replace("'", "")
    if folded.removeprefix("the ") in _DECADE_WORDS:
        return _DECADE_WORDS[folded.removeprefix("the ")]
    found = _DECADE.fullmatch(folded)
    if not found:
        return folded
    part, century, decade = found.groups()
    full = f"{century or ('20' if decade in '012' else '19')}{decade}0s"
    return f"{part} {full}" if part else full


def context_key(context: str) -> str:
    """Return the folded name of a context: "at the gym" and "Gym" are one."""
    folded = fold(context)
    return _CONTEXT_LEAD.sub("", folded) or folded


def _folded(kind: SubjectKind, value: str) -> str:
    if kind in ("track", "work"):
        return value
    if kind == "artist":
        return artist_key(value)
    if kind == "era":
        return era_key(value)
    return _VOICE.sub("", fold(value)) if kind == "vocals" else fold(value)


@lru_cache(maxsize=65_536)
def _cover(kind: SubjectKind, value: str) -> str:
    return f"{'like' if kind in _FAMILY else kind}:{_folded(kind, value)}"


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Subject(_Frozen):
    """What an event or a leaning is about."""

    kind: SubjectKind
    value: Value
    """As spelt; for tracks the id in the catalog, for works the `work_id`."""

    @property
    def key(self) -> str:
        """The same for all spellings of one subject: "artist:beatles" for "The Beatles"."""
        return f"{self.kind}:{self.folded}"

    @property
    def cover(self) -> str:
        """The same for all subjects that are one to a listener: Christmas as genre, theme, tag or activity.

        The listener's words know no fields, and catalogs do not agree in which of these they say what a track is like.
        """
        return _cover(self.kind, self.value)

    @property
    def folded(self) -> str:
        """The value as it is compared; ids are compared as they are."""
        return _folded(self.kind, self.value)


@lru_cache(maxsize=65_536)
def _subject(kind: str, value: str) -> Subject:
    return Subject.model_validate({"kind": kind, "value": value})


def _shared(attributes: Any) -> Any:
    """Make plain attributes subjects that equal ones share: a long log names the same artists and genres everywhere."""
    if not isinstance(attributes, list):
        return attributes
    return [
        _subject(kind, value)
        if isinstance(each, dict)
        and len(each) == 2
        and isinstance(kind := each.get("kind"), str)
        and isinstance(value := each.get("value"), str)
        else each
        for each in attributes
    ]


class TasteEvent(_Frozen):
    """One thing that a listener did or said. Two events of one user with the same key are one event."""

    key: Id
    """Idempotency key: an event that is delivered again changes nothing."""
    user: Id
    thread: Id | None = None
    """The conversation that it comes from."""
    time: Annotated[AwareDatetime, AfterValidator(lambda time: time.astimezone(UTC))]
    """When it happened, in UTC. A time without a zone is refused."""
    kind: EventKind
    subject: Subject
    name: Annotated[str, _shortened(MAX_SHOWN)] = ""
    """The subject for people ("Karma Police by Radiohead")."""
    attributes: Annotated[tuple[Subject, ...], Field(max_length=MAX_ATTRIBUTES), BeforeValidator(_shared)] = ()
    """What the track was (`attributes_of`)."""
    leaning: Annotated[float, Field(ge=-1, le=1, allow_inf_nan=False)] = 0.0
    """For "stated": from -1, hates it, to 1, loves it."""
    context: Annotated[str, AfterValidator(clean_text), Field(min_length=1, max_length=MAX_CONTEXT)] | None = None
    """When it holds ("work", "gym", "with the kids"); None where it always does."""
    lasting: bool = True
    """False for a one-off wish, which does not count in the profile."""
    message: Annotated[str, _shortened(MAX_MESSAGE)] = ""
    """What the listener said, as the source."""
    undoes: Annotated[tuple[Id, ...], Field(max_length=MAX_UNDONE)] = ()
    """For "undone": the keys of the events that are taken back."""

    @cached_property
    def speaks(self) -> tuple[tuple[str, Subject, float], ...]:
        """What the event speaks for: (`Subject.cover`, subject, share), the subject itself with a share of 1.

        A track is not among them, nor the work that it is of; of attributes with one cover the largest share counts.
        """
        found: dict[str, tuple[str, Subject, float]] = {}
        if self.subject.kind != "track":
            found[self.subject.cover] = (self.subject.cover, self.subject, 1.0)
        for attribute in self.attributes:
            share = SHARES.get(attribute.kind)
            if share is not None:
                cover = attribute.cover
                if attribute.kind == "era" and not _DECADE_COVER.fullmatch(cover):
                    continue  # parts of decades and years can be stated, but nobody likes 1994 for one song
                if cover not in found or found[cover][2] < share:
                    found[cover] = (cover, attribute, share)
        return tuple(found.values())

    @property
    def shown(self) -> str:
        """The name for people, or the subject as spelt."""
        return self.name or self.subject.value


def _eras(year: int | None) -> list[str]:
    """Return the decade, the part of it and the year, so that opinions on any of them are met."""
    if year is None:
        return []
    decade = f"{year // 10 * 10}s"
    part = "early" if year % 10 < 4 else "mid" if year % 10 < 7 else "late"
    return [decade, f"{part} {decade}", str(year)]


def attributes_of(track: Track) -> tuple[Subject, ...]:
    """Return what a track is, as subjects that can be liked: each once, artists first.

    The artists' own genres and moods count where the track names none. "work" is among them, so that a ban on a song
    holds for all its versions.
    """
    artists = track.artists
    found: list[tuple[SubjectKind, str]] = [("artist", artist.name) for artist in artists]
    found.append(("work", track.work_id))

    def add(kind: AttributeKind, values: Iterable[str | None]) -> None:
        found.extend((kind, value) for value in values if value)

    add("genre", track.genres or [genre for artist in artists for genre in artist.genres])
    add("mood", track.moods or [mood for artist in artists for mood in artist.moods])
    add("theme", track.themes)
    add("sound", track.tags)
    add("activity", track.activities)
    add("era", _eras(track.year))
    add("vocals", [track.vocals])
    add("language", [track.language])
    add("instrument", track.instruments)
    add("tempo", [track.tempo_class])
    add("version", [track.version])
    add("country", [artist.origin for artist in artists])
    add("album", [track.album])
    subjects = (_subject(kind, value) for kind, value in found)
    return tuple({subject.key: subject for subject in subjects}.values())[:MAX_ATTRIBUTES]
