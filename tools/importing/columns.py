"""Which column means what: the names that common exports use, and a person's own `--map`.

Covers Spotify's API and Exportify, iTunes and Apple Music, MusicBrainz Picard, Last.fm, beets, Rekordbox, the usual
Kaggle data sets and this project's own JSON. A column is compared by its letters and digits alone: "Track Name",
"track_name" and "trackName" are one. What means nothing here is reported, not guessed. Knows names, never values.
"""

import re
from collections.abc import Mapping
from typing import Final, NamedTuple

from segue.generator.errors import SourceError


class Column(NamedTuple):
    """Where a column's cells go."""

    target: str
    """A name that `convert.py` knows how to fill."""
    rank: int
    """Of several columns for one target, the lowest rank that holds something wins."""
    detail: str = ""
    """The role of a credit, or the unit of a number."""


_NAMES: Final[dict[str, str]] = {
    # target: names in order of preference
    "id": "id trackid songid persistentid segueid",
    "title": "title trackname tracktitle songname songtitle song name track mastermetadatatrackname",
    "artist": "artist artists artistname artistnames artistsname artistsnames trackartist trackartists performer "
    "performers band singer creator mastermetadataalbumartistname albumartistname albumartistnames albumartist "
    "albumartists",
    "featured": "featuring featured feat featuredartists",
    "album": "album albumname albumtitle trackalbumname releasename release collection collectionname",
    "version": "version trackversion",
    "work_id": "workid",
    "kind": "kind itemkind",
    "released": "released releasedate albumreleasedate trackalbumreleasedate originaldate firstreleasedate "
    "originalreleasedate date year releaseyear releasedyear originalyear",
    "released_month": "releasedmonth releasemonth",
    "released_day": "releasedday releaseday",
    "duration": "duration durations durationsec durationseconds length time trackduration tracklength seconds",
    "duration_ms": "durationms trackdurationms totaltime milliseconds lengthms trackdurationmilliseconds",
    "tempo": "tempo bpm beatsperminute averagebpm tempoclass",
    "key": "key initialkey musicalkey tonality",
    "mode": "mode audiomode scale",
    "popularity": "popularity trackpopularity",
    "language": "language lang",
    "vocals": "vocals voice vocalgender",
    "plays": "plays playcount playcounts listens scrobbles",
    "genres": "genres genre style styles fmagenre artistgenres trackgenre maingenre topgenre genretop subgenre "
    "subgenres",
    "moods": "moods mood",
    "themes": "themes theme",
    "tags": "tags tag lastfmtags toptags geniustags keywords",
    "activities": "activities",
    "instruments": "instruments instrument",
    "facts": "facts fact songfacts songfact",
    "links": "links link url href uri location path file filepath filename audiourl trackurl",
    "isrc": "isrc isrcs externalidsisrc",
    "musicbrainz": "musicbrainz mbid trackmbid recordingmbid musicbrainztrackid musicbrainzrecordingid mbtrackid "
    "musicbrainzids",
    "spotify": "spotify spotifyid spotifyids spotifytrackid spotifyuri trackuri spotifytrackuri",
    "youtube": "youtube youtubeid youtubeids videoid",
    "credits": "credits",
    "playlists": "playlists",
    "playlist_id": "playlistid",
    "playlist_name": "playlistname playlist",
    "energy": "energy",
    "timbre": "timbre",
    "analysis_problem": "analysisproblem",
    "loudness": "loudness loudnessdb",
}

_SHARES: Final = ("danceability", "valence", "arousal", "acousticness", "instrumentalness", "liveness", "speechiness")

_ROLES: Final[dict[str, str]] = {
    "composer": "composer composers", "writer": "writer writers songwriter songwriters",
    "lyricist": "lyricist lyricists",
    "producer": "producer producers", "conductor": "conductor", "arranger": "arranger arrangers",
    "remixer": "remixer remixers", "engineer": "engineer engineers", "mixer": "mixer", "orchestra": "orchestra",
}  # fmt: skip

CONTAINERS: Final = frozenset({"features", "audiofeatures", "sound", "externalids", "ids", "track"})
"""Columns that hold an object whose entries stand as columns of their own."""

BESIDE_THE_TRACK: Final[dict[str, str]] = {
    "playlistgenre": "it describes a playlist, not the track",
    "playlistsubgenre": "it describes a playlist, not the track",
    "sources": "where a row comes from says nothing about the music",
}
"""Columns that are understood and left out on purpose, with the reason."""


def column_key(name: str) -> str:
    """Return the letters and digits of a column's name, without case."""
    return re.sub(r"[\W_]+", "", name).casefold()


def _known() -> dict[str, Column]:
    table: dict[str, Column] = {}
    for target, names in _NAMES.items():
        for rank, name in enumerate(names.split()):
            table[name] = Column(target, rank)
    for name in _SHARES:
        table[name] = Column("share", 0, name)
    for role, names in _ROLES.items():
        for rank, name in enumerate(names.split()):
            table[name] = Column("credit", rank, role)
    return table


_TABLE: Final = _known()
TARGETS: Final = frozenset(_NAMES) | frozenset(_SHARES) | frozenset(_ROLES)
"""What `--map` accepts on its left side."""


class ColumnMap:
    """Finds the meaning of a column by name.

    Args:
        mapping: field -> column name, for columns whose names say too little; it outranks the names known here.

    Raises:
        SourceError: a field of `mapping` does not exist.
    """

    def __init__(self, mapping: Mapping[str, str] | None = None) -> None:
        self._own: dict[str, Column] = {}
        self.mapped = dict(mapping or {})
        for field, name in self.mapped.items():
            if field not in TARGETS:
                raise SourceError(f"no field is called {field!r}; there are {', '.join(sorted(TARGETS))}")
            known = _TABLE[column_key(field)] if field not in _NAMES else Column(field, 0)
            self._own[name] = known._replace(rank=-1)

    def find(self, name: str) -> Column | None:
        """Return where the column goes, or None where its name means nothing."""
        own = self._own.get(name)
        return own if own else _TABLE.get(column_key(name))

    def knows(self, name: str) -> bool:
        """Whether the column's name means something."""
        return self.find(name) is not None or column_key(name) in BESIDE_THE_TRACK


def parse_mapping(text: str) -> dict[str, str]:
    """Return the mapping in "title=track_name,artist=performer".

    Raises:
        SourceError: the text is not of that form.
    """
    mapping = {}
    for part in filter(None, (part.strip() for part in text.split(","))):
        field, equals, name = (piece.strip() for piece in part.partition("="))
        if not (field and equals and name):
            raise SourceError(f"--map wants field=column,..., for instance title=track_name; found {part!r}")
        mapping[field] = name
    return mapping
