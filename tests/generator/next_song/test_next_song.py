"""What a next-song model must do: follow the order of what was heard, heed dislikes, and know songs by their codes."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from segue.generator.next_song.model import NextSong
from segue.generator.next_song.sequences import Heard, batch_of, pieces, plays
from segue.generator.next_song.song_embedding import SongCodes, SongDecomposition, SongEmbedding, SongFacts, SongIndex
from segue.generator.next_song.song_ids import SongIds, random_ids, trained_ids
from segue.generator.next_song.training import NextSongSettings, train_next_song


def _model(*parts: SongIndex | SongCodes | SongDecomposition, width: int = 8) -> NextSong:
    return NextSong(SongEmbedding(parts), width, dropout=0.0)


@given(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 2)), min_size=1, max_size=30))
def test_no_two_songs_have_the_same_id(codes: list[tuple[int, int]]) -> None:
    ids = SongIds.of(np.array(codes), 3)
    spelt = {(*row, tie) for row, tie in zip(ids.codes.tolist(), ids.ties.tolist(), strict=True)}
    assert len(spelt) == len(codes)
    assert ids.collisions == pytest.approx(1 - len(set(codes)) / len(codes))


def test_a_code_beyond_the_codebook_is_refused() -> None:
    with pytest.raises(ValueError, match="do not fit"):
        SongIds.of(np.array([[3]]), 3)


def test_random_ids_belong_to_the_key_and_trained_ones_to_the_content() -> None:
    assert (random_ids(["a", "b"], 16).codes[0] == random_ids(["c", "a"], 16).codes[1]).all()
    vectors = np.repeat(np.eye(4, dtype=np.float32), 5, axis=0)
    ids = trained_ids(vectors, 4, levels=2, epochs=2)
    assert all(len(set(map(tuple, ids.codes[start : start + 5].tolist()))) == 1 for start in range(0, 20, 5))
    assert ids.ties[:5].tolist() == [0, 1, 2, 3, 4]


def test_states_know_nothing_of_what_comes_later_or_of_padding() -> None:
    torch.manual_seed(0)
    model = _model(SongIndex(9, 8)).eval()
    songs = torch.arange(9)
    long = model.scores(batch_of([plays([1, 2, 3, 4]), plays([5, 6])]), songs)
    short = model.scores(batch_of([plays([1, 2])]), songs)
    assert torch.allclose(long[0, :2], short[0], atol=1e-5)
    assert torch.allclose(long[1, :2], model.scores(batch_of([plays([5, 6])]), songs)[0], atol=1e-5)


def test_too_long_a_sequence_is_refused_and_pieces_fit() -> None:
    model = NextSong(SongEmbedding([SongIndex(3, 8)]), 8, longest=4)
    with pytest.raises(ValueError, match="at most"):
        model(batch_of([plays([0, 1, 2, 0, 1])]))
    assert [one.songs.tolist() for one in pieces(plays([0, 1, 2, 0, 1]), 2)] == [[0, 1], [2, 0]]


def test_a_thumb_down_changes_what_comes_next() -> None:
    def heard(opinion: bool, following: int) -> Heard:
        return Heard(np.array([0, following]), np.array([opinion, True]))

    torch.manual_seed(0)
    model = _model(SongIndex(3, 8))
    sequences = [heard(True, 1), heard(False, 2)] * 40
    train_next_song(model, sequences, NextSongSettings(epochs=15, batch=16, negatives=8), songs=3)
    after_like = model.scores(batch_of([heard(True, 1)]), torch.tensor([1, 2]))[0, 0]
    after_dislike = model.scores(batch_of([heard(False, 1)]), torch.tensor([1, 2]))[0, 0]
    assert after_like[0] > after_like[1]
    assert after_dislike[1] > after_dislike[0]


def test_a_disliked_song_is_learnt_to_stay_away() -> None:
    torch.manual_seed(0)
    model = _model(SongIndex(4, 8))
    sequences = [plays([0, 1]), Heard(np.array([0, 2]), np.array([True, False])), plays([3, 3])] * 30
    train_next_song(model, sequences, NextSongSettings(epochs=15, batch=16, negatives=8), songs=4)
    scores = model.scores(batch_of([plays([0])]), torch.arange(4))[0, 0]
    assert scores[1] > scores[2]


def test_codes_tell_of_a_song_never_heard_and_an_index_does_not() -> None:
    # Songs 0-9 and 10-19 are two families that share a first code; song 9 and song 19 are never heard.
    codes = np.array([[song // 10, song % 10] for song in range(20)])
    random = np.random.default_rng(0)
    sequences = [
        plays(random.integers(10 * family, 10 * family + 9, 4).tolist()) for family in (0, 1) for _ in range(80)
    ]
    settings = NextSongSettings(epochs=12, batch=32, negatives=16)
    torch.manual_seed(0)
    model = _model(SongCodes(SongIds.of(codes, 10), 8))
    train_next_song(model, sequences, settings, songs=20)
    scores = model.scores(batch_of([plays([0, 1, 2]), plays([10, 11, 12])]), torch.tensor([9, 19]))[:, -1]
    assert scores[0, 0] > scores[0, 1]
    assert scores[1, 1] > scores[1, 0]


def test_frozen_codes_and_ties_learn_nothing() -> None:
    ids = SongIds.of(np.zeros((6, 2), dtype=np.int64), 2)
    songs = SongCodes(ids, 8, frozen=True)
    facts = SongFacts(np.arange(6), [[0], [], [0, 1], [1], [0], [1]])
    model = _model(songs, SongDecomposition(facts, 8))
    before, ties = songs.table.weight.clone(), songs.tie_vectors.clone()
    assert model.songs.trainable == 6 * 8 + 2 * 8
    train_next_song(model, [plays([0, 1, 2])] * 8, NextSongSettings(epochs=2, batch=4, negatives=4), songs=6)
    assert torch.equal(before, songs.table.weight)
    assert torch.equal(ties, songs.tie_vectors)
    # The tie-break alone tells songs with equal codes apart.
    assert not torch.equal(songs(torch.tensor([1])), songs(torch.tensor([2])))


def test_training_keeps_the_epoch_that_was_judged_best() -> None:
    figures = iter([0.5, 0.9, 0.1, 0.2, 0.3])
    states = []
    model = _model(SongIndex(3, 8))

    def judge(judged: NextSong) -> float:
        states.append(next(iter(judged.songs.parameters())).detach().clone())
        return next(figures)

    settings = NextSongSettings(epochs=5, batch=4, negatives=4, patience=2)
    assert train_next_song(model, [plays([0, 1, 2])] * 4, settings, songs=3, judge=judge) == 2
    assert len(states) == 4
    assert torch.equal(next(iter(model.songs.parameters())), states[1])


def test_nothing_heard_is_refused() -> None:
    with pytest.raises(ValueError, match="nothing was heard"):
        train_next_song(_model(SongIndex(3, 8)), [], NextSongSettings(), songs=3)
