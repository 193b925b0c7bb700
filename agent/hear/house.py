"""The house: what one catalog has, as far as hearing needs it: names, labels, and which fields are known at all."""

from collections.abc import Sequence
from functools import cached_property
from typing import Final

from rapidfuzz import process
from rapidfuzz.distance import JaroWinkler

from segue.generator.names import artist_key, fold
from segue.memory.groups import members_of
from segue.tools.catalog.catalog import Catalog
from segue.tools.search.entities import EntityLinker
from segue.tools.search.filters import FilterColumns
from segue.tools.search.name_table import Kind
from segue.tools.search.search import Searcher
from segue.tools.search.terms import stem
from segue.tools.search.words import keys

_ALIKE: Final = 0.86
"""Jaro-Winkler likeness from which on a name is offered as the nearest one."""
_FIELDS: Final = {
    "genres": ("genres", "tags"), "moods": ("moods", "tags"), "instruments": ("instruments", "tags"),
    "themes": ("themes", "tags", "facts"), "activities": ("activities", "tags"), "vocals": ("vocals",),
    "languages": ("language",), "eras": ("released",), "tempo": ("tempo", "tempo_class"), "length": ("duration",),
}  # fmt: skip


class House:
    """One opened catalog, as hearing sees it. Opened at first use; safe to share between threads after that."""

    def __init__(self, catalog: Catalog, searcher: Searcher | None = None) -> None:
        self.catalog = catalog
        self._searcher = searcher or Searcher(catalog)

    @property
    def linker(self) -> EntityLinker:
        """The entity linker over the catalog's names."""
        return self._searcher.linker

    @property
    def columns(self) -> FilterColumns:
        """The columns that filters look at."""
        return self._searcher.columns

    @cached_property
    def known(self) -> frozenset[str]:
        """The facets (and "tempo", "length", "countries") that at least one track says something of."""
        table = self.catalog.table
        found = {facet for facet, fields in _FIELDS.items() if any(_says(table[field]) for field in fields)}
        if any(artist["origin"] for row in table["artists"].to_pylist() for artist in row or ()):
            found.add("countries")
        return frozenset(found)

    @cached_property
    def labels(self) -> dict[str, frozenset[str]]:
        """For each field of labels the folded values that occur."""
        return {field: frozenset(self.columns.vocabulary(field)) for field in FilterColumns.FIELDS}

    @cached_property
    def _runs(self) -> dict[str, dict[str, str]]:
        """For genres and moods every run of words in a label, by its stems written as one: "hiphop" -> "hip hop"."""
        found: dict[str, dict[str, str]] = {}
        for field in ("genres", "moods"):
            runs = found.setdefault(field, {})
            for label in sorted(self.columns.vocabulary(field)):
                said = keys(label)
                for start in range(len(said)):
                    for stop in range(start + 1, len(said) + 1):
                        runs.setdefault(_joined(said[start:stop]), " ".join(said[start:stop]))
        return found

    @cached_property
    def _spelt_runs(self) -> dict[str, frozenset[str]]:
        """For genres and moods every run of words in a label, as spelt: "blues" has the stem of "blue-eyed soul"."""
        return {
            field: frozenset(
                " ".join(said[start:stop])
                for said in map(keys, self.columns.vocabulary(field))
                for start in range(len(said))
                for stop in range(start + 1, len(said) + 1)
            )
            for field in ("genres", "moods")
        }

    def label(self, field: str, value: str) -> str | None:
        """Return how a filter on `field` must name `value` to find a track, or None where no track has it.

        Genres and moods are met by a part of a label, whatever their number and hyphens.
        """
        if field in ("genres", "moods"):
            spelt = " ".join(keys(value))
            return spelt if spelt in self._spelt_runs[field] else self._runs[field].get(_joined(keys(value)))
        key = artist_key(value) if field == "artists" else fold(value)
        return value if key in self.labels[field] else None

    @cached_property
    def _groups(self) -> dict[str, list[str]]:
        """The folded names of the groups of each member, by the member's key."""
        found: dict[str, list[str]] = {}
        for name in sorted(self.labels["artists"]):
            for member in members_of(name):
                found.setdefault(member, []).append(name)
        return found

    def groups_with(self, artist: str) -> list[str]:
        """Return the groups of which an artist is a member by name: whoever wants no Neil Young wants none of those."""
        found = []
        for name in self._groups.get(artist_key(artist), ()):
            number = self.linker.names.find("artist", name)
            found.append(name if number is None else self.linker.names.names[number].text)
        return found

    def is_genre_alone(self, value: str) -> bool:
        """Tell whether tracks have `value` as a whole genre, and none has it as a mood ("swing")."""
        key = fold(value)
        return key in self.labels["genres"] and key not in self.labels["moods"]

    @cached_property
    def _spelt(self) -> dict[Kind, tuple[list[str], list[str]]]:
        names: dict[Kind, tuple[list[str], list[str]]] = {"artist": ([], []), "title": ([], []), "album": ([], [])}
        for name in self.linker.names.names:
            folded, spelt = names[name.kind]
            folded.append(" ".join(name.words))
            spelt.append(name.text)
        return names

    def nearest(self, kind: Kind, name: str) -> str | None:
        """Return the catalog's name of `kind` that is spelt most like `name`, or None where none is alike."""
        folded, spelt = self._spelt[kind]
        goal = " ".join(keys(name))
        best = process.extractOne(goal, folded, scorer=JaroWinkler.normalized_similarity, score_cutoff=_ALIKE)
        return spelt[best[2]] if best else None

    def positions(self, kind: Kind, name: str) -> tuple[int, ...]:
        """Return the positions of the tracks that bear exactly this name; empty where there are none."""
        number = self.linker.names.find(kind, name)
        return () if number is None else tuple(self.linker.names.positions(number).tolist())


def _joined(said: Sequence[str]) -> str:
    return "".join(stem(word) for word in said)


def _says(column: object) -> bool:
    values: Sequence[object] = column.to_pylist()  # type: ignore[attr-defined]
    return any(value not in (None, [], "", ()) for value in values)
