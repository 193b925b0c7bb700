from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from segue.generator.errors import CatalogCorrupt
from segue.generator.sentences import HashingEncoder
from segue.generator.track import Track
from segue.tools.catalog.catalog import Catalog
from segue.tools.catalog.update import update_catalog
from segue.tools.search.entities import EntityLinker
from segue.tools.search.name_building import build_names, columns_of
from segue.tools.search.name_index import NameIndex, NamesArtefact
from segue.tools.search.name_table import NameTable
from segue.tools.search.search import search

TITLES = ["September", "American Girl", "Under Pressure", "Creep (Live)", "千本桜"]
ARTISTS = [
    ["Earth, Wind & Fire"],
    ["Tom Petty & The Heartbreakers"],
    ["Queen", "David Bowie"],
    ["Radiohead"],
    ["黒うさP"],
]
ALBUMS = ["I Am", None, "Hot Space", None, None]
MESSAGES = ["tom petty or earth wind and fire", "creep by radiohaed", "songs by queen and david bowie", "千本桜 please"]


def test_what_is_read_from_the_disk_links_like_what_was_built(tmp_path: Path) -> None:
    table = build_names(TITLES, ARTISTS, ALBUMS)
    table.save(tmp_path)
    built, read = EntityLinker(NameIndex(table)), EntityLinker(NameIndex.open(tmp_path))
    assert list(read.names.names) == list(built.names.names)
    for message in MESSAGES:
        assert read.link(message) == built.link(message) != []


def test_a_joint_credit_counts_for_the_artists_that_it_joins() -> None:
    index = NameIndex.of_columns(["One", "Two"], [["Queen"], ["Queen & Nobody Else"]], [None, None])
    number = index.find("artist", "queen")
    assert number is not None
    assert index.positions(number).tolist() == [0]  # the other part is no known artist, and one word is too little
    known = NameIndex.of_columns(["One", "Two"], [["Queen"], ["Queen & David Bowie"]], [None, None])
    joined = NameIndex.of_columns(
        ["One", "Two", "Three"], [["Queen"], ["Queen & David Bowie"], ["David Bowie"]], [None] * 3
    )
    for found, positions in ((known, [0]), (joined, [0, 1])):
        number = found.find("artist", "Queen")
        assert number is not None
        assert found.positions(number).tolist() == positions


names = st.text(alphabet="ab é&'()千本-the ", min_size=1, max_size=25)


@settings(deadline=None)
@given(st.lists(st.tuples(names, st.lists(names, min_size=1, max_size=2), st.none() | names), max_size=6))
def test_every_name_is_found_by_its_own_spelling(rows: list[tuple[str, list[str], str | None]]) -> None:
    index = NameIndex.of_columns([row[0] for row in rows], [row[1] for row in rows], [row[2] for row in rows])
    for number, name in enumerate(index.names):
        assert index.find(name.kind, name.text) == number
        assert len(index.positions(number)) >= 1


def test_a_catalog_keeps_its_names_through_an_update(tmp_path: Path) -> None:
    def track(number: int, title: str, artist: str) -> Track:
        return Track.model_validate({"id": f"t{number}", "title": title, "artists": [artist]})

    encoder = HashingEncoder()
    update_catalog(
        tmp_path, [track(0, "Glory Box", "Portishead"), track(1, "Teardrop", "Massive Attack")], encoder=encoder
    )
    update_catalog(tmp_path, [track(2, "Roads", "Portishead")], ["t1"], encoder=encoder)
    with Catalog.open(tmp_path) as catalog:
        index = NameIndex.open(catalog.folder)
        assert list(index.names) == list(NameIndex(build_names(*columns_of(catalog.table))).names)
        number = index.find("artist", "portishead")
        assert number is not None
        assert index.positions(number).tolist() == [0, 1]
        assert index.find("artist", "Massive Attack") is None
        assert [hit.track.id for hit in search(catalog, "roads by portishead").hits][:1] == ["t2"]


@pytest.mark.parametrize("damage", ["missing", "no JSON", "another format", "arrays of another catalog", "cut off"])
def test_damage_is_named_not_read(tmp_path: Path, damage: str) -> None:
    table = build_names(TITLES, ARTISTS, ALBUMS)
    table.save(tmp_path)
    texts, arrays = tmp_path / "names" / "texts.json", tmp_path / "names" / "arrays.npz"
    match damage:
        case "missing":
            texts.unlink()
        case "no JSON":
            texts.write_text("[1, 2")
        case "another format":
            texts.write_text(texts.read_text("utf-8").replace('"format": 1', '"format": 99'), encoding="utf-8")
        case "arrays of another catalog":
            (tmp_path / "other").mkdir()
            build_names(TITLES[:2], ARTISTS[:2], ALBUMS[:2]).save(tmp_path / "other")
            arrays.write_bytes((tmp_path / "other" / "names" / "arrays.npz").read_bytes())
        case _:
            arrays.write_bytes(arrays.read_bytes()[:100])
    with pytest.raises(CatalogCorrupt, match="names"):
        NameTable.load(tmp_path)


def test_names_of_other_tracks_do_not_pass_for_those_of_the_catalog(tmp_path: Path) -> None:
    update_catalog(
        tmp_path, [Track.model_validate({"id": "a", "title": "A", "artists": ["B"]})], encoder=HashingEncoder()
    )
    with Catalog.open(tmp_path) as catalog:
        NamesArtefact().check(catalog.folder, catalog.table)
        with pytest.raises(CatalogCorrupt, match="names of 1 tracks, not 0"):
            NamesArtefact().check(catalog.folder, catalog.table.slice(0, 0))
