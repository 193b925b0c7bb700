"""The two-tower retriever: its space, its files, its training."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from segue.generator.errors import WeightsCorrupt
from segue.generator.sentences import SentenceEncoder
from segue.tools.catalog.catalog import Catalog
from segue.tools.ranking.tower import Tower, open_tower
from segue.tools.ranking.tower_training import Shelf, TowerSettings, Wants, train_tower, untrained

D = 16


def unit(rows: NDArray[Any]) -> NDArray[np.float32]:
    scaled: NDArray[np.float32] = (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)
    return scaled


def random_unit(rows: int, seed: int) -> NDArray[np.float32]:
    return unit(np.random.default_rng(seed).normal(size=(rows, D)))


class TestSpace:
    def test_everything_has_length_one(self) -> None:
        tower = untrained(D, "e")
        vectors = random_unit(5, 0)
        tracks = tower.tracks(vectors, vectors[::-1], np.array([True, True, False, False, True]))
        assert np.allclose(np.linalg.norm(tracks, axis=1), 1, atol=1e-5)
        query = tower.query(vectors[0], np.zeros(D, np.float32), tracks[:2])
        assert np.linalg.norm(query) == pytest.approx(1, abs=1e-5)

    def test_untrained_it_is_the_cosine_of_the_descriptions(self) -> None:
        tower = untrained(D, "e")
        vectors = random_unit(5, 1)
        tracks = tower.tracks(vectors, np.zeros_like(vectors), np.zeros(5, dtype=bool))
        query = tower.query(vectors[3], np.zeros(D, np.float32), tracks[:0])
        assert int(np.argmax(tracks @ query)) == 3

    def test_liked_tracks_pull_the_query(self) -> None:
        tower = untrained(D, "e")
        tracks = random_unit(2, 2)
        alone = tower.query(tracks[0], np.zeros(D, np.float32), tracks[:0])
        pulled = tower.query(tracks[0], np.zeros(D, np.float32), tracks[1:])
        assert pulled @ tracks[1] > alone @ tracks[1]


class TestFiles:
    def test_survives_them_in_half_precision(self, tmp_path: Path) -> None:
        tower = replace(untrained(D, "fingerprint"), message=random_unit(D, 3))
        tower.save(tmp_path, about={})
        again = Tower.load(tmp_path)
        assert np.allclose(again.message, tower.message, atol=1e-3)
        assert (again.encoder, again.fingerprint) == (tower.encoder, tower.fingerprint)

    def test_altered_weights_are_refused(self, tmp_path: Path) -> None:
        untrained(D, "e").save(tmp_path, about={})
        path = tmp_path / "tower.safetensors"
        path.write_bytes(path.read_bytes()[:-1] + b"x")
        with pytest.raises(WeightsCorrupt):
            Tower.load(tmp_path)

    def test_what_ships_reads_the_bundled_encoder(self) -> None:
        assert Tower.shipped().encoder == SentenceEncoder().fingerprint

    def test_a_catalog_of_another_encoder_has_no_tower(self, catalog: Catalog) -> None:
        assert open_tower(catalog, Tower.shipped()) is None


def test_training_learns_a_hidden_rotation_and_repeats_itself() -> None:
    """Requests are the tracks' vectors, turned: cosines find nothing until the turn is learnt."""
    tracks = random_unit(300, 4)
    turn = np.linalg.qr(np.random.default_rng(5).normal(size=(D, D)))[0].astype(np.float32)
    shelf = Shelf(tracks, np.zeros_like(tracks), np.zeros(300, dtype=bool))
    messages = unit(tracks @ turn)
    wants = Wants(messages, np.zeros_like(messages), [()] * 300, [(row,) for row in range(300)])
    nothing = Wants(messages[:0], messages[:0], [], [])
    settings = TowerSettings(steps=300, learning_rate=1e-2, negatives=200, dropout=0.0)

    def found(tower: Tower) -> int:
        vectors = tower.tracks(shelf.descriptions, shelf.biographies, shelf.known)
        queries = [tower.query(m, np.zeros(D, np.float32), vectors[:0]) for m in messages]
        return sum(int(np.argmax(vectors @ query)) == row for row, query in enumerate(queries))

    trained = train_tower(shelf, wants, nothing, "e", settings)
    assert found(untrained(D, "e")) < 30
    assert found(trained) > 200
    assert train_tower(shelf, wants, nothing, "e", settings).fingerprint == trained.fingerprint
