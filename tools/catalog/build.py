"""Building one version of a catalog from its rows, and making it current.

Knows the steps of a build; whether one is needed, and from which rows, is decided by `update` and `repair`.
"""

import json
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from segue.generator.errors import CatalogNotWritable
from segue.generator.sentences import TextEncoder
from segue.generator.track import Track
from segue.tools.catalog.dense import FOLDER, read_encoder
from segue.tools.catalog.derived import Change, Progress, Stage, artefacts
from segue.tools.catalog.manifest import TRUTH, Manifest, record_files
from segue.tools.catalog.parquet import read_table, write_parquet
from segue.tools.catalog.versions import new_version, publish


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What a version is built with, apart from its rows."""

    encoder: TextEncoder
    provenance: dict[str, Any] = field(default_factory=dict)
    previous: Path | None = None
    """Folder of the version to build upon."""
    reusable: Collection[str] = ()
    """Names of the artefacts in `previous` that are intact."""
    incoming: Mapping[str, Track] = field(default_factory=dict)
    """See `Change.incoming`."""

    def describes(self, manifest: Manifest) -> bool:
        """Whether a version with this manifest was built just so, from whatever rows."""
        return (
            self.encoder.name == manifest.encoder.name
            and json.loads(json.dumps(self.provenance)) == manifest.provenance
            and {artefact.name for artefact in artefacts()} == set(manifest.derived)
        )


def build_version(
    root: Path, batches: Iterable[pa.RecordBatch], origin: NDArray[np.int64], plan: Plan, progress: Progress
) -> tuple[Manifest, dict[str, Stage]]:
    """Write the rows, build what is derived from them, and make the new version current. Needs the write lock.

    Args:
        root: the catalog folder.
        batches: rows of the new version (`parquet.SCHEMA`).
        origin: see `Change.origin`.
        plan: encoder, provenance, and what may be reused.
        progress: told how far each stage is.

    Raises:
        CatalogNotWritable: the disk is full, or the folder may not be written; the current version stays.
    """
    stages: dict[str, Stage] = {}
    with _writable(root), new_version(root) as version:
        write_parquet(version / TRUTH, batches)
        change = Change(
            table=read_table(version / TRUTH),
            folder=version,
            encoder=plan.encoder,
            previous=plan.previous,
            origin=origin,
            progress=progress,
            stages=stages,
            incoming=plan.incoming,
        )
        derived = artefacts()
        for artefact in derived:
            artefact.build(change if artefact.name in plan.reusable else replace(change, previous=None))
        manifest = Manifest(
            version=version.name,
            tracks=change.table.num_rows,
            encoder=read_encoder(version / FOLDER),
            files=record_files(version),
            derived=tuple(artefact.name for artefact in derived),
            provenance=plan.provenance,
        )
        manifest.write(version)
        publish(root, version)
    return manifest, stages


@contextmanager
def _writable(root: Path) -> Iterator[None]:
    """Turn what the operating system says about writing into one clear error."""
    try:
        yield
    except OSError as error:
        reason = error.strerror or str(error)
        raise CatalogNotWritable(f"cannot write the catalog {root}: {reason}; it stands as it was") from error
