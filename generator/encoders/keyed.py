"""A table of vectors by name, which stays small and holds no names: each key is the first eight bytes of a SHA-256.

Knows strings and vectors. Two names of a million share a key with a probability of about 3e-8.
"""

import hashlib
from collections.abc import Iterable, Sequence
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray


def hashed(name: str) -> int:
    """Return the 64-bit key of a name."""
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:8])


class KeyedVectors:
    """Vectors of float32 that are found by name."""

    def __init__(self, keys: NDArray[np.uint64], vectors: NDArray[Any]) -> None:
        if keys.ndim != 1 or vectors.ndim != 2 or len(keys) != len(vectors):
            raise ValueError(f"{len(keys)} keys do not fit vectors of shape {vectors.shape}")
        order = np.argsort(keys, kind="stable")
        self.keys = keys[order]
        self.vectors = vectors[order].astype(np.float32)

    @classmethod
    def of(cls, names: Sequence[str], vectors: NDArray[Any]) -> Self:
        """Return the table of `names` (distinct) with one row of `vectors` each."""
        return cls(np.array([hashed(name) for name in names], dtype=np.uint64), vectors)

    def __len__(self) -> int:
        return len(self.keys)

    @property
    def dimension(self) -> int:
        """Length of one vector."""
        return int(self.vectors.shape[1])

    def rows(self, names: Iterable[str]) -> NDArray[np.int64]:
        """Return the row of each name, or -1 where the table does not hold it."""
        wanted = np.array([hashed(name) for name in names], dtype=np.uint64)
        if not len(self):
            return np.full(len(wanted), -1, dtype=np.int64)
        places = np.minimum(np.searchsorted(self.keys, wanted), len(self) - 1)
        return np.where(self.keys[places] == wanted, places, -1).astype(np.int64)
