"""Likes and dislikes of people who built playlists (CPCD) as thumbs up and down, for next-song models.

Events in the order of the dialogues; a like and a dislike in the same turn make a pair to tell apart, given what was
rated before (SiriusXM, section 3). Tracks are positions in a catalog. Knows dialogues; no models.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from segue.generator.next_song.sequences import MAX_LENGTH, Heard
from segue.tools.ranking.dialogues import Conversation


@dataclass(frozen=True, eq=False)
class Choice:
    """A moment at which some songs were liked and others were not, after what was heard before."""

    heard: Heard
    """At least one song."""
    liked: tuple[int, ...]
    disliked: tuple[int, ...]
    group: str
    """The listener."""


def thumbs(conversation: Conversation, positions: Mapping[str, int]) -> tuple[Heard, list[Choice]]:
    """Return all that one person rated, and the choices in it; what the catalog lacks is left out."""
    songs: list[int] = []
    opinions: list[bool] = []
    choices = []
    for turn in conversation.turns:
        liked = _fresh(turn.liked_results, positions, songs)
        disliked = [song for song in _fresh(turn.disliked_results, positions, songs) if song not in liked]
        if songs and liked and disliked:
            before = Heard(np.array(songs[-MAX_LENGTH:], np.int64), np.array(opinions[-MAX_LENGTH:], bool))
            choices.append(Choice(before, tuple(liked), tuple(disliked), conversation.id))
        # Within a turn nobody knows the order: dislikes first, so that a like is what comes next more often.
        songs += [*disliked, *liked]
        opinions += [False] * len(disliked) + [True] * len(liked)
    return Heard(np.array(songs, np.int64), np.array(opinions, bool)), choices


def _fresh(ids: Iterable[str], positions: Mapping[str, int], before: Sequence[int]) -> list[int]:
    found = dict.fromkeys(positions[each] for each in ids if each in positions)
    return [song for song in found if song not in before]
