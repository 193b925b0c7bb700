"""After the ranker: one version of each work, a cap per artist, and how much variety and novelty the answer has.

Variety is maximal marginal relevance (Carbonell and Goldstein 1998): a track's place is its score less how much it
resembles what stands above it. Novelty takes from a score what is popular already. Knows scores and vectors.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from segue.generator.errors import QueryError
from segue.tools.ranking.stock import Stock

Floats = NDArray[np.float32]
Rows = NDArray[np.int64]


@dataclass(frozen=True)
class Knobs:
    """What an answer looks like beyond its order. Raises QueryError for values out of range."""

    per_artist: int | None = 2
    """Tracks of one main artist at most; None: any number."""
    one_per_work: bool = True
    """Whether only the best placed version of a work is shown."""
    diversity: float = 0.0
    """0: by score alone; 1: as unlike each other as can be."""
    novelty: float = 0.0
    """0: popularity does not matter; 1: the best known tracks lose as much as the score's whole range."""

    def __post_init__(self) -> None:
        if self.per_artist is not None and self.per_artist < 1:
            raise QueryError(f"at least one track per artist, not {self.per_artist}")
        for name in ("diversity", "novelty"):
            if not 0 <= getattr(self, name) <= 1:
                raise QueryError(f"{name} goes from 0 to 1, not {getattr(self, name)}")


@dataclass(frozen=True)
class Selection:
    """Which candidates made it, and which were passed over on the way."""

    chosen: tuple[int, ...]
    """Indices of candidates, best first."""
    other_versions: int
    """Candidates passed over as another version of a chosen work."""
    over_cap: int
    """Candidates passed over because their artist has enough tracks."""


def select(stock: Stock, rows: Rows, scores: Floats, k: int, knobs: Knobs) -> Selection:
    """Return the best `k` of the candidates at `rows` by `scores` and `knobs`; fewer where there are no more."""
    left = np.asarray(scores, dtype=np.float64).copy()
    spread = float(left.max() - left.min()) if len(left) else 0.0
    if spread > 0:
        left = (left - left.min()) / spread
    left -= knobs.novelty * stock.popularity[rows]
    resemblance = np.zeros(len(rows))
    vectors = np.asarray(stock.catalog.dense.vectors[rows]) if knobs.diversity > 0 else None
    works, artists = stock.works[rows], stock.artists[rows]
    chosen: list[int] = []
    taken_works: set[int] = set()
    taken_artists: dict[int, int] = {}
    versions = over = 0
    while len(chosen) < k:
        at = int(np.argmax((1 - knobs.diversity) * left - knobs.diversity * resemblance)) if len(left) else -1
        if at < 0 or left[at] == -np.inf:
            break
        best = left[at]
        left[at] = -np.inf
        resemblance[at] = 0.0
        if knobs.one_per_work and int(works[at]) in taken_works:
            versions += 1
            continue
        if knobs.per_artist is not None and taken_artists.get(int(artists[at]), 0) >= knobs.per_artist:
            over += 1
            continue
        assert np.isfinite(best)
        chosen.append(at)
        taken_works.add(int(works[at]))
        taken_artists[int(artists[at])] = taken_artists.get(int(artists[at]), 0) + 1
        if vectors is not None:
            resemblance = np.where(np.isfinite(left), np.maximum(resemblance, vectors @ vectors[at]), 0.0)
    return Selection(tuple(chosen), versions, over)
