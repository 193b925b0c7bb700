import ir_measures
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ir_measures import RR, P, Qrel, ScoredDoc, Success, nDCG

from segue.evals.metrics import bootstrap_difference, hit, ndcg, precision, ranks_of, reciprocal_rank, summarise

ALL = np.ones(5, dtype=bool)
SCORES = np.array([0.1, 0.9, 0.5, 0.9, -np.inf], dtype=np.float32)


def test_ranks_count_from_one_and_ties_go_to_the_lower_position() -> None:
    assert ranks_of(SCORES, (1, 3, 2, 0, 4), ALL).tolist() == [1, 2, 3, 4, 5]


def test_tracks_that_are_no_candidates_do_not_exist() -> None:
    candidates = np.array([True, False, True, True, True])
    assert ranks_of(SCORES, (2,), candidates).tolist() == [2]
    with pytest.raises(ValueError, match="no candidate"):
        ranks_of(SCORES, (1,), candidates)


def test_a_score_that_is_no_number_is_refused() -> None:
    with pytest.raises(ValueError, match="not a number"):
        ranks_of(np.full(5, np.nan, dtype=np.float32), (0,), ALL)


def test_metrics_by_hand() -> None:
    ranks = np.array([4, 2])
    assert reciprocal_rank(ranks) == 0.5
    assert [hit(ranks, k) for k in (1, 2, 10)] == [0.0, 1.0, 1.0]
    # (1/log2(3) + 1/log2(5)) / (1/log2(2) + 1/log2(3))
    assert ndcg(ranks, 20) == pytest.approx((0.6309298 + 0.4306766) / 1.6309298)
    assert ndcg(ranks, 3) == pytest.approx(0.6309298 / 1.6309298)
    means = summarise([ranks, np.array([200])])
    assert means["mrr"] == pytest.approx(0.2525)
    assert (means["hit@10"], means["turns"]) == (0.5, 2)


@settings(deadline=None, max_examples=60)
@given(
    scores=st.lists(st.integers(0, 10_000), min_size=2, max_size=60, unique=True),
    data=st.data(),
    k=st.sampled_from([1, 5, 10, 20]),
)
def test_metrics_agree_with_ir_measures(scores: list[int], data: st.DataObject, k: int) -> None:
    relevant = data.draw(st.lists(st.integers(0, len(scores) - 1), min_size=1, unique=True))
    ranks = ranks_of(np.array(scores, dtype=np.float32), relevant, np.ones(len(scores), dtype=bool))
    judged = [Qrel("q", str(position), 1) for position in relevant]
    run = [ScoredDoc("q", str(position), float(score)) for position, score in enumerate(scores)]
    oracle = ir_measures.calc_aggregate([RR, P @ k, Success @ k, nDCG @ k], judged, run)
    assert reciprocal_rank(ranks) == pytest.approx(oracle[RR], abs=1e-6)
    assert precision(ranks, k) == pytest.approx(oracle[P @ k])
    assert hit(ranks, k) == oracle[Success @ k]
    assert ndcg(ranks, k) == pytest.approx(oracle[nDCG @ k], abs=1e-6)


def test_the_interval_holds_the_difference_and_resamples_whole_dialogues() -> None:
    random = np.random.default_rng(1)
    dialogues = [f"d{number}" for number in range(40) for _ in range(5)]
    of_dialogue = np.repeat(random.normal(0.2, 0.3, size=40), 5)
    low, high = bootstrap_difference(of_dialogue, np.zeros(200), dialogues, samples=2_000)
    assert low < of_dialogue.mean() < high
    turns_as_groups = [str(number) for number in range(200)]
    narrow = bootstrap_difference(of_dialogue, np.zeros(200), turns_as_groups, samples=2_000)
    assert high - low > 1.5 * (narrow[1] - narrow[0])
