import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from segue.generator.codes import CodeTable
from segue.generator.layout import CodeLayout
from segue.generator.modality import LEVELS, MODALITIES, POSITIONS, Modality
from segue.tools.similar import CodeSimilarity, similar_tracks

SIZES = (5, 4, 3)
LAYOUT = CodeLayout((SIZES,) * len(MODALITIES))
RNG = np.random.default_rng(0)
BOOKS = {m: [RNG.standard_normal((n, 6)).astype(np.float32) for n in SIZES] for m in MODALITIES}


def random_codes(count: int, seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    codes = np.stack([rng.integers(0, size, count) for size in LAYOUT.sizes], axis=1).astype(np.uint8)
    for place in range(0, POSITIONS, LEVELS):
        codes[codes[:, place] == 0, place : place + LEVELS] = 0
    return codes


def decoded(codes: np.ndarray) -> np.ndarray:
    """Vectors (9, n, 6) by the definition, at length 1; zeros where not known."""
    vectors = np.zeros((len(MODALITIES), len(codes), 6))
    for place, modality in enumerate(MODALITIES):
        own = codes[:, place * LEVELS : (place + 1) * LEVELS].astype(int)
        known = own[:, 0] > 0
        own[:, 0] -= 1
        total = sum(BOOKS[modality][level][own[known, level]].astype(float) for level in range(LEVELS))
        vectors[place, known] = total / np.linalg.norm(total, axis=1, keepdims=True)
    return vectors


@given(st.integers(0, 10_000))
@settings(deadline=None, max_examples=30)
def test_scores_are_the_weighted_cosines_of_what_the_codes_stand_for(seed: int) -> None:
    codes = random_codes(40, seed)
    weights = np.random.default_rng(seed).integers(0, 5, len(MODALITIES)).astype(float)
    table = CodeTable.build(codes, layout=LAYOUT, fingerprint="f", catalog="c")
    rows, scores = similar_tracks(table, CodeSimilarity(LAYOUT, BOOKS), codes[0], weights, 10, banned=[0])
    vectors = decoded(codes)
    expected = np.einsum("m,mnd,md->n", weights, vectors, vectors[:, 0])
    expected[0] = -np.inf
    np.testing.assert_allclose(scores, np.sort(expected)[::-1][:10], atol=1e-4)
    np.testing.assert_allclose(scores, expected[rows], atol=1e-4)


def test_a_track_is_most_like_itself_and_banned_rows_never_come() -> None:
    codes = random_codes(50, 1)
    table = CodeTable.build(codes, layout=LAYOUT, fingerprint="f", catalog="c")
    similarity = CodeSimilarity(LAYOUT, BOOKS)
    weights = np.ones(len(MODALITIES))
    assert similar_tracks(table, similarity, codes[7], weights, 1)[0].tolist() == [7]
    rows, _ = similar_tracks(table, similarity, codes[7], weights, 50, banned=[7, 3])
    assert set(rows.tolist()) == set(range(50)) - {7, 3}


def test_a_modality_without_codebooks_counts_nothing() -> None:
    codes = random_codes(20, 2)
    one = CodeSimilarity(LAYOUT, {Modality.ST: BOOKS[Modality.ST]})
    cosines = one.cosines(codes[0], codes)
    assert not np.delete(cosines, MODALITIES.index(Modality.ST), axis=1).any()
