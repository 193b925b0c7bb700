"""Which track is it? Ids for new tracks, and the search for the track that an incoming one already is.

Two rows are one track if they share the id, an ISRC, a MusicBrainz or a Spotify id, or failing that title, main artist
and version, with albums and durations that do not contradict each other. Knows tracks, not where they are stored.
"""

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import Final, NamedTuple

from segue.generator.names import artist_key, fold, split_title
from segue.generator.track import Track

SAME_DURATION: Final = 5.0
"""Seconds by which two measurements of one recording may differ."""
_BUCKET: Final = 10.0


def make_id(track: Track) -> str:
    """Return the id of a track whose source gives none: from its identifiers, else from its names and duration.

    The same row always gets the same id, whatever else is in the library.
    """
    for scheme, values in (
        ("isrc", track.ids.isrc),
        ("mbid", track.ids.musicbrainz),
        ("spotify", track.ids.spotify),
    ):
        if values:
            return f"{scheme}-{values[0]}"
    bucket = "" if track.duration is None else str(round(track.duration / _BUCKET))
    artists = "\x1e".join(artist_key(artist.name) for artist in track.artists)
    names = (fold(track.title), artists, fold(track.album or ""), track.version or "", bucket)
    return "t-" + hashlib.sha256("\x1f".join(names).encode()).hexdigest()[:16]


class Named(NamedTuple):
    """One track under a name."""

    id: str
    version: str | None
    album: str | None
    """Folded."""
    duration: float | None


class Identity(NamedTuple):
    """What a track is recognised by."""

    id: str
    title: str
    artist: str
    album: str | None
    version: str | None
    duration: float | None
    external: tuple[str, ...]
    """"isrc:...", "musicbrainz:...", "spotify:..."."""
    links: tuple[str, ...]


def external_keys(isrc: Iterable[str], musicbrainz: Iterable[str], spotify: Iterable[str]) -> tuple[str, ...]:
    """Return the join keys that name one recording."""
    return (
        *(f"isrc:{value}" for value in isrc),
        *(f"musicbrainz:{value}" for value in musicbrainz),
        *(f"spotify:{value}" for value in spotify),
    )


def identity_of(track: Track) -> Identity:
    """Return what `track` is recognised by."""
    ids = track.ids
    return Identity(
        track.id,
        track.title,
        track.artists[0].name,
        track.album,
        track.version,
        track.duration,
        external_keys(ids.isrc, ids.musicbrainz, ids.spotify),
        track.links,
    )


def name_key(title: str, artist: str) -> tuple[str, str]:
    """Return the folded title of the work and the artist's key: what all versions of it share."""
    return fold(split_title(title).base), artist_key(artist)


class IdentityIndex:
    """Finds tracks by what they are recognised by. Knows the ids of tracks only, not the tracks."""

    def __init__(self, identities: Iterable[Identity] = ()) -> None:
        self.names: dict[str, tuple[str, str]] = {}
        """id -> name key of every track in the index."""
        self._external: dict[str, str] = {}
        self._links: dict[str, str] = {}
        self._named: defaultdict[tuple[str, str], list[Named]] = defaultdict(list)
        self._alone: set[str] = set()
        for identity in identities:
            self.add(identity)

    def __contains__(self, track_id: str) -> bool:
        return track_id in self.names

    def add(self, identity: Identity) -> None:
        """Add a track, or what has become known of it since."""
        key = name_key(identity.title, identity.artist)
        self._alone.add(key[1])
        album = fold(identity.album) if identity.album else None
        named = Named(identity.id, identity.version, album, identity.duration)
        if identity.id not in self.names or named not in self._named[key]:
            self._named[key].append(named)
        self.names[identity.id] = key
        for external in identity.external:
            self._external.setdefault(external, identity.id)
        for link in identity.links:
            self._links.setdefault(link, identity.id)

    def knows_artist(self, key: str) -> bool:
        """Whether the artist (as `artist_key`) is the main artist of some track."""
        return key in self._alone

    def candidates(self, identity: Identity) -> Iterator[str]:
        """Yield the ids of the tracks that `identity` may be, the surest first; its own id is not looked at."""
        for external in identity.external:
            if external in self._external:
                yield self._external[external]
        album = fold(identity.album) if identity.album else None
        wanted = Named(identity.id, identity.version, album, identity.duration)
        for named in self._named.get(name_key(identity.title, identity.artist), ()):
            if _compatible(named, wanted):
                yield named.id

    def resolve(
        self,
        title: str,
        artist: str,
        *,
        external: Sequence[str] = (),
        path: str | None = None,
        album: str | None = None,
        duration: float | None = None,
    ) -> str | None:
        """Return the track that an entry of a playlist or of a listening history means, or None.

        Identifiers decide, then the path, then the names: the same version on the same album of the same length where
        there is a choice, else the plain recording of the work, else its first version.
        """
        for key in external:
            if key in self._external:
                return self._external[key]
        if path is not None and path in self._links:
            return self._links[path]
        if not title or not artist:
            return None
        named = self._named.get(name_key(title, artist))
        if not named:
            return None
        wanted = Named("", split_title(title).version, fold(album) if album else None, duration)
        return max(named, key=lambda entry: _likeness(entry, wanted)).id


def _close(one: float | None, other: float | None) -> bool:
    return one is None or other is None or abs(one - other) <= SAME_DURATION


def _compatible(one: Named, other: Named) -> bool:
    same_album = one.album is None or other.album is None or one.album == other.album
    return one.version == other.version and same_album and _close(one.duration, other.duration)


def _likeness(entry: Named, wanted: Named) -> tuple[bool, bool, bool, bool]:
    """Compare so that the best wins and the first of equals stays first, for `max` keeps the earliest."""
    return (
        entry.version == wanted.version,
        entry.version is None,
        wanted.album is not None and entry.album == wanted.album,
        wanted.duration is not None and entry.duration is not None and _close(entry.duration, wanted.duration),
    )
