"""The figures of one turn, beside what passed and failed."""

from collections.abc import Sequence

import numpy as np

from segue.evals.metrics import hit, ndcg, reciprocal_rank
from segue.evals.suites.checks import NOT_FOUND, Situation
from segue.evals.suites.obedience import share_kept
from segue.evals.suites.truth import Tracks, truths

CUTS = (1, 10, 20)


def ranks_in(names: Sequence[str], shown: Sequence[str], tracks: Tracks) -> tuple[int, ...]:
    """Return for each right track its rank among the shown ids, the best of its versions."""
    return tuple(
        min((rank for rank, track_id in enumerate(shown, 1) if track_id in ids), default=NOT_FOUND)
        for ids in truths(names, tracks).values()
    )


def figures(situation: Situation) -> dict[str, float]:
    """Return `seconds`, `tracks`, `degraded`, and where they apply `constraints`, `rr`, `hit@k` and `ndcg@k`."""
    turn = situation.turn
    found = {
        "seconds": situation.seconds,
        "tracks": float(len(turn.tracks)),
        "degraded": float(bool(turn.degraded)),
    }
    kept = share_kept(turn.wish.filters, situation.shown)
    if kept is not None:
        found["constraints"] = kept
    if situation.ranks:
        ranks = np.array(situation.ranks, dtype=np.int64)
        found["rr"] = reciprocal_rank(ranks) if ranks.min() < NOT_FOUND else 0.0
        found |= {f"hit@{k}": hit(ranks, k) for k in CUTS}
        found |= {f"ndcg@{k}": ndcg(ranks, k) for k in CUTS}
    return found
