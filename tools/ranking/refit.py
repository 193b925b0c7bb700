"""Refitting the order to what a catalog's own listeners liked, and whether that is worth keeping.

One listener (or thread) in four is held out by its hash. On the others the weights of the sum are fitted again, held
near the shipped ones by a pull that cross-validation among them chooses; the trees stay as they are, for they need
thousands of turns. The new order is kept only if it places the liked tracks of the held-out turns no worse than the
shipped one does. What is learnt is numbers per source: no name, no text and no track is in it.

Knows turns of feedback and the stock; not where logs lie or weights are kept.
"""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from segue.tools.ranking.asked import Asked
from segue.tools.ranking.features import gather
from segue.tools.ranking.feedback import FeedbackTurn
from segue.tools.ranking.fitting import Judged, refit_ranker
from segue.tools.ranking.ranker import Ranker, Rankers
from segue.tools.ranking.recommend import DEPTH, union
from segue.tools.ranking.sources import SOURCES
from segue.tools.ranking.stock import Stock

HELD: Final = 4
"""One listener or thread in so many is held out."""
LISTENERS: Final = 20
"""From so many listeners on, whole listeners are held out instead of threads."""
LEAST: Final = 30
"""Turns to learn from at least, beside those held out."""
LEAST_HELD: Final = 10
MOST: Final = 2_000
"""Turns that are read at most, the last ones of the log: each asks all sources, a tenth of a second."""
PULLS: Final = (1.0, 3.0, 10.0, 30.0, 100.0)
"""What cross-validation chooses from; see `fitting.refit_ranker`."""
FOLDS: Final = 4
Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Placing:
    """Where an order puts liked tracks, as means over turns."""

    mrr: float
    """Of the best placed liked track."""
    hit_1: float
    hit_10: float


@dataclass(frozen=True)
class Fitted:
    """A refitted order and what speaks for it."""

    rankers: Rankers
    pull: float
    """How strongly the weights were held, see `fitting.refit_ranker`."""
    before: Placing
    """How the order that it started from does on what was held out."""
    after: Placing
    """How it does itself."""

    @property
    def kept(self) -> bool:
        """Whether it is no worse than the order before."""
        return self.after.mrr >= self.before.mrr


@dataclass(frozen=True)
class Refit:
    """What came of it."""

    turns: int
    """Turns that something could be learnt from."""
    learnt: int
    """Those that the order was fitted to."""
    held: int
    """Those that it was judged by."""
    groups: str
    """What was held out whole: "listeners" or "threads"."""
    fitted: Fitted | None = None
    """None where there was too little to fit or to judge an order."""


def refit(stock: Stock, feedback: Sequence[FeedbackTurn], before: Rankers, progress: Progress | None = None) -> Refit:
    """Return the order refitted to `feedback`, of which the last `MOST` turns are read."""
    turns = list(feedback)[-MOST:]
    by_listener = len({turn.user for turn in turns}) >= LISTENERS
    groups = [turn.user if by_listener else turn.thread for turn in turns]
    held = np.array([_number(group) % HELD == 0 for group in groups], dtype=bool)
    learnt, kept_out = int((~held).sum()), int(held.sum())
    name = "listeners" if by_listener else "threads"
    if learnt < LEAST or kept_out < LEAST_HELD:
        return Refit(len(turns), learnt, kept_out, name)
    judged: list[Judged] = []
    for number, turn in enumerate(turns):
        judged.append(judged_feedback(stock, turn))
        if progress is not None:
            progress(number + 1, len(turns))
    own = [turn for turn, out in zip(judged, held, strict=True) if not out]
    own_groups = [group for group, out in zip(groups, held, strict=True) if not out]
    others = [turn for turn, out in zip(judged, held, strict=True) if out]
    return Refit(len(turns), learnt, kept_out, name, refit_judged(own, own_groups, others, before))


def refit_judged(own: Sequence[Judged], groups: Sequence[str], held: Sequence[Judged], before: Rankers) -> Fitted:
    """Return the order refitted to `own`, turns of `groups`, and how it does on `held`."""
    pull = choose_pull(own, groups, before.full)
    sources = before.full.sources
    without = {
        source: _refitted([turn.without(number, sources) for turn in own], before.without[source], pull)
        for number, source in enumerate(sources)
    }
    rankers = Rankers(refit_ranker(own, before.full, pull=pull), without)
    return Fitted(rankers, pull, placing(held, before.full), placing(held, rankers.full))


def judged_feedback(stock: Stock, turn: FeedbackTurn) -> Judged:
    """Return the features of the tracks that competed in a turn, and which of them were liked."""
    asked = Asked(turn.state, stock)
    allowed: NDArray[np.bool_] = np.ones(len(stock), dtype=bool)
    allowed[list(turn.state.rated)] = False
    found = {name: find(asked, allowed, DEPTH) for name, find in SOURCES.items()}
    offered = np.array(turn.offered, dtype=np.int64)
    # A track's features tell how it stands among all candidates, also where only the offered ones compete.
    rows = np.union1d(union(found.values()), offered).astype(np.int64)
    candidates = gather(asked, found, rows)
    if len(offered):
        candidates = candidates.at(np.flatnonzero(np.isin(rows, offered)))
    return Judged(candidates, np.isin(candidates.rows, turn.liked))


def choose_pull(turns: Sequence[Judged], groups: Sequence[str], before: Ranker) -> float:
    """Return the pull under which turns of groups that were left out are likeliest, by cross-validation."""
    folds = np.array([_number(f"pull {group}") % FOLDS for group in groups])
    losses = dict.fromkeys(PULLS, 0.0)
    for fold in range(FOLDS):
        fit = [turn for turn, at in zip(turns, folds, strict=True) if at != fold]
        left = [turn for turn, at in zip(turns, folds, strict=True) if at == fold]
        if not left or not any(map(_tells, fit)):
            continue
        for pull in PULLS:
            ranker = refit_ranker(fit, before, pull=pull)
            losses[pull] += sum(_surprise(ranker, turn) for turn in left)
    # Of equals the stronger pull: what makes no difference should change nothing.
    return min(PULLS, key=lambda pull: (losses[pull], -pull))


def placing(turns: Sequence[Judged], ranker: Ranker) -> Placing:
    """Return where an order puts the liked tracks among those that competed. What is no candidate is never placed."""
    ranks = [best_rank(turn, ranker) for turn in turns]
    values = np.array([1 / rank if rank else 0.0 for rank in ranks])
    hits = [float(np.mean([0 < rank <= k for rank in ranks])) for k in (1, 10)]
    return Placing(float(values.mean()), *hits)


def best_rank(turn: Judged, ranker: Ranker) -> int:
    """Return the best place, from 1, of a liked track; 0 where none is a candidate. Ties to the lower position."""
    order = np.argsort(-ranker.scores(turn.candidates), kind="stable")
    places = np.flatnonzero(turn.liked[order])
    return int(places[0]) + 1 if len(places) else 0


def _refitted(turns: Sequence[Judged], before: Ranker, pull: float) -> Ranker:
    """Return the refitted order, or `before` where no turn is left that tells anything."""
    return refit_ranker(turns, before, pull=pull) if any(map(_tells, turns)) else before


def _tells(turn: Judged) -> bool:
    return bool(turn.liked.any() and not turn.liked.all())


def _surprise(ranker: Ranker, turn: Judged) -> float:
    """Return the negative log probability of the liked tracks, 0 where there are none."""
    if not turn.liked.any():
        return 0.0
    scores = ranker.scores(turn.candidates).astype(np.float64)
    scores -= scores.max()
    return float(np.log(np.exp(scores).sum()) - scores[turn.liked].mean())


def _number(group: str) -> int:
    return int(hashlib.sha256(group.encode("utf-8", "surrogatepass")).hexdigest(), 16)
