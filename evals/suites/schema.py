"""What may stand in a suite: pydantic models, one per kind of thing, every unknown key an error.

`docs/suites.md` explains each with examples. Knows no catalog and no agent: `checks.py` says what expectations mean.
"""

from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from segue.agent.wish import Act, CommandName
from segue.evals.suites.years import Years, parse_years


def _text(value: Any) -> Any:
    """Numbers are names too (311, 1999)."""
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else value


def _listed(value: Any) -> Any:
    return value if isinstance(value, list | tuple) else [value]


Name = Annotated[str, BeforeValidator(_text), Field(min_length=1)]
"""Text that is not empty."""
Names = Annotated[tuple[Name, ...], BeforeValidator(_listed), Field(min_length=1)]
"""One or several; at least one, for an empty list would expect nothing."""
YearRanges = Annotated[
    tuple[Annotated[Years, BeforeValidator(parse_years)], ...], BeforeValidator(_listed), Field(min_length=1)
]


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    def given(self) -> frozenset[str]:
        """Return the fields that the author wrote."""
        return frozenset(self.model_fields_set)

    @model_validator(mode="before")
    @classmethod
    def _no_nothing(cls, data: Any) -> Any:
        if isinstance(data, dict):
            for key, value in data.items():
                if value is None:
                    raise ValueError(f"{key!r} has no value")
        return data


class Traits(_Frozen):
    """What tracks have. Several fields must all be met; of several values of one field, any will do.

    Names are compared folded. A genre, mood, theme, language or instrument is met by any that contains its words in
    order: "rock" by "indie rock".
    """

    artists: Names = ()
    titles: Names = ()
    albums: Names = ()
    ids: Names = ()
    genres: Names = ()
    moods: Names = ()
    themes: Names = ()
    instruments: Names = ()
    languages: Names = ()
    vocals: Names = ()
    versions: Names = ()
    years: YearRanges = ()

    @model_validator(mode="after")
    def _something(self) -> Self:
        if not self.given() & set(Traits.model_fields):
            raise ValueError("names no trait: give artists, titles, genres, years ...")
        return self


class Mostly(Traits):
    """Traits that a share of the tracks has."""

    share: Annotated[float, Field(gt=0, le=1)] = 0.5


class Count(_Frozen):
    """How many tracks an answer has."""

    min: Annotated[int, Field(ge=0)] = 0
    max: Annotated[int, Field(ge=0)] = 1_000

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.min > self.max:
            raise ValueError(f"at least {self.min} and at most {self.max} is impossible")
        return self


def _count(value: Any) -> Any:
    return {"min": value, "max": value} if isinstance(value, int) and not isinstance(value, bool) else value


class TasteExpectation(_Frozen):
    """What is remembered of the listener after the turn: "sade", or with its kind "artist:Sade"."""

    likes: Names = ()
    avoids: Names = ()
    """Disliked or banned."""
    never: Names = ()
    """Banned."""
    nothing_about: Names = ()
    """Neither liked nor disliked nor banned."""

    @model_validator(mode="after")
    def _something(self) -> Self:
        if not self.given():
            raise ValueError("expects nothing: give likes, avoids, never or nothing_about")
        return self


class RankExpectation(_Frozen):
    """The right tracks, where there are some: "Title - Artist" or ids."""

    tracks: Names
    within: Annotated[int, Field(ge=1)] | None = None
    """The best of them must stand among so many; without it the rank is measured and judged by nobody."""


class Expect(_Frozen):
    """What must hold after a turn."""

    act: Annotated[tuple[Act, ...], BeforeValidator(_listed)] = ()
    """What was heard: any of these acts."""
    command: CommandName | None = None
    refs: Annotated[tuple[int, ...], BeforeValidator(_listed)] = ()
    """Numbers of shown tracks that were pointed at, exactly these."""
    tracks: Annotated[Count, BeforeValidator(_count)] | None = None
    contains: Traits | None = None
    """Each value is met by at least one track."""
    only: Traits | None = None
    """Every track meets all fields."""
    mostly: Mostly | None = None
    """A share of the tracks meets all fields."""
    excludes: Traits | None = None
    """No track meets any value."""
    obeys: Literal[True] | None = None
    """All constraints that were heard hold on all tracks, by the catalog; none heard is a failure."""
    repeats_nothing: Literal["thread", "user"] | None = None
    """No track, nor another version of it, that was shown before."""
    repeats: Names = ()
    """These titles are there again."""
    says: Names = ()
    """All of these stand in what the listener reads; /.../ is a regular expression."""
    says_any: Names = ()
    says_not: Names = ()
    cannot: Annotated[tuple[Literal[True] | Name, ...], BeforeValidator(_listed)] = ()
    """A receipt says that something is missing or could not be done; text must stand in that receipt."""
    asks: bool | None = None
    """The agent asks back."""
    taste: TasteExpectation | None = None
    rank: RankExpectation | None = None
    latency: Annotated[float, Field(gt=0)] | None = None
    """Seconds at most."""
    degraded: Literal[False] | None = None
    """Nothing failed or ran late."""

    @model_validator(mode="before")
    @classmethod
    def _true_means_thread(cls, data: Any) -> Any:
        if isinstance(data, dict) and data.get("repeats_nothing") is True:
            return {**data, "repeats_nothing": "thread"}
        return data


class Feedback(_Frozen):
    """A thumb, a skip or a play, given outside of language."""

    number: Annotated[int, Field(ge=1)]
    """Number of the track in the thread's last answer with tracks."""
    kind: Literal["liked", "disliked", "skipped", "played"]


class TurnSpec(_Frozen):
    """One thing that the listener does, and what must hold after it."""

    say: Annotated[str, BeforeValidator(_text)] | None = None
    """May be empty: people send that too."""
    feedback: Feedback | None = None
    thread: Name = "first"
    user: Name | None = None
    restart: Literal[True] | None = None
    """Before it the agent is closed and opened again over the same files."""
    expect: Expect = Expect()

    @model_validator(mode="after")
    def _one_of_two(self) -> Self:
        if (self.say is None) == (self.feedback is None):
            raise ValueError("a turn has either `say` or `feedback`")
        if self.feedback is not None and self.expect.given() - {"taste"}:
            raise ValueError("feedback gets no answer: it can expect nothing but `taste`")
        return self


class Persona(_Frozen):
    """A listener with a past: what they said, in a thread of its own, before any dialogue begins."""

    about: Name | None = None
    said: Names


class DialogueSpec(_Frozen):
    """One conversation."""

    name: Name
    about: Name | None = None
    tags: Names = ()
    persona: Name | None = None
    variables: dict[str, Any] = {}
    turns: Annotated[tuple[TurnSpec, ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _expects(self) -> Self:
        if not any(turn.expect.given() for turn in self.turns):
            raise ValueError("expects nothing after any turn, and so can never fail")
        return self


class SuiteSpec(_Frozen):
    """One file."""

    suite: Name
    about: Name | None = None
    tags: Names = ()
    variables: dict[str, Any] = {}
    """`${name}` in any text is replaced; a list makes one dialogue per value."""
    personas: dict[str, Persona] = {}
    expect: Expect = Expect()
    """Holds after every turn that says something, unless the turn expects otherwise."""
    dialogues: Annotated[tuple[DialogueSpec, ...], Field(min_length=1)]
