"""A dialogue as every generator reads it: what was said, and which tracks were played, in order.

Roles follow TalkPlay (appendix A.1): user, assistant and music. A music turn stands before the assistant's words about
it, since the track is chosen before anything is said of it (section 4.4). Knows neither tokens nor models; codes are
checked for their number and range here, for their layout by the codec that writes them out.
"""

from collections.abc import Iterator, Sequence
from typing import Annotated, Any, Literal, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, model_validator

from segue.generator.layout import Codes
from segue.generator.modality import POSITIONS

MAX_TURN_TEXT = 20_000
"""Characters in one turn; what is longer is no message."""

Code = Annotated[int, Field(ge=0, le=255)]
Role = Literal["user", "assistant", "music"]


class DialogueTurn(BaseModel):
    """One message, or one track that was played."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    role: Role
    text: Annotated[str, Field(max_length=MAX_TURN_TEXT)] = ""
    """What was said; of a music turn the track's name ("Creep by Radiohead"), for readers that know no codes."""
    codes: Annotated[tuple[Code, ...], Field(min_length=POSITIONS, max_length=POSITIONS)] | None = None
    """The semantic ID of a music turn."""
    liked: bool | None = None
    """What the listener said of a music turn; None where nothing was said."""

    @model_validator(mode="after")
    def _codes_belong_to_music(self) -> Self:
        if (self.role == "music") != (self.codes is not None):
            raise ValueError("a music turn has the codes of its track, any other turn has none")
        if self.role != "music" and self.liked is not None:
            raise ValueError("only music is liked or disliked")
        return self

    def semantic_id(self) -> Codes:
        """Return the codes of a music turn: uint8 [27]. Raises ValueError for any other turn."""
        if self.codes is None:
            raise ValueError(f"a turn of role {self.role} has no codes")
        return np.array(self.codes, dtype=np.uint8)


class Dialogue(BaseModel):
    """Turns from the oldest to the newest."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    turns: tuple[DialogueTurn, ...] = ()

    @classmethod
    def of(cls, *messages: str) -> Self:
        """Return a dialogue of texts in which user and assistant take turns, the user first."""
        return cls(
            turns=tuple(
                DialogueTurn(role="assistant" if number % 2 else "user", text=text)
                for number, text in enumerate(messages)
            )
        )

    def then(self, *turns: DialogueTurn) -> Self:
        """Return the dialogue with further turns at its end."""
        return self.model_copy(update={"turns": (*self.turns, *turns)})

    @property
    def music(self) -> tuple[DialogueTurn, ...]:
        """The tracks played so far, the oldest first."""
        return tuple(turn for turn in self.turns if turn.role == "music")

    @property
    def last_request(self) -> str:
        """The listener's last message, or an empty text."""
        return next((turn.text for turn in reversed(self.turns) if turn.role == "user"), "")

    def user_texts(self) -> Iterator[str]:
        """Yield the listener's messages, the newest first."""
        return (turn.text for turn in reversed(self.turns) if turn.role == "user")


def music_turn(codes: NDArray[Any] | Sequence[int], name: str = "", liked: bool | None = None) -> DialogueTurn:
    """Return the turn in which the track with these codes [27] was played."""
    return DialogueTurn(role="music", text=name, codes=tuple(int(code) for code in codes), liked=liked)
