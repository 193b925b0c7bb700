import pytest

from segue.evals.bench.sample import evenly


@pytest.mark.parametrize(
    ("limit", "kept"), [(None, [0, 1, 2, 3, 4]), (9, [0, 1, 2, 3, 4]), (3, [0, 2, 4]), (4, [0, 1, 2, 4]), (1, [0])]
)
def test_items_are_kept_evenly_and_in_order(limit: int | None, kept: list[int]) -> None:
    assert evenly(range(5), limit) == kept
