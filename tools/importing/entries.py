"""One entry of a playlist or of a listening history: which track is meant, as well as the source can say.

Knows nothing of the catalog; `consumption.py` finds the track.
"""

import hashlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from segue.generator.track import Track
from segue.tools.importing.cells import CellError
from segue.tools.importing.identity import external_keys, make_id
from segue.tools.importing.rows import Rejection


@dataclass(frozen=True, slots=True)
class Entry:
    """A track as a playlist or a listening history names it."""

    line: int
    title: str = ""
    artist: str = ""
    album: str | None = None
    duration: float | None = None
    """Seconds."""
    track_id: str | None = None
    """The id within the catalog, where the source knows it."""
    isrc: tuple[str, ...] = ()
    musicbrainz: tuple[str, ...] = ()
    spotify: tuple[str, ...] = ()
    path: str | None = None
    """Where the source says the file is: compared with the links of tracks, never opened."""
    listened_at: int | None = None
    """Seconds since 1970, in UTC."""

    @property
    def external(self) -> tuple[str, ...]:
        """The join keys of `identity.py`."""
        return external_keys(self.isrc, self.musicbrainz, self.spotify)

    def to_track(self) -> Track:
        """Return a track that holds what the entry says.

        Raises:
            ValueError: the entry says too little or nonsense (`pydantic.ValidationError` is a ValueError).
        """
        values: dict[str, Any] = {
            "id": "?",
            "title": self.title,
            "artists": [self.artist],
            "album": self.album,
            "duration": self.duration,
            "ids": {"isrc": self.isrc, "musicbrainz": self.musicbrainz, "spotify": self.spotify},
            "links": [self.path] if self.path else [],
        }
        track = Track.model_validate(values)
        return track.model_copy(update={"id": self.track_id or make_id(track)})

    def __str__(self) -> str:
        return f"{self.artist} - {self.title}" if self.title else self.path or self.track_id or ", ".join(self.external)


@dataclass(slots=True)
class Playlist:
    """One playlist with its entries in order."""

    id: str
    name: str | None
    entries: list[Entry | Rejection] = field(default_factory=list)


def optional_id(read: Any, value: Any) -> tuple[str, ...]:
    """Return what `read` makes of an identifier, or nothing where it is absent or malformed.

    A malformed identifier in a playlist or history is no reason to reject an entry that has a name as well.
    """
    if not isinstance(value, str) or not value:
        return ()
    try:
        found = read(value)
    except CellError:
        return ()
    return (found,) if found else ()


def playlist_id(path: Path) -> str:
    """Return an id for a playlist that has none: the same for the same file, however its entries change."""
    return "playlist-" + hashlib.sha256(str(path.resolve()).encode("utf-8", "surrogateescape")).hexdigest()[:12]
