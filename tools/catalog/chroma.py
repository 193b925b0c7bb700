"""The one place that talks to Chroma: an approximate index over ids and vectors, built once and then only read.

Four traps shape it. Two processes that write one Chroma folder corrupt it silently, so it is built under the write
lock, in a folder that nobody reads yet. What Chroma deletes stays on its disk, so nothing is ever deleted: an index is
extended or made anew, and holds ids and vectors only. And Chroma writes into its SQLite file even to open it, so
readers open a private copy of that file beside links to the published index, which therefore keeps its checksums, may
lie on a read-only disk, and serves any number of processes. Below 100 vectors it writes memory that it never filled,
with whatever the process had in it, a removed track for instance: that is blanked.

Knows nothing of tracks.
"""

import shutil
import sqlite3
import struct
import tempfile
import warnings
import weakref
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final, cast

import numpy as np
from numpy.typing import NDArray

from segue.generator.errors import CatalogCorrupt

if TYPE_CHECKING:
    from chromadb.api.client import Client
    from chromadb.api.collection_configuration import CreateCollectionConfiguration, UpdateHNSWConfiguration
    from chromadb.api.models.Collection import Collection
    from chromadb.api.types import Embeddings

BATCH: Final = 5_000
"""Vectors per insert; Chroma refuses more than 5,461."""
COLLECTION: Final = "tracks"
_SQLITE: Final = "chroma.sqlite3"
_EF_CONSTRUCTION: Final = 48
_EF_SEARCH: Final = 500
"""Candidates kept while the graph is built, and while it is searched. On 37,222 MiniLM vectors these find 96 % of the
true 100 nearest and the graph takes 12 s; Chroma's 100 with a search of 300 found 95 % in as much time per query, and
took 22 s to build."""
_HEADER: Final = struct.Struct("<i6Q")
"""The start of a stored graph's header: format, offset, room, vectors, bytes of each, two offsets."""
_GRAPH_FORMAT: Final = 1
_LENGTH: Final = 4
"""Bytes for each vector in `length.bin`."""
_MIN_SYNC: Final = 2
"""The smallest `sync_threshold` that Chroma accepts."""


def _client(folder: Path) -> "Client":
    import chromadb
    from chromadb.config import Settings

    client = chromadb.PersistentClient(path=str(folder), settings=Settings(anonymized_telemetry=False))
    return cast("Client", client)  # Chroma's annotation lacks `close`


@contextmanager
def _writing(folder: Path) -> Iterator["Client"]:
    """Open Chroma for writing; what it says about a full disk becomes the OSError that it is."""
    from chromadb.errors import ChromaError

    try:
        client = _client(folder)
        try:
            yield client
        finally:
            client.close()
    except (ChromaError, sqlite3.Error) as error:
        raise OSError(f"Chroma says: {error}") from error


def build_index(
    folder: Path, ids: Sequence[str], vectors: NDArray[np.float32], progress: Callable[[int], None]
) -> None:
    """Make a new index in `folder` (cosine space) from `ids` and `vectors` of shape (len(ids), dimension).

    Raises:
        OSError: the disk is full, or the folder may not be written.
    """
    folder.mkdir()
    with _writing(folder) as client:
        collection = client.create_collection(COLLECTION, embedding_function=None, configuration=_settings(len(ids)))
        _insert(collection, ids, vectors, progress)
    _compact(folder)


def extend_index(
    folder: Path,
    previous: Path,
    ids: Sequence[str],
    vectors: NDArray[np.float32],
    progress: Callable[[int], None],
) -> None:
    """Copy the index in `previous` to `folder` and add `ids` and `vectors` to it.

    Raises:
        OSError: the disk is full, or the folder may not be written.
    """
    shutil.copytree(previous, folder)
    if len(ids) == 0:
        return
    with _writing(folder) as client:
        collection = client.get_collection(COLLECTION, embedding_function=None)
        with warnings.catch_warnings():
            # Chroma warns of its own record that a collection embeds no texts; only `modify` reads it.
            warnings.filterwarnings("ignore", "legacy embedding function config", DeprecationWarning)
            collection.modify(configuration={"hnsw": _flushing(len(ids))})
    with _writing(folder) as client:  # an open index keeps the threshold that it was opened with
        _insert(client.get_collection(COLLECTION, embedding_function=None), ids, vectors, progress)
    _compact(folder)


def _settings(count: int) -> "CreateCollectionConfiguration":
    flushing = _flushing(count)
    return {
        "hnsw": {
            "space": "cosine",
            "ef_construction": _EF_CONSTRUCTION,
            "ef_search": _EF_SEARCH,
            "sync_threshold": flushing["sync_threshold"],
            "batch_size": flushing["batch_size"],
        }
    }


def _flushing(count: int) -> "UpdateHNSWConfiguration":
    """Settings that flush the index with the last of `count` vectors: what is not flushed, every reader replays."""
    sync = max(_MIN_SYNC, count)
    return {"sync_threshold": sync, "batch_size": min(sync, 100)}


def _insert(
    collection: "Collection", ids: Sequence[str], vectors: NDArray[np.float32], progress: Callable[[int], None]
) -> None:
    for start in range(0, len(ids), BATCH):
        part = slice(start, start + BATCH)
        collection.add(ids=list(ids[part]), embeddings=cast("Embeddings", vectors[part]))
        progress(len(ids[part]))
    if len(ids) == 1:  # a lone record stays below the smallest threshold: write the same vector once more
        collection.update(ids=list(ids), embeddings=cast("Embeddings", vectors))


def _compact(folder: Path) -> None:
    """Blank memory that was never filled, and drop the free pages that the insertion log leaves behind.

    Without those pages a private copy of the file is small.
    """
    for header in folder.glob("*/header.bin"):
        _blank_unused(header)
    try:
        database = sqlite3.connect(folder / _SQLITE)
        try:
            database.execute("VACUUM")
        finally:
            database.close()
    except sqlite3.Error as error:
        raise OSError(f"SQLite says: {error}") from error


def _blank_unused(header: Path) -> None:
    """Fill with zeros what lies behind the last vector of a stored graph; its readers never look there."""
    version, _, _, count, size, _, _ = _HEADER.unpack_from(header.read_bytes())
    for name, width in (("data_level0.bin", size), ("length.bin", _LENGTH)):
        path = header.with_name(name)
        unused = path.stat().st_size - count * width
        if version != _GRAPH_FORMAT or unused < 0:
            raise OSError(f"{path} has a form that this program does not know; is Chroma of the pinned version?")
        with path.open("r+b") as file:
            file.seek(count * width)
            file.write(bytes(unused))


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
