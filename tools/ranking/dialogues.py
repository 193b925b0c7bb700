"""Human conversations about playlists (CPCD's format) as turns to rank for, with what was liked as the truth.

CPCD (Chaganty et al., "Beyond Single Items: Exploring User Preferences in Item Sets with the Conversational Playlist
Curation Dataset", 2023): per turn a user's message, a system's answer, and the tracks liked and disliked. A ranker sees
what was known when the user had spoken: all messages so far, the answers and ratings of *earlier* turns. What the
system answered in this turn, and the wizard's search queries, are never seen. Knows no rankers.
"""

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from segue.generator.errors import SourceError
from segue.generator.json_lines import read_objects
from segue.generator.track import Track
from segue.tools.ranking.situation import PastTurn, Situation

Split = Literal["train", "held", "all"]


class Turn(BaseModel):
    """One turn as recorded. Tracks are YouTube ids."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    user_query: str
    system_response: str = ""
    liked_results: list[str] = []
    disliked_results: list[str] = []


class Conversation(BaseModel):
    """One dialogue as recorded."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    id: str
    turns: list[Turn]

    @property
    def held_out(self) -> bool:
        """Whether nothing may be trained on it: one dialogue in five, by its id."""
        return int(hashlib.sha256(self.id.encode()).hexdigest(), 16) % 5 == 0


@dataclass(frozen=True)
class JudgedTurn:
    """A state and the truth about it."""

    dialogue: str
    number: int
    """From 1."""
    state: Situation
    relevant: tuple[int, ...]
    """Positions of the tracks liked in this turn and not rated before; at least one."""


def read_conversations(path: Path, split: Split = "all") -> list[Conversation]:
    """Return the dialogues of a JSON Lines file, gzipped or not, that belong to `split`.

    Raises:
        SourceError: the file cannot be read, or a line is no dialogue.
    """
    conversations = []
    for number, row in read_objects(path):
        try:
            conversations.append(Conversation.model_validate(row))
        except ValidationError as error:
            raise SourceError(f"{path}, line {number}: no dialogue ({str(error).splitlines()[0]})") from error
    return [c for c in conversations if split == "all" or c.held_out == (split == "held")]


def youtube_positions(tracks: Iterable[Track]) -> dict[str, int]:
    """Return YouTube id -> catalog position. A join key, never a feature; of several tracks the first counts."""
    positions: dict[str, int] = {}
    for position, track in enumerate(tracks):
        for youtube in track.ids.youtube:
            positions.setdefault(youtube, position)
    return positions


def judged_turns(conversations: Iterable[Conversation], positions: Mapping[str, int]) -> Iterator[JudgedTurn]:
    """Yield every turn in which a track of the catalog was liked that had not been rated before."""
    for conversation in conversations:
        past: tuple[PastTurn, ...] = ()
        for number, turn in enumerate(conversation.turns, 1):
            state = Situation(turn.user_query, past)
            liked = _resolve(turn.liked_results, positions)
            relevant = tuple(position for position in liked if position not in state.rated)
            if relevant:
                yield JudgedTurn(conversation.id, number, state, relevant)
            disliked = _resolve(turn.disliked_results, positions)
            past = (*past, PastTurn(turn.user_query, turn.system_response, liked, disliked))


def unresolved(conversations: Iterable[Conversation], positions: Mapping[str, int]) -> int:
    """Return how many liked tracks the catalog lacks."""
    return sum(youtube not in positions for c in conversations for turn in c.turns for youtube in turn.liked_results)


def _resolve(youtube_ids: Iterable[str], positions: Mapping[str, int]) -> tuple[int, ...]:
    return tuple(dict.fromkeys(positions[youtube] for youtube in youtube_ids if youtube in positions))
