"""A sentence encoder that encodes each text once, and between runs not again where it is given a file.

Knows texts and vectors; what it remembers belongs to one fingerprint of the encoder and is dropped with another.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from segue.generator.encoders.keyed import hashed
from segue.generator.sentences import Progress, TextEncoder


class RememberedSentences:
    """Wraps a text encoder; `path`, where given, is an .npz file read at the start and written by `save`.

    A file may hold half-precision vectors, which a unit vector of a few hundred numbers hardly feels.
    """

    def __init__(self, sentences: TextEncoder, path: Path | None = None) -> None:
        self._sentences = sentences
        self._path = path
        self._vectors: dict[int, NDArray[np.float32]] = {}
        if path is not None and path.exists():
            with np.load(path, allow_pickle=False) as kept:
                if str(kept["fingerprint"]) == sentences.fingerprint:
                    self._vectors = dict(zip(kept["keys"].tolist(), kept["vectors"].astype(np.float32), strict=True))

    @property
    def name(self) -> str:
        """The wrapped encoder's name."""
        return self._sentences.name

    @property
    def dimension(self) -> int:
        """Length of one vector."""
        return self._sentences.dimension

    @property
    def fingerprint(self) -> str:
        """The wrapped encoder's fingerprint."""
        return self._sentences.fingerprint

    def encode(self, texts: Sequence[str], progress: Progress | None = None) -> NDArray[np.float32]:
        """Return the wrapped encoder's vectors, shape (len(texts), dimension)."""
        keys = [hashed(text) for text in texts]
        new = {key: text for key, text in zip(keys, texts, strict=True) if key not in self._vectors}
        if new:
            self._vectors.update(zip(new, self._sentences.encode(list(new.values())), strict=True))
        if progress:
            progress(len(texts) - len(new))
        if not texts:
            return np.zeros((0, self.dimension), dtype=np.float32)
        return np.stack([self._vectors[key] for key in keys])

    def save(self, dtype: type[np.float32 | np.float16] = np.float32) -> None:
        """Write what is remembered, if there is a file to write to."""
        if self._path is None:
            return
        keys = np.array(list(self._vectors), dtype=np.uint64)
        vectors = np.array(list(self._vectors.values()), dtype=dtype)
        np.savez(self._path, keys=keys, vectors=vectors, fingerprint=self.fingerprint)
