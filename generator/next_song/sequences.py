"""What listeners heard, in order, with what they thought of it; padded batches of it.

Songs are numbers from 0, of whoever counts them. Knows neither catalogs nor listeners.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

MAX_LENGTH: Final = 50
"""Songs in a sequence; longer ones are cut into pieces."""


@dataclass(frozen=True, eq=False)
class Heard:
    """One radio session, playlist or listener: the songs in order, each liked (played, thumb up) or not."""

    songs: NDArray[np.int64]
    liked: NDArray[np.bool_]

    def __post_init__(self) -> None:
        if self.songs.shape != self.liked.shape or self.songs.ndim != 1:
            raise ValueError(f"{self.songs.shape} songs with {self.liked.shape} opinions")

    def __len__(self) -> int:
        return len(self.songs)


class Batch(NamedTuple):
    """Sequences side by side. Padding stands at the end, where nothing real can attend to it."""

    songs: Tensor
    """int64 [n, length]; 0 where `real` is False."""
    liked: Tensor
    """int64 [n, length]: 1 liked, 0 not."""
    real: Tensor
    """bool [n, length]."""


def plays(songs: Sequence[int]) -> Heard:
    """Return songs that were played and about which nothing else is known: all positive (radio, playlists)."""
    return Heard(np.asarray(songs, dtype=np.int64), np.ones(len(songs), dtype=bool))


def pieces(heard: Heard, length: int = MAX_LENGTH) -> list[Heard]:
    """Return the sequence cut into pieces of at most `length`; pieces of one song teach nothing and are left out."""
    starts = range(0, len(heard), length)
    cut = [Heard(heard.songs[at : at + length], heard.liked[at : at + length]) for at in starts]
    return [piece for piece in cut if len(piece) > 1]


def batch_of(sequences: Sequence[Heard]) -> Batch:
    """Return sequences as one padded batch."""
    longest = max((len(one) for one in sequences), default=0)
    songs = np.zeros((len(sequences), longest), dtype=np.int64)
    liked = np.zeros_like(songs)
    real = np.zeros(songs.shape, dtype=bool)
    for row, one in enumerate(sequences):
        songs[row, : len(one)] = one.songs
        liked[row, : len(one)] = one.liked
        real[row, : len(one)] = True
    return Batch(torch.from_numpy(songs), torch.from_numpy(liked), torch.from_numpy(real))
