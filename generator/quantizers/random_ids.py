"""Random IDs: the control of "Semantic IDs for Music Recommendation" (section 2.1, v0).

Codes that say nothing about a track; whatever works as well with them has not used the meaning of the codes.
"""

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from segue.generator.quantizers.protocol import Codes, NotFitted, Progress, Step, Vectors, check_vectors
from segue.generator.quantizers.residual import decode_residual
from segue.generator.quantizers.residual_kmeans import DEFAULT_SIZES, numbered


class RandomIds:
    """Draws codes from a hash, of the item's key (`encode_keys`, the published control) or of the vector's bytes.

    `encode` gives equal vectors equal codes, as any function of vectors must, so tracks that share a vector (an
    artist's biography) share the codes; `encode_keys` draws for every item anew.
    """

    kind: ClassVar[str] = "random"

    def __init__(self, sizes: tuple[int, ...] = DEFAULT_SIZES, *, seed: int = 0) -> None:
        if not sizes or min(sizes) < 1:
            raise ValueError(f"every level needs at least one code, got {sizes}")
        self.sizes = tuple(sizes)
        self.seed = seed
        self._codebooks: tuple[Vectors, ...] = ()

    @property
    def codebooks(self) -> tuple[Vectors, ...]:
        """Per level and code the mean of what was left over of the vectors that drew it: noise around the mean."""
        if not self._codebooks:
            raise NotFitted(f"{self.kind}: fit or restore first")
        return self._codebooks

    def fit(self, vectors: Vectors, *, seed: int = 0, progress: Progress | None = None) -> Self:
        """Keep the seed, and average the vectors of each code so that codes can be decoded."""
        residual = check_vectors(vectors).copy()
        self.seed = seed
        codes = self.encode(residual)
        books = []
        for level, size in enumerate(self.sizes):
            load = np.bincount(codes[:, level], minlength=size)
            sums = np.zeros((size, residual.shape[1]), dtype=np.float64)
            np.add.at(sums, codes[:, level], residual)
            books.append((sums / np.maximum(load, 1)[:, None]).astype(np.float32))
            residual -= books[-1][codes[:, level]]
            if progress:
                progress(Step(level + 1, len(self.sizes), {}))
        self._codebooks = tuple(books)
        return self

    def encode(self, vectors: Vectors) -> Codes:
        """Return codes drawn from the bytes of each vector, shape (n, levels)."""
        return self._draw([row.tobytes() for row in np.ascontiguousarray(vectors, dtype=np.float32)])

    def encode_keys(self, keys: Sequence[str]) -> Codes:
        """Return codes drawn from each key, shape (len(keys), levels)."""
        return self._draw([key.encode() for key in keys])

    def _draw(self, items: Sequence[bytes]) -> Codes:
        salt = self.seed.to_bytes(8, "little", signed=True)
        digests = b"".join(hashlib.blake2b(item, digest_size=8 * len(self.sizes), key=salt).digest() for item in items)
        numbers = np.frombuffer(digests, dtype="<u8").reshape(len(items), len(self.sizes))
        return (numbers % np.asarray(self.sizes, dtype=np.uint64)).astype(np.uint16)

    def decode(self, codes: Codes) -> Vectors:
        """Return the sums of the codes' means, shape (n, dimension)."""
        return decode_residual(codes, self.codebooks)

    def config(self) -> dict[str, Any]:
        """Return the settings as JSON values."""
        return {"seed": self.seed}

    def tensors(self) -> dict[str, NDArray[Any]]:
        """Return `codebook.N` per level."""
        return {f"codebook.{level}": book for level, book in enumerate(self.codebooks)}

    @classmethod
    def restore(cls, config: Mapping[str, Any], tensors: Mapping[str, NDArray[Any]]) -> Self:
        """Rebuild from `config()` and `tensors()`."""
        books = numbered(tensors, "codebook")
        self = cls(tuple(len(book) for book in books), **config)
        self._codebooks = books
        return self
