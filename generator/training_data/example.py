"""One training example: a dialogue whose tracks are named by catalog ids, and the track that answers it.

Ids and not codes, so that the same examples serve any tokenizer; `Example.dialogue` puts the codes in. Knows dialogues;
it renders nothing.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal, Self

from segue.generator.dialogue import Dialogue, DialogueTurn, Role, music_turn
from segue.generator.layout import Codes
from segue.generator.modality import MODALITIES, Modality

Source = Literal["request", "conversation", "playlist", "artist-request", "human", "synthetic"]
"""Where an example comes from: grammar (one message, several), co-listening, written requests, people, a chat model."""


@dataclass(frozen=True, slots=True)
class ExampleTurn:
    """A message, or a track by its id."""

    role: Role
    text: str = ""
    track: str | None = None
    liked: bool | None = None


@dataclass(frozen=True, slots=True)
class Example:
    """The dialogue up to a wish, and what fulfils it."""

    turns: tuple[ExampleTurn, ...]
    target: str
    """Id of the track that answers the last message."""
    source: Source
    modalities: tuple[Modality, ...]
    """What the last message speaks of, in semantic-ID order; empty where nobody has said."""
    response: str = ""
    """What the assistant says with the track; empty where nothing is known."""
    origin: str = ""
    """What it was taken from: the id of a dialogue or the key of an artist; empty where grammar made it."""

    @property
    def request(self) -> str:
        """The last message of the listener, or an empty text."""
        return next((turn.text for turn in reversed(self.turns) if turn.role == "user"), "")

    def dialogue(self, codes: Mapping[str, Codes], names: Mapping[str, str] | None = None) -> Dialogue:
        """Return the dialogue with the semantic ID (and the name) of each track in it.

        Raises KeyError for a track without codes.
        """
        named = names or {}
        return Dialogue(
            turns=tuple(
                DialogueTurn(role=turn.role, text=turn.text)
                if turn.track is None
                else music_turn(codes[turn.track], named.get(turn.track, ""), turn.liked)
                for turn in self.turns
            )
        )

    def with_last_text(self, text: str) -> Self:
        """Return the example with another wording of its last turn, which must be a message."""
        if not self.turns or self.turns[-1].track is not None:
            raise ValueError("the last turn is not a message")
        return replace(self, turns=(*self.turns[:-1], replace(self.turns[-1], text=text)))


def fold_of(origin: str, folds: int) -> int:
    """Return the fold, from 0, that a dialogue's id or an artist's key falls in, the same for all models and judges."""
    # Another hash than the one that holds dialogues out, which would leave a fold empty.
    return int(hashlib.sha256(f"fold {origin}".encode()).hexdigest(), 16) % folds


def ordered(modalities: set[Modality]) -> tuple[Modality, ...]:
    """Return modalities in semantic-ID order."""
    return tuple(m for m in MODALITIES if m in modalities)
