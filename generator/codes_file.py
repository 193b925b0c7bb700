"""The code file: how a code table lies on disk, and the checks that refuse every other file.

    0     8 bytes   magic
    8     4 bytes   format version, little-endian
    12    4 bytes   zero
    16    16 bytes  XXH3-128 of magic, version, zeros and header
    32    JSON      the header, padded with spaces to byte 4096: layout, fingerprint, catalog, rows, body checksum
    4096  body      27 columns of rows-rounded-up-to-64 bytes, then rows x uint32 tie-break numbers, little-endian

No byte lies outside the checksums and the size must be exact. The body starts at a page, so that the columns are mapped
as they are.
"""

import contextlib
import json
import os
import struct
import tempfile
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np
import xxhash
from numpy.typing import NDArray

from segue.generator.errors import CodesCorrupt
from segue.generator.layout import CodeLayout
from segue.generator.modality import POSITIONS

MAGIC: Final = b"SEGUEcod"
VERSION: Final = 1

_BODY: Final = 4096
_START: Final = struct.Struct("<8sI4x")
_HEADER_AT: Final = 32
_ALIGNMENT: Final = 64


class CodeFile(NamedTuple):
    """What a code file holds; see `CodeTable` for the fields."""

    layout: CodeLayout
    fingerprint: str
    catalog: str
    columns: NDArray[np.uint8]
    ties: NDArray[np.uint32]


def write_code_file(path: Path, file: CodeFile) -> None:
    """Write `file` beside `path`, flush it to disk and rename it: readers see the old file or the new one."""
    ties = np.ascontiguousarray(file.ties, dtype="<u4")
    columns = np.ascontiguousarray(file.columns)
    body = xxhash.xxh3_128()
    body.update(columns.data)
    body.update(ties.data)
    header = {
        "layout": file.layout.to_json(),
        "fingerprint": file.fingerprint,
        "catalog": file.catalog,
        "rows": int(ties.size),
        "body": body.hexdigest(),
    }
    text = json.dumps(header).encode().ljust(_BODY - _HEADER_AT)
    if len(text) > _BODY - _HEADER_AT:
        raise ValueError("fingerprint and catalog digest are too long for the header of a code file")
    start = _START.pack(MAGIC, VERSION)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")
    try:
        with os.fdopen(handle, "wb") as out:
            out.write(start + xxhash.xxh3_128_digest(start + text) + text)
            out.write(columns.data)
            out.write(ties.data)
            out.flush()
            os.fsync(out.fileno())
        Path(temporary).replace(path)
    except BaseException:
        with contextlib.suppress(FileNotFoundError):
            Path(temporary).unlink()
        raise


def read_code_file(path: Path) -> CodeFile:
    """Map a code file and check every byte. Raises CodesCorrupt; never returns what was not written as it stands."""
    try:
        size = path.stat().st_size
        raw = np.asarray(np.memmap(path, dtype=np.uint8, mode="r")) if size >= _BODY else None
    except OSError as error:
        raise CodesCorrupt(f"cannot read the code file {path}: {error.strerror}") from error
    if raw is None:
        raise CodesCorrupt(f"{path} is no code file: {size} bytes are too few")
    header = _read_header(path, raw[:_BODY].tobytes())
    rows: int = header["rows"]
    stride = -(-rows // _ALIGNMENT) * _ALIGNMENT
    ties_at = _BODY + POSITIONS * stride
    if raw.size != ties_at + 4 * rows:
        raise CodesCorrupt(f"{path} is torn: {raw.size} bytes instead of {ties_at + 4 * rows} for {rows} tracks")
    if xxhash.xxh3_128_hexdigest(raw[_BODY:].data) != header["body"]:
        raise CodesCorrupt(f"{path} is damaged: its codes do not fit their checksum")
    layout = CodeLayout.from_json(header["layout"])
    columns = raw[_BODY:ties_at].reshape(POSITIONS, stride)
    if rows and (columns.max(axis=1) >= layout.sizes).any():
        raise CodesCorrupt(f"{path} holds codes that its own layout does not have")
    return CodeFile(layout, header["fingerprint"], header["catalog"], columns, raw[ties_at:].view("<u4"))


def _read_header(path: Path, head: bytes) -> dict[str, Any]:
    magic, version = _START.unpack_from(head)
    if magic != MAGIC:
        raise CodesCorrupt(f"{path} is no code file")
    if xxhash.xxh3_128_digest(head[: _START.size] + head[_HEADER_AT:]) != head[_START.size : _HEADER_AT]:
        raise CodesCorrupt(f"{path} is damaged: its header does not fit its checksum")
    if version != VERSION:
        raise CodesCorrupt(f"{path} has the format version {version}; this program reads {VERSION}")
    try:
        header = json.loads(head[_HEADER_AT:])
    except ValueError as error:
        raise CodesCorrupt(f"{path} has an unreadable header: {error}") from error
    kinds = {"layout": str, "fingerprint": str, "catalog": str, "rows": int, "body": str}
    if not isinstance(header, dict) or {name: type(value) for name, value in header.items()} != kinds:
        raise CodesCorrupt(f"{path} has a header of another form")
    if header["rows"] < 0:
        raise CodesCorrupt(f"{path} has a header of another form")
    return header
