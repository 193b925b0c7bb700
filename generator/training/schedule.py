"""What all training loops share: the order of batches and the rate of learning. Knows numbers only."""

import math
from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np

WARM_UP: Final = 0.1
"""Share of all steps in which the learning rate rises (3MToken, section 3.2)."""


def learning_rate(done: float) -> float:
    """Return the factor of the learning rate when the share `done` of all steps is behind: a rise, then a cosine."""
    if done < WARM_UP:
        return done / WARM_UP
    return 0.5 * (1 + math.cos(math.pi * min(1.0, (done - WARM_UP) / (1 - WARM_UP))))


def batches(lengths: Sequence[int], size: int, random: np.random.Generator, *, pool: int = 32) -> Iterator[list[int]]:
    """Yield rows in batches of similar length, in random order: `pool` batches' worth of rows are sorted at a time."""
    order = random.permutation(len(lengths)).tolist()
    found = []
    for start in range(0, len(order), pool * size):
        rows = sorted(order[start : start + pool * size], key=lambda row: lengths[row])
        found += [rows[at : at + size] for at in range(0, len(rows), size)]
    for number in random.permutation(len(found)):
        yield found[number]
