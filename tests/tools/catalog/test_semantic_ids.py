"""A catalog's semantic IDs: one per track, stable while the catalog grows, refused where they do not belong."""

import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from segue.generator.encoders.store import default_encoders
from segue.generator.errors import CodesCorrupt, TokenizerMismatch
from segue.generator.sentences import HashingEncoder, Progress
from segue.generator.tokenizer import Tokenizer
from segue.generator.track import Track
from segue.tools.catalog import derived
from segue.tools.catalog.catalog import Catalog
from segue.tools.catalog.repair import repair
from segue.tools.catalog.semantic_ids import open_codes
from segue.tools.catalog.update import update_catalog

ENCODER = HashingEncoder()
SIZES = (8, 4, 4)


def song(number: int, **fields: object) -> Track:
    return Track.model_validate(
        {"id": f"t{number}", "title": f"Song {number}", "artists": [f"Band {number % 7}"], "genres": ["rock"], **fields}
    )


def train(folder: Path, seed: int = 0) -> str:
    tracks = [song(number, released=str(1960 + number)) for number in range(60)]
    tokenizer = Tokenizer.train(tracks, default_encoders(ENCODER), sizes=SIZES, seed=seed)
    tokenizer.save(folder)
    return tokenizer.fingerprint


def update(folder: Path, tracks: Sequence[Track], remove: Sequence[str] = ()) -> None:
    update_catalog(folder, tracks, remove, encoder=ENCODER)


def ids(folder: Path) -> dict[str, tuple[list[int], int]]:
    with Catalog.open(folder) as catalog:
        table = open_codes(catalog)
        assert len(table) == len(catalog)
        spelled = (table.semantic_id(row) for row in range(len(table)))
        return {track: (one.codes.tolist(), one.tie) for track, one in zip(catalog.ids, spelled, strict=True)}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A catalog folder with a tokenizer of its own, built with codes."""
    codes = "segue.tools.catalog.semantic_ids:CodesArtefact"
    monkeypatch.setattr(derived, "ARTEFACTS", ("segue.tools.catalog.embedding:DenseArtefact", codes))
    train(tmp_path / "tokenizer")
    return tmp_path


def test_every_track_gets_an_id_of_its_own(folder: Path) -> None:
    twins = [song(1, id="twin-a"), song(1, id="twin-b")]
    update(folder, [*map(song, range(40)), *twins])
    found = ids(folder)
    assert len({(tuple(codes), tie) for codes, tie in found.values()}) == 42
    assert found["twin-a"][0] == found["twin-b"][0] == found["t1"][0]
    assert found["t1"][1] < found["twin-a"][1] < found["twin-b"][1]


def test_what_the_text_encoder_takes_for_ids_counts_as_embedding(folder: Path) -> None:
    class Slow(HashingEncoder):
        def encode(self, texts: Sequence[str], progress: Progress | None = None) -> NDArray[np.float32]:
            time.sleep(0.02)
            self.spent = getattr(self, "spent", 0.0) + 0.02
            return super().encode(texts, progress)

    encoder = Slow()
    summary = update_catalog(folder, map(song, range(20)), encoder=encoder)
    assert encoder.spent > 0.05  # descriptions once, and every textual modality
    assert encoder.spent <= summary.embedding_seconds < summary.seconds
    assert sum(stage.seconds for stage in summary.stages.values()) <= summary.seconds


def test_ids_stay_while_tracks_come_go_and_change(folder: Path) -> None:
    update(folder, [*map(song, range(30)), song(1, id="twin")])
    before = ids(folder)
    changed = song(4, title="Quite another song", artists=["Someone else"])
    update(folder, [*map(song, range(30, 50)), changed], remove=["t1", "t9"])
    after = ids(folder)
    assert set(after) == {f"t{n}" for n in range(50) if n not in (1, 9)} | {"twin"}
    assert after["twin"] == before["twin"] == (before["t1"][0], 1)
    assert all(after[name] == one for name, one in before.items() if name in after and name != "t4")
    assert after["t4"] != before["t4"]


def test_an_extended_catalog_has_the_codes_of_one_built_at_once(folder: Path) -> None:
    update(folder, list(map(song, range(20))))
    update(folder, list(map(song, range(20, 45))))
    grown = ids(folder)
    tokenizer = Tokenizer.load(folder / "tokenizer", sentences=ENCODER)
    at_once = tokenizer.encode([song(number) for number in range(45)])
    assert np.array_equal([grown[f"t{n}"][0] for n in range(45)], at_once)


def test_codes_of_another_tokenizer_are_refused_and_repair_makes_new_ones(folder: Path) -> None:
    update(folder, list(map(song, range(30))))
    other = train(folder / "tokenizer", seed=5)
    with Catalog.open(folder) as catalog, pytest.raises(TokenizerMismatch):
        open_codes(catalog, fingerprint=other)
    repair(folder)
    with Catalog.open(folder) as catalog:
        assert open_codes(catalog, fingerprint=other).fingerprint == other


def test_a_damaged_table_is_refused(folder: Path) -> None:
    update(folder, list(map(song, range(30))))
    with Catalog.open(folder) as catalog:
        file = catalog.folder / "codes" / "table"
        data = bytearray(file.read_bytes())
        data[len(data) // 2] ^= 1
        file.write_bytes(bytes(data))
        with pytest.raises(CodesCorrupt):
            open_codes(catalog)
        (catalog.folder / "codes" / "record.json").write_text("{}")
        with pytest.raises(CodesCorrupt):
            open_codes(catalog)


def test_a_catalog_with_another_text_encoder_says_that_it_has_no_ids(folder: Path) -> None:
    update_catalog(folder, list(map(song, range(10))), encoder=HashingEncoder(16))
    with Catalog.open(folder) as catalog, pytest.raises(TokenizerMismatch, match="train one"):
        open_codes(catalog)
