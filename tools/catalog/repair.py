"""Repairing a catalog: what is derived is verified against the truth and made anew where it fails.

Refuses where the truth itself is damaged: a catalog with lost tracks must be imported again, not patched up.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa

from segue.generator.errors import CatalogCorrupt, CatalogNotFound
from segue.generator.sentences import BUNDLED, TextEncoder, encoder_named
from segue.tools.catalog.build import Plan, build_version
from segue.tools.catalog.derived import Derived, Progress, artefacts, no_progress
from segue.tools.catalog.locks import write_lock
from segue.tools.catalog.manifest import TRUTH, Manifest
from segue.tools.catalog.parquet import from_rows, read_table
from segue.tools.catalog.versions import CURRENT, adopt, current_version, sweep


@dataclass(frozen=True, kw_only=True)
class RepairReport:
    """What a repair found and did."""

    version: str
    """Name of the version that is current now."""
    tracks: int
    problems: tuple[str, ...]
    """What was wrong, one sentence each; empty where the catalog was sound."""
    rebuilt: tuple[str, ...]
    """Names of the artefacts that were made anew from the tracks."""


def repair(
    folder: Path | str,
    *,
    everything: bool = False,
    encoder: TextEncoder | None = None,
    progress: Progress | None = None,
) -> RepairReport:
    """Verify every file of a catalog, and make anew what is derived from its tracks and damaged or missing.

    Args:
        folder: the catalog folder.
        everything: make all of it anew, sound or not.
        encoder: encoder of the dense index; by default the one that the catalog has.
        progress: told how far each stage is.

    Raises:
        CatalogNotFound: no catalog stands in `folder`.
        CatalogCorrupt: the tracks themselves are damaged; names the file.
        CatalogLocked: another process or thread is writing.
        CatalogNotWritable: the disk is full, or the folder may not be written.
    """
    root = Path(folder)
    if not root.is_dir():
        raise CatalogNotFound(f"no catalog in {root}")
    with write_lock(root):
        problems: list[str] = []
        version = _find_current(root, problems)
        manifest = _read_manifest(version, problems)
        table = _read_truth(version, manifest)
        derived = artefacts()
        intact = _intact(derived, version, manifest, table, problems)
        broken = [artefact.name for artefact in derived if everything or artefact.name not in intact]
        if manifest is None or broken:
            manifest, _ = build_version(
                root,
                table.to_batches(),
                np.arange(table.num_rows),
                Plan(
                    encoder=encoder or encoder_named(manifest.encoder.name if manifest else BUNDLED),
                    provenance=manifest.provenance if manifest else {},
                    previous=version,
                    reusable=[] if everything else intact,
                ),
                progress or no_progress,
            )
        sweep(root)
        return RepairReport(
            version=manifest.version, tracks=manifest.tracks, problems=tuple(problems), rebuilt=tuple(broken)
        )


def _find_current(root: Path, problems: list[str]) -> Path:
    """Return the current version; where CURRENT is lost or damaged, make the newest whole version current."""
    try:
        version = current_version(root)
        if version.is_dir():
            return version
        problems.append(f"{root / CURRENT} named {version.name}, which does not exist")
    except CatalogCorrupt as error:
        problems.append(str(error))
    except CatalogNotFound:
        problems.append(f"{root / CURRENT} was missing")
    if not adopt(root):
        raise CatalogNotFound(f"no catalog in {root}, and no version to make one from")
    return current_version(root)


def _read_manifest(version: Path, problems: list[str]) -> Manifest | None:
    try:
        return Manifest.read(version)
    except CatalogCorrupt as error:
        problems.append(str(error))
        return None


def _read_truth(version: Path, manifest: Manifest | None) -> pa.Table:
    """Return the tracks, verified by the manifest, or without one by Parquet's page checksums and track by track."""
    path = version / TRUTH
    if manifest is not None:
        manifest.check_file(version, TRUTH)
    try:
        table = read_table(path, verify=True)
        for _ in from_rows(table):
            pass
    except (ValueError, OSError) as error:
        raise CatalogCorrupt(f"{path} is damaged, and nothing else holds the tracks: {error}") from error
    return table


def _intact(
    derived: Iterable[Derived], version: Path, manifest: Manifest | None, table: pa.Table, problems: list[str]
) -> list[str]:
    """Return the names of the artefacts that pass every check."""
    names: list[str] = []
    if manifest is None:
        return names
    for artefact in derived:
        try:
            manifest.check_artefact(version, artefact.name)
            artefact.check(version, table)
        except CatalogCorrupt as error:
            problems.append(str(error))
        else:
            names.append(artefact.name)
    return names
