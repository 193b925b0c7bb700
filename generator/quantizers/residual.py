"""Residual coding: each level codes what the levels before it left over (3MToken, section 2.2).

Knows codebooks and vectors; how the codebooks came about is the quantizers' affair.
"""

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from segue.generator.quantizers.protocol import Codes, Vectors

_CHUNK: Final = 8_192
"""Rows per distance matrix: with 1,024 codes 32 MB."""


def nearest(vectors: Vectors, codebook: Vectors) -> NDArray[np.int64]:
    """Return for each vector the index of the nearest code vector in Euclidean distance, the lowest index on a tie."""
    out = np.empty(len(vectors), dtype=np.int64)
    # |v - c|^2 = |v|^2 - 2 v.c + |c|^2, and |v|^2 is the same for every code.
    offset = np.einsum("kd,kd->k", codebook, codebook)
    for start in range(0, len(vectors), _CHUNK):
        part = vectors[start : start + _CHUNK]
        out[start : start + _CHUNK] = np.argmin(offset - 2.0 * (part @ codebook.T), axis=1)
    return out


def encode_residual(vectors: Vectors, codebooks: Sequence[Vectors]) -> Codes:
    """Return codes of shape (n, levels): k_l = argmin |r_(l-1) - e_k|^2 and r_l = r_(l-1) - e_(k_l)."""
    residual = vectors.copy()
    codes = np.empty((len(vectors), len(codebooks)), dtype=np.uint16)
    for level, codebook in enumerate(codebooks):
        chosen = nearest(residual, codebook)
        codes[:, level] = chosen
        residual -= codebook[chosen]
    return codes


def decode_residual(codes: Codes, codebooks: Sequence[Vectors]) -> Vectors:
    """Return the sum of the chosen code vectors, shape (n, dimension). ValueError for a code beyond its codebook."""
    if codes.ndim != 2 or not 1 <= codes.shape[1] <= len(codebooks):
        raise ValueError(f"expected codes of shape (n, 1..{len(codebooks)}), got {codes.shape}")
    out = np.zeros((len(codes), codebooks[0].shape[1]), dtype=np.float32)
    for level in range(codes.shape[1]):
        column, codebook = codes[:, level], codebooks[level]
        if len(column) and int(column.max()) >= len(codebook):
            raise ValueError(f"level {level + 1} has {len(codebook)} codes, got code {int(column.max())}")
        out += codebook[column]
    return out
