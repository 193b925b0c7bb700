import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from segue.generator.errors import CatalogCorrupt, CatalogLocked, CatalogNotWritable, TrackNotFound
from segue.generator.sentences import HashingEncoder
from segue.generator.track import Track
from segue.tools.catalog.catalog import Catalog
from segue.tools.catalog.describe import describe
from segue.tools.catalog.locks import write_lock
from segue.tools.catalog.update import update_catalog
from segue.tools.search.lexical import LexicalIndex

Library = Any


def test_importing_the_same_again_changes_nothing(tmp_path: Path, library: Library) -> None:
    first = library.write(tmp_path, library.songs(20))
    before = library.tree(tmp_path)
    again = library.write(tmp_path, library.songs(20))
    assert (first.added, first.tracks) == (20, 20)
    assert (again.added, again.changed, again.unchanged, again.version) == (0, 0, 20, first.version)
    assert library.tree(tmp_path) == before


def test_what_is_derived_is_made_of_the_rows_that_were_written(tmp_path: Path, library: Library) -> None:
    library.write(tmp_path, library.songs(3))
    fleeting = library.song(1, title="Fleeting")
    passing, lasting = library.song(2, title="Passing"), library.song(2, title="Lasting")
    summary = library.write(tmp_path, [fleeting, passing, library.song(1), lasting, library.song(3)])
    assert (summary.added, summary.changed, summary.unchanged) == (1, 1, 1)
    with Catalog.open(tmp_path) as catalog:
        index = LexicalIndex.open(catalog.folder)
        found = {word: index.query(word, 5).positions.tolist() for word in ("fleeting", "passing", "lasting")}
        assert found == {"fleeting": [], "passing": [], "lasting": [2]}
        assert index.query("unmistakable00001", 5).positions.tolist() == [1]
        nearest = catalog.dense.query(library.encoder.encode([describe(library.song(1))])[0], 1)
        assert nearest.positions.tolist() == [1]


def test_changed_tracks_keep_their_place_and_new_ones_follow(tmp_path: Path, library: Library) -> None:
    library.write(tmp_path, library.songs(10))
    loud = library.song(4, plays=7)
    summary = library.write(tmp_path, [library.song(11), loud, library.song(5), library.song(10)], ("id-00002",))
    assert (summary.added, summary.changed, summary.unchanged, summary.removed) == (2, 1, 1, 1)
    with Catalog.open(tmp_path) as catalog:
        numbers = [0, 1, 3, 4, 5, 6, 7, 8, 9, 11, 10]
        assert list(catalog) == [loud if n == 4 else library.song(n) for n in numbers]


def test_of_two_tracks_with_one_id_the_later_counts(tmp_path: Path, library: Library) -> None:
    library.write(tmp_path, [library.song(1), library.song(2), library.song(1, plays=3)])
    with Catalog.open(tmp_path) as catalog:
        assert sorted((track.id, track.plays) for track in catalog) == [("id-00001", 3), ("id-00002", 0)]
    library.write(tmp_path, [library.song(1, plays=4), library.song(1, plays=3)])
    with Catalog.open(tmp_path) as catalog:
        assert catalog.track("id-00001").plays == 3


Step = tuple[dict[int, int], set[int]]


@settings(deadline=None, max_examples=5, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.tuples(st.dictionaries(st.integers(0, 12), st.integers(0, 2), max_size=8), st.sets(st.integers(0, 12))),
        min_size=1,
        max_size=4,
    )
)
def test_any_sequence_of_updates_leaves_what_a_dict_would_hold(
    tmp_path_factory: pytest.TempPathFactory, library: Library, steps: list[Step]
) -> None:
    folder = tmp_path_factory.mktemp("catalog")
    model: dict[str, Track] = {}
    for upsert, remove in steps:
        tracks = [library.song(number, moods=["calm"] * plays, plays=plays) for number, plays in upsert.items()]
        gone = tuple(f"id-{n:05d}" for n in remove - upsert.keys() if f"id-{n:05d}" in model)
        library.write(folder, tracks, gone)
        for track in tracks:
            model[track.id] = track
        for track_id in gone:
            del model[track_id]
        with Catalog.open(folder) as catalog:
            assert list(catalog) == list(model.values())
            for name in catalog.manifest.derived:
                catalog.manifest.check_artefact(catalog.folder, name)
            if model:
                query = library.encoder.encode([describe(catalog.at(0))])[0]
                assert catalog.dense.query(query, 1).scores[0] == pytest.approx(1)


def test_a_removed_track_leaves_no_bytes_behind(tmp_path: Path, library: Library) -> None:
    library.write(tmp_path, library.songs(40))
    assert library.files_with(tmp_path, "id-00017"), "the search for bytes finds what is there"
    library.write(tmp_path, [], ("id-00017",))
    assert library.files_with(tmp_path, "id-00017") == []
    assert library.files_with(tmp_path, "Unmistakable00017") == []
    assert library.files_with(tmp_path, "id-00018")


def test_a_renamed_track_leaves_no_bytes_of_the_old_name(tmp_path: Path, library: Library) -> None:
    library.write(tmp_path, library.songs(40))
    library.write(tmp_path, [library.song(17, title="Other")])
    assert library.files_with(tmp_path, "Unmistakable00017") == []


def test_a_removed_track_goes_when_the_last_reader_has_closed(tmp_path: Path, library: Library) -> None:
    library.write(tmp_path, library.songs(5))
    with Catalog.open(tmp_path), Catalog.open(tmp_path):
        library.write(tmp_path, [], ("id-00003",))
        assert library.files_with(tmp_path, "id-00003")
    assert library.files_with(tmp_path, "id-00003") == []


def test_removing_what_is_not_there_is_refused_and_changes_nothing(tmp_path: Path, library: Library) -> None:
    library.write(tmp_path, library.songs(5))
    before = library.tree(tmp_path)
    with pytest.raises(TrackNotFound, match="id-00009"):
        library.write(tmp_path, library.songs(8), ("id-00009",))
    with pytest.raises(ValueError, match="both incoming and to be removed"):
        library.write(tmp_path, library.songs(8), ("id-00003",))
    assert library.tree(tmp_path) == before


def test_a_source_that_fails_halfway_leaves_the_old_catalog(tmp_path: Path, library: Library) -> None:
    def broken() -> Iterator[Track]:
        yield library.song(6)
        raise OSError("the source is gone")

    library.write(tmp_path, library.songs(5))
    before = library.tree(tmp_path)
    with pytest.raises(OSError, match="the source is gone"):
        update_catalog(tmp_path, broken(), encoder=library.encoder)
    assert library.tree(tmp_path) == before


def test_only_texts_that_changed_are_embedded_again(tmp_path: Path, library: Library) -> None:
    library.write(tmp_path, library.songs(30))
    grown = library.write(tmp_path, [*library.songs(35), library.song(3, plays=9), library.song(4, moods=["sad"])])
    assert (grown.added, grown.changed) == (5, 2)
    assert grown.stages["embedding"].items == 6
    removed = library.write(tmp_path, [], ("id-00000",))
    assert removed.stages["embedding"].items == 0


def test_another_encoder_embeds_everything_again(tmp_path: Path, library: Library) -> None:
    library.write(tmp_path, library.songs(10))
    summary = update_catalog(tmp_path, encoder=HashingEncoder(16))
    assert summary.stages["embedding"].items == 10
    with Catalog.open(tmp_path) as catalog:
        assert catalog.dense.vectors.shape == (10, 16)
    assert update_catalog(tmp_path, library.songs(11)).stages["embedding"].items == 1, "the catalog's encoder is kept"


def test_weights_that_changed_under_the_same_name_embed_everything_again(tmp_path: Path, library: Library) -> None:
    library.write(tmp_path, library.songs(10))
    other = HashingEncoder()
    other.fingerprint = "other"
    assert update_catalog(tmp_path, library.songs(11), encoder=other).stages["embedding"].items == 11


def test_provenance_is_kept_until_it_is_replaced(tmp_path: Path, library: Library) -> None:
    update_catalog(tmp_path, library.songs(2), encoder=library.encoder, provenance={"from": ["a.csv"]})
    library.write(tmp_path, library.songs(3))
    with Catalog.open(tmp_path) as catalog:
        assert catalog.manifest.provenance == {"from": ["a.csv"]}


def test_an_empty_catalog_can_be_made_searched_and_filled(tmp_path: Path, library: Library) -> None:
    library.write(tmp_path, [])
    with Catalog.open(tmp_path) as catalog:
        assert list(catalog) == []
        assert catalog.dense.query(library.encoder.encode(["x"])[0], 3).positions.shape == (0,)
    library.write(tmp_path, library.songs(2))
    library.write(tmp_path, [], ("id-00000", "id-00001"))
    with Catalog.open(tmp_path) as catalog:
        assert len(catalog) == 0


def test_a_second_writer_is_told_so(tmp_path: Path, library: Library) -> None:
    def other() -> None:
        with pytest.raises(CatalogLocked, match="another process"):
            library.write(tmp_path, library.songs(2))
        refused.append(True)

    refused: list[bool] = []
    with write_lock(tmp_path):
        library.write(tmp_path, library.songs(1))  # the holder itself may update
        thread = threading.Thread(target=other)
        thread.start()
        thread.join()
    assert refused
    assert library.write(tmp_path, library.songs(2)).tracks == 2


def test_damaged_vectors_are_not_built_upon(tmp_path: Path, library: Library) -> None:
    library.write(tmp_path, library.songs(5))
    (vectors,) = tmp_path.rglob("vectors.npy")
    content = bytearray(vectors.read_bytes())
    content[-1] ^= 1
    vectors.write_bytes(content)
    with pytest.raises(CatalogCorrupt, match=r"vectors\.npy"):
        library.write(tmp_path, library.songs(6))


FULL_DISK = """
import resource, sys
from segue.generator.sentences import HashingEncoder
from segue.generator.track import Track
from segue.tools.catalog.update import update_catalog
tracks = [Track(id=str(n), title=f"Song {n}", artists=["A"], work_id=str(n)) for n in range(2000)]
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]), int(sys.argv[2])))
update_catalog(sys.argv[1], tracks, encoder=HashingEncoder())
"""


@pytest.mark.parametrize("room", [4_000, 40_000, 200_000])
def test_a_full_disk_is_said_in_one_line_and_leaves_the_old_catalog(
    tmp_path: Path, library: Library, room: int
) -> None:
    # A limit on the size of files stands in for the full disk: writes fail in the same way, wherever they happen.
    library.write(tmp_path, library.songs(5))
    before = library.tree(tmp_path)
    run = subprocess.run(
        [sys.executable, "-c", FULL_DISK, str(tmp_path), str(room)], capture_output=True, text=True, check=False
    )
    assert CatalogNotWritable.__name__ in run.stderr.splitlines()[-1], run.stderr
    assert library.tree(tmp_path) == before


def test_a_folder_that_cannot_be_made_is_said_in_one_line(tmp_path: Path, library: Library) -> None:
    (tmp_path / "file").write_text("not a folder")
    with pytest.raises(CatalogNotWritable, match="file"):
        library.write(tmp_path / "file" / "music", library.songs(1))
