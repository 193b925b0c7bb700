"""The layout of a semantic ID: how many codes each of its 27 positions has, and where their token ids start.

A semantic ID is 27 codes of one byte each, modality-major: (AC1, AC2, AC3, BM1, ..., TC3). Level 1 of every modality
counts code 0 as *unknown*: a track that lacks the modality has the codes (0, 0, 0), and a quantizer's first codeword of
level 1 is code 1. Levels 2 and 3 have no reserved code; below an unknown level 1 they hold 0 and mean nothing.

So codebooks of 128 + 64 + 31 codewords (3MToken, section 2.2) give 129 + 64 + 31 = 224 codes a modality, 2,016 codes in
all, and with the two boundary tokens a vocabulary of 2,018 (section 3.2: 153,664 - 151,646).

This module counts codes; it knows neither quantizers nor tokens' text nor files.
"""

import json
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final, Self

import numpy as np
from numpy.typing import NDArray

from segue.generator.errors import CodesCorrupt
from segue.generator.modality import LEVELS, MODALITIES, POSITIONS, Modality

Codes = NDArray[np.uint8]
"""Semantic IDs: uint8 [..., 27]."""

UNKNOWN: Final = 0
"""The code of level 1 that says "this track has nothing of this modality"."""

BOUNDARIES: Final = 2
"""Tokens that stand before and after the codes of one track."""

DEFAULT_CODEWORDS: Final = (128, 64, 31)
"""Codewords per level; with the unknown code 224 codes a modality."""

_CODES_PER_BYTE: Final = 256


@dataclass(frozen=True)
class CodeLayout:
    """Codebook sizes of the nine modalities, in semantic-ID order.

    `codewords[m][l]` is the number of *learned* codewords of modality m at level l + 1, the unknown code not counted.
    A quantizer with fewer levels says 1 for those it lacks. Raises ValueError where a code would not fit into one byte.
    """

    codewords: tuple[tuple[int, int, int], ...] = (DEFAULT_CODEWORDS,) * len(MODALITIES)

    def __post_init__(self) -> None:
        if len(self.codewords) != len(MODALITIES):
            raise ValueError(f"a layout needs {len(MODALITIES)} modalities, not {len(self.codewords)}")
        for modality, levels in zip(MODALITIES, self.codewords, strict=True):
            if len(levels) != LEVELS:
                raise ValueError(f"modality {modality} needs {LEVELS} levels, not {len(levels)}")
            for level, count in enumerate(levels, start=1):
                room = _CODES_PER_BYTE - (level == 1)
                if isinstance(count, bool) or not isinstance(count, int) or not 1 <= count <= room:
                    raise ValueError(f"level {level} of {modality} needs 1 to {room} codewords, not {count!r}")

    @cached_property
    def sizes(self) -> NDArray[np.int64]:
        """Codes at each position, the unknown code of level 1 counted: int64 [27]. A code is below its size."""
        sizes = np.asarray(self.codewords, dtype=np.int64)
        sizes[:, 0] += 1
        return _frozen(sizes.reshape(POSITIONS))

    @cached_property
    def offsets(self) -> NDArray[np.int64]:
        """Where the codes of each position start in the flat numbering 0 .. total - 1: int64 [27]."""
        return _frozen(np.concatenate(([0], np.cumsum(self.sizes)[:-1])))

    @property
    def total(self) -> int:
        """All codes of all positions (2,016 by default), without the boundary tokens."""
        return int(self.sizes.sum())

    @property
    def vocabulary(self) -> int:
        """Tokens that a language model gains: all codes and the two boundaries (2,018 by default)."""
        return self.total + BOUNDARIES

    def check(self, codes: NDArray[Any]) -> Codes:
        """Return `codes` [..., 27] as uint8 if every one is possible under this layout.

        Raises ValueError for a wrong shape or type, a code at or past its position's size, and a code other than 0
        below an unknown level 1.
        """
        codes = np.asarray(codes)
        if codes.ndim == 0 or codes.shape[-1] != POSITIONS:
            raise ValueError(f"semantic IDs have {POSITIONS} codes, not the shape {codes.shape}")
        if codes.dtype.kind not in "ui":
            raise ValueError(f"codes are whole numbers, not {codes.dtype}")
        wrong = (codes < 0) | (codes >= self.sizes)
        if wrong.any():
            place = tuple(int(i) for i in np.argwhere(wrong)[0])
            raise ValueError(
                f"code {int(codes[place])} at {position_name(place[-1])} is not below {int(self.sizes[place[-1]])}"
            )
        levels = codes.reshape(*codes.shape[:-1], len(MODALITIES), LEVELS)
        stray = (levels[..., 0] == UNKNOWN) & levels[..., 1:].any(axis=-1)
        if stray.any():
            modality = MODALITIES[int(np.argwhere(stray)[0][-1])]
            raise ValueError(f"modality {modality} is unknown at level 1 but has codes below it")
        return codes.astype(np.uint8, copy=False)

    def known(self, codes: NDArray[Any]) -> NDArray[np.bool_]:
        """Return which modalities each semantic ID has: bool [..., 9] for codes [..., 27]."""
        known: NDArray[np.bool_] = np.asarray(codes)[..., ::LEVELS] != UNKNOWN
        return known

    def to_json(self) -> str:
        """Return the layout as one line of JSON: `{"AC": [128, 64, 31], ...}` in semantic-ID order."""
        return json.dumps({str(m): list(levels) for m, levels in zip(MODALITIES, self.codewords, strict=True)})

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Read what `to_json` wrote. Raises CodesCorrupt for anything else."""
        try:
            data = json.loads(text)
        except ValueError as error:
            raise CodesCorrupt(f"not a code layout: {error}") from error
        if not isinstance(data, dict) or list(data) != [str(m) for m in MODALITIES]:
            raise CodesCorrupt("not a code layout: it must name the nine modalities in semantic-ID order")
        if not all(isinstance(levels, list) for levels in data.values()):
            raise CodesCorrupt("not a code layout: each modality needs a list of codebook sizes")
        try:
            return cls(tuple(tuple(levels) for levels in data.values()))
        except ValueError as error:
            raise CodesCorrupt(f"not a code layout: {error}") from error


DEFAULT_LAYOUT: Final = CodeLayout()
"""224 codes for every modality."""


def position(modality: Modality, level: int) -> int:
    """Return the place 0 .. 26 of a modality's level 1, 2 or 3 in a semantic ID."""
    if not 1 <= level <= LEVELS:
        raise ValueError(f"levels are 1 to {LEVELS}, not {level}")
    return MODALITIES.index(modality) * LEVELS + level - 1


def position_name(place: int) -> str:
    """Return the name of a place 0 .. 26, as in the text of a code: 0 is "AC1", 26 is "TC3"."""
    if not 0 <= place < POSITIONS:
        raise ValueError(f"semantic IDs have the places 0 to {POSITIONS - 1}, not {place}")
    return f"{MODALITIES[place // LEVELS]}{place % LEVELS + 1}"


def _frozen(array: NDArray[np.int64]) -> NDArray[np.int64]:
    array.flags.writeable = False
    return array
