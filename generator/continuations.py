"""Which codes may come next: the static mask of each position, narrowed to allowed IDs and by banned ones.

Allowed and banned IDs are sorted arrays; the IDs that continue a prefix are one stretch of such an array, so that a
step costs two binary searches and no tree is built. A ban bites at the last place where it leaves a choice: a prefix
all of whose continuations are banned is itself forbidden, and no walk ends in a blind alley. Knows codes; no model.
"""

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
        self._banned = _sorted(layout, banned)
        self._limited = allowed is not None
        self._allowed = _sorted(layout, allowed)
        if self._limited and len(self._banned) and len(self._allowed):
            gone = {row.tobytes() for row in self._banned}
            self._allowed = self._allowed[[row.tobytes() not in gone for row in self._allowed]]
            self._banned = self._banned[:0]
        # How many IDs without an unknown modality begin with a prefix of each length.
        free = [int(size) - (place % LEVELS == 0) for place, size in enumerate(layout.sizes)]
        self._below = [1] * (POSITIONS + 1)
        for place in range(POSITIONS - 1, -1, -1):
            self._below[place] = self._below[place + 1] * free[place]

    @property
    def limited(self) -> bool:
        """Whether only certain IDs may come out."""
        return self._limited

    @property
    def count(self) -> int:
        """How many IDs may come out."""
        return len(self._allowed) if self._limited else self._below[0] - len(self._banned)

    def start(self) -> Place:
        """Return the place of the empty prefix."""
        return Place((0, len(self._allowed)), (0, len(self._banned)))

    def mask(self, place: Place, position: int) -> NDArray[np.bool_]:
        """Return which codes of `position` may follow: bool [size of its codebook].

        The unknown code of level 1 may follow only where allowed IDs have it.
        """
        size = int(self.layout.sizes[position])
        if self._limited:
            mask = np.zeros(size, dtype=np.bool_)
            mask[self._allowed[slice(*place.allowed), position]] = True
            return mask
        mask = np.ones(size, dtype=np.bool_)
        if position % LEVELS == 0:
            mask[UNKNOWN] = False
        start, stop = place.banned
        if stop > start:
            counts = np.bincount(self._banned[start:stop, position], minlength=size)
            mask[counts >= self._below[position + 1]] = False
        return mask

    def step(self, place: Place, position: int, code: int) -> Place:
        """Return the place after `code` at `position`."""
        return Place(
            _narrow(self._allowed, place.allowed, position, code), _narrow(self._banned, place.banned, position, code)
        )


def _narrow(rows: Codes, stretch: tuple[int, int], position: int, code: int) -> tuple[int, int]:
    start, stop = stretch
    column = rows[start:stop, position]
    left, right = np.searchsorted(column, code, "left"), np.searchsorted(column, code, "right")
    return start + int(left), start + int(right)


def _sorted(layout: CodeLayout, rows: Codes | None) -> Codes:
    if rows is None or not len(rows):
        return np.empty((0, POSITIONS), dtype=np.uint8)
    return np.unique(layout.check(np.asarray(rows)), axis=0)
