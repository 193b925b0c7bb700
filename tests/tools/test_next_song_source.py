"""The ranker's source of what comes next."""

from collections.abc import Iterator

import numpy as np
import pytest

from segue.tools.catalog.catalog import Catalog
from segue.tools.catalog.default import default_catalog
from segue.tools.next_song_source import find
from segue.tools.ranking.asked import Asked
from segue.tools.ranking.situation import PastTurn, Situation
from segue.tools.ranking.stock import Stock


@pytest.fixture(scope="module")
def stock() -> Iterator[Stock]:
    with Catalog.open(default_catalog()) as catalog:
        yield Stock(catalog)


def of_genre(stock: Stock, genre: str) -> list[int]:
    column = stock.catalog.table["genres"].to_pylist()
    return [row for row, genres in enumerate(column) if genre in " ".join(genres or ())]


@pytest.mark.parametrize("genre", ["reggae", "country", "metal"])
def test_what_comes_next_is_like_what_was_liked(stock: Stock, genre: str) -> None:
    rows = of_genre(stock, genre)
    allowed = np.ones(len(stock), dtype=bool)
    allowed[rows[:4]] = False
    past = (PastTurn("hello", "", tuple(rows[:2])), PastTurn("more", "", tuple(rows[2:4])))
    found = find(Asked(Situation("more", past), stock), allowed, 20)
    assert found is not None
    assert len(found.positions) == 20
    assert not set(found.positions.tolist()) & set(rows[:4])
    share = len(set(found.positions.tolist()) & set(rows)) / 20
    assert share > 4 * len(rows) / len(stock)
    best = found.scores(found.positions)
    assert (np.diff(best) <= 0).all()


def test_before_anything_was_rated_nothing_comes_next(stock: Stock) -> None:
    assert find(Asked(Situation("hello"), stock), np.ones(len(stock), dtype=bool), 5) is None
