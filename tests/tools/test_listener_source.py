"""The ranker's source of what suits the listener."""

from collections.abc import Iterator

import numpy as np
import pytest

from segue.tools.catalog.catalog import Catalog
from segue.tools.catalog.default import default_catalog
from segue.tools.listener_source import find
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


def asked(stock: Stock, liked: list[int], disliked: list[int]) -> Asked:
    return Asked(Situation("more", (PastTurn("hello", "", tuple(liked), tuple(disliked)),)), stock)


def test_what_is_liked_is_found_again_in_its_kind_and_what_is_disliked_is_not(stock: Stock) -> None:
    reggae, country = of_genre(stock, "reggae"), of_genre(stock, "country")
    allowed = np.ones(len(stock), dtype=bool)
    allowed[[*reggae[:3], *country[:3]]] = False
    found = find(asked(stock, reggae[:3], country[:3]), allowed, 20)
    assert found is not None
    assert len(found.positions) == 20
    assert len(set(found.positions.tolist()) & set(reggae)) > 10
    assert not set(found.positions.tolist()) & {*reggae[:3], *country[:3]}
    turned = find(asked(stock, country[:3], reggae[:3]), allowed, 20)
    assert turned is not None
    rows = np.array([reggae[10], country[10]])
    assert found.scores(rows)[0] > found.scores(rows)[1]
    assert turned.scores(rows)[0] < turned.scores(rows)[1]


def test_before_anything_was_rated_there_is_nothing_to_go_by(stock: Stock) -> None:
    assert find(Asked(Situation("hello"), stock), np.ones(len(stock), dtype=bool), 5) is None
