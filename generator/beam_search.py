"""Writing semantic IDs code by code: the likeliest by beams, or draws without replacement.

Draws are stochastic beams (Kool, van Hoof and Welling 2019): beams over log-probabilities that Gumbel noise disturbs
from the top down, which come out as a sample without replacement in the order drawn; one beam is ordinary sampling.

The *guide* walks along: the path of the likeliest codes that nothing narrows, for the distributions on the way. Equal
prefixes are computed once. Knows tables of log-probabilities and which codes may follow; how the tables come about is
the model's business.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from segue.generator.continuations import Continuations, Place
from segue.generator.deadline import Deadline
from segue.generator.layout import UNKNOWN
from segue.generator.modality import LEVELS, POSITIONS

Prefix = tuple[int, ...]
Floats = NDArray[np.float32]


class Steps(Protocol):
    """A model at work on the paths of one prompt."""

    def tables(self, position: int) -> Floats:
        """Return log p of the codes at `position` after each path, float32 [paths, size of the codebook]."""

    def advance(self, parents: Sequence[int], codes: Sequence[int], position: int) -> None:
        """Make path i what was path `parents[i]`, followed by `codes[i]` at `position`."""


@dataclass(frozen=True)
class Beam:
    """One path among the codes that may come out."""

    codes: Prefix
    score: float
    """The sum of log p of its codes; of a draw, of log p among the codes that could follow."""
    rank: float
    """What beams are chosen by: the score, disturbed for a draw."""
    place: Place


def search(
    steps: Steps,
    continuations: Continuations,
    width: int,
    deadline: Deadline,
    *,
    random: np.random.Generator | None = None,
    guided: bool = True,
) -> tuple[list[Beam], list[Floats]]:
    """Return at most `width` beams, the best first, and the guide's 27 tables (none where not `guided`).

    With `random` the beams are a draw. There are `width` beams wherever as many IDs may come out. Raises
    GenerationTimeout.
    """
    beams = [Beam((), 0.0, 0.0, continuations.start())] if width and continuations.count else []
    guide: Prefix = ()
    tables: list[Floats] = []
    row_of: dict[Prefix, int] = {(): 0}
    for position in range(POSITIONS):
        deadline.check()
        found = steps.tables(position)
        wanted: list[Prefix] = []
        if guided:
            table = found[row_of[guide]]
            tables.append(table)
            guide = (*guide, int(table.argmax()))
            wanted.append(guide)
        own = [found[row_of[beam.codes]] for beam in beams]
        beams = _grown(beams, own, continuations, position, width, random)
        wanted = list(dict.fromkeys([*wanted, *(beam.codes for beam in beams)]))
        if not wanted:
            break
        # The last code is read by nobody.
        if position + 1 < POSITIONS:
            parents = [row_of[prefix[:-1]] for prefix in wanted]
            steps.advance(parents, [prefix[-1] for prefix in wanted], position)
            row_of = {prefix: row for row, prefix in enumerate(wanted)}
    return beams, tables


def _grown(
    beams: Sequence[Beam],
    tables: Sequence[Floats],
    continuations: Continuations,
    position: int,
    width: int,
    random: np.random.Generator | None,
) -> list[Beam]:
    """Return the `width` best of all continuations of the beams by one code."""
    if not beams:
        return []
    scores, ranks = [], []
    for beam, table in zip(beams, tables, strict=True):
        log_p = masked(table, continuations.mask(beam.place, position), beam.codes, position).astype(np.float64)
        if random is not None:
            log_p -= np.logaddexp.reduce(log_p)
        scores.append(beam.score + log_p)
        ranks.append(scores[-1] if random is None else _disturbed(scores[-1], beam.rank, random))
    size = len(tables[0])
    rank, score = np.concatenate(ranks), np.concatenate(scores)
    best = np.argsort(-rank, kind="stable")[:width]
    grown = []
    for at in best[np.isfinite(rank[best])].tolist():
        beam, code = beams[at // size], at % size
        place = continuations.step(beam.place, position, code)
        grown.append(Beam((*beam.codes, code), float(score[at]), float(rank[at]), place))
    return grown


def masked(table: Floats, mask: NDArray[np.bool_], codes: Prefix, position: int) -> Floats:
    """Return the scores of the codes, -inf where one may not follow.

    Below an unknown code there is nothing to say; the unknown code itself, where it may follow, counts as much as a
    typical known one: the mean of log p under p.
    """
    level = position % LEVELS
    if level and codes[position - level] == UNKNOWN:
        return np.where(mask, np.float32(0), np.float32(-np.inf))
    scores = np.where(mask, table, np.float32(-np.inf))
    if level == 0 and mask[UNKNOWN]:
        known = table[UNKNOWN + 1 :]
        scores[UNKNOWN] = float((np.exp(known) * known).sum())
    return scores


def _disturbed(scores: NDArray[np.float64], top: float, random: np.random.Generator) -> NDArray[np.float64]:
    """Return scores with Gumbel noise, given that the greatest is `top` (Kool et al., section 4.1 and appendix B.3)."""
    noisy = scores + random.gumbel(size=len(scores))
    with np.errstate(divide="ignore"):
        gap = top - noisy + np.log1p(-np.exp(noisy - noisy.max()))
    disturbed: NDArray[np.float64] = top - np.maximum(gap, 0) - np.log1p(np.exp(-np.abs(gap)))
    return disturbed
