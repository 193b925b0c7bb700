"""What the learned order looks at: for each candidate, how each source sees it, and what the dialogue says of it.

Per source two numbers from 0 to 1: *height*, the score between the source's 200th (0) and its best (1), and *rank*,
1 / (1 + rank / 5) among the candidates. A source that is silent gives 0 for both. What only trees can use is in
`details`. Knows sources, no weights.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from segue.tools.ranking.asked import Asked
from segue.tools.ranking.details import DETAILS, FOUND_BY, details
from segue.tools.ranking.found import Found, Rows

Floats = NDArray[np.float32]

HEIGHT: Final = "height"
RANK: Final = "rank"
LIKED_ARTIST: Final = "artist was liked"
DISLIKED_ARTIST: Final = "artist was disliked"
PLAIN: Final = "plain recording"
_HALF: Final = 5.0
"""The rank at which the rank feature is a half."""


def feature_names(sources: Sequence[str]) -> tuple[str, ...]:
    """Return the names of the columns, in order; those of a source are `SOURCE:height` and `SOURCE:rank`."""
    return (*(f"{s}:{kind}" for s in sources for kind in (HEIGHT, RANK)), LIKED_ARTIST, DISLIKED_ARTIST, PLAIN)


@dataclass(frozen=True, eq=False)
class Candidates:
    """Tracks that compete for a place, and what is known of them."""

    rows: Rows
    """Catalog positions, ascending."""
    features: Floats
    """float32 [candidates, features] in the order of `feature_names`."""
    contexts: Floats
    """float32 [contexts] in the order of `CONTEXTS`: 1 where the situation is of that kind."""
    details: Floats
    """float32 [candidates, details] in the order of `DETAILS`, for trees alone."""
    found_by: NDArray[np.bool_]
    """bool [candidates, sources]: whose best tracks hold which candidate."""

    def at(self, places: Rows) -> "Candidates":
        """Return some of the candidates."""
        return Candidates(
            self.rows[places], self.features[places], self.contexts, self.details[places], self.found_by[places]
        )

    def without(self, source: int, sources: Sequence[str]) -> "Candidates":
        """Return what would be there if the source of this number among `sources` were silent."""
        silent, finer, found_by = np.array(self.features), np.array(self.details), np.array(self.found_by)
        silent[:, [2 * source, 2 * source + 1]] = 0
        found_by[:, source] = False
        finer[:, [detail.source == sources[source] for detail in DETAILS]] = 0
        finer[:, [detail.name == FOUND_BY for detail in DETAILS]] = found_by.mean(axis=1, keepdims=True)
        left = np.flatnonzero(found_by.any(axis=1))
        return Candidates(self.rows, silent, self.contexts, finer, found_by).at(left)


CONTEXTS: Final = ("always", "named", "liked", "first")
"""Kinds of situation that a weight can count in: any, one that names something of the catalog, one after a like, and a
first message, which has to say everything."""


def gather(asked: Asked, found: Mapping[str, Found | None], rows: Rows) -> Candidates:
    """Return the features of the tracks at `rows`; `found` names every source, in order."""
    columns: list[Floats] = []
    for answer in found.values():
        columns += _seen_by(answer, rows)
    artists = asked.stock.artists
    for rated in (asked.situation.liked, asked.situation.disliked):
        columns.append(np.isin(artists[rows], artists[list(rated)]).astype(np.float32))
    columns.append(asked.stock.plain[rows].astype(np.float32))
    situation = asked.situation
    contexts = np.array([1.0, bool(asked.mentions), bool(situation.liked), not situation.past], dtype=np.float32)
    found_by = np.zeros((len(rows), len(found)), dtype=bool)
    for number, answer in enumerate(found.values()):
        if answer is not None:
            found_by[:, number] = np.isin(rows, answer.positions)
    features = np.stack(columns, axis=1).astype(np.float32)
    return Candidates(rows, features, contexts, details(asked, rows, found_by), found_by)


def _seen_by(answer: Found | None, rows: Rows) -> tuple[Floats, Floats]:
    if answer is None or not len(answer.positions):
        silent = np.zeros(len(rows), dtype=np.float32)
        return silent, silent
    ends = answer.scores(answer.positions[[0, -1]])
    scores = answer.scores(rows)
    # All alike (a single hit, say): each of them is the best.
    width = max(float(ends[0] - ends[1]), 1e-6)
    height = np.clip((scores - ends[1]) / width, 0, 1) if ends[0] > ends[1] else (scores >= ends[0])
    order = np.lexsort((rows, -scores))
    ranks = np.empty(len(rows), dtype=np.float32)
    ranks[order] = np.arange(len(rows))
    rank = np.where(np.isfinite(scores), 1 / (1 + ranks / _HALF), 0)
    return np.asarray(height, dtype=np.float32), np.asarray(rank, dtype=np.float32)
