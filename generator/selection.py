"""From a distribution to the best semantic IDs, under what a request allows and bans.

The k best combinations of nine ranked lists of triples. A list is cut to the likeliest pairs and triples, so an ID that
needs a triple past the cut is not found; short lists never get that far. Knows distributions and requests; it runs no
model.
"""

import heapq
from collections.abc import Iterator
from itertools import islice
from typing import Final

import numpy as np
from numpy.typing import NDArray

from segue.generator.distribution import CodeDistribution, ModalityDistribution
from segue.generator.interface import GenerationRequest
from segue.generator.layout import Codes
from segue.generator.modality import MODALITIES, POSITIONS

_DRAWS_PER_ID: Final = 8
"""Draws spent on each ID wanted before a draw gives up finding new ones."""
_WIDTH: Final = 64
"""Pairs of level-1 and level-2 codes looked at per modality, and triples kept of them."""


def select_ids(distribution: CodeDistribution, request: GenerationRequest) -> Codes:
    """Return at most `request.n` distinct semantic IDs, uint8 [at most n, 27], none of them banned.

    Without a seed the likeliest first; with one, drawn from the distribution (among the allowed IDs where some are
    given, in proportion to their probability).
    """
    banned = _rows(request.banned)
    if request.allowed is not None:
        return _among(distribution, request, banned)
    found: dict[bytes, Codes] = {}
    if request.seed is None:
        # Bans can only hit so many of the best ones, so a list longer by their number is long enough.
        most = request.n + len(banned)
        candidates: Iterator[Codes] = islice(_best_first(distribution, most), most)
    else:
        random = np.random.default_rng(request.seed)
        candidates = (distribution.sample(random) for _ in range(request.n * _DRAWS_PER_ID))
    for codes in candidates:
        if (key := codes.tobytes()) not in banned:
            found.setdefault(key, codes)
        if len(found) == request.n:
            break
    return _stacked(list(found.values()))


def _among(distribution: CodeDistribution, request: GenerationRequest, banned: frozenset[bytes]) -> Codes:
    allowed = np.unique(distribution.layout.check(np.asarray(request.allowed)), axis=0)
    kept = allowed[[row.tobytes() not in banned for row in allowed]]
    if not len(kept):
        return _stacked([])
    scores = distribution.log_probabilities(kept).sum(axis=1)
    if request.seed is not None:
        # Gumbel's trick: the order of the disturbed scores is a draw without replacement.
        scores = scores + np.random.default_rng(request.seed).gumbel(size=len(kept))
    return kept[np.argsort(-scores, kind="stable")[: request.n]]


def _best_first(distribution: CodeDistribution, most: int) -> Iterator[Codes]:
    """Yield semantic IDs from the likeliest on, the first `most`: combinations of nine sorted lists of triples."""
    # Among the best k combinations none has a triple behind the k-th of its list.
    lists = [_best_triples(part, min(most, _WIDTH)) for part in distribution.modalities]
    start = (0,) * len(MODALITIES)
    queue = [(-sum(float(scores[0]) for scores, _ in lists), start)]
    seen = {start}
    while queue:
        cost, choice = heapq.heappop(queue)
        yield np.concatenate([triples[at] for (_, triples), at in zip(lists, choice, strict=True)])
        for m, (scores, _) in enumerate(lists):
            at = choice[m] + 1
            following = (*choice[:m], at, *choice[m + 1 :])
            if at < len(scores) and following not in seen:
                seen.add(following)
                heapq.heappush(queue, (cost + float(scores[at - 1]) - float(scores[at]), following))


def _best_triples(part: ModalityDistribution, most: int) -> tuple[NDArray[np.float32], Codes]:
    """Return the `most` likeliest triples of a modality with their log probabilities, the likeliest first."""
    joint = part.log_first[:, None] + part.log_second
    pairs = _highest(joint.ravel(), _WIDTH)
    first, second = np.divmod(pairs, joint.shape[1])
    scores = joint[first, second][:, None] + part.log_third(first, second)
    order = _highest(scores.ravel(), most)
    order = order[np.isfinite(scores.ravel()[order])]
    pair, third = np.divmod(order, scores.shape[1])
    return scores.ravel()[order], np.stack([first[pair], second[pair], third], axis=1).astype(np.uint8)


def _highest(scores: NDArray[np.float32], most: int) -> NDArray[np.intp]:
    """Return the places of the `most` highest scores, the highest first, the first among equals."""
    if len(scores) > most:
        # Thousands of scores are sifted before the few that count are sorted: the sifting is ten times as quick.
        places = np.flatnonzero(scores >= np.partition(scores, -most)[-most])
    else:
        places = np.arange(len(scores))
    return places[np.argsort(-scores[places], kind="stable")[:most]]


def _rows(codes: Codes | None) -> frozenset[bytes]:
    return frozenset() if codes is None else frozenset(row.tobytes() for row in np.asarray(codes, dtype=np.uint8))


def _stacked(rows: list[Codes]) -> Codes:
    return np.stack(rows) if rows else np.empty((0, POSITIONS), dtype=np.uint8)
