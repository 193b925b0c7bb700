"""Lexical search: BM25 over the fields of a track, one index per field, memory-mapped from the catalog folder.

    lexical/meta.json    format, number of tracks, fields
    lexical/FIELD/       the arrays and the vocabulary of one field, as bm25s writes them

Fields are scored apart, so that a caller sees where a match came from, and summed with weights. Knows terms and
positions; filters come in as a mask.
"""

import json
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Final, Self

import bm25s
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from segue.generator.errors import CatalogCorrupt, QueryError
from segue.generator.track import Track
from segue.tools.catalog.dense import best
from segue.tools.catalog.derived import Change
from segue.tools.search.fusion import Ranking
from segue.tools.search.terms import query_terms, terms

FOLDER: Final = "lexical"
_FORMAT: Final = 1

WEIGHTS: Final[Mapping[str, float]] = MappingProxyType(
    {"title": 0.7, "artists": 1.5, "album": 0.3, "tags": 1.0, "people": 0.5, "text": 0.3}
)
"""Factor of each field in the sum. Those of title, artists and album were chosen on the liked tracks of recorded
conversations (MRR .264; equal weights .190; with the words of asking left in .200)."""


def field_texts(track: Track) -> dict[str, str]:
    """Return the text of each field of a track."""
    artists = track.artists
    return {
        "title": track.title,
        "artists": " ".join(artist.name for artist in artists),
        "album": track.album or "",
        "tags": " ".join(
            (
                *track.genres, *(genre for artist in artists for genre in artist.genres),
                *track.moods, *track.themes, *track.tags, *track.activities, *track.instruments,
                f"{track.vocals} vocals" if track.vocals else "", track.language or "",
                f"{track.year} {track.decade}s" if track.year else "", track.version or "", track.tempo_class or "",
            )
        ),
        "people": " ".join((*(credit.name for credit in track.credits), *(n for a in artists for n in a.associated))),
        "text": " ".join((*track.facts, *(f"{a.about or ''} {a.origin or ''}" for a in artists))),
    }  # fmt: skip


def weighted(scores: Mapping[str, NDArray[np.float32]], weights: Mapping[str, float]) -> NDArray[np.float32] | None:
    """Return the weighted sum of `LexicalIndex.field_scores`, shape (tracks,); None where no field found anything."""
    total: NDArray[np.float32] | None = None
    for field, values in scores.items():
        part = np.float32(weights.get(field, 0.0)) * values
        total = part if total is None else total + part
    return total


class LexicalIndex:
    """BM25 scores of a catalog's tracks, per field and in sum. Safe to share between threads."""

    def __init__(
        self, fields: Mapping[str, bm25s.BM25], tracks: int, *, weights: Mapping[str, float] = WEIGHTS
    ) -> None:
        self._fields = dict(fields)
        self.weights = dict(weights)
        self.tracks = tracks

    @classmethod
    def build(
        cls,
        tracks: Iterable[Track],
        *,
        weights: Mapping[str, float] = WEIGHTS,
        progress: Callable[[int], None] | None = None,
    ) -> Self:
        """Index `tracks`; positions count them from 0 in the order given.

        `progress` is called with the number of tracks finished since the last call.
        """
        documents: dict[str, list[list[int]]] = {field: [] for field in WEIGHTS}
        vocabularies: dict[str, dict[str, int]] = {field: {} for field in WEIGHTS}
        count = 0
        for track in tracks:
            for field, text in field_texts(track).items():
                numbers = vocabularies[field]
                documents[field].append([numbers.setdefault(term, len(numbers)) for term in terms(text)])
            count += 1
            if progress and count % 1_000 == 0:
                progress(1_000)
        if progress:
            progress(count % 1_000)
        fields = {}
        for field, rows in documents.items():
            if any(rows):
                fields[field] = bm25s.BM25(k1=1.2, b=0.75, method="lucene")
                fields[field].index((rows, vocabularies[field]), show_progress=False)
        return cls(fields, count, weights=weights)

    @classmethod
    def open(cls, version: Path, *, weights: Mapping[str, float] = WEIGHTS) -> Self:
        """Open the index of the catalog version in folder `version`, memory-mapped.

        Raises:
            CatalogCorrupt: it is missing or damaged.
        """
        folder = version / FOLDER
        try:
            meta = json.loads((folder / "meta.json").read_text("utf-8"))
            if meta["format"] != _FORMAT:
                raise CatalogCorrupt(f"{folder} has format {meta['format']}; this release reads {_FORMAT}")
            fields = {
                field: bm25s.BM25.load(folder / field, mmap=True, show_progress=False) for field in meta["fields"]
            }
            return cls(fields, int(meta["tracks"]), weights=weights)
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise CatalogCorrupt(f"{folder} cannot be read: {error}") from error

    def save(self, version: Path) -> None:
        """Write the index into the catalog version in folder `version`."""
        folder = version / FOLDER
        folder.mkdir(parents=True)
        for field, index in self._fields.items():
            index.save(folder / field, show_progress=False)
        meta = {"format": _FORMAT, "tracks": self.tracks, "fields": list(self._fields)}
        (folder / "meta.json").write_text(json.dumps(meta), encoding="utf-8")

    def field_scores(self, query: str) -> dict[str, NDArray[np.float32]]:
        """Return, for each field in which the query finds anything, the scores of all tracks, shape (tracks,)."""
        wanted = query_terms(query)
        scores: dict[str, NDArray[np.float32]] = {}
        for field, index in self._fields.items():
            numbers = index.get_tokens_ids(wanted)
            if numbers:
                scores[field] = index.get_scores_from_ids(numbers)
        return scores

    def scores(self, query: str) -> NDArray[np.float32]:
        """Return the weighted sum over the fields, shape (tracks,); 0 where nothing matches."""
        total = weighted(self.field_scores(query), self.weights)
        return np.zeros(self.tracks, dtype=np.float32) if total is None else total

    def query(self, text: str, k: int, *, allowed: NDArray[np.bool_] | None = None) -> Ranking:
        """Return the `k` best matching tracks, fewer where fewer match; ties go to the lower position.

        Raises:
            QueryError: `k` is below 1 or the mask does not fit the catalog.
        """
        if k < 1:
            raise QueryError(f"{k} best tracks asked for")
        if allowed is not None and allowed.shape != (self.tracks,):
            raise QueryError(f"a mask of shape {allowed.shape} for {self.tracks} tracks")
        scores = self.scores(text)
        matching = np.flatnonzero(scores > 0 if allowed is None else (scores > 0) & allowed)
        return Ranking(*best(matching, scores[matching], k))


class LexicalArtefact:
    """The lexical index as a derived artefact of a catalog: built anew for each version (37,000 tracks: seconds)."""

    name = FOLDER

    def build(self, change: Change) -> None:
        """Index the tracks of the new version."""
        with change.stage(FOLDER, change.table.num_rows) as progress:
            LexicalIndex.build(change.tracks(), progress=progress).save(change.folder)

    def check(self, folder: Path, table: pa.Table) -> None:
        """Raise CatalogCorrupt where the index is missing or counts other tracks than the table."""
        index = LexicalIndex.open(folder)
        if index.tracks != table.num_rows:
            raise CatalogCorrupt(f"{folder / FOLDER} indexes {index.tracks} tracks, not {table.num_rows}")
