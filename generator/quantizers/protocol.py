"""The interface of all quantizers, and the types that they exchange.

Knows vectors and codes only. A quantizer numbers the codes of each level from 0; the shift that makes room for the
reserved "unknown" code belongs to the tokenizer.
"""

from collections.abc import Callable, Mapping
from typing import Any, ClassVar, NamedTuple, Protocol, Self

import numpy as np
from numpy.typing import NDArray

Vectors = NDArray[np.float32]
"""Shape (n, dimension)."""
Codes = NDArray[np.uint16]
"""Shape (n, levels); level 1 stands first."""


class Step(NamedTuple):
    """How far a training has come."""

    done: int
    """Finished units: epochs, or levels."""
    total: int
    metrics: dict[str, float]
    """Figures of the latest unit, such as `loss`."""


Progress = Callable[[Step], None]
"""Called after every epoch or level."""


class NotFitted(RuntimeError):
    """Raised when a quantizer is asked for codes before `fit` or `restore`: a mistake in the calling program."""


class Quantizer(Protocol):
    """Vectors to codes and back.

    A level never holds more codes than there are distinct values to tell apart, so `sizes` may shrink in `fit`.
    """

    kind: ClassVar[str]
    """The name in the registry and in saved files."""
    sizes: tuple[int, ...]
    """Codes per level: what was asked for before `fit`, what there is after it."""

    @property
    def codebooks(self) -> tuple[Vectors, ...]:
        """One array of code vectors per level, shape (size, latent dimension)."""
        ...

    def fit(self, vectors: Vectors, *, seed: int = 0, progress: Progress | None = None) -> Self:
        """Learn the codebooks from `vectors`; the same vectors and seed give the same codebooks. Returns itself.

        Raises ValueError for an empty array or values that are not finite.
        """
        ...

    def encode(self, vectors: Vectors) -> Codes:
        """Return the codes of each vector. Every row is coded by itself: other rows never change its codes."""
        ...

    def decode(self, codes: Codes) -> Vectors:
        """Return the vectors that the codes stand for.

        Given fewer columns than there are levels, only the coarse levels are used (a prefix).
        """
        ...

    def config(self) -> dict[str, Any]:
        """Return what was set, as JSON values."""
        ...

    def tensors(self) -> dict[str, NDArray[Any]]:
        """Return what was learned, by name."""
        ...

    @classmethod
    def restore(cls, config: Mapping[str, Any], tensors: Mapping[str, NDArray[Any]]) -> Self:
        """Rebuild a fitted quantizer from `config()` and `tensors()`. Raises ValueError where they do not fit."""
        ...


def check_vectors(vectors: NDArray[Any]) -> Vectors:
    """Return `vectors` as contiguous float32 of two dimensions; ValueError for empty, NaN or infinite input."""
    array = np.ascontiguousarray(vectors, dtype=np.float32)
    if array.ndim != 2 or array.shape[0] == 0 or array.shape[1] == 0:
        raise ValueError(f"expected vectors of shape (n, dimension) with n > 0, got {array.shape}")
    if not np.isfinite(array).all():
        raise ValueError("vectors hold values that are not finite")
    return array
