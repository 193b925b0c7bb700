"""Whatever is in a file: no crash, and every row is accepted, merged or rejected."""

import csv
import io
import json
import tempfile
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from segue.tools.importing.columns import ColumnMap
from segue.tools.importing.delimited import read_delimited
from segue.tools.importing.records import read_json_lines
from segue.tools.importing.rejections import Rejections
from segue.tools.importing.staging import Staging
from segue.tools.importing.summary import SourceSummary
from segue.tools.importing.tables import Reader, TableImport

COLUMNS = (
    "id", "title", "artist", "album", "year", "genre", "duration", "duration_ms", "tempo", "key", "mode", "energy",
    "isrc", "mbid", "spotify_id", "youtube_ids", "playlists", "credits", "features", "popularity", "artists", "sound",
    "plays", "links", "facts", "loudness", "composer", "work_id", "released_month", "track", "colour",
)  # fmt: skip
SCALARS = (
    st.none() | st.booleans() | st.integers(-10, 4000) | st.floats() | st.text(max_size=12)
    | st.sampled_from(["Halo", "Beyoncé", "1999", "8A", "3:45", "[1]", "['a'", "nan", "1e999", "GBAYE0601498", "\x00"])
)  # fmt: skip
VALUES = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(COLUMNS) | st.text(max_size=3), inner, max_size=3)
    ),
    max_leaves=6,
)
NAMES = {"title": st.sampled_from(["Halo", "Halo (Live)", "?"]), "artist": st.sampled_from(["Beyoncé", "A & B"])}
ROWS = st.fixed_dictionaries(NAMES, optional={name: VALUES for name in COLUMNS if name not in NAMES})


def run(reader: Reader) -> SourceSummary:
    summary = SourceSummary("fuzz", "fuzz")
    with tempfile.TemporaryDirectory() as folder:
        staging, rejections = Staging(None), Rejections(Path(folder) / "rejected.jsonl")
        with rejections:
            TableImport(reader, staging, rejections, summary, ColumnMap()).run(lambda rows: None)
        written = rejections.path.read_text(encoding="utf-8").split("\n")[:-1] if rejections.path.exists() else []
        scopes = [json.loads(line)["scope"] for line in written]
    assert summary.rows == summary.accepted + summary.merged + summary.rejected
    assert scopes.count("row") == summary.rejected
    assert scopes.count("cell") == summary.cells
    assert len(list(staging.drain())) <= summary.accepted
    return summary


@settings(max_examples=100, deadline=None)
@given(st.lists(ROWS | st.dictionaries(st.sampled_from(COLUMNS), VALUES, max_size=6), max_size=5))
def test_json_rows(rows: list[dict[str, Any]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.jsonl"
        path.write_bytes(b"".join(json.dumps(row).encode() + b"\n" for row in rows))
        assert run(lambda: read_json_lines(path)).rows == len(rows)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.binary(max_size=60).map(lambda line: line.replace(b"\n", b" ")), max_size=8))
def test_bytes_as_json_lines(lines: list[bytes]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.jsonl"
        path.write_bytes(b"\n".join(lines))
        without_mark = path.read_bytes().removeprefix(b"\xef\xbb\xbf")
        expected = sum(bool(line.strip()) for line in without_mark.split(b"\n"))
        assert run(lambda: read_json_lines(path)).rows == expected


@settings(max_examples=100, deadline=None)
@given(st.lists(st.lists(st.text(max_size=10), min_size=2, max_size=4), max_size=6))
def test_written_tables(rows: list[list[str]]) -> None:
    """Rows that a program wrote properly are all counted, whatever their cells hold."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\r\n", quoting=csv.QUOTE_ALL)
    writer.writerows([["title", "artist", "genre"], *rows])
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.csv"
        path.write_bytes(buffer.getvalue().encode("utf-8", "surrogatepass"))
        assert run(lambda: read_delimited(path, ColumnMap().knows)).rows == len(rows)


@settings(max_examples=100, deadline=None)
@given(
    st.lists(st.sampled_from([b'"', b",", b"a", b"\n", b"\r", b"\xff", b"\xc3\xa9", b"\x00", b"b,c\n"]), max_size=40)
)
def test_bytes_as_a_table(pieces: list[bytes]) -> None:
    """Damaged tables never crash, and what stands on lines after the damage is still read."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.csv"
        path.write_bytes(b"title,artist\n" + b"".join(pieces) + b"\nlast,row\n")
        run(lambda: read_delimited(path, ColumnMap().knows))
