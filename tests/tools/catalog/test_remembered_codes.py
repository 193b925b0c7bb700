"""Codes known beforehand: every track of the default catalog, and no track that differs in anything."""

from pathlib import Path

import numpy as np

from segue.generator.tokenizer_files import read_fingerprint
from segue.generator.track import Track
from segue.tools.catalog.remembered_codes import RememberedCodes


def song(number: int, title: str = "Song") -> Track:
    return Track.model_validate({"id": f"t{number}", "title": f"{title} {number}", "artists": ["Somebody"]})


def test_only_tracks_alike_in_everything_are_remembered(tmp_path: Path) -> None:
    tracks = [song(number) for number in range(20)]
    codes = np.random.default_rng(0).integers(1, 30, size=(20, 27)).astype(np.uint8)
    RememberedCodes.of(tracks, codes, "f" * 32).save(tmp_path / "codes.npz")
    again = RememberedCodes.load(tmp_path / "codes.npz")
    known, found = again.find([tracks[3], song(4, "Other song"), song(50), tracks[0]])
    assert again.fingerprint == "f" * 32
    assert known.tolist() == [True, False, False, True]
    assert np.array_equal(found[[0, 3]], codes[[3, 0]])
    assert not found[[1, 2]].any()


def test_the_package_remembers_the_whole_default_catalog_by_the_shipped_tokenizer(
    shipped_tracks: tuple[Track, ...],
) -> None:
    remembered = RememberedCodes.load()
    assert remembered.fingerprint == read_fingerprint()
    known, codes = remembered.find(shipped_tracks)
    assert known.all()
    assert len(np.unique(codes, axis=0)) > 0.99 * len(codes)
