"""Writing a catalog: a whole new version is built beside the current one, then swapped in.

Knows the order of the steps; how rows merge, how artefacts are built and how versions swap is told in `merge`,
`derived` and `versions`.
"""

import time
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from segue.generator.errors import CatalogNotWritable
from segue.generator.sentences import SentenceEncoder, TextEncoder
from segue.generator.track import Track
from segue.tools.catalog.catalog import Catalog
from segue.tools.catalog.dense import FOLDER, read_encoder
from segue.tools.catalog.derived import Change, Progress, Stage, artefacts, no_progress
from segue.tools.catalog.locks import write_lock
from segue.tools.catalog.manifest import TRUTH, Manifest, record_files
from segue.tools.catalog.merge import merge
from segue.tools.catalog.parquet import SCHEMA, read_table, write_parquet
from segue.tools.catalog.versions import CURRENT, new_version, publish, sweep

__all__ = ["UpdateSummary", "update_catalog", "write_lock"]


@dataclass(frozen=True, kw_only=True)
class UpdateSummary:
    """What an update did."""

    version: str
    """Name of the version that is current now."""
    tracks: int
    """Tracks in the catalog now."""
    added: int
    changed: int
    unchanged: int
    """Incoming tracks that the catalog already held just so."""
    removed: int
    seconds: float
    """From the lock to the swap."""
    stages: Mapping[str, Stage] = field(default_factory=dict)
    """Items and seconds of the costly stages within that: `embedding` (texts), `indexing` (vectors) ..."""

    @property
    def seconds_apart(self) -> float:
        """Seconds apart from embedding and indexing."""
        return self.seconds - sum(stage.seconds for stage in self.stages.values())


def update_catalog(
    folder: Path | str,
    upsert: Iterable[Track] = (),
    remove: Collection[str] = (),
    *,
    encoder: TextEncoder | None = None,
    progress: Progress | None = None,
    provenance: Mapping[str, Any] | None = None,
) -> UpdateSummary:
    """Add, change and remove tracks in one step that either happens as a whole or not at all.

    Creates the catalog where there is none. Where nothing changes, nothing is written.

    Args:
        folder: the catalog folder.
        upsert: tracks to add, or to put in the place of those with the same id; the later of two counts.
        remove: ids of tracks that go, with every byte of them once no reader holds the old version.
        encoder: encoder of the dense index; by default the one that the catalog has, or the bundled one.
        progress: told how far each stage is.
        provenance: stored in the manifest; by default what the catalog has.

    Raises:
        CatalogLocked: another process or thread is writing.
        CatalogNotWritable: the disk is full, or the folder may not be written.
        CatalogCorrupt: the current version is damaged.
        TrackNotFound: an id in `remove` names no track.
        ValueError: an id is both incoming and to be removed.
    """
    root = Path(folder)
    progress = progress or no_progress
    with write_lock(root), writable(root):
        started = time.perf_counter()
        sweep(root)
        with _current(root) as current:
            old = current.table if current else SCHEMA.empty_table()
            positions = current.positions if current else {}
            before = current.manifest if current else None
            changes = merge(old, positions, upsert, remove, lambda done: progress("reading", done, None))
            provenance = dict(provenance if provenance is not None else before.provenance if before else {})
            encoder = encoder or (SentenceEncoder(before.encoder.name) if before else SentenceEncoder())
            stages: dict[str, Stage] = {}
            if before is None or not (
                changes.is_empty
                and provenance == before.provenance
                and encoder.name == before.encoder.name
                and {artefact.name for artefact in artefacts()} == set(before.derived)
            ):
                with new_version(root) as version:
                    write_parquet(version / TRUTH, changes.batches())
                    build = Change(
                        table=read_table(version / TRUTH),
                        folder=version,
                        encoder=encoder,
                        previous=current.folder if current else None,
                        origin=changes.origin,
                        progress=progress,
                        stages=stages,
                    )
                    before = finish(root, build, before, provenance)
        sweep(root)
        return UpdateSummary(
            version=before.version,
            tracks=before.tracks,
            added=len(changes.appended),
            changed=len(changes.replaced),
            unchanged=changes.unchanged,
            removed=len(changes.removed),
            seconds=time.perf_counter() - started,
            stages=stages,
        )


def finish(root: Path, build: Change, before: Manifest | None, provenance: dict[str, Any]) -> Manifest:
    """Build what is derived, write the manifest, and make the version current."""
    derived = artefacts()
    for artefact in derived:
        reusable = before is not None and artefact.name in before.derived
        artefact.build(build if reusable else replace(build, previous=None))
    manifest = Manifest(
        version=build.folder.name,
        tracks=build.table.num_rows,
        encoder=read_encoder(build.folder / FOLDER),
        files=record_files(build.folder),
        derived=tuple(artefact.name for artefact in derived),
        provenance=provenance,
    )
    manifest.write(build.folder)
    publish(root, build.folder)
    return manifest


@contextmanager
def _current(root: Path) -> Iterator[Catalog | None]:
    """Open the current version, if any; it is let go before the sweep that deletes it."""
    if not (root / CURRENT).exists():
        yield None
        return
    with Catalog.open(root) as catalog:
        yield catalog


@contextmanager
def writable(root: Path) -> Iterator[None]:
    """Turn what the operating system says about writing into one clear error."""
    try:
        yield
    except OSError as error:
        reason = error.strerror or str(error)
        raise CatalogNotWritable(f"cannot write the catalog {root}: {reason}; it stands as it was") from error
