"""The names of a catalog (artists, titles, albums), ready to be found word by word.

Holds each name once with the tracks that bear it, the other forms under which people write it (without article,
written as one word, initials, a distinctive part), and one trie over the words of all forms. Knows names and track
positions; how a message is read against them is `candidates.py`'s business.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from math import log
from typing import Final, Literal, NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from segue.generator.names import split_title
from segue.generator.track import Track
from segue.tools.search.words import is_unspaced, keys, zipf

Kind = Literal["artist", "title", "album"]
Form = Literal["full", "bare", "joined", "initials", "lead", "part"]
"""How a name is written: in full; without its article; as one word ("kflay"); by its initials ("rhcp"); without its
companions ("tom petty" for "Tom Petty & The Heartbreakers"); by one distinctive word ("sufjan")."""

MOST_WORDS: Final = 16
"""Longer names are indexed by their first words only."""

_COMPANIONS = re.compile(
    r"\s*(?:,|;|/|&|\band\b|\bwith\b|\bx\b|\bvs\.?|\bfeat(?:uring)?\b\.?|\bft\b\.?)\s*", re.IGNORECASE
)
_GUESTS = re.compile(r"\b(?:feat(?:uring)?|ft|with)\b", re.IGNORECASE)
_LEAD = re.compile(r"^(.{4,}?)\s*(?:&|\band\b|\bwith\b|,)\s*(?:the|his|her|their|los|las|la)\b", re.IGNORECASE)
_SUFFIX = re.compile(r"\s*\((?:band|musician|singer|rapper|group|duo|dj|[a-z]{2,3})\)$", re.IGNORECASE)


class Name(NamedTuple):
    """One name of the catalog."""

    kind: Kind
    text: str
    """As the catalog spells it first."""
    words: tuple[str, ...]
    """Its folded words, an artist's without a leading article."""


class Ending(NamedTuple):
    """A name that a path of the trie spells."""

    name: int
    """Number of the name in `NameIndex.names`."""
    form: Form


class Columns(NamedTuple):
    """The names of a catalog's tracks, one entry per track in each column."""

    titles: Sequence[str]
    artists: Sequence[Sequence[str]]
    albums: Sequence[str | None]


def columns_of(table: pa.Table) -> Columns:
    """Return the names in a catalog's table."""
    artists = table["artists"].to_pylist()
    names = [[str(artist["name"]) for artist in billed or ()] for billed in artists]
    titles = [str(title) for title in table["title"].to_pylist()]
    albums = [None if album is None else str(album) for album in table["album"].to_pylist()]
    return Columns(titles, names, albums)


class NameIndex:
    """Names, the tracks that bear them, and a trie over the words of all their forms.

    Built in memory from plain columns: 37,000 tracks (60,000 names) take about two seconds and 100 MB.
    """

    def __init__(
        self,
        titles: Sequence[str],
        artists: Sequence[Sequence[str]],
        albums: Sequence[str | None],
    ) -> None:
        """Index one entry per track in each column; lists of unequal length raise ValueError."""
        self.track_count = len(titles)
        self.names: list[Name] = []
        self._numbers: dict[tuple[Kind, tuple[str, ...]], int] = {}
        bearers: list[list[int]] = []
        credits: list[tuple[int, str]] = []
        for position, (title, billed, album) in enumerate(zip(titles, artists, albums, strict=True)):
            parts = split_title(title)
            self._add(bearers, "title", parts.base, position)
            for artist in billed:
                self._add(bearers, "artist", artist, position)
                if _COMPANIONS.search(artist):
                    credits.append((position, artist))
            credits += [(position, f"feat. {guest}") for guest in parts.featured]
            if album:
                self._add(bearers, "album", split_title(album).base, position)
        for position, credit in credits:
            self._credit(bearers, position, credit)
        self._bearers = [np.array(rows, dtype=np.int32) for rows in bearers]
        sizes: defaultdict[Kind, list[int]] = defaultdict(list)
        for name, rows in zip(self.names, bearers, strict=True):
            sizes[name.kind].append(len(rows))
        self._usual = {kind: sum(counts) / len(counts) for kind, counts in sizes.items()}

        self.vocabulary: dict[str, int] = {}
        self._steps: dict[tuple[int, int], int] = {}
        self._endings: defaultdict[int, list[Ending]] = defaultdict(list)
        self._index_forms()

    @classmethod
    def of_tracks(cls, tracks: Iterable[Track]) -> "NameIndex":
        """Index the names of `tracks`; a name's positions count them from 0 in the order given."""
        rows = [(track.title, [artist.name for artist in track.artists], track.album) for track in tracks]
        return cls([row[0] for row in rows], [row[1] for row in rows], [row[2] for row in rows])

    def positions(self, name: int) -> NDArray[np.int32]:
        """Return the positions of the tracks that bear a name, ascending, without repeats."""
        return self._bearers[name]

    def prominence(self, name: int) -> float:
        """Return how many tracks bear a name, next to the mean of its kind here: log of the ratio, -1 to 2."""
        ratio = len(self._bearers[name]) / self._usual[self.names[name].kind]
        return max(-1.0, min(2.0, log(ratio)))

    def find(self, kind: Kind, text: str) -> int | None:
        """Return the number of the name that `text` spells exactly (folded), or None."""
        return self._numbers.get((kind, _name_words(kind, text)))

    def step(self, node: int, word: int) -> int | None:
        """Return the node that `word` leads to from `node` (the root is 0), or None."""
        return self._steps.get((node, word))

    def endings(self, node: int) -> Sequence[Ending]:
        """Return the names that the path to `node` spells."""
        return self._endings.get(node, ())

    def _add(self, bearers: list[list[int]], kind: Kind, text: str, position: int) -> None:
        name_words = _name_words(kind, text)
        if not name_words:
            return
        number = self._numbers.get((kind, name_words))
        if number is None:
            number = self._numbers[kind, name_words] = len(self.names)
            self.names.append(Name(kind, text, name_words))
            bearers.append([])
        if not bearers[number] or bearers[number][-1] != position:
            bearers[number].append(position)

    def _credit(self, bearers: list[list[int]], position: int, credit: str) -> None:
        """Give a track to each artist of a joint credit ("A, B & C") who also stands alone in the catalog.

        Where not all parts are known artists, the credit may be the name of one band ("Earth, Wind & Fire"): then only
        parts of two words and more count.
        """
        parts = [part for part in _COMPANIONS.split(credit) if part]
        known = {part: self.find("artist", part) for part in parts}
        certain = None not in known.values() or _GUESTS.search(credit) is not None
        for number in known.values():
            if (
                number is not None
                and (certain or len(self.names[number].words) > 1)
                and position not in bearers[number]
            ):
                bearers[number].append(position)
                bearers[number].sort()

    def _index_forms(self) -> None:
        for number, name in enumerate(self.names):
            self._spell(name.words, number, "full" if _is_full(name) else "bare")
            if name.kind == "artist":
                for article in ("the", "a"):
                    if keys(name.text)[:1] == (article,):
                        self._spell((article, *name.words), number, "full")
            if joined := _joined(name.words):
                self._spell(joined, number, "joined")
        for form, shortened in (("lead", leads), ("initials", _initials), ("part", _parts)):
            claims: defaultdict[tuple[str, ...], list[int]] = defaultdict(list)
            for number, name in enumerate(self.names):
                if name.kind == "artist":
                    for short in shortened(name):
                        claims[short].append(number)
            for short, numbers in claims.items():
                if ("artist", short) in self._numbers:
                    continue
                sizes = [len(self._bearers[number]) for number in numbers]
                best = int(np.argmax(sizes))
                # A short form stands for an artist only where no other of the catalog has as good a claim.
                if sizes[best] >= 0.6 * sum(sizes):
                    self._spell(short, numbers[best], form)  # type: ignore[arg-type]

    def _spell(self, path: tuple[str, ...], number: int, form: Form) -> None:
        node = 0
        for word in path[:MOST_WORDS]:
            token = self.vocabulary.setdefault(word, len(self.vocabulary))
            node = self._steps.setdefault((node, token), len(self._steps) + 1)
        if all(ending.name != number for ending in self._endings[node]):
            self._endings[node].append(Ending(number, form))


def _name_words(kind: Kind, text: str) -> tuple[str, ...]:
    found = keys(_SUFFIX.sub("", text) if kind == "artist" else text)
    if kind == "artist" and len(found) > 1 and found[0] in ("the", "a"):
        return found[1:]
    return found


def _is_full(name: Name) -> bool:
    return name.kind != "artist" or keys(name.text)[:1] not in (("the",), ("a",))


def _joined(name_words: tuple[str, ...]) -> tuple[str, ...] | None:
    """Write a name of two or three words as one, or its runs of single letters: "b i g" -> "big"."""
    if len(name_words) < 2 or any(is_unspaced(word) for word in name_words):
        return None
    runs: list[str] = []
    after_letter = False
    for word in name_words:
        single = len(word) == 1
        if single and after_letter:
            runs[-1] += word
        else:
            runs.append(word)
        after_letter = single
    if len(runs) < len(name_words):
        return tuple(runs)
    joined = "".join(name_words)
    return (joined,) if len(name_words) <= 3 and len(joined) >= 4 else None


def leads(name: Name) -> list[tuple[str, ...]]:
    """Return the words of the one who leads a group ("tom petty" of "Tom Petty & The Heartbreakers"), or nothing."""
    lead = _LEAD.match(name.text)
    return [_name_words("artist", lead.group(1))] if lead else []


def _initials(name: Name) -> list[tuple[str, ...]]:
    if not 3 <= len(name.words) <= 5 or any(is_unspaced(word) or word.isdigit() for word in name.words):
        return []
    initials = "".join(word[0] for word in name.words)
    return [(initials,)] if zipf(initials) < 3.5 else []


def _parts(name: Name) -> list[tuple[str, ...]]:
    if not 2 <= len(name.words) <= 3:
        return []
    return [(word,) for word in name.words if len(word) >= 4 and zipf(word) < 4]
