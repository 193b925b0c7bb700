"""The learned order: fitting, weights in a file, shares."""

import json
from pathlib import Path

import numpy as np
import pytest

from segue.generator.errors import WeightsCorrupt
from segue.tools.ranking.features import CONTEXTS, DISLIKED_ARTIST, Candidates, feature_names
from segue.tools.ranking.fitting import Judged, fit_ranker
from segue.tools.ranking.ranker import FILE, Ranker, Rankers
from segue.tools.ranking.sources import SOURCES

PAIR = ("good", "noise")
NAMES = feature_names(PAIR)


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
    return Judged(Candidates(np.arange(count), features, np.array([1, seed % 2, 0, 0], dtype=np.float32), found), liked)


@pytest.fixture(scope="module")
def fitted() -> Ranker:
    return fit_ranker([judged(seed) for seed in range(60)], PAIR)


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
        scores = fitted.contributions(turn.candidates).sum(axis=1)
        assert turn.liked[np.argsort(-scores)[:3]].any()


def test_shares_are_of_the_sources_and_sum_to_one(fitted: Ranker) -> None:
    contributions = fitted.contributions(judged(1).candidates)
    shares = fitted.shares(contributions[0])
    assert set(shares) == set(PAIR)
    assert sum(shares.values()) == pytest.approx(1)
    assert fitted.shares(np.zeros(len(NAMES), dtype=np.float32)) == {"good": 0.0, "noise": 0.0}


def test_nothing_liked_is_nothing_to_learn() -> None:
    turn = judged(1)
    with pytest.raises(ValueError, match="nothing to learn"):
        fit_ranker([Judged(turn.candidates, np.zeros(30, dtype=bool))], PAIR)


def test_without_a_source_its_candidates_and_numbers_are_gone() -> None:
    turn = judged(3)
    left = turn.without(1)
    assert len(left.liked) == len(left.candidates.rows) == 15
    assert not left.candidates.features[:, 2:4].any()
    assert left.candidates.features[:, :2].all()


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
    assert np.allclose(again.without["noise"].weights, rankers.without["noise"].weights, atol=1e-4)
    with pytest.raises(WeightsCorrupt, match="other sources"):
        Rankers.load(tmp_path, ("good",))
    document = json.loads((tmp_path / FILE).read_text())
    del document["weights"]["good:rank"]
    (tmp_path / FILE).write_text(json.dumps(document))
    with pytest.raises(WeightsCorrupt):
        Rankers.load(tmp_path, PAIR)


def test_what_ships_weighs_words_meaning_and_names() -> None:
    shipped = Rankers.shipped(tuple(SOURCES)).full
    names = feature_names(tuple(SOURCES))
    for source in ("lexical", "two-tower", "named"):
        rows = [names.index(f"{source}:{kind}") for kind in ("height", "rank")]
        assert shipped.weights[rows].sum() > 0, source
