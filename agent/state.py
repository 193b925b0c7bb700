"""What a turn starts from, what its nodes share, and what a thread keeps.

A checkpoint holds ids and short texts, never track objects, and stays small however long a thread gets. Objects that
live for one turn only are in channels that are not saved.
"""

from typing import Annotated, Any, Final, Required, TypedDict, cast

from langchain_core.messages import AnyMessage, HumanMessage
from langgraph.channels import UntrackedValue
from langgraph.graph.message import add_messages

from segue.agent.turn import Receipt, Turn
from segue.agent.wish import Wish
from segue.generator.track import Track
from segue.memory.events import TasteEvent
from segue.tools.importance import ModalityWeights
from segue.tools.ranking.recommend import Recommendation

KEPT_MESSAGES: Final = 2
"""Turns whose messages a thread keeps, with their tool calls."""
KEPT_TURNS: Final = 8
"""Turns that the generator and the next message's understanding look back on."""
READ: Final = 4_000
"""Characters of a message that are read; a receipt says when there were more."""


class PastTurn(TypedDict):
    """One earlier turn, as a thread keeps it."""

    message: str
    reply: str
    shown: list[str]
    """Track ids."""
    liked: list[str]
    disliked: list[str]


class Offered(TypedDict):
    """What was said of a track when it was offered; outlives the track's removal from the catalog."""

    title: str
    artist: str
    reason: str


def newest(old: list[AnyMessage], new: list[AnyMessage]) -> list[AnyMessage]:
    """Add messages and keep the newest whole turns, so that no tool message loses its call."""
    joined = cast(list[AnyMessage], add_messages(cast(Any, old), cast(Any, new)))
    starts = [place for place, message in enumerate(joined) if isinstance(message, HumanMessage)]
    return joined[starts[-KEPT_MESSAGES] :] if len(starts) > KEPT_MESSAGES else joined


class InputState(TypedDict, total=False):
    """What whoever calls the graph gives; the thread's id stands in the configuration, as everywhere in LangGraph."""

    message: Required[str]
    """What the listener says."""
    user: str
    """Whose taste steers the answer and learns from it; "local" where nothing is said."""
    id: str
    """Idempotency key of the turn; made up where none is given."""
    weights: ModalityWeights | None
    """Modality weights that the listener has set by hand, for this turn."""
    personal: bool
    """False keeps the listener's soft token out of this turn."""


class OutputState(TypedDict, total=False):
    """What the graph gives back."""

    turn: Turn
    """The answer."""
    messages: list[AnyMessage]
    """The newest messages of the thread."""


class State(TypedDict, total=False):
    """Everything that nodes share. The first part is given, the second kept by the thread, the third lives one turn."""

    message: Annotated[str, UntrackedValue]
    """What the listener says."""
    user: Annotated[str, UntrackedValue]
    """Who says it."""
    id: Annotated[str, UntrackedValue]
    """Idempotency key of the turn."""
    thread: Annotated[str, UntrackedValue]
    """The thread's id, from the configuration."""
    weights: Annotated[ModalityWeights | None, UntrackedValue]
    """As set by hand, then as they are used."""
    personal: Annotated[bool, UntrackedValue]
    """Whether the listener's soft token may be read."""

    messages: Annotated[list[AnyMessage], newest]
    """The conversation with its tool calls, newest turns only."""
    number: int
    """Turns answered."""
    standing: dict[str, Any]
    """The wish that follow-ups refine (`Wish` as plain data)."""
    last: list[str]
    """Ids of the tracks shown last, in order: what "the second one" refers to."""
    offered: dict[str, Offered]
    """What was said of each of them, by id."""
    focus: list[str]
    """Ids of those that were last spoken of: what "it" refers to."""
    seen: list[str]
    """Ids of all tracks that the thread has shown, in order."""
    liked: list[str]
    """Ids of tracks that were liked in this thread."""
    rejected: list[str]
    """Ids of tracks that were disliked, skipped or turned down in this thread."""
    past: list[PastTurn]
    """The newest turns."""
    answer: dict[str, Any]
    """The last turn (`Turn` as plain data): who asks again under the same id gets it again."""
    playlist: list[str]
    """Ids of the tracks that the listener has put together in this thread."""
    outbox: list[dict[str, Any]]
    """Taste events of the last turn (`TasteEvent` as plain data), saved together with it."""

    wish: Annotated[Wish, UntrackedValue]
    """What was understood."""
    recommendation: Annotated[Recommendation | None, UntrackedValue]
    """What was found."""
    taste_line: Annotated[str, UntrackedValue]
    """The listener's taste in one line, for a chat model's prompt."""
    facts: Annotated[list[str], UntrackedValue]
    """Sentences that answer a question or a command, from catalog fields and from what is remembered."""
    about: Annotated[list[Track], UntrackedValue]
    """The tracks that those sentences are about."""
    events: Annotated[list[TasteEvent], UntrackedValue]
    """What is learnt from this message."""
    receipts: Annotated[list[Receipt], UntrackedValue]
    """What was done and what could not be done, so far."""
    seconds: Annotated[dict[str, float], UntrackedValue]
    """Time spent in each node, so far."""
    turn: Annotated[Turn, UntrackedValue]
    """The answer."""


Update = dict[str, Any]
"""What a node returns: some fields of the state."""
