"""A catalog repeated to any size: every source answers over it as over the tracks that it repeats."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from segue.evals.simulated_stock import SimulatedStock
from segue.generator.sentences import HashingEncoder
from segue.generator.track import Track
from segue.tools.catalog.catalog import Catalog
from segue.tools.catalog.update import update_catalog
from segue.tools.importance.weights import ModalityWeights
from segue.tools.ranking.recommend import Recommender
from segue.tools.ranking.situation import PastTurn, Situation
from segue.tools.ranking.stock import Stock
from segue.tools.search.filters import Filters

REAL, SIMULATED = 12, 40
GENRES = ("trip hop", "country", "soul")


def song(number: int) -> Track:
    return Track.model_validate(
        {
            "id": f"t{number:02}",
            "title": f"Song {number}",
            "artists": [{"name": f"Band {number % 4}"}],
            "genres": [GENRES[number % 3]],
            "listened": [{"id": f"p{number // 4}", "kind": "playlist"}],
        }
    )


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stock]:
    folder: Path = tmp_path_factory.mktemp("real")
    update_catalog(folder, [song(number) for number in range(REAL)], encoder=HashingEncoder())
    with Catalog.open(folder) as opened:
        yield Stock(opened)


@pytest.fixture(scope="module")
def simulated(real: Stock) -> SimulatedStock:
    return SimulatedStock(real, SIMULATED)


def test_words_score_every_copy_alike(real: Stock, simulated: SimulatedStock) -> None:
    for query in ("country", "song 7 by band 3", "soul"):
        own, longer = (stock.searcher.lexical.scores(query) for stock in (real, simulated))
        assert own.any()
        assert np.allclose(longer, np.resize(own, SIMULATED))


def test_vectors_are_those_of_the_track_and_a_little_noise(real: Stock, simulated: SimulatedStock) -> None:
    vectors = simulated.catalog.dense.vectors
    own = np.resize(real.catalog.dense.vectors, vectors.shape)
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(1, abs=1e-5)
    assert (np.sum(vectors * own, axis=1) > 0.9).all()
    assert len(np.unique(vectors, axis=0)) == len(np.unique(own[:REAL], axis=0)) + SIMULATED - REAL


def test_each_round_has_artists_and_playlists_of_its_own(real: Stock, simulated: SimulatedStock) -> None:
    for column in ("artists", "works"):
        own, more = getattr(real, column), getattr(simulated, column)
        assert len(set(own.tolist()) & set(more[REAL:].tolist())) == 0
    together = (simulated.baskets @ simulated.baskets[0].T).toarray().ravel()
    assert set(np.flatnonzero(together)) == {0, 1, 2, 3}


def test_a_ranking_over_it_keeps_filters_and_finds_copies(real: Stock, simulated: SimulatedStock) -> None:
    recommender = Recommender(real.catalog)
    recommender.stock = simulated
    past = (PastTurn("hello", "here", liked=(1,)),)
    found = recommender.recommend(
        Situation("country", past), SIMULATED, weights=ModalityWeights(), filters=Filters(without_genres=("soul",))
    )
    assert {one.track.genres for one in found.tracks} == {("trip hop",), ("country",)}
    assert max(one.position for one in found.tracks) >= REAL
    assert 1 not in {one.position for one in found.tracks}


def test_labels_that_a_wish_names_count_for_every_copy(real: Stock, simulated: SimulatedStock) -> None:
    recommender = Recommender(real.catalog)
    recommender.stock = simulated
    recommender.warm()
    found = recommender.recommend(Situation("music"), 5, weights=ModalityWeights(), wanted=("soul",))
    assert {one.track.genres for one in found.tracks} == {("soul",)}


def test_fewer_tracks_than_there_are_cannot_be_simulated(real: Stock) -> None:
    with pytest.raises(ValueError, match="simulated"):
        SimulatedStock(real, REAL - 1)
