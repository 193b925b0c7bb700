"""Parts of an agent without a mind, for tests of products that embed it: everything around them is real.

    agent = MusicAgent(catalog=catalog, data=folder, **fakes(catalog, {"jazz, please": Wish(act="request", text="")}))

Threads, taste, receipts, obedience and replies behave as ever, and a turn takes milliseconds.
"""

import time
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

import numpy as np

from segue.agent.guard import Rules, obedient
from segue.agent.wish import ThreadView, Wish
from segue.memory.taste import Taste
from segue.tools.catalog.catalog import Catalog
from segue.tools.importance import ModalityWeights
from segue.tools.ranking.recommend import Recommendation, Recommended
from segue.tools.ranking.select import Knobs
from segue.tools.ranking.situation import Situation
from segue.tools.search.filters import FilterColumns, Filters


class FakeHearer:
    """Understands the messages that it was told, and takes any other for a request."""

    def __init__(self, wishes: Mapping[str, Wish] | None = None) -> None:
        self._wishes = dict(wishes or {})
        self.views: list[ThreadView] = []
        """What it was shown of the thread, message by message."""

    def hear(self, message: str, thread: ThreadView) -> Wish:
        """Return the wish for `message`."""
        self.views.append(thread)
        return self._wishes.get(message, Wish(act="request", text=message)).model_copy(update={"text": message})


class FakeImportance:
    """Finds that every message is about genre and mood."""

    def score(self, message: str, before: str = "") -> ModalityWeights:
        """Return the same weights whatever is said."""
        return ModalityWeights(ST=9, RI=2)


class FakeRecommender:
    """Offers the first tracks of the catalog that are allowed; a careless one forgets what is allowed."""

    def __init__(self, catalog: Catalog, *, careless: bool = False, seconds: float = 0.0, heeding: bool = True) -> None:
        self._heeding = heeding
        self._catalog = catalog
        self._columns = FilterColumns(catalog.table)
        self._at = lru_cache(1_000)(catalog.at)
        self._careless = careless
        self._seconds = seconds
        self.situations: list[Situation] = []
        """What it was asked, turn by turn."""
        self.wanted: list[tuple[str, ...]] = []
        """The labels that were wanted, turn by turn."""

    def heeds_generator(self, *, first: bool) -> bool:
        """Say what it was made to say."""
        return self._heeding

    def recommend(
        self,
        situation: Situation,
        k: int = 10,
        *,
        filters: Filters | None = None,
        without: Any = (),
        taste: Taste | None = None,
        context: str | None = None,
        weights: ModalityWeights | None = None,
        knobs: Knobs | None = None,
        wanted: Sequence[str] = (),
    ) -> Recommendation:
        """Return the first `k` tracks."""
        time.sleep(self._seconds)
        self.situations.append(situation)
        self.wanted.append(tuple(wanted))
        allowed, applied = self._columns.apply(Filters() if self._careless else filters or Filters())
        allowed = allowed.copy()
        if not self._careless:
            allowed[list(without)] = False
        rules = Rules(filters or Filters(), frozenset(without), taste, knobs or Knobs(), context)
        found: list[Recommended] = []
        for position in np.flatnonzero(allowed).tolist():
            found.append(self._recommended(position))
            if not self._careless:
                found = obedient(found, rules, self._columns)
            if len(found) == k:
                break
        return Recommendation(
            tracks=tuple(found),
            applied=applied,
            notes=(),
            degraded=(),
            seconds={},
            weights=weights or ModalityWeights(),
        )

    def _recommended(self, position: int) -> Recommended:
        return Recommended(
            position=position,
            track=self._at(position),
            score=1.0,
            sources={"lexical": 1.0},
            modalities={"ST": 0.8, "RI": 0.2},
            depths={"ST": 2, "RI": 1},
            taste=0.0,
        )


def fakes(catalog: Catalog, wishes: Mapping[str, Wish] | None = None) -> dict[str, Any]:
    """Return fake parts as arguments of `MusicAgent`."""
    return {
        "hearer": FakeHearer(wishes),
        "importance": FakeImportance(),
        "recommender": FakeRecommender(catalog),
    }
