"""Radio playlists in the format of Cornell's LME data, as sequences of songs for next-song models.

Four files in a folder: `radio_playlists.txt.gz` (numbers of songs, a playlist a line), `radio_song_hash.txt.gz`
(number, title, artist), `radio_tags.txt.gz` (numbers of tags, a song a line, "#" for none) and
`radio_tag_hash.txt.gz` (number, tag). There are no times in it, so that one playlist in five is held out by the
SHA-256 of its line, and plays are all the feedback there is. Knows files; no models.

Held out are the lines with sha256(line) % 5 == 0. Where a copy of the data has none of these, because somebody else
holds them out already, it is the lines with remainder 1; `Radio.remainder` says which.
"""

import hashlib
import re
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from segue.generator.errors import SourceError
from segue.generator.json_lines import read_lines
from segue.generator.names import artist_key, fold
from segue.generator.next_song.sequences import Heard, pieces, plays
from segue.generator.next_song.song_embedding import SongFacts

_GUESTS: Final = re.compile(r"\s*\(w\\?/.*$")
"""What a title says of guests: "Gucci Time (w\\/ Swizz Beatz)", as the files have it."""


class SongTags(NamedTuple):
    """A song with what listeners called it."""

    title: str
    """Without guests."""
    artist: str
    tags: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class Radio:
    """What was played, and what the songs are."""

    train: list[Heard]
    check: list[Heard]
    """One in ten of what is not held out: decides when a training ends."""
    held: list[Heard]
    facts: SongFacts
    content: NDArray[np.float32]
    """float32 [songs, tags]: the tags, rare ones weighing more, each row of length 1, or zero without tags."""

    remainder: int
    """Of sha256(line) by 5: that of the lines held out."""

    @property
    def songs(self) -> int:
        """How many songs there are."""
        return len(self.content)


def read_radio(folder: Path, genres: Collection[str], *, share: float = 1.0) -> Radio:
    """Return the data in `folder`; tags among `genres`, names as folded, count as genres.

    `share` keeps only the first part of the playlists, for a quick look. Raises SourceError for files that are missing
    or do not fit together.
    """
    rows = _songs(folder / "radio_song_hash.txt.gz")
    artists, titles = _artists(rows), [title for title, _ in rows]
    names, tags = _tags(folder, len(rows))
    known = frozenset(genres)
    of = {tag: number for number, tag in enumerate(tag for tag in sorted(names) if fold(names[tag]) in known)}
    facts = SongFacts(artists, [[of[tag] for tag in own if tag in of] for own in tags])
    lines = [line for _, line in read_lines(folder / "radio_playlists.txt.gz")]
    parts: dict[str, list[Heard]] = {"train": [], "check": [], "held": []}
    remainder = 0 if any(_number(line) % 5 == 0 for line in lines) else 1
    for line in lines[: int(len(lines) * share)]:
        numbers = _numbers(line)
        if any(number >= len(titles) for number in numbers):
            raise SourceError(f"{folder}: a playlist holds a song without a name")
        parts[part_of(line, remainder)] += pieces(plays(numbers))
    return Radio(**parts, facts=facts, content=_weighted(tags, len(names)), remainder=remainder)


def read_song_tags(folder: Path) -> list[SongTags]:
    """Return the songs in `folder` that have tags. Raises SourceError for files missing or that do not fit together."""
    rows = _songs(folder / "radio_song_hash.txt.gz")
    names, tags = _tags(folder, len(rows))
    return [
        SongTags(_GUESTS.sub("", title), _GUESTS.sub("", artist), tuple(names[tag] for tag in own))
        for (title, artist), own in zip(rows, tags, strict=True)
        if own
    ]


def part_of(key: str, remainder: int = 0) -> str:
    """Return "held" for one key in five, "check" for one in ten of the others, else "train"."""
    number = _number(key)
    return "held" if number % 5 == remainder else "check" if number // 5 % 10 == 0 else "train"


def _number(key: str) -> int:
    return int(hashlib.sha256(key.encode()).hexdigest(), 16)


def _songs(path: Path) -> list[tuple[str, str]]:
    """Return title and artist of each song."""
    rows = [line.split("\t") for _, line in read_lines(path)]
    if any(len(row) != 3 or row[0] != str(number) for number, row in enumerate(rows)):
        raise SourceError(f"{path}: expected number, title and artist, separated by tabs, in order")
    return [(title, artist) for _, title, artist in rows]


def _artists(songs: list[tuple[str, str]]) -> NDArray[np.int64]:
    keys = [artist_key(artist) for _, artist in songs]
    numbers = {key: number for number, key in enumerate(dict.fromkeys(keys))}
    return np.array([numbers[key] for key in keys], dtype=np.int64)


def _tags(folder: Path, songs: int) -> tuple[dict[int, str], list[list[int]]]:
    """Return the names of the tags, and the tags of each song."""
    names = {int(number): tag for number, tag in _pairs(folder / "radio_tag_hash.txt.gz", ",")}
    tags = [_numbers(line) for _, line in read_lines(folder / "radio_tags.txt.gz")]
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


def _numbers(line: str) -> list[int]:
    if line == "#":
        return []
    parts = line.split()
    if not all(part.isdigit() for part in parts):
        raise SourceError(f"expected numbers: {line[:60]!r}")
    return [int(part) for part in parts]


def _weighted(tags: list[list[int]], count: int) -> NDArray[np.float32]:
    found = np.zeros((len(tags), count), dtype=np.float32)
    for row, own in enumerate(tags):
        found[row, own] = 1
    found *= np.log(len(tags) / np.maximum(found.sum(axis=0), 1))
    found /= np.maximum(np.linalg.norm(found, axis=1, keepdims=True), 1e-9)
    return found
