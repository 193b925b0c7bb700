"""What a listener wants, as the rest of the agent reads it: the typed result of hearing one message in its thread.

Knows no catalog and no model; `hear/` fills it in. All texts in it are data, whatever they say.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Literal

from pydantic import BaseModel, ConfigDict, Field

from segue.generator.names import fold
from segue.generator.track import Track
from segue.tools.search.entities import Mention
from segue.tools.search.filters import Filters

Act = Literal[
    "request", "refine", "more", "like", "dislike", "taste", "control", "question", "chat", "other"
]  # fmt: skip
"""What a message does: asks for music; changes what was asked for; asks for more of the same; approves or turns down
what was shown; says what the listener likes or hates in general; operates the playlist; asks something; small talk;
none of these."""
ACTS: Final[tuple[Act, ...]] = (
    "request", "refine", "more", "like", "dislike", "taste", "control", "question", "chat", "other",
)  # fmt: skip

Polarity = Literal["want", "avoid", "like"]
"""Wanted, avoided, or named to compare with ("something like Sade")."""

CommandName = Literal[
    "add", "remove", "skip", "clear", "save", "play", "stop", "shuffle", "repeat", "sort", "rename", "show_list",
    "other",
    "never", "unban", "forget", "state", "undo", "show_taste", "erase",
]  # fmt: skip
"""The first rows operate the playlist, the last what is remembered: ban, lift a ban, forget a leaning, state one,
take back the last change, show what is remembered, erase all of it."""

Asked = Literal["year", "artist", "album", "genre", "why", "about", "language", "length", "other"]

Extreme = Literal["least", "most"]
"""Of the years the least is the oldest."""


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Facets(_Frozen):
    """What is named, by kind. Artists, titles and albums are spelt as in the catalog where it has them."""

    genres: tuple[str, ...] = ()
    artists: tuple[str, ...] = ()
    titles: tuple[str, ...] = ()
    albums: tuple[str, ...] = ()
    moods: tuple[str, ...] = ()
    sound: tuple[str, ...] = ()
    activities: tuple[str, ...] = ()
    themes: tuple[str, ...] = ()
    eras: tuple[str, ...] = ()
    vocals: tuple[str, ...] = ()
    instruments: tuple[str, ...] = ()
    countries: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return any(getattr(self, kind) for kind in FACET_KINDS)

    def items(self) -> tuple[tuple[str, str], ...]:
        """Return (kind, value) of all values, kind by kind."""
        return tuple((kind, value) for kind in FACET_KINDS for value in getattr(self, kind))

    def merge(self, other: "Facets") -> "Facets":
        """Return the values of both, ours first, each once (case, accents and punctuation apart)."""
        return Facets(**{kind: _distinct(getattr(self, kind) + getattr(other, kind)) for kind in FACET_KINDS})

    def without(self, other: "Facets") -> "Facets":
        """Return our values that `other` does not have."""
        gone = {kind: {fold(value) for value in getattr(other, kind)} for kind in FACET_KINDS}
        return Facets(
            **{kind: tuple(v for v in getattr(self, kind) if fold(v) not in gone[kind]) for kind in FACET_KINDS}
        )

    def text(self) -> str:
        """Return all values in one line, to search for."""
        return " ".join(value for _, value in self.items())


FACET_KINDS: Final[tuple[str, ...]] = tuple(Facets.model_fields)


class HeardMention(Mention):
    """A stretch of the message that names something of the catalog, and what the listener wants with it."""

    polarity: Polarity


class Command(_Frozen):
    """Something to be done to the playlist or to what is remembered.

    What it is about stands in the wish: `refs`, `want` and `avoid`.
    """

    name: CommandName
    argument: str = ""
    """What it is done to or with, in the listener's words ("jazz", a new name, a file name); may be empty."""
    everything: bool = False
    """"all of them", "the whole list"."""


class Question(_Frozen):
    """A question, and the tracks that it is about (1-based among those shown last; empty where none is pointed at)."""

    asked: Asked
    refs: tuple[int, ...] = ()
    extreme: Extreme | None = None
    """Which of several has least or most of it: "which of these is the oldest?"."""
    labels: tuple[str, ...] = ()
    """What the tracks are asked to be: "are any of these from motown?"."""


class Unmet(_Frozen):
    """A constraint that nothing can execute on this catalog."""

    text: str
    """In the listener's words."""
    why: str
    """One clause: "no track of this catalog has a tempo"."""


class Wish(_Frozen):
    """One message, understood."""

    act: Act
    text: str
    """The message as typed."""
    want: Facets = Facets()
    avoid: Facets = Facets()
    like: tuple[str, ...] = ()
    """Names to compare with."""
    count: int | None = Field(default=None, ge=1)
    """How many tracks are asked for."""
    per_artist: int | None = Field(default=None, ge=1)
    """How many tracks of one artist there may be at most, where the listener says so."""
    refs: tuple[int, ...] = ()
    """1-based numbers among the tracks shown last; never out of range."""
    lasting: bool = False
    """Said for ever ("never play country"), not for now."""
    context: str | None = None
    """When it holds: "work", "gym", "with the kids"."""
    mentions: tuple[HeardMention, ...] = ()
    filters: Filters = Filters()
    """Hard constraints, compiled against this catalog."""
    command: Command | None = None
    question: Question | None = None
    missing: tuple[str, ...] = ()
    """Artists and titles that are named but are not in the catalog."""
    nearest: dict[str, str] = {}
    """For some of them the name of the catalog that is spelt most like it."""
    unmet: tuple[Unmet, ...] = ()
    clarify: str | None = None
    """One short question, where an ambiguity matters too much to guess."""
    degraded: tuple[str, ...] = ()
    """What failed while hearing and what was done instead."""


@dataclass(frozen=True)
class ThreadView:
    """What of a thread matters for hearing its next message."""

    before: str = ""
    """The agent's last words."""
    shown: tuple[Track, ...] = ()
    """The tracks shown last, in order."""
    wish: Wish | None = None
    """The standing wish, which follow-ups refine."""
    liked: tuple[str, ...] = ()
    """Ids of tracks that were liked in this thread."""
    rejected: tuple[str, ...] = ()
    """Ids of tracks that were turned down in this thread."""
    focus: tuple[int, ...] = ()
    """Numbers of the tracks in sight that were last spoken of: what "it" means after "I love the third one"."""


def _distinct(values: Iterable[str]) -> tuple[str, ...]:
    first: dict[str, str] = {}
    for value in values:
        first.setdefault(fold(value), value)
    return tuple(first.values())
