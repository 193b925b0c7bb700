"""Token states of many texts, read once by a body that does not learn, kept in half precision end to end.

Each pass over examples then costs the few products behind them. Knows states; neither texts nor models.
"""

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn


class KeptStates:
    """States of texts by number, in the order in which they were added."""

    def __init__(self, width: int) -> None:
        self._states = torch.empty(0, width, dtype=torch.float16)
        self._lengths = np.empty(0, dtype=np.int64)
        self._ends = np.empty(0, dtype=np.int64)

    def __len__(self) -> int:
        return len(self._lengths)

    def add(self, states: Sequence[Tensor], lengths: Sequence[int]) -> None:
        """Add texts of so many tokens each, whose states [tokens, width] follow each other in the tensors `states`."""
        self._states = torch.cat((self._states, *(part.half() for part in states)))
        self._lengths = np.concatenate((self._lengths, np.array(lengths, dtype=np.int64)))
        self._ends = np.cumsum(self._lengths)

    def lengths(self, rows: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return how many tokens each of these texts has."""
        counts: NDArray[np.int64] = self._lengths[rows]
        return counts

    def batch(self, rows: NDArray[np.int64]) -> tuple[Tensor, Tensor]:
        """Return the states of these texts, float32 [n, longest, width], and which are real, bool [n, longest]."""
        ends, lengths = self._ends[rows], self._lengths[rows]
        parts = [self._states[end - length : end] for end, length in zip(ends, lengths, strict=True)]
        states = nn.utils.rnn.pad_sequence(parts, batch_first=True).float()
        return states, torch.arange(states.shape[1]) < torch.from_numpy(lengths)[:, None]
