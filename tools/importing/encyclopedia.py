"""What is commonly known of well-known artists, for catalogs that know little more than their names.

Many catalogs hold a title and an artist and nothing else; neither words of a genre nor those of a mood find anything in
them. The encyclopedia that ships here (4,270 artists, written for this project) fills in what a catalog does not say of
an artist: kind, gender, origin, active years, genres, moods, companions, a sentence. It never overrules a catalog, and
says nothing of single tracks: an artist's genre does not pass a filter on the genre of a track.

Artists are found by their folded name, so that a namesake gets facts that are not his; `ImportOptions.artist_facts`
turns the encyclopedia off. Knows artists, not catalogs.
"""

import gzip
import json
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any, Final, Self

from segue.generator.names import artist_key
from segue.generator.track import Artist, Track

SHIPPED: Final = Path(__file__).with_name("encyclopedia.jsonl.gz")
FIELDS: Final = ("kind", "gender", "origin", "active_from", "active_to", "genres", "moods", "associated", "about")
"""What it may know of an artist."""


class Encyclopedia:
    """Artists by folded name."""

    def __init__(self, artists: Iterable[Artist]) -> None:
        self._artists: Mapping[str, Artist] = {artist_key(artist.name): artist for artist in artists}
        self.filled = 0
        """Tracks that got something so far."""

    @classmethod
    def shipped(cls) -> Self:
        """Return the encyclopedia that comes with the package."""
        return cls(_shipped())

    def __len__(self) -> int:
        return len(self._artists)

    def fill(self, tracks: Iterable[Track]) -> Iterator[Track]:
        """Yield the tracks, with what is known of their artists filled in where they say nothing."""
        for track in tracks:
            artists = tuple(self._fill(artist) for artist in track.artists)
            if artists != track.artists:
                self.filled += 1
                track = track.model_copy(update={"artists": artists})
            yield track

    def _fill(self, artist: Artist) -> Artist:
        known = self._artists.get(artist_key(artist.name))
        if known is None:
            return artist
        missing: dict[str, Any] = {
            field: value
            for field in FIELDS
            if not _said(getattr(artist, field)) and _said(value := getattr(known, field))
        }
        # An end without the beginning it belongs to, or the other way round, would mix two sources in one statement.
        if artist.active_from is not None or artist.active_to is not None:
            missing.pop("active_from", None)
            missing.pop("active_to", None)
        return artist.model_copy(update=missing) if missing else artist


def _said(value: object) -> bool:
    return value is not None and value != ()


@cache
def _shipped() -> tuple[Artist, ...]:
    lines = gzip.decompress(SHIPPED.read_bytes()).decode().splitlines()
    return tuple(Artist.model_validate(json.loads(line)) for line in lines)
