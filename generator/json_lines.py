"""JSON Lines files, gzipped or not; whatever is wrong with them is told by file and line. Knows no format within."""

import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from segue.generator.errors import SourceError


def read_lines(path: Path) -> Iterator[tuple[int, str]]:
    """Yield the lines of a text file that are not blank, with their numbers.

    Raises:
        SourceError: the file cannot be read, or is no text.
    """
    try:
        with gzip.open(path, "rt", encoding="utf-8") if path.suffix == ".gz" else path.open(encoding="utf-8") as lines:
            for number, line in enumerate(lines, 1):
                if line.strip():
                    yield number, line.strip()
    except (OSError, EOFError, UnicodeDecodeError) as error:
        raise SourceError(f"{path} cannot be read: {error}") from error


def read_objects(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yield the objects of a JSON Lines file, with the numbers of their lines.

    Raises:
        SourceError: the file cannot be read, or a line is no JSON object.
    """
    for number, line in read_lines(path):
        try:
            row = json.loads(line)
        except ValueError as error:
            raise SourceError(f"{path}, line {number}: not JSON ({error})") from error
        if not isinstance(row, dict):
            raise SourceError(f"{path}, line {number}: not a JSON object")
        yield number, row
