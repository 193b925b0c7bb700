from typing import Any
from unittest import mock

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numba import njit
from numpy.typing import NDArray

from segue.generator.codes import CodeTable
from segue.generator.layout import CodeLayout, Codes
from segue.tools import match as matching
from segue.tools import match_kernels as kernels
from segue.tools.match import TALKPLAY_WEIGHTS, Matches, match_codes, match_soft
from segue.tools.soft_query import SoftQuery, log_prior

TINY = CodeLayout(((2, 2, 2),) * 9)
"""Three codes at level 1, two below: almost every row ties with others."""
WIDE = CodeLayout(((255, 256, 256),) * 9)


def random_table(rows: int, seed: int, layout: CodeLayout = TINY) -> CodeTable:
    codes = np.random.default_rng(seed).integers(0, layout.sizes, (rows, 27))
    codes.reshape(rows, 9, 3)[codes[:, ::3] == 0] = 0
    return CodeTable.build(codes, layout=layout, fingerprint="test", catalog="test")


def random_tables(layout: CodeLayout, seed: int, *, whole: bool, forbidden: float) -> SoftQuery:
    rng = np.random.default_rng(seed)
    tables = [rng.integers(-2, 3, size).astype(float) if whole else rng.normal(size=size) for size in layout.sizes]
    for table in tables:
        table[rng.random(table.size) < forbidden] = -np.inf
    return SoftQuery.from_tables(layout, tables)


def hard_by_hand(table: CodeTable, query: Codes, weights: NDArray[Any], values: tuple[float, ...]) -> NDArray[Any]:
    """Score every row by the formula, one row and one modality at a time."""
    gains = [0.0, values[0], values[0] + values[1], values[0] + values[1] + values[2]]
    scores = np.zeros(len(table))
    for row, codes in enumerate(table.codes(np.arange(len(table)))):
        for m in range(9):
            depth = 0
            if query[3 * m] != 0:
                while depth < 3 and codes[3 * m + depth] == query[3 * m + depth]:
                    depth += 1
            scores[row] += weights[m] * gains[depth]
    return scores


def soft_by_hand(table: CodeTable, query: SoftQuery, weights: NDArray[Any]) -> NDArray[Any]:
    scores = np.zeros(len(table))
    for row, codes in enumerate(table.codes(np.arange(len(table)))):
        for m in range(9):
            if codes[3 * m] != 0 and weights[m] > 0:
                one, two, three = (weights[m] * query.tables[3 * m + level, codes[3 * m + level]] for level in range(3))
                scores[row] += (one + two) + three
    return scores


def expect(matches: Matches, scores: NDArray[Any], may: NDArray[np.bool_], k: int) -> None:
    rows = np.flatnonzero(may & (scores > -np.inf))
    best = rows[np.lexsort((rows, -scores[rows]))][:k]
    assert matches.rows.tolist() == best.tolist()
    assert np.array_equal(matches.scores, scores[best])
    assert np.allclose(matches.contributions.sum(axis=1), matches.scores)


WEIGHTS = st.one_of(
    st.lists(st.integers(0, 3).map(float), min_size=9, max_size=9),
    st.lists(st.floats(0, 10), min_size=9, max_size=9),
    st.just([0.0] * 9),
    st.just(TALKPLAY_WEIGHTS.tolist()),
)
ROWS = st.sampled_from([1, 63, 64, 65, 200, 700])


@st.composite
def filters(draw: st.DrawFn, rows: int) -> tuple[NDArray[np.bool_] | None, list[int], NDArray[np.bool_]]:
    """A mask or None, banned rows, and which rows both leave."""
    share = draw(st.sampled_from([None, 0.0, 0.002, 0.5, 1.0]))
    rng = np.random.default_rng(draw(st.integers(0, 9)))
    mask = None if share is None else rng.random(rows) < share
    banned = draw(st.one_of(st.just(list(range(rows))), st.lists(st.integers(0, rows + 5), max_size=20)))
    left = np.ones(rows, dtype=bool) if mask is None else mask.copy()
    left[[row for row in banned if row < rows]] = False
    return mask, banned, left


@settings(deadline=None, max_examples=150)
@given(st.data(), ROWS, WEIGHTS, st.sampled_from([1, 3, 100, 1_000]), st.sampled_from([0, 10**6]), st.integers(1, 3))
def test_hard_matching_finds_what_scoring_every_row_finds(
    data: st.DataObject, rows: int, weights: list[float], k: int, small: int, threads: int
) -> None:
    table = random_table(rows, data.draw(st.integers(0, 5)))
    query = random_table(1, data.draw(st.integers(0, 20))).codes(np.array([0]))[0]
    values = data.draw(st.sampled_from([(0.5, 0.25, 0.25), (1.0, 0.0, 0.0), (0.3, 0.3, 0.4), (0.0, 0.0, 1.0)]))
    mask, banned, left = data.draw(filters(rows))
    with mock.patch.object(matching, "_SMALL", small):
        found = match_codes(table, query, weights, k, allowed=mask, banned=banned, values=values, threads=threads)
    expect(found, hard_by_hand(table, query, np.array(weights), values), left, k)


@settings(deadline=None, max_examples=150)
@given(st.data(), ROWS, WEIGHTS, st.sampled_from([1, 3, 100, 1_000]), st.sampled_from([0, 10**6]), st.integers(1, 3))
def test_soft_matching_finds_what_scoring_every_row_finds(
    data: st.DataObject, rows: int, weights: list[float], k: int, small: int, threads: int
) -> None:
    layout = data.draw(st.sampled_from([TINY, WIDE]))
    table = random_table(rows, data.draw(st.integers(0, 5)), layout)
    forbidden = data.draw(st.sampled_from([0.0, 0.0, 0.02, 0.5, 1.0]))
    query = random_tables(layout, data.draw(st.integers(0, 20)), whole=data.draw(st.booleans()), forbidden=forbidden)
    mask, banned, left = data.draw(filters(rows))
    with mock.patch.object(matching, "_SMALL", small):
        found = match_soft(table, query, weights, k, allowed=mask, banned=banned, threads=threads)
    expect(found, soft_by_hand(table, query, np.array(weights)), left, k)


def test_a_table_of_many_blocks_is_scanned_whole() -> None:
    table = random_table(40_000, 1, WIDE)
    weights = np.linspace(1, 3, 9)
    everything = np.ones(len(table), dtype=bool)
    for row in (0, 4_095, 4_096, 39_999):
        query = table.codes(np.array([row]))[0]
        scores = hard_by_hand(table, query, weights, matching.LEVEL_VALUES)
        for threads in (1, 2):
            found = match_codes(table, query, weights, 100, threads=threads)
            expect(found, scores, everything, 100)
            assert found.rows[0] == row
            assert found.depths[0].tolist() == [3 if known else 0 for known in query[::3]]
    soft = random_tables(WIDE, 3, whole=False, forbidden=0.01)
    expect(match_soft(table, soft, weights, 100, threads=2), soft_by_hand(table, soft, weights), everything, 100)


def test_rows_in_ascending_order_of_score_are_all_seen() -> None:
    codes = np.zeros((30_000, 27), dtype=np.uint8)
    codes[:, 0] = 1
    codes[:, 1] = np.arange(30_000) * 200 // 30_000
    table = CodeTable.build(codes, layout=WIDE, fingerprint="test", catalog="test")
    tables = [np.zeros(size) for size in WIDE.sizes]
    tables[1] = np.arange(256.0)
    found = match_soft(table, SoftQuery.from_tables(WIDE, tables), np.ones(9), 5)
    assert found.scores.tolist() == [199.0] * 5
    assert found.rows.tolist() == list(range(29_850, 29_855))


def test_level_3_does_not_count_without_level_2() -> None:
    codes = np.zeros((3, 27), dtype=np.uint8)
    codes[:, :3] = [(1, 1, 1), (1, 0, 1), (2, 1, 1)]
    table = CodeTable.build(codes, layout=TINY, fingerprint="test", catalog="test")
    found = match_codes(table, codes[0], [8, 0, 0, 0, 0, 0, 0, 0, 0], 3)
    assert found.scores.tolist() == [8.0, 4.0, 0.0]
    assert found.depths[:, 0].tolist() == [3, 1, 0]


def test_what_nobody_knows_matches_nothing() -> None:
    table = CodeTable.build(np.zeros((5, 27), dtype=np.uint8), layout=TINY, fingerprint="test", catalog="test")
    found = match_codes(table, np.zeros(27, dtype=np.uint8), np.ones(9), 5)
    assert found.scores.tolist() == [0.0] * 5
    assert not found.depths.any()
    soft = random_tables(TINY, 0, whole=False, forbidden=0.0)
    assert match_soft(table, soft, np.ones(9), 5).scores.tolist() == [0.0] * 5


def test_an_empty_table_has_no_matches() -> None:
    table = random_table(0, 0)
    assert len(match_codes(table, np.zeros(27, dtype=np.uint8), np.ones(9), 5)) == 0
    assert len(match_soft(table, random_tables(TINY, 0, whole=True, forbidden=0), np.ones(9), 5)) == 0


def test_malformed_arguments_are_refused() -> None:
    table = random_table(10, 0)
    query = table.codes(np.array([0]))[0]
    for weights in ([1.0] * 8, [-1.0] + [1.0] * 8, [np.nan] * 9, [np.inf] * 9):
        with pytest.raises(ValueError, match="weights"):
            match_codes(table, query, weights, 5)
    with pytest.raises(ValueError, match="at least 1"):
        match_codes(table, query, np.ones(9), 0)
    with pytest.raises(ValueError, match="mask"):
        match_codes(table, query, np.ones(9), 5, allowed=np.ones(9, dtype=bool))
    with pytest.raises(ValueError, match="shape"):
        match_codes(table, query[None], np.ones(9), 5)
    with pytest.raises(ValueError, match="level values"):
        match_codes(table, query, np.ones(9), 5, values=(1.0, -1.0, 0.0))
    with pytest.raises(ValueError, match="layout"):
        match_soft(table, random_tables(WIDE, 0, whole=True, forbidden=0), np.ones(9), 5)


def test_soft_queries_refuse_what_has_no_order() -> None:
    good = [np.zeros(size) for size in TINY.sizes]
    for wrong in (
        good[:-1],
        [np.zeros(7), *good[1:]],
        [np.full(3, np.nan), *good[1:]],
        [np.full(3, np.inf), *good[1:]],
    ):
        with pytest.raises(ValueError, match=r"tables|scores"):
            SoftQuery.from_tables(TINY, wrong)


def test_probabilities_are_weighed_against_how_common_a_code_is() -> None:
    codes = np.zeros((10, 27), dtype=np.uint8)
    codes[:, 0] = [1] * 8 + [2, 0]
    table = CodeTable.build(codes, layout=TINY, fingerprint="test", catalog="test")
    prior = log_prior(table, smoothing=0.5)
    assert np.allclose(np.exp(prior[0][1:]), np.array([8.5, 1.5]) / 10)
    assert prior[0][0] == 0.0
    evenly = [np.log([1.0, 0.5, 0.5]), *prior[1:]]
    query = SoftQuery.from_probabilities(TINY, evenly, prior)
    assert query.best[0] == 2
    # The rare code first, the track without the modality in the middle, the common code last.
    assert match_soft(table, query, np.eye(9)[0], 10).rows.tolist() == [8, 9, *range(8)]


@pytest.mark.skipif(not kernels.VECTOR_LOOKUP, reason="this processor has no AVX-512 VBMI")
def test_vector_look_ups_are_the_scalar_ones() -> None:
    scalar, vector, at = kernels._add_lookups_scalar, kernels._add_lookups_vector, kernels.at

    @njit  # type: ignore[untyped-decorator]
    def both(codes: Any, tables: Any, one: Any, two: Any) -> None:
        scalar(at(one, 0), at(codes, 0), codes.shape[1], at(tables, 0), one.size)
        vector(at(two, 0), at(codes, 0), codes.shape[1], at(tables, 0), two.size)

    rng = np.random.default_rng(0)
    codes = rng.integers(0, 256, (3, 640), dtype=np.uint8)
    tables = rng.integers(0, 85, (3, 256), dtype=np.uint8)
    one = rng.integers(0, 60_000, 640, dtype=np.uint16)
    two = one.copy()
    both(codes, tables, one, two)
    assert np.array_equal(one, two)


def test_without_a_folder_for_its_cache_a_kernel_still_compiles_and_says_so(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def no_folder(*, cache: bool = False, **options: Any) -> Any:
        if cache:
            raise RuntimeError("cannot cache function: no locator available")
        return njit(**options)

    monkeypatch.setattr(kernels, "njit", no_folder)

    def double(number: int) -> int:
        return 2 * number

    assert kernels.compiled(double)(21) == 42
    assert "compiled anew" in caplog.text
