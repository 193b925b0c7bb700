"""Exact search by bytes: the same as scoring every vector, whatever the vectors are like."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from segue.tools.catalog.dense import best
from segue.tools.catalog.exact import ExactNearest


def found(vectors: NDArray[np.float32], query: NDArray[np.float32], k: int, allowed: NDArray[np.bool_]) -> list[int]:
    return best(*ExactNearest(vectors).nearest(query, k, allowed), k)[0].tolist()  # type: ignore[no-any-return]


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 10_000), k=st.integers(1, 40), share=st.sampled_from([0.0, 0.05, 0.5, 1.0]),
    scale=st.sampled_from([1e-3, 1.0, 50.0]), spread=st.sampled_from([0.0, 0.01, 3.0]),
)  # fmt: skip
def test_the_best_are_those_of_the_product(seed: int, k: int, share: float, scale: float, spread: float) -> None:
    random = np.random.default_rng(seed)
    # All near one direction, or one component far larger than the others: where bytes tell least.
    drawn = (random.standard_normal((300, 24)) + spread * random.standard_normal(24)) * scale
    drawn[random.integers(300), random.integers(24)] *= 20
    vectors: NDArray[np.float32] = drawn.astype(np.float32)
    query: NDArray[np.float32] = random.standard_normal(24).astype(np.float32)
    allowed = random.random(300) < share
    exact = vectors.astype(np.float64) @ query.astype(np.float64)
    rows = found(vectors, query, k, allowed)
    assert allowed[rows].all()
    assert len(set(rows)) == min(k, allowed.sum())
    expected = np.sort(exact[allowed])[::-1][:k]
    # Sums in single precision may swap what differs by less than they can tell.
    assert exact[rows] == pytest.approx(expected, abs=1e-5 * float(np.abs(exact).max()))


def test_few_vectors_are_scored_twice() -> None:
    random = np.random.default_rng(0)
    vectors = random.standard_normal((20_000, 64)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    rows, scores = ExactNearest(vectors).nearest(vectors[7], 10)
    assert 10 <= len(rows) < 1_000
    assert scores.max() == pytest.approx(1, abs=1e-6)


def test_nothing_to_search() -> None:
    empty = np.zeros((0, 8), dtype=np.float32)
    rows, scores = ExactNearest(empty).nearest(np.ones(8, dtype=np.float32), 5)
    assert len(rows) == len(scores) == 0
