"""The tracks of an import on their way into the catalog: what stands there already, what is new, what changed.

Knows where a track is stored and what it is recognised by; not what a row or an entry is.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc

from segue.generator.track import Track
from segue.tools.importing.identity import Identity, IdentityIndex, external_keys, identity_of

if TYPE_CHECKING:
    from segue.tools.catalog.catalog import Catalog


class Staging:
    """Reads through to the catalog and collects the tracks to be written."""

    def __init__(self, catalog: "Catalog | None") -> None:
        self._catalog = catalog
        self._staged: dict[str, Track] = {}
        self.index = IdentityIndex(_identities(catalog.table) if catalog else ())

    def get(self, track_id: str) -> Track:
        """Return a track as the import has it so far."""
        staged = self._staged.get(track_id)
        if staged is not None:
            return staged
        if self._catalog is None:
            raise KeyError(track_id)
        return self._catalog.track(track_id)

    def put(self, track: Track) -> None:
        """Stage a track and make it findable by all that is known of it."""
        self._staged[track.id] = track
        self.index.add(identity_of(track))

    def drain(self) -> Iterator[Track]:
        """Yield the tracks to write, in the order in which they first came, and let each go."""
        # Popping the first key of a dictionary again and again walks over the gaps of all those before it.
        for track_id in tuple(self._staged):
            yield self._staged.pop(track_id)

    def members(self, playlist: str) -> set[str]:
        """Return the ids of all tracks that are in a playlist or session, by its id."""
        found = {track.id for track in self._staged.values() if any(entry.id == playlist for entry in track.listened)}
        if self._catalog is not None and len(self._catalog):
            column: Any = self._catalog.table["listened"].combine_chunks()
            lists = column if isinstance(column, pa.Array) else pa.concat_arrays(column.chunks)
            identifiers: Any = pc.struct_field(pc.list_flatten(lists), "id")
            rows: list[Any] = (
                pc.list_parent_indices(lists).filter(pc.equal(identifiers, pa.scalar(playlist))).unique().to_pylist()
            )
            ids = self._catalog.ids
            found |= {ids[row] for row in rows} - self._staged.keys()
        return found


def _identities(table: pa.Table) -> Iterator[Identity]:
    """Yield what every row of the catalog's table is recognised by, without building the tracks."""
    columns = ["id", "title", "album", "version", "duration", "ids", "links"]
    for batch in table.select([*columns, "artists"]).to_batches(max_chunksize=4_096):
        first: Any = pc.struct_field(pc.list_element(batch["artists"], 0), "name")
        for row, artist in zip(batch.select(columns).to_pylist(), first.to_pylist(), strict=True):
            ids = row["ids"]
            yield Identity(
                row["id"], row["title"], artist, row["album"], row["version"], row["duration"],
                external_keys(ids["isrc"], ids["musicbrainz"], ids["spotify"]), tuple(row["links"]),
            )  # fmt: skip
