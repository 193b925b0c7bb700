"""Semantic IDs of a next-song model: n learned codes and a tie-break number (SiriusXM, section 2.1).

Apart from the 27 codes of the generators on purpose: one ID over all that is known of a song, its codebooks of any
size, is what the paper measures. Knows vectors and keys; no songs.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray

from segue.generator.quantizers.autoencoder import Training
from segue.generator.quantizers.protocol import Vectors
from segue.generator.quantizers.random_ids import RandomIds
from segue.generator.quantizers.rqvae import RQVAE

LEVELS: Final = 4
"""n in the paper."""


@dataclass(frozen=True, eq=False)
class SongIds:
    """The IDs of N songs."""

    codes: NDArray[np.int64]
    """int64 [N, n], each from 0 to k - 1."""
    ties: NDArray[np.int64]
    """int64 [N]: counts up among songs with equal codes, so that no two songs have the same ID."""
    size: int
    """k: codes per level."""

    @classmethod
    def of(cls, codes: NDArray[np.integer], size: int) -> Self:
        """Number the ties in the order of the songs. Raises ValueError for a code beyond the codebook."""
        if codes.ndim != 2 or (codes.size and int(codes.max()) >= size):
            raise ValueError(f"codes of shape {codes.shape} do not fit {size} codes per level")
        _, group = np.unique(codes, axis=0, return_inverse=True)
        order = np.argsort(group, kind="stable")
        sorted_group = group[order]
        first = np.r_[True, sorted_group[1:] != sorted_group[:-1]] if len(order) else np.zeros(0, dtype=bool)
        starts = np.maximum.accumulate(np.where(first, np.arange(len(order)), 0))
        ties = np.empty(len(order), dtype=np.int64)
        ties[order] = np.arange(len(order)) - starts
        return cls(codes.astype(np.int64), ties, size)

    @property
    def collisions(self) -> float:
        """Share of songs that only the tie-break tells from another."""
        return float(np.mean(self.ties > 0)) if len(self.ties) else 0.0

    def __len__(self) -> int:
        return len(self.codes)


def trained_ids(vectors: Vectors, size: int, *, levels: int = LEVELS, epochs: int = 60, seed: int = 0) -> SongIds:
    """Return "v1": codes by an RQ-VAE over content vectors [N, d]. Raises ValueError for fewer than two songs."""
    quantizer = RQVAE((size,) * levels, training=Training(epochs=epochs, learning_rate=1e-3))
    return SongIds.of(quantizer.fit(vectors, seed=seed).encode(vectors), size)


def random_ids(keys: Sequence[str], size: int, *, levels: int = LEVELS, seed: int = 0) -> SongIds:
    """Return "v0": codes drawn at random for each song, the same for the same key and seed."""
    return SongIds.of(RandomIds((size,) * levels, seed=seed).encode_keys(keys), size)
