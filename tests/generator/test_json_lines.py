"""Benchmarks name the file and the line of what they cannot read."""

import gzip
from pathlib import Path

import pytest

from segue.evals.bench.playlists import read_playlist_ids
from segue.generator.errors import SourceError
from segue.generator.json_lines import read_lines, read_objects


def test_objects_come_with_the_numbers_of_their_lines(tmp_path: Path) -> None:
    plain, packed = tmp_path / "a.jsonl", tmp_path / "a.jsonl.gz"
    plain.write_text('{"a": 1}\n\n{"a": 2}\n', encoding="utf-8")
    packed.write_bytes(gzip.compress(plain.read_bytes()))
    assert list(read_objects(plain)) == list(read_objects(packed)) == [(1, {"a": 1}), (3, {"a": 2})]


@pytest.mark.parametrize("content", [b'{"a": 1}\nnot json\n', b"[1]\n", b"\xff\xfe\x00"])
def test_what_is_no_object_is_told(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(content)
    with pytest.raises(SourceError, match=r"a\.jsonl"):
        list(read_objects(path))


def test_a_file_that_is_missing_or_only_named_gz_is_told(tmp_path: Path) -> None:
    (tmp_path / "a.gz").write_text("plain", encoding="utf-8")
    for path in (tmp_path / "missing", tmp_path / "a.gz"):
        with pytest.raises(SourceError, match="cannot be read"):
            list(read_lines(path))


@pytest.mark.parametrize("content", ["", "{", '{"a": 1}', "[1, 2]"])
def test_held_out_playlists_must_be_a_list_of_ids(tmp_path: Path, content: str) -> None:
    path = tmp_path / "ids.json"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(SourceError, match=r"ids\.json"):
        read_playlist_ids(path)
    path.write_text('["p1", "p2"]', encoding="utf-8")
    assert read_playlist_ids(path) == {"p1", "p2"}
