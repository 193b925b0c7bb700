"""What a catalog knows and what it lacks: counts and shares for each field and each modality.

Reads Arrow columns; builds no tracks.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc
from pydantic import BaseModel, ConfigDict

from segue.generator.modality import Modality
from segue.tools.catalog.catalog import Catalog

_FEEDS: Final[Mapping[Modality, tuple[str, ...]]] = {
    Modality.AC: ("credits", "artists.associated"),
    Modality.BM: ("title",),
    Modality.ST: ("genres", "moods", "themes", "tags", "activities", "instruments", "vocals", "language"),
    Modality.SC: ("sound",),
    Modality.MC: ("tempo", "tempo_class", "key"),
    Modality.RI: ("released",),
    Modality.SF: ("facts",),
    Modality.AB: ("artists.about", "artists.kind", "artists.gender", "artists.origin", "artists.active_from"),
    Modality.TC: ("listened",),
}
"""The fields that feed each modality; one of them is enough. Every track bills an artist, so that AC is never quite
unknown: what counts here is what goes beyond the billing."""


class Overview(BaseModel):
    """A catalog in figures."""

    model_config = ConfigDict(frozen=True)

    folder: str
    version: str
    created: str
    tracks: int
    artists: int
    """Distinct names among the billed artists."""
    works: int
    known: dict[str, float]
    """Field -> share of tracks that have it."""
    modalities: dict[str, float]
    """Modality -> share of tracks of which something is known beyond names."""
    encoder: str
    encoder_fingerprint: str
    derived: tuple[str, ...]
    libraries: dict[str, str]
    bytes_on_disk: int
    """Size of the whole catalog folder."""
    provenance: dict[str, Any]


def overview(catalog: Catalog) -> Overview:
    """Return the figures of an open catalog."""
    table, manifest = catalog.table, catalog.manifest
    masks = {name: _mask(table[name]) for name in table.column_names}
    artists: Any = table["artists"].combine_chunks()
    people: Any = pc.list_flatten(artists)
    for name in ("about", "kind", "gender", "origin", "active_from", "associated"):
        owners = pc.list_parent_indices(artists).filter(_mask(pc.struct_field(people, name)))
        masks[f"artists.{name}"] = pc.is_in(pa.array(range(table.num_rows), pa.int64()), value_set=owners.unique())
    modalities = {}
    for modality, names in _FEEDS.items():
        known = masks[names[0]]
        for name in names[1:]:
            known = pc.or_(known, masks[name])
        modalities[modality.value] = _share(known)
    return Overview(
        folder=str(catalog.root),
        version=manifest.version,
        created=manifest.created.isoformat(timespec="seconds"),
        tracks=table.num_rows,
        artists=len(pc.struct_field(people, "name").unique()),
        works=len(table["work_id"].unique()),
        known={name: _share(mask) for name, mask in masks.items()},
        modalities=modalities,
        encoder=manifest.encoder.name,
        encoder_fingerprint=manifest.encoder.fingerprint,
        derived=manifest.derived,
        libraries=manifest.libraries,
        bytes_on_disk=size_on_disk(catalog.root),
        provenance=manifest.provenance,
    )


def size_on_disk(folder: Path) -> int:
    """Return the bytes in all files of a folder."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def _mask(column: Any) -> Any:
    """Return for each row whether the column holds something: no null, no empty list, no count of 0."""
    if isinstance(column, pa.ChunkedArray):
        column = column.combine_chunks()
    if pa.types.is_list(column.type) or pa.types.is_large_list(column.type):
        return pc.fill_null(pc.greater(pc.list_value_length(column), pa.scalar(0)), False)
    if pa.types.is_struct(column.type):
        parts = [_mask(column.field(index)) for index in range(column.type.num_fields)]
        known = parts[0]
        for part in parts[1:]:
            known = pc.or_(known, part)
        return known
    if pa.types.is_integer(column.type):
        return pc.fill_null(pc.not_equal(column, pa.scalar(0, column.type)), False)
    return column.is_valid()


def _share(mask: Any) -> float:
    return round(pc.mean(mask.cast(pa.float64())).as_py() or 0.0, 4) if len(mask) else 0.0
