"""RQ-VAE: residual quantization in a learned latent space (3MToken, sections 2.2 and 3.2).

Knows vectors only; `autoencoder` holds the network and its training.
"""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from segue.generator.quantizers.autoencoder import Training, train
from segue.generator.quantizers.perceptron import Perceptron
from segue.generator.quantizers.protocol import Codes, NotFitted, Progress, Vectors, check_vectors
from segue.generator.quantizers.residual import decode_residual, encode_residual
from segue.generator.quantizers.residual_kmeans import DEFAULT_SIZES, numbered


class RQVAE:
    """Encoder, residual quantizer, mirrored decoder.

    sizes: codes per level. latent: dimension d_z of the space that is quantized (the paper prints none). training:
    epochs, batch, learning rate and the rest. Vectors are centred and scaled to unit mean square norm first, so that
    one learning rate serves all modalities.
    """

    kind: ClassVar[str] = "rq-vae"

    def __init__(
        self, sizes: tuple[int, ...] = DEFAULT_SIZES, *, latent: int = 64, training: Training | None = None
    ) -> None:
        if not sizes or min(sizes) < 1:
            raise ValueError(f"every level needs at least one code, got {sizes}")
        self.sizes = tuple(sizes)
        self.latent = latent
        self.training = training or Training()
        self._codebooks: tuple[Vectors, ...] = ()
        self._encoder: Perceptron | None = None
        self._decoder: Perceptron | None = None
        self._mean = np.zeros(0, dtype=np.float32)
        self._scale = np.float32(1.0)

    @property
    def codebooks(self) -> tuple[Vectors, ...]:
        """One array of code vectors per level, in the latent space."""
        if not self._codebooks:
            raise NotFitted(f"{self.kind}: fit or restore first")
        return self._codebooks

    def fit(self, vectors: Vectors, *, seed: int = 0, progress: Progress | None = None) -> Self:
        """Train the autoencoder and its codebooks; see `Quantizer.fit`. ValueError for fewer than two vectors."""
        vectors = check_vectors(vectors)
        if len(vectors) < 2:
            raise ValueError("an RQ-VAE needs at least two vectors")
        self._mean = vectors.mean(axis=0)
        centred = vectors - self._mean
        # All vectors alike have no scale; dividing by 1 keeps them where they are.
        self._scale = np.float32(np.sqrt((centred**2).sum(axis=1).mean()) or 1.0)
        self._encoder, self._decoder, self._codebooks = train(
            centred / self._scale, self.sizes, self.latent, self.training, seed=seed, progress=progress
        )
        self.sizes = tuple(len(book) for book in self._codebooks)
        return self

    def encode(self, vectors: Vectors) -> Codes:
        """Return codes of shape (n, levels)."""
        if self._encoder is None:
            raise NotFitted(f"{self.kind}: fit or restore first")
        scaled = (np.asarray(vectors, dtype=np.float32) - self._mean) / self._scale
        return encode_residual(self._encoder(scaled), self.codebooks)

    def decode(self, codes: Codes) -> Vectors:
        """Return the decoder's reconstruction, shape (n, dimension)."""
        if self._decoder is None:
            raise NotFitted(f"{self.kind}: fit or restore first")
        return self._decoder(decode_residual(codes, self.codebooks)) * self._scale + self._mean

    def config(self) -> dict[str, Any]:
        """Return the settings as JSON values."""
        return {"latent": self.latent, "training": asdict(self.training)}

    def tensors(self) -> dict[str, NDArray[Any]]:
        """Return `codebook.N`, the folded layers `encoder.N.*` and `decoder.N.*`, `mean` and `scale`."""
        books = self.codebooks
        assert self._encoder is not None
        assert self._decoder is not None
        return {
            **{f"codebook.{level}": book for level, book in enumerate(books)},
            **self._encoder.tensors("encoder"),
            **self._decoder.tensors("decoder"),
            "mean": self._mean,
            "scale": np.asarray([self._scale], dtype=np.float32),
        }

    @classmethod
    def restore(cls, config: Mapping[str, Any], tensors: Mapping[str, NDArray[Any]]) -> Self:
        """Rebuild from `config()` and `tensors()`."""
        books = numbered(tensors, "codebook")
        self = cls(tuple(len(b) for b in books), latent=config["latent"], training=Training(**config["training"]))
        self._codebooks = books
        self._encoder = Perceptron.restore("encoder", tensors)
        self._decoder = Perceptron.restore("decoder", tensors)
        self._mean = np.asarray(tensors["mean"], dtype=np.float32)
        self._scale = np.float32(tensors["scale"][0])
        return self
