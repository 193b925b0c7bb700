"""Merging incoming tracks into the rows of a catalog: what is new, what changed, what goes.

A stream over the old rows: only the incoming tracks are held, as Arrow batches. Existing tracks keep their order, a
changed one keeps its place, new ones follow. Knows rows only; which track *means* which is for importers to decide.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby, islice
from typing import Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from segue.generator.errors import TrackNotFound
from segue.generator.track import Track
from segue.tools.catalog.derived import MOST_PARSED
from segue.tools.catalog.parquet import ROW_GROUP, to_batch

_CHUNK: Final = 4_096

Place = tuple[int, int]
"""Where an incoming row is: number of the batch, row in it."""


@dataclass
class Merge:
    """What an update makes of a table."""

    old: pa.Table
    incoming: list[pa.RecordBatch] = field(default_factory=list)
    replaced: dict[int, Place] = field(default_factory=dict)
    """Old position -> its new row."""
    appended: dict[str, Place] = field(default_factory=dict)
    """Id of a new track -> its row, in ascending order of places."""
    removed: frozenset[int] = frozenset()
    """Old positions that go."""
    tracks: dict[str, Track] = field(default_factory=dict)
    """New and changed tracks by id, for who needs them as objects; empty where they are too many to keep."""
    unchanged: int = 0
    """Incoming tracks that the catalog already holds just so."""

    @property
    def is_empty(self) -> bool:
        """Whether the table stays as it is."""
        return not (self.replaced or self.appended or self.removed)

    @property
    def origin(self) -> NDArray[np.int64]:
        """For each new row the old position of the identical row, or -1."""
        kept = np.arange(self.old.num_rows, dtype=np.int64)
        kept[list(self.replaced)] = -1
        kept = np.delete(kept, sorted(self.removed))
        return np.concatenate([kept, np.full(len(self.appended), -1, dtype=np.int64)])

    def batches(self) -> Iterator[pa.RecordBatch]:
        """Yield the rows of the new table."""
        start = 0
        for batch in self.old.to_batches(max_chunksize=ROW_GROUP):
            span = range(start, start + batch.num_rows)
            start = span.stop
            changed = sorted((p for p in span if p in self.replaced), key=self.replaced.__getitem__)
            if not changed and self.removed.isdisjoint(span):
                yield batch
                continue
            rows = {p: p - span.start for p in span if p not in self.removed}
            rows.update((p, batch.num_rows + i) for i, p in enumerate(changed))
            pool = pa.concat_batches([batch, *self._gather([self.replaced[p] for p in changed])])  # type: ignore[attr-defined]
            yield pool.take(pa.array([rows[p] for p in span if p in rows], type=pa.int64()))
        yield from self._gather(list(self.appended.values()))

    def _gather(self, places: Sequence[Place]) -> Iterator[pa.RecordBatch]:
        """Yield the incoming rows at `places`, which ascend."""
        for number, group in groupby(places, key=lambda place: place[0]):
            yield self.incoming[number].take(pa.array([row for _, row in group], type=pa.int64()))


def merge(
    old: pa.Table,
    positions: Mapping[str, int],
    upsert: Iterable[Track],
    remove: Collection[str],
    advance: Callable[[int], None],
) -> Merge:
    """Compare incoming tracks with the rows of `old`; where an id comes twice, the later track counts.

    Args:
        old: the rows of the catalog.
        positions: id -> position in `old`.
        upsert: tracks to add, or to put in the place of those with the same id.
        remove: ids of tracks that go.
        advance: called with the number of tracks just taken in.

    Raises:
        TrackNotFound: an id in `remove` names no track of `old`.
        ValueError: an id is both incoming and to be removed.
    """
    unknown = [track_id for track_id in remove if track_id not in positions]
    if unknown:
        raise TrackNotFound(f"no track of this catalog has the id {', '.join(map(repr, unknown[:5]))}")
    result = Merge(old, removed=frozenset(positions[track_id] for track_id in remove))
    same: set[int] = set()
    tracks = iter(upsert)
    while part := list(islice(tracks, _CHUNK)):
        batch = to_batch(part)
        number = len(result.incoming)
        result.incoming.append(batch)
        found = {row: positions[track.id] for row, track in enumerate(part) if track.id in positions}
        before = old.take(pa.array(found.values(), type=pa.int64())).to_pylist()
        after = batch.take(pa.array(found.keys(), type=pa.int64())).to_pylist()
        equal = {row for row, old_row, new_row in zip(found, before, after, strict=True) if old_row == new_row}
        keep = number * _CHUNK + len(part) <= MOST_PARSED
        if not keep:
            result.tracks.clear()
        for row, track in enumerate(part):
            position = found.get(row)
            if position is None:
                result.appended.pop(track.id, None)  # keeps the places ascending
                result.appended[track.id] = (number, row)
            elif position in result.removed:
                raise ValueError(f"the track {track.id!r} is both incoming and to be removed")
            elif row in equal:
                result.replaced.pop(position, None)
                result.tracks.pop(track.id, None)
                same.add(position)
                continue
            else:
                result.replaced[position] = (number, row)
                same.discard(position)
            if keep:
                result.tracks[track.id] = track
        advance(len(part))
    result.unchanged = len(same)
    return result
