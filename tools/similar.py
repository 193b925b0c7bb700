"""Tracks similar to a seed track, judged by the semantic IDs of both and nothing else.

A code stands for a codeword, and codewords have distances; counting equal codes throws these away. So the score is

    sum over the modalities m that seed and track both have of  w_m * cos(x_m, y_m)

where x_m and y_m are the sums of the codewords of seed and track (Jegou et al. 2011, "Product quantization for nearest
neighbor search", section 3: the symmetric distance). The inner product of x_m and y_m is a sum of three look-ups, which
is soft matching; the length of y_m is not, so that a shortlist is matched softly and then scored exactly.

Knows code tables, codebooks and weights; it has never heard of encoders, listeners or language.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final, Self

import numpy as np
from numpy.typing import NDArray

from segue.generator.codes import CodeTable
from segue.generator.layout import UNKNOWN, CodeLayout, Codes
from segue.generator.modality import LEVELS, MODALITIES, Modality
from segue.generator.tokenizer import Tokenizer
from segue.tools.match import Weights, match_soft
from segue.tools.soft_query import SoftQuery

SHORTLIST: Final = 3_000
"""Tracks that are scored exactly, by default."""


class CodeSimilarity:
    """Cosines between semantic IDs, from the inner products of all codewords of a modality (200 kB each)."""

    def __init__(self, layout: CodeLayout, codebooks: Mapping[Modality, Sequence[NDArray[Any]]]) -> None:
        self.layout = layout
        self._products: dict[int, NDArray[np.float32]] = {}
        self._starts: dict[int, NDArray[np.int64]] = {}
        for place, modality in enumerate(MODALITIES):
            if modality not in codebooks:
                continue
            books = [np.asarray(book, dtype=np.float32) for book in codebooks[modality]]
            # Level 1 counts the unknown code first; a codeword of zeros in its place is never read.
            stacked = np.concatenate([np.zeros((UNKNOWN + 1, books[0].shape[1]), dtype=np.float32), *books])
            self._products[place] = stacked @ stacked.T
            sizes = [len(books[0]) + UNKNOWN + 1, *(len(book) for book in books[1:])]
            self._starts[place] = np.concatenate(([0], np.cumsum(sizes)[:-1])).astype(np.int64)

    @classmethod
    def of(cls, tokenizer: Tokenizer) -> Self:
        """Return the similarity of the codes that `tokenizer` makes."""
        return cls(tokenizer.layout, {m: quantizer.codebooks for m, quantizer in tokenizer.quantizers.items()})

    def query(self, seed: Codes) -> SoftQuery:
        """Return look-up tables whose sums are the inner products with the seed's vectors, each of length 1."""
        tables = [np.zeros(int(size)) for size in self.layout.sizes]
        for place, products in self._products.items():
            own = seed[place * LEVELS : (place + 1) * LEVELS]
            if own[0] == UNKNOWN:
                continue
            words = self._starts[place] + own
            row = products[words].sum(axis=0) / _length(products[np.ix_(words, words)].sum())
            bounds = [*self._starts[place].tolist(), len(row)]
            for level in range(LEVELS):
                part = row[bounds[level] : bounds[level + 1]]
                tables[place * LEVELS + level][: len(part)] = part
        return SoftQuery.from_tables(self.layout, tables)

    def cosines(self, seed: Codes, codes: Codes) -> NDArray[np.float32]:
        """Return the cosine of each modality of `codes` (n, 27) with the seed's (27,): float32 (n, 9), 0 if unknown."""
        result = np.zeros((len(codes), len(MODALITIES)), dtype=np.float32)
        for place, products in self._products.items():
            own = seed[place * LEVELS : (place + 1) * LEVELS]
            others = codes[:, place * LEVELS : (place + 1) * LEVELS]
            if own[0] == UNKNOWN:
                continue
            mine = self._starts[place] + own
            theirs = self._starts[place] + others
            inner = products[mine].sum(axis=0)[theirs].sum(axis=1)
            squared = sum(products[theirs[:, a], theirs[:, b]] for a in range(LEVELS) for b in range(LEVELS))
            length = _length(products[np.ix_(mine, mine)].sum())
            result[:, place] = np.where(others[:, 0] != UNKNOWN, inner / (length * _length(squared)), 0)
        return result


def similar_tracks(
    table: CodeTable,
    similarity: CodeSimilarity,
    seed: Codes,
    weights: Weights,
    k: int,
    *,
    banned: Sequence[int] | NDArray[np.integer[Any]] = (),
    allowed: NDArray[np.bool_] | None = None,
    shortlist: int = SHORTLIST,
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return the rows of the k most similar tracks, best first, and their scores; see the module for the score.

    `seed` are the codes (27,) of the seed track, which should be among the `banned` rows if the table holds it. Exact
    where `shortlist` reaches the size of the table; else the best of the `shortlist` tracks that match best softly.
    """
    found = match_soft(table, similarity.query(seed), weights, max(shortlist, k), allowed=allowed, banned=banned)
    scores = similarity.cosines(seed, table.codes(found.rows)) @ np.asarray(weights, dtype=np.float64)
    order = np.lexsort((found.rows, -scores))[:k]
    return found.rows[order], scores[order]


def _length(squared: Any) -> Any:
    return np.sqrt(np.maximum(squared, 1e-12))
