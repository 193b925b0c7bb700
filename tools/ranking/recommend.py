"""One call from a situation to tracks with their reasons.

    sources -> candidates -> features -> learned order -> taste -> one version a work, cap per artist, knobs -> reasons

Knows which part does what, and none of them from within.
"""

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from segue.generator.codec import shared_depths
from segue.generator.distribution import CodeDistribution
from segue.generator.errors import QueryError, SegueError
from segue.generator.modality import MODALITIES
from segue.generator.track import Track
from segue.tools.catalog.catalog import Catalog
from segue.tools.importance.weights import ModalityWeights
from segue.tools.ranking.adapted_order import SHIPPED, Order, order_of
from segue.tools.ranking.asked import Asked
from segue.tools.ranking.features import Candidates, gather
from segue.tools.ranking.found import Found, Rows
from segue.tools.ranking.ranker import Ranker, Rankers
from segue.tools.ranking.select import Knobs, Selection, select
from segue.tools.ranking.situation import Situation
from segue.tools.ranking.sources import SOURCES
from segue.tools.ranking.sources.generated import modality_weights
from segue.tools.ranking.stock import Distributes, Stock, Weighs
from segue.tools.search.filters import Applied, Filters
from segue.tools.search.search import Searcher

if TYPE_CHECKING:
    from segue.memory.events import Subject
    from segue.memory.taste import Taste

DEPTH: Final = 200
"""Tracks taken from each source."""
GIVEN: Final = "given"
"""The name of an order that whoever made the recommender brought along."""
TASTE: Final = 0.5
"""How many points of score a taste of full strength is worth: enough to decide between tracks that fit a wish alike."""
WANTED: Final = 1.0
"""How many points of score it is worth to bear all labels that a wish names."""

_KEPT: Final = 8_192
"""Tracks whose attributes are kept for the next turns."""


@dataclass(frozen=True)
class Recommended:
    """One track and why it stands where it stands."""

    position: int
    """In the catalog."""
    track: Track
    score: float
    """Compares tracks of one recommendation, nothing else."""
    sources: dict[str, float]
    """Share of each source in the score, together 1 (or all 0)."""
    modalities: dict[str, float]
    """Share of each modality (its letters) in what the generator found likely; empty without a generator."""
    depths: dict[str, int]
    """Levels, 0 to 3, in which the track's semantic ID is the one that the generator would have written."""
    taste: float
    """What the listener's taste added."""


@dataclass(frozen=True)
class Recommendation:
    """The tracks, and what was done on the way to them."""

    tracks: tuple[Recommended, ...]
    applied: Applied
    """What the filters did to the catalog."""
    notes: tuple[str, ...]
    """Sentences on what was left out."""
    degraded: tuple[str, ...]
    """Sentences on what could not be asked; empty when all is well."""
    seconds: dict[str, float]
    """Time by source, and of the rest ("order")."""
    weights: ModalityWeights
    """How much each modality mattered."""
    order: str = SHIPPED
    """Whose learned order placed the tracks: the shipped one or the catalog's own (`adapted_order`)."""


class Recommender:
    """Recommends tracks of one opened catalog. Opens what it needs at first use; `warm` does so at once."""

    def __init__(
        self,
        catalog: Catalog,
        *,
        generator: Distributes | None = None,
        searcher: Searcher | None = None,
        rankers: Rankers | None = None,
        sources: Sequence[str] = tuple(SOURCES),
        importance: Weighs | None = None,
    ) -> None:
        """`generator` speaks the catalog's codes; `sources` leaves some out; `importance` is as in `Stock`.

        `rankers` are by default the catalog's own or else the shipped ones. Raises what `order_of` raises.
        """
        if unknown := set(sources) - set(SOURCES):
            raise QueryError(f"no such source: {', '.join(sorted(unknown))}; there are {', '.join(SOURCES)}")
        self.stock = Stock(catalog, searcher=searcher, generator=generator, importance=importance)
        self._order = Order(rankers, GIVEN) if rankers is not None else order_of(catalog)
        self._sources = tuple(sources)
        # Making a track of a row takes longer than all that is done with it: those asked for again are kept.
        self._attributes = lru_cache(_KEPT)(self._read_attributes)

    @cached_property
    def ranker(self) -> Ranker:
        """The order that was fitted to the sources at hand."""
        return self._ranker_without(set())

    def _ranker_without(self, failed: set[str]) -> Ranker:
        """Return the order that was fitted to the sources at hand but for those that have failed."""
        lost = failed | ({"generator"} if self.stock.generator is None else set())
        lost |= {"two-tower"} if self.stock.tower_index is None else set()
        return self._order.rankers.over([source for source in self._sources if source not in lost])

    def heeds_generator(self, *, first: bool) -> bool:
        """Tell whether what the generator says can change the order, and so whether modality weights and tokens act.

        `first`: whether it is the first message of its thread.
        """
        return self.stock.generator is not None and self.ranker.heeds("generator", first=first)

    def warm(self) -> None:
        """Open every index and model, which takes seconds, so that the first turn does not."""
        if len(self.stock):
            self.recommend(Situation("warm"), k=1, wanted=("warm",))

    def recommend(
        self,
        situation: Situation,
        k: int = 10,
        *,
        filters: Filters | None = None,
        without: Iterable[int] = (),
        taste: "Taste | None" = None,
        context: str | None = None,
        weights: ModalityWeights | None = None,
        knobs: Knobs | None = None,
        listener: NDArray[np.float32] | None = None,
        wanted: Sequence[str] = (),
    ) -> Recommendation:
        """Return the `k` best tracks, fewer where no more are allowed.

        Args:
            situation: the dialogue so far.
            k: tracks wanted.
            filters: hard constraints; no track that fails them is ever returned.
            without: positions of tracks that are never returned (banned, played, rejected); so are those rated before.
            taste: the listener's; what it bans is never returned either.
            context: where the listener is ("gym"), for a taste that depends on it.
            weights: modality weights instead of the importance head's.
            knobs: cap per artist, versions, diversity, novelty.
            listener: the listener's soft token, for the generator.
            wanted: genres, moods, instruments and the like that were understood to be wanted; tracks that bear them
                come before tracks that only sound like the words.

        Raises:
            QueryError: `k` below 1, malformed filters or knobs, a soft token and no generator that reads it.
        """
        if k < 1:
            raise QueryError(f"{k} tracks asked for")
        asked = Asked(situation, self.stock, weights=weights, listener=listener)
        allowed, applied = self.stock.searcher.columns.apply(filters or Filters())
        allowed = allowed.copy()
        allowed[list(situation.rated)] = False
        allowed[list(without)] = False
        seconds: dict[str, float] = {}
        degraded: list[str] = []
        failed: set[str] = set()
        found = self.ask(asked, allowed, seconds=seconds, degraded=degraded, failed=failed)
        ranker = self._ranker_without(failed) if failed else self.ranker
        started = time.perf_counter()
        rows = union(found.values())
        candidates = gather(asked, found, rows)
        scores = ranker.scores(candidates)
        liking = self._taste(taste, rows, context)
        scores = (scores + TASTE * np.nan_to_num(liking)).astype(np.float32)
        if wanted:
            scores += WANTED * self.stock.labels.share(wanted)[rows]
        scores = np.where(np.isnan(liking), np.float32(-np.inf), scores)
        kept = np.flatnonzero(np.isfinite(scores))
        chosen = select(self.stock, rows[kept], scores[kept], k, knobs or Knobs())
        places = kept[list(chosen.chosen)] if chosen.chosen else np.zeros(0, dtype=np.int64)
        distribution = None if "generator" in failed or "generator" not in self._sources else asked.distribution
        tracks = self._explain(asked, ranker, distribution, candidates, scores, liking, places)
        seconds["order"] = time.perf_counter() - started
        return Recommendation(
            tracks=tracks, applied=applied, notes=tuple(_notes(chosen, len(rows) - len(kept))),
            degraded=tuple(degraded), seconds=seconds, weights=asked.weights, order=self._order.name,
        )  # fmt: skip

    def ask(
        self,
        asked: Asked,
        allowed: NDArray[np.bool_],
        *,
        seconds: dict[str, float],
        degraded: list[str],
        failed: set[str] | None = None,
    ) -> dict[str, Found | None]:
        """Return what each source finds, None for those left out; what fails is said in `degraded`, never hidden.

        `failed` takes the names of the sources that failed.
        """
        found: dict[str, Found | None] = dict.fromkeys(SOURCES)
        if asked.stock.generator is None and "generator" in self._sources:
            degraded.append("Ranked without the generator.")
        if asked.stock.tower_index is None and "two-tower" in self._sources:
            degraded.append("Ranked without the two-tower retriever: the catalog's texts have another encoder.")
        for name in self._sources:
            started = time.perf_counter()
            try:
                found[name] = SOURCES[name](asked, allowed, DEPTH)
            except SegueError as error:
                degraded.append(f"Ranked without {name}: {error}")
                if failed is not None:
                    failed.add(name)
            seconds[name] = time.perf_counter() - started
        return found

    def _taste(self, taste: "Taste | None", rows: Rows, context: str | None) -> NDArray[np.float64]:
        """Return -1 to 1 for each track, NaN for those that the listener banned."""
        liking = np.zeros(len(rows))
        if taste is None or not (taste.leanings or taste.bans):
            return liking
        for at, position in enumerate(rows.tolist()):
            track_id, attributes = self._attributes(position)
            banned = taste.is_banned(attributes, track_id, context)
            liking[at] = np.nan if banned else taste.score(attributes, context)
        return liking

    def _read_attributes(self, position: int) -> "tuple[str, tuple[Subject, ...]]":
        from segue.memory.events import attributes_of

        track = self.stock.catalog.at(position)
        return track.id, attributes_of(track)

    def _explain(
        self,
        asked: Asked,
        ranker: Ranker,
        distribution: CodeDistribution | None,
        candidates: Candidates,
        scores: NDArray[np.float32],
        liking: NDArray[np.float64],
        places: Rows,
    ) -> tuple[Recommended, ...]:
        rows = candidates.rows[places]
        gains, depths = self._by_modality(asked, distribution, rows)
        shares = ranker.shares(candidates.at(places))
        tracks = []
        for at, (place, position) in enumerate(zip(places.tolist(), rows.tolist(), strict=True)):
            tracks.append(
                Recommended(
                    position=position, track=self.stock.catalog.at(position), score=float(scores[place]),
                    sources=shares[at],
                    modalities=_shares(gains[at]) if gains is not None else {},
                    depths=dict(zip(MODALITIES, depths[at].tolist(), strict=True)) if depths is not None else {},
                    taste=float(TASTE * liking[place]),
                )
            )  # fmt: skip
        return tuple(tracks)

    def _by_modality(
        self, asked: Asked, distribution: CodeDistribution | None, rows: Rows
    ) -> tuple[NDArray[np.float32] | None, NDArray[np.integer[Any]] | None]:
        if distribution is None:
            return None, None
        codes = self.stock.codes.codes(rows)
        gains = distribution.log_probabilities(codes) - self.stock.prior.log_p[rows]
        return (gains * modality_weights(asked)).astype(np.float32), shared_depths(codes, distribution.best)


def union(found: Iterable[Found | None]) -> Rows:
    """Return the tracks that any source found, ascending."""
    answers = [answer.positions for answer in found if answer is not None]
    return np.unique(np.concatenate(answers)) if answers else np.zeros(0, dtype=np.int64)


def _shares(gains: NDArray[np.float32]) -> dict[str, float]:
    positive = np.maximum(gains, 0)
    total = float(positive.sum())
    return {
        str(m): float(value) / total if total > 0 else 0.0
        for m, value in zip(MODALITIES, positive.tolist(), strict=True)
    }


def _notes(selection: Selection, banned: int) -> list[str]:
    notes = []
    if banned:
        notes.append(f"Left out {banned} tracks that you never want to hear.")
    if selection.other_versions:
        notes.append(f"Left out {selection.other_versions} other versions of tracks shown.")
    if selection.over_cap:
        notes.append(f"Left out {selection.over_cap} more tracks of artists shown.")
    return notes
