"""The codes of a catalog: semantic IDs of all its tracks, made by a frozen tokenizer when a version is built.

    codes/record.json   fingerprint of the tokenizer, or why there are no codes
    codes/table         the code table (`segue.generator.codes`)

The tokenizer is the one in the catalog's own folder (`DIR/tokenizer`, written by `segue tokenizer train`), else the
shipped one. Tracks that stay keep their ID, tie-break included. A catalog whose texts are embedded by another model
than the tokenizer was trained with has no codes until it has a tokenizer of its own, and says so.
"""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, ValidationError

from segue.generator.codes import CodeTable, ids_digest
from segue.generator.errors import CatalogCorrupt, CodesCorrupt, TokenizerMismatch
from segue.generator.layout import Codes
from segue.generator.sentences import Progress
from segue.generator.tokenizer import Tokenizer
from segue.generator.tokenizer_files import SHIPPED, read_fingerprint, read_sentences
from segue.generator.track import Track
from segue.tools.catalog.catalog import Catalog
from segue.tools.catalog.derived import EMBEDDING_FOR_IDS, Change
from segue.tools.catalog.parquet import ids_of
from segue.tools.catalog.remembered_codes import RememberedCodes

FOLDER: Final = "codes"
_TABLE: Final = "table"
_RECORD: Final = "record.json"


class _Record(BaseModel):
    model_config = ConfigDict(extra="forbid")

    encoder: str
    """Fingerprint of the catalog's text encoder."""
    tokenizer: str | None
    """Fingerprint of the tokenizer that made the codes; None where there are none."""
    reason: str | None = None
    """Why there are none."""


class _StagedEncoder:
    """The text encoder of a change; what it takes is counted as a stage of its own."""

    def __init__(self, change: Change) -> None:
        self._change = change
        self.name = change.encoder.name
        self.dimension = change.encoder.dimension
        self.fingerprint = change.encoder.fingerprint

    def encode(self, texts: Sequence[str], progress: Progress | None = None) -> NDArray[np.float32]:
        with self._change.stage(EMBEDDING_FOR_IDS, len(texts)) as advance:
            vectors = self._change.encoder.encode(texts, advance)
        if progress:
            progress(len(texts))
        return vectors


class CodesArtefact:
    """Builds and checks `codes/`."""

    name = FOLDER

    def build(self, change: Change) -> None:
        """Encode new and changed tracks; the others keep their IDs if the tokenizer is still the same."""
        folder = change.folder / FOLDER
        folder.mkdir()
        source = tokenizer_folder(change.folder)
        reason = _reason(source, change.encoder.fingerprint)
        if reason is not None:
            _write(folder, _Record(encoder=change.encoder.fingerprint, tokenizer=None, reason=reason))
            return
        tokenizer = Tokenizer.load(source, sentences=_StagedEncoder(change))
        old = _previous(change, tokenizer.fingerprint)
        table = _extended(change, tokenizer, old)
        table.save(folder / _TABLE)
        _write(folder, _Record(encoder=change.encoder.fingerprint, tokenizer=tokenizer.fingerprint))

    def check(self, folder: Path, table: pa.Table) -> None:
        """See `Derived.check`: one ID per track, made by the tokenizer that this catalog has now."""
        source = tokenizer_folder(folder)
        record = _read(folder / FOLDER)
        expected = None if _reason(source, record.encoder) else read_fingerprint(source)
        if record.tokenizer != expected:
            raise CatalogCorrupt(f"{folder / FOLDER} was made by {record.tokenizer}, the tokenizer is {expected}")
        if expected is not None:
            try:
                CodeTable.open(folder / FOLDER / _TABLE, fingerprint=expected, catalog=ids_digest(ids_of(table)))
            except (CodesCorrupt, TokenizerMismatch) as error:
                raise CatalogCorrupt(str(error)) from error


def open_codes(catalog: Catalog, *, fingerprint: str | None = None) -> CodeTable:
    """Memory-map the codes of an open catalog; row i is the track at position i.

    Raises:
        TokenizerMismatch: `fingerprint` is given and another tokenizer made the codes, or there are none for want of a
            tokenizer that fits the catalog's text encoder.
        CodesCorrupt: the table is missing, damaged or of another version.
    """
    folder = catalog.folder / FOLDER
    try:
        record = _read(folder)
    except CatalogCorrupt as error:
        raise CodesCorrupt(str(error)) from error
    if record.tokenizer is None:
        raise TokenizerMismatch(f"the catalog {catalog.root} has no semantic IDs: {record.reason}")
    return CodeTable.open(folder / _TABLE, fingerprint=fingerprint or record.tokenizer, catalog=ids_digest(catalog.ids))


def tokenizer_folder(version: Path) -> Path:
    """Return the folder of the tokenizer that the catalog of this version's folder uses."""
    own = version.parent.parent / "tokenizer"
    return own if own.is_dir() else SHIPPED


def _reason(source: Path, encoder: str) -> str | None:
    """Say why the tokenizer in `source` cannot encode this catalog's texts; None where it can."""
    needed = read_sentences(source)
    if needed in (None, encoder):
        return None
    return f"the tokenizer needs the text encoder {needed}, the catalog has {encoder}; train one: segue tokenizer train"


def _previous(change: Change, fingerprint: str) -> CodeTable | None:
    if change.previous is None or _read(change.previous / FOLDER).tokenizer != fingerprint:
        return None
    return CodeTable.open(change.previous / FOLDER / _TABLE, fingerprint=fingerprint)


def _extended(change: Change, tokenizer: Tokenizer, old: CodeTable | None) -> CodeTable:
    digest = ids_digest(ids_of(change.table))
    same: NDArray[np.int64] = np.flatnonzero(change.origin >= 0) if old is not None else np.empty(0, dtype=np.int64)
    fresh = np.setdiff1d(np.arange(change.table.num_rows), same)
    with change.stage("semantic IDs", len(fresh)) as advance:
        codes = _encode(tokenizer, list(change.tracks(fresh)), advance)
    if old is None:
        return CodeTable.build(codes, layout=tokenizer.layout, fingerprint=tokenizer.fingerprint, catalog=digest)
    joined = old.keep(change.origin[same], catalog=digest).extend(codes, catalog=digest)
    # Row i of the catalog is where it stands among the kept ones, or behind them among the fresh.
    return joined.keep(np.argsort(np.concatenate((same, fresh))), catalog=digest)


def _encode(tokenizer: Tokenizer, tracks: list[Track], advance: Callable[[int], None]) -> Codes:
    remembered = RememberedCodes.load()
    if remembered.fingerprint != tokenizer.fingerprint:
        return tokenizer.encode(tracks, advance)
    known, codes = remembered.find(tracks)
    advance(int(known.sum()))
    codes[~known] = tokenizer.encode([tracks[row] for row in np.flatnonzero(~known)], advance)
    return codes


def _read(folder: Path) -> _Record:
    try:
        return _Record.model_validate_json((folder / _RECORD).read_bytes())
    except (OSError, ValidationError) as error:
        raise CatalogCorrupt(f"{folder} holds no record of its codes: {error}") from error


def _write(folder: Path, record: _Record) -> None:
    (folder / _RECORD).write_text(record.model_dump_json(indent=2) + "\n", encoding="utf-8")
