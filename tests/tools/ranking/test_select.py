"""What happens between the order and the answer."""

import numpy as np
import pytest

from segue.generator.errors import QueryError
from segue.tools.catalog.catalog import Catalog
from segue.tools.ranking.select import Knobs, select
from segue.tools.ranking.stock import Stock


@pytest.fixture(scope="module")
def stock(catalog: Catalog) -> Stock:
    return Stock(catalog)


ROWS = np.arange(40)
FALLING = np.linspace(1, 0, 40, dtype=np.float32)


def test_by_score_alone_the_order_stands(stock: Stock) -> None:
    found = select(stock, ROWS, FALLING, 5, Knobs(per_artist=None, one_per_work=False))
    assert found.chosen == (0, 1, 2, 3, 4)
    assert (found.other_versions, found.over_cap) == (0, 0)


def test_an_artist_gets_no_more_than_the_cap_and_those_left_out_are_counted(stock: Stock) -> None:
    found = select(stock, ROWS, FALLING, 8, Knobs(per_artist=1))
    assert [stock.catalog.at(at).artist for at in found.chosen] == [
        "Massive Attack",
        "Dolly Parton",
        "Sade",
        "Radiohead",
    ]
    assert found.over_cap == 36 - found.other_versions


def test_one_version_of_a_work(stock: Stock) -> None:
    found = select(stock, ROWS, FALLING, 40, Knobs(per_artist=None))
    works = stock.works[list(found.chosen)]
    assert len(set(works.tolist())) == len(works) == 35
    assert found.other_versions == 5
    assert 7 not in found.chosen  # the live version of track 3, which stands above it


def test_diversity_takes_what_is_unlike_the_tracks_above(stock: Stock) -> None:
    vectors = stock.catalog.dense.vectors

    def likeness(diversity: float) -> float:
        chosen = select(stock, ROWS, FALLING, 6, Knobs(per_artist=None, diversity=diversity)).chosen
        products = vectors[list(chosen)] @ vectors[list(chosen)].T
        return float((products.sum() - len(chosen)) / (len(chosen) ** 2 - len(chosen)))

    assert likeness(0.9) < likeness(0.0)


def test_novelty_prefers_the_less_known(stock: Stock) -> None:
    alike = np.ones(40, dtype=np.float32)
    found = select(stock, ROWS, alike, 3, Knobs(per_artist=None, novelty=1.0))
    assert found.chosen == (0, 1, 2)
    rising = select(stock, ROWS, FALLING[::-1].copy(), 3, Knobs(per_artist=None))
    assert rising.chosen[0] == 39


def test_what_may_not_rank_never_does(stock: Stock) -> None:
    scores = np.where(np.arange(40) % 2, -np.inf, 1.0).astype(np.float32)
    kept = np.flatnonzero(np.isfinite(scores))
    found = select(stock, ROWS[kept], scores[kept], 40, Knobs(per_artist=None))
    assert all(kept[at] % 2 == 0 for at in found.chosen)


def test_of_no_candidates_nothing_is_chosen(stock: Stock) -> None:
    nothing = np.zeros(0, dtype=np.int64)
    assert select(stock, nothing, np.zeros(0, dtype=np.float32), 3, Knobs()).chosen == ()


@pytest.mark.parametrize("wrong", [{"per_artist": 0}, {"diversity": 1.1}, {"novelty": -0.1}])
def test_knobs_out_of_range_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(QueryError):
        Knobs(**wrong)  # type: ignore[arg-type]
