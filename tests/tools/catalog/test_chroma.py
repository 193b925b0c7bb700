from pathlib import Path
from typing import Any

import numpy as np
import pytest

from segue.generator.errors import CatalogCorrupt
from segue.tools.catalog.chroma import ChromaReader, build_index, extend_index, indexed_ids

Library = Any


def unit_vectors(count: int) -> np.ndarray:
    vectors = np.random.default_rng(3).normal(size=(count, 8)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    return vectors


def ignore(done: int) -> None:
    pass


@pytest.mark.parametrize(("first", "added"), [(0, 0), (0, 1), (1, 1), (1, 2), (300, 0), (300, 1), (300, 40)])
def test_an_extended_index_finds_everything_and_is_never_written_by_readers(
    tmp_path: Path, library: Library, first: int, added: int
) -> None:
    ids = [f"id {n}" for n in range(first + added)]
    vectors = unit_vectors(len(ids))
    build_index(tmp_path / "one", ids[:first], vectors[:first], ignore)
    extend_index(tmp_path / "two", tmp_path / "one", ids[first:], vectors[first:], ignore)
    assert indexed_ids(tmp_path / "two") == ids
    before = library.tree(tmp_path / "two")
    reader = ChromaReader(tmp_path / "two")
    other = ChromaReader(tmp_path / "two")  # readers do not meet
    for row, track_id in enumerate(ids):
        assert reader.query(vectors[row : row + 1], 1) == [[track_id]]
    reader.close()
    if ids:
        assert other.query(vectors[:1], 1) == [["id 0"]]
    other.close()
    assert library.tree(tmp_path / "two") == before


def test_an_index_that_is_gone_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CatalogCorrupt, match="nowhere"):
        indexed_ids(tmp_path / "nowhere")
    (tmp_path / "empty").mkdir()
    with pytest.raises(CatalogCorrupt, match="empty"):
        ChromaReader(tmp_path / "empty")


def test_a_small_index_holds_nothing_of_what_the_process_had_in_memory(tmp_path: Path) -> None:
    build_index(tmp_path / "one", [f"id {n}" for n in range(40)], unit_vectors(40), ignore)
    extend_index(tmp_path / "two", tmp_path / "one", ["id 40"], unit_vectors(41)[40:], ignore)
    for name, count in (("one", 40), ("two", 41)):
        (path,) = (tmp_path / name).rglob("data_level0.bin")
        each = 33 * 4 + 8 * 4 + 8  # links of the lowest level, vector, label
        unused = path.read_bytes()[count * each :]
        assert len(unused) == (100 - count) * each
        assert not any(unused)
