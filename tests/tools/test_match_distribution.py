"""Scoring by a distribution: what the kernels find is what the formula says, row by row."""

from typing import Any
from unittest import mock

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from segue.generator.codes import CodeTable
from segue.generator.distribution import CodeDistribution, ModalityDistribution, log_code_prior
from segue.generator.layout import UNKNOWN, CodeLayout
from segue.tools import match as matching
from segue.tools import match_distribution as distributed
from segue.tools.match_distribution import CodePrior, match_distribution, score_distribution

LAYOUT = CodeLayout(((5, 4, 3),) * 9)
TINY = CodeLayout(((1, 2, 1),) * 9)
"""Many rows with the same codes, so that scores tie."""
UNEVEN = CodeLayout(
    ((5, 4, 3), (255, 3, 256), (2, 256, 1), (1, 1, 1), (128, 64, 31), (7, 7, 7), (3, 2, 9), *((4, 4, 4),) * 2)
)


def random_table(rows: int, seed: int, layout: CodeLayout = LAYOUT) -> CodeTable:
    codes = np.random.default_rng(seed).integers(0, layout.sizes, (rows, 27))
    codes.reshape(rows, 9, 3)[codes[:, ::3] == UNKNOWN] = 0
    return CodeTable.build(codes, layout=layout, fingerprint="test", catalog="test")


def random_distribution(
    seed: int, sharpness: float = 2.0, layout: CodeLayout = LAYOUT, forbidden: float = 0.0
) -> CodeDistribution:
    random = np.random.default_rng(seed)
    parts = []
    for one, two, three in layout.sizes.reshape(-1, 3).tolist():

        def scores(*shape: int, spare: int = 0) -> NDArray[np.float32]:
            table = (sharpness * random.normal(size=shape)).astype(np.float32)
            table[(random.random(shape) < forbidden) & (np.arange(shape[-1]) != spare)] = -np.inf
            return table

        third = (scores(three), scores(one, three), scores(two, three))
        parts.append(ModalityDistribution(scores(one, spare=one - 1), scores(one, two), third))
    return CodeDistribution(layout, tuple(parts))


def by_hand(table: CodeTable, distribution: CodeDistribution, weights: NDArray[Any], prior: CodePrior) -> NDArray[Any]:
    """Score every row in float64, one modality after another."""
    scores = np.zeros(len(table))
    for m, part in enumerate(distribution.modalities):
        one, two, three = table.columns[3 * m : 3 * m + 3, : len(table)]
        pair, first, second = (look_up.astype(np.float64) for look_up in part.look_ups)
        gain = (pair[one, two] + first[one, three]) + (second[two, three] - prior.log_p[:, m])
        if weights[m] > 0:
            scores += np.where(one == UNKNOWN, 0.0, weights[m] * gain)
    return scores


@settings(deadline=None, max_examples=80)
@given(
    seed=st.integers(0, 10_000),
    sharpness=st.sampled_from([0.0, 0.1, 2.0, 20.0]),
    forbidden=st.sampled_from([0.0, 0.0, 0.1, 0.7]),
    layout=st.sampled_from([TINY, LAYOUT, UNEVEN]),
    k=st.sampled_from([1, 7, 40, 2_000]),
    data=st.data(),
)
def test_scanning_finds_what_scoring_every_row_finds(
    seed: int, sharpness: float, forbidden: float, layout: CodeLayout, k: int, data: st.DataObject
) -> None:
    random = np.random.default_rng(seed)
    rows = data.draw(st.sampled_from([1, 64, 600, 1_500]))
    table = random_table(rows, seed, layout)
    distribution = random_distribution(seed, sharpness, layout, forbidden)
    weights = 10 * random.random(9) * (random.random(9) < data.draw(st.sampled_from([0.0, 0.8, 1.0])))
    prior = CodePrior.of(table)
    scores = score_distribution(table, distribution, weights, prior)
    np.testing.assert_array_equal(scores, by_hand(table, distribution, weights, prior))
    allowed = random.random(rows) < data.draw(st.sampled_from([0.1, 0.7, 1.0]))
    banned = random.choice(rows, rows // 30, replace=False)
    left = np.flatnonzero(allowed & ~np.isin(np.arange(rows), banned) & (scores > -np.inf))
    expected = left[np.lexsort((left, -scores[left]))][:k]
    # Small tables are scored row by row: lowering the limits sends this one through the bounded scan as well, with a
    # part of the rows for a sample.
    for small, scored in ((16_384, 65_536), (0, 65_536), (0, 0)):
        limits = (
            mock.patch.object(matching, "_SMALL", small),
            mock.patch.object(matching, "_SAMPLE", 512),
            mock.patch.object(distributed, "_SCORED", scored),
        )
        with limits[0], limits[1], limits[2]:
            for threads in (1, 2):
                found = match_distribution(
                    table, distribution, weights, k, prior=prior, allowed=allowed, banned=banned, threads=threads
                )
                assert found.rows.tolist() == expected.tolist()
                np.testing.assert_array_equal(found.scores, scores[expected])
                np.testing.assert_allclose(found.contributions.sum(axis=1), found.scores, rtol=1e-12, atol=1e-9)


def test_scores_are_what_the_distribution_says() -> None:
    table, distribution = random_table(200, 1), random_distribution(2)
    weights, prior = np.linspace(0, 10, 9), CodePrior.of(table)
    codes = table.codes(np.arange(200))
    np.testing.assert_array_equal(prior.log_p, log_code_prior(codes, LAYOUT))
    expected = distribution.score(codes, prior.log_p, weights)
    np.testing.assert_allclose(score_distribution(table, distribution, weights, prior), expected, rtol=1e-4, atol=1e-3)


def test_a_table_of_many_blocks_is_scanned_whole() -> None:
    table, distribution = random_table(70_000, 3, UNEVEN), random_distribution(3, 1.0, UNEVEN)
    weights, prior = np.linspace(1, 3, 9), CodePrior.of(table)
    scores = by_hand(table, distribution, weights, prior)
    for threads in (1, 2):
        found = match_distribution(table, distribution, weights, 100, prior=prior, threads=threads)
        assert found.rows.tolist() == np.lexsort((np.arange(70_000), -scores))[:100].tolist()


def test_an_empty_table_has_no_matches() -> None:
    table = random_table(0, 0)
    assert len(match_distribution(table, random_distribution(0), np.ones(9), 5, prior=CodePrior.of(table))) == 0


def test_a_distribution_that_leaves_no_third_code_is_refused() -> None:
    one, two, three = 6, 4, 3
    ends = np.full((2, three), -np.inf, dtype=np.float32)
    ends[0, 0] = ends[1, 1] = 0
    broken = ModalityDistribution(
        np.zeros(one, dtype=np.float32),
        np.zeros((one, two), dtype=np.float32),
        (np.zeros(three, dtype=np.float32), np.tile(ends[0], (one, 1)), np.tile(ends[1], (two, 1))),
    )
    table = random_table(10, 0)
    with np.errstate(divide="ignore", invalid="ignore"), pytest.raises(ValueError, match="finite"):
        score_distribution(table, CodeDistribution(LAYOUT, (broken,) * 9), np.ones(9), CodePrior.of(table))


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
