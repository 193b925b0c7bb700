"""Tie-break numbers: what tells tracks with the same 27 codes apart (SiriusXM, section 2.1).

A new track takes the smallest number that no track with its codes has. A number is assigned once: adding or removing
other tracks never changes it. Knows columns of codes only.
"""

from collections import defaultdict
from typing import Final

import numpy as np
from numpy.typing import NDArray

from segue.generator.modality import POSITIONS

Ties = NDArray[np.uint32]
"""Tie-break numbers: uint32 [tracks]."""

_MULTIPLIER: Final = np.uint64(0x9E3779B97F4A7C15)


def assign_ties(
    new: NDArray[np.uint8], old: NDArray[np.uint8] | None = None, old_ties: NDArray[np.uint32] | None = None
) -> Ties:
    """Return the tie-break numbers, uint32 [M], of new tracks given as columns of codes [27, M].

    `old` [27, N] and `old_ties` [N] are the tracks that are there already. The cost grows with the number of tracks
    that share their codes, not with the catalog, apart from one pass that hashes every row.
    """
    ties = np.zeros(new.shape[1], dtype=np.uint32)
    hashes = _row_hashes(new)
    distinct, counts = np.unique(hashes, return_counts=True)
    shared = np.isin(hashes, distinct[counts > 1])
    taken: defaultdict[bytes, set[int]] = defaultdict(set)
    if old is not None and old_ties is not None and old.shape[1]:
        old_hashes = _row_hashes(old)
        nearest = np.minimum(np.searchsorted(distinct, old_hashes), max(distinct.size - 1, 0))
        meeting = np.flatnonzero(distinct[nearest] == old_hashes) if distinct.size else nearest[:0]
        shared |= np.isin(hashes, old_hashes[meeting])
        for place in meeting:
            taken[old[:, place].tobytes()].add(int(old_ties[place]))
    # Equal hashes only pick the rows to look at; the groups are formed by the codes themselves.
    free: defaultdict[bytes, int] = defaultdict(int)
    for place in np.flatnonzero(shared):
        key = new[:, place].tobytes()
        number = free[key]
        while number in taken[key]:
            number += 1
        ties[place] = number
        free[key] = number + 1
    return ties


def _row_hashes(columns: NDArray[np.uint8]) -> NDArray[np.uint64]:
    hashes = np.zeros(columns.shape[1], dtype=np.uint64)
    for place in range(POSITIONS):
        hashes *= _MULTIPLIER
        hashes += columns[place]
    return hashes
