"""What a source of candidates answers: its best tracks, and its score for any other.

Knows numbers and positions; nothing of requests.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray

from segue.tools.catalog.dense import DenseIndex, best

Floats = NDArray[np.float32]
Rows = NDArray[np.int64]
Mask = NDArray[np.bool_]

SCORE_ALL: Final = 300_000
"""Up to so many tracks every vector is scored; beyond, Chroma finds the nearest and only candidates are scored."""


@dataclass(frozen=True, eq=False)
class Found:
    """A ranking and the scores behind it."""

    positions: Rows
    """The best tracks that are allowed, best first."""
    scores: Callable[[Rows], Floats]
    """The scores of any tracks; -inf where the source does not know a track."""

    @classmethod
    def of_all(cls, values: Floats, allowed: Mask, depth: int) -> Self | None:
        """Return the answer of a source that scored every track, float32 [tracks]; None if it found none (-inf)."""
        known = np.flatnonzero(allowed & np.isfinite(values))
        if not len(known):
            return None
        return cls(best(known, values[known], depth)[0], lambda rows: values[rows])

    @classmethod
    def of_words(cls, scores: Floats | None, allowed: Mask, depth: int) -> Self | None:
        """Return the answer of a source that counts words, whose score of 0 says that none was found."""
        if scores is None:
            return None
        return cls.of_all(np.where(scores > 0, scores, np.float32(-np.inf)), allowed, depth)

    @classmethod
    def of_vector(cls, index: DenseIndex, query: Floats, allowed: Mask, depth: int) -> Self | None:
        """Return the answer of a source that compares a unit vector with those of all tracks."""
        if len(index) <= SCORE_ALL:
            return cls.of_all(index.vectors @ query, allowed, depth)
        if not allowed.any():
            return None
        hits = index.query(query, depth, allowed=allowed)
        return cls(hits.positions, lambda rows: index.vectors[rows] @ query)
