"""What a reader yields: a row, or the reason why there is none.

Knows neither files nor tracks.
"""

from dataclasses import dataclass
from typing import Any, Final

EXCERPT: Final = 500
"""Characters of a rejected row that are kept for the person who looks into it."""


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a source, its cells by column name."""

    line: int
    """One-based line (in Parquet: row) where it starts."""
    values: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Rejection:
    """A row, an entry or a single cell that could not be used, and why."""

    line: int
    reason: str
    excerpt: str
    """The beginning of the row as it stood in the source."""


def reject(line: int, reason: str, row: object) -> Rejection:
    """Return a rejection with a printable excerpt of `row`."""
    text = row if isinstance(row, str) else repr(row)
    # Undecodable bytes were read as lone surrogates, which no UTF-8 file can hold.
    return Rejection(line, reason, text[:EXCERPT].encode("utf-8", "backslashreplace").decode())
