"""The names of a catalog (artists, titles, albums), ready to be found word by word.

Reads a `NameTable`: each name once with the tracks that bear it, and one trie over the words of all its forms. It is
built with a version of a catalog, for collecting the names takes seconds and reading them a fraction of one. Knows
names and track positions; how a message is read against them is `candidates.py`'s business.
"""

from collections.abc import Iterable, Mapping, Sequence
from math import log
from pathlib import Path
from typing import NamedTuple, overload

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from segue.generator.errors import CatalogCorrupt
from segue.generator.track import Track
from segue.tools.catalog.derived import Change
from segue.tools.search.name_building import MOST_WORDS, build_names, columns_of
from segue.tools.search.name_forms import Name, name_words
from segue.tools.search.name_table import FOLDER, FORMS, KINDS, Form, Kind, NameTable

_SHIFT = 32
"""A step of the trie is one number: the node in the high bits, the word in the low ones."""


class Ending(NamedTuple):
    """A name that a path of the trie spells."""

    name: int
    """Number of the name in `NameIndex.names`."""
    form: Form


class NameIndex:
    """Names, the tracks that bear them, and a trie over the words of all their forms. Safe to share between threads."""

    def __init__(self, table: NameTable) -> None:
        """Read `table`: 0.1 s for the 70,000 names of 37,000 tracks."""
        self.track_count = table.tracks
        self.names: Sequence[Name] = _Names(table)
        self._table = table
        sizes = np.diff(table.bearer_starts)
        counts = np.bincount(table.kinds, minlength=len(KINDS))
        borne = np.bincount(table.kinds, weights=sizes, minlength=len(KINDS))
        self._usual = borne / np.maximum(counts, 1)
        self.vocabulary: Mapping[str, int] = {word: number for number, word in enumerate(table.vocabulary)}
        steps = (table.parents.astype(np.int64) << _SHIFT) | table.words
        self._steps = {step: node for node, step in enumerate(steps.tolist(), 1)}

    @classmethod
    def of_columns(
        cls, titles: Sequence[str], artists: Sequence[Sequence[str]], albums: Sequence[str | None]
    ) -> "NameIndex":
        """Index one entry per track in each column; lists of unequal length raise ValueError."""
        return cls(build_names(titles, artists, albums))

    @classmethod
    def of_tracks(cls, tracks: Iterable[Track]) -> "NameIndex":
        """Index the names of `tracks`; a name's positions count them from 0 in the order given."""
        rows = [(track.title, [artist.name for artist in track.artists], track.album) for track in tracks]
        return cls.of_columns([row[0] for row in rows], [row[1] for row in rows], [row[2] for row in rows])

    @classmethod
    def open(cls, version: Path) -> "NameIndex":
        """Read the names of the catalog version in folder `version` (CatalogCorrupt where they are damaged)."""
        return cls(NameTable.load(version))

    def positions(self, name: int) -> NDArray[np.int32]:
        """Return the positions of the tracks that bear a name, ascending, without repeats."""
        starts = self._table.bearer_starts
        return self._table.bearers[starts[name] : starts[name + 1]]

    def prominence(self, name: int) -> float:
        """Return how many tracks bear a name, next to the mean of its kind here: log of the ratio, -1 to 2."""
        ratio = len(self.positions(name)) / float(self._usual[self._table.kinds[name]])
        return max(-1.0, min(2.0, log(ratio)))

    def find(self, kind: Kind, text: str) -> int | None:
        """Return the number of the name that `text` spells exactly (folded), or None."""
        wanted = name_words(kind, text)
        node = 0
        for word in wanted[:MOST_WORDS]:
            number = self.vocabulary.get(word)
            following = None if number is None else self.step(node, number)
            if following is None:
                return None
            node = following
        found = (ending.name for ending in self.endings(node))
        return next((number for number in found if self.names[number][::2] == (kind, wanted)), None)

    def step(self, node: int, word: int) -> int | None:
        """Return the node that `word` leads to from `node` (the root is 0), or None."""
        return self._steps.get(node << _SHIFT | word)

    def endings(self, node: int) -> Sequence[Ending]:
        """Return the names that the path to `node` spells."""
        table = self._table
        span = slice(table.ending_starts[node], table.ending_starts[node + 1])
        names, forms = table.ending_names[span].tolist(), table.ending_forms[span].tolist()
        return [Ending(name, FORMS[form]) for name, form in zip(names, forms, strict=True)]


class _Names(Sequence[Name]):
    """The names of a table, each made when it is asked for."""

    def __init__(self, table: NameTable) -> None:
        self._texts = table.texts
        self._kinds = table.kinds

    def __len__(self) -> int:
        return len(self._texts)

    @overload
    def __getitem__(self, index: int) -> Name: ...
    @overload
    def __getitem__(self, index: slice) -> list[Name]: ...
    def __getitem__(self, index: int | slice) -> Name | list[Name]:
        if isinstance(index, slice):
            return [self[number] for number in range(*index.indices(len(self)))]
        kind, text = KINDS[self._kinds[index]], self._texts[index]
        return Name(kind, text, name_words(kind, text))


class NamesArtefact:
    """The names as a derived artefact of a catalog, collected anew for each version (37,000 tracks: two seconds)."""

    name = FOLDER

    def build(self, change: Change) -> None:
        """Collect the names of the new version."""
        with change.stage(FOLDER, change.table.num_rows) as progress:
            build_names(*columns_of(change.table)).save(change.folder)
            progress(change.table.num_rows)

    def check(self, folder: Path, table: pa.Table) -> None:
        """Raise CatalogCorrupt where the names are missing or count other tracks than the table."""
        tracks = NameTable.load(folder).tracks
        if tracks != table.num_rows:
            raise CatalogCorrupt(f"{folder / FOLDER} has the names of {tracks} tracks, not {table.num_rows}")
