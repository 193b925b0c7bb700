"""The tokenizer: unknown stays unknown, IDs never move, and damaged files are refused."""

import json
import random
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from segue.generator.encoders.store import default_encoders
from segue.generator.errors import TokenizerCorrupt, TokenizerMismatch, UserError
from segue.generator.layout import position
from segue.generator.modality import MODALITIES, Modality
from segue.generator.sentences import HashingEncoder
from segue.generator.tokenizer import Tokenizer
from segue.generator.tokenizer_files import MANIFEST, read_fingerprint
from segue.generator.track import Track

GENRES = ("rock", "jazz", "techno", "folk")
SIZES = (16, 8, 4)


def library(count: int = 120) -> list[Track]:
    """Tracks of forty artists, one genre per artist; every third has no date, every fifth no genre."""
    return [
        Track.model_validate(
            {
                "id": f"t{n}",
                "title": f"Song number {n} of {('rain', 'sun', 'sea', 'night')[n % 4]}",
                "artists": [f"Artist {n % 40}"],
                "genres": [] if n % 5 == 0 else [GENRES[n % 4]],
                "released": None if n % 3 == 0 else str(1960 + n % 60),
                "tempo": 80 + n % 70 if n % 2 else None,
                "listened": [{"id": f"list {n % 7}"}],
            }
        )
        for n in range(count)
    ]


def trained(tracks: Sequence[Track], quantizer: str = "residual-kmeans", seed: int = 0) -> Tokenizer:
    return Tokenizer.train(tracks, default_encoders(HashingEncoder()), quantizer=quantizer, sizes=SIZES, seed=seed)


@pytest.fixture(scope="module")
def tracks() -> list[Track]:
    return library()


@pytest.fixture(scope="module")
def tokenizer(tracks: list[Track]) -> Tokenizer:
    return trained(tracks)


@pytest.fixture
def stored(tokenizer: Tokenizer, tmp_path: Path) -> Path:
    tokenizer.save(tmp_path / "tokenizer")
    return tmp_path / "tokenizer"


def load(folder: Path, fingerprint: str | None = None) -> Tokenizer:
    return Tokenizer.load(folder, fingerprint=fingerprint, sentences=HashingEncoder())


def test_codes_fit_the_layout_and_unknown_is_written_as_zeros(tokenizer: Tokenizer, tracks: list[Track]) -> None:
    codes = tokenizer.encode(tracks)
    assert codes.shape == (120, 27)
    assert np.array_equal(tokenizer.layout.check(codes), codes)
    known = tokenizer.layout.known(codes)
    has_date = [track.released is not None for track in tracks]
    has_genre = [bool(track.genres) for track in tracks]
    assert known[:, MODALITIES.index(Modality.RI)].tolist() == has_date
    assert known[:, MODALITIES.index(Modality.ST)].tolist() == has_genre
    assert not known[:, MODALITIES.index(Modality.SF)].any()
    assert known[:, MODALITIES.index(Modality.BM)].all()


def test_one_genre_is_one_code(tokenizer: Tokenizer, tracks: list[Track]) -> None:
    place = position(Modality.ST, 1)
    pairs = {
        (track.genres[0], code)
        for track, code in zip(tracks, tokenizer.encode(tracks)[:, place].tolist(), strict=True)
        if track.genres
    }
    assert len(pairs) == len(GENRES)
    assert len({code for _, code in pairs}) == len(GENRES)


def test_other_tracks_never_change_an_id(tokenizer: Tokenizer, tracks: list[Track]) -> None:
    strangers = [
        Track.model_validate({"id": f"n{n}", "title": f"Unheard {n}", "artists": [f"Newcomer {n}"]}) for n in range(30)
    ]
    together = tokenizer.encode([*strangers, *tracks])
    assert np.array_equal(together[30:], tokenizer.encode(tracks))
    assert np.array_equal(together[:7], tokenizer.encode(strangers[:7]))


def test_reconstruction_is_near_what_was_encoded(tokenizer: Tokenizer, tracks: list[Track]) -> None:
    codes = tokenizer.encode(tracks)
    before = tokenizer.encoders[Modality.RI].encode(tracks)
    errors = []
    for levels in (1, 3):
        after = tokenizer.reconstruct(codes, Modality.RI, levels=levels)
        assert np.array_equal(after.known, before.known)
        errors.append(float(((after.vectors - before.vectors)[before.known] ** 2).sum(axis=1).mean()))
    spread = float(before.vectors[before.known].var(axis=0).sum())
    assert errors[1] < errors[0] < 0.2 * spread


def test_encode_features_is_the_same_as_encode(tokenizer: Tokenizer, tracks: list[Track]) -> None:
    features = {modality: encoder.encode(tracks) for modality, encoder in tokenizer.encoders.items()}
    assert np.array_equal(tokenizer.encode_features(features), tokenizer.encode(tracks))


def test_progress_adds_up(tokenizer: Tokenizer, tracks: list[Track]) -> None:
    done: list[int] = []
    tokenizer.encode(tracks, done.append)
    assert sum(done) == len(tracks)


def test_saved_and_loaded_it_is_the_same(tokenizer: Tokenizer, tracks: list[Track], stored: Path) -> None:
    again = load(stored, fingerprint=tokenizer.fingerprint)
    assert again.fingerprint == tokenizer.fingerprint == read_fingerprint(stored)
    assert again.layout == tokenizer.layout
    assert np.array_equal(again.encode(tracks), tokenizer.encode(tracks))


def test_training_is_repeatable_and_the_fingerprint_tells_tokenizers_apart(tracks: list[Track]) -> None:
    assert trained(tracks).fingerprint == trained(tracks).fingerprint
    assert len({trained(tracks, seed=seed).fingerprint for seed in range(3)}) == 3


def test_half_precision_is_smaller_and_another_tokenizer(tokenizer: Tokenizer, tmp_path: Path) -> None:
    half = tokenizer.rounded()
    tokenizer.save(tmp_path / "full")
    half.save(tmp_path / "half")
    full_size, half_size = ((tmp_path / n / "quantizers.safetensors").stat().st_size for n in ("full", "half"))
    assert half_size < 0.7 * full_size
    assert half.fingerprint != tokenizer.fingerprint
    assert load(tmp_path / "half").fingerprint == half.fingerprint


def test_another_fingerprint_is_refused(stored: Path) -> None:
    with pytest.raises(TokenizerMismatch, match="is needed"):
        load(stored, fingerprint="0" * 32)


def test_another_sentence_encoder_is_refused(stored: Path, tracks: list[Track]) -> None:
    other = Tokenizer.load(stored, sentences=HashingEncoder(64))
    with pytest.raises(TokenizerMismatch):
        other.encode(tracks)


def test_random_damage_is_always_refused(stored: Path) -> None:
    rng = random.Random(0)
    files = sorted(stored.iterdir())
    for _ in range(200):
        file = rng.choice(files)
        good = file.read_bytes()
        bad = bytearray(good)
        if rng.random() < 0.3:
            del bad[rng.randrange(len(bad)) :]
        else:
            bad[rng.randrange(len(bad))] ^= 1 << rng.randrange(8)
        file.write_bytes(bytes(bad))
        # Damage to white space between JSON's tokens changes nothing that is read.
        if file.name != MANIFEST or _differs(good, bytes(bad)):
            with pytest.raises(TokenizerCorrupt):
                load(stored)
        file.write_bytes(good)
    load(stored)


def _differs(good: bytes, bad: bytes) -> bool:
    try:
        return bool(json.loads(good) != json.loads(bad))
    except ValueError:
        return True


def test_missing_files_and_empty_folders_are_refused(stored: Path, tmp_path: Path) -> None:
    with pytest.raises(TokenizerCorrupt, match="no complete tokenizer"):
        load(tmp_path / "nowhere")
    (stored / "quantizers.json").unlink()
    with pytest.raises(TokenizerCorrupt, match="no complete tokenizer"):
        load(stored)


def test_random_ids_say_nothing_but_stay(tracks: list[Track]) -> None:
    tokenizer = trained(tracks, "random")
    codes = tokenizer.encode(tracks)
    same_artist = [codes[n, :3].tolist() for n in range(0, 120, 40)]
    assert len({tuple(code) for code in same_artist}) == 3
    assert np.array_equal(tokenizer.encode(tracks[50:60]), codes[50:60])


@pytest.mark.parametrize("quantizer", ["kmeans-1024", "vq-vae-1024", "nonsense"])
def test_what_makes_no_semantic_ids_is_refused(tracks: list[Track], quantizer: str) -> None:
    with pytest.raises(UserError):
        trained(tracks, quantizer)


def test_codebooks_beyond_one_byte_are_refused(tracks: list[Track]) -> None:
    with pytest.raises(UserError, match="level 1"):
        Tokenizer.train(tracks, default_encoders(HashingEncoder()), sizes=(256, 64, 31))
