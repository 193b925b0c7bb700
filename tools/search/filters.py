"""Filters: what a track must have and must not have, compiled to one boolean mask over a catalog's columns.

A positive filter is met only by tracks that are known to meet it: a track without a release date is not from the
nineties as far as anyone can tell, and the result counts how many were left out for not knowing. An exclusion removes
only tracks that are known to have what is unwanted. Knows columns, not queries; which words of a query become filters
is decided in `query.py`.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from typing import Annotated, Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from pydantic import BaseModel, BeforeValidator, ConfigDict

from segue.generator.errors import QueryError
from segue.generator.names import artist_key, fold
from segue.generator.track import KINDS, Kind
from segue.tools.search.name_building import columns_of
from segue.tools.search.words import keys

Mask = NDArray[np.bool_]


def _listed(values: object) -> object:
    return (values,) if isinstance(values, str) else values


Values = Annotated[tuple[str, ...], BeforeValidator(_listed)]
"""One value, or several of which any will do."""

PLAIN: Final = "plain"
"""The name by which filters call the plain recording, which has no version label."""


class Filters(BaseModel):
    """What is asked of a track. Different fields must all be met; of several values of one field, any will do.

    Values are compared folded (case, accents and punctuation do not matter). A genre is met by any genre that contains
    its words in order: "rock" by "indie rock", but not "indie rock" by "rock".
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    kinds: Values = ()
    """Kinds of items ("track", "episode"); where none is named, only tracks: whoever asks for music gets music."""
    year_from: int | None = None
    year_to: int | None = None
    """Last release year, included."""
    genres: Values = ()
    moods: Values = ()
    artists: Values = ()
    languages: Values = ()
    vocals: Values = ()
    versions: Values = ()
    """Version labels ("live", "remix" ...); "plain" stands for recordings without one."""
    without_genres: Values = ()
    without_moods: Values = ()
    without_artists: Values = ()
    without_languages: Values = ()
    without_vocals: Values = ()
    without_versions: Values = ()
    without_years: Values = ()
    """Years to leave out: one ("1977"), or from first to last ("1970-1979")."""
    without_ids: Values = ()
    """Ids of tracks to leave out; unknown ids are ignored, for tracks may have been removed since."""

    def __bool__(self) -> bool:
        return bool(self.model_dump(exclude_defaults=True))

    def merge(self, other: "Filters") -> "Filters":
        """Return the filters that ask what both ask: lists are joined, the narrower range of years holds."""
        ours, theirs = self.model_dump(), other.model_dump()
        merged = {key: tuple(dict.fromkeys(ours[key] + theirs[key])) for key in ours if not key.startswith("year")}
        starts = [year for year in (self.year_from, other.year_from) if year is not None]
        ends = [year for year in (self.year_to, other.year_to) if year is not None]
        return Filters(
            **merged, year_from=max(starts) if starts else None, year_to=min(ends) if ends else None
        )  # fmt: skip


class Applied(BaseModel):
    """What filters did to a catalog."""

    model_config = ConfigDict(frozen=True)

    allowed: int
    """Tracks that remain."""
    unknown: dict[str, int]
    """For each positive filter, how many tracks lack the field, and were left out for that."""
    unmatched: tuple[str, ...] = ()
    """Values asked for that no track of the catalog has ("genres: zydeco")."""
    nothing_to_exclude: tuple[str, ...] = ()
    """Values to leave out that no track of the catalog has ("versions: live")."""


class _Labels:
    """A column of labels: folded vocabulary, and for each label the tracks that bear it."""

    def __init__(self, rows: Sequence[Sequence[str]], key: Callable[[str], str]) -> None:
        self.known: Mask = np.array([bool(row) for row in rows], dtype=bool)
        bearers: dict[str, list[int]] = {}
        for position, row in enumerate(rows):
            for label in row:
                bearers.setdefault(key(label), []).append(position)
        self.bearers = {label: np.array(positions, dtype=np.int64) for label, positions in bearers.items()}

    def mask(self, labels: Iterable[str]) -> Mask:
        found = np.zeros(len(self.known), dtype=bool)
        for label in labels:
            found[self.bearers[label]] = True
        return found


class _Words:
    """The labels of a column by their words, so that a value is compared only with those that have its first."""

    def __init__(self, labels: Iterable[str]) -> None:
        self._labels = {label: keys(label) for label in labels}
        self._having: dict[str, list[str]] = {}
        for label, written in self._labels.items():
            for word in dict.fromkeys(written):
                self._having.setdefault(word, []).append(label)

    def containing(self, wanted: tuple[str, ...]) -> list[str]:
        """Return the labels in which the words `wanted` follow each other, in the order of the column."""
        labels: Iterable[str] = self._having.get(wanted[0], ()) if wanted else self._labels
        return [label for label in labels if _contains(self._labels[label], wanted)]


class FilterColumns:
    """The columns of one catalog that filters look at, folded once. Safe to share between threads once built."""

    FIELDS: Final = ("genres", "moods", "artists", "languages", "vocals", "versions")

    def __init__(self, table: pa.Table) -> None:
        """Read the columns of a catalog's table (`parquet.SCHEMA`)."""
        self._count = table.num_rows
        years = [int(text[:4]) if text else -1 for text in table["released"].to_pylist()]
        self._years = np.array(years, dtype=np.int32)
        kinds = np.array(table["kind"].to_pylist(), dtype=object)
        self._kinds: dict[str, Mask] = {kind: np.asarray(kinds == kind, dtype=bool) for kind in KINDS}
        self.has_episodes = bool(self._kinds["episode"].any())
        artists = columns_of(table).artists
        singles = {
            field: [[value] if value else [] for value in table[column].to_pylist()]
            for field, column in (("languages", "language"), ("vocals", "vocals"))
        }
        versions = [[version or PLAIN] for version in table["version"].to_pylist()]
        self._labels = {
            "genres": _Labels(_lists(table, "genres"), fold),
            "moods": _Labels(_lists(table, "moods"), fold),
            "artists": _Labels(artists, artist_key),
            "languages": _Labels(singles["languages"], fold),
            "vocals": _Labels(singles["vocals"], fold),
            "versions": _Labels(versions, fold),
        }
        self._words = {field: _Words(self._labels[field].bearers) for field in ("genres", "moods")}
        self._positions = {track_id: position for position, track_id in enumerate(table["id"].to_pylist())}

    def vocabulary(self, field: str) -> dict[str, int]:
        """Return the folded values of a field ("genres", "moods" ...) with the number of tracks of each."""
        return {label: len(positions) for label, positions in self._labels[field].bearers.items()}

    def apply(self, filters: Filters) -> tuple[Mask, Applied]:
        """Return the mask of shape (tracks,) that is True where a track meets `filters`, and what was done.

        Raises:
            QueryError: the years are inverted or no years, or a value is blank.
        """
        allowed = self.of_kinds(filters.kinds)
        unknown: dict[str, int] = {}
        unmatched: list[str] = []
        absent: list[str] = []
        self._apply_years(filters, allowed, unknown)
        for field in self.FIELDS:
            labels = self._labels[field]
            wanted, unwanted = getattr(filters, field), getattr(filters, f"without_{field}")
            if wanted:
                unknown[field] = int(np.count_nonzero(~labels.known))
                allowed &= labels.mask(self._resolve(field, wanted, unmatched))
            if unwanted:
                allowed &= ~labels.mask(self._resolve(field, unwanted, absent))
        gone = [self._positions[track_id] for track_id in filters.without_ids if track_id in self._positions]
        allowed[gone] = False
        return allowed, Applied(
            allowed=int(np.count_nonzero(allowed)),
            unknown=unknown,
            unmatched=tuple(unmatched),
            nothing_to_exclude=tuple(absent),
        )

    def of_kinds(self, kinds: Sequence[str] = ()) -> Mask:
        """Return a new mask of the items of these kinds; of tracks where none is named.

        Raises:
            QueryError: a kind that no item can have.
        """
        if unknown := [kind for kind in kinds if kind not in self._kinds]:
            raise QueryError(f"no such kind: {', '.join(unknown)}; there are {', '.join(KINDS)}")
        allowed = np.zeros(self._count, dtype=bool)
        for kind in kinds or ("track",):
            allowed |= self._kinds[kind]
        return allowed

    def kinds_at(self, positions: Iterable[int]) -> tuple[Kind, ...]:
        """Return the kinds that the items at `positions` have."""
        rows = np.fromiter(positions, dtype=np.int64)
        return tuple(kind for kind in KINDS if self._kinds[kind][rows].any())

    def _apply_years(self, filters: Filters, allowed: Mask, unknown: dict[str, int]) -> None:
        first, last = filters.year_from, filters.year_to
        for begin, end in map(_span, filters.without_years):
            allowed &= (self._years < begin) | (self._years > end)
        if first is None and last is None:
            return
        for year in (first, last):
            if year is not None and not 1000 <= year <= 9999:
                raise QueryError(f"{year} is not a year")
        if first is not None and last is not None and first > last:
            raise QueryError(f"the years {first} to {last} are the wrong way round")
        known = self._years >= 0
        unknown["years"] = int(np.count_nonzero(~known))
        allowed &= known
        if first is not None:
            allowed &= self._years >= first
        if last is not None:
            allowed &= self._years <= last

    def _resolve(self, field: str, values: Iterable[str], unmatched: list[str]) -> list[str]:
        """Return the labels of the catalog that `values` stand for; note the values that stand for none."""
        bearers = self._labels[field].bearers
        found: list[str] = []
        for value in values:
            if not value.strip():
                raise QueryError(f"a blank value among the {field}")
            key = artist_key(value) if field == "artists" else fold(value)
            if field in self._words:
                matches = self._words[field].containing(keys(key))
            else:
                matches = [key] if key in bearers else []
            if not matches:
                unmatched.append(f"{field}: {value}")
            found += matches
        return found


def _span(text: str) -> tuple[int, int]:
    match = re.fullmatch(r"\s*(\d{4})(?:\s*-\s*(\d{4}))?\s*", text)
    if match is None:
        raise QueryError(f"{text!r} are no years; write 1977 or 1970-1979")
    return int(match[1]), int(match[2] or match[1])


def _lists(table: pa.Table, column: str) -> list[list[str]]:
    return [list(row or ()) for row in table[column].to_pylist()]


def _contains(label: tuple[str, ...], wanted: tuple[str, ...]) -> bool:
    width = len(wanted)
    return any(label[start : start + width] == wanted for start in range(len(label) - width + 1))
