"""Generators as rows of the dialogue bench: what they are shown, and how their answers become scores."""

import numpy as np
import pytest
from numpy.typing import NDArray

from segue.evals.generators import GENERATORS, GeneratorRows, dialogue_of
from segue.evals.rankers import RANKERS
from segue.generator.dialogue import Dialogue
from segue.generator.distribution import CodeDistribution
from segue.generator.layout import DEFAULT_LAYOUT, UNKNOWN, CodeLayout, Codes
from segue.generator.modality import MODALITIES, Modality
from segue.generator.track import Track
from segue.tools.ranking.situation import PastTurn, Situation

TRACKS = [Track.model_validate({"id": f"t{n}", "title": f"Song {n}", "artists": [f"Band {n}"]}) for n in range(20)]
STATE = Situation("more", (PastTurn("rock", "here", (3,), (4,)), PastTurn("louder", "", (), ())))


@pytest.fixture
def codes() -> Codes:
    random = np.random.default_rng(0)
    codes = random.integers(0, DEFAULT_LAYOUT.sizes, (20, 27))
    codes.reshape(20, 9, 3)[random.random((20, 9)) < 0.2] = UNKNOWN
    codes.reshape(20, 9, 3)[codes[:, ::3] == UNKNOWN] = 0
    codes[7, ::3] = codes[7, ::3].clip(1)
    return codes.astype(np.uint8)


class Sure:
    """Answers with the codes of one track."""

    name = "sure"
    layout: CodeLayout = DEFAULT_LAYOUT

    def __init__(self, codes: Codes) -> None:
        self.codes = codes
        self.seen: list[Dialogue] = []

    def distribution(self, dialogue: Dialogue) -> CodeDistribution:
        self.seen.append(dialogue)
        return CodeDistribution.peaked(self.layout, self.codes)


def only(modality: Modality) -> NDArray[np.float32]:
    return np.array([float(m == modality) for m in MODALITIES], dtype=np.float32)


def test_a_generator_is_shown_what_was_known_and_no_more(codes: Codes) -> None:
    turns = dialogue_of(STATE, TRACKS, codes).turns
    assert [(t.role, t.text, t.liked) for t in turns] == [
        ("user", "rock", None), ("music", "Song 3 by Band 3", True), ("music", "Song 4 by Band 4", False),
        ("assistant", "here", None), ("user", "louder", None), ("user", "more", None),
    ]  # fmt: skip
    assert turns[1].codes == tuple(codes[3].tolist())


def test_the_track_meant_comes_first_in_every_reading(codes: Codes) -> None:
    generator = Sure(codes[7])
    rows = GeneratorRows("sure", generator, TRACKS, codes, lambda state: only(Modality.AC)).rows()
    assert [row.name for row in rows] == ["sure", "sure, weighted", "sure, hard", "sure, hard weighted"]
    for row in rows:
        scores = row.scores(STATE)
        assert scores.shape == (20,)
        assert np.isfinite(scores).all()
        assert scores.argmax() == 7
    assert len(generator.seen) == 1  # one answer serves all four


def test_a_modality_that_a_track_lacks_counts_nothing(codes: Codes) -> None:
    codes[5, :3] = 0
    soft = GeneratorRows("sure", Sure(codes[7]), TRACKS, codes, lambda state: only(Modality.AC)).rows()[1]
    assert soft.scores(STATE)[5] == 0


def test_taken_apart_each_modality_counts_alone_or_not_at_all(codes: Codes) -> None:
    made = GeneratorRows("sure", Sure(codes[7]), TRACKS, codes, lambda state: only(Modality.AC))
    rows = {row.name: row.scores(STATE) for row in made.by_modality()}
    assert len(rows) == 18
    whole = made.rows()[1].scores(STATE)
    assert (rows["sure, AC alone"] == whole).all()  # the message asked for nothing else
    assert (rows["sure, without AC"] == 0).all()
    assert (rows["sure, without TC"] == whole).all()
    assert rows["sure, TC alone"].any()


def test_names_of_rows_are_told_apart() -> None:
    assert not set(RANKERS) & set(GENERATORS)
