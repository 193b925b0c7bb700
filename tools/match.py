"""Weighted hierarchical matching: which tracks of a code table fit a semantic ID, or the scores of all codes, best.

Hard matching, `match_codes`. Let d_m be how deep track and query agree in modality m: 1 where level 1 agrees, 2 where
level 2 does too, 3 where all three do, else 0; an unknown modality, in the track or in the query, has depth 0. Then

    score = sum over the modalities m, in order, of  w_m * V[d_m]      V = (0, 1/2, 3/4, 1) by default

3MToken (section 2.3) conditions level 2 on level 1 and level 3 on both and prints no formula. We add the levels' values
1/2, 1/4, 1/4: a residual quantizer's first level explains most of a vector, so one modality matched to the end counts
as much as two matched at level 1. With these values and whole weights the sums are exact in binary, and ties are ties.

Soft matching, `match_soft`. With a table s_p of scores for each position p (`SoftQuery`) and codes c of a track

    score = sum over the modalities m that the track has, in order, of  (w_m s_m1[c1] + w_m s_m2[c2]) + w_m s_m3[c3]

so that a modality the track lacks counts 0, neither for nor against it, and a track with a -inf entry never appears.

Both return exactly what scoring every row in float64 and sorting by (score descending, row ascending) would. This
module knows code tables and weights; it has never heard of Chroma or of language.
"""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from segue.generator.codec import shared_depths
from segue.generator.codes import ALIGNMENT, CodeTable
from segue.generator.layout import UNKNOWN
from segue.generator.modality import LEVELS, MODALITIES, POSITIONS, Modality
from segue.tools.match_bounds import level_bounds, table_bounds
from segue.tools.soft_query import TABLE, SoftQuery

Weights = NDArray[np.float64]
"""One weight per modality, float64 [9]: finite and not negative."""

LEVEL_VALUES: Final = (0.5, 0.25, 0.25)
"""What levels 1, 2 and 3 add to a modality's match."""

_TALKPLAY: Final = {Modality.TC: 25, Modality.ST: 16, Modality.BM: 9, Modality.SF: 4, Modality.SC: 1}

TALKPLAY_WEIGHTS: Final[Weights] = np.array([_TALKPLAY.get(m, 0) for m in MODALITIES], dtype=np.float64)
"""TalkPlay's static weights (section 4.4): playlist, tags, metadata, lyrics, audio = 25, 16, 9, 4, 1. A catalog has no
lyrics, so song facts, our other text about a song's content, take their place. A baseline."""

_SMALL: Final = 16_384
"""Tables up to this size are scored row by row: bounds would cost more than they save."""
_SAMPLE: Final = 4_096
"""Rows scored beforehand, for a first lower limit of the k-th best score."""
_SPARSE: Final = 256
"""A mask that allows fewer than one row in so many is walked row by row."""


@dataclass(frozen=True, eq=False)
class Matches:
    """The best rows of a code table, best first; at most k, fewer where fewer are allowed."""

    rows: NDArray[np.int64]
    """int64 [n]: rows of the code table."""
    scores: NDArray[np.float64]
    """float64 [n]."""
    depths: NDArray[np.uint8]
    """uint8 [n, 9]: levels that agree in each modality, 0 to 3; for a soft query with its best codes."""
    contributions: NDArray[np.float64]
    """float64 [n, 9]: what each modality added to the score."""

    def __len__(self) -> int:
        return int(self.rows.size)


def match_codes(
    table: CodeTable,
    query: NDArray[Any],
    weights: Sequence[float] | Weights,
    k: int,
    *,
    allowed: NDArray[np.bool_] | None = None,
    banned: Sequence[int] | NDArray[np.integer[Any]] = (),
    values: tuple[float, float, float] = LEVEL_VALUES,
    threads: int = 1,
) -> Matches:
    """Return the k rows that match the codes `query` [27] best; see the module for the score.

    `allowed` is a mask over the rows, `banned` a list of rows that must not appear. Rows that match nothing score 0 and
    fill up the end. Raises ValueError for malformed arguments.
    """
    from segue.tools import match_kernels as kernels

    codes = table.layout.check(query)
    if codes.ndim != 1:
        raise ValueError(f"a query has {POSITIONS} codes, not the shape {codes.shape}")
    if len(values) != LEVELS or not all(np.isfinite(v) and v >= 0 for v in values):
        raise ValueError(f"level values are {LEVELS} numbers that are not negative, not {values}")
    gains = checked_weights(weights)[:, None] * np.concatenate(([0.0], np.cumsum(values)))
    gains[codes[::LEVELS] == UNKNOWN] = 0.0
    search = Search(table, k, allowed, banned)

    chosen = search.few_rows()
    if chosen is not None:
        found = search.run(lambda s, r: kernels.hard_rows(table.columns, chosen, codes, gains, *search.filters, s, r))
    else:
        small, best = level_bounds(gains)

        def scan(start: int, end: int, scores: NDArray[np.float64], rows: NDArray[np.int64]) -> int:
            return int(
                kernels.hard_scan(table.columns, start, end, codes, gains, small, best, *search.filters, scores, rows)
            )

        found = search.run_split(scan, threads)
    depths = shared_depths(table.codes(found[0]), codes)
    return Matches(*found, depths, gains[np.arange(len(MODALITIES)), depths])


def match_soft(
    table: CodeTable,
    query: SoftQuery,
    weights: Sequence[float] | Weights,
    k: int,
    *,
    allowed: NDArray[np.bool_] | None = None,
    banned: Sequence[int] | NDArray[np.integer[Any]] = (),
    threads: int = 1,
) -> Matches:
    """Return the k rows that score best by the tables of `query`; see the module for the score.

    Arguments as in `match_codes`. Raises ValueError for malformed arguments and for a query of another layout.
    """
    from segue.tools import match_kernels as kernels

    if query.layout != table.layout:
        raise ValueError("the query's tables have another layout than the code table")
    per_position = np.repeat(checked_weights(weights), LEVELS)[:, None]
    # 0 * -inf would be NaN: a weight of 0 lifts even a ban on codes.
    tables = np.multiply(query.tables, per_position, where=per_position > 0, out=np.zeros((POSITIONS, TABLE)))
    search = Search(table, k, allowed, banned)

    chosen = search.few_rows()
    if chosen is not None:
        found = search.run(lambda s, r: kernels.soft_rows(table.columns, chosen, tables, *search.filters, s, r))
    else:
        # The k-th best score of a sample is a lower limit for that of all rows.
        sampled = search.run(
            lambda s, r: kernels.soft_rows(table.columns, search.sample(), tables, *search.filters, s, r)
        )[1]
        lowest = float(sampled[-1]) if sampled.size == k else -np.inf
        active = np.flatnonzero(per_position[::LEVELS, 0])
        small, step, base, _ = table_bounds(tables, table.layout.sizes, active, lowest)
        floor = np.nextafter(lowest, -np.inf)

        def scan(start: int, end: int, scores: NDArray[np.float64], rows: NDArray[np.int64]) -> int:
            return int(
                kernels.soft_scan(
                    table.columns, start, end, tables, active, small, step, base, floor, *search.filters, scores, rows
                )
            )

        found = search.run_split(scan, threads)
    codes = table.codes(found[0])
    entries = tables[np.arange(POSITIONS), codes].reshape(len(codes), len(MODALITIES), LEVELS)
    known = codes[:, ::LEVELS] != UNKNOWN
    return Matches(*found, shared_depths(codes, query.best), np.where(known, entries.sum(axis=-1), 0.0))


_Found = tuple[NDArray[np.int64], NDArray[np.float64]]
"""Rows and scores, best first."""


class Search:
    """The arguments that both kinds of matching share, checked, and how rows are split and the best put together."""

    def __init__(
        self,
        table: CodeTable,
        k: int,
        allowed: NDArray[np.bool_] | None,
        banned: Sequence[int] | NDArray[np.integer[Any]],
    ) -> None:
        if k < 1:
            raise ValueError(f"k must be at least 1, not {k}")
        self.total = len(table)
        self.k = min(k, self.total)
        mask = np.zeros(0, dtype=np.bool_) if allowed is None else np.ascontiguousarray(allowed)
        if allowed is not None and (mask.dtype != np.bool_ or mask.shape != (self.total,)):
            raise ValueError(f"a mask needs one bool for each of {self.total} rows, not {mask.dtype} {mask.shape}")
        self.masked = allowed is not None
        self.filters = (mask, np.unique(np.asarray(banned, dtype=np.int64)))

    def few_rows(self) -> NDArray[np.int64] | None:
        """Return all rows that can appear, where they are so few that each is scored; else None."""
        mask = self.filters[0]
        if self.masked and np.count_nonzero(mask) * _SPARSE <= self.total:
            return np.flatnonzero(mask)
        return np.arange(self.total) if self.total <= _SMALL else None

    def sample(self) -> NDArray[np.int64]:
        """Return 4,096 rows from all over the table, in stretches, for scattered ones cost a memory page each."""
        if self.total <= 2 * _SAMPLE:
            return np.arange(self.total)
        starts = np.linspace(0, self.total - 256, _SAMPLE // 256).astype(np.int64)
        return (starts[:, None] + np.arange(256)).ravel()

    def run(self, scan: Callable[[NDArray[np.float64], NDArray[np.int64]], int]) -> _Found:
        """Let `scan` fill scores and rows of length k, and sort what it found."""
        scores, rows = np.empty(self.k), np.empty(self.k, dtype=np.int64)
        found = scan(scores, rows) if self.k else 0
        order = np.lexsort((rows[:found], -scores[:found]))
        return rows[:found][order], scores[:found][order]

    def run_split(
        self, scan: Callable[[int, int, NDArray[np.float64], NDArray[np.int64]], int], threads: int
    ) -> _Found:
        """Let `scan` work on one stretch of rows per thread, and keep the best k of all."""
        if threads < 1:
            raise ValueError(f"threads must be at least 1, not {threads}")
        share = -(-self.total // (threads * ALIGNMENT)) * ALIGNMENT
        stretches = [(start, min(start + share, self.total)) for start in range(0, self.total, share)]
        if len(stretches) == 1:
            return self.run(lambda scores, rows: scan(0, self.total, scores, rows))

        def one(stretch: tuple[int, int]) -> _Found:
            return self.run(lambda scores, rows: scan(*stretch, scores, rows))

        with ThreadPoolExecutor(len(stretches) - 1) as pool:
            others = [pool.submit(one, stretch) for stretch in stretches[1:]]
            parts = [one(stretches[0]), *(other.result() for other in others)]
        rows, scores = (np.concatenate(column) for column in zip(*parts, strict=True))
        order = np.lexsort((rows, -scores))[: self.k]
        return rows[order], scores[order]


def checked_weights(weights: Sequence[float] | Weights) -> Weights:
    """Return weights as float64 [9]. Raises ValueError for another shape and for negative or infinite ones."""
    array = np.asarray(weights, dtype=np.float64)
    if array.shape != (len(MODALITIES),) or not np.isfinite(array).all() or (array < 0).any():
        raise ValueError(f"weights are {len(MODALITIES)} finite numbers that are not negative, not {array}")
    return array
