"""Writing a catalog: a whole new version is built beside the current one, then swapped in.

Knows the order of the steps; how rows merge, how a version is built and how versions swap is told in `merge`, `build`
and `versions`.
"""

import time
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from segue.generator.sentences import SentenceEncoder, TextEncoder, encoder_named
from segue.generator.track import Track
from segue.tools.catalog.build import Plan, build_version
from segue.tools.catalog.catalog import Catalog
from segue.tools.catalog.derived import EMBEDDING, EMBEDDING_FOR_IDS, EMBEDDING_FOR_TOWER, Progress, Stage, no_progress
from segue.tools.catalog.garbage import collector_paused
from segue.tools.catalog.locks import write_lock
from segue.tools.catalog.merge import merge
from segue.tools.catalog.parquet import SCHEMA
from segue.tools.catalog.versions import CURRENT, adopt, sweep

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
    def embedding_seconds(self) -> float:
        """Seconds that the text encoder took, for descriptions, semantic IDs and the two-tower retriever."""
        return sum(
            self.stages[name].seconds
            for name in (EMBEDDING, EMBEDDING_FOR_IDS, EMBEDDING_FOR_TOWER)
            if name in self.stages
        )


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
    with write_lock(root), collector_paused():
        started = time.perf_counter()
        sweep(root)
        if not (root / CURRENT).exists():
            adopt(root)
        with _current(root) as current:
            changes = merge(
                current.table if current else SCHEMA.empty_table(),
                current.positions if current else {},
                upsert,
                remove,
                lambda done: progress("reading", done, None),
            )
            plan = replace(_plan(current, encoder, provenance), incoming=changes.tracks)
            stages: dict[str, Stage] = {}
            if current and changes.is_empty and plan.describes(current.manifest):
                manifest = current.manifest
            else:
                manifest, stages = build_version(root, changes.batches(), changes.origin, plan, progress)
        sweep(root)
        return UpdateSummary(
            version=manifest.version,
            tracks=manifest.tracks,
            added=len(changes.appended),
            changed=len(changes.replaced),
            unchanged=changes.unchanged,
            removed=len(changes.removed),
            seconds=time.perf_counter() - started,
            stages=stages,
        )


def _plan(current: Catalog | None, encoder: TextEncoder | None, provenance: Mapping[str, Any] | None) -> Plan:
    """Say what the next version is built with; refuse to build upon damaged artefacts."""
    if current is None:
        return Plan(encoder=encoder or SentenceEncoder(), provenance=dict(provenance or {}))
    manifest = current.manifest
    for name in manifest.derived:
        manifest.check_artefact(current.folder, name)
    return Plan(
        encoder=encoder or encoder_named(manifest.encoder.name),
        provenance=dict(manifest.provenance if provenance is None else provenance),
        previous=current.folder,
        reusable=manifest.derived,
    )


@contextmanager
def _current(root: Path) -> Iterator[Catalog | None]:
    """Open the current version, if any; it is let go before the sweep that deletes it."""
    if not (root / CURRENT).exists():
        yield None
        return
    with Catalog.open(root) as catalog:
        yield catalog
