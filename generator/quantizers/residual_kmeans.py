"""Residual k-means: each level clusters what the levels before it left over.

The residual quantizer without a learned latent space: the codes live in the modality's own vector space, so that
distances between codes are distances between tracks. Knows vectors only.
"""

from collections.abc import Mapping
from typing import Any, ClassVar, Final, Self

import numpy as np
from numpy.typing import NDArray

from segue.generator.quantizers.clusters import distinct, kmeans
from segue.generator.quantizers.protocol import Codes, NotFitted, Progress, Step, Vectors, check_vectors
from segue.generator.quantizers.residual import decode_residual, encode_residual, nearest

DEFAULT_SIZES: Final = (128, 64, 31)
"""Codes per level; with the reserved "unknown" code 224 per modality."""


class ResidualKMeans:
    """K-means level by level on the residuals.

    sizes: codes per level. iterations: Lloyd iterations per level. repeats: the exponent on how often a vector repeats
    in training. At 1 a genre shared by thousands of tracks draws the codebook to itself; at 0 the three felt tempos of
    a whole catalog get no code of their own beside a thousand counted ones.
    """

    kind: ClassVar[str] = "residual-kmeans"

    def __init__(
        self,
        sizes: tuple[int, ...] = DEFAULT_SIZES,
        *,
        iterations: int = 50,
        repeats: float = 0.5,
    ) -> None:
        if not sizes or min(sizes) < 1:
            raise ValueError(f"every level needs at least one code, got {sizes}")
        self.sizes = tuple(sizes)
        self.iterations = iterations
        self.repeats = repeats
        self._codebooks: tuple[Vectors, ...] = ()

    @property
    def codebooks(self) -> tuple[Vectors, ...]:
        """One array of centroids per level, in the space of the vectors."""
        if not self._codebooks:
            raise NotFitted(f"{self.kind}: fit or restore first")
        return self._codebooks

    def fit(self, vectors: Vectors, *, seed: int = 0, progress: Progress | None = None) -> Self:
        """Cluster level by level; see `Quantizer.fit`."""
        rows = distinct(check_vectors(vectors))
        residual, weights = rows.vectors.copy(), rows.counts.astype(np.float64) ** self.repeats
        # What subtraction leaves of two equal numbers is no structure to spend codes on.
        noise = 1e-5 * float(np.sqrt((residual**2).sum(axis=1).mean()))
        codebooks = []
        for level, size in enumerate(self.sizes):
            # Different vectors may leave the same residual, most often none at all.
            left = distinct(np.ascontiguousarray(residual))
            mass = np.bincount(left.inverse, weights=weights).astype(np.float64)
            centroids = kmeans(left.vectors, mass, size, seed=seed + level, iterations=self.iterations)
            residual -= centroids[nearest(residual, centroids)]
            residual[np.abs(residual).max(axis=1) < noise] = 0
            codebooks.append(centroids)
            if progress:
                error = float(np.average((residual**2).sum(axis=1), weights=weights))
                progress(Step(level + 1, len(self.sizes), {"squared_error": error}))
        self._codebooks = tuple(codebooks)
        self.sizes = tuple(len(codebook) for codebook in codebooks)
        return self

    def encode(self, vectors: Vectors) -> Codes:
        """Return codes of shape (n, levels)."""
        return encode_residual(np.ascontiguousarray(vectors, dtype=np.float32), self.codebooks)

    def decode(self, codes: Codes) -> Vectors:
        """Return the sums of the chosen centroids, shape (n, dimension)."""
        return decode_residual(codes, self.codebooks)

    def config(self) -> dict[str, Any]:
        """Return the settings as JSON values."""
        return {"iterations": self.iterations, "repeats": self.repeats}

    def tensors(self) -> dict[str, NDArray[Any]]:
        """Return `codebook.N` per level."""
        return {f"codebook.{level}": book for level, book in enumerate(self.codebooks)}

    @classmethod
    def restore(cls, config: Mapping[str, Any], tensors: Mapping[str, NDArray[Any]]) -> Self:
        """Rebuild from `config()` and `tensors()`."""
        codebooks = numbered(tensors, "codebook")
        self = cls(tuple(len(book) for book in codebooks), **config)
        self._codebooks = codebooks
        return self


def numbered(tensors: Mapping[str, NDArray[Any]], name: str) -> tuple[NDArray[np.float32], ...]:
    """Return the tensors `name.0`, `name.1` ... in order as float32; ValueError if there are none."""
    found: list[NDArray[np.float32]] = []
    while (key := f"{name}.{len(found)}") in tensors:
        found.append(np.asarray(tensors[key], dtype=np.float32))
    if not found:
        raise ValueError(f"no tensor is called {name}.0")
    return tuple(found)
