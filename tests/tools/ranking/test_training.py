"""Learning to rank from a handful of dialogues, from end to end."""

import numpy as np
import pytest

from segue.tools.catalog.catalog import Catalog
from segue.tools.ranking import training
from segue.tools.ranking.dialogues import JudgedTurn
from segue.tools.ranking.features import feature_names
from segue.tools.ranking.situation import Situation
from segue.tools.ranking.sources import SOURCES
from segue.tools.ranking.tower_training import TowerSettings

GENRES = ("trip hop", "country", "soul", "rock")


def turns() -> list[JudgedTurn]:
    """Return dialogues in which somebody asks for a genre and likes two tracks of it."""
    return [
        JudgedTurn(f"d{n}", 1, Situation(f"some {GENRES[n % 4]} please"), (n % 4 + 4 * (n % 7), n % 4 + 8))
        for n in range(24)
    ]


def test_learns_that_words_tell_and_says_from_how_many_turns(catalog: Catalog) -> None:
    said: list[str] = []
    learnt = training.learn(catalog, turns(), [], None, settings=TowerSettings(steps=5), report=said.append)
    names = feature_names(tuple(SOURCES))
    words = learnt.rankers.full.weights[[names.index("lexical:height"), names.index("dense:height")]]
    silent = learnt.rankers.full.weights[[names.index("generator:height"), names.index("generator:rank")]]
    assert words.sum() > 10 * np.abs(silent).sum()
    assert learnt.turns == 24
    assert learnt.rankers.without["lexical"].weights[names.index("lexical:height")].max() < 0.01
    assert any("fold" in line for line in said)


def test_dialogues_that_like_nothing_teach_nothing(catalog: Catalog) -> None:
    with pytest.raises(ValueError, match="no dialogue"):
        training.learn(catalog, [], [], None)
