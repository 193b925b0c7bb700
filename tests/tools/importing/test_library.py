"""An import as a whole: it adds up, it may be repeated, and an update keeps ids."""

from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from segue.generator.errors import SourceError
from segue.tools.catalog.catalog import Catalog
from segue.tools.catalog.export import export_catalog

ROWS: list[dict[str, Any]] = [
    {"title": "Halo", "artist": "Beyoncé", "album": "I Am", "year": 2008, "genre": "pop", "duration": "4:21"},
    {"title": "Halo", "artist": "Depeche Mode", "album": "Violator", "genre": "synthpop"},
    {"title": "Halo (Live)", "artist": "Beyoncé"},
    {"title": "Nothing", "artist": ""},
]


def test_import_counts_every_row_and_tells_what_it_left_out(home: Any) -> None:
    summary = home.load(home.lines("a.jsonl", [*ROWS, {**ROWS[0], "colour": "red", "year": "soon"}]))
    (source,) = summary.sources
    assert (source.rows, source.accepted, source.merged, source.rejected, source.cells) == (5, 3, 1, 1, 1)
    assert list(source.ignored) == ["colour"]
    assert [(entry["line"], entry["scope"], entry["reason"]) for entry in home.rejected()] == [
        (4, "row", "no artist"), (5, "cell", "year: not a date: 'soon'")
    ]  # fmt: skip
    assert len(home.tracks()) == 3
    assert 0 < summary.seconds_apart_from_embedding < summary.seconds
    assert summary.rows_per_second == 5 / summary.seconds_apart_from_embedding


def test_importing_again_changes_nothing_and_an_update_keeps_ids(home: Any) -> None:
    home.load(home.lines("a.jsonl", ROWS))
    before = home.tracks()
    again = home.load(home.lines("a.jsonl", ROWS)).update
    assert (again.added, again.changed) == (0, 0)
    assert home.tracks() == before
    update = home.lines("b.jsonl", [{"title": "HALO", "artist": "beyonce", "genre": "r&b", "tempo": 80, "year": ""}])
    assert home.load(update).update.changed == 1
    after = home.tracks()
    assert [track.id for track in after] == [track.id for track in before]
    # Known fields override, holes erase nothing, lists grow.
    assert (after[0].tempo, after[0].released, after[0].genres) == (80, "2008", ("pop", "r&b"))
    assert after[1:] == before[1:]


def test_a_source_with_ids_means_different_tracks_by_different_ids(home: Any) -> None:
    rows = [{"id": str(number), "title": "Intro", "artist": "The xx"} for number in range(3)]
    assert home.load(home.lines("a.jsonl", rows)).update.added == 3
    assert home.load(home.lines("a.jsonl", rows[::-1])).update.changed == 0
    # ... and an id that already belongs to something else is no update of it.
    home.load(home.lines("b.jsonl", [{"id": "1", "title": "Hurt", "artist": "Johnny Cash"}]))
    assert "already belongs to 'Intro' by The xx" in home.rejected()[0]["reason"]
    assert {track.title for track in home.tracks()} == {"Intro"}


def test_shared_identifiers_join_sources_that_spell_differently(home: Any) -> None:
    isrc = "GBAYE0601498"
    home.load(home.lines("a.jsonl", [{"title": "Rehab", "artist": "Amy Winehouse", "isrc": isrc}]))
    home.load(home.lines("b.jsonl", [{"id": "77", "title": "Rehab (Album)", "artist": "A. Winehouse", "isrc": isrc}]))
    (track,) = home.tracks()
    assert track.id == f"isrc-{isrc}"


@pytest.mark.parametrize("ending", [".jsonl", ".csv", ".parquet"])
def test_export_then_import_gives_the_same_tracks(home: Any, ending: str) -> None:
    rich = {
        "title": "Dreadlock, \"Holiday\"\nx", "artists": ["10cc", "A, B"], "credits": [["Eric Stewart", "writer"]],
        "moods": ["wry"], "features": {"energy": 0.5, "key": 1, "mode": 1, "tempo": 99.5}, "playlists": [["p", "P"]],
        "fact": "=1+1", "url": "https://example.org/1", "plays": 3, "popularity": 50, "year": "1978-05",
    }  # fmt: skip
    home.load(home.lines("a.jsonl", [*ROWS, rich]))
    file = home.root / f"export{ending}"
    with Catalog.open(home.folder) as catalog:
        export_catalog(catalog, file)
    before = home.tracks()
    assert home.load(file).update.changed == 0
    home.folder = home.root / "other"
    home.load(file)
    assert home.tracks() == before


def test_parquet_and_tables_with_a_map(home: Any) -> None:
    table = pa.table({"Stück": ["Für Elise", None], "Wer": ["Beethoven", "x"]})
    pq.write_table(table, home.root / "a.parquet")
    with pytest.raises(SourceError, match=r"no column for the title: name it with --map title=COLUMN"):
        home.load(home.root / "a.parquet")
    summary = home.load(home.root / "a.parquet", mapping={"title": "Stück", "artist": "Wer"})
    assert (summary.total("accepted"), summary.total("rejected")) == (1, 1)
    assert home.tracks()[0].title == "Für Elise"


def test_a_source_that_cannot_be_read_leaves_no_catalog(home: Any, tmp_path: Path) -> None:
    (tmp_path / "x.parquet").write_bytes(b"PAR1 no")
    (tmp_path / "y.zip").write_bytes(b"no")
    (tmp_path / "z.docx").write_bytes(b"no")
    (tmp_path / "empty").mkdir()
    good = home.lines("good.jsonl", ROWS)
    for name in ("x.parquet", "y.zip", "z.docx", "missing.csv"):
        with pytest.raises(SourceError):
            home.load(good, tmp_path / name)
        assert not home.folder.exists()
    with pytest.raises(SourceError, match="holds no audio"):
        home.load(good, tmp_path / "empty")
    assert not (home.folder / "CURRENT").exists()
