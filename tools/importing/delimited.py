"""Reads CSV and its relatives row by row, in constant memory.

The delimiter is the one that makes the header most intelligible. Quoted cells may hold newlines; a quote that is never
closed costs its own line only, not the rest of the file. Knows no column but through the `known` predicate it is given.
"""

import csv
from collections import deque
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

from segue.generator.errors import SourceError
from segue.tools.importing.files import has_undecodable_bytes, open_text
from segue.tools.importing.rows import Rejection, Row, reject

DELIMITERS: Final = (",", "\t", ";", "|")
MAX_LINES: Final = 500
"""Lines that one quoted cell may span."""
MAX_CHARACTERS: Final = 1_000_000
"""Characters that one record may hold."""


class _TooLong(Exception):
    """A record goes on for so long that its quote was surely never closed."""


class _Lines:
    """The lines of a file, with those of the record under construction kept for a second try."""

    def __init__(self, stream: Iterator[str]) -> None:
        self._stream = stream
        self._again: deque[str] = deque()
        self.record: list[str] = []
        self.number = 0
        """One-based number of the line read last."""
        self._characters = 0

    def __iter__(self) -> "_Lines":
        return self

    def __next__(self) -> str:
        if len(self.record) >= MAX_LINES or self._characters > MAX_CHARACTERS:
            raise _TooLong
        line = self._again.popleft() if self._again else next(self._stream)
        self.number += 1
        self.record.append(line)
        self._characters += len(line)
        return line

    def begin(self) -> None:
        self.record = []
        self._characters = 0

    def retry_after_first(self) -> str:
        """Give all lines of the record but the first back, and return the first."""
        first, *rest = self.record
        self._again.extendleft(reversed(rest))
        self.number -= len(rest)
        return first


def find_delimiter(header: str, known: Callable[[str], bool]) -> str:
    """Return the delimiter under which most columns of `header` are known, or failing that, most columns exist."""

    def merit(delimiter: str) -> tuple[int, int]:
        names = next(csv.reader([header], delimiter=delimiter), [])
        return sum(known(name) for name in names), len(names)

    return max(DELIMITERS, key=merit)


def read_header(path: Path, known: Callable[[str], bool]) -> tuple[list[str], str]:
    """Return the column names of `path` and its delimiter.

    Raises:
        SourceError: the file is empty or its first line cannot be a header.
    """
    with open_text(path, newline="") as stream:
        header = next((line for line in stream if line.strip()), None)
    if header is None:
        raise SourceError(f"{path} is empty: a table needs a first line with the names of its columns")
    if has_undecodable_bytes(header) or "\0" in header:
        raise SourceError(f"the first line of {path} is not text: save the table as UTF-8")
    delimiter = find_delimiter(header, known)
    names = [name.strip() for name in next(csv.reader([header], delimiter=delimiter))]
    repeated = sorted({name for name in names if name and names.count(name) > 1})
    if repeated:
        raise SourceError(f"{path} has several columns named {', '.join(map(repr, repeated))}: rename all but one")
    return names, delimiter


def read_delimited(
    path: Path, known: Callable[[str], bool], *, columns: list[str] | None = None
) -> Iterator[Row | Rejection]:
    """Yield every record of `path`, as a row or as a rejection; blank lines are no records.

    Args:
        path: the file.
        known: whether a column name means something, by which the delimiter is recognised.
        columns: the names of the columns of a comma-separated file without a header.

    Raises:
        SourceError: the file cannot be read, or has no usable header.
    """
    names, delimiter = (columns, ",") if columns else read_header(path, known)
    csv.field_size_limit(2 * MAX_CHARACTERS)
    with open_text(path, newline="") as stream:
        lines = _Lines(stream)
        reader = csv.reader(lines, delimiter=delimiter, strict=True)
        header_seen = columns is not None
        while True:
            lines.begin()
            try:
                cells = next(reader)
            except StopIteration:
                return
            except (csv.Error, _TooLong) as error:
                first = lines.retry_after_first()
                reason = "a quote is opened and never closed" if _is_open(error) else f"not a valid record: {error}"
                yield reject(lines.number, reason, first)
                continue
            line = lines.number - len(lines.record) + 1
            if not cells:
                continue
            if not header_seen:
                header_seen = True
                continue
            if len(cells) != len(names):
                yield reject(line, f"{len(cells)} cells under {len(names)} columns", delimiter.join(cells))
            elif any(map(has_undecodable_bytes, cells)):
                yield reject(line, "bytes that are not valid text", delimiter.join(cells))
            else:
                yield Row(line, dict(zip(names, cells, strict=True)))


def _is_open(error: Exception) -> bool:
    return isinstance(error, _TooLong) or "unexpected end of data" in str(error)
