"""Songs and what listeners called them, in the format of Cornell's LME data.

Three files in a folder: `radio_song_hash.txt.gz` (number, title, artist), `radio_tags.txt.gz` (numbers of tags, a song
a line, "#" for none) and `radio_tag_hash.txt.gz` (number, tag). Knows files.
"""

import re
from pathlib import Path
from typing import Final, NamedTuple

from segue.generator.errors import SourceError
from segue.generator.json_lines import read_lines

_GUESTS: Final = re.compile(r"\s*\(w\\?/.*$")
"""What a title says of guests: "Gucci Time (w\\/ Swizz Beatz)", as the files have it."""


class SongTags(NamedTuple):
    """A song with what listeners called it."""

    title: str
    """Without guests."""
    artist: str
    tags: tuple[str, ...]


def read_song_tags(folder: Path) -> list[SongTags]:
    """Return the songs in `folder` that have tags. Raises SourceError for files missing or that do not fit together."""
    rows = songs_of(folder)
    names, tags = tags_of(folder, len(rows))
    return [
        SongTags(_GUESTS.sub("", title), _GUESTS.sub("", artist), tuple(names[tag] for tag in own))
        for (title, artist), own in zip(rows, tags, strict=True)
        if own
    ]


def songs_of(folder: Path) -> list[tuple[str, str]]:
    """Return title and artist of each song."""
    path = folder / "radio_song_hash.txt.gz"
    rows = [line.split("\t") for _, line in read_lines(path)]
    if any(len(row) != 3 or row[0] != str(number) for number, row in enumerate(rows)):
        raise SourceError(f"{path}: expected number, title and artist, separated by tabs, in order")
    return [(title, artist) for _, title, artist in rows]


def tags_of(folder: Path, songs: int) -> tuple[dict[int, str], list[list[int]]]:
    """Return the names of the tags, and the tags of each song."""
    names = {int(number): tag for number, tag in _pairs(folder / "radio_tag_hash.txt.gz", ",")}
    tags = [numbers_of(line) for _, line in read_lines(folder / "radio_tags.txt.gz")]
    if len(tags) != songs:
        raise SourceError(f"{folder}: tags of {len(tags)} songs, and {songs} songs")
    if any(tag not in names for own in tags for tag in own):
        raise SourceError(f"{folder}: a song has a tag without a name")
    return names, tags


def _pairs(path: Path, separator: str) -> list[tuple[str, str]]:
    rows = [line.partition(separator) for _, line in read_lines(path)]
    if any(not number.strip().isdigit() or not name.strip() for number, _, name in rows):
        raise SourceError(f"{path}: expected a number and a name on each line")
    return [(number.strip(), name.strip()) for number, _, name in rows]


def numbers_of(line: str) -> list[int]:
    """Return the numbers of a line. Raises SourceError where it holds anything else."""
    if line == "#":
        return []
    parts = line.split()
    if not all(part.isdigit() for part in parts):
        raise SourceError(f"expected numbers: {line[:60]!r}")
    return [int(part) for part in parts]
