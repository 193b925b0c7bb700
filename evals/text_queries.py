"""Texts with the tracks that are right for them, for text-to-music retrieval (3MToken, section 3.3).

Three kinds, all written by people who did not have this catalog before them:

- *request*: what was written with an artist in mind, without the name ("accordion polka medleys of rock hits"); right
  is every track that meets it loosely: that artist's, and those of the same genre within the artist's active years
  (`met_loosely`). Judged among all tracks of the catalog.
- *tag*: what listeners of Last.fm called a song ("mellow", "female vocalists"), good or bad as a description
  ("favorites"); *two tags*: two of them ("acoustic, sad"). Right is every track that carries them all. Judged among the
  tracks whose tags are known: of the others nobody can say.

The tracks that carry a tag, or both of two, must be `FEWEST` at least, and not more than half of all that have tags:
what most songs are called is found by chance. Knows tracks and files; no rankers.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from segue.evals.song_tags import read_song_tags
from segue.generator.names import artist_key, fold, split_title
from segue.generator.track import Track
from segue.generator.training_data.artist_requests import read_artist_requests

KINDS: Final = ("request", "tag", "two tags")
FEWEST: Final = 5
"""Tracks that must carry a tag for it to be asked for."""
MOST: Final = 0.5
"""Share of the tracks with tags that may carry it."""


@dataclass(frozen=True, eq=False)
class TextQuery:
    """One text."""

    text: str
    kind: str
    """One of `KINDS`."""
    group: str
    """Queries of one group (an artist's, or those that begin with one tag) are alike; intervals resample groups."""
    relevant: NDArray[np.bool_]
    """Whether a track is right: bool [tracks]."""
    pool: NDArray[np.bool_]
    """Whether it is known of a track if it is right; only these compete: bool [tracks]."""


def request_queries(path: Path, tracks: Sequence[Track]) -> list[TextQuery]:
    """Return the requests of the held-out artists that the catalog has. Raises SourceError for a malformed file."""
    by_artist: dict[str, list[int]] = {}
    for position, track in enumerate(tracks):
        by_artist.setdefault(artist_key(track.artists[0].name), []).append(position)
    everything = np.ones(len(tracks), dtype=bool)
    queries = []
    for row in read_artist_requests(path):
        key = artist_key(row.artist)
        if not row.held_out or key not in by_artist:
            continue
        relevant = np.zeros(len(tracks), dtype=bool)
        relevant[met_loosely(tracks, by_artist[key])] = True
        queries += [TextQuery(text, "request", key, relevant, everything) for text in row.requests]
    return queries


def met_loosely(tracks: Sequence[Track], own: Sequence[int]) -> list[int]:
    """Return the tracks that meet a request for the artist of the tracks at `own` loosely.

    Met is a request by that artist's tracks, and by those that share a genre (folded; the main artist's or the track's
    own) and whose release decade lies within the artist's active years.
    """
    artist = tracks[own[0]].artists[0]
    genres = {fold(genre) for at in own for genre in (*tracks[at].genres, *tracks[at].artists[0].genres)}
    years = [tracks[at].year for at in own]
    known = [year for year in (*years, artist.active_from) if year is not None]
    first = min(known, default=None)
    last = artist.active_to or max(known, default=None)
    met = set(own)
    if first is None or last is None:
        return sorted(met)
    for at, track in enumerate(tracks):
        theirs = {fold(genre) for genre in (*track.genres, *track.artists[0].genres)}
        if track.decade is not None and theirs & genres and first // 10 * 10 <= track.decade <= last:
            met.add(at)
    return sorted(met)


def tag_queries(folder: Path, tracks: Sequence[Track]) -> list[TextQuery]:
    """Return the tags, and the pairs of tags, of the radio songs in `folder` that the catalog has.

    Pairs come in the order of the tags' names. Raises SourceError for files that are missing or do not fit together.
    """
    songs = {_key(song.artist, song.title): song.tags for song in read_song_tags(folder)}
    carried: dict[str, NDArray[np.bool_]] = {}
    pool = np.zeros(len(tracks), dtype=bool)
    for position, track in enumerate(tracks):
        for tag in songs.get(_key(track.artists[0].name, track.title), ()):
            pool[position] = True
            carried.setdefault(tag, np.zeros(len(tracks), dtype=bool))[position] = True
    asked = {tag: found for tag, found in sorted(carried.items()) if _enough(found, pool)}
    return [*_singles(asked, pool), *_pairs(asked, pool)]


def _singles(asked: Mapping[str, NDArray[np.bool_]], pool: NDArray[np.bool_]) -> list[TextQuery]:
    return [TextQuery(tag, "tag", tag, found, pool) for tag, found in asked.items()]


def _pairs(asked: Mapping[str, NDArray[np.bool_]], pool: NDArray[np.bool_]) -> list[TextQuery]:
    both = ((one, two, asked[one] & asked[two]) for one, two in combinations(asked, 2))
    return [
        TextQuery(f"{one}, {two}", "two tags", one, found, pool) for one, two, found in both if _enough(found, pool)
    ]


def _enough(found: NDArray[np.bool_], pool: NDArray[np.bool_]) -> bool:
    return FEWEST <= int(found.sum()) <= MOST * int(pool.sum())


def _key(artist: str, title: str) -> tuple[str, str]:
    return artist_key(artist), fold(split_title(title).base)
