"""The learned order: fitting the sum and the trees, weights in files, shares."""

import gzip
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from segue.generator.errors import WeightsCorrupt
from segue.tools.ranking.details import DETAILS
from segue.tools.ranking.features import CONTEXTS, DISLIKED_ARTIST, Candidates, feature_names
from segue.tools.ranking.fitting import Judged, fit_ranker
from segue.tools.ranking.ranker import FILE, TREES, Ranker, Rankers
from segue.tools.ranking.sources import SOURCES

PAIR = ("good", "noise")
NAMES = feature_names(PAIR)
YEARS = [detail.name for detail in DETAILS].index("years from the liked tracks")
FOUND = [detail.name for detail in DETAILS].index("share of sources that found it")


def judged(seed: int, count: int = 30) -> Judged:
    """Return a turn whose liked tracks stand high in the source "good" and anywhere in "noise"."""
    random = np.random.default_rng(seed)
    features = random.random((count, len(NAMES))).astype(np.float32)
    features[:, NAMES.index(DISLIKED_ARTIST)] = 0
    liked = np.zeros(count, dtype=bool)
    liked[np.argsort(-features[:, 0])[:2]] = True
    features[~liked & (random.random(count) < 0.3), NAMES.index(DISLIKED_ARTIST)] = 1
    found = np.ones((count, 2), dtype=bool)
    found[count // 2 :, 0] = False
    details = np.zeros((count, len(DETAILS)), dtype=np.float32)
    details[:, FOUND] = found.mean(axis=1)
    contexts = np.array([1, seed % 2, 0, 0], dtype=np.float32)
    return Judged(Candidates(np.arange(count), features, contexts, details, found), liked)


def middling(seed: int, count: int = 30) -> Judged:
    """Return a turn whose liked tracks are some years away from those liked before, not more or less."""
    turn = judged(seed, count)
    years = np.random.default_rng(seed).permutation(count)
    turn.candidates.details[:, YEARS] = years
    return Judged(turn.candidates, np.abs(years - count / 2) < count / 10)


@pytest.fixture(scope="module")
def fitted() -> Ranker:
    return fit_ranker([judged(seed) for seed in range(60)], PAIR, rounds=20)


def weight(ranker: Ranker, name: str, context: str = "always") -> float:
    return float(ranker.weights[NAMES.index(name), CONTEXTS.index(context)])


def test_learns_which_source_to_trust(fitted: Ranker) -> None:
    assert weight(fitted, "good:height") > 5 * weight(fitted, "noise:height")
    assert weight(fitted, DISLIKED_ARTIST) < 0


def test_no_source_can_be_held_against_a_track(fitted: Ranker) -> None:
    sources = [NAMES.index(f"{s}:{kind}") for s in PAIR for kind in ("height", "rank")]
    assert (fitted.weights[sources] >= 0).all()


def test_a_context_that_never_occurred_keeps_no_weight(fitted: Ranker) -> None:
    assert abs(weight(fitted, "good:height", "liked")) < 0.05


def test_ranks_turns_it_has_not_seen(fitted: Ranker) -> None:
    for seed in range(100, 110):
        turn = judged(seed)
        scores = fitted.scores(turn.candidates)
        assert turn.liked[np.argsort(-scores)[:3]].any()


def test_trees_learn_what_a_sum_cannot_say() -> None:
    turns = [middling(seed) for seed in range(60)]
    new = [middling(seed) for seed in range(100, 120)]

    def found(ranker: Ranker) -> float:
        return float(np.mean([turn.liked[np.argmax(ranker.scores(turn.candidates))] for turn in new]))

    assert found(fit_ranker(turns, PAIR, rounds=0)) < 0.5
    assert found(fit_ranker(turns, PAIR, rounds=50)) > 0.9


def test_with_trees_too_more_of_a_source_never_lowers_a_track(fitted: Ranker) -> None:
    candidates = judged(5).candidates
    before = fitted.scores(candidates)
    for column in range(4):
        more = np.array(candidates.features)
        more[:, column] = np.minimum(more[:, column] + 0.3, 1)
        after = fitted.scores(replace(candidates, features=more))
        assert (after >= before - 1e-6).all(), NAMES[column]


def test_shares_are_of_the_sources_and_sum_to_one(fitted: Ranker) -> None:
    candidates = judged(1).candidates
    shares = fitted.shares(candidates)
    assert len(shares) == len(candidates.rows)
    for of_track in shares:
        assert set(of_track) == set(PAIR)
        assert min(of_track.values()) >= 0
        assert sum(of_track.values()) == pytest.approx(1)
    silent = replace(candidates, features=np.zeros_like(candidates.features))
    assert Ranker(PAIR, fitted.weights).shares(silent)[0] == {"good": 0.0, "noise": 0.0}


def test_it_is_known_which_source_can_change_anything(fitted: Ranker) -> None:
    assert fitted.heeds("good", first=True)
    weights = np.array(fitted.weights)
    weights[:2] = 0
    assert not Ranker(PAIR, weights).heeds("good", first=True)
    weights[0, CONTEXTS.index("first")] = 1
    assert Ranker(PAIR, weights).heeds("good", first=True)
    assert not Ranker(PAIR, weights).heeds("good", first=False)
    assert Ranker(PAIR, np.zeros_like(weights), fitted.trees).heeds("good", first=False)


def test_nothing_liked_is_nothing_to_learn() -> None:
    turn = judged(1)
    with pytest.raises(ValueError, match="nothing to learn"):
        fit_ranker([Judged(turn.candidates, np.zeros(30, dtype=bool))], PAIR)


def test_without_a_source_its_candidates_and_numbers_are_gone() -> None:
    turn = judged(3)
    left = turn.without(1, PAIR)
    assert len(left.liked) == len(left.candidates.rows) == 15
    assert not left.candidates.features[:, 2:4].any()
    assert left.candidates.features[:, :2].all()
    assert set(left.candidates.details[:, FOUND].tolist()) == {0.5}


@pytest.fixture
def rankers(fitted: Ranker) -> Rankers:
    return Rankers(fitted, {source: Ranker(PAIR, fitted.weights * number) for number, source in enumerate(PAIR)})


def test_the_order_fitted_without_a_missing_source_takes_over(rankers: Rankers) -> None:
    assert rankers.over(PAIR) is rankers.full
    assert rankers.over(("good",)) is rankers.without["noise"]
    assert rankers.over(()) is rankers.full


def test_weights_survive_their_file_and_fit_no_other_sources(rankers: Rankers, tmp_path: Path) -> None:
    rankers.save(tmp_path, about={"command": "here"})
    again = Rankers.load(tmp_path, PAIR)
    assert np.allclose(again.full.weights, rankers.full.weights, atol=1e-4)
    candidates = judged(2).candidates
    assert np.allclose(again.full.scores(candidates), rankers.full.scores(candidates), atol=1e-2)
    assert again.without["good"].trees is None
    assert np.allclose(again.without["noise"].weights, rankers.without["noise"].weights, atol=1e-4)
    with pytest.raises(WeightsCorrupt, match="other sources"):
        Rankers.load(tmp_path, ("good",))
    document = json.loads((tmp_path / FILE).read_text())
    del document["weights"]["good:rank"]
    (tmp_path / FILE).write_text(json.dumps(document))
    with pytest.raises(WeightsCorrupt):
        Rankers.load(tmp_path, PAIR)


def test_altered_trees_are_refused(rankers: Rankers, tmp_path: Path) -> None:
    rankers.save(tmp_path, about={})
    (tmp_path / TREES).write_bytes(gzip.compress(b"{}", mtime=0))
    with pytest.raises(WeightsCorrupt, match="is not what"):
        Rankers.load(tmp_path, PAIR)


def test_what_ships_weighs_words_meaning_and_names() -> None:
    shipped = Rankers.shipped(tuple(SOURCES)).full
    names = feature_names(tuple(SOURCES))
    for source in ("lexical", "two-tower", "named"):
        rows = [names.index(f"{source}:{kind}") for kind in ("height", "rank")]
        assert shipped.weights[rows].sum() > 0, source
