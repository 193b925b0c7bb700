"""Level heads: from one state per modality to the whole distribution over semantic IDs, in one pass.

For a modality with the state h, and codes c1, c2 of the levels above,

    level 1:  W1 h
    level 2:  W2 h + U2[c1] + (A2 h * E[c1]) F2
    level 3:  W3 h + U3[c1] + V3[c2] + (A3 h * E[c1]) F3

The last terms let the dialogue change how levels depend on each other, at a low rank; the sums stay factors of
`CodeDistribution`, so that 9 x 129 x 64 x 31 probabilities cost two small matrix products. Predicting all modalities at
once, and not each after the one before, is what keeps later ones from following an early wrong guess.

Two readers turn a model's states of all tokens into the nine states: `ModalityQueries` attends to them (the compact
generator), `TokenReader` adds what a language model has at hand beside. Knows no tokens and no catalog.
"""

from typing import Final

import torch
from torch import nn
from torch.nn import functional

from segue.generator.distribution import CodeDistribution
from segue.generator.head_stack import HeadStack
from segue.generator.layout import DEFAULT_LAYOUT, UNKNOWN, CodeLayout
from segue.generator.losses import known_positions
from segue.generator.modality import LEVELS, MODALITIES

RANK: Final = 16
"""Rank of the interaction between the dialogue and the level above."""


class ModalityHead(nn.Module):
    """The three levels of one modality with codebooks of K1, K2 and K3 codes; `width` is the length of its state."""

    def __init__(self, width: int, sizes: tuple[int, int, int], rank: int = RANK) -> None:
        super().__init__()
        one, two, three = sizes
        self.level1, self.level2, self.level3 = nn.Linear(width, one), nn.Linear(width, two), nn.Linear(width, three)
        self.first_to_second = nn.Parameter(torch.zeros(one, two))
        self.first_to_third = nn.Parameter(torch.zeros(one, three))
        self.second_to_third = nn.Parameter(torch.zeros(two, three))
        self.first_code = nn.Parameter(torch.randn(one, rank) / rank**0.5)
        self.gate2, self.gate3 = nn.Linear(width, rank), nn.Linear(width, rank)
        self.mix2 = nn.Parameter(torch.randn(rank, two) * 0.02)
        self.mix3 = nn.Parameter(torch.randn(rank, three) * 0.02)

    def losses(self, state: torch.Tensor, codes: torch.Tensor) -> torch.Tensor:
        """Return the cross-entropy of the three levels, the true codes above given: [n, 3].

        `state` [n, width], `codes` int64 [n, 3]; rows whose modality is unknown hold numbers without meaning.
        """
        first, second, third = codes.T
        entry = self.first_code[first]
        scores2 = self.level2(state) + self.first_to_second[first] + (self.gate2(state) * entry) @ self.mix2
        scores3 = (
            self.level3(state)
            + self.first_to_third[first]
            + self.second_to_third[second]
            + (self.gate3(state) * entry) @ self.mix3
        )
        # Where the modality is unknown any known code will do: the row is not counted.
        target = first.clamp(min=UNKNOWN + 1)
        levels = ((self._known(state), target), (scores2, second), (scores3, third))
        return torch.stack([functional.cross_entropy(s.float(), c, reduction="none") for s, c in levels], dim=1)

    def _known(self, state: torch.Tensor) -> torch.Tensor:
        scores: torch.Tensor = self.level1(state)
        unknown = torch.arange(scores.shape[-1], device=scores.device) == UNKNOWN
        return scores.masked_fill(unknown, -torch.inf)


class LevelHeads(nn.Module):
    """One head per modality of a layout."""

    def __init__(self, width: int, layout: CodeLayout = DEFAULT_LAYOUT, rank: int = RANK) -> None:
        super().__init__()
        self.layout = layout
        sizes = layout.sizes.reshape(-1, LEVELS).tolist()
        self.heads = nn.ModuleList(ModalityHead(width, (a, b, c), rank) for a, b, c in sizes)

    def losses(self, states: torch.Tensor, codes: torch.Tensor) -> torch.Tensor:
        """Return the cross-entropy of each position, [n, 27]; 0 where the modality is unknown.

        `states` [n, 9, width], `codes` int64 [n, 27]. Average with `losses.mean_loss` over `losses.known_positions`.
        """
        parts = [
            head.losses(states[:, m], codes[:, LEVELS * m : LEVELS * (m + 1)])
            for m, head in enumerate(self.modalities())
        ]
        losses = torch.cat(parts, dim=1)
        return torch.where(known_positions(codes), losses, losses.new_zeros(()))

    def distribution(self, states: torch.Tensor) -> CodeDistribution:
        """Return the distribution over semantic IDs for one dialogue's states [9, width].

        Who asks often keeps a `HeadStack`, which this one makes and drops.
        """
        return HeadStack(self).distribution(states)

    def modalities(self) -> list[ModalityHead]:
        """Return the nine heads in semantic-ID order."""
        return [head for head in self.heads if isinstance(head, ModalityHead)]


class ModalityQueries(nn.Module):
    """Nine learned queries that attend to the states of all tokens, one per modality.

    A modality reads the words that speak of it: the year for RI, the singer's name for AC.
    """

    def __init__(self, token_width: int, width: int = 384, attention_heads: int = 6, dropout: float = 0.1) -> None:
        super().__init__()
        self.queries = nn.Parameter(torch.randn(len(MODALITIES), width) * 0.02)
        self.attention = nn.MultiheadAttention(
            width, attention_heads, dropout=dropout, kdim=token_width, vdim=token_width, batch_first=True
        )
        self.norm = nn.LayerNorm(width)
        self.mlp = nn.Sequential(
            nn.Linear(width, 2 * width),
            nn.GELU(),
            nn.Dropout(dropout),
            nn.Linear(2 * width, width),
            nn.LayerNorm(width),
        )

    def forward(self, tokens: torch.Tensor, padding: torch.Tensor | None = None) -> torch.Tensor:
        """Return states [n, 9, width] for token states [n, length, token_width]; `padding` [n, length] marks pads."""
        queries = self.queries.expand(len(tokens), -1, -1)
        mask = None
        if padding is not None:
            # As `key_padding_mask` it would be checked by symbolic shapes, whose import a first answer would wait for.
            mask = padding[:, None, None].expand(-1, self.attention.num_heads, len(MODALITIES), -1).flatten(0, 1)
        read, _ = self.attention(queries, tokens, tokens, attn_mask=mask, need_weights=False)
        mixed: torch.Tensor = self.norm(queries + read)
        added: torch.Tensor = mixed + self.mlp(mixed)
        return added


class TokenReader(nn.Module):
    """What the heads see of a language model's states of all tokens of a prompt.

    Beside what its query read, each head sees the mean of the states and the last of them, which stands behind all
    others in a model that reads from left to right.
    """

    def __init__(self, token_width: int, width: int = 384, dropout: float = 0.2) -> None:
        super().__init__()
        self.width = width + 2 * token_width
        """Length of the states that it makes."""
        self.norm = nn.LayerNorm(token_width)
        self.queries = ModalityQueries(token_width, width, dropout=dropout)
        self.dropout = nn.Dropout(dropout)

    def forward(self, tokens: torch.Tensor, real: torch.Tensor) -> torch.Tensor:
        """Return states [n, 9, width] for token states [n, length, token_width]; `real` is False at padded places.

        Each row of `real` has a place at least that is True.
        """
        tokens = self.norm(tokens.float())
        weight = real.to(tokens.dtype)[..., None]
        mean = (tokens * weight).sum(dim=1) / weight.sum(dim=1)
        last = real.long().cumsum(dim=1).argmax(dim=1)
        end = tokens[torch.arange(len(tokens), device=tokens.device), last]
        whole = torch.cat((mean, end), dim=-1)[:, None].expand(-1, len(MODALITIES), -1)
        states: torch.Tensor = self.dropout(torch.cat((self.queries(tokens, ~real), whole), dim=-1))
        return states
