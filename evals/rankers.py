"""Rankers: what a dialogue bench compares. One that scores a catalog for a dialogue state plugs in by `RANKERS`.

The baselines are here: BM25 and MiniLM on the last message, and reciprocal rank fusions. Rankers see the state and the
tracks; never the truth, YouTube ids or sources.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property, lru_cache
from hashlib import sha256
from pathlib import Path
from types import MappingProxyType
from typing import Final, Protocol

import bm25s
import numpy as np
from numpy.typing import NDArray

from segue.generator.layout import Codes
from segue.generator.remembered import RememberedSentences
from segue.generator.sentences import TextEncoder
from segue.generator.tokenizer import Tokenizer
from segue.generator.tokenizer_files import read_fingerprint
from segue.generator.track import Track
from segue.tools.catalog.describe import describe
from segue.tools.ranking.situation import Situation
from segue.tools.search.fusion import K
from segue.tools.search.terms import query_terms, terms

Scores = NDArray[np.float32]
_REMEMBERED: Final = 5
"""Liked tracks, the latest ones, whose names join the message."""
_DEPTH: Final = 1_000
"""Ranks that a fusion reads of each source."""


class Ranker(Protocol):
    """Whatever scores the whole catalog for a dialogue."""

    @property
    def name(self) -> str:
        """How the row is called."""

    def scores(self, state: Situation) -> Scores:
        """Return a score per track, float32 [tracks], higher is better, -inf for "not found"; never NaN."""


class Corpus:
    """The tracks to rank, with what several rankers share."""

    def __init__(
        self,
        tracks: Sequence[Track],
        encoder: TextEncoder,
        *,
        vectors: Scores | None = None,
        codes: Codes | None = None,
        tokenizer: str | None = None,
        cache: Path | None = None,
    ) -> None:
        """`vectors` of the described tracks and semantic IDs `codes` [n, 27]: where a catalog has them, else computed.

        `tokenizer` is the fingerprint of what made `codes`; where none are given the shipped tokenizer makes them.
        Computed ones are kept in the folder `cache`, if there is one.
        """
        self.tracks = tracks
        self.encoder = encoder
        self._vectors = vectors
        self._codes = codes
        self.tokenizer = tokenizer or read_fingerprint()
        self._cache = cache
        self.embed = lru_cache(maxsize=4_096)(self._embed)

    @cached_property
    def texts(self) -> list[str]:
        """The description of each track."""
        return [describe(track) for track in self.tracks]

    @cached_property
    def vectors(self) -> Scores:
        """Unit vectors of the descriptions: float32 [tracks, d]."""
        if self._vectors is not None:
            return self._vectors
        if self._cache is None:
            self._vectors = self.encoder.encode(self.texts)
            return self._vectors
        digest = sha256(self.encoder.fingerprint.encode())
        for text in self.texts:
            digest.update(text.encode() + b"\0")
        path = self._cache / f"vectors-{digest.hexdigest()[:16]}.npy"
        if not path.is_file():
            path.parent.mkdir(parents=True, exist_ok=True)
            np.save(path, self.encoder.encode(self.texts))
        vectors: Scores = np.load(path)
        return vectors

    @cached_property
    def codes(self) -> Codes:
        """Semantic IDs of the tracks: uint8 [tracks, 27], by the catalog's tokenizer or else by the shipped one."""
        if self._codes is None:
            sentences = RememberedSentences(self.encoder, self._cache and self._cache / "sentences.npz")
            self._codes = Tokenizer.load(sentences=sentences).encode(self.tracks)
            if self._cache is not None:
                self._cache.mkdir(parents=True, exist_ok=True)
                sentences.save(np.float16)
        return self._codes

    def _embed(self, text: str) -> Scores:
        vector: Scores = self.encoder.encode([text])[0]
        return vector

    @cached_property
    def bm25(self) -> bm25s.BM25:
        """BM25 over the descriptions, as one field."""
        index = bm25s.BM25(k1=1.2, b=0.75, method="lucene")
        index.index([terms(text) for text in self.texts], show_progress=False)
        return index


class Lexical:
    """BM25 (k1 1.2, b 0.75) of a query against the described tracks."""

    def __init__(self, name: str, corpus: Corpus, query: Callable[[Situation], str]) -> None:
        self.name = name
        self._corpus = corpus
        self._query = query

    def scores(self, state: Situation) -> Scores:
        """See `Ranker`. Tracks without a word of the query are not found."""
        index = self._corpus.bm25
        numbers = index.get_tokens_ids(query_terms(self._query(state)))
        if not numbers:
            return np.full(len(self._corpus.tracks), -np.inf, dtype=np.float32)
        scores: Scores = index.get_scores_from_ids(numbers)
        return np.where(scores > 0, scores, np.float32(-np.inf))


class Dense:
    """Cosine of a query with the described tracks."""

    def __init__(self, name: str, corpus: Corpus, query: Callable[[Situation], str]) -> None:
        self.name = name
        self._corpus = corpus
        self._query = query

    def scores(self, state: Situation) -> Scores:
        """See `Ranker`."""
        cosines: Scores = self._corpus.vectors @ self._corpus.embed(self._query(state))
        return cosines


class RankFusion:
    """Reciprocal rank fusion of the first 1,000 of each source (Cormack et al. 2009)."""

    def __init__(self, name: str, sources: Sequence[Ranker]) -> None:
        self.name = name
        self._sources = sources

    def scores(self, state: Situation) -> Scores:
        """See `Ranker`. Tracks that no source ranks in its first 1,000 are not found."""
        total: Scores | None = None
        for source in self._sources:
            values = source.scores(state)
            total = np.zeros(len(values), dtype=np.float32) if total is None else total
            depth = min(_DEPTH, len(values))
            threshold = np.partition(values, len(values) - depth)[len(values) - depth]
            found = np.flatnonzero((values >= threshold) & np.isfinite(values))
            order = found[np.lexsort((found, -values[found]))][:depth]
            total[order] += (1.0 / (K + np.arange(1, len(order) + 1))).astype(np.float32)
        if total is None:
            raise ValueError("a fusion needs at least one source")
        return np.where(total > 0, total, np.float32(-np.inf))


def last_message(state: Situation) -> str:
    """Return what the user said last."""
    return state.message


def message_and_liked(tracks: Sequence[Track]) -> Callable[[Situation], str]:
    """Return a query builder: the last message and the names of the tracks liked last."""

    def query(state: Situation) -> str:
        names = [f"{tracks[p].title} by {tracks[p].artist}" for p in state.liked[-_REMEMBERED:]]
        return ". ".join((state.message, *names))

    return query


def bm25(corpus: Corpus) -> Ranker:
    """Return BM25 on the last message."""
    return Lexical("bm25", corpus, last_message)


def minilm(corpus: Corpus) -> Ranker:
    """Return MiniLM on the last message."""
    return Dense("minilm", corpus, last_message)


def fusion(corpus: Corpus) -> Ranker:
    """Return the rank fusion of both on the last message."""
    return RankFusion("fusion", (bm25(corpus), minilm(corpus)))


def fusion_of_four(corpus: Corpus) -> Ranker:
    """Return the rank fusion of both on the last message, and of both on message and liked tracks."""
    query = message_and_liked(corpus.tracks)
    longer = (Lexical("bm25, liked", corpus, query), Dense("minilm, liked", corpus, query))
    return RankFusion("fusion-4", (bm25(corpus), minilm(corpus), *longer))


RANKERS: Final[Mapping[str, Callable[[Corpus], Ranker]]] = MappingProxyType(
    {"bm25": bm25, "minilm": minilm, "fusion": fusion, "fusion-4": fusion_of_four}
)
"""Row name -> what builds it; a generator's row is one more entry."""
