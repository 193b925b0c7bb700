"""Reciprocal rank fusion: one order out of several rankings, without comparing their scores.

Cormack, Clarke and Büttcher, "Reciprocal rank fusion outperforms Condorcet and individual rank learning methods",
SIGIR 2009: score(track) = sum over rankings of 1 / (60 + rank). Knows positions and ranks, not what made them.
"""

from collections.abc import Mapping
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

K: Final = 60
"""The constant of the paper: how much less the first ranks differ from the rest."""


class Ranking(NamedTuple):
    """What one source found, best first."""

    positions: NDArray[np.int64]
    """Catalog positions, without repeats."""
    scores: NDArray[np.float32]
    """The source's own scores, same length; shown, never compared with those of another source."""


class Fused(NamedTuple):
    """One track in the fused order."""

    position: int
    score: float
    sources: dict[str, tuple[int, float]]
    """For each source that found it: its rank there (1 is best) and its score there."""


def fuse(rankings: Mapping[str, Ranking], *, k: int = K, weights: Mapping[str, float] | None = None) -> list[Fused]:
    """Return all tracks of `rankings`, best first; ties go to the better best rank, then to the lower position.

    Args:
        rankings: by source name.
        k: the constant added to each rank.
        weights: factor per source, 1 where not given.
    """
    sources: dict[int, dict[str, tuple[int, float]]] = {}
    totals: dict[int, float] = {}
    for name, ranking in rankings.items():
        weight = 1.0 if weights is None else weights.get(name, 1.0)
        rows = zip(ranking.positions.tolist(), ranking.scores.tolist(), strict=True)
        for rank, (position, score) in enumerate(rows, 1):
            sources.setdefault(position, {})[name] = (rank, score)
            totals[position] = totals.get(position, 0.0) + weight / (k + rank)
    order = sorted(totals, key=lambda p: (-totals[p], min(rank for rank, _ in sources[p].values()), p))
    return [Fused(position, totals[position], sources[position]) for position in order]
