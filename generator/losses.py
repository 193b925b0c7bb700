"""Losses of the generators: cross-entropy within a codebook, and TalkPlay's self-similarity.

Pure functions of tensors. Position p of a semantic ID has its own codebook; the softmax of a position runs over that
codebook alone, which is what constrained decoding samples from. Level 1's code 0 says that a catalog does not know the
modality: by default it is neither predicted nor counted, for a listener never asks for what is missing in a catalog.
"""

from collections.abc import Sequence
from typing import Final

import torch
from torch.nn import functional

from segue.generator.layout import UNKNOWN, CodeLayout
from segue.generator.modality import LEVELS, POSITIONS

SELF_SIMILARITY_WEIGHT: Final = 0.1
"""Lambda of TalkPlay, section 4.3."""


def codebook_log_probabilities(
    states: torch.Tensor, rows: torch.Tensor, layout: CodeLayout, position: int, *, learn_unknown: bool = False
) -> torch.Tensor:
    """Return log p(code) at one position, float32 [n, size of its codebook].

    `states` [n, d] are the model's states there, `rows` [layout.total or more, d] the output rows of all codes. Without
    `learn_unknown` the unknown code of level 1 has the log-probability minus infinity.
    """
    start, size = int(layout.offsets[position]), int(layout.sizes[position])
    logits = (states @ rows[start : start + size].T).float()
    if position % LEVELS == 0 and not learn_unknown:
        unknown = torch.arange(size, device=logits.device) == UNKNOWN
        logits = logits.masked_fill(unknown, -torch.inf)
    return torch.log_softmax(logits, dim=-1)


def codebook_losses(
    states: torch.Tensor,
    rows: torch.Tensor,
    codes: torch.Tensor,
    layout: CodeLayout,
    *,
    learn_unknown: bool = False,
    smoothing: float = 0.0,
) -> torch.Tensor:
    """Return the cross-entropy of each position, float32 [n, 27].

    `states` [n, 27, d]: the state from which position p is predicted; `rows` as above; `codes` int64 [n, 27]. Without
    `learn_unknown` the three positions of an unknown modality are 0. `smoothing` spreads that share of the probability
    over the codebook.
    """
    counted = known_positions(codes)
    losses = []
    for position in range(POSITIONS):
        log_p = codebook_log_probabilities(states[:, position], rows, layout, position, learn_unknown=learn_unknown)
        wanted = codes[:, position]
        if not learn_unknown:
            wanted = torch.where(counted[:, position], wanted, wanted.new_tensor(1 if position % LEVELS == 0 else 0))
        loss = -log_p.gather(1, wanted[:, None])[:, 0]
        if smoothing:
            finite = torch.isfinite(log_p)
            even = -log_p.masked_fill(~finite, 0).sum(dim=1) / finite.sum(dim=1)
            loss = (1 - smoothing) * loss + smoothing * even
        losses.append(loss)
    stacked = torch.stack(losses, dim=1)
    return stacked if learn_unknown else torch.where(counted, stacked, stacked.new_zeros(()))


def known_positions(codes: torch.Tensor) -> torch.Tensor:
    """Return which positions belong to a known modality: bool [n, 27] for codes [n, 27]."""
    known = codes.view(-1, POSITIONS // LEVELS, LEVELS)[..., :1] != UNKNOWN
    return known.expand(-1, -1, LEVELS).reshape(-1, POSITIONS)


def mean_loss(losses: torch.Tensor, counted: torch.Tensor) -> torch.Tensor:
    """Return the mean of the losses [n, 27] at the positions that count, a scalar; 0 where none does."""
    return (losses * counted).sum() / counted.sum().clamp(min=1)


def self_similarity_loss(embeddings: torch.Tensor, centroids: torch.Tensor) -> torch.Tensor:
    """Return E_ij |S(c_i, c_j) - S(e_i, e_j)| of one codebook, a scalar (TalkPlay, equation 2).

    S is the cosine; `embeddings` [K, d] are the token rows, `centroids` [K, any] the codewords that they stand for.
    Raises ValueError where the two differ in number.
    """
    if len(embeddings) != len(centroids):
        raise ValueError(f"{len(embeddings)} embeddings do not stand for {len(centroids)} centroids")
    one, two = (functional.normalize(side.float(), dim=-1) for side in (embeddings, centroids))
    return (two @ two.T - one @ one.T).abs().mean()


def mean_self_similarity_loss(
    rows: torch.Tensor, centroids: Sequence[torch.Tensor | None], layout: CodeLayout
) -> torch.Tensor:
    """Return the mean self-similarity loss over the codebooks that have centroids, a scalar.

    `rows` [layout.total or more, d]; `centroids` holds one tensor [codewords, any] per position, None for a quantizer
    that has none (random IDs). The unknown code of level 1 has no centroid and stays out.
    """
    if len(centroids) != POSITIONS:
        raise ValueError(f"centroids are needed for {POSITIONS} positions, not {len(centroids)}")
    losses = []
    for position, codewords in enumerate(centroids):
        if codewords is None:
            continue
        stop = int(layout.offsets[position] + layout.sizes[position])
        start = int(layout.offsets[position]) + (position % LEVELS == 0)
        losses.append(self_similarity_loss(rows[start:stop], codewords))
    return torch.stack(losses).mean() if losses else rows.new_zeros(())
