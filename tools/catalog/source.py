"""The tracks of what a person points at: a catalog folder, its tracks alone, or a library that could be imported."""

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from segue.generator.track import Track
from segue.tools.catalog.catalog import Catalog
from segue.tools.catalog.derived import Progress
from segue.tools.catalog.parquet import SCHEMA, WITHOUT_KIND, from_rows, read_table
from segue.tools.catalog.versions import CURRENT


def tracks_of(source: Path, *, progress: Progress | None = None) -> list[Track]:
    """Return the tracks of a catalog folder, of a catalog's `tracks.parquet` or of a library, in order.

    Raises:
        SourceError: it is none of these.
        CatalogCorrupt: the catalog is damaged.
    """
    from segue.tools.importing.library import read_tracks

    if (source / CURRENT).exists():
        with Catalog.open(source) as catalog:
            return list(catalog)
    if source.is_file() and source.suffix == ".parquet" and _is_truth(source):
        return list(from_rows(read_table(source)))
    return read_tracks(source, progress=progress)[0]


def _is_truth(file: Path) -> bool:
    try:
        return pq.read_schema(file).names in (SCHEMA.names, WITHOUT_KIND.names)
    except (OSError, pa.ArrowInvalid):
        return False
