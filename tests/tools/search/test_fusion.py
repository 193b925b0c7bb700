import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from segue.tools.search.fusion import Ranking, fuse


def ranking(*positions: int) -> Ranking:
    return Ranking(np.array(positions, dtype=np.int64), -np.arange(len(positions), dtype=np.float32))


def test_agreement_beats_one_good_rank() -> None:
    fused = fuse({"lexical": ranking(7, 3, 5), "dense": ranking(4, 3, 6)})
    assert fused[0].position == 3
    assert fused[0].sources == {"lexical": (2, -1.0), "dense": (2, -1.0)}
    assert fused[0].score == 2 / 62


def test_ties_go_to_the_lower_position() -> None:
    assert [found.position for found in fuse({"a": ranking(9, 2), "b": ranking(1, 8)})] == [1, 9, 2, 8]


@settings(deadline=None)
@given(st.lists(st.lists(st.integers(0, 50), unique=True), max_size=4))
def test_each_track_once_best_first(orders: list[list[int]]) -> None:
    fused = fuse({str(number): ranking(*order) for number, order in enumerate(orders)})
    assert {found.position for found in fused} == {position for order in orders for position in order}
    assert len({found.position for found in fused}) == len(fused)
    scores = [found.score for found in fused]
    assert scores == sorted(scores, reverse=True)
