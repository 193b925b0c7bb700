"""The next-song model over the semantic IDs of the generators: songs are known by their codes, in any catalog."""

from pathlib import Path

import numpy as np
import pytest
import torch

from segue.generator.errors import TokenizerMismatch
from segue.generator.layout import Codes
from segue.generator.modality import LEVELS, MODALITIES, POSITIONS, Modality
from segue.generator.next_song.learn import learn_continuation, rated_sequences
from segue.generator.next_song.shipped import Continuation
from segue.generator.next_song.training import NextSongSettings
from segue.generator.track import Track
from segue.generator.training_data.human import HumanDialogue


def tracks_and_codes() -> tuple[list[Track], Codes]:
    """Two families of ten songs, alike in each modality; only the first eight of each stand in playlists."""
    codes = np.zeros((20, POSITIONS), dtype=np.uint8)
    codes[:, ::LEVELS] = np.repeat([3, 7], 10)[:, None]
    codes[:, 1] = np.arange(20)
    tracks = [
        Track.model_validate(
            {
                "id": f"t{n}", "title": f"Song {n}", "artists": ["A"], "ids": {"youtube": [f"y{n}"]},
                "listened": [
                    {"id": f"p{p}", "kind": "playlist", "position": (n * (p + 3)) % 11}
                    for p in range(12)
                    if n % 10 < 8 and p % 2 == n // 10
                ],
            }
        )
        for n in range(20)
    ]  # fmt: skip
    return tracks, codes


@pytest.fixture(scope="module")
def continuation() -> Continuation:
    torch.manual_seed(0)
    tracks, codes = tracks_and_codes()
    settings = NextSongSettings(epochs=30, batch=4, learning_rate=1e-2, negatives=16)
    return learn_continuation(tracks, codes, "t", settings=settings)[0]


def test_songs_that_nobody_heard_follow_their_family(continuation: Continuation) -> None:
    _, codes = tracks_and_codes()
    vectors = continuation.vectors(codes)
    for family in (0, 10):
        scores = vectors @ continuation.state(codes[[family, family + 1]], [True, True])
        other = 10 - family
        assert scores[[family + 8, family + 9]].min() > scores[[other + 8, other + 9]].max()


def test_co_listening_and_the_unknown_are_not_read(continuation: Continuation) -> None:
    _, codes = tracks_and_codes()
    other = codes[:1].copy()
    place = LEVELS * MODALITIES.index(Modality.TC)
    other[0, place : place + LEVELS] = 9
    assert np.array_equal(continuation.vectors(codes[:1]), continuation.vectors(other))
    assert not continuation.vectors(np.zeros((1, POSITIONS), dtype=np.uint8)).any()


def test_weights_come_back_and_another_tokenizer_is_refused(continuation: Continuation, tmp_path: Path) -> None:
    _, codes = tracks_and_codes()
    continuation.save(tmp_path, {"seed": 0})
    again = Continuation.load(tmp_path, tokenizer="t")
    assert np.allclose(
        again.state(codes[:3], [True, False, True]), continuation.state(codes[:3], [True, False, True]), atol=0.05
    )
    with pytest.raises(TokenizerMismatch):
        Continuation.load(tmp_path, tokenizer="another")


def test_people_are_read_in_order_with_their_opinions() -> None:
    tracks, _ = tracks_and_codes()
    turns = (
        {"user_query": "a", "liked_results": ("y3", "gone")},
        {"user_query": "b", "liked_results": ("y1", "y3"), "disliked_results": ("y2",)},
    )
    heard = rated_sequences([HumanDialogue.model_validate({"id": "d", "turns": turns})], tracks)[0]
    assert heard.songs.tolist() == [3, 2, 1]
    assert heard.liked.tolist() == [True, False, True]
