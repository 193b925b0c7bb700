"""The systems that `segue bench similar` compares: each turns a catalog into a `Ranker`.

Knows features, codes and texts; the playlists that it is judged by stay out of sight.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segue.evals.bench.playlists import Ranker, Rows, top_rows
from segue.generator.codes import CodeTable, ids_digest
from segue.generator.encoders.features import Encoder, Features
from segue.generator.layout import Codes
from segue.generator.modality import MODALITIES, Modality
from segue.generator.quantizers.protocol import Quantizer
from segue.generator.quantizers.random_ids import RandomIds
from segue.generator.quantizers.registry import quantizer_class
from segue.generator.sentences import TextEncoder
from segue.generator.tokenizer import Tokenizer
from segue.generator.track import Track
from segue.tools.match import LEVEL_VALUES
from segue.tools.similar import CodeSimilarity, similar_tracks

Weights = NDArray[np.float64]
"""One per modality, in semantic-ID order."""


@dataclass(frozen=True, eq=False)
class Quantized:
    """A catalog in the codes of one kind of quantizer, however many levels it has."""

    features: dict[Modality, Features]
    """What it was trained on."""
    codes: dict[Modality, NDArray[np.int64]]
    """(n, levels) per modality, -1 where the modality is not known."""
    quantizers: dict[Modality, Quantizer]

    @classmethod
    def fit(
        cls,
        features: Mapping[Modality, Features],
        kind: str,
        settings: Mapping[str, Any],
        tracks: Sequence[Track],
        *,
        like: "Quantized | None" = None,
    ) -> "Quantized":
        """Train one quantizer per modality of which anything is known, and encode the catalog.

        Where `like` was trained in the same way on the very same features of a modality, its work is taken over.
        """
        codes, quantizers = {}, {}
        for modality, feature in features.items():
            if not feature.known.any():
                continue
            if like is not None and like.features.get(modality) is feature:
                codes[modality], quantizers[modality] = like.codes[modality], like.quantizers[modality]
                continue
            quantizer = quantizer_class(kind)(**settings).fit(feature.vectors[feature.known])
            quantizers[modality] = quantizer
            codes[modality] = np.full((len(feature), len(quantizer.sizes)), -1, dtype=np.int64)
            if isinstance(quantizer, RandomIds):
                keys = [f"{modality} {tracks[row].id}" for row in np.flatnonzero(feature.known)]
                codes[modality][feature.known] = quantizer.encode_keys(keys)
            else:
                codes[modality][feature.known] = quantizer.encode(feature.vectors[feature.known])
        return cls(dict(features), codes, quantizers)

    def unit_vectors(self) -> dict[Modality, NDArray[np.float32]]:
        """Return the sum of each track's codewords at length 1, zeros where not known: the soft distances' space."""
        vectors = {}
        for modality, codes in self.codes.items():
            books = self.quantizers[modality].codebooks
            known = codes[:, 0] >= 0
            total = np.zeros((len(codes), books[0].shape[1]), dtype=np.float32)
            for level, book in enumerate(books):
                total[known] += book[codes[known, level]]
            vectors[modality] = _unit(total)
        return vectors

    def hard(self, weights: Weights) -> Ranker:
        """Count equal codes, level by level (see `segue.tools.match`); one level counts 1."""

        def rank(seed: int, banned: Rows, k: int) -> Rows:
            scores = np.zeros(len(next(iter(self.codes.values()))))
            for modality, codes in self.codes.items():
                equal = np.full(len(codes), codes[seed, 0] >= 0)
                values = LEVEL_VALUES if codes.shape[1] > 1 else (1.0,)
                for level, value in zip(range(codes.shape[1]), values, strict=True):
                    equal &= codes[:, level] == codes[seed, level]
                    scores += equal * (value * weights[MODALITIES.index(modality)])
            return top_rows(scores, banned, k)

        return rank


def unit_features(features: Mapping[Modality, Features]) -> dict[Modality, NDArray[np.float32]]:
    """Return the features at length 1, zeros where not known."""
    return {modality: _unit(np.nan_to_num(feature.vectors)) for modality, feature in features.items()}


def by_cosine(vectors: Mapping[Modality, NDArray[np.float32]], weights: Weights) -> Ranker:
    """Rank by the weighted sum of the modalities' cosines; the vectors have length 1, or 0 where not known."""
    roots = np.sqrt(weights).astype(np.float32)
    joined = np.hstack([roots[MODALITIES.index(m)] * v for m, v in vectors.items() if weights[MODALITIES.index(m)] > 0])
    return lambda seed, banned, k: top_rows(joined @ joined[seed], banned, k)


def by_codes(tokenizer: Tokenizer, codes: Codes, tracks: Sequence[Track], weights: Weights) -> Ranker:
    """Rank as Segue does: soft distances between semantic IDs, through the code table and the matching kernel."""
    digest = ids_digest(track.id for track in tracks)
    table = CodeTable.build(codes, layout=tokenizer.layout, fingerprint=tokenizer.fingerprint, catalog=digest)
    similarity = CodeSimilarity.of(tokenizer)

    def rank(seed: int, banned: Rows, k: int) -> Rows:
        return similar_tracks(table, similarity, codes[seed], weights, k, banned=banned)[0]

    return rank


def tokenizer_of(encoders: Mapping[Modality, Encoder], quantized: Quantized, layout: Any) -> Tokenizer:
    """Return the tokenizer made of fitted encoders and quantizers."""
    return Tokenizer(encoders, quantized.quantizers, layout)


def by_text(texts: Sequence[str], sentences: TextEncoder) -> Ranker:
    """Rank by the sentence embedding of the whole description."""
    vectors = sentences.encode(list(texts))
    return lambda seed, banned, k: top_rows(vectors @ vectors[seed], banned, k)


def by_words(texts: Sequence[str]) -> Ranker:
    """Rank by BM25 (Lucene's form, k1 = 1.2, b = 0.75), the seed's whole description being the query."""
    import bm25s

    from segue.tools.search.terms import terms

    documents = [terms(text) for text in texts]
    index = bm25s.BM25(k1=1.2, b=0.75, method="lucene")
    index.index(documents, show_progress=False)

    def rank(seed: int, banned: Rows, k: int) -> Rows:
        return top_rows(np.array(index.get_scores(documents[seed]), dtype=np.float32), banned, k)

    return rank


def _unit(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.asarray(vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9), dtype=np.float32)
