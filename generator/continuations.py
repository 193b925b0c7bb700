"""Which codes may come next: the static mask of each position, narrowed to allowed IDs and by banned ones.

Allowed and banned IDs are sorted arrays, column by column; the IDs that continue a prefix are one stretch of such an
array, so that a step costs some binary searches and no tree is built. A ban bites at the last place where it leaves a
choice: a prefix all of whose continuations are banned is itself forbidden, and no walk ends in a blind alley. Knows
codes; no model.
"""

from copy import copy
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from segue.generator.layout import UNKNOWN, CodeLayout, Codes
from segue.generator.modality import LEVELS, POSITIONS


class Place(NamedTuple):
    """Where a prefix stands in the sorted arrays: stretches of the allowed and of the banned IDs."""

    allowed: tuple[int, int]
    banned: tuple[int, int]


class Continuations:
    """The codes that may follow a prefix. Raises SemanticIdError's cause, ValueError, for codes of another layout."""

    def __init__(self, layout: CodeLayout, allowed: Codes | None = None, banned: Codes | None = None) -> None:
        self.layout = layout
        self._limited = allowed is not None
        self._allowed = _sorted(layout, allowed)
        self._banned = _sorted(layout, None)
        # How many IDs without an unknown modality begin with a prefix of each length.
        self._below = _free_below(layout)
        if banned is not None:
            self._ban(layout.check(np.asarray(banned)))

    @property
    def limited(self) -> bool:
        """Whether only certain IDs may come out."""
        return self._limited

    @property
    def count(self) -> int:
        """How many IDs may come out."""
        return len(self._allowed) if self._limited else self._below[0] - len(self._banned)

    def without(self, banned: Codes) -> "Continuations":
        """Return the same with further IDs banned: uint8 [any, 27]."""
        other = copy(self)
        other._ban(self.layout.check(banned))
        return other

    def _ban(self, banned: Codes) -> None:
        if self._limited:
            gone = set(_as_bytes(banned))
            self._allowed = self._allowed[[row not in gone for row in _as_bytes(self._allowed)]].copy(order="F")
        else:
            # An ID with an unknown modality never comes out and must not count among those that could.
            spelled = banned[(banned[:, ::LEVELS] != UNKNOWN).all(axis=1)]
            self._banned = _sorted(self.layout, np.concatenate((self._banned, spelled)))

    def start(self) -> Place:
        """Return the place of the empty prefix."""
        return Place((0, len(self._allowed)), (0, len(self._banned)))

    def mask(self, place: Place, position: int) -> NDArray[np.bool_]:
        """Return which codes of `position` may follow: bool [size of its codebook].

        The unknown code of level 1 may follow only where allowed IDs have it.
        """
        size = int(self.layout.sizes[position])
        if self._limited:
            return _counts(self._allowed[slice(*place.allowed), position], size) > 0
        mask = _static(size, position % LEVELS == 0)
        start, stop = place.banned
        if stop == start:
            return mask
        return mask & (_counts(self._banned[start:stop, position], size) < self._below[position + 1])

    def step(self, place: Place, position: int, code: int) -> Place:
        """Return the place after `code` at `position`."""
        return Place(
            _narrow(self._allowed, place.allowed, position, code), _narrow(self._banned, place.banned, position, code)
        )


@lru_cache(maxsize=64)
def _static(size: int, first: bool) -> NDArray[np.bool_]:
    """Return the mask of a codebook that nothing narrows; shared, hence read-only."""
    mask = np.ones(size, dtype=np.bool_)
    if first:
        mask[UNKNOWN] = False
    mask.flags.writeable = False
    return mask


@lru_cache(maxsize=8)
def _free_below(layout: CodeLayout) -> list[int]:
    free = [int(size) - (place % LEVELS == 0) for place, size in enumerate(layout.sizes)]
    below = [1] * (POSITIONS + 1)
    for place in range(POSITIONS - 1, -1, -1):
        below[place] = below[place + 1] * free[place]
    return below


def _counts(column: Codes, size: int) -> NDArray[np.int64]:
    """Return how often each code stands in a sorted column: int64 [size]."""
    if len(column) < size:
        return np.bincount(column, minlength=size)
    # Past so many the borders are found sooner than all are counted.
    borders = np.append(np.searchsorted(column, np.arange(size, dtype=np.uint8)), len(column))
    return np.diff(borders)


def _narrow(rows: Codes, stretch: tuple[int, int], position: int, code: int) -> tuple[int, int]:
    start, stop = stretch
    if start == stop:
        return stretch
    column = rows[start:stop, position]
    # A number of the column's own type: of any other, the whole column would be converted.
    wanted = np.uint8(code)
    left, right = column.searchsorted(wanted, "left"), column.searchsorted(wanted, "right")
    return start + int(left), start + int(right)


def _sorted(layout: CodeLayout, rows: Codes | None) -> Codes:
    """Return the distinct rows in lexical order, each column one piece of memory; quick where they are in order."""
    if rows is None or not len(rows):
        return np.empty((0, POSITIONS), dtype=np.uint8)
    codes = layout.check(np.asarray(rows))
    padded = np.zeros((len(codes), 32), dtype=np.uint8)
    padded[:, :POSITIONS] = codes
    # Four numbers of eight bytes each sort as their 27 codes do.
    keys = padded.view(">u8").astype(np.uint64).T
    if _ascends(keys):
        return codes.copy(order="F")
    order = np.lexsort(keys[::-1])
    keys = keys[:, order]
    new = np.ones(len(order), dtype=np.bool_)
    new[1:] = (keys[:, 1:] != keys[:, :-1]).any(axis=0)
    distinct: Codes = codes[order[new]].copy(order="F")
    return distinct


def _ascends(keys: NDArray[np.uint64]) -> bool:
    """Return whether each column of `keys` [4, n] is greater than the one before."""
    before, after = keys[:, :-1], keys[:, 1:]
    ascends = before[-1] < after[-1]
    for one, two in zip(before[-2::-1], after[-2::-1], strict=True):
        ascends = (one < two) | ((one == two) & ascends)
    return bool(ascends.all())


def _as_bytes(rows: Codes) -> list[bytes]:
    flat: list[bytes] = np.ascontiguousarray(rows).view(f"V{POSITIONS}").ravel().tolist()
    return flat
