"""Codes that are known beforehand: those of the default catalog, so that its first user need not wait for a model.

Found by the whole content of a track, so that a track that differs in anything is encoded like any other. Knows codes
of one tokenizer; with another tokenizer nothing is remembered.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Final, Self

import numpy as np
import xxhash
from numpy.typing import NDArray

from segue.generator.layout import Codes
from segue.generator.modality import POSITIONS
from segue.generator.track import Track

DEFAULT: Final = Path(__file__).parent / "default" / "codes.npz"
"""The codes of the default catalog, by the shipped tokenizer."""


class RememberedCodes:
    """A table from tracks to the codes that the tokenizer `fingerprint` made of them."""

    def __init__(self, fingerprint: str, keys: NDArray[np.uint64], codes: Codes) -> None:
        self.fingerprint = fingerprint
        self._keys = keys
        self._codes = codes
        self._rows = {key.tobytes(): row for row, key in enumerate(keys)}

    @classmethod
    def of(cls, tracks: Sequence[Track], codes: Codes, fingerprint: str) -> Self:
        """Remember the codes (len(tracks), 27) of `tracks`."""
        keys = np.array([np.frombuffer(_key(track), dtype=np.uint64) for track in tracks]).reshape(-1, 2)
        return cls(fingerprint, keys, codes)

    @classmethod
    def load(cls, path: Path = DEFAULT) -> Self:
        """Read what `save` wrote. Raises ValueError or OSError for a damaged or missing file."""
        with np.load(path, allow_pickle=False) as stored:
            return cls(str(stored["fingerprint"]), stored["keys"], stored["codes"])

    def save(self, path: Path) -> None:
        """Write the table."""
        np.savez_compressed(path, fingerprint=np.array(self.fingerprint), keys=self._keys, codes=self._codes)

    def find(self, tracks: Sequence[Track]) -> tuple[NDArray[np.bool_], Codes]:
        """Return which tracks are remembered, bool (n,), and codes (n, 27), zeros for those that are not."""
        rows = np.array([self._rows.get(_key(track), -1) for track in tracks], dtype=np.int64)
        codes = np.zeros((len(tracks), POSITIONS), dtype=np.uint8)
        codes[rows >= 0] = self._codes[rows[rows >= 0]]
        return rows >= 0, codes


def _key(track: Track) -> bytes:
    return xxhash.xxh3_128_digest(track.model_dump_json(exclude_defaults=True).encode())
