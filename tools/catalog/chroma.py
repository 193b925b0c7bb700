"""The one place that talks to Chroma: an approximate index over ids and vectors, built once and then only read.

Three traps shape it. Two processes that write one Chroma folder corrupt it silently, so it is built under the write
lock, in a folder that nobody reads yet. What Chroma deletes stays on its disk, so nothing is ever deleted: an index is
extended or made anew, and holds ids and vectors only. And Chroma writes into its SQLite file even to open it, so
readers open a private copy of that file beside links to the published index, which therefore keeps its checksums, may
lie on a read-only disk, and serves any number of processes.

Knows nothing of tracks.
"""

import shutil
import sqlite3
import tempfile
import weakref
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final, cast

import numpy as np
from numpy.typing import NDArray

from segue.generator.errors import CatalogCorrupt

if TYPE_CHECKING:
    from chromadb.api.client import Client
    from chromadb.api.models.Collection import Collection
    from chromadb.api.types import Embeddings

BATCH: Final = 5_000
"""Vectors per insert; Chroma refuses more than 5,461."""
COLLECTION: Final = "tracks"
_SQLITE: Final = "chroma.sqlite3"
_MIN_SYNC: Final = 2
"""The smallest `sync_threshold` that Chroma accepts."""


def _client(folder: Path) -> "Client":
    import chromadb
    from chromadb.config import Settings

    client = chromadb.PersistentClient(path=str(folder), settings=Settings(anonymized_telemetry=False))
    return cast("Client", client)  # Chroma's annotation lacks `close`


def build_index(
    folder: Path, ids: Sequence[str], vectors: NDArray[np.float32], progress: Callable[[int], None]
) -> None:
    """Make a new index in `folder` (cosine space) from `ids` and `vectors` of shape (len(ids), dimension)."""
    folder.mkdir()
    client = _client(folder)
    try:
        # Flushed once, with the last vector: until then Chroma would replay its log, and write, at every opening.
        sync = max(_MIN_SYNC, len(ids))
        collection = client.create_collection(
            COLLECTION,
            embedding_function=None,
            configuration={"hnsw": {"space": "cosine", "sync_threshold": sync, "batch_size": min(sync, 100)}},
        )
        _insert(collection, ids, vectors, progress)
    finally:
        client.close()
    _compact(folder)


def extend_index(
    folder: Path,
    previous: Path,
    ids: Sequence[str],
    vectors: NDArray[np.float32],
    progress: Callable[[int], None],
) -> None:
    """Copy the index in `previous` to `folder` and add `ids` and `vectors` to it."""
    shutil.copytree(previous, folder)
    if len(ids) == 0:
        return
    client = _client(folder)
    try:
        sync = max(_MIN_SYNC, len(ids))
        client.get_collection(COLLECTION, embedding_function=None).modify(
            configuration={"hnsw": {"sync_threshold": sync, "batch_size": min(sync, 100)}}
        )
    finally:
        client.close()
    client = _client(folder)  # an open index keeps the threshold that it was opened with
    try:
        _insert(client.get_collection(COLLECTION, embedding_function=None), ids, vectors, progress)
    finally:
        client.close()
    _compact(folder)


def _insert(
    collection: "Collection", ids: Sequence[str], vectors: NDArray[np.float32], progress: Callable[[int], None]
) -> None:
    for start in range(0, len(ids), BATCH):
        part = slice(start, start + BATCH)
        collection.add(ids=list(ids[part]), embeddings=cast("Embeddings", vectors[part]))
        progress(len(ids[part]))


def _compact(folder: Path) -> None:
    """Drop the free pages that the insertion log leaves behind, so that a private copy of the file is small."""
    database = sqlite3.connect(folder / _SQLITE)
    try:
        database.execute("VACUUM")
    finally:
        database.close()


def indexed_ids(folder: Path) -> list[str]:
    """Return the ids in the index, in the order of insertion, without opening it for writing.

    Raises:
        CatalogCorrupt: the index is missing or damaged.
    """
    try:
        database = sqlite3.connect(f"{(folder / _SQLITE).resolve().as_uri()}?mode=ro&immutable=1", uri=True)
        try:
            return [row[0] for row in database.execute("SELECT embedding_id FROM embeddings ORDER BY id")]
        finally:
            database.close()
    except sqlite3.Error as error:
        raise CatalogCorrupt(f"the Chroma index {folder} cannot be read: {error}") from error


class ChromaReader:
    """A published index, opened for queries through a private copy of what Chroma insists on writing."""

    def __init__(self, folder: Path) -> None:
        from chromadb.errors import ChromaError

        self._private = Path(tempfile.mkdtemp(prefix="segue-chroma-"))
        self._cleanup = weakref.finalize(self, shutil.rmtree, self._private, ignore_errors=True)
        for path in folder.iterdir():
            if path.is_dir():
                (self._private / path.name).symlink_to(path.resolve(), target_is_directory=True)
            else:
                shutil.copyfile(path, self._private / path.name)
        try:
            self._client = _client(self._private)
            self._collection = self._client.get_collection(COLLECTION, embedding_function=None)
        except (ChromaError, ValueError) as error:
            self._cleanup()
            raise CatalogCorrupt(f"the Chroma index {folder} cannot be opened: {error}") from error

    def query(self, vectors: NDArray[np.float32], k: int) -> list[list[str]]:
        """Return for each row of `vectors` the ids of about the `k` nearest, nearest first."""
        found = self._collection.query(query_embeddings=cast("Embeddings", vectors), n_results=k, include=[])
        return found["ids"]

    def close(self) -> None:
        """Close Chroma and remove the private copy."""
        self._client.close()
        self._cleanup()
