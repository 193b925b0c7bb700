"""A catalog of any size for measuring time: what a real one holds, repeated.

Track i stands for the real track i mod n. What is simulated, and what is not:

- *codes*: of copies two of the nine modalities are those of another track, so that codes tell copies apart;
- *vectors* of both dense indexes: those of the track and a little noise, of unit length. No Chroma index is built of
  them, which would take hours: the nearest are found by the exact product that also serves searches whose filters leave
  Chroma too little;
- *words*: every posting list is as many times longer, and so are the lists of tracks that a playlist's row meets;
- artists, albums and works: each round of copies has its own; playlists too;
- *names* are those of the real catalog: what a message names is looked up among fewer of them.

A ranking over it says how long one takes, and nothing of how good it is.
"""

from collections.abc import Iterable
from functools import cached_property
from pathlib import Path
from typing import Any, Final

import bm25s
import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix, vstack

from segue.generator.codes import CodeTable
from segue.generator.modality import LEVELS, MODALITIES
from segue.generator.track import Track
from segue.tools.catalog.dense import DenseIndex
from segue.tools.ranking.stock import Stock
from segue.tools.search.filters import Applied, Filters
from segue.tools.search.labels import LabelIndex
from segue.tools.search.lexical import LexicalIndex

Floats = NDArray[np.float32]
NOISE: Final = 0.2
"""Length of the noise beside a vector of length 1."""
ALTERED: Final = 2
"""Modalities of a copy that are another track's."""


class SimulatedStock(Stock):
    """What the sources draw on, for `tracks` tracks made of those of `real`."""

    def __init__(self, real: Stock, tracks: int, *, seed: int = 0) -> None:
        """Raises ValueError for fewer tracks than there are."""
        if tracks < len(real):
            raise ValueError(f"{tracks} simulated tracks of {len(real)} real ones")
        self.real = real
        self.rounds = -(-tracks // len(real))
        self._tracks = tracks
        self._seed = seed
        catalog: Any = _SimulatedCatalog(self)
        searcher: Any = _SimulatedSearcher(self)
        super().__init__(catalog, searcher=searcher, generator=real.generator, tower=real.tower)

    def __len__(self) -> int:
        return self._tracks

    @cached_property
    def codes(self) -> CodeTable:
        """See `Stock`."""
        random = np.random.default_rng(self._seed)
        count = len(self.real)
        own = self.real.codes.codes(np.arange(count))
        parts = [own]
        for _ in range(1, self.rounds):
            other = own[random.permutation(count)].reshape(count, len(MODALITIES), LEVELS)
            mixed = own.reshape(other.shape).copy()
            taken = np.argsort(random.random((count, len(MODALITIES)), dtype=np.float32), axis=1)[:, :ALTERED]
            rows = np.arange(count)[:, None]
            mixed[rows, taken] = other[rows, taken]
            parts.append(mixed.reshape(count, -1))
        table = self.real.codes
        codes = np.concatenate(parts)[: self._tracks]
        return CodeTable.build(codes, layout=table.layout, fingerprint=table.fingerprint, catalog="simulated")

    @cached_property
    def tower_index(self) -> DenseIndex | None:
        """See `Stock`."""
        index = self.real.tower_index
        return None if index is None else self.repeated_vectors(index)

    @cached_property
    def artists(self) -> NDArray[np.int32]:
        """See `Stock`."""
        return self._numbered(self.real.artists)

    @cached_property
    def albums(self) -> NDArray[np.int32]:
        """See `Stock`."""
        return np.where(self._repeated(self.real.albums) >= 0, self._numbered(self.real.albums), np.int32(-1))

    @cached_property
    def works(self) -> NDArray[np.int32]:
        """See `Stock`."""
        return self._numbered(self.real.works)

    @cached_property
    def years(self) -> NDArray[np.int32]:
        """See `Stock`."""
        return self._repeated(self.real.years)

    @cached_property
    def plain(self) -> NDArray[np.bool_]:
        """See `Stock`."""
        return self._repeated(self.real.plain)

    @cached_property
    def popularity(self) -> Floats:
        """See `Stock`."""
        return self._repeated(self.real.popularity)

    @cached_property
    def labels(self) -> LabelIndex:
        """See `Stock`."""
        labels: Any = _SimulatedLabels(self)
        return labels  # type: ignore[no-any-return]

    @cached_property
    def baskets(self) -> csr_matrix:
        """See `Stock`; each round has baskets of its own."""
        own, width = self.real.baskets, self.real.baskets.shape[1]
        shape = (len(self.real), width * self.rounds)
        parts = [csr_matrix((own.data, own.indices + width * n, own.indptr), shape=shape) for n in range(self.rounds)]
        return vstack(parts, format="csr")[: self._tracks]

    def repeated_vectors(self, index: DenseIndex) -> DenseIndex:
        """Return an index of all tracks, which searches by the exact product; float32 [tracks, d] in memory."""
        random = np.random.default_rng(self._seed)
        vectors = np.empty((self._tracks, index.vectors.shape[1]), dtype=np.float32)
        own = np.asarray(index.vectors)
        for start in range(0, self._tracks, len(own)):
            part = vectors[start : start + len(own)]
            noise = random.standard_normal(part.shape, dtype=np.float32) * np.float32(NOISE / part.shape[1] ** 0.5)
            part[:] = own[: len(part)] + (noise if start else 0)
            part /= np.linalg.norm(part, axis=1, keepdims=True)
        return DenseIndex(Path("simulated"), vectors, index.encoder, _nowhere, exact_below=self._tracks + 1)

    def _repeated(self, values: NDArray[Any]) -> NDArray[Any]:
        return np.resize(values, self._tracks)

    def _numbered(self, numbers: NDArray[np.int32]) -> NDArray[np.int32]:
        rounds = np.arange(self._tracks) // len(self.real)
        own: NDArray[np.int32] = self._repeated(numbers)
        return own + (rounds * (int(numbers.max(initial=0)) + 1)).astype(np.int32)


class _SimulatedCatalog:
    """As much of a `Catalog` as a ranking reads."""

    def __init__(self, stock: SimulatedStock) -> None:
        self._stock = stock

    def __len__(self) -> int:
        return len(self._stock)

    def at(self, position: int) -> Track:
        return self._stock.real.catalog.at(position % len(self._stock.real))

    @cached_property
    def dense(self) -> DenseIndex:
        return self._stock.repeated_vectors(self._stock.real.catalog.dense)


class _SimulatedLabels:
    """As much of a `LabelIndex` as a ranking reads."""

    def __init__(self, stock: SimulatedStock) -> None:
        self._stock = stock

    def share(self, wanted: Iterable[str]) -> Floats:
        return np.resize(self._stock.real.labels.share(wanted), len(self._stock))


class _SimulatedSearcher:
    """As much of a `Searcher` as a ranking reads."""

    def __init__(self, stock: SimulatedStock) -> None:
        self._stock = stock
        real = stock.real.searcher
        self.linker, self.encoder = real.linker, real.encoder
        self.columns = self

    def apply(self, filters: Filters) -> tuple[NDArray[np.bool_], Applied]:
        """Return which tracks are allowed, see `FilterColumns.apply`."""
        allowed, applied = self._stock.real.searcher.columns.apply(filters)
        return np.resize(allowed, len(self._stock)), applied

    @cached_property
    def lexical(self) -> LexicalIndex:
        real = self._stock.real.searcher.lexical
        fields = {name: _longer(index, self._stock) for name, index in real._fields.items()}
        return LexicalIndex(fields, len(self._stock), weights=real.weights)


def _longer(index: bm25s.BM25, stock: SimulatedStock) -> bm25s.BM25:
    """Return the index with every posting list repeated for each round of copies."""
    count, rounds = len(stock.real), stock.rounds
    data, indices, starts = (np.asarray(index.scores[name]) for name in ("data", "indices", "indptr"))
    lengths = np.diff(starts)
    # Place p of a list of length l begins copy p // l of it.
    wide = np.repeat(starts[:-1], lengths * rounds)
    place = np.arange(int(lengths.sum()) * rounds) - np.repeat(rounds * starts[:-1], lengths * rounds)
    each = np.repeat(lengths, lengths * rounds)
    source = wide + place % each
    documents = indices[source] + count * (place // each)
    kept = documents < len(stock)
    owner = np.repeat(np.arange(len(lengths)), lengths * rounds)[kept]
    longer = bm25s.BM25(k1=index.k1, b=index.b, method=index.method)
    longer.scores = {
        "data": data[source][kept],
        "indices": documents[kept].astype(np.int32),
        "indptr": np.concatenate([[0], np.cumsum(np.bincount(owner, minlength=len(lengths)))]),
        "num_docs": len(stock),
    }
    longer.vocab_dict, longer.nonoccurrence_array = index.vocab_dict, index.nonoccurrence_array
    longer.unique_token_ids_set = index.unique_token_ids_set
    return longer


def _nowhere(track_id: str) -> int:
    raise LookupError(f"{track_id}: simulated tracks are not looked up by id")
