"""Beams and draws over a small model whose distribution is known in full."""

from collections.abc import Sequence

import numpy as np
import pytest
from numpy.typing import NDArray

from segue.generator.beam_search import search
from segue.generator.continuations import Continuations
from segue.generator.deadline import Deadline
from segue.generator.layout import CodeLayout

LAYOUT = CodeLayout(((2, 2, 1),) * 9)


class Model:
    """AC and BM are open, BM after AC; all else is as good as certain: 16 IDs share the probability."""

    def __init__(self) -> None:
        self.paths: list[tuple[int, ...]] = [()]
        self.most = 0

    def tables(self, position: int) -> NDArray[np.float32]:
        self.most = max(self.most, len(self.paths))
        return np.stack([self._table(path, position) for path in self.paths])

    def advance(self, parents: Sequence[int], codes: Sequence[int], position: int) -> None:
        self.paths = [(*self.paths[p], c) for p, c in zip(parents, codes, strict=True)]

    def _table(self, path: tuple[int, ...], position: int) -> NDArray[np.float32]:
        p = {
            0: [0, 0.6, 0.4],
            1: [0.5, 0.5],
            3: [0, 0.9, 0.1] if path[:1] == (2,) else [0, 0.55, 0.45],
            4: [0.3, 0.7],
        }.get(position, [[0, 1, 0], [1, 0], [1]][position % 3])
        table: NDArray[np.float32] = np.log(np.array(p, dtype=np.float32) + np.float32(1e-9))
        return table


def run(width: int, seed: int | None = None, banned: NDArray[np.uint8] | None = None) -> list[tuple[int, ...]]:
    random = None if seed is None else np.random.default_rng(seed)
    beams, _ = search(Model(), Continuations(LAYOUT, None, banned), width, Deadline(None), random=random)
    return [(beam.codes[0], beam.codes[1], beam.codes[3], beam.codes[4]) for beam in beams]


def test_beams_find_the_likeliest_where_greedy_does_not() -> None:
    assert run(1) == [(1, 0, 1, 1)]  # .6 x .5 x .55 x .7
    assert set(run(16)[:2]) == {(2, 0, 1, 1), (2, 1, 1, 1)}  # .4 x .5 x .9 x .7
    beams, _ = search(Model(), Continuations(LAYOUT), 16, Deadline(None))
    assert sum(np.exp(beam.score) for beam in beams) == pytest.approx(1, abs=1e-5)


def test_the_guide_is_the_greedy_path_and_equal_prefixes_are_computed_once() -> None:
    banned = np.zeros((1, 27), dtype=np.uint8)
    banned[0, ::3] = 1
    banned[0, 4] = 1
    model = Model()
    beams, tables = search(model, Continuations(LAYOUT, None, banned), 1, Deadline(None))
    assert [int(table.argmax()) for table in tables] == banned[0].tolist()
    assert beams[0].codes != tuple(banned[0].tolist())
    alone = Model()
    search(alone, Continuations(LAYOUT), 1, Deadline(None))
    assert alone.most == 1


def test_draws_have_the_models_frequencies_and_no_repeats() -> None:
    several = [run(3, seed) for seed in range(250)]
    assert all(len(set(ids)) == 3 for ids in several)
    for drawn in (several, [run(1, 9000 + seed) for seed in range(250)]):
        for which, expected in (((2, 0, 1, 1), 0.126), ((1, 0, 1, 1), 0.1155), ((1, 1, 2, 0), 0.0405)):
            share = np.mean([ids[0] == which for ids in drawn])
            assert share == pytest.approx(expected, abs=4 * (expected / 250) ** 0.5)
    # Without replacement the second is drawn among what is left: p(b | a) = p(b) / (1 - p(a)).
    after = [ids[1][0] == 2 for ids in several if ids[0] == (2, 0, 1, 1)]
    assert np.mean(after) == pytest.approx((0.4 - 0.126) / (1 - 0.126), abs=4 * 0.46 / len(after) ** 0.5)
