"""What matching is measured against: numpy, FAISS and Chroma, each as one would write it with that library.

Every baseline is built from a code table and answers with rows of it.
"""

import shutil
import tempfile
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from segue.generator.codes import CodeTable
from segue.generator.distribution import CodeDistribution
from segue.generator.layout import UNKNOWN, Codes, position_name
from segue.generator.modality import LEVELS, MODALITIES, POSITIONS
from segue.tools.match import LEVEL_VALUES
from segue.tools.match_distribution import CodePrior
from segue.tools.soft_query import SoftQuery

CHROMA_BATCH: Final = 5_000


def numpy_hard(table: CodeTable, query: Codes, weights: NDArray[np.float64], k: int) -> NDArray[np.int64]:
    """Visit per modality only the rows that match at level 1, then sort the rows that scored."""
    gains = weights[:, None] * np.concatenate(([0.0], np.cumsum(LEVEL_VALUES)))
    scores = np.zeros(len(table))
    columns = table.columns[:, : len(table)]
    for m in range(len(MODALITIES)):
        one, two, three = query[LEVELS * m : LEVELS * m + LEVELS]
        if one == UNKNOWN:
            continue
        rows = np.flatnonzero(columns[LEVELS * m] == one)
        second = columns[LEVELS * m + 1, rows] == two
        third = second & (columns[LEVELS * m + 2, rows] == three)
        scores[rows] += gains[m, 1 + second.astype(np.int64) + third]
    return numpy_best(scores, k)


def numpy_soft(table: CodeTable, query: SoftQuery, weights: NDArray[np.float64], k: int) -> NDArray[np.int64]:
    """Look up all 27 columns and sort."""
    scores = np.zeros(len(table))
    columns = table.columns[:, : len(table)]
    for m in range(len(MODALITIES)):
        if weights[m] == 0:
            continue
        one, two, three = ((weights[m] * query.tables[p])[columns[p]] for p in range(LEVELS * m, LEVELS * m + LEVELS))
        scores += np.where(columns[LEVELS * m] != UNKNOWN, (one + two) + three, 0.0)
    return numpy_best(scores, k)


def numpy_distribution(
    table: CodeTable, distribution: CodeDistribution, weights: NDArray[np.float64], k: int, prior: CodePrior
) -> NDArray[np.int64]:
    """Look up all pairs of codes of a modality and sort."""
    scores = np.zeros(len(table))
    columns = table.columns[:, : len(table)]
    for m in np.flatnonzero(weights):
        one, two, three = columns[LEVELS * m : LEVELS * m + LEVELS]
        pair, first, second = (part.astype(np.float64) for part in distribution.modalities[m].look_ups)
        gain = (pair[one, two] + first[one, three]) + (second[two, three] - prior.columns[m])
        scores += np.where(one != UNKNOWN, weights[m] * gain, 0.0)
    return numpy_best(scores, k)


def numpy_best(scores: NDArray[np.float64], k: int) -> NDArray[np.int64]:
    """Return the k rows of the highest scores, earlier rows first among equals."""
    k = min(k, scores.size)
    limit = np.partition(scores, -k)[-k]
    rows = np.flatnonzero(scores >= limit)
    best: NDArray[np.int64] = rows[np.lexsort((rows, -scores[rows]))][:k]
    return best


def numpy_hard_bytes(table: CodeTable, query: Codes, weights: NDArray[np.float64], k: int) -> NDArray[np.int64]:
    """Add up scores rounded to one byte: the fastest that numpy offers, and only nearly the same rows."""
    gains = weights[:, None] * np.array(LEVEL_VALUES)
    small = np.floor(gains * (255 / gains.sum())).astype(np.uint8)
    scores = np.zeros(len(table), dtype=np.uint8)
    columns = table.columns[:, : len(table)]
    for m in np.flatnonzero(query[::LEVELS] != UNKNOWN):
        agree = columns[LEVELS * m] == query[LEVELS * m]
        scores += agree * small[m, 0]
        for level in (1, 2):
            agree &= columns[LEVELS * m + level] == query[LEVELS * m + level]
            scores += agree * small[m, level]
    return _best_bytes(scores, k)


def numpy_soft_bytes(table: CodeTable, query: SoftQuery, weights: NDArray[np.float64], k: int) -> NDArray[np.int64]:
    """Look up 27 tables rounded to one byte; only nearly the same rows."""
    tables = np.repeat(weights, LEVELS)[:, None] * query.tables
    low = tables.min(axis=1, keepdims=True)
    small = np.rint((tables - low) * (2_000 / (tables - low).max(axis=1).sum())).astype(np.uint16)
    scores = np.zeros(len(table), dtype=np.uint16)
    for column, entries in zip(table.columns[:, : len(table)], small, strict=True):
        scores += np.take(entries, column)
    return _best_bytes(scores, k)


def _best_bytes(scores: NDArray[Any], k: int) -> NDArray[np.int64]:
    at_least = np.cumsum(np.bincount(scores)[::-1])[::-1]
    rows = np.flatnonzero(scores >= np.flatnonzero(at_least >= min(k, scores.size))[-1])
    best: NDArray[np.int64] = rows[np.lexsort((rows, -scores[rows].astype(np.int64)))][:k]
    return best


class FaissPQ:
    """FAISS IndexPQ with 27 one-byte sub-quantizers over the same codes: its scan of 27 look-up tables a track.

    Its tables hold squared distances instead of free scores, which costs the scan the same. Needs `faiss-cpu`.
    """

    def __init__(self, table: CodeTable) -> None:
        import faiss

        faiss.omp_set_num_threads(1)
        self._index: Any = faiss.IndexPQ(POSITIONS, POSITIONS, 8)
        centroids = np.tile(np.arange(256, dtype=np.float32), POSITIONS)
        faiss.copy_array_to_vector(centroids, self._index.pq.centroids)
        faiss.copy_array_to_vector(np.ascontiguousarray(table.columns[:, : len(table)].T).ravel(), self._index.codes)
        self._index.is_trained = True
        self._index.ntotal = len(table)

    def search(self, query: Codes, k: int) -> NDArray[np.int64]:
        """Return the k rows nearest to the codes taken as a vector."""
        _, rows = self._index.search(query[None].astype(np.float32), k)
        return np.asarray(rows[0], dtype=np.int64)


class ChromaFilter:
    """Chroma's metadata filter over the codes: every track that shares at least one level-1 code with the query."""

    def __init__(self, table: CodeTable, tracks: int) -> None:
        import chromadb
        from chromadb.config import Settings

        self._folder = Path(tempfile.mkdtemp(prefix="segue-bench-"))
        client = chromadb.PersistentClient(str(self._folder), settings=Settings(anonymized_telemetry=False))
        self._collection = client.create_collection("codes", embedding_function=None)
        places = range(0, POSITIONS, LEVELS)
        for start in range(0, tracks, CHROMA_BATCH):
            rows = np.arange(start, min(start + CHROMA_BATCH, tracks))
            codes = table.codes(rows)
            self._collection.add(
                ids=[str(row) for row in rows],
                embeddings=np.ones((rows.size, 1), dtype=np.float32),
                metadatas=[{position_name(p): int(row[p]) for p in places} for row in codes],
            )

    def search(self, query: Codes) -> int:
        """Return how many tracks pass the filter; scoring and sorting them would come on top."""
        wanted = [{position_name(p): int(query[p])} for p in range(0, POSITIONS, LEVELS) if query[p] != UNKNOWN]
        where: Any = {"$or": wanted} if len(wanted) > 1 else wanted[0]
        return len(self._collection.get(where=where, include=[])["ids"])

    def close(self) -> None:
        """Remove the folder."""
        shutil.rmtree(self._folder, ignore_errors=True)
