import shutil
from pathlib import Path
from typing import Any

import pytest

from segue.generator.errors import CatalogCorrupt, CatalogNotFound
from segue.tools.catalog.catalog import Catalog
from segue.tools.catalog.parquet import from_rows, read_table
from segue.tools.catalog.repair import repair

Library = Any


@pytest.fixture
def folder(tmp_path: Path, library: Library) -> Path:
    library.write(tmp_path / "music", library.songs(30))
    return tmp_path / "music"


def version(folder: Path) -> Path:
    (found,) = (folder / "versions").iterdir()
    return found


def sound(folder: Path, library: Library) -> None:
    """Everything can be read and searched again, and a second repair finds nothing to do."""
    with Catalog.open(folder) as catalog:
        assert list(catalog) == library.songs(30)
        catalog.dense.exact_below = 0
        assert len(catalog.dense.query(library.encoder.encode(["rock"])[0], 5).positions) == 5
    again = repair(folder)
    assert (again.problems, again.rebuilt) == ((), ())


def test_a_sound_catalog_stays_as_it_is(folder: Path, library: Library) -> None:
    before = library.tree(folder)
    assert repair(folder).problems == ()
    assert library.tree(folder) == before


def test_all_can_be_made_anew(folder: Path, library: Library) -> None:
    report = repair(folder, everything=True)
    assert report.problems == ()
    assert "dense" in report.rebuilt
    sound(folder, library)


@pytest.mark.parametrize(
    ("artefact", "victim", "damage"),
    [
        ("dense", "vectors.npy", "flip"),
        ("dense", "texts.npy", "truncate"),
        ("dense", "encoder.json", "delete"),
        ("dense", "chroma.sqlite3", "flip"),
        ("dense", "header.bin", "truncate"),
        ("names", "arrays.npz", "flip"),
        ("names", "texts.json", "delete"),
    ],
)
def test_whatever_is_derived_is_made_anew(
    folder: Path, library: Library, artefact: str, victim: str, damage: str
) -> None:
    (path,) = folder.rglob(victim)
    content = bytearray(path.read_bytes())
    if damage == "flip":
        content[len(content) // 2] ^= 4
        path.write_bytes(content)
    elif damage == "truncate":
        path.write_bytes(content[:-1])
    else:
        path.unlink()
    report = repair(folder)
    assert victim in report.problems[0]
    assert report.rebuilt == (artefact,)
    sound(folder, library)


def test_a_lost_index_and_a_foreign_file_are_found(folder: Path, library: Library) -> None:
    (version(folder) / "dense" / "extra").write_text("?")
    assert "extra" in repair(folder).problems[0]
    shutil.rmtree(version(folder) / "dense" / "chroma")
    assert "chroma" in repair(folder).problems[0]
    sound(folder, library)


def test_a_lost_manifest_is_written_again_after_every_track_was_read(folder: Path, library: Library) -> None:
    (version(folder) / "manifest.json").unlink()
    report = repair(folder, encoder=library.encoder)
    assert "manifest.json is missing" in report.problems[0]
    sound(folder, library)


@pytest.mark.parametrize("content", [None, "", "nonsense", "v000042-00000000\n"])
def test_a_lost_pointer_is_set_to_the_newest_whole_version(folder: Path, library: Library, content: str | None) -> None:
    (folder / "CURRENT").unlink()
    if content is not None:
        (folder / "CURRENT").write_text(content)
    assert "CURRENT" in repair(folder).problems[0]
    sound(folder, library)


def test_an_import_goes_on_with_a_catalog_whose_pointer_is_lost(folder: Path, library: Library) -> None:
    (folder / "CURRENT").unlink()
    assert library.write(folder, library.songs(31)).added == 1
    with Catalog.open(folder) as catalog:
        assert list(catalog) == library.songs(31)


def test_damaged_tracks_are_refused_by_name(folder: Path) -> None:
    path = version(folder) / "tracks.parquet"
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    with pytest.raises(CatalogCorrupt, match=r"tracks\.parquet"):
        repair(folder)


def test_without_a_manifest_damaged_tracks_are_refused_or_read_as_they_were(folder: Path, library: Library) -> None:
    path = version(folder) / "tracks.parquet"
    content = path.read_bytes()
    refused = 0
    for place in range(0, len(content), 37):
        path.write_bytes(content[:place] + bytes([content[place] ^ (1 << place % 8)]) + content[place + 1 :])
        try:
            assert list(from_rows(read_table(path, verify=True))) == library.songs(30)
        except (ValueError, OSError):
            refused += 1
    assert refused > 50
    path.write_bytes(content[:-1])
    (version(folder) / "manifest.json").unlink()
    with pytest.raises(CatalogCorrupt, match=r"tracks\.parquet"):
        repair(folder)


def test_where_no_catalog_stands_there_is_nothing_to_repair(tmp_path: Path) -> None:
    for folder in (tmp_path, tmp_path / "nowhere"):
        with pytest.raises(CatalogNotFound):
            repair(folder)
    assert not (tmp_path / "nowhere").exists()
