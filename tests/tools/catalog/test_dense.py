from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from segue.generator.errors import QueryError
from segue.tools.catalog.catalog import Catalog
from segue.tools.catalog.dense import best

Library = Any


@pytest.fixture(scope="module")
def catalog(tmp_path_factory: pytest.TempPathFactory, library: Library) -> Any:
    folder = tmp_path_factory.mktemp("music")
    library.write(folder, library.songs(400))
    with Catalog.open(folder) as opened:
        yield opened


def exact(catalog: Catalog, query: np.ndarray, allowed: np.ndarray) -> list[int]:
    scores = np.asarray(catalog.dense.vectors) @ query
    return sorted(np.flatnonzero(allowed).tolist(), key=lambda p: (-scores[p], p))


@pytest.mark.parametrize("bytes_from", [0, 100_000])
def test_few_tracks_are_scored_exactly(catalog: Catalog, library: Library, bytes_from: int) -> None:
    catalog.dense.exact_below, catalog.dense.bytes_from = 100_000, bytes_from
    queries = library.encoder.encode(["Band 3 rock", "jazz"])
    allowed = np.arange(len(catalog)) % 3 == 0
    hits = catalog.dense.query(queries * 5, 7, allowed=allowed)
    assert hits.positions.tolist() == [exact(catalog, query, allowed)[:7] for query in queries]


@pytest.mark.parametrize("exact_below", [0, 100_000])
@pytest.mark.parametrize("share", [0.01, 0.3, 1.0])
def test_a_filter_of_any_width_still_gives_k_tracks(
    catalog: Catalog, library: Library, exact_below: int, share: float
) -> None:
    catalog.dense.exact_below = exact_below
    allowed = np.random.default_rng(1).random(len(catalog)) < share
    query = library.encoder.encode([catalog.at(5).title + " by Band 5"])[0]
    hits = catalog.dense.query(query, 20, allowed=allowed)
    assert len(hits.positions) == min(20, allowed.sum())
    assert allowed[hits.positions].all()
    assert len(set(hits.positions.tolist())) == len(hits.positions)
    assert hits.scores == pytest.approx(np.asarray(catalog.dense.vectors)[hits.positions] @ query, abs=1e-6)
    assert (np.diff(hits.scores) <= 0).all()


def test_chroma_finds_nearly_what_exact_scoring_finds(catalog: Catalog, library: Library) -> None:
    queries = library.encoder.encode([f"{catalog.at(n).title} rock Band {n % 7}" for n in range(50)])
    catalog.dense.exact_below = 100_000
    truth = catalog.dense.query(queries, 1).scores
    catalog.dense.exact_below = 0
    found = catalog.dense.query(queries, 1).scores
    assert np.mean(found >= truth - 1e-6) >= 0.9


def test_nothing_allowed_gives_nothing(catalog: Catalog, library: Library) -> None:
    query = library.encoder.encode(["x"])[0]
    hits = catalog.dense.query(query, 5, allowed=np.zeros(len(catalog), dtype=bool))
    assert hits.positions.shape == hits.scores.shape == (0,)


def test_queries_that_make_no_sense_are_refused(catalog: Catalog) -> None:
    good = np.ones(32, dtype=np.float32)
    for query in (np.ones(31, dtype=np.float32), np.zeros(32, dtype=np.float32), good * np.nan):
        with pytest.raises(QueryError):
            catalog.dense.query(query, 3)
    with pytest.raises(QueryError, match="0 nearest"):
        catalog.dense.query(good, 0)
    with pytest.raises(QueryError, match="mask"):
        catalog.dense.query(good, 3, allowed=np.ones(3, dtype=bool))


@settings(deadline=None)
@given(st.lists(st.integers(0, 4), min_size=1, max_size=30), st.integers(1, 35))
def test_ties_go_to_the_lower_position(scores: list[int], k: int) -> None:
    positions = np.arange(len(scores)) * 2
    found, values = best(positions, np.array(scores, dtype=np.float32), k)
    ranked = sorted(zip(scores, positions.tolist(), strict=True), key=lambda pair: (-pair[0], pair[1]))[:k]
    assert list(zip(values.tolist(), found.tolist(), strict=True)) == ranked
