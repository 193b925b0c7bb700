"""The ranking as rows of a dialogue bench: each source alone, every stack without one source, and the full stack.

A stack without a source is the order that was fitted without it (`ranking.training`), so that what a source adds is not
flattered by weights that counted on it. Only a catalog folder has what the sources need. Knows sources and rankers by
name.
"""

from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from segue.evals.rankers import Corpus, Ranker, Scores
from segue.generator.errors import UserError
from segue.tools.catalog.adapted import compact_folder
from segue.tools.catalog.catalog import Catalog
from segue.tools.catalog.semantic_ids import open_codes
from segue.tools.ranking.adapted_order import order_of
from segue.tools.ranking.asked import Asked
from segue.tools.ranking.features import gather
from segue.tools.ranking.found import Found
from segue.tools.ranking.ranker import Ranker as Order
from segue.tools.ranking.ranker import Rankers
from segue.tools.ranking.recommend import DEPTH, union
from segue.tools.ranking.situation import Situation
from segue.tools.ranking.sources import SOURCES
from segue.tools.ranking.stock import Stock
from segue.tools.ranking.tower import Tower
from segue.tools.ranking.training import let_see, shelf_of

FULL: Final = "stack"


class _Asker:
    """Asks every source once a turn, whoever wants to know."""

    def __init__(self, stock: Stock) -> None:
        self.stock = stock
        self._last: tuple[Situation, NDArray[np.bool_], Asked, dict[str, Found | None]] | None = None

    def ask(self, state: Situation, allowed: NDArray[np.bool_]) -> tuple[Asked, dict[str, Found | None]]:
        last = self._last
        if last is None or last[0] is not state or not np.array_equal(last[1], allowed):
            asked = Asked(state, self.stock)
            found = {name: find(asked, allowed, DEPTH) for name, find in SOURCES.items()}
            self._last = last = (state, allowed.copy(), asked, found)
        return last[2], last[3]


class _Alone:
    """One source, over all tracks that it knows."""

    def __init__(self, source: str, asker: _Asker) -> None:
        self.name = f"source {source}"
        self._source = source
        self._asker = asker

    def scores(self, state: Situation) -> Scores:
        """See `Ranker`."""
        count = len(self._asker.stock)
        found = self._asker.ask(state, _unrated(state, count))[1][self._source]
        return found.scores(np.arange(count)) if found is not None else np.full(count, -np.inf, dtype=np.float32)


class _Stack:
    """A learned order over the union of what its sources find; no other track is ranked."""

    def __init__(self, name: str, asker: _Asker, order: Order, without: str | None) -> None:
        self.name = name
        self._asker = asker
        self._order = order
        self._without = without

    def scores(self, state: Situation) -> Scores:
        """See `Ranker`."""
        count = len(self._asker.stock)
        asked, found = self._asker.ask(state, _unrated(state, count))
        if self._without is not None:
            found = found | {self._without: None}
        candidates = gather(asked, found, union(found.values()))
        scores = np.full(count, -np.inf, dtype=np.float32)
        scores[candidates.rows] = self._order.scores(candidates)
        return scores


def stack_rows(corpus: Corpus, catalog: Path, weights: Path | None = None) -> list[Ranker]:
    """Return all rows, by the weights in the folder `weights`, or else the catalog's own or the shipped ones.

    Raises UserError where `catalog` is no catalog folder.
    """
    from segue.generator.compact_generator import COMPACT
    from segue.generator.shipped import compact_generator

    if not catalog.is_dir():
        raise UserError(
            f"{catalog} is no catalog folder: the ranking needs its indexes (segue catalog import makes one)"
        )
    opened = Catalog.open(catalog)
    generator = compact_generator(compact_folder(catalog) or COMPACT, tokenizer=open_codes(opened).fingerprint)
    stock = Stock(opened, generator=generator)
    if weights is None:
        return rows_of(stock, order_of(opened).rankers)
    let_see(stock, Tower.load(weights), shelf_of(opened, corpus.encoder))
    return rows_of(stock, Rankers.load(weights, tuple(SOURCES)))


def rows_of(stock: Stock, rankers: Rankers) -> list[Ranker]:
    """Return the rows over a stock: the sources, the stacks without those that have one, and the full stack."""
    asker = _Asker(stock)
    without = [_Stack(f"{FULL} without {s}", asker, rankers.without[s], s) for s in SOURCES if s in rankers.without]
    return [*(_Alone(source, asker) for source in SOURCES), *without, _Stack(FULL, asker, rankers.full, None)]


def _unrated(state: Situation, count: int) -> NDArray[np.bool_]:
    allowed = np.ones(count, dtype=bool)
    allowed[list(state.rated)] = False
    return allowed
