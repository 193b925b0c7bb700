"""Ranking metrics, from the ranks of the relevant tracks alone.

Every function takes `ranks`: the 1-based ranks of one query's relevant tracks, in any order, at least one. Relevance is
binary. Definitions as in trec_eval; the tests hold them against `ir-measures`.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Ranks = NDArray[np.int64]


def ranks_of(scores: NDArray[np.float32], relevant: Sequence[int], candidates: NDArray[np.bool_]) -> Ranks:
    """Return the ranks of `relevant` positions among `candidates`, higher scores first, ties to the lower position.

    Args:
        scores: float32 [tracks], finite or -inf.
        relevant: positions, each of them a candidate.
        candidates: bool [tracks]; the others are as if they did not exist.

    Raises:
        ValueError: shapes differ, a score is NaN, or a relevant track is no candidate.
    """
    if scores.shape != candidates.shape:
        raise ValueError(f"{scores.shape} scores for {candidates.shape} candidates")
    if np.isnan(scores).any():
        raise ValueError("a score is not a number")
    if not all(candidates[position] for position in relevant):
        raise ValueError("a relevant track is no candidate")
    competing = np.flatnonzero(candidates)
    values = scores[competing]
    return np.array(
        [
            1 + np.count_nonzero(values > scores[p]) + np.count_nonzero((values == scores[p]) & (competing < p))
            for p in relevant
        ],
        dtype=np.int64,
    )


def reciprocal_rank(ranks: Ranks) -> float:
    """Return 1 / the best rank (its mean over queries is MRR)."""
    return 1.0 / int(ranks.min())


def hit(ranks: Ranks, k: int) -> float:
    """Return 1 where at least one relevant track is among the first `k`, else 0."""
    return float(ranks.min() <= k)


def ndcg(ranks: Ranks, k: int) -> float:
    """Return normalised discounted cumulative gain at `k`: gain 1 for each relevant track, discount log2(1 + rank)."""
    gained = float(np.sum(1.0 / np.log2(1.0 + ranks[ranks <= k])))
    ideal = float(np.sum(1.0 / np.log2(2.0 + np.arange(min(len(ranks), k)))))
    return gained / ideal


def precision(ranks: Ranks, k: int) -> float:
    """Return the share of the first `k` that is relevant; places left empty, for too little was found, count as wrong.

    Here alone `ranks` may be empty.
    """
    return int(np.count_nonzero(ranks <= k)) / k


def summarise(all_ranks: Sequence[Ranks]) -> dict[str, float]:
    """Return the means over queries: mrr, hit@1/10/20/100, ndcg@20, and `turns`, the number of queries."""
    if not all_ranks:
        return {"turns": 0}
    named = {"mrr": [reciprocal_rank(ranks) for ranks in all_ranks]}
    named |= {f"hit@{k}": [hit(ranks, k) for ranks in all_ranks] for k in (1, 10, 20, 100)}
    named["ndcg@20"] = [ndcg(ranks, 20) for ranks in all_ranks]
    return {name: float(np.mean(values)) for name, values in named.items()} | {"turns": len(all_ranks)}


def bootstrap_difference(
    ours: NDArray[np.float64], theirs: NDArray[np.float64], groups: Sequence[str], *, samples: int, seed: int = 0
) -> tuple[float, float]:
    """Return the 95 % interval of mean(ours) - mean(theirs), by resampling whole groups (dialogues) with replacement.

    Turns of one dialogue are alike, so that resampling turns would make the interval too narrow.
    """
    _, group = np.unique(np.asarray(groups), return_inverse=True)
    sums = np.bincount(group, weights=ours - theirs)
    counts = np.bincount(group)
    drawn = np.random.default_rng(seed).integers(len(sums), size=(samples, len(sums)))
    means = sums[drawn].sum(axis=1) / counts[drawn].sum(axis=1)
    low, high = np.quantile(means, [0.025, 0.975])
    return float(low), float(high)
