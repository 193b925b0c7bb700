from pathlib import Path
from typing import Any

import pytest

from segue.generator.errors import CatalogCorrupt, CatalogNotFound, TrackNotFound
from segue.tools.catalog.catalog import Catalog

Library = Any


@pytest.fixture
def folder(tmp_path: Path, library: Library) -> Path:
    library.write(tmp_path / "music", library.songs(30))
    return tmp_path / "music"


def test_a_catalog_is_a_sequence_of_tracks_found_by_id_and_position(folder: Path, library: Library) -> None:
    songs = library.songs(30)
    with Catalog.open(folder) as catalog:
        assert len(catalog) == 30
        assert list(catalog) == songs
        assert catalog.ids == tuple(song.id for song in songs)
        assert catalog.track("id-00007") == catalog.at(7) == songs[7]
        assert catalog.position("id-00007") == 7
        assert "id-00007" in catalog
        assert "id-99999" not in catalog
        assert catalog.table["title"][7].as_py() == songs[7].title
        assert catalog.manifest.tracks == 30


def test_what_is_not_there_is_said_to_be_missing(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(CatalogNotFound, match="elsewhere"):
        Catalog.open(tmp_path / "elsewhere")
    with Catalog.open(folder) as catalog:
        with pytest.raises(TrackNotFound, match="nobody"):
            catalog.track("nobody")
        for position in (-1, 30):
            with pytest.raises(IndexError):
                catalog.at(position)


@pytest.mark.parametrize("name", ["tracks.parquet", "manifest.json"])
@pytest.mark.parametrize("damage", ["flip", "truncate", "delete"])
def test_damaged_tracks_are_refused_by_name(folder: Path, name: str, damage: str) -> None:
    (version,) = (folder / "versions").iterdir()
    path = version / name
    content = bytearray(path.read_bytes())
    if damage == "delete":
        path.unlink()
    elif damage == "truncate":
        path.write_bytes(content[: len(content) // 2])
    else:
        content[len(content) // 3] ^= 0x80
        path.write_bytes(content)
    with pytest.raises(CatalogCorrupt, match=name):
        Catalog.open(folder)


def test_a_damaged_pointer_is_refused(folder: Path) -> None:
    (folder / "CURRENT").write_text("../../etc\n")
    with pytest.raises(CatalogCorrupt, match="CURRENT"):
        Catalog.open(folder)
    (folder / "CURRENT").write_text("v000009-00000000\n")
    with pytest.raises(CatalogCorrupt, match="v000009"):
        Catalog.open(folder)


def test_reading_and_searching_change_no_file(folder: Path, library: Library) -> None:
    before = library.tree(folder)
    with Catalog.open(folder) as catalog:
        catalog.dense.exact_below = 0
        query = library.encoder.encode([catalog.at(3).title])[0]
        assert len(catalog.dense.query(query, 5).positions) == 5
        assert library.tree(folder) == before
    assert library.tree(folder) == before


def test_a_reader_keeps_its_version_while_a_writer_replaces_it(folder: Path, library: Library) -> None:
    with Catalog.open(folder) as early:
        library.write(folder, library.songs(50, start=30), ("id-00003",))
        with Catalog.open(folder) as late:
            assert len(late) == 49
        assert len(early) == 30
        assert early.track("id-00003") == library.song(3)
        early.dense.exact_below = 0
        near = early.dense.query(library.encoder.encode([early.at(3).title])[0], 30)
        assert set(near.positions) == set(range(30))
        assert early.folder.is_dir()
    assert not early.folder.exists(), "the last reader deletes a version that is no longer current"
