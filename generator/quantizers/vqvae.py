"""VQ-VAE: the RQ-VAE's network with one codebook of 1,024 codes, the ablation of 3MToken (section 3.3).

A baseline: its codes do not fit a semantic ID's one byte per level.
"""

from typing import ClassVar

from segue.generator.quantizers.autoencoder import Training
from segue.generator.quantizers.rqvae import RQVAE


class VQVAE(RQVAE):
    """One level of learned codes; `sizes` is (codes,)."""

    kind: ClassVar[str] = "vq-vae-1024"

    def __init__(self, sizes: tuple[int, ...] = (1024,), *, latent: int = 64, training: Training | None = None) -> None:
        if len(sizes) != 1:
            raise ValueError(f"a VQ-VAE has one level, got sizes {sizes}")
        super().__init__(sizes, latent=latent, training=training)
