"""Fitting the ranker: a conditional logit over the candidates of each judged turn (McFadden 1974), then trees on top.

    loss = - weighted mean over turns of  mean over the liked candidates of  log softmax(score)  + l2 |w|^2

minimised by L-BFGS with bounds, for weights of sources are not negative and that of a disliked artist not positive.
Turns none of whose candidates was liked say nothing about the order and are left out. Knows features, no tracks.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from segue.tools.ranking.features import CONTEXTS, DISLIKED_ARTIST, Candidates, feature_names
from segue.tools.ranking.ranker import Ranker
from segue.tools.ranking.trees import ROUNDS, fit_trees

L2 = 1e-3


@dataclass(frozen=True, eq=False)
class Judged:
    """The candidates of one turn, and which of them were liked."""

    candidates: Candidates
    liked: NDArray[np.bool_]
    """bool [candidates]."""
    weight: float = 1.0
    """How much the turn counts beside others."""

    def without(self, source: int, sources: Sequence[str]) -> "Judged":
        """Return the turn as it would be if the source of this number among `sources` were silent."""
        left = np.delete(self.candidates.found_by, source, axis=1).any(axis=1)
        return Judged(self.candidates.without(source, sources), self.liked[left], self.weight)


def fit_ranker(turns: Sequence[Judged], sources: Sequence[str], *, l2: float = L2, rounds: int = ROUNDS) -> Ranker:
    """Return the weights that make the liked candidates likeliest, with `rounds` trees that correct them.

    ValueError where no turn has any liked candidate.
    """
    useful = [turn for turn in turns if turn.liked.any()]
    if not useful:
        raise ValueError("no candidate of any turn was liked: there is nothing to learn")
    plain = _fit_sum(useful, sources, l2)
    if not rounds:
        return plain
    judged = [(turn.candidates, turn.liked, turn.weight) for turn in useful]
    sums = [plain.contributions(turn.candidates).sum(axis=1) for turn in useful]
    return replace(plain, trees=fit_trees(judged, sums, sources, rounds=rounds))


def _fit_sum(useful: Sequence[Judged], sources: Sequence[str], l2: float) -> Ranker:
    names = feature_names(sources)
    shape = (len(names), len(CONTEXTS))
    counted = sum(turn.weight for turn in useful)
    data = [
        (
            t.candidates.features.astype(np.float64),
            t.candidates.contexts.astype(np.float64),
            t.liked,
            t.weight / counted,
        )
        for t in useful
    ]

    def loss(flat: NDArray[np.float64]) -> tuple[float, NDArray[Any]]:
        weights = flat.reshape(shape)
        total, gradient = l2 * float((weights**2).sum()), 2 * l2 * weights
        for features, contexts, liked, weight in data:
            scores = features @ (weights @ contexts)
            scores -= scores.max()
            p = np.exp(scores)
            p /= p.sum()
            share = liked / liked.sum()
            total -= weight * float((share * np.log(p + 1e-30)).sum())
            gradient = gradient - weight * np.outer(features.T @ (share - p), contexts)
        return total, gradient.ravel()

    bounds = [(None, 0.0) if name == DISLIKED_ARTIST else (0.0, None) for name in names for _ in CONTEXTS]
    start = np.array([0.0 if name == DISLIKED_ARTIST else 0.5 for name in names for _ in CONTEXTS])
    result = minimize(loss, start, jac=True, method="L-BFGS-B", bounds=bounds, options={"maxiter": 300})
    if not np.isfinite(result.fun):
        raise ValueError(f"the fit of the ranker failed: {result.message}")
    return Ranker(tuple(sources), result.x.reshape(shape).astype(np.float32))
