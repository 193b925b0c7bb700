"""What is asked and answered over HTTP, as OpenAPI describes it.

Unknown fields are refused, for a misspelt one that is silently ignored costs an afternoon; `completions.py` has the one
exception. Knows the agent's types, not how a request is carried out.
"""

from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, StrictBool, model_validator

from segue.agent.music_agent import Feedback
from segue.agent.serve.scope import MAX_THREAD, MAX_USER
from segue.agent.turn import Receipt, ShownTrack, Turn
from segue.agent.wish import Act
from segue.generator.track import MAX_NAME, Track, clean_text
from segue.memory.events import MAX_CONTEXT, MAX_ID, AttributeKind
from segue.memory.taste import Taste
from segue.tools.importance import ModalityWeights

MAX_MESSAGE = 20_000
"""Characters in a message."""
_PRINTABLE = r"^[^\x00-\x1f\x7f]*$"


def _text(value: str) -> str:
    """Refuse what UTF-8 cannot carry: half of a surrogate pair."""
    try:
        value.encode()
    except UnicodeEncodeError:
        raise ValueError("holds half of a surrogate pair") from None
    return value


Text = Annotated[str, AfterValidator(_text)]
UserName = Annotated[str, Field(min_length=1, max_length=MAX_USER, pattern=_PRINTABLE, examples=["ana"])]
"""A listener, as the product calls them."""
ThreadName = Annotated[str, Field(min_length=1, max_length=MAX_THREAD, pattern=_PRINTABLE, examples=["t1"])]
"""A conversation of that listener."""
Key = Annotated[str, Field(min_length=1, max_length=MAX_ID, pattern=_PRINTABLE)]
"""An idempotency key."""
TrackId = Annotated[str, Field(min_length=1, max_length=200, pattern=_PRINTABLE)]
Message = Annotated[Text, Field(max_length=MAX_MESSAGE, examples=["mellow 90s trip hop, nothing too dark"])]


def _numbers(weights: Any) -> Any:
    """Refuse what is no number, though it could be read as one: true, "7"."""
    if isinstance(weights, dict):
        for letters, weight in weights.items():
            if isinstance(weight, bool | str):
                raise ValueError(f"{letters} must be a number")
    return weights


Weights = Annotated[ModalityWeights, BeforeValidator(_numbers)]
"""Weights set by hand."""


class _Asked(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class TurnRequest(_Asked):
    """A message of a listener."""

    message: Message
    user: UserName
    thread: ThreadName = "main"
    id: Key | None = None
    """Idempotency key: delivered again under the same key, the message gets the answer that it got before."""
    weights: Weights | None = None
    """How much each modality is to matter (0 to 10), for this turn; by default the agent decides."""
    personal: StrictBool = True
    """Whether what is computed of the listener's history (their soft token) may steer the search."""
    stream: StrictBool = False
    """Answer with server-sent events; so does the header `Accept: text/event-stream`."""


class TurnAnswer(BaseModel):
    """The answer to a message."""

    id: str
    thread: str
    user: str
    number: int
    """Number of the turn within its thread, from 1."""
    message: str
    """What was said, as far as a thread keeps it."""
    act: Act
    """What kind of message it was taken for."""
    text: str
    """What the agent says."""
    tracks: tuple[ShownTrack, ...]
    receipts: tuple[Receipt, ...]
    """What was applied, what could not be, and what failed."""
    weights: ModalityWeights
    """How much each modality mattered; all 0 where nothing was recommended."""
    seconds: dict[str, float]
    """Time spent in each step."""
    degraded: tuple[str, ...]
    """What failed or ran late; empty where everything worked."""

    @classmethod
    def of(cls, turn: Turn) -> Self:
        """Return what a caller sees of a turn."""
        fields = {name: getattr(turn, name) for name in cls.model_fields if name not in ("act", "message")}
        return cls(act=turn.wish.act, message=turn.wish.text, **fields)


class History(BaseModel):
    """The answered turns of a thread, the oldest first."""

    turns: list[TurnAnswer]


class FeedbackRequest(_Asked):
    """What a listener did with a track."""

    user: UserName
    thread: ThreadName = "main"
    track: TrackId
    kind: Feedback
    id: Key | None = None
    """Idempotency key: reported again under the same key, it counts once."""


class FeedbackAnswer(BaseModel):
    """What was taken in."""

    text: str


class Change(_Asked):
    """One change of what is remembered: about a name, or about a track."""

    change: Literal["like", "dislike", "never", "allow", "forget", "undo"]
    """like and dislike set a leaning, never and allow set and lift a ban, forget drops what was learnt; undo takes back
    the newest change and is about nothing."""
    name: Annotated[str, AfterValidator(clean_text), Field(min_length=1, max_length=MAX_NAME)] | None = None
    """An artist, a genre, a mood ...; or what a remembered thing is called."""
    kind: AttributeKind | Literal["track", "work"] | None = None
    """What the name is; by default what it is in what is remembered and in the catalog. With "track" and "work" the
    `value` says which."""
    value: Annotated[str, AfterValidator(clean_text), Field(min_length=1, max_length=MAX_NAME)] | None = None
    """The value of a remembered subject where it differs from its name."""
    track: TrackId | None = None
    """A track of the catalog: the change is about all versions of it."""
    context: Annotated[str, AfterValidator(clean_text), Field(min_length=1, max_length=MAX_CONTEXT)] | None = None
    """Where it holds ("gym"); by default always."""
    leaning: Annotated[float, Field(ge=-1, le=1, allow_inf_nan=False)] | None = None
    """How much, for like (above 0) and dislike (below 0); by default 0.7 and -0.7."""
    id: Key | None = None
    """Idempotency key of a change other than undo."""

    @model_validator(mode="after")
    def _about_something(self) -> Self:
        about = self.name is not None or self.track is not None
        if self.change == "undo" and about:
            raise ValueError("undo takes back the newest change, whatever it is about: name nothing")
        if self.change != "undo" and not about:
            raise ValueError("say a name or a track")
        if self.name is not None and self.track is not None:
            raise ValueError("say a name or a track, not both")
        if self.leaning is not None and (self.leaning > 0) != (self.change == "like"):
            raise ValueError("like goes with a leaning above 0, dislike with one below 0")
        if self.leaning is not None and self.change not in ("like", "dislike"):
            raise ValueError("only like and dislike have a leaning")
        return self


class TasteEdit(_Asked):
    """Changes of what is remembered of a listener, in order."""

    user: UserName
    changes: Annotated[tuple[Change, ...], Field(min_length=1, max_length=100)]


class TasteView(BaseModel):
    """What is remembered of a listener."""

    text: str
    """In a sentence or two."""
    taste: Taste


class TasteEdited(TasteView):
    """What is remembered after an edit."""

    receipts: list[str]
    """What each change did, in a sentence."""


class ErasedAnswer(BaseModel):
    """How much was deleted."""

    events: int
    threads: int


class Found(BaseModel):
    """A track that a search found."""

    track: Track
    score: float
    """Compares hits of one search, nothing else."""


class SearchAnswer(BaseModel):
    """What a search found, the best first."""

    query: str
    hits: list[Found]
    notes: list[str]
    """What was read from the query, and what could not be done as asked."""
