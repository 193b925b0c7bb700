"""The dense index of a catalog version: one vector a track, exact where few tracks compete, Chroma's HNSW where many.

Where Chroma does not reach enough of the tracks that filters leave, all are scored (large indexes by `exact.py`).

    dense/vectors.npy   float32 (tracks, dimension), unit length, in catalog order
    dense/texts.npy     uint64 (tracks, 2), XXH3-128 of the text behind each vector
    dense/encoder.json  name, fingerprint and dimension of the encoder
    dense/chroma/       Chroma's index over track ids and vectors

Knows vectors and positions; how a text became a vector is the business of the encoder.
"""

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Final, NamedTuple, cast

import numpy as np
from numpy.typing import NDArray
from pydantic import ValidationError

from segue.generator.errors import CatalogCorrupt, QueryError
from segue.tools.catalog.chroma import ChromaReader
from segue.tools.catalog.exact import ExactNearest
from segue.tools.catalog.manifest import EncoderRecord

FOLDER: Final = "dense"
EXACT_BELOW: Final = 20_000
"""Up to so many competing tracks, scoring them all is as quick as Chroma's graph, and exact."""
_MARGIN: Final = 1.5
"""How many more candidates than the filter's share calls for are asked of Chroma."""
_MOST_CANDIDATES: Final = 5_000
"""More candidates than these take Chroma longer than exact scoring takes."""
BYTES_FROM: Final = 300_000
"""From so many tracks on, an exact search over many of them reads bytes first (`exact.ExactNearest`), a quarter more
memory."""
_BYTES_SHARE: Final = 0.05
"""Below this share of competing tracks it is quicker to copy their vectors together."""
_GATHER_BELOW: Final = 0.2
"""Below this share of competing tracks it is quicker to copy their vectors together than to score all."""


class DenseHits(NamedTuple):
    """The nearest tracks, best first; ties go to the lower position."""

    positions: NDArray[np.int64]
    """Catalog positions, shape (hits,) for one query vector, (queries, hits) for several."""
    scores: NDArray[np.float32]
    """Cosine similarities, same shape."""


class DenseIndex:
    """Nearest tracks by cosine similarity. Safe to use from several threads."""

    def __init__(
        self,
        folder: Path,
        vectors: NDArray[np.float32],
        encoder: EncoderRecord,
        position: Callable[[str], int],
        *,
        exact_below: int = EXACT_BELOW,
    ) -> None:
        self.vectors = vectors
        """Shape (tracks, dimension), unit length, memory-mapped."""
        self.encoder = encoder
        """The encoder that made the vectors; queries must come from the same one."""
        self.exact_below = exact_below
        self.bytes_from = BYTES_FROM
        self._bytes: ExactNearest | None = None
        self._folder = folder
        self._position = position
        self._chroma: ChromaReader | None = None
        self._opening = threading.Lock()

    @classmethod
    def open(cls, version: Path, position: Callable[[str], int], *, name: str = FOLDER) -> "DenseIndex":
        """Open an index of the catalog version in folder `version`, by default that of the described tracks.

        `position` maps a track id to its position.

        Raises:
            CatalogCorrupt: the index is missing or damaged.
        """
        folder = version / name
        return cls(folder, read_vectors(folder), read_encoder(folder), position)

    def __len__(self) -> int:
        return len(self.vectors)

    def query(self, vectors: NDArray[np.float32], k: int, *, allowed: NDArray[np.bool_] | None = None) -> DenseHits:
        """Return the `k` nearest tracks, or all allowed ones where there are fewer.

        Args:
            vectors: shape (dimension,) or (queries, dimension), of any length but zero.
            k: how many tracks.
            allowed: shape (tracks,); False leaves a track out.

        Raises:
            QueryError: a shape does not fit, or `k` is below 1.
        """
        queries = np.atleast_2d(np.asarray(vectors, dtype=np.float32))
        if queries.ndim != 2 or queries.shape[1] != self.encoder.dimension:
            raise QueryError(
                f"query vectors of shape {np.shape(vectors)}; {self.encoder.dimension} dimensions expected"
            )
        if k < 1:
            raise QueryError(f"{k} nearest tracks asked for")
        if allowed is not None and allowed.shape != (len(self),):
            raise QueryError(f"a mask of shape {allowed.shape} for {len(self)} tracks")
        lengths = np.linalg.norm(queries, axis=1, keepdims=True)
        if not np.all(np.isfinite(lengths)) or not np.all(lengths > 0):
            raise QueryError("a query vector is zero or not finite")
        queries = queries / lengths
        count = len(self) if allowed is None else int(np.count_nonzero(allowed))
        k = min(k, count)
        hits = [self._nearest(query, k, count, allowed) for query in queries] if k else []
        shape = (len(queries), k)
        positions = np.array([hit[0] for hit in hits], dtype=np.int64).reshape(shape)
        scores = np.array([hit[1] for hit in hits], dtype=np.float32).reshape(shape)
        return DenseHits(positions[0], scores[0]) if np.ndim(vectors) == 1 else DenseHits(positions, scores)

    def _nearest(
        self, query: NDArray[np.float32], k: int, count: int, allowed: NDArray[np.bool_] | None
    ) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        if count > self.exact_below:
            share = count / len(self)
            wanted = k if allowed is None else int(k / share * _MARGIN) + 10
            if wanted <= _MOST_CANDIDATES:
                ids = self._open_chroma().query(query[None, :], min(wanted, len(self)))[0]
                near = np.array([self._position(track_id) for track_id in ids], dtype=np.int64)
                near = near if allowed is None else near[allowed[near]]
                if len(near) >= k:
                    return best(near, self.vectors[near] @ query, k)
            # Chroma's graph did not reach enough allowed tracks: score all of them.
        if len(self) >= self.bytes_from and count >= len(self) * _BYTES_SHARE:
            return best(*self._open_bytes().nearest(query, k, allowed), k)
        competing = np.arange(len(self)) if allowed is None else np.flatnonzero(allowed)
        if len(competing) < len(self) * _GATHER_BELOW:
            return best(competing, self.vectors[competing] @ query, k)
        return best(competing, (self.vectors @ query)[competing], k)

    def _open_chroma(self) -> ChromaReader:
        with self._opening:
            if self._chroma is None:
                self._chroma = ChromaReader(self._folder / "chroma")
            return self._chroma

    def _open_bytes(self) -> ExactNearest:
        with self._opening:
            if self._bytes is None:
                self._bytes = ExactNearest(self.vectors)
            return self._bytes

    def close(self) -> None:
        """Close Chroma; a later query would open it again."""
        with self._opening:
            if self._chroma is not None:
                self._chroma.close()
                self._chroma = None


def best(
    positions: NDArray[np.int64], scores: NDArray[np.float32], k: int
) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """Return the `k` best of `positions` by score, ties to the lower position."""
    if k < len(scores):
        threshold = np.partition(scores, len(scores) - k)[len(scores) - k]
        kept = scores >= threshold
        positions, scores = positions[kept], scores[kept]
    order = np.lexsort((positions, -scores))[:k]
    return positions[order], scores[order]


def read_vectors(folder: Path) -> NDArray[np.float32]:
    """Return the memory-mapped vectors of the index in `folder`.

    Raises:
        CatalogCorrupt: they are missing or not what an index holds.
    """
    vectors = read_array(folder / "vectors.npy")
    if vectors.ndim != 2 or vectors.dtype != np.float32:
        raise CatalogCorrupt(f"{folder / 'vectors.npy'} holds no float32 vectors")
    return cast(NDArray[np.float32], vectors)


def read_array(path: Path) -> NDArray[np.generic]:
    """Return the memory-mapped array at `path`.

    Raises:
        CatalogCorrupt: it is missing or no array.
    """
    try:
        array: NDArray[np.generic] = np.load(path, mmap_mode="r", allow_pickle=False)
    except (OSError, ValueError, EOFError) as error:
        raise CatalogCorrupt(f"{path} cannot be read: {error}") from error
    return array


def read_encoder(folder: Path) -> EncoderRecord:
    """Return which encoder made the index in `folder`.

    Raises:
        CatalogCorrupt: the record is missing or damaged.
    """
    path = folder / "encoder.json"
    try:
        return EncoderRecord.model_validate_json(path.read_bytes())
    except (OSError, ValidationError) as error:
        raise CatalogCorrupt(f"{path} cannot be read: {error}") from error
