"""Imports the rows of a table: each becomes a new track, updates one, or is rejected with a reason.

Knows readers only as a function that yields rows, so that every format is imported alike.
"""

from collections.abc import Callable, Iterator
from typing import Final

from segue.generator.names import artist_key
from segue.tools.importing.columns import ColumnMap
from segue.tools.importing.convert import Converted, RowConverter, RowError
from segue.tools.importing.identity import identity_of, name_key
from segue.tools.importing.merge import merge_tracks
from segue.tools.importing.rejections import Rejections
from segue.tools.importing.rows import Rejection, Row, reject
from segue.tools.importing.staging import Staging
from segue.tools.importing.summary import SourceSummary

Reader = Callable[[], Iterator[Row | Rejection]]
"""Begins to read a source; called anew for each pass."""
Advance = Callable[[int], None]
"""Called with the number of rows read so far."""
_STEP: Final = 500


class TableImport:
    """One pass over a source to learn its ids and artists, then one to import its rows."""

    def __init__(
        self, read: Reader, staging: Staging, rejections: Rejections, summary: SourceSummary, columns: ColumnMap
    ) -> None:
        self._read = read
        self._staging = staging
        self._rejections = rejections
        self._summary = summary
        self._source_ids: set[str] = set()
        self._alone: set[str] = set()
        self._claimed: dict[str, str | None] = {}
        self._converter = RowConverter(columns, self._alone.__contains__)

    def run(self, advance: Advance) -> None:
        """Import every row of the source."""
        self._learn()
        summary = self._summary
        for item in self._read():
            summary.rows += 1
            if summary.rows % _STEP == 0:
                advance(summary.rows)
            try:
                if isinstance(item, Rejection):
                    raise RowError(item.reason)
                converted = self._converter.convert(item.values)
                seen = self._place(converted)
            except RowError as error:
                refused = item if isinstance(item, Rejection) else reject(item.line, str(error), item.values)
                summary.rejected += 1
                self._rejections.add(summary.source, refused)
                continue
            for complaint in converted.complaints:
                summary.cells += 1
                self._rejections.add(summary.source, reject(item.line, complaint, item.values), scope="cell")
            if seen:
                summary.merged += 1
            else:
                summary.accepted += 1
        advance(summary.rows)
        for name, count in self._converter.ignored.items():
            summary.ignored[name] = f"{count:,} cells: {self._converter.reason_ignored(name)}"

    def _learn(self) -> None:
        """Collect the ids that the source gives, and the artists that it bills alone."""
        for item in self._read():
            if isinstance(item, Row):
                own_id, billing = self._converter.glance(item.values)
                if own_id:
                    self._source_ids.add(own_id)
                if billing and "&" not in billing and "," not in billing:
                    self._alone.add(artist_key(billing))

    def _place(self, converted: Converted) -> bool:
        """Stage the track, merged with the one that it is already; return whether this source has had that one.

        Raises:
            RowError: the row's id belongs to an altogether different track.
        """
        track, index = converted.track, self._staging.index
        own = track.id if converted.own_id else None
        target = track.id if track.id in index else self._find(converted)
        if target is None:
            self._claimed[track.id] = own
            self._staging.put(track)
            return False
        old = self._staging.get(target)
        if target == track.id and own and _strangers(index.names[target], converted):
            raise RowError(f"its id {own!r} already belongs to {old.title!r} by {old.artist}")
        seen = target in self._claimed
        self._claimed.setdefault(target, own)
        merged = merge_tracks(old, track)
        if merged != old:
            self._staging.put(merged)
        return seen

    def _find(self, converted: Converted) -> str | None:
        """Return the track that the row describes under another id.

        A source that gives two rows different ids means two tracks, however much they look alike.
        """
        own = converted.track.id if converted.own_id else None
        for candidate in self._staging.index.candidates(identity_of(converted.track)):
            taken = candidate in self._source_ids or self._claimed.get(candidate) not in (None, own)
            if not (own and taken):
                return candidate
        return None


def _strangers(known: tuple[str, str], converted: Converted) -> bool:
    title, artist = name_key(converted.track.title, converted.track.artists[0].name)
    return title != known[0] and artist != known[1]
