"""Opens text and binary sources, compressed or not, whatever their byte-order mark says.

Bytes that are not valid in the file's encoding come through as lone surrogates, so that the reader can reject the row
that holds them instead of the whole file. Knows nothing of rows.
"""

import gzip
import io
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Final, cast

from segue.generator.errors import SourceError

_UNDECODABLE = re.compile("[\ud800-\udfff]")
_MARKS: Final = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))


def has_undecodable_bytes(text: str) -> bool:
    """Whether `text` holds bytes that the file's encoding does not explain."""
    return not text.isascii() and _UNDECODABLE.search(text) is not None


def bare_name(path: Path) -> str:
    """Return the lower-case file name without ".gz": what the format is read from."""
    return path.name.lower().removesuffix(".gz")


@contextmanager
def open_bytes(path: Path) -> Iterator[IO[bytes]]:
    """Open `path` for reading, decompressed where its name ends in ".gz".

    Raises:
        SourceError: the file is missing, unreadable, or not what its name says.
    """
    try:
        with path.open("rb") as file:
            yield cast("IO[bytes]", gzip.GzipFile(fileobj=file)) if path.name.lower().endswith(".gz") else file
    except (OSError, EOFError) as error:
        raise SourceError(f"cannot read {path}: {error}") from error


@contextmanager
def open_text(path: Path, *, newline: str | None = None) -> Iterator[IO[str]]:
    """Open `path` as UTF-8, or as UTF-16 where it begins with that byte-order mark (as iTunes writes).

    Raises:
        SourceError: the file is missing, unreadable, or not what its name says.
    """
    with open_bytes(path) as stream:
        head = stream.read(3)
        stream.seek(0)
        encoding = next((name for mark, name in _MARKS if head.startswith(mark)), "utf-8")
        with io.TextIOWrapper(stream, encoding, errors="surrogateescape", newline=newline) as text:
            yield text
