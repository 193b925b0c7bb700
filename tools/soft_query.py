"""What soft matching asks for: a score for every code of every position, instead of one code.

A generator's probabilities become scores here. This module knows code layouts and numbers, no tracks and no language.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, Self

import numpy as np
from numpy.typing import NDArray

from segue.generator.codes import CodeTable
from segue.generator.layout import UNKNOWN, CodeLayout, Codes
from segue.generator.modality import LEVELS, POSITIONS

TABLE: Final = 256
"""Entries of a padded look-up table: one per value of a byte."""


@dataclass(frozen=True, eq=False)
class SoftQuery:
    """27 look-up tables, one score per code; use `from_tables` or `from_probabilities`."""

    layout: CodeLayout
    tables: NDArray[np.float64]
    """float64 [27, 256], 0 past a position's size and at the unknown code of level 1; -inf forbids a code."""

    @classmethod
    def from_tables(cls, layout: CodeLayout, tables: Sequence[NDArray[Any]]) -> Self:
        """Take one score per code: 27 arrays, position p of length `layout.sizes[p]`.

        The entry of the unknown code is ignored: what a catalog happens not to know says nothing about a track.
        -inf forbids a code. Raises ValueError for another shape, for NaN and for +inf.
        """
        if len(tables) != POSITIONS:
            raise ValueError(f"a soft query needs {POSITIONS} tables, not {len(tables)}")
        padded = np.zeros((POSITIONS, TABLE))
        for place, (given, size) in enumerate(zip(tables, layout.sizes.tolist(), strict=True)):
            entries = np.asarray(given, dtype=np.float64)
            if entries.shape != (size,):
                raise ValueError(f"table {place} needs {size} scores, not the shape {entries.shape}")
            padded[place, :size] = entries
        padded[::LEVELS, UNKNOWN] = 0.0
        if np.isnan(padded).any() or (padded == np.inf).any():
            raise ValueError("scores of a soft query must not be NaN or +inf")
        padded.flags.writeable = False
        return cls(layout, padded)

    @classmethod
    def from_probabilities(
        cls, layout: CodeLayout, log_probabilities: Sequence[NDArray[Any]], log_prior: Sequence[NDArray[Any]]
    ) -> Self:
        """Score a code by log p(code | dialogue) - log p(code), both 27 arrays of `layout.sizes[p]` natural logarithms.

        Subtracting how common a code is (see `log_prior`) keeps frequent codes from winning for their frequency alone.
        """
        pairs = zip(log_probabilities, log_prior, strict=True)
        return cls.from_tables(layout, [np.asarray(p, np.float64) - np.asarray(q, np.float64) for p, q in pairs])

    @property
    def best(self) -> Codes:
        """The best known code of each position: uint8 [27], the first among equals."""
        codes = np.empty(POSITIONS, dtype=np.uint8)
        for place, size in enumerate(self.layout.sizes.tolist()):
            start = 1 if place % LEVELS == 0 else 0
            codes[place] = start + int(np.argmax(self.tables[place, start:size]))
        return codes


def log_prior(table: CodeTable, *, smoothing: float = 1.0) -> list[NDArray[np.float64]]:
    """Return the log frequency of each code among the tracks that have the modality: 27 arrays of `layout.sizes[p]`.

    `smoothing` is added to each count, so that unused codes stay finite. The unknown code of level 1 has no frequency
    here and the entry 0.
    """
    priors = []
    for place, size in enumerate(table.layout.sizes.tolist()):
        level = place % LEVELS
        counts = np.bincount(table.columns[place, : len(table)], minlength=size).astype(np.float64)
        unknown = np.count_nonzero(table.columns[place - level, : len(table)] == UNKNOWN)
        counts[0] -= unknown
        counts[level == 0 :] += smoothing
        total = counts.sum()
        priors.append(np.log(counts / total, where=counts > 0, out=np.zeros(size)))
    return priors
