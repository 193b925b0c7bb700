"""The manifest of one catalog version: what the version consists of, so that damage cannot pass for data.

Knows files, sizes and checksums; does not know what the files mean.
"""

import os
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

import xxhash
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from segue.generator.errors import CatalogCorrupt

FORMAT: Final = 1
"""Format of the catalog folder; a reader refuses every other."""
MANIFEST: Final = "manifest.json"
TRUTH: Final = "tracks.parquet"
READERS: Final = "readers"

_LIBRARIES: Final = ("segue", "chromadb", "pyarrow", "numpy", "sentence-transformers")
_CHUNK: Final = 1 << 20


class FileRecord(BaseModel):
    """Size in bytes and XXH3-128 checksum (hexadecimal) of one file."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    size: int
    xxh3: str


class EncoderRecord(BaseModel):
    """The text encoder that made the vectors of a version."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    fingerprint: str
    dimension: int


class Manifest(BaseModel):
    """What `manifest.json` holds."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    format: int = FORMAT
    version: str
    """Name of the version, which is also the name of its folder."""
    created: datetime = Field(default_factory=lambda: datetime.now(UTC))
    tracks: int
    encoder: EncoderRecord
    files: dict[str, FileRecord]
    """Every file of the version but the manifest and the reader lock, by path relative to the version's folder."""
    derived: tuple[str, ...]
    """Names of the derived artefacts that were built."""
    libraries: dict[str, str] = Field(default_factory=lambda: {name: version(name) for name in _LIBRARIES})
    provenance: dict[str, Any] = {}
    """What the caller says about where the tracks come from."""

    @classmethod
    def read(cls, folder: Path) -> "Manifest":
        """Read the manifest of the version in `folder`.

        Raises:
            CatalogCorrupt: it is missing, unreadable, of another format or belongs to another version.
        """
        path = folder / MANIFEST
        try:
            manifest = cls.model_validate_json(path.read_bytes())
        except FileNotFoundError as error:
            raise CatalogCorrupt(f"{path} is missing") from error
        except ValidationError as error:
            raise CatalogCorrupt(f"{path} is damaged: {error.errors()[0]['msg']}") from error
        if manifest.format != FORMAT:
            raise CatalogCorrupt(f"{path} has format {manifest.format}; this program reads format {FORMAT}")
        if manifest.version != folder.name:
            raise CatalogCorrupt(f"{path} belongs to version {manifest.version}, not {folder.name}")
        return manifest

    def write(self, folder: Path) -> None:
        """Write the manifest into `folder`."""
        (folder / MANIFEST).write_text(self.model_dump_json(indent=1), encoding="utf-8")

    def check_file(self, folder: Path, name: str) -> None:
        """Compare one file with its record.

        Raises:
            CatalogCorrupt: the file is missing, not recorded, or differs in size or checksum.
        """
        record = self.files.get(name)
        path = folder / name
        if record is None:
            raise CatalogCorrupt(f"{path} is not recorded in the manifest")
        if not path.is_file():
            raise CatalogCorrupt(f"{path} is missing")
        if path.stat().st_size != record.size:
            raise CatalogCorrupt(f"{path} is {path.stat().st_size} bytes long, the manifest says {record.size}")
        if checksum(path) != record.xxh3:
            raise CatalogCorrupt(f"{path} does not have the checksum that the manifest records")

    def check_artefact(self, folder: Path, name: str) -> None:
        """Compare the files of a derived artefact with their records.

        Raises:
            CatalogCorrupt: it was not built, or a file of it is missing, foreign or damaged.
        """
        recorded = {file for file in self.files if file == name or file.startswith(f"{name}/")}
        if name not in self.derived or not recorded:
            raise CatalogCorrupt(f"{folder / name} was not built; `segue catalog repair` builds it")
        present = {path.relative_to(folder).as_posix() for path in (folder / name).rglob("*") if path.is_file()}
        foreign = present - recorded
        if foreign:
            raise CatalogCorrupt(f"{folder / min(foreign)} is not recorded in the manifest")
        for file in sorted(recorded):
            self.check_file(folder, file)


def checksum(path: Path) -> str:
    """Return the XXH3-128 of a file as 32 hexadecimal digits."""
    digest = xxhash.xxh3_128()
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def record_files(folder: Path) -> dict[str, FileRecord]:
    """Return the records of all files below `folder`, flushing each to the disk on the way."""
    records = {}
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if path.is_dir():
            flush(path)
        elif name not in (MANIFEST, READERS):
            flush(path)
            records[name] = FileRecord(size=path.stat().st_size, xxh3=checksum(path))
    return records


def flush(path: Path) -> None:
    """Make the file or folder at `path` survive a power cut (fsync)."""
    if path.is_dir() and os.name == "nt":  # Windows opens no folders; renames there are journalled
        return
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
