"""Radio playlists in the format of Cornell's LME data, as sequences of songs for next-song models.

A folder with `radio_playlists.txt.gz` (numbers of songs, a playlist a line) and what `song_tags` reads. There are no
times in it, so that one playlist in five is held out by the SHA-256 of its line, and plays are all the feedback there
is. Knows files; no models.

Held out are the lines with sha256(line) % 5 == 0. Where a copy of the data has none of these, because somebody else
holds them out already, it is the lines with remainder 1; `Radio.remainder` says which.
"""

import hashlib
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from segue.evals.song_tags import numbers_of, songs_of, tags_of
from segue.generator.errors import SourceError
from segue.generator.json_lines import read_lines
from segue.generator.names import artist_key, fold
from segue.generator.next_song.sequences import Heard, pieces, plays
from segue.generator.next_song.song_embedding import SongFacts


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
    rows = songs_of(folder)
    artists, titles = _artists(rows), [title for title, _ in rows]
    names, tags = tags_of(folder, len(rows))
    known = frozenset(genres)
    of = {tag: number for number, tag in enumerate(tag for tag in sorted(names) if fold(names[tag]) in known)}
    facts = SongFacts(artists, [[of[tag] for tag in own if tag in of] for own in tags])
    lines = [line for _, line in read_lines(folder / "radio_playlists.txt.gz")]
    parts: dict[str, list[Heard]] = {"train": [], "check": [], "held": []}
    remainder = 0 if any(_number(line) % 5 == 0 for line in lines) else 1
    for line in lines[: int(len(lines) * share)]:
        numbers = numbers_of(line)
        if any(number >= len(titles) for number in numbers):
            raise SourceError(f"{folder}: a playlist holds a song without a name")
        parts[part_of(line, remainder)] += pieces(plays(numbers))
    return Radio(**parts, facts=facts, content=_weighted(tags, len(names)), remainder=remainder)


def part_of(key: str, remainder: int = 0) -> str:
    """Return "held" for one key in five, "check" for one in ten of the others, else "train"."""
    number = _number(key)
    return "held" if number % 5 == remainder else "check" if number // 5 % 10 == 0 else "train"


def _number(key: str) -> int:
    return int(hashlib.sha256(key.encode()).hexdigest(), 16)


def _artists(songs: list[tuple[str, str]]) -> NDArray[np.int64]:
    keys = [artist_key(artist) for _, artist in songs]
    numbers = {key: number for number, key in enumerate(dict.fromkeys(keys))}
    return np.array([numbers[key] for key in keys], dtype=np.int64)


def _weighted(tags: list[list[int]], count: int) -> NDArray[np.float32]:
    found = np.zeros((len(tags), count), dtype=np.float32)
    for row, own in enumerate(tags):
        found[row, own] = 1
    found *= np.log(len(tags) / np.maximum(found.sum(axis=0), 1))
    found /= np.maximum(np.linalg.norm(found, axis=1, keepdims=True), 1e-9)
    return found
