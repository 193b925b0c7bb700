"""What is derived from the truth of a catalog: one small protocol, and the list of those that a catalog is built with.

An artefact gets the tracks of the new version and a folder to write into. It may reuse what it made for the previous
version, which `Change` relates to the new one row by row. Knows no single artefact: they are named by import path, for
some live in higher folders, and are loaded when a catalog is built.
"""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Final, Protocol, cast

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from segue.generator.sentences import TextEncoder
from segue.generator.track import Track
from segue.tools.catalog.parquet import from_rows, ids_of

Progress = Callable[[str, int, int | None], None]
"""Called with the stage ("embedding"), the items finished since the last call, and the stage's total where known."""


EMBEDDING: Final = "embedding"
"""The stage in which the text encoder makes vectors of the tracks' descriptions."""
EMBEDDING_FOR_IDS: Final = "embedding for semantic IDs"
"""The stages in which it encodes what the semantic IDs are made of."""
EMBEDDING_FOR_TOWER: Final = "embedding for two-tower"
"""The stage in which it encodes biographies for the two-tower retriever."""
MOST_PARSED: Final = 200_000
"""Catalogs up to this size keep their tracks as objects while a version is built: 4 kB each."""


def no_progress(stage: str, done: int, total: int | None) -> None:
    """Show nothing."""


@dataclass
class Stage:
    """How much a stage of building did, and how long it took."""

    items: int = 0
    seconds: float = 0.0

    @property
    def rate(self) -> float:
        """Items a second; 0 where nothing was done."""
        return self.items / self.seconds if self.items else 0.0


@dataclass(frozen=True, kw_only=True)
class Change:
    """A version that is being built, next to the one before it."""

    table: pa.Table
    """The tracks of the new version (`parquet.SCHEMA`), in catalog order."""
    folder: Path
    """Folder of the new version. An artefact writes `folder / name` (a file or a folder), and nothing else."""
    encoder: TextEncoder
    """The text encoder of this catalog."""
    previous: Path | None = None
    """Folder of the version before, for reading; None where there is none that this artefact can build upon."""
    origin: NDArray[np.int64]
    """Shape (tracks,): position of the identical row in the previous version; -1 where it is new or changed.

    Ascending but for the -1: tracks keep their order, a changed track keeps its place, new ones follow at the end."""
    progress: Progress = no_progress
    stages: dict[str, Stage] = field(default_factory=dict)
    """Work and time by stage, for the summary of the update."""
    incoming: Mapping[str, Track] = field(default_factory=dict)
    """New and changed tracks by id, as they came in; empty where they are not at hand (a repair, a great many)."""

    def appends_to(self, previous_tracks: int) -> bool:
        """Whether all of `previous_tracks` stand unchanged at the start, so that what was made for them still holds."""
        return len(self.origin) >= previous_tracks and bool(
            np.array_equal(self.origin[:previous_tracks], np.arange(previous_tracks))
        )

    parsed: list[Track] = field(default_factory=list)
    """All tracks, once an artefact has asked for all of them and they are few enough to keep."""
    _inner: list[float] = field(default_factory=list)
    """Seconds spent in stages within each stage that is under way, the innermost last."""

    def tracks(self, positions: NDArray[np.int64] | None = None) -> Iterator[Track]:
        """Yield the tracks at these ascending positions of the new version, or all."""
        if positions is not None and len(positions) < self.table.num_rows:
            return self._objects(self.table.take(pa.array(positions, type=pa.int64())))
        if self.table.num_rows > MOST_PARSED:
            return from_rows(self.table)
        if not self.parsed:
            # Several artefacts of a new catalog read every track; making the objects costs as much as using them.
            self.parsed.extend(self._objects(self.table))
        return iter(self.parsed)

    def _objects(self, rows: pa.Table) -> Iterator[Track]:
        """Yield the tracks of `rows`, as they came in where all of them did."""
        ids = ids_of(rows)
        if all(track_id in self.incoming for track_id in ids):
            return (self.incoming[track_id] for track_id in ids)
        return from_rows(rows)

    @contextmanager
    def stage(self, name: str, total: int) -> Iterator[Callable[[int], None]]:
        """Time a stage over `total` items; yields what is to be called with the number of items just finished.

        The time of a stage within another counts for the inner one only.
        """
        record = self.stages.setdefault(name, Stage())
        started = time.perf_counter()
        self._inner.append(0.0)
        try:
            yield lambda done: self.progress(name, done, total)
        finally:
            took = time.perf_counter() - started
            record.items += total
            record.seconds += took - self._inner.pop()
            if self._inner:
                self._inner[-1] += took


class Derived(Protocol):
    """An artefact of a catalog version that can be built again from its tracks."""

    @property
    def name(self) -> str:
        """Name of the file or folder in the version's folder."""

    def build(self, change: Change) -> None:
        """Write `change.folder / name`, reusing `change.previous / name` where that serves.

        Where `change.previous` is given, it holds an intact artefact of this name.
        """

    def check(self, folder: Path, table: pa.Table) -> None:
        """Compare what stands in the version's `folder` with its tracks.

        The checksums of the files have been verified before; this looks at what they say.

        Raises:
            CatalogCorrupt: it is missing, or does not fit the tracks.
        """


ARTEFACTS: Final[tuple[str, ...]] = (
    "segue.tools.catalog.embedding:DenseArtefact",
    "segue.tools.search.lexical:LexicalArtefact",
    "segue.tools.search.name_index:NamesArtefact",
    "segue.tools.catalog.semantic_ids:CodesArtefact",
    "segue.tools.ranking.tower_artefact:TowerArtefact",
)
"""Import paths (`module:class`, called without arguments) of what every catalog is built with."""


def artefacts() -> tuple[Derived, ...]:
    """Return one of each artefact that a catalog is built with."""
    found = []
    for path in ARTEFACTS:
        module, name = path.split(":")
        found.append(cast(Derived, getattr(import_module(module), name)()))
    return tuple(found)
