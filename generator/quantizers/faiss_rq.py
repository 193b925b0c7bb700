"""FAISS's residual quantizer, the library baseline.

Needs the package `faiss-cpu` (extra `bench`) to fit; a fitted one codes and decodes without it. Knows vectors only.
"""

from collections.abc import Mapping
from itertools import pairwise
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from segue.generator.errors import UserError
from segue.generator.quantizers.clusters import distinct
from segue.generator.quantizers.protocol import Codes, NotFitted, Progress, Step, Vectors, check_vectors
from segue.generator.quantizers.residual import decode_residual, encode_residual
from segue.generator.quantizers.residual_kmeans import numbered


class FaissRQ:
    """`faiss.ResidualQuantizer`; FAISS knows powers of two only, so 128 + 64 + 32 codes by default.

    beam: candidates kept per level in training. Above 1 a later level is trained on residuals of second choices too;
    the whole code may then reconstruct better, but a prefix does not, and semantic IDs are read prefix first. restarts:
    of FAISS's k-means, which starts from random rows.
    """

    kind: ClassVar[str] = "faiss-rq"

    def __init__(self, sizes: tuple[int, ...] = (128, 64, 32), *, beam: int = 1, restarts: int = 4) -> None:
        if not sizes or any(size < 2 or size & (size - 1) for size in sizes):
            raise ValueError(f"FAISS needs powers of two as codebook sizes, got {sizes}")
        self.sizes = tuple(sizes)
        self.beam = beam
        self.restarts = restarts
        self._codebooks: tuple[Vectors, ...] = ()

    @property
    def codebooks(self) -> tuple[Vectors, ...]:
        """One array of code vectors per level, in the space of the vectors."""
        if not self._codebooks:
            raise NotFitted(f"{self.kind}: fit or restore first")
        return self._codebooks

    def fit(self, vectors: Vectors, *, seed: int = 0, progress: Progress | None = None) -> Self:
        """Train with FAISS; see `Quantizer.fit`. UserError where FAISS is not installed or vectors are too few."""
        try:
            import faiss
        except ImportError as error:
            raise UserError("the quantizer faiss-rq needs FAISS: pip install 'segue[bench]'") from error
        vectors = check_vectors(vectors)
        if len(distinct(vectors).vectors) < max(self.sizes):
            raise UserError(f"faiss-rq needs at least {max(self.sizes)} different vectors")
        bits = faiss.UInt64Vector()
        for size in self.sizes:
            bits.push_back(size.bit_length() - 1)
        # FAISS's type stubs promise a list here; its compiled part takes this vector only.
        quantizer = faiss.ResidualQuantizer(vectors.shape[1], bits)  # type: ignore[call-overload]
        quantizer.max_beam_size = self.beam
        quantizer.cp.seed = seed + 1
        quantizer.cp.nredo = self.restarts
        quantizer.verbose = False
        quantizer.train(vectors)
        flat = faiss.vector_to_array(quantizer.codebooks).reshape(-1, vectors.shape[1])
        edges = np.cumsum((0, *self.sizes))
        self._codebooks = tuple(np.ascontiguousarray(flat[a:b], dtype=np.float32) for a, b in pairwise(edges))
        if progress:
            progress(Step(len(self.sizes), len(self.sizes), {}))
        return self

    def encode(self, vectors: Vectors) -> Codes:
        """Return codes of shape (n, levels)."""
        return encode_residual(np.ascontiguousarray(vectors, dtype=np.float32), self.codebooks)

    def decode(self, codes: Codes) -> Vectors:
        """Return the sums of the chosen code vectors, shape (n, dimension)."""
        return decode_residual(codes, self.codebooks)

    def config(self) -> dict[str, Any]:
        """Return the settings as JSON values."""
        return {"beam": self.beam, "restarts": self.restarts}

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
