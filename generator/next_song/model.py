"""The next-song model: a causal transformer over what was heard (SASRec, Kang and McAuley 2018; SiriusXM, section 2).

An event is the song's vector, plus one for the opinion (plays and thumbs up, or thumbs down), plus one for its place.
The state after an event scores any song by the inner product with that song's vector, which input and output share.
Knows songs by number; `song_embedding` says what stands for them.
"""

from typing import Final

import torch
from torch import Tensor, nn
from torch.nn import functional

from segue.generator.next_song.sequences import MAX_LENGTH, Batch
from segue.generator.next_song.song_embedding import SongEmbedding

OPINIONS: Final = 2


class Block(nn.Module):
    """Causal self-attention and a perceptron, each behind a norm and added to what came in."""

    def __init__(self, width: int, heads: int, dropout: float) -> None:
        super().__init__()
        if width % heads:
            raise ValueError(f"{width} dimensions do not divide into {heads} heads")
        self.heads = heads
        self.norm1, self.norm2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.mix, self.out = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.mlp = nn.Sequential(nn.Linear(width, 2 * width), nn.GELU(), nn.Linear(2 * width, width))
        self.dropout = nn.Dropout(dropout)

    def forward(self, states: Tensor) -> Tensor:
        """Return states [n, length, width] after the block."""
        n, length, width = states.shape
        mixed = self.mix(self.norm1(states)).view(n, length, 3, self.heads, width // self.heads)
        query, key, value = mixed.permute(2, 0, 3, 1, 4)
        read = functional.scaled_dot_product_attention(query, key, value, is_causal=True)
        states = states + self.dropout(self.out(read.transpose(1, 2).reshape(n, length, width)))
        added: Tensor = states + self.dropout(self.mlp(self.norm2(states)))
        return added


class NextSong(nn.Module):
    """From what was heard to the state that scores what comes next."""

    def __init__(
        self, songs: SongEmbedding, width: int, *, blocks: int = 2, heads: int = 2, dropout: float = 0.2,
        longest: int = MAX_LENGTH,
    ) -> None:  # fmt: skip
        """`width` is h in the paper, that of the song vectors."""
        super().__init__()
        self.songs = songs
        self.opinion = nn.Embedding(OPINIONS, width)
        self.place = nn.Embedding(longest, width)
        self.blocks = nn.ModuleList(Block(width, heads, dropout) for _ in range(blocks))
        self.norm = nn.LayerNorm(width)
        self.dropout = nn.Dropout(dropout)
        for table in (self.opinion, self.place):
            nn.init.normal_(table.weight, std=0.02)

    def forward(self, heard: Batch) -> Tensor:
        """Return the state after each event, [n, length, width]. Raises ValueError for longer sequences than learnt."""
        length = heard.songs.shape[1]
        if length > self.place.num_embeddings:
            raise ValueError(f"{length} songs in a sequence, and {self.place.num_embeddings} are read at most")
        states = self.songs(heard.songs) + self.opinion(heard.liked) + self.place.weight[:length]
        states = self.dropout(states)
        for block in self.blocks:
            states = block(states)
        normed: Tensor = self.norm(states)
        return normed

    @property
    def trainable(self) -> int:
        """Parameters that are learnt, the songs' included."""
        return sum(p.numel() for p in self.parameters() if p.requires_grad)

    @torch.inference_mode()
    def scores(self, heard: Batch, songs: Tensor) -> Tensor:
        """Return the score of each song int64 [any] after each event: [n, length, any]. Higher is likelier."""
        scores: Tensor = self(heard) @ self.songs(songs).T
        return scores
