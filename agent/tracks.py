"""Tracks by id, the newest kept: making a track of a catalog's row takes longer than all that a turn does with it."""

from collections import OrderedDict
from collections.abc import Iterable
from threading import Lock
from typing import Final

from segue.generator.track import Track
from segue.tools.catalog.catalog import Catalog

KEPT: Final = 4_096
"""Tracks that are kept."""


class Tracks:
    """Looks tracks up. Safe to share between threads."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog
        self._kept: OrderedDict[str, Track] = OrderedDict()
        self._lock = Lock()

    def __call__(self, track_id: str) -> Track:
        """Return a track (TrackNotFound where the catalog does not have it)."""
        track = self._kept.get(track_id)
        if track is None:
            track = self._catalog.track(track_id)
            self.keep([track])
        return track

    def keep(self, tracks: Iterable[Track]) -> None:
        """Keep tracks that somebody has made already."""
        with self._lock:
            for track in tracks:
                self._kept[track.id] = track
                self._kept.move_to_end(track.id)
            while len(self._kept) > KEPT:
                self._kept.popitem(last=False)
