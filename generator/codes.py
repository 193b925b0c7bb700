"""The code table: the semantic IDs of a whole catalog, 27 bytes and a tie-break number a track.

Codes lie column by column (position-major), so that matching reads only the positions it needs, in order. Row i is the
i-th track of the catalog version whose ids the table was made for. Tables are never changed in place: `extend` and
`keep` return new ones, and no track ever gets another ID. Knows codes, not how they were made nor what they mean.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Self

import numpy as np
import xxhash
from numpy.typing import NDArray

from segue.generator.codec import SemanticId
from segue.generator.codes_file import CodeFile, read_code_file, write_code_file
from segue.generator.errors import CodesCorrupt, TokenizerMismatch
from segue.generator.layout import CodeLayout, Codes
from segue.generator.modality import POSITIONS
from segue.generator.ties import Ties, assign_ties

ALIGNMENT: Final = 64
"""Bytes: a column starts at a multiple of it and is padded to one, so that one vector load never leaves its column."""


@dataclass(frozen=True, eq=False)
class CodeTable:
    """The codes of the tracks of one catalog version."""

    layout: CodeLayout
    fingerprint: str
    """Which tokenizer made the codes."""
    catalog: str
    """`ids_digest` of the track ids, in row order."""
    columns: NDArray[np.uint8]
    """uint8 [27, rows rounded up to 64], read-only, zero past the last row."""
    ties: Ties
    """uint32 [rows], read-only."""

    @classmethod
    def build(cls, codes: NDArray[Any], *, layout: CodeLayout, fingerprint: str, catalog: str) -> Self:
        """Make the table of codes [rows, 27] and assign the tie-break numbers.

        Raises ValueError for codes that the layout does not have.
        """
        columns = _columns(_checked(layout, codes).T)
        return cls(layout, fingerprint, catalog, columns, _read_only(assign_ties(columns[:, : len(codes)])))

    @classmethod
    def open(cls, path: Path, *, fingerprint: str | None = None, catalog: str | None = None) -> Self:
        """Memory-map a table that `save` wrote, after checking every byte of it against its checksum.

        Raises CodesCorrupt for a missing, torn, altered or foreign file and for the table of another catalog version,
        TokenizerMismatch for codes that another tokenizer made. None leaves fingerprint or catalog unchecked.
        """
        file = read_code_file(path)
        if fingerprint is not None and file.fingerprint != fingerprint:
            raise TokenizerMismatch(
                f"{path} holds codes of the tokenizer {file.fingerprint!r}, and the one at hand is {fingerprint!r}"
            )
        if catalog is not None and file.catalog != catalog:
            raise CodesCorrupt(f"{path} was made for another version of this catalog")
        return cls(file.layout, file.fingerprint, file.catalog, file.columns, file.ties)

    def save(self, path: Path) -> None:
        """Write the table to a new file and put it in place of `path` in one step."""
        write_code_file(path, CodeFile(self.layout, self.fingerprint, self.catalog, self.columns, self.ties))

    def extend(self, codes: NDArray[Any], *, catalog: str) -> Self:
        """Return a table with the tracks of codes [more, 27] added at the end; the IDs there are stay as they are."""
        new = _checked(self.layout, codes).T
        old = self.columns[:, : len(self)]
        ties = np.concatenate((self.ties, assign_ties(np.ascontiguousarray(new), old, self.ties)))
        columns = _columns(np.concatenate((old, new), axis=1))
        return type(self)(self.layout, self.fingerprint, catalog, columns, _read_only(ties))

    def keep(self, rows: NDArray[np.integer[Any]], *, catalog: str) -> Self:
        """Return a table of the given rows in the given order; every track keeps its ID.

        Raises ValueError for rows that do not exist or come twice.
        """
        rows = np.asarray(rows, dtype=np.int64)
        if rows.size and (rows.min() < 0 or rows.max() >= len(self) or np.unique(rows).size != rows.size):
            raise ValueError(f"rows to keep must be distinct and below {len(self)}")
        return type(self)(
            self.layout, self.fingerprint, catalog, _columns(self.columns[:, rows]), _read_only(self.ties[rows])
        )

    def __len__(self) -> int:
        return int(self.ties.size)

    def codes(self, rows: NDArray[np.integer[Any]]) -> Codes:
        """Return the codes of the given rows: uint8 [len(rows), 27]."""
        return np.ascontiguousarray(self.columns[:, : len(self)][:, rows].T)

    def semantic_id(self, row: int) -> SemanticId:
        """Return codes and tie-break number of one row."""
        if not 0 <= row < len(self):
            raise IndexError(f"row {row} of a code table of {len(self)}")
        return SemanticId(self.columns[:, row].copy(), int(self.ties[row]))

    def find(self, semantic_id: SemanticId) -> int | None:
        """Return the row that has exactly this ID, or None."""
        rows = np.flatnonzero(self.columns[0, : len(self)] == semantic_id.codes[0])
        for place in range(1, POSITIONS):
            rows = rows[self.columns[place, rows] == semantic_id.codes[place]]
        rows = rows[self.ties[rows] == semantic_id.tie]
        return int(rows[0]) if rows.size else None


def ids_digest(ids: Iterable[str]) -> str:
    """Return 32 hex digits that change with any track id or their order."""
    digest = xxhash.xxh3_128()
    for track in ids:
        data = track.encode()
        digest.update(len(data).to_bytes(8, "little"))
        digest.update(data)
    return digest.hexdigest()


def _checked(layout: CodeLayout, codes: NDArray[Any]) -> Codes:
    codes = np.asarray(codes)
    if codes.ndim != 2:
        raise ValueError(f"a table is made of codes [rows, {POSITIONS}], not of the shape {codes.shape}")
    return layout.check(codes)


def _columns(columns: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Copy columns [27, rows] into aligned, padded memory."""
    rows = columns.shape[1]
    stride = -(-rows // ALIGNMENT) * ALIGNMENT
    room = np.zeros(POSITIONS * stride + ALIGNMENT, dtype=np.uint8)
    start = -room.ctypes.data % ALIGNMENT
    aligned = room[start : start + POSITIONS * stride].reshape(POSITIONS, stride)
    aligned[:, :rows] = columns
    aligned.flags.writeable = False
    return aligned


def _read_only(ties: Ties) -> Ties:
    ties.flags.writeable = False
    return ties
