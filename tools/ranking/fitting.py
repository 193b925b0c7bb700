"""Fitting the ranker: a conditional logit over the candidates of each judged turn (McFadden 1974), then trees on top.

    loss = - weighted mean over turns of  mean over the liked candidates of  log softmax(score)  + l2 |w|^2

minimised by L-BFGS with bounds, for weights of sources are not negative and that of a disliked artist not positive.
Turns none of whose candidates was liked say nothing about the order and are left out. A refit starts from weights that
are there and is pulled back to them, as if they had been seen in so many turns (a Gaussian prior):

    loss = as above, the trees' scores added to the candidates',  + pull / turns * |w - w_before|^2

Knows features, no tracks.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

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


def refit_ranker(turns: Sequence[Judged], before: Ranker, *, pull: float) -> Ranker:
    """Return `before` with weights of the sum that suit `turns` better; its trees stay on top of them as they are.

    Args:
        turns: judged turns over the sources of `before`.
        before: the order to start from.
        pull: how strongly the weights are held where they were; a few turns against it move next to nothing.

    Raises ValueError where no turn has any liked candidate beside others.
    """
    useful = [turn for turn in turns if turn.liked.any() and not turn.liked.all()]
    if not useful:
        raise ValueError("no turn has a liked candidate beside others: there is nothing to learn")
    added = [None if before.trees is None else before.trees.scores(turn.candidates) for turn in useful]
    data = _data(useful, added)
    weights = _minimise(data, before.sources, pull / sum(turn.weight for turn in useful), before.weights)
    return replace(before, weights=weights)


def _fit_sum(useful: Sequence[Judged], sources: Sequence[str], l2: float) -> Ranker:
    return Ranker(tuple(sources), _minimise(_data(useful, [None] * len(useful)), sources, l2))


class _Turn(NamedTuple):
    """A turn as the loss reads it."""

    features: NDArray[np.float64]
    contexts: NDArray[np.float64]
    liked: NDArray[np.bool_]
    weight: float
    """Its share of the weights of all turns."""
    added: NDArray[np.float64] | None
    """What is added to the sum of each candidate, whatever the weights are."""


def _data(turns: Sequence[Judged], added: Sequence[NDArray[np.float32] | None]) -> list[_Turn]:
    counted = sum(turn.weight for turn in turns)
    return [
        _Turn(
            turn.candidates.features.astype(np.float64),
            turn.candidates.contexts.astype(np.float64),
            turn.liked,
            turn.weight / counted,
            None if more is None else more.astype(np.float64),
        )
        for turn, more in zip(turns, added, strict=True)
    ]


def _minimise(
    data: Sequence[_Turn], sources: Sequence[str], l2: float, around: NDArray[np.float32] | None = None
) -> NDArray[np.float32]:
    """Return the weights of least loss, float32 [features, contexts]; `l2` pulls them to `around`, or else to 0."""
    names = feature_names(sources)
    shape = (len(names), len(CONTEXTS))
    centre = np.zeros(shape) if around is None else around.astype(np.float64)

    def loss(flat: NDArray[np.float64]) -> tuple[float, NDArray[Any]]:
        weights = flat.reshape(shape)
        off = weights - centre
        total, gradient = l2 * float((off**2).sum()), 2 * l2 * off
        for features, contexts, liked, weight, added in data:
            scores = features @ (weights @ contexts)
            if added is not None:
                scores += added
            scores -= scores.max()
            p = np.exp(scores)
            p /= p.sum()
            share = liked / liked.sum()
            total -= weight * float((share * np.log(p + 1e-30)).sum())
            gradient = gradient - weight * np.outer(features.T @ (share - p), contexts)
        return total, gradient.ravel()

    bounds = [(None, 0.0) if name == DISLIKED_ARTIST else (0.0, None) for name in names for _ in CONTEXTS]
    start = np.array([0.0 if name == DISLIKED_ARTIST else 0.5 for name in names for _ in CONTEXTS])
    if around is not None:
        start = centre.ravel()
    result = minimize(loss, start, jac=True, method="L-BFGS-B", bounds=bounds, options={"maxiter": 300})
    if not np.isfinite(result.fun):
        raise ValueError(f"the fit of the ranker failed: {result.message}")
    weights: NDArray[np.float32] = result.x.reshape(shape).astype(np.float32)
    return weights
