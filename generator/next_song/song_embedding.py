"""What stands for a song in a sequence: a row of its own, or the sum of its codes; with artist and genres or without.

SiriusXM, section 2: "we define the 'track' embedding as the sum of 'song', 'artist' and 'genre' embeddings", and the
song embedding is either a song index (the baseline) or decomposed into a semantic ID. Knows numbers; no music.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from segue.generator.next_song.song_ids import SongIds

SPREAD: Final = 0.1
"""Standard deviation of a fresh song vector, however many parts it is the sum of."""
TIE_SPREAD: Final = 0.02
"""Of the fixed vectors of the tie-break numbers: enough to tell two songs apart, too little to speak."""


class SongIndex(nn.Module):
    """The baseline: a vector per song."""

    def __init__(self, songs: int, width: int) -> None:
        super().__init__()
        self.table = nn.Embedding(songs, width)
        nn.init.normal_(self.table.weight, std=SPREAD)

    def forward(self, songs: Tensor) -> Tensor:
        """Return vectors [..., width] of songs int64 [...]."""
        found: Tensor = self.table(songs)
        return found


class SongCodes(nn.Module):
    """The sum of the vectors of a song's codes, and a fixed vector for its tie-break, which is not learnt."""

    codes: Tensor
    ties: Tensor
    tie_vectors: Tensor

    def __init__(self, ids: SongIds, width: int, *, frozen: bool = False, seed: int = 0) -> None:
        """`frozen` keeps the vectors of the codes as they were drawn, so that nothing about songs is learnt here."""
        super().__init__()
        levels = ids.codes.shape[1]
        # One table for all levels: level l's codes start at l * k.
        self.table = nn.Embedding(levels * ids.size, width)
        nn.init.normal_(self.table.weight, std=SPREAD / levels**0.5)
        self.table.weight.requires_grad_(not frozen)
        self.register_buffer("codes", torch.from_numpy(ids.codes + np.arange(levels) * ids.size))
        self.register_buffer("ties", torch.from_numpy(ids.ties))
        drawn = np.random.default_rng(seed).normal(0, TIE_SPREAD, (int(ids.ties.max(initial=0)) + 1, width))
        drawn[0] = 0
        self.register_buffer("tie_vectors", torch.from_numpy(drawn.astype(np.float32)))

    def forward(self, songs: Tensor) -> Tensor:
        """Return vectors [..., width] of songs int64 [...]."""
        found: Tensor = self.table(self.codes[songs]).sum(dim=-2) + self.tie_vectors[self.ties[songs]]
        return found


@dataclass(frozen=True, eq=False)
class SongFacts:
    """What songs share by being of the same artist or genre."""

    artists: NDArray[np.int64]
    """int64 [N]."""
    genres: Sequence[Sequence[int]]
    """The genres of each song, any number of them."""

    def __post_init__(self) -> None:
        if len(self.artists) != len(self.genres):
            raise ValueError(f"artists of {len(self.artists)} songs and genres of {len(self.genres)}")


class SongDecomposition(nn.Module):
    """The sum of an artist's vector and the mean of the genres' vectors; a song without genres has the former alone."""

    artists: Tensor
    genres: Tensor
    weights: Tensor

    def __init__(self, facts: SongFacts, width: int) -> None:
        super().__init__()
        most = max((len(genres) for genres in facts.genres), default=0) or 1
        genres = np.zeros((len(facts.genres), most), dtype=np.int64)
        weights = np.zeros(genres.shape, dtype=np.float32)
        for row, own in enumerate(facts.genres):
            genres[row, : len(own)] = own
            weights[row, : len(own)] = 1 / max(len(own), 1)
        self.artist = nn.Embedding(int(facts.artists.max(initial=0)) + 1, width)
        self.genre = nn.Embedding(int(genres.max(initial=0)) + 1, width)
        for table in (self.artist, self.genre):
            nn.init.normal_(table.weight, std=SPREAD)
        self.register_buffer("artists", torch.from_numpy(facts.artists))
        self.register_buffer("genres", torch.from_numpy(genres))
        self.register_buffer("weights", torch.from_numpy(weights))

    def forward(self, songs: Tensor) -> Tensor:
        """Return vectors [..., width] of songs int64 [...]."""
        genres = (self.genre(self.genres[songs]) * self.weights[songs][..., None]).sum(dim=-2)
        found: Tensor = self.artist(self.artists[songs]) + genres
        return found


class SongEmbedding(nn.Module):
    """The vector of a song: the sum of its parts, at least one, each of which takes songs int64 [...]."""

    def __init__(self, parts: Sequence[nn.Module]) -> None:
        super().__init__()
        if not parts:
            raise ValueError("a song needs something that stands for it")
        self.parts = nn.ModuleList(parts)

    def forward(self, songs: Tensor) -> Tensor:
        """Return vectors [..., width] of songs int64 [...]."""
        return torch.stack([part(songs) for part in self.parts]).sum(dim=0)

    @property
    def trainable(self) -> int:
        """Parameters that are learnt."""
        return sum(p.numel() for p in self.parameters() if p.requires_grad)
