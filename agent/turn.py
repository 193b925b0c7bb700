"""What a listener gets back: one turn of a conversation, as products that embed the agent see it.

Knows nothing of the graph. Everything is data: texts of listeners and catalogs stand here as they are, and whoever
shows them escapes them for the place where they are shown.
"""

from typing import Any, Final, Literal, Self

from pydantic import BaseModel, ConfigDict

from segue.agent.wish import Wish
from segue.tools.importance import ModalityWeights

STORED: Final = 400
"""Bytes of a message, or of an answer, that a thread keeps."""
ReceiptKind = Literal["applied", "unmet", "missing", "degraded", "taste"]


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Receipt(_Frozen):
    """One sentence on what was done with a part of a message, or why it was not."""

    kind: ReceiptKind
    """applied: a constraint that holds for all tracks; unmet: one that could not be applied; missing: a name that the
    catalog does not have; degraded: a part of the agent that failed or ran late; taste: what is remembered now."""
    text: str


class ShownTrack(_Frozen):
    """One track of an answer."""

    number: int
    """Its number in the answer, from 1: what "the second one" refers to."""
    id: str
    title: str
    artist: str
    year: int | None = None
    reason: str
    """Why it is here, in one phrase that says only what the catalog knows."""
    sources: dict[str, float] = {}
    """Which sources found it, with their shares of its score (0 to 1)."""
    modalities: dict[str, float] = {}
    """Letters of the modalities that matched, with their shares of the match (0 to 1)."""
    depths: dict[str, int] = {}
    """For each of them how many of the three levels agree."""
    link: str | None = None
    """Where it can be heard."""


class Turn(_Frozen):
    """A message's answer."""

    id: str
    """Idempotency key of the turn: the same message delivered again under the same id gets the same answer."""
    thread: str
    user: str
    number: int
    """Number of the turn within its thread, from 1."""
    text: str
    """What the agent says."""
    wish: Wish
    """What was understood."""
    tracks: tuple[ShownTrack, ...] = ()
    receipts: tuple[Receipt, ...] = ()
    weights: ModalityWeights = ModalityWeights()
    """How much each modality mattered (0 to 10); all 0 where nothing was recommended."""
    seconds: dict[str, float] = {}
    """Time spent in each node."""
    degraded: tuple[str, ...] = ()
    """The texts of the receipts of kind "degraded": empty where everything worked."""

    def record(self) -> dict[str, Any]:
        """Return the turn as plain data for a checkpoint: without mentions, whose track positions go out of date."""
        return self.model_copy(update={"wish": kept_wish(self.wish)}).model_dump(mode="json", exclude_defaults=True)

    @classmethod
    def from_record(cls, record: dict[str, Any]) -> Self:
        """Return the turn that `record` describes."""
        return cls.model_validate(record)


def stored(text: str) -> str:
    """Return as much of a text as a thread keeps."""
    return text.encode("utf-8", "replace")[:STORED].decode("utf-8", "ignore")


def kept_wish(wish: Wish) -> Wish:
    """Return what a thread keeps of a wish: no mentions, and no more of its text than anybody reads again."""
    return wish.model_copy(update={"mentions": (), "text": stored(wish.text)})
