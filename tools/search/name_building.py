"""Collecting the names of a catalog (artists, titles, albums) and the forms under which people write them.

Each name stands once, with the tracks that bear it; a joint credit ("A, B & C") also goes to the artists that it joins.
Knows columns of names; forms are made in `name_forms`, and what comes of it is a `NameTable`.
"""

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from itertools import accumulate, chain
from typing import Any, Final, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from segue.generator.names import split_title
from segue.tools.catalog.garbage import collector_paused
from segue.tools.search.name_forms import Name, initials, is_full, joined, leads, name_words, parts
from segue.tools.search.name_table import FORMS, KINDS, Form, Kind, NameTable
from segue.tools.search.words import keys

MOST_WORDS: Final = 16
"""Longer names are indexed by their first words only."""

_COMPANIONS = re.compile(
    r"\s*(?:,|;|/|&|\band\b|\bwith\b|\bx\b|\bvs\.?|\bfeat(?:uring)?\b\.?|\bft\b\.?)\s*", re.IGNORECASE
)
_GUESTS = re.compile(r"\b(?:feat(?:uring)?|ft|with)\b", re.IGNORECASE)


class Columns(NamedTuple):
    """The names of a catalog's tracks, one entry per track in each column."""

    titles: Sequence[str]
    artists: Sequence[Sequence[str]]
    albums: Sequence[str | None]


def columns_of(table: pa.Table) -> Columns:
    """Return the names in a catalog's table."""
    titles = [str(title) for title in table["title"].to_pylist()]
    albums = [None if album is None else str(album) for album in table["album"].to_pylist()]
    return Columns(titles, _artist_names(table), albums)


def _artist_names(table: pa.Table) -> list[list[str]]:
    """Return the names of each track's artists without making objects of all else that is known of them."""
    found: list[list[str]] = []
    for chunk in table["artists"].chunks:
        lists: Any = chunk
        names = pc.struct_field(lists.flatten(), "name").to_pylist()
        ends = list(accumulate(lists.value_lengths().to_pylist()))
        found += [names[start:end] for start, end in zip([0, *ends], ends, strict=False)]
    return found


def build_names(titles: Sequence[str], artists: Sequence[Sequence[str]], albums: Sequence[str | None]) -> NameTable:
    """Return the names of a catalog, one entry per track in each column; lists of unequal length raise ValueError."""
    with collector_paused():
        builder = _Builder()
        builder.collect(titles, artists, albums)
        builder.spell_forms()
        return builder.table(len(titles))


class _Builder:
    def __init__(self) -> None:
        self._names: list[Name] = []
        self._numbers: dict[tuple[Kind, tuple[str, ...]], int] = {}
        self._bearers: list[list[int]] = []
        self._vocabulary: dict[str, int] = {}
        self._steps: dict[tuple[int, int], int] = {}
        self._endings: defaultdict[int, list[tuple[int, Form]]] = defaultdict(list)

    def collect(self, titles: Sequence[str], artists: Sequence[Sequence[str]], albums: Sequence[str | None]) -> None:
        """Take in all names, then the joint credits, for which all artists must be known."""
        credits: list[tuple[int, str]] = []
        for position, (title, billed, album) in enumerate(zip(titles, artists, albums, strict=True)):
            split = split_title(title)
            self._add("title", split.base, position)
            for artist in billed:
                self._add("artist", artist, position)
                if _COMPANIONS.search(artist):
                    credits.append((position, artist))
            credits += [(position, f"feat. {guest}") for guest in split.featured]
            if album:
                self._add("album", split_title(album).base, position)
        for position, credit in credits:
            self._credit(position, credit)

    def _add(self, kind: Kind, text: str, position: int) -> None:
        found = name_words(kind, text)
        if not found:
            return
        number = self._numbers.get((kind, found))
        if number is None:
            number = self._numbers[kind, found] = len(self._names)
            self._names.append(Name(kind, text, found))
            self._bearers.append([])
        bearers = self._bearers[number]
        if not bearers or bearers[-1] != position:
            bearers.append(position)

    def _credit(self, position: int, credit: str) -> None:
        """Give a track to each artist of a joint credit ("A, B & C") who also stands alone in the catalog.

        Where not all parts are known artists, the credit may be the name of one band ("Earth, Wind & Fire"): then only
        parts of two words and more count.
        """
        known = {
            part: self._numbers.get(("artist", name_words("artist", part)))
            for part in _COMPANIONS.split(credit)
            if part
        }
        certain = None not in known.values() or _GUESTS.search(credit) is not None
        for number in known.values():
            if number is None or not (certain or len(self._names[number].words) > 1):
                continue
            if position not in self._bearers[number]:
                self._bearers[number].append(position)
                self._bearers[number].sort()

    def spell_forms(self) -> None:
        """Put all forms of all names into the trie."""
        for number, name in enumerate(self._names):
            self._spell(name.words, number, "full" if is_full(name) else "bare")
            if name.kind == "artist":
                for article in ("the", "a"):
                    if keys(name.text)[:1] == (article,):
                        self._spell((article, *name.words), number, "full")
            if whole := joined(name.words):
                self._spell(whole, number, "joined")
        self._spell_short("lead", leads)
        self._spell_short("initials", initials)
        self._spell_short("part", parts)

    def _spell_short(self, form: Form, shortened: Callable[[Name], list[tuple[str, ...]]]) -> None:
        """Put the short forms of artists into the trie.

        A short form stands for an artist only where no other of the catalog has as good a claim.
        """
        claims: defaultdict[tuple[str, ...], list[int]] = defaultdict(list)
        for number, name in enumerate(self._names):
            if name.kind == "artist":
                for short in shortened(name):
                    claims[short].append(number)
        for short, numbers in claims.items():
            if ("artist", short) in self._numbers:
                continue
            sizes = [len(self._bearers[number]) for number in numbers]
            if max(sizes) >= 0.6 * sum(sizes):
                self._spell(short, numbers[sizes.index(max(sizes))], form)

    def _spell(self, path: tuple[str, ...], number: int, form: Form) -> None:
        node = 0
        for word in path[:MOST_WORDS]:
            token = self._vocabulary.setdefault(word, len(self._vocabulary))
            node = self._steps.setdefault((node, token), len(self._steps) + 1)
        if all(ending[0] != number for ending in self._endings[node]):
            self._endings[node].append((number, form))

    def table(self, tracks: int) -> NameTable:
        """Return all of it as arrays."""
        endings = [self._endings.get(node, ()) for node in range(len(self._steps) + 1)]
        spelt = list(chain.from_iterable(endings))
        steps = np.array(list(self._steps), dtype=np.int32).reshape(-1, 2)
        return NameTable(
            tracks=tracks,
            texts=[name.text for name in self._names],
            vocabulary=list(self._vocabulary),
            kinds=np.array([KINDS.index(name.kind) for name in self._names], dtype=np.uint8),
            bearer_starts=_starts(self._bearers),
            bearers=np.array(list(chain.from_iterable(self._bearers)), dtype=np.int32),
            parents=steps[:, 0].copy(),
            words=steps[:, 1].copy(),
            ending_starts=_starts(endings),
            ending_names=np.array([number for number, _ in spelt], dtype=np.int32),
            ending_forms=np.array([FORMS.index(form) for _, form in spelt], dtype=np.uint8),
        )


def _starts(groups: Iterable[Sequence[object]]) -> NDArray[np.int64]:
    """Return where each group starts once all are strung together, and the end of the last."""
    return np.array([0, *accumulate(len(group) for group in groups)], dtype=np.int64)
