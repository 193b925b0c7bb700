"""The network: MiniLM's token states, pooled, and for each modality a distribution over the scores 0 to 10.

A regression by distribution: the labels are whole scores and many are exactly 0, which one number per modality blurs.
Knows tensors; files and messages are its callers' business.
"""

from typing import Final

import torch
from torch import Tensor, nn

from segue.generator.minilm import WIDTH, MiniLM, Tokens
from segue.generator.modality import MODALITIES

SCORES: Final = 11
"""The whole scores 0 .. 10."""
FROZEN_LAYERS: Final = 2
"""Lower layers left as they are, so that training runs them once; adapting all six measured no better."""
RANK: Final = 16
_GAIN: Final = 4.0
"""States of MiniLM are small; the head learns at the pace of the layers once they are scaled."""
_TIE: Final = 0.02


class ImportanceNetwork(nn.Module):
    """MiniLM with low-rank changes in its upper layers, and the head."""

    def __init__(self, body: MiniLM) -> None:
        super().__init__()
        self.body = body
        self.head = nn.Linear(2 * WIDTH, len(MODALITIES) * SCORES)

    def pool(self, states: Tensor, message: Tensor) -> Tensor:
        """Pool states [batch, length, 384] to [batch, 768]: mean over the message's own tokens, and the first token."""
        own = message.unsqueeze(-1).to(states.dtype)
        mean = (states * own).sum(1) / own.sum(1)
        return torch.cat([mean, states[:, 0]], dim=1) * _GAIN

    def logits(self, pooled: Tensor) -> Tensor:
        """Return the logits of the scores: [batch, 9, 11]."""
        logits: Tensor = self.head(pooled).view(-1, len(MODALITIES), SCORES)
        return logits

    def forward(self, tokens: Tokens) -> Tensor:
        """Return the scores 0 .. 10 of a batch: [batch, 9]."""
        return expected(self.logits(self.pool(self.body(tokens), tokens.message)))


def expected(logits: Tensor) -> Tensor:
    """Return one score per modality from the logits [batch, 9, 11]: the median, which makes the absolute error least.

    A fiftieth of the way towards the mean, so that modalities with equal medians are still in an order.
    """
    share = logits.softmax(-1)
    median = (share.cumsum(-1) < 0.5).sum(-1).clamp(max=SCORES - 1).to(logits.dtype)
    mean = (share * torch.arange(SCORES, dtype=logits.dtype)).sum(-1)
    return (median + _TIE * (mean - median)).clamp(0, SCORES - 1)
