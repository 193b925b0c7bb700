"""Reading a catalog: one version of it, opened in milliseconds and unaffected by writers until it is closed.

Columns are Arrow, decoded once; `Track` objects are made on demand. Knows ids and positions, not how to search.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import Self

import pyarrow as pa

from segue.generator.errors import CatalogCorrupt, TrackNotFound
from segue.generator.track import Track
from segue.tools.catalog.dense import DenseIndex
from segue.tools.catalog.locks import ReaderLock
from segue.tools.catalog.manifest import TRUTH, Manifest
from segue.tools.catalog.parquet import from_row, from_rows, ids_of, read_table
from segue.tools.catalog.versions import CURRENT, current_version, delete_if_free


class Catalog:
    """The tracks of one catalog version, in catalog order.

    with Catalog.open("my-music") as catalog:
        print(len(catalog), catalog.track("e000001").title)
    """

    def __init__(self, root: Path, folder: Path, manifest: Manifest, table: pa.Table, lock: ReaderLock) -> None:
        self.root = root
        """The catalog folder that was opened."""
        self.folder = folder
        """The folder of the version that this reader holds; what is derived from its tracks stands in here."""
        self.manifest = manifest
        self.table = table
        """All tracks as Arrow columns (`parquet.SCHEMA`), for filters and indexes."""
        self._lock = lock
        self._dense: DenseIndex | None = None

    @classmethod
    def open(cls, folder: Path | str) -> Self:
        """Open the current version.

        Raises:
            CatalogNotFound: no catalog stands in `folder`.
            CatalogCorrupt: the manifest or the tracks are damaged.
        """
        root = Path(folder)
        version, lock = _hold_current(root)
        try:
            manifest = Manifest.read(version)
            manifest.check_file(version, TRUTH)
            try:
                table = read_table(version / TRUTH)
            except (ValueError, OSError) as error:
                raise CatalogCorrupt(f"{version / TRUTH} cannot be read: {error}") from error
            if table.num_rows != manifest.tracks:
                raise CatalogCorrupt(f"{version / TRUTH} has {table.num_rows} tracks, not {manifest.tracks}")
        except BaseException:
            lock.release()
            raise
        return cls(root, version, manifest, table, lock)

    def close(self) -> None:
        """Let the version go; where it is no longer current and nobody else reads it, it is deleted."""
        if self._dense is not None:
            self._dense.close()
            self._dense = None
        self._lock.release()
        if current_version(self.root) != self.folder:
            with suppress(PermissionError):  # a reader without the right to delete leaves it to the next writer
                delete_if_free(self.folder)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __len__(self) -> int:
        return self.table.num_rows

    def __iter__(self) -> Iterator[Track]:
        return from_rows(self.table)

    def __contains__(self, track_id: object) -> bool:
        return track_id in self.positions

    @cached_property
    def ids(self) -> Sequence[str]:
        """The ids of all tracks, in catalog order."""
        return tuple(ids_of(self.table))

    @cached_property
    def positions(self) -> Mapping[str, int]:
        """Id -> zero-based position."""
        return {track_id: position for position, track_id in enumerate(self.ids)}

    def position(self, track_id: str) -> int:
        """Return the zero-based position of a track.

        Raises:
            TrackNotFound: no track has that id.
        """
        try:
            return self.positions[track_id]
        except KeyError:
            raise TrackNotFound(f"no track of this catalog has the id {track_id!r}") from None

    def at(self, position: int) -> Track:
        """Return the track at a zero-based position (IndexError where there is none)."""
        if not 0 <= position < len(self):
            raise IndexError(f"position {position} in a catalog of {len(self)} tracks")
        return from_row(self.table, position)

    def track(self, track_id: str) -> Track:
        """Return the track with this id.

        Raises:
            TrackNotFound: no track has that id.
        """
        return self.at(self.position(track_id))

    @property
    def dense(self) -> DenseIndex:
        """The dense index of this version, opened at first use."""
        if self._dense is None:
            self._dense = DenseIndex.open(self.folder, self.position)
        return self._dense


def _hold_current(root: Path) -> tuple[Path, ReaderLock]:
    """Return the current version and a lock on it; a writer may swap versions while we try."""
    while True:
        version = current_version(root)
        try:
            return version, ReaderLock(version)
        except FileNotFoundError:
            if current_version(root) == version and not version.is_dir():
                raise CatalogCorrupt(f"{root / CURRENT} names {version.name}, which does not exist") from None
