"""D_playlist: which track comes next in a playlist or a session (TalkPlay, section 4.3).

Each playlist is cut at random offsets: some tracks before the cut are the dialogue, the track after it is the target.
No name of a playlist is spoken. Knows tracks and their order only.
"""

from collections.abc import Iterator
from random import Random
from typing import Final

from segue.generator.modality import Modality
from segue.generator.training_data import words
from segue.generator.training_data.example import Example, ExampleTurn
from segue.generator.training_data.index import TrackIndex
from segue.generator.training_data.requests import response

MAX_HISTORY: Final = 6
"""Tracks before the cut; each costs 29 tokens."""


def playlist_examples(
    index: TrackIndex, count: int, *, seed: int = 0, max_history: int = MAX_HISTORY
) -> Iterator[Example]:
    """Yield `count` continuations, playlists drawn evenly; nothing for a catalog without playlists of two tracks."""
    random = Random(seed)
    playlists = [rows for rows in index.playlists.values() if len(rows) > 1]
    for _ in range(count if playlists else 0):
        rows = random.choice(playlists)
        cut = random.randrange(1, len(rows))
        first = max(0, cut - random.randint(1, max_history))
        played = tuple(ExampleTurn("music", track=index.tracks[row].id) for row in rows[first:cut])
        target = index.tracks[rows[cut]]
        asked = ExampleTurn("user", random.choice(words.CONTINUE))
        yield Example((*played, asked), target.id, "playlist", (Modality.TC,), response=response(target, random))
