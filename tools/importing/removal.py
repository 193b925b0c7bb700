"""Takes tracks out of a catalog, together with what an import has written down about them.

Knows ids and artists' names.
"""

from collections.abc import Collection
from pathlib import Path

from segue.generator.errors import TrackNotFound
from segue.generator.names import artist_key
from segue.tools.catalog.catalog import Catalog
from segue.tools.catalog.derived import Progress
from segue.tools.catalog.update import UpdateSummary, update_catalog, write_lock
from segue.tools.importing.rejections import FILE_NAME


def remove_tracks(
    folder: Path | str,
    ids: Collection[str] = (),
    *,
    artists: Collection[str] = (),
    progress: Progress | None = None,
) -> UpdateSummary:
    """Remove the tracks with these ids, and all that bill one of these artists.

    The last import's `rejected.jsonl` goes too: it may quote rows of the removed tracks.

    Raises:
        TrackNotFound: an id names no track, or an artist has none.
        CatalogNotFound: no catalog stands in `folder`.
        CatalogLocked: another process is writing the catalog.
    """
    root = Path(folder)
    with Catalog.open(root):  # a folder without a catalog must not become one
        pass
    with write_lock(root):
        with Catalog.open(root) as catalog:
            wanted = dict.fromkeys(ids)
            for name in artists:
                found = _billed(catalog, artist_key(name))
                if not found:
                    raise TrackNotFound(f"no track of this catalog bills the artist {name!r}")
                wanted.update(dict.fromkeys(found))
        summary = update_catalog(root, remove=wanted.keys(), progress=progress)
        (root / FILE_NAME).unlink(missing_ok=True)
        return summary


def _billed(catalog: Catalog, key: str) -> list[str]:
    rows = catalog.table.select(["id", "artists"]).to_pylist()
    return [row["id"] for row in rows if any(artist_key(artist["name"]) == key for artist in row["artists"])]
