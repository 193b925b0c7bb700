"""Learning to rank from a handful of dialogues, from end to end."""

import numpy as np
import pytest

from segue.generator.dialogue import Dialogue
from segue.generator.distribution import CodeDistribution
from segue.generator.layout import DEFAULT_LAYOUT
from segue.generator.training_data.artist_requests import ArtistRequests
from segue.generator.training_data.example import fold_of
from segue.tools.catalog.catalog import Catalog
from segue.tools.ranking import training
from segue.tools.ranking.asked import Asked
from segue.tools.ranking.dialogues import JudgedTurn
from segue.tools.ranking.features import feature_names
from segue.tools.ranking.situation import Situation
from segue.tools.ranking.sources import SOURCES
from segue.tools.ranking.stock import Stock
from segue.tools.ranking.tower_training import TowerSettings

ARTIST_GENRES = (("Massive Attack", "trip hop"), ("Dolly Parton", "country"), ("Sade", "soul"))
GENRES = ("trip hop", "country", "soul", "rock")


class Named:
    """A generator by name only; nobody asks it here."""

    layout = DEFAULT_LAYOUT

    def __init__(self, name: str) -> None:
        self.name = name

    def distribution(self, dialogue: Dialogue) -> CodeDistribution:
        raise AssertionError("nobody asks it")


def turns() -> list[JudgedTurn]:
    """Return dialogues in which somebody asks for a genre and likes two tracks of it."""
    return [
        JudgedTurn(f"d{n}", 1, Situation(f"some {GENRES[n % 4]} please"), (n % 4 + 4 * (n % 7), n % 4 + 8))
        for n in range(24)
    ]


def test_learns_that_words_tell_and_says_from_how_many_turns(catalog: Catalog) -> None:
    said: list[str] = []
    learnt = training.learn(catalog, turns(), [], [], settings=TowerSettings(steps=5), report=said.append)
    names = feature_names(tuple(SOURCES))
    words = learnt.rankers.full.weights[[names.index(f"{s}:height") for s in ("lexical", "facts", "dense")]]
    silent = learnt.rankers.full.weights[[names.index("generator:height"), names.index("generator:rank")]]
    assert words.sum() > 10 * np.abs(silent).sum()
    assert learnt.turns == 24
    assert learnt.rankers.without["lexical"].weights[names.index("lexical:height")].max() < 0.01
    assert any("fold" in line for line in said)


def test_requests_for_artists_are_judged_as_first_messages(catalog: Catalog) -> None:
    rows = [ArtistRequests(artist=name, requests=(f"{genre} please", f"some {genre}")) for name, genre in ARTIST_GENRES]
    rows.append(ArtistRequests(artist="Nobody Here", requests=("anything",)))
    learnt = training.learn(catalog, turns(), rows, [], settings=TowerSettings(steps=2))
    # One request for each artist that the catalog has, whatever was written for others.
    assert learnt.requests == len(ARTIST_GENRES)


def test_each_judge_has_not_learnt_from_what_it_judges(catalog: Catalog, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[object, str]] = []
    original = Asked

    def watched(situation: Situation, stock: Stock) -> Asked:
        asked.append((stock.generator, situation.message))
        stock.generator = None
        return original(situation, stock)

    monkeypatch.setattr(training, "Asked", watched)
    generators = [Named("zero"), Named("one")]
    training.learn(catalog, turns(), [], generators, settings=TowerSettings(steps=1))
    assert {generator for generator, _ in asked} == set(generators)
    folds = sorted(fold_of(turn.dialogue, 2) for turn in turns())
    assert sorted(generators.index(generator) for generator, _ in asked) == folds  # type: ignore[arg-type]


def test_dialogues_that_like_nothing_teach_nothing(catalog: Catalog) -> None:
    with pytest.raises(ValueError, match="no dialogue"):
        training.learn(catalog, [], [], [])
