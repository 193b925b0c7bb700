"""Scoring a catalog by a generator's distribution, exactly: what is likely here beyond what is likely anyway.

    score = sum over the modalities m that the track has of  w_m [log p_m(c1, c2, c3 | dialogue) - log p_m(c1, c2, c3)]

with log p_m(c1, c2, c3) = log p(c1) + log p(c2 | c1) + log p(c3 | c1, c2); the second term is how common the codes are
in the catalog (`CodePrior`). An unknown modality counts 0: what a catalog happens not to know says nothing about a
track.

`match_soft` takes 27 independent tables; here each level depends on the one above. The sum is still one of look-ups,
    log p = pair[c1, c2] + first[c1, c3] + second[c2, c3],
for a generator's third level is a softmax of a sum (`ModalityDistribution`). Big catalogs are bounded from above by
their first codes, and only rows that can reach the k-th best score so far are looked up. Knows code tables and
distributions.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

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


@dataclass(frozen=True, eq=False)
class CodePrior:
    """How common the codes of each track's modalities are in its catalog; made once per code table."""

    log_p: NDArray[np.float32]
    """float32 [rows, 9], natural logarithms, 0 where the modality is unknown."""
    least: NDArray[np.float64]
    """float64 [9, 256]: the smallest of them under each first code, 0 for first codes that no track has."""

    @classmethod
    def of(cls, table: CodeTable) -> Self:
        """Count the codes of a table."""
        codes = table.codes(np.arange(len(table)))
        log_p = log_code_prior(codes, table.layout)
        least = np.zeros((len(MODALITIES), TABLE))
        for m in range(len(MODALITIES)):
            np.minimum.at(least[m], codes[:, LEVELS * m], log_p[:, m])
        return cls(log_p, least)


@dataclass(frozen=True, eq=False)
class _Tables:
    """The look-ups of a distribution, padded to the largest codebooks."""

    pairs: NDArray[np.float64]
    """float64 [9, K1, K2]."""
    firsts: NDArray[np.float64]
    """float64 [9, K1, K3]."""
    seconds: NDArray[np.float64]
    """float64 [9, K2, K3]."""

    @classmethod
    def of(cls, distribution: CodeDistribution) -> Self:
        one, two, three = distribution.layout.sizes.reshape(-1, LEVELS).max(axis=0).tolist()
        count = len(MODALITIES)
        pairs, firsts, seconds = (np.zeros((count, *shape)) for shape in ((one, two), (one, three), (two, three)))
        for m, part in enumerate(distribution.modalities):
            pair, first, second = part.look_ups
            pairs[m, : pair.shape[0], : pair.shape[1]] = pair
            firsts[m, : first.shape[0], : first.shape[1]] = first
            seconds[m, : second.shape[0], : second.shape[1]] = second
        return cls(pairs, firsts, seconds)

    def bounds(self, prior: CodePrior, weights: Weights) -> NDArray[np.float64]:
        """Return one table per position, float64 [27, 256], whose sum at a row's codes is at least the row's score.

        A table of two codes is bounded by its rows' maxima and the most that any column lies above them.
        """
        bounds = np.zeros((len(MODALITIES), LEVELS, TABLE))
        for m in np.flatnonzero(weights):
            pair, first, second = self.pairs[m, UNKNOWN + 1 :], self.firsts[m, UNKNOWN + 1 :], self.seconds[m]
            least = prior.least[m, UNKNOWN + 1 : UNKNOWN + 1 + len(pair)]
            highest = [table.max(axis=1) for table in (pair, first, second)]
            over_pair, over_first, over_second = (
                _above(table, top) for table, top in zip((pair, first, second), highest, strict=True)
            )
            bounds[m, 0, UNKNOWN + 1 : UNKNOWN + 1 + len(pair)] = highest[0] + highest[1] - least
            bounds[m, 1, : len(over_pair)] = over_pair + highest[2]
            bounds[m, 2, : len(over_first)] = over_first + over_second
            bounds[m] *= weights[m]
        return bounds.reshape(POSITIONS, TABLE)


def _above(table: NDArray[np.float64], highest: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return by how much each column lies above the rows' maxima at the most; never positive."""
    possible = np.isfinite(highest)
    if not possible.any():
        return np.zeros(table.shape[1])
    above: NDArray[np.float64] = (table[possible] - highest[possible, None]).max(axis=0)
    return above


def score_distribution(
    table: CodeTable, distribution: CodeDistribution, weights: Sequence[float] | Weights, prior: CodePrior
) -> NDArray[np.float64]:
    """Return the score of every row, float64 [rows]. Raises ValueError for malformed arguments."""
    from segue.tools import match_kernels as kernels

    looked, checked = _arguments(table, distribution, weights, prior)
    scores = np.empty(len(table))
    kernels.conditional_scores(table.columns, looked.pairs, looked.firsts, looked.seconds, prior.log_p, checked, scores)
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

    Other arguments as in `match.match_codes`; depths are those of the distribution's greedy ID. Raises ValueError for
    malformed arguments, a distribution of another layout, or the prior of another table.
    """
    from segue.tools import match_kernels as kernels

    looked, checked = _arguments(table, distribution, weights, prior)
    tables = (looked.pairs, looked.firsts, looked.seconds, prior.log_p, checked)
    search = Search(table, k, allowed, banned)

    def rows_of(chosen: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        return search.run(lambda s, r: kernels.conditional_rows(table.columns, chosen, *tables, *search.filters, s, r))

    few = search.few_rows()
    if few is not None:
        found = rows_of(few)
    else:
        sampled = rows_of(search.sample())[1]
        floor = np.nextafter(sampled[-1], -np.inf) if sampled.size == k else -np.inf
        active = np.flatnonzero(checked)
        small, step, base = table_bounds(looked.bounds(prior, checked), table.layout.sizes, active, float(floor))

        def scan(start: int, end: int, scores: NDArray[np.float64], rows: NDArray[np.int64]) -> int:
            return int(
                kernels.conditional_scan(
                    table.columns, start, end, *tables, active, small, step, base, floor, *search.filters, scores, rows
                )
            )

        found = search.run_split(scan, threads)
    codes = table.codes(found[0])
    gains = distribution.log_probabilities(codes).astype(np.float64) - prior.log_p[found[0]]
    known = codes[:, ::LEVELS] != UNKNOWN
    depths = shared_depths(codes, distribution.best)
    return Matches(*found, depths, np.where(known & (checked > 0), np.where(known, gains, 0) * checked, 0.0))


def _arguments(
    table: CodeTable, distribution: CodeDistribution, weights: Sequence[float] | Weights, prior: CodePrior
) -> tuple[_Tables, Weights]:
    if distribution.layout != table.layout:
        raise ValueError("the distribution has another layout than the code table")
    if prior.log_p.shape != (len(table), len(MODALITIES)):
        raise ValueError(f"the prior is of {len(prior.log_p)} rows, the code table has {len(table)}")
    return _Tables.of(distribution), checked_weights(weights)
