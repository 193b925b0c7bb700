"""Playlists as listeners: how they are cut, and whether the rows do what their names say."""

from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from segue.evals.personal import PersonalRows, cases, rank_cases, rank_turns
from segue.generator.dialogue import Dialogue
from segue.generator.distribution import CodeDistribution
from segue.generator.layout import DEFAULT_LAYOUT, CodeLayout, Codes
from segue.generator.modality import LEVELS, POSITIONS
from segue.generator.track import Track
from segue.memory.listener.autoencoder import ListenerAutoencoder
from segue.memory.listener.history import History
from segue.memory.listener.model import ListenerModel
from segue.memory.listener.soft_token import SoftToken
from segue.tools.ranking.dialogues import JudgedTurn
from segue.tools.ranking.situation import PastTurn, Situation

TRACKS = [
    Track.model_validate({"id": f"t{n}", "title": f"Song {n}", "artists": ["A"], "genres": [genre]})
    for n, genre in enumerate(["dub"] * 10 + ["polka"] * 10)
]
PLAYLISTS = {"dub": list(range(10)), "polka": list(range(10, 20)), "short": [0, 1, 2]}


def codes_of_tracks() -> Codes:
    codes = np.zeros((20, POSITIONS), dtype=np.uint8)
    codes[:, ::LEVELS] = 1
    codes[:10, 0], codes[10:, 0] = 5, 9
    codes[:, 1] = np.arange(1, 21)
    return codes


class _First(ListenerModel):
    """Says in a token only what the first track of a history is like."""

    def vector(self, history: History) -> NDArray[np.float32]:
        found = np.zeros(64, dtype=np.float32)
        found[0] = history.codes[0, 0]
        return found

    def token(self, vector: NDArray[np.float32]) -> NDArray[np.float32]:
        return vector


class _Obeys:
    """A generator that believes the token, and knows nothing without one."""

    layout: CodeLayout = DEFAULT_LAYOUT

    def distribution(self, dialogue: Dialogue, user: NDArray[Any] | None = None) -> CodeDistribution:
        peak = np.zeros(POSITIONS, dtype=np.uint8)
        if user is not None:
            peak[0] = int(user[0])
        return CodeDistribution.peaked(DEFAULT_LAYOUT, peak)


@pytest.fixture(scope="module")
def rows() -> PersonalRows:
    torch.manual_seed(0)
    model = _First(ListenerAutoencoder(), SoftToken(384, 9.0), tokenizer="t", version="v")
    dense = np.random.default_rng(0).normal(size=(20, 8)).astype(np.float32)
    return PersonalRows(_Obeys(), model, TRACKS, codes_of_tracks(), dense)


def test_playlists_are_cut_into_halves_and_asked_twice() -> None:
    found = cases(PLAYLISTS, TRACKS, 10)
    assert {case.listener for case in found} == {"dub", "polka"}
    for case in found:
        assert not set(case.known) & set(case.wanted)
        assert sorted((*case.known, *case.wanted)) == PLAYLISTS[case.listener]
        assert case.genre is not None
        assert case.listener in case.genre
        assert case.listener not in case.neutral
        assert set(case.of_genre) == set(case.wanted)
    assert found == cases(PLAYLISTS, TRACKS, 10)
    assert len(cases(PLAYLISTS, TRACKS, 1)) == 1


def test_the_right_token_finds_the_rest_and_the_wrong_one_the_others(rows: PersonalRows) -> None:
    ranks = rank_cases(rows, cases(PLAYLISTS, TRACKS, 10), np.ones(20, dtype=bool))
    for kind in ("neutral", "genre"):
        for right, wrong in zip(ranks[kind]["right token"], ranks[kind]["another's token"], strict=True):
            assert right.max() <= 5
            assert wrong.min() > 5


def test_turns_of_a_conversation_are_judged_with_what_was_rated_before(rows: PersonalRows) -> None:
    def turn(dialogue: str, liked: int, relevant: int) -> JudgedTurn:
        past = (PastTurn("hello", "here", liked=(liked,)),)
        return JudgedTurn(dialogue, 2, Situation("more", past), (relevant,))

    first = JudgedTurn("one", 1, Situation("hello"), (3,))
    ranks, groups = rank_turns(rows, [first, turn("one", 0, 1), turn("two", 15, 16)])
    assert groups == ["one", "two"]
    assert all(ranks["right token"][n].min() < ranks["another's token"][n].min() for n in range(2))
