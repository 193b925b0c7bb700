"""D_conv from a catalog alone: short conversations by grammar, each step true of the tracks in it.

An opening request, one to three tracks with the assistant's words, and a last message: more of the same, a difference
("slower"), a rejection with a new wish, or a change of direction (the moves of TalkPlay, appendix A.1). Music stands
before the words about it. Playlists choose the tracks and are never spoken of. Knows tracks and words.
"""

from collections.abc import Iterator
from itertools import pairwise
from random import Random
from typing import NamedTuple

from segue.generator.modality import Modality
from segue.generator.training_data import words
from segue.generator.training_data.contrast import differences
from segue.generator.training_data.example import Example, ExampleTurn, ordered
from segue.generator.training_data.index import TrackIndex
from segue.generator.training_data.noise import typed
from segue.generator.training_data.requests import request, response


def conversation_examples(
    index: TrackIndex, count: int, *, seed: int = 0, playlist_names: bool = True, noise: bool = True
) -> Iterator[Example]:
    """Yield `count` conversations, the last tracks drawn evenly. Raises ValueError for a catalog without tracks."""
    if not index.tracks:
        raise ValueError("a catalog without tracks holds no conversation")
    random = Random(seed)
    for _ in range(count):
        target = random.randrange(len(index.tracks))
        rows = _path(index, target, random)
        text, modalities = request(index, rows[0], random, playlist_names=playlist_names)
        turns: list[ExampleTurn] = []
        for row, following in pairwise(rows):
            turns.append(ExampleTurn("user", typed(text, random) if noise else text))
            move = _move(index, row, following, random, playlist_names=playlist_names)
            text, modalities = move.text, move.modalities
            track = index.tracks[row]
            turns.append(ExampleTurn("music", track=track.id, liked=move.liked))
            turns.append(ExampleTurn("assistant", response(track, random)))
        turns.append(ExampleTurn("user", typed(text, random) if noise else text))
        track = index.tracks[target]
        yield Example(tuple(turns), track.id, "conversation", ordered(modalities), response=response(track, random))


class _Move(NamedTuple):
    text: str
    modalities: set[Modality]
    liked: bool | None
    """What the message says of the track before it."""


def _move(index: TrackIndex, row: int, following: int, random: Random, *, playlist_names: bool) -> _Move:
    """Return a message after the track in `row` that the track in `following` answers."""
    kind = random.random()
    if kind < 0.3 and index.related(row, following):
        return _Move(random.choice(words.MORE), {Modality.TC, Modality.ST}, True)
    differing = list(differences(index.tracks[following], index.tracks[row]))
    if kind < 0.6 and differing:
        said, modality = random.choice(differing)
        liked = random.random() < 0.6
        form = random.choice(words.CHANGES_LIKED if liked else words.CHANGES_REJECTED)
        return _Move(form.format(x=said), {modality}, liked)
    rejected = kind < 0.8
    wish, modalities = request(index, following, random, playlist_names=playlist_names, opened=rejected)
    if rejected:
        return _Move(f"{random.choice(words.REJECTIONS)} {wish}", modalities, False)
    approval = random.choice(words.APPROVALS)
    return _Move(f"{approval} {random.choice(words.SWITCHES)}{wish}".strip(), modalities, True if approval else None)


def _path(index: TrackIndex, target: int, random: Random) -> list[int]:
    """Return two to four different rows that lead to `target`, neighbours where possible; fewer of a tiny catalog."""
    rows = [target]
    steps = random.choices((1, 2, 3), (5, 3, 1))[0]
    for _ in range(min(steps, len(index.tracks) - 1)):
        before = index.neighbour(rows[0], random) if random.random() < 0.8 else None
        while before is None or before in rows:
            before = random.randrange(len(index.tracks))
        rows.insert(0, before)
    return rows
