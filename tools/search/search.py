"""Search over a catalog: lexical and dense retrieval, fused by rank, filtered, with named artists and titles first.

    with Catalog.open(folder) as catalog:
        result = search(catalog, "mellow 90s trip hop, not live", k=5)

A `Searcher` holds what searching one opened catalog needs; keep it for as long as the catalog is open. Knows nothing of
conversations or listeners.
"""

from collections.abc import Sequence
from functools import cached_property
from typing import Final, Literal
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict

from segue.generator.errors import QueryError
from segue.generator.sentences import TextEncoder, encoder_named
from segue.generator.track import Track
from segue.tools.catalog.catalog import Catalog
from segue.tools.search.entities import EntityLinker, Mention
from segue.tools.search.filters import Applied, FilterColumns, Filters
from segue.tools.search.fusion import Fused, Ranking, fuse
from segue.tools.search.lexical import LexicalIndex
from segue.tools.search.name_index import NameIndex
from segue.tools.search.query import Understood, understand
from segue.tools.search.words import words

Source = Literal["lexical", "dense"]
SOURCES: Final[tuple[Source, ...]] = ("lexical", "dense")
DEPTH: Final = 200
"""Tracks taken from each source before fusion; more where more hits are asked for."""
NAMED: Final = "named"
"""The source of tracks whose title, album or artist the query names."""


class Hit(BaseModel):
    """One track that was found."""

    model_config = ConfigDict(frozen=True)

    track: Track
    position: int
    """Its zero-based position in the catalog."""
    score: float
    """Sum of reciprocal ranks; compares hits of one search that are named alike, nothing else."""
    sources: dict[str, tuple[int, float]]
    """For each source that found it ("lexical", "dense", "named"): its rank there, from 1, and its score there."""


class SearchResult(BaseModel):
    """The hits and what was made of the query."""

    model_config = ConfigDict(frozen=True)

    query: str
    searched_for: str
    """The words that were searched for, without what became a filter."""
    hits: tuple[Hit, ...]
    mentions: tuple[Mention, ...]
    """Artists, titles and albums that the query names."""
    filters: Filters
    """All filters that were applied, those given and those read from the query."""
    applied: Applied
    """What the filters did to the catalog."""
    notes: tuple[str, ...]
    """Sentences on what was read from the query, and on what could not be done as asked."""


class Searcher:
    """Searches one opened catalog. Indexes are opened at first use; safe to share between threads after that."""

    def __init__(self, catalog: Catalog, *, encoder: TextEncoder | None = None) -> None:
        """Search `catalog`, encoding queries with `encoder` (by default the one that the catalog was built with)."""
        self.catalog = catalog
        self._encoder = encoder

    @cached_property
    def lexical(self) -> LexicalIndex:
        """The lexical index of the catalog."""
        return LexicalIndex.open(self.catalog.folder)

    @cached_property
    def linker(self) -> EntityLinker:
        """The entity linker over the catalog's names."""
        return EntityLinker(NameIndex.open(self.catalog.folder))

    @cached_property
    def columns(self) -> FilterColumns:
        """The columns that filters look at."""
        return FilterColumns(self.catalog.table)

    @cached_property
    def encoder(self) -> TextEncoder:
        """The encoder of queries.

        Raises:
            QueryError: it is not the one that made the catalog's vectors.
        """
        record = self.catalog.dense.encoder
        encoder = self._encoder or encoder_named(record.name)
        if encoder.fingerprint != record.fingerprint:
            raise QueryError(
                f"this catalog was embedded with {record.name} ({record.fingerprint}), not with "
                f"{encoder.name} ({encoder.fingerprint}); `segue catalog repair` embeds it anew"
            )
        return encoder

    @cached_property
    def _popularity(self) -> NDArray[np.float64]:
        values = self.catalog.table["popularity"].to_pylist()
        return np.array([0.0 if value is None else value for value in values])

    @cached_property
    def _plain(self) -> NDArray[np.bool_]:
        return np.array([version is None for version in self.catalog.table["version"].to_pylist()], dtype=bool)

    def search(
        self, query: str, *, k: int = 10, filters: Filters | None = None, sources: Sequence[Source] = SOURCES
    ) -> SearchResult:
        """Return the `k` best tracks for `query`; see `search`."""
        if k < 1:
            raise QueryError(f"{k} tracks asked for")
        if unknown := set(sources) - set(SOURCES):
            raise QueryError(f"no such source: {', '.join(sorted(unknown))}; there are {', '.join(SOURCES)}")
        if not words(query):
            raise QueryError("the query has no words")
        mentions = self.linker.link(query, bare=True)
        understood = understand(query, mentions)
        wanted = understood.filters.merge(filters or Filters())
        allowed, applied = self.columns.apply(wanted)
        rankings = self._rankings(understood, mentions, allowed, max(DEPTH, k), sources)
        fused = fuse(rankings)
        tiers = tiers_of(mentions)
        # A stable sort: within a tier the fused order stands.
        fused.sort(key=lambda found: tiers.get(found.position, len(_TIERS)))
        return SearchResult(
            query=query,
            searched_for=understood.text,
            hits=tuple(self._hit(found) for found in fused[:k]),
            mentions=tuple(mentions),
            filters=wanted,
            applied=applied,
            notes=tuple(_notes(understood, mentions, applied, allowed)),
        )

    def _rankings(
        self,
        understood: Understood,
        mentions: Sequence[Mention],
        allowed: NDArray[np.bool_],
        depth: int,
        sources: Sequence[Source],
    ) -> dict[str, Ranking]:
        rankings: dict[str, Ranking] = {}
        if "lexical" in sources:
            rankings["lexical"] = self.lexical.query(understood.text, depth, allowed=allowed)
        if "dense" in sources:
            vector = self.encoder.encode([understood.text])[0]
            found = self.catalog.dense.query(vector, depth, allowed=allowed)
            rankings["dense"] = Ranking(found.positions, found.scores)
        if mentions:
            rankings[NAMED] = self._named(mentions, allowed)
        return rankings

    def _named(self, mentions: Sequence[Mention], allowed: NDArray[np.bool_]) -> Ranking:
        """Rank the named tracks: better named first, then plain recordings, then the popular ones."""
        tiers = tiers_of(mentions)
        positions = np.array([position for position in tiers if allowed[position]], dtype=np.int64)
        tier = np.array([tiers[int(position)] for position in positions], dtype=np.int64)
        order = np.lexsort((positions, -self._popularity[positions], ~self._plain[positions], tier))
        likelihood: dict[int, float] = {}
        for mention in mentions:
            for position in mention.positions:
                likelihood[position] = max(mention.score, likelihood.get(position, 0.0))
        ordered = positions[order]
        return Ranking(ordered, np.array([likelihood[int(p)] for p in ordered], dtype=np.float32))

    def _hit(self, found: Fused) -> Hit:
        track = self.catalog.at(found.position)
        return Hit(track=track, position=found.position, score=found.score, sources=found.sources)


_TIERS: Final = ("work and artist", "title", "album", "artist")
"""How well a track is named, best first."""
_searchers: "WeakKeyDictionary[Catalog, Searcher]" = WeakKeyDictionary()


def search(
    catalog: Catalog,
    query: str,
    *,
    k: int = 10,
    filters: Filters | None = None,
    sources: Sequence[Source] = SOURCES,
) -> SearchResult:
    """Return the `k` best tracks of `catalog` for `query`.

    Tracks whose title, album or artist the query names come first; the rest follow by reciprocal rank fusion of
    `sources`. Years, unwanted versions and "by ARTIST" become filters where the query leaves no doubt, which the notes
    of the result declare. The first call for a catalog opens its indexes (seconds), later ones take milliseconds.

    Raises:
        QueryError: an empty query, k below 1, an unknown source, a malformed filter, or a foreign encoder.
    """
    searcher = _searchers.get(catalog)
    if searcher is None:
        searcher = _searchers[catalog] = Searcher(catalog)
    return searcher.search(query, k=k, filters=filters, sources=sources)


def tiers_of(mentions: Sequence[Mention]) -> dict[int, int]:
    """Return, for each named track, how well it is named (index in `_TIERS`)."""
    by_kind: dict[str, set[int]] = {"artist": set(), "title": set(), "album": set()}
    for mention in mentions:
        by_kind[mention.kind].update(mention.positions)
    tiers: dict[int, int] = {}
    for tier, kind in enumerate(("title", "album", "artist"), 1):
        for position in by_kind[kind]:
            tiers.setdefault(position, tier)
    for position in (by_kind["title"] | by_kind["album"]) & by_kind["artist"]:
        tiers[position] = 0
    return tiers


def _notes(
    understood: Understood, mentions: Sequence[Mention], applied: Applied, allowed: NDArray[np.bool_]
) -> list[str]:
    notes = [f"Applied: {piece}." for piece in understood.applied]
    notes += [f"Not applied: {piece}." for piece in understood.not_applied]
    notes += [f"No track has {value}." for value in applied.unmatched]
    notes += [f"Nothing to leave out: no track has {value}." for value in applied.nothing_to_exclude]
    notes += [f"{count} tracks lack {field} and were left out." for field, count in applied.unknown.items() if count]
    for mention in mentions:
        if not allowed[list(mention.positions)].any():
            notes.append(f"The filters leave out all tracks of {mention.kind} {mention.name!r}.")
    if not allowed.any():
        notes.append("No track meets the filters.")
    return notes
