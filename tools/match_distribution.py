"""Scoring a catalog by a generator's distribution: what is likely for this dialogue beyond what is likely anyway.

    score = sum over the modalities m that the track has of  w_m [log p_m(c1, c2, c3 | dialogue) - log p_m(c1, c2, c3)]

with log p_m(c1, c2, c3) = log p(c1) + log p(c2 | c1) + log p(c3 | c1, c2); the second term is how common the codes are
in the catalog (`CodePrior`). An unknown modality counts 0: what a catalog does not know says nothing about a track.

`match_soft` takes 27 independent tables; here each level depends on the one above. The sum is still one of look-ups,
    log p = pair[c1, c2] + first[c1, c3] + second[c2, c3],
for a generator's third level is a softmax of a sum (`ModalityDistribution`). These are float32, their sums float64.

Nothing is approximated. Rows of big tables are bounded from above: code by code, and those left modality by modality by
what it adds. Modalities come in the order in which a sample of rows loses most by the second step, so that nearly all
rows drop out after one or two (see `distribution_kernels`). Knows code tables and distributions.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, Self

import numpy as np
from numpy.typing import NDArray

from segue.generator.codec import shared_depths
from segue.generator.codes import CodeTable
from segue.generator.distribution import CodeDistribution, log_code_prior
from segue.generator.layout import UNKNOWN
from segue.generator.modality import LEVELS, MODALITIES, POSITIONS
from segue.tools.match import Matches, Search, Weights, checked_weights
from segue.tools.match_bounds import table_bounds
from segue.tools.soft_query import TABLE

Floats = NDArray[np.float32]
Rows = NDArray[np.int64]

_SCORED: Final = 65_536
"""In tables up to this size every row is scored: bounds would cost more than they save."""
_EVERY: Final = 8
"""Every so many rows of the sample decide on the order of modalities."""


@dataclass(frozen=True, eq=False)
class CodePrior:
    """How common the codes of each track's modalities are in its catalog; made once per code table."""

    columns: Floats
    """float32 [9, rows]: natural logarithms, 0 where the modality is unknown."""
    least: Floats
    """float32 [9, K1, K2]: the smallest of them under each first and second code, +inf for pairs that no track has."""

    @classmethod
    def of(cls, table: CodeTable) -> Self:
        """Count the codes of a table."""
        codes = table.codes(np.arange(len(table)))
        log_p = log_code_prior(codes, table.layout)
        one, two, _ = _largest(table.layout.sizes)
        least = np.full((len(MODALITIES), one * two), np.inf, dtype=np.float32)
        for m in range(len(MODALITIES)):
            pairs = codes[:, LEVELS * m].astype(np.int32) * two + codes[:, LEVELS * m + 1]
            np.minimum.at(least[m], pairs, log_p[:, m])
        return cls(np.ascontiguousarray(log_p.T), least.reshape(-1, one, two))

    @property
    def log_p(self) -> Floats:
        """The same by rows, as `CodeDistribution.score` takes it: float32 [rows, 9]."""
        return self.columns.T


@dataclass(frozen=True, eq=False)
class _Tables:
    """The look-ups of a distribution, padded to the largest codebooks by -inf."""

    pairs: Floats
    """float32 [9, K1, K2]."""
    firsts: Floats
    """float32 [9, K1, K3]."""
    seconds: Floats
    """float32 [9, K2, K3]."""

    @classmethod
    def of(cls, distribution: CodeDistribution) -> Self:
        one, two, three = _largest(distribution.layout.sizes)
        shapes = ((one, two), (one, three), (two, three))
        stacked = [np.full((len(MODALITIES), *shape), -np.inf, dtype=np.float32) for shape in shapes]
        for m, part in enumerate(distribution.modalities):
            for table, given in zip(stacked, part.look_ups, strict=True):
                table[m, : given.shape[0], : given.shape[1]] = given
        # NaN or +inf: the distribution leaves no third code under some pair, so that nothing sums to 1.
        if not (stacked[0] < np.inf).all():
            raise ValueError("a distribution must leave a finite score under every pair of codes")
        return cls(*stacked)

    def gains(self, codes: NDArray[np.uint8], log_prior: Floats, weights: Weights) -> NDArray[np.float64]:
        """Return what each modality adds to the scores of rows with the codes [n, 27], as the kernels do: [n, 9]."""
        one, two, three = codes.reshape(-1, len(MODALITIES), LEVELS).transpose(2, 0, 1)
        m = np.arange(len(MODALITIES))
        counts = (one != UNKNOWN) & (weights > 0)
        above = self.pairs[m, one, two].astype(np.float64) + self.firsts[m, one, three]
        total = above + (self.seconds[m, two, three].astype(np.float64) - log_prior)
        gains: NDArray[np.float64] = np.multiply(weights, total, where=counts, out=np.zeros(total.shape))
        return gains


class _Bounds:
    """What `distribution_kernels.scan` skips rows by; see there for the shapes and the module for the idea."""

    def __init__(
        self, table: CodeTable, tables: _Tables, prior: CodePrior, weights: Weights, lowest: float, sample: Rows
    ) -> None:
        from segue.tools import distribution_kernels as kernels

        active = np.flatnonzero(weights)
        singles = np.zeros((len(MODALITIES), LEVELS, TABLE))
        largest = kernels.single_tables(tables.pairs, tables.firsts, tables.seconds, prior.least, singles)
        # 0 * -inf would be NaN; what a modality without weight could add is never looked at.
        singles[active] *= weights[active, None, None]
        self.small, self.step, base, self.lows = table_bounds(
            singles.reshape(POSITIONS, TABLE), table.layout.sizes, active, lowest
        )
        # Far more than the rounding errors of float32 sums of such entries.
        self.base = base + 1e-5 * float(weights.sum() * 4 * largest + np.abs(self.lows).sum() + TABLE * self.step)

        codes = table.codes(sample)
        steps = self.small[np.arange(POSITIONS) // LEVELS, np.arange(POSITIONS) % LEVELS, codes].astype(np.int64)
        assumed = self.lows + self.step * steps.reshape(-1, len(MODALITIES), LEVELS).sum(axis=2)
        lost = np.maximum(tables.gains(codes, prior.columns[:, sample].T, weights) - assumed, -1e6).sum(axis=0)
        self.order = active[np.argsort(lost[active], kind="stable")]


def score_distribution(
    table: CodeTable, distribution: CodeDistribution, weights: Sequence[float] | Weights, prior: CodePrior
) -> NDArray[np.float64]:
    """Return the score of every row, float64 [rows]. Raises ValueError for malformed arguments."""
    from segue.tools import distribution_kernels as kernels

    looked, checked = _arguments(table, distribution, weights, prior)
    scores = np.zeros(len(table))
    kernels.score_all(table.columns, looked.pairs, looked.firsts, looked.seconds, prior.columns, checked, scores)
    return scores


def match_distribution(
    table: CodeTable,
    distribution: CodeDistribution,
    weights: Sequence[float] | Weights,
    k: int,
    *,
    prior: CodePrior,
    allowed: NDArray[np.bool_] | None = None,
    banned: Sequence[int] | NDArray[np.integer[Any]] = (),
    threads: int = 1,
) -> Matches:
    """Return the k rows that score best, exactly as scoring and sorting every row would; see the module.

    Other arguments as in `match.match_codes`; depths are those of the distribution's greedy ID. A row that has a code
    which the distribution forbids never appears. Raises ValueError for malformed arguments, a distribution of another
    layout or without a finite score under some pair of codes, and the prior of another table.
    """
    from segue.tools import distribution_kernels as kernels

    looked, checked = _arguments(table, distribution, weights, prior)
    tables = (looked.pairs, looked.firsts, looked.seconds, prior.columns, checked)
    search = Search(table, k, allowed, banned)

    def rows_of(chosen: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        return search.run(lambda s, r: kernels.score_rows(table.columns, chosen, *tables, *search.filters, s, r))

    few = search.few_rows()
    if few is not None:
        found = rows_of(few)
    elif len(table) <= _SCORED:
        all_scores = np.zeros(len(table))
        kernels.score_all(table.columns, *tables, all_scores)
        found = search.run(lambda s, r: kernels.keep_best(all_scores, *search.filters, s, r))
    else:
        sample = search.sample()
        # The k-th best score of a sample is a lower limit for that of all rows.
        sampled = rows_of(sample)[1]
        floor = float(np.nextafter(sampled[-1], -np.inf)) if sampled.size == k else -np.inf
        bounds = _Bounds(table, looked, prior, checked, floor, sample[::_EVERY])

        def scan(start: int, end: int, scores: NDArray[np.float64], rows: NDArray[np.int64]) -> int:
            return int(
                kernels.scan(
                    table.columns, start, end, *tables, bounds.order, bounds.small, bounds.step, bounds.base,
                    bounds.lows, floor, *search.filters, scores, rows,
                )
            )  # fmt: skip

        found = search.run_split(scan, threads)
    codes = table.codes(found[0])
    depths = shared_depths(codes, distribution.best)
    return Matches(*found, depths, looked.gains(codes, prior.columns[:, found[0]].T, checked))


def _arguments(
    table: CodeTable, distribution: CodeDistribution, weights: Sequence[float] | Weights, prior: CodePrior
) -> tuple[_Tables, Weights]:
    if distribution.layout != table.layout:
        raise ValueError("the distribution has another layout than the code table")
    if prior.columns.shape != (len(MODALITIES), len(table)):
        raise ValueError(f"the prior is of {prior.columns.shape[1]} rows, the code table has {len(table)}")
    return _Tables.of(distribution), checked_weights(weights)


def _largest(sizes: NDArray[np.int64]) -> tuple[int, int, int]:
    """Return the most codes that any modality has at each level."""
    one, two, three = sizes.reshape(-1, LEVELS).max(axis=0).tolist()
    return one, two, three
