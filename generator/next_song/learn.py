"""One call from a catalog to a next-song model over its semantic IDs: playlists, and people who rated tracks in order.

Knows tracks, conversations and codes; no files of weights.
"""

from collections.abc import Callable, Container, Iterable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from segue.generator.layout import Codes
from segue.generator.next_song.sequences import Heard, pieces, plays
from segue.generator.next_song.shipped import Continuation
from segue.generator.next_song.training import Epoch, NextSongSettings, train_next_song
from segue.generator.track import Track
from segue.generator.training_data.human import HumanDialogue, TrackResolver
from segue.generator.training_data.index import TrackIndex


def rated_sequences(dialogues: Iterable[HumanDialogue], tracks: Sequence[Track]) -> list[Heard]:
    """Return what each person rated, in the order of the conversation; within a turn what was disliked comes first."""
    resolver = TrackResolver(tracks)
    row_of = {track.id: row for row, track in enumerate(tracks)}
    found = []
    for dialogue in dialogues:
        rated: dict[int, bool] = {}
        for turn in dialogue.turns:
            for names, opinion in ((turn.disliked_results, False), (turn.liked_results, True)):
                for name in names:
                    track = resolver.resolve(name, dialogue.tracks.get(name))
                    if track is not None:
                        rated.setdefault(row_of[track], opinion)
        found.append(Heard(np.array(list(rated), dtype=np.int64), np.array(list(rated.values()), dtype=bool)))
    return found


def learn_continuation(
    tracks: Sequence[Track],
    codes: Codes,
    fingerprint: str,
    *,
    dialogues: Iterable[HumanDialogue] = (),
    without: Container[str] = frozenset(),
    settings: NextSongSettings | None = None,
    report: Callable[[Epoch], None] | None = None,
) -> tuple[Continuation, dict[str, Any]]:
    """Return a model of what comes next among `tracks`, whose semantic IDs are `codes` [tracks, 27], and its making.

    Negatives are drawn among all tracks, those that nobody heard too: of songs known by their codes there is something
    to learn of any. `without` names playlists that must not be learnt from. Raises ValueError where nothing was heard.
    """
    index = TrackIndex(tracks, without=without)
    playlists = [plays(rows) for rows in index.playlists.values()]
    rated = rated_sequences(dialogues, tracks)
    sequences = [piece for heard in (*playlists, *rated) for piece in pieces(heard)]
    settings = settings or NextSongSettings(epochs=80, batch=32, learning_rate=3e-3)
    continuation = Continuation(fingerprint)
    continuation.songs.over(codes)
    train_next_song(continuation.model, sequences, replace(settings, even=0.5), songs=len(tracks), report=report)
    about = {
        "tracks": len(tracks), "playlists": len(playlists), "rated": len(rated), "epochs": settings.epochs,
        "seed": settings.seed,
    }  # fmt: skip
    return continuation, about
