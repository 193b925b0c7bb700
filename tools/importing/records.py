"""Reads JSON Lines, JSON arrays and Parquet row by row.

JSON Lines and Parquet are streamed; a JSON array is one value and is read whole.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from pydantic_core import from_json

from segue.generator.errors import SourceError
from segue.tools.importing.files import open_bytes
from segue.tools.importing.rows import Rejection, Row, reject

_BOM: Final = b"\xef\xbb\xbf"
MAX_LINE: Final = 16_000_000
"""Bytes in one line of JSON; a longer line is damage."""


def read_json_lines(path: Path) -> Iterator[Row | Rejection]:
    """Yield every non-blank line of `path`, as a row or as a rejection.

    Raises:
        SourceError: the file cannot be read.
    """
    with open_bytes(path) as stream:
        for line, text in enumerate(stream, start=1):
            text = (text.removeprefix(_BOM) if line == 1 else text).strip()
            if text:
                yield parse_line(line, text)


def parse_line(line: int, text: bytes) -> Row | Rejection:
    """Return the row in one line of JSON, or why there is none."""
    excerpt = text[:2_000].decode("utf-8", "backslashreplace")
    if len(text) > MAX_LINE:
        return reject(line, f"a line of {len(text):,} bytes", excerpt)
    try:
        value = from_json(text)
    except ValueError as error:
        return reject(line, f"not valid JSON: {error}", excerpt)
    return _row(line, value, excerpt)


def _row(line: int, value: Any, excerpt: object) -> Row | Rejection:
    if not isinstance(value, dict):
        return reject(line, f"a JSON object is needed, found {type(value).__name__}", excerpt)
    return Row(line, value)


def load_json(path: Path) -> Any:
    """Return the one JSON value that `path` holds.

    Raises:
        SourceError: the file cannot be read or is not JSON.
    """
    with open_bytes(path) as stream:
        data = stream.read()
    try:
        return from_json(data.removeprefix(_BOM))
    except ValueError as error:
        raise SourceError(f"{path} is not valid JSON: {error}") from error


def read_json_array(path: Path) -> Iterator[Row | Rejection]:
    """Yield every element of the JSON array in `path`; `line` is the element's one-based number.

    Raises:
        SourceError: the file cannot be read or holds no array.
    """
    value = load_json(path)
    if not isinstance(value, list):
        raise SourceError(f"{path} must hold a JSON array of tracks, one object each")
    for line, element in enumerate(value, start=1):
        yield _row(line, element, element)


def read_parquet(path: Path) -> Iterator[Row | Rejection]:
    """Yield every row of a Parquet file, batch by batch.

    Raises:
        SourceError: the file cannot be read or is not Parquet.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    line = 0
    try:
        with pq.ParquetFile(path) as file:
            for batch in file.iter_batches(batch_size=1_000):
                for values in batch.to_pylist():
                    line += 1
                    yield Row(line, values)
    except (OSError, pa.ArrowInvalid) as error:
        raise SourceError(f"cannot read {path} as Parquet: {error}") from error
