"""Building the dense index: texts are encoded where they changed, vectors are reused where they did not.

Knows the files that `dense` reads; used only by whoever builds a catalog.
"""

from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa
import xxhash
from numpy.typing import NDArray

from segue.generator.errors import CatalogCorrupt
from segue.tools.catalog.chroma import build_index, extend_index, indexed_ids
from segue.tools.catalog.dense import FOLDER, read_array, read_encoder, read_vectors
from segue.tools.catalog.derived import EMBEDDING, Change
from segue.tools.catalog.describe import describe
from segue.tools.catalog.manifest import EncoderRecord
from segue.tools.catalog.parquet import ids_of

_CHUNK: Final = 4_096
"""Texts handed to the encoder at once; within a chunk it sorts them by length."""


class DenseArtefact:
    """Builds and checks `dense/` (see `dense.py` for its files)."""

    name = FOLDER

    def build(self, change: Change) -> None:
        """Describe, embed and index the tracks of the new version."""
        folder = change.folder / FOLDER
        folder.mkdir()
        old = change.previous / FOLDER if change.previous else None
        if old is not None and read_encoder(old).name != change.encoder.name:
            old = None
        texts, source, descriptions = _compare(change, old)
        if old is not None and descriptions and read_encoder(old).fingerprint != change.encoder.fingerprint:
            old = None  # same name, other weights: vectors of the two never meet
            texts, source, descriptions = _compare(change, None)
        if old is None:
            encoder = change.encoder
            record = EncoderRecord(name=encoder.name, fingerprint=encoder.fingerprint, dimension=encoder.dimension)
        else:
            record = read_encoder(old)

        vectors = np.empty((len(texts), record.dimension), dtype=np.float32)
        if old is not None:
            reused = np.flatnonzero(source >= 0)
            vectors[reused] = read_vectors(old)[source[reused]]
        _embed(change, descriptions, vectors)
        np.save(folder / "vectors.npy", vectors)
        np.save(folder / "texts.npy", texts)
        (folder / "encoder.json").write_text(record.model_dump_json(), encoding="utf-8")
        _index(change, old, source, vectors)

    def check(self, folder: Path, table: pa.Table) -> None:
        """See `Derived.check`: as many vectors as tracks, and exactly their ids in Chroma."""
        dense = folder / FOLDER
        shape = (table.num_rows, read_encoder(dense).dimension)
        if read_vectors(dense).shape != shape or read_array(dense / "texts.npy").shape != (table.num_rows, 2):
            raise CatalogCorrupt(f"{dense} does not hold one vector for each of {table.num_rows} tracks")
        if set(indexed_ids(dense / "chroma")) != set(ids_of(table)):
            raise CatalogCorrupt(f"{dense / 'chroma'} does not hold the ids of the catalog's tracks")


def _compare(change: Change, old: Path | None) -> tuple[NDArray[np.uint64], NDArray[np.int64], dict[int, str]]:
    """Return the text hashes, for each row the old position with the same text (or -1), and the texts to encode."""
    rows = change.table.num_rows
    texts = np.empty((rows, 2), dtype=np.uint64)
    source = np.full(rows, -1, dtype=np.int64)
    known: dict[bytes, int] = {}
    if old is not None:
        old_texts = read_array(old / "texts.npy")
        same = np.flatnonzero(change.origin >= 0)
        source[same] = change.origin[same]
        texts[same] = old_texts[change.origin[same]]
        known = {old_texts[position].tobytes(): position for position in range(len(old_texts) - 1, -1, -1)}
    described: dict[int, str] = {}
    fresh = np.flatnonzero(source < 0)
    for row, track in zip(fresh.tolist(), change.tracks(fresh), strict=True):
        text = describe(track)
        texts[row] = np.frombuffer(xxhash.xxh3_128_digest(text.encode()), dtype=np.uint64)
        position = known.get(texts[row].tobytes(), -1)
        if position < 0:
            described[row] = text
        source[row] = position
    return texts, source, described


def _embed(change: Change, descriptions: dict[int, str], vectors: NDArray[np.float32]) -> None:
    """Fill in the vectors of the rows in `descriptions`."""
    with change.stage(EMBEDDING, len(descriptions)) as advance:
        rows = list(descriptions)
        for start in range(0, len(rows), _CHUNK):
            part = rows[start : start + _CHUNK]
            vectors[part] = change.encoder.encode([descriptions[row] for row in part], advance)


def _index(change: Change, old: Path | None, source: NDArray[np.int64], vectors: NDArray[np.float32]) -> None:
    """Extend Chroma's index where every old track keeps its place and its vector; else make it anew."""
    ids = ids_of(change.table)
    chroma = change.folder / FOLDER / "chroma"
    kept = len(read_vectors(old)) if old is not None else 0
    extends = old is not None and kept <= len(ids) and bool(np.array_equal(source[:kept], np.arange(kept)))
    if old is not None and extends and indexed_ids(old / "chroma") == ids[:kept]:
        with change.stage("indexing", len(ids) - kept) as advance:
            extend_index(chroma, old / "chroma", ids[kept:], vectors[kept:], advance)
    else:
        with change.stage("indexing", len(ids)) as advance:
            build_index(chroma, ids, vectors, advance)
