"""Recommending by search alone, in the shape of `segue.tools.ranking.recommend`; goes when that has landed."""

from collections.abc import Sequence

# ruff: noqa: D101, D102, B008
from dataclasses import dataclass, field
from typing import Any

from segue.tools.importance import ModalityWeights
from segue.tools.ranking.situation import Situation
from segue.tools.search.filters import Filters
from segue.tools.search.search import Searcher


@dataclass(frozen=True)
class Knobs:
    per_artist: int = 2
    diversity: float = 0.3
    novelty: float = 0.0
    one_per_work: bool = True


@dataclass(frozen=True)
class Recommended:
    position: int
    track: Any
    score: float
    sources: dict[str, float]
    modalities: dict[str, float] = field(default_factory=dict)
    depths: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Recommendation:
    tracks: tuple[Recommended, ...] = ()
    notes: tuple[str, ...] = ()
    degraded: tuple[str, ...] = ()
    seconds: dict[str, float] = field(default_factory=dict)


class Recommender:
    def __init__(self, catalog: Any, generator: Any = None) -> None:
        self.searcher = Searcher(catalog)

    def recommend(
        self,
        situation: Situation,
        k: int = 10,
        filters: Filters = Filters(),
        without: Sequence[int] = (),
        taste: Any = None,
        weights: ModalityWeights | None = None,
        knobs: Knobs = Knobs(),
    ) -> Recommendation:
        found = self.searcher.search(situation.message, k=k + len(without) + 30, filters=filters)
        out: list[Recommended] = []
        artists: dict[str, int] = {}
        works: set[str] = set()
        for hit in found.hits:
            a = hit.track.artists[0].name
            if hit.position in set(without) or artists.get(a, 0) >= knobs.per_artist or hit.track.work_id in works:
                continue
            works.add(hit.track.work_id)
            artists[a] = artists.get(a, 0) + 1
            out.append(Recommended(hit.position, hit.track, hit.score, {s: 1 / len(hit.sources) for s in hit.sources}))
            if len(out) == k:
                break
        return Recommendation(tuple(out))
