"""Tables are read whatever their dialect, and a damaged record costs itself only."""

import gzip
from pathlib import Path

import pytest

from segue.generator.errors import SourceError
from segue.tools.importing.columns import ColumnMap
from segue.tools.importing.delimited import read_delimited
from segue.tools.importing.rows import Rejection, Row


def read(path: Path, data: bytes) -> list[Row | Rejection]:
    path.write_bytes(gzip.compress(data) if path.suffix == ".gz" else data)
    return list(read_delimited(path, ColumnMap().knows))


@pytest.mark.parametrize("delimiter", [",", "\t", ";", "|"])
def test_delimiters(tmp_path: Path, delimiter: str) -> None:
    lines = [["title", "artist"], ["Halo", "Beyoncé"]]
    data = "\r\n".join(delimiter.join(line) for line in lines).encode()
    assert read(tmp_path / "t.csv", data) == [Row(2, {"title": "Halo", "artist": "Beyoncé"})]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_byte_order_marks(tmp_path: Path, encoding: str) -> None:
    data = "Name\tArtist\nHalo\tBeyoncé\n".encode(encoding)
    assert read(tmp_path / "Library.txt.gz", data) == [Row(2, {"Name": "Halo", "Artist": "Beyoncé"})]


def test_quoted_newlines_and_commas(tmp_path: Path) -> None:
    rows = read(tmp_path / "t.csv", b'title,artist\n"a, ""b""\nc",x\nd,y\n')
    assert rows == [Row(2, {"title": 'a, "b"\nc', "artist": "x"}), Row(4, {"title": "d", "artist": "y"})]


def test_an_unclosed_quote_costs_its_own_line_only(tmp_path: Path) -> None:
    rows = read(tmp_path / "t.csv", b'title,artist\na,x\n"b,y\nc,z\nd,w\n')
    assert [row.values["title"] for row in rows if isinstance(row, Row)] == ["a", "c", "d"]
    (rejected,) = (row for row in rows if isinstance(row, Rejection))
    assert rejected.line == 3
    assert "never closed" in rejected.reason


def test_ragged_and_undecodable_rows_are_rejected_with_their_line(tmp_path: Path) -> None:
    rows = read(tmp_path / "t.csv", b"title,artist\na\nb,x,y\n\n\xff\xfe,z\nok,w\n")
    rejected = [(row.line, row.reason) for row in rows if isinstance(row, Rejection)]
    assert rejected == [
        (2, "1 cells under 2 columns"), (3, "3 cells under 2 columns"), (5, "bytes that are not valid text")
    ]  # fmt: skip
    assert rows[-1] == Row(6, {"title": "ok", "artist": "w"})


def test_hopeless_files_say_what_to_do(tmp_path: Path) -> None:
    for data, message in ((b"", "empty"), (b"\x00\xff\n", "not text"), (b"a,a\n", "several columns")):
        with pytest.raises(SourceError, match=message):
            read(tmp_path / "t.csv", data)
