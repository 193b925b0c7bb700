import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from segue.generator.dialogue import Dialogue
from segue.generator.distribution import CodeDistribution, ModalityDistribution, log_code_prior
from segue.generator.interface import GenerationRequest
from segue.generator.layout import DEFAULT_LAYOUT, CodeLayout
from segue.generator.selection import _WIDTH, _highest, select_ids

SMALL = CodeLayout(((4, 3, 2),) * 9)


def random_part(random: np.random.Generator, sizes: tuple[int, int, int] = (5, 3, 2)) -> ModalityDistribution:
    one, two, three = sizes
    return ModalityDistribution(
        random.normal(size=one).astype(np.float32),
        random.normal(size=(one, two)).astype(np.float32),
        (
            random.normal(size=three).astype(np.float32),
            random.normal(size=(one, three)).astype(np.float32),
            random.normal(size=(two, three)).astype(np.float32),
        ),
    )


def random_distribution(seed: int) -> CodeDistribution:
    random = np.random.default_rng(seed)
    return CodeDistribution(SMALL, tuple(random_part(random) for _ in range(9)))


def all_triples() -> np.ndarray:
    return np.array([(a, b, c) for a in range(1, 5) for b in range(3) for c in range(2)])


@settings(deadline=None, max_examples=50)
@given(st.integers(0, 10_000))
def test_all_triples_of_a_modality_have_probability_one_in_sum(seed: int) -> None:
    part = random_part(np.random.default_rng(seed))
    triples = all_triples()
    p = np.exp(part.log_probability(triples).astype(np.float64))
    assert p.sum() == pytest.approx(1, abs=1e-5)
    for level, table in enumerate(part.marginals):
        expected = [p[triples[:, level] == code].sum() for code in range(len(table))]
        np.testing.assert_allclose(np.exp(table), expected, atol=1e-5)


def test_an_unknown_modality_counts_nothing() -> None:
    distribution = random_distribution(0)
    codes = np.ones((2, 27), dtype=np.uint8)
    codes[1, 6:9] = 0
    log_p = distribution.log_probabilities(codes)
    assert log_p[1, 2] == 0
    assert log_p[0, 2] < 0
    np.testing.assert_array_equal(np.delete(log_p[0], 2), np.delete(log_p[1], 2))


def test_a_track_scores_what_the_dialogue_adds_to_its_prior() -> None:
    distribution = random_distribution(1)
    random = np.random.default_rng(2)
    codes = np.stack([random.integers(0, SMALL.sizes) for _ in range(40)]).astype(np.uint8)
    codes.reshape(40, 9, 3)[codes.reshape(40, 9, 3)[..., 0] == 0] = 0
    prior = log_code_prior(codes, SMALL)
    weights = np.arange(9.0)
    expected = [
        sum(
            w * (float(part.log_probability(row[3 * m : 3 * m + 3][None])[0]) - float(prior[n, m]))
            for m, (w, part) in enumerate(zip(weights, distribution.modalities, strict=True))
            if row[3 * m] != 0
        )
        for n, row in enumerate(codes)
    ]
    scores = distribution.score(codes, prior, weights).tolist()
    assert scores == pytest.approx([float(value) for value in expected], rel=1e-4, abs=1e-4)


def test_the_prior_is_the_frequency_in_the_catalog() -> None:
    codes = np.zeros((4, 27), dtype=np.uint8)
    codes[:, :3] = [(1, 0, 0), (1, 0, 0), (1, 1, 0), (0, 0, 0)]
    prior = log_code_prior(codes, SMALL, smoothing=0.0)
    np.testing.assert_allclose(np.exp(prior[:3, 0]), [2 / 3, 2 / 3, 1 / 3], rtol=1e-6)
    assert prior[3].tolist() == [0] * 9
    assert (prior[:, 1:] == 0).all()


def test_the_likeliest_ids_are_found_exactly() -> None:
    distribution = random_distribution(3)
    best = [
        sorted(
            ((float(part.log_probability(t[None])[0]), tuple(t)) for t in all_triples()), reverse=True
        )[:4]
        for part in distribution.modalities
    ]  # fmt: skip
    found = select_ids(distribution, GenerationRequest(Dialogue.of("x"), n=12))
    scores = distribution.log_probabilities(found).sum(axis=1)
    assert (np.diff(scores) <= 1e-5).all()
    top = sum(scored[0][0] for scored in best)
    assert scores[0] == pytest.approx(top, abs=1e-4)
    second = max(top - scored[0][0] + scored[1][0] for scored in best)
    assert scores[1] == pytest.approx(second, abs=1e-4)


def test_draws_follow_the_probabilities() -> None:
    distribution = random_distribution(4)
    random = np.random.default_rng(5)
    drawn = np.stack([distribution.sample(random) for _ in range(600)])
    share = np.bincount(drawn[:, 0], minlength=5) / len(drawn)
    np.testing.assert_allclose(share, np.exp(distribution.modalities[0].log_first), atol=0.09)
    cold = np.stack([distribution.sample(random, 0.01) for _ in range(20)])
    assert (cold[:, 0] == distribution.modalities[0].best[0]).all()


def test_a_draw_among_allowed_ids_varies_with_the_seed_and_repeats_for_one() -> None:
    distribution = random_distribution(6)
    allowed = np.stack([distribution.sample(np.random.default_rng(n)) for n in range(50)])
    draws = [
        select_ids(distribution, GenerationRequest(Dialogue.of("x"), n=5, seed=seed, allowed=allowed)).tobytes()
        for seed in (1, 1, 2)
    ]
    assert draws[0] == draws[1] != draws[2]


def test_tables_that_do_not_fit_the_layout_are_refused() -> None:
    parts = random_distribution(0).modalities
    with pytest.raises(ValueError, match="do not fit"):
        CodeDistribution(DEFAULT_LAYOUT, parts)
    with pytest.raises(ValueError, match="needs 9 modalities"):
        CodeDistribution(SMALL, parts[:8])


def test_few_ids_are_the_first_of_many() -> None:
    distribution = random_distribution(3)
    many = select_ids(distribution, GenerationRequest(Dialogue.of("x"), n=40))
    for n in (1, 2, 7):
        assert np.array_equal(select_ids(distribution, GenerationRequest(Dialogue.of("x"), n=n)), many[:n])
        banned = GenerationRequest(Dialogue.of("x"), n=n, banned=many[:5])
        assert np.array_equal(select_ids(distribution, banned), many[5 : 5 + n])


@pytest.mark.parametrize("size", [3, _WIDTH, _WIDTH + 1, 3000])
def test_the_highest_scores_are_those_of_a_stable_sort_of_all(size: int) -> None:
    random = np.random.default_rng(size)
    forbidden = np.array(
        [-np.inf, 0, 1, 2], dtype=np.float32
    )  # many equals, and more forbidden ones than there is room for
    for scores in (random.normal(size=size).astype(np.float32), random.choice(forbidden, size)):
        for most in (1, _WIDTH):
            assert _highest(scores, most).tolist() == np.argsort(-scores, kind="stable")[:most].tolist()
