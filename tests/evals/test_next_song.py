"""Reading radio data and thumbs, and the measures of next-song models against figures known by construction."""

import gzip
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from segue.evals.next_song import Told, draw_pairs, interval, lift, stations, stratified, tell_apart, tell_thumbs
from segue.evals.radio import read_radio
from segue.evals.thumbs import thumbs
from segue.generator.errors import SourceError
from segue.generator.next_song.model import NextSong
from segue.generator.next_song.sequences import Batch, plays
from segue.tools.ranking.dialogues import Conversation, Turn


class _Upwards(NextSong):
    """Knows that songs come in the order of their numbers; the state is a one-hot of the song to come."""

    def __init__(self, songs: int) -> None:
        nn.Module.__init__(self)
        self.songs = nn.Embedding(songs, songs, _weight=torch.eye(songs))  # type: ignore[assignment]

    def forward(self, heard: Batch) -> Tensor:
        found: Tensor = self.songs((heard.songs + 1) % self.songs.num_embeddings)  # type: ignore[operator]
        return found * 50


def _write(folder: Path, playlists: list[str], tags: list[str]) -> Path:
    files = {
        "radio_playlists": playlists,
        "radio_song_hash": ["0\tOne\tThe Band", "1\tTwo\tBand", "2\tThree\tSinger"],
        "radio_tags": tags,
        "radio_tag_hash": ["0, Rock", "1, favorites"],
    }
    for name, lines in files.items():
        with gzip.open(folder / f"{name}.txt.gz", "wt", encoding="utf-8") as file:
            file.write("\n".join(lines) + "\n")
    return folder


def test_radio_is_split_by_line_and_only_genres_are_genres(tmp_path: Path) -> None:
    lines = [" ".join(["0", "1", "2"] * (1 + number % 7) + ["1"] * (number // 7)) for number in range(60)]
    radio = read_radio(_write(tmp_path, lines, ["0 1", "#", "1"]), {"rock"})
    assert sum(map(len, (radio.train, radio.check, radio.held))) >= 60
    assert radio.held
    assert radio.facts.artists.tolist() == [0, 0, 1]
    assert radio.facts.genres == [[0], [], []]
    assert np.allclose(np.linalg.norm(radio.content, axis=1), [1, 0, 1])


@pytest.mark.parametrize("lines", [["0 7"], ["0 x"]])
def test_damaged_radio_data_is_refused(tmp_path: Path, lines: list[str]) -> None:
    with pytest.raises(SourceError):
        read_radio(_write(tmp_path, lines, ["0", "#", "1"]), {"rock"})


def test_thumbs_keep_the_order_and_make_choices_of_turns_with_both() -> None:
    turns = [
        Turn(user_query="a", liked_results=["x"]),
        Turn(user_query="b", liked_results=["y", "x", "gone"], disliked_results=["z"]),
        Turn(user_query="c", disliked_results=["w"]),
    ]
    heard, choices = thumbs(Conversation(id="d", turns=turns), {"x": 0, "y": 1, "z": 2, "w": 3})
    assert heard.songs.tolist() == [0, 2, 1, 3]
    assert heard.liked.tolist() == [True, False, True, False]
    assert [(one.heard.songs.tolist(), one.liked, one.disliked) for one in choices] == [([0], (1,), (2,))]


def test_a_model_that_knows_the_order_tells_everything_apart() -> None:
    model, shares = _Upwards(6), np.full(6, 1 / 6)
    told = tell_apart(model, draw_pairs([plays([0, 1, 2]), plays([3, 4])], shares))
    assert told.auc == 1.0
    assert sorted(told.before.tolist()) == [1, 1, 2]
    assert tell_apart(model, draw_pairs([plays([1, 0])], shares)).auc < 1.0
    turns = [
        Turn(user_query="a", liked_results=["x"]),
        Turn(user_query="b", liked_results=["y"], disliked_results=["z"]),
    ]
    _, choices = thumbs(Conversation(id="d", turns=turns), {"x": 0, "y": 1, "z": 2})
    assert tell_thumbs(model, choices).auc == 1.0
    _, choices = thumbs(Conversation(id="d", turns=turns), {"x": 0, "y": 2, "z": 1})
    assert tell_thumbs(model, choices).auc == 0.0


def test_every_listener_counts_alike() -> None:
    right, listener = np.array([1.0, 1.0, 1.0, 0.0]), np.array([0, 0, 0, 2])
    assert stratified(right, listener) == 0.5
    told = Told(right, listener, np.array([1, 2, 3, 1]))
    low, high = interval(told)
    assert 0 <= low <= 0.5 <= high <= 1
    worse = Told(right / 2, listener, told.before)
    assert lift(told, worse, 2, 3)[0] == pytest.approx(1.0)
    assert np.isnan(lift(told, worse, 9, 9)[0])


def test_stations_are_described_by_what_they_play() -> None:
    rare = np.array([False, False, True, False])
    found = stations(_Upwards(4), [0], np.full(4, 0.25), np.array([0, 0, 1, 1]), rare, plays=3, per_seed=2)
    assert (found.songs, found.artists, found.repetition) == (3, 2, 0)
    assert found.new == pytest.approx(1 / 3)
    # The fourth song is the seed again, and the fifth the first one played.
    assert stations(_Upwards(4), [0], np.full(4, 0.25), np.array([0, 0, 1, 1]), rare, plays=5).repetition == 0.4
