"""Scoring by a distribution: what the kernels find is what the formula says, row by row."""

from typing import Any
from unittest import mock

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from segue.generator.codes import CodeTable
from segue.generator.distribution import CodeDistribution, ModalityDistribution
from segue.generator.layout import UNKNOWN, CodeLayout
from segue.tools import match as matching
from segue.tools.match_distribution import CodePrior, match_distribution, score_distribution

LAYOUT = CodeLayout(((5, 4, 3),) * 9)


def random_table(rows: int, seed: int) -> CodeTable:
    codes = np.random.default_rng(seed).integers(0, LAYOUT.sizes, (rows, 27))
    codes.reshape(rows, 9, 3)[codes[:, ::3] == UNKNOWN] = 0
    return CodeTable.build(codes, layout=LAYOUT, fingerprint="test", catalog="test")


def random_distribution(seed: int, sharpness: float = 2.0, layout: CodeLayout = LAYOUT) -> CodeDistribution:
    random = np.random.default_rng(seed)
    parts = []
    for one, two, three in layout.sizes.reshape(-1, 3).tolist():

        def scores(*shape: int) -> NDArray[np.float32]:
            return (sharpness * random.normal(size=shape)).astype(np.float32)

        third = (scores(three), scores(one, three), scores(two, three))
        parts.append(ModalityDistribution(scores(one), scores(one, two), third))
    return CodeDistribution(layout, tuple(parts))


def by_hand(table: CodeTable, distribution: CodeDistribution, weights: NDArray[Any], prior: CodePrior) -> NDArray[Any]:
    codes = table.codes(np.arange(len(table)))
    scores: NDArray[Any] = distribution.score(codes, prior.log_p, weights)
    return scores


@settings(deadline=None, max_examples=40)
@given(seed=st.integers(0, 10_000), sharpness=st.sampled_from([0.1, 2.0, 20.0]), k=st.integers(1, 40))
def test_scanning_finds_what_scoring_every_row_finds(seed: int, sharpness: float, k: int) -> None:
    random = np.random.default_rng(seed)
    table, distribution = random_table(600, seed), random_distribution(seed, sharpness)
    weights = random.random(9) * (random.random(9) < 0.8)
    prior = CodePrior.of(table)
    scores = score_distribution(table, distribution, weights, prior)
    np.testing.assert_allclose(scores, by_hand(table, distribution, weights, prior), rtol=1e-4, atol=1e-3)
    allowed = random.random(600) < 0.7
    banned = random.choice(600, 20, replace=False)
    left = np.flatnonzero(allowed & ~np.isin(np.arange(600), banned))
    expected = left[np.lexsort((left, -scores[left]))][:k]
    # Small tables are scored row by row: lowering the limits sends this one through the bounded scan as well.
    for small, sample in ((16_384, 4_096), (0, 64)):
        with mock.patch.object(matching, "_SMALL", small), mock.patch.object(matching, "_SAMPLE", sample):
            for threads in (1, 2):
                found = match_distribution(
                    table, distribution, weights, k, prior=prior, allowed=allowed, banned=banned, threads=threads
                )
                assert found.rows.tolist() == expected.tolist()
                np.testing.assert_array_equal(found.scores, scores[expected])
                np.testing.assert_allclose(found.contributions.sum(axis=1), found.scores, rtol=1e-4, atol=1e-3)


def test_a_track_of_which_nothing_is_known_scores_nothing() -> None:
    codes = np.zeros((2, 27), dtype=np.uint8)
    codes[1] = 1
    table = CodeTable.build(codes, layout=LAYOUT, fingerprint="test", catalog="test")
    prior = CodePrior.of(table)
    scores = score_distribution(table, random_distribution(0), np.ones(9), prior)
    assert scores[0] == 0
    assert scores[1] != 0


def test_what_does_not_belong_together_is_refused() -> None:
    table, other = random_table(10, 0), random_table(11, 0)
    with pytest.raises(ValueError, match="prior"):
        score_distribution(table, random_distribution(0), np.ones(9), CodePrior.of(other))
    foreign = random_distribution(0, layout=CodeLayout(((4, 4, 3),) * 9))
    with pytest.raises(ValueError, match="layout"):
        match_distribution(table, foreign, np.ones(9), 3, prior=CodePrior.of(table))
    with pytest.raises(ValueError, match="weights"):
        match_distribution(table, random_distribution(0), -np.ones(9), 3, prior=CodePrior.of(table))
