"""The autoencoder around RQ-VAE's codebooks: network, loss and training.

Architecture and loss follow 3MToken (sections 2.2 and 3.2). Knows vectors; codes and files are the quantizer's.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Final

import numpy as np

from segue.generator.quantizers.perceptron import Perceptron
from segue.generator.quantizers.protocol import Progress, Step, Vectors
from segue.generator.quantizers.residual_kmeans import ResidualKMeans

if TYPE_CHECKING:
    from torch import nn
    from vector_quantize_pytorch import ResidualVQ

HIDDEN: Final = (512, 256, 128)
"""Widths of the encoder's hidden layers; the decoder mirrors them."""
_START_ROWS: Final = 16_384
"""Rows that the k-means start of the codebooks sees."""


@dataclass(frozen=True)
class Training:
    """How an RQ-VAE is trained; the defaults are the paper's where it names them."""

    epochs: int = 150
    batch: int = 512
    learning_rate: float = 1e-4
    beta: float = 0.25
    """Weight of the commitment loss; the paper names none, VQ-VAE's is used."""
    decay: float = 0.99
    """Of the moving averages that the code vectors follow."""
    dead_below: float = 0.2
    """A code with a smaller moving average of rows per batch is moved onto a row of the batch."""


def _layers(widths: Sequence[int]) -> "nn.Sequential":
    from torch import nn

    modules: list[nn.Module] = []
    for inputs, outputs in pairwise(widths[:-1]):
        modules += [nn.Linear(inputs, outputs), nn.BatchNorm1d(outputs), nn.ReLU()]
    return nn.Sequential(*modules, nn.Linear(widths[-2], widths[-1]))


def _folded(network: "nn.Sequential") -> Perceptron:
    """Fold each batch norm, y = (x - mean) / sqrt(var + eps) * gamma + beta, into the linear layer before it."""
    from torch import nn

    weights, biases = [], []
    for module in network:
        if isinstance(module, nn.Linear):
            weights.append(module.weight.detach().double().numpy().T.copy())
            biases.append(module.bias.detach().double().numpy().copy())
        elif isinstance(module, nn.BatchNorm1d):
            assert module.running_mean is not None
            assert module.running_var is not None
            gain = (module.weight / (module.running_var + module.eps).sqrt()).detach().double().numpy()
            weights[-1] *= gain
            mean, shift = module.running_mean.double().numpy(), module.bias.detach().double().numpy()
            biases[-1] = (biases[-1] - mean) * gain + shift
    return Perceptron(
        tuple(np.ascontiguousarray(weight, dtype=np.float32) for weight in weights),
        tuple(bias.astype(np.float32) for bias in biases),
    )


def _place(quantizer: "ResidualVQ", start: ResidualKMeans, latents: Vectors, *, rows: int) -> None:
    """Place the codebooks by k-means over many rows; the library's own start would see a single batch.

    The moving averages are filled as if a batch of `rows` had gone by.
    """
    import torch

    for layer, centroids, chosen in zip(quantizer.layers, start.codebooks, start.encode(latents).T, strict=True):
        load = np.bincount(chosen, minlength=len(centroids)) * (rows / len(latents))
        codebook = layer._codebook
        codebook.embed.copy_(torch.from_numpy(centroids)[None])
        codebook.cluster_size.copy_(torch.from_numpy(load)[None])
        codebook.embed_avg.copy_(codebook.embed * codebook.cluster_size[..., None])


def train(
    vectors: Vectors, sizes: Sequence[int], latent: int, how: Training, *, seed: int, progress: Progress | None
) -> tuple[Perceptron, Perceptron, tuple[Vectors, ...]]:
    """Return encoder, decoder and codebooks, trained on `vectors` (centred, of unit mean square norm).

    The loss is |x - x'|^2 plus, per level, beta |r - sg[e]|^2. The codebook loss |sg[r] - e|^2 is minimised by moving
    averages instead of gradients (van den Oord et al., 2017, appendix A.1), with revival of dead codes, by
    `vector_quantize_pytorch.ResidualVQ`. At the end the codebooks are placed once more, by residual
    k-means over all latents: moving averages lag behind an encoder that still moved in the last epochs, and this is the
    minimum of the codebook loss for the encoder that is kept.
    """
    import torch
    from vector_quantize_pytorch import ResidualVQ

    dimension = vectors.shape[1]
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        encoder = _layers((dimension, *HIDDEN, latent))
        decoder = _layers((latent, *reversed(HIDDEN), dimension))
        data = torch.from_numpy(vectors)
        with torch.no_grad():
            latents = encoder(data[torch.randperm(len(data))[:_START_ROWS]]).numpy()
        start = ResidualKMeans(tuple(sizes), iterations=20).fit(latents, seed=seed)
        quantizer = ResidualVQ(
            dim=latent,
            codebook_size=start.sizes,
            decay=how.decay,
            commitment_weight=how.beta,
            threshold_ema_dead_code=how.dead_below,
            rotation_trick=True,
        )
        parts = torch.nn.ModuleList([encoder, decoder, quantizer]).train()
        optimizer = torch.optim.AdamW(parts.parameters(), lr=how.learning_rate)
        # Batch norm needs two rows, and a remainder of one row would have no variance.
        batch = min(how.batch, len(data))
        _place(quantizer, start, latents, rows=batch)
        for epoch in range(how.epochs):
            order = torch.randperm(len(data))
            error = commitment = 0.0
            starts = range(0, len(data) - batch + 1, batch)
            for first in starts:
                rows = data[order[first : first + batch]]
                quantized, _, commit = quantizer(encoder(rows))
                reconstruction = ((decoder(quantized) - rows) ** 2).sum(dim=1).mean()
                # The library averages over the latent dimensions, the paper sums over them.
                loss = reconstruction + latent * commit.sum()
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
                error += float(reconstruction.detach())
                commitment += float(commit.detach().sum()) * latent
            if progress:
                metrics = {"squared_error": error / len(starts), "commitment": commitment / len(starts)}
                progress(Step(epoch + 1, how.epochs, metrics))
    folded = _folded(encoder)
    # Equal rows must share a latent to the last bit, or k-means finds codes in the rounding of a matrix product, which
    # depends on the processor and on where in the batch a row stands.
    distinct, back = np.unique(vectors, axis=0, return_inverse=True)
    books = ResidualKMeans(tuple(sizes)).fit(folded(distinct)[back.reshape(-1)], seed=seed).codebooks
    return folded, _folded(decoder), books
