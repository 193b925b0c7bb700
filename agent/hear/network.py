"""The network: one run of MiniLM over a message answers for its act, its facets with their polarity, and its scope.

    act        what the message does                                    from the pooled states and the cues
    scope      whether it speaks of none, some or all of what is shown  the same
    tag        for each word: outside, first of or within a facet       from the word's state and its features
    kind       which facet                                              the same
    polarity   wanted, avoided or named to compare with                 the same

Knows tensors; readings are made in `reading.py`.
"""

from collections.abc import Sequence
from typing import Final, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

from segue.agent.hear.cues import CUES
from segue.agent.hear.reading import WORD_FEATURES, Reading
from segue.agent.wish import ACTS, FACET_KINDS, Polarity
from segue.generator.minilm import WIDTH, MiniLM, Tokens

SCOPES: Final = ("none", "some", "all")
POLARITIES: Final[tuple[Polarity, ...]] = ("want", "avoid", "like")
OUTSIDE, BEGIN, WITHIN = range(3)
RANK: Final = 12
FROZEN_LAYERS: Final = 2
_HIDDEN: Final = 128
_GAIN: Final = 4.0
"""States of MiniLM are small; the heads learn at the pace of the layers once they are scaled."""


class Batch(NamedTuple):
    """Readings as tensors, padded."""

    tokens: Tokens
    first: Tensor
    """int64 [batch, words]: place of each word's first piece; 0 where padded."""
    is_word: Tensor
    """bool [batch, words]."""
    features: Tensor
    """float32 [batch, words, WORD_FEATURES]."""
    cues: Tensor
    """float32 [batch, CUES]."""


class Answers(NamedTuple):
    """Logits."""

    act: Tensor
    """[batch, acts]."""
    scope: Tensor
    """[batch, 3]."""
    tag: Tensor
    """[batch, words, 3]."""
    kind: Tensor
    """[batch, words, facets]."""
    polarity: Tensor
    """[batch, words, 3]."""


class HearNetwork(nn.Module):
    """MiniLM with low-rank changes in its upper layers, and the heads."""

    def __init__(self, body: MiniLM) -> None:
        super().__init__()
        self.body = body
        self.cues = nn.Linear(CUES, _HIDDEN)
        self.whole = nn.Linear(2 * WIDTH + _HIDDEN, _HIDDEN)
        self.act = nn.Linear(_HIDDEN, len(ACTS))
        self.scope = nn.Linear(_HIDDEN, len(SCOPES))
        self.word = nn.Linear(WIDTH + WORD_FEATURES, _HIDDEN)
        self.near = nn.ModuleList(nn.Conv1d(_HIDDEN, _HIDDEN, 3, padding=1) for _ in range(2))
        self.norms = nn.ModuleList(nn.LayerNorm(_HIDDEN) for _ in range(2))
        self.tag = nn.Linear(_HIDDEN, 3)
        self.kind = nn.Linear(_HIDDEN, len(FACET_KINDS))
        self.polarity = nn.Linear(_HIDDEN, len(POLARITIES))

    def heads(self, states: Tensor, batch: Batch, dropout: float = 0.0) -> Answers:
        """Answer from MiniLM's last states [batch, pieces, 384]."""
        states = states * _GAIN
        own = batch.tokens.message.unsqueeze(-1).to(states.dtype)
        pooled = torch.cat([(states * own).sum(1) / own.sum(1), states[:, 0]], dim=1)
        pooled = functional.dropout(pooled, dropout, self.training)
        cues = functional.gelu(self.cues(batch.cues))
        whole = functional.gelu(self.whole(torch.cat([pooled, cues], dim=1)))
        whole = functional.dropout(whole, dropout, self.training)
        at = batch.first.unsqueeze(-1).expand(-1, -1, WIDTH)
        words = torch.cat([functional.dropout(states.gather(1, at), dropout, self.training), batch.features], dim=2)
        hidden = functional.gelu(self.word(words)) * batch.is_word.unsqueeze(-1)
        for near, norm in zip(self.near, self.norms, strict=True):
            mixed = functional.gelu(near(hidden.transpose(1, 2)).transpose(1, 2))
            hidden = norm(hidden + functional.dropout(mixed, dropout, self.training))
            hidden = hidden * batch.is_word.unsqueeze(-1)
        return Answers(self.act(whole), self.scope(whole), self.tag(hidden), self.kind(hidden), self.polarity(hidden))

    def forward(self, batch: Batch) -> Answers:
        """Answer a batch."""
        return self.heads(self.body(batch.tokens), batch)

    def trained(self) -> dict[str, Tensor]:
        """Return what a weight file holds: the low-rank changes and the heads, by name."""
        heads = {key: value for key, value in self.state_dict().items() if not key.startswith("body.")}
        return heads | {f"body.{key}": value for key, value in self.body.changes().items()}


def batch_of(readings: Sequence[Reading]) -> Batch:
    """Pad readings to tensors; a reading without words gets one empty word, which nothing is said of."""
    length = max(len(reading.pieces) for reading in readings)
    most = max(1, *(len(reading.first) for reading in readings))
    ids = torch.zeros(len(readings), length, dtype=torch.long)
    first = torch.zeros(len(readings), most, dtype=torch.long)
    features = torch.zeros(len(readings), most, WORD_FEATURES)
    for row, reading in enumerate(readings):
        ids[row, : len(reading.pieces)] = torch.tensor(reading.pieces)
        if reading.first:
            first[row, : len(reading.first)] = torch.tensor(reading.first)
            features[row, : len(reading.first)] = torch.from_numpy(reading.features)
    place, at = torch.arange(length), torch.arange(most)
    own = place < torch.tensor([[reading.own] for reading in readings])
    real = place < torch.tensor([[len(reading.pieces)] for reading in readings])
    is_word = at < torch.tensor([[len(reading.first)] for reading in readings])
    cues = torch.stack([torch.from_numpy(reading.cues) for reading in readings])
    return Batch(Tokens(ids, own, real), first, is_word, features, cues)
