"""Under the mask every walk is a legal ID that a catalog holds and nobody banned, and bad arguments are refused."""

from random import Random
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from segue.generator.codec import Codec
from segue.generator.continuations import Continuations
from segue.generator.layout import UNKNOWN, CodeLayout
from segue.generator.vllm.position_mask import BANNED, CATALOG, POSITION, PREFIX, MaskRequest, PositionMask

CODEC = Codec(CodeLayout(((2, 2, 1),) * 9), base=1000)
CATALOG_IDS = np.array([[1 + (n >> p % 5 & 1) if p % 3 == 0 else 0 for p in range(27)] for n in range(12)], np.uint8)
IDS = Continuations(CODEC.layout, allowed=CATALOG_IDS)


def mask(**arguments: Any) -> PositionMask:
    request = MaskRequest.read(arguments)
    assert request is not None
    return PositionMask(CODEC, request, IDS)


def walk(mask: PositionMask, random: Random, at: int = 0) -> NDArray[np.int64]:
    """Return the codes of a walk from position `at` on, which must end with the end token."""
    tokens: list[int] = []
    for _ in range(at, 28):
        mask.follow(tokens)
        tokens.append(random.choice(mask.allowed(len(tokens)).tolist()))
    assert tokens.pop() == CODEC.end
    found: NDArray[np.int64] = np.array(tokens, dtype=np.int64) - CODEC.base - CODEC.layout.offsets[at:]
    return found


@settings(deadline=None, max_examples=40)
@given(random=st.randoms(use_true_random=False), catalog=st.booleans(), count=st.integers(0, 11))
def test_every_walk_is_a_legal_id(random: Random, catalog: bool, count: int) -> None:
    banned = CATALOG_IDS[:count]
    found = walk(mask(**{POSITION: 0, CATALOG: int(catalog), BANNED: banned.tobytes().hex()}), random)
    CODEC.layout.check(found)
    assert (found[::3] != UNKNOWN).all()
    assert found.astype(np.uint8).tobytes() not in {row.tobytes() for row in banned}
    assert not catalog or found.astype(np.uint8).tobytes() in {row.tobytes() for row in CATALOG_IDS}


def test_a_walk_may_begin_behind_a_prefix() -> None:
    known = CATALOG_IDS[3]
    rest = walk(mask(**{POSITION: 20, PREFIX: known[:20].tobytes().hex(), CATALOG: 1}), Random(0), 20)
    assert [*known[:20].tolist(), *rest.tolist()] in CATALOG_IDS.tolist()
    assert len(walk(mask(**{POSITION: 20}), Random(0), 20)) == 7


def test_tokens_are_read_once_whatever_the_server_repeats() -> None:
    one = mask(**{POSITION: 0})
    first = int(one.allowed(0)[0])
    for _ in range(3):
        one.follow([first])
    assert (one.allowed(1) >= CODEC.base + CODEC.layout.offsets[1]).all()


def test_what_asks_for_nothing_is_left_alone() -> None:
    assert MaskRequest.read(None) is None
    assert MaskRequest.read({"other": 1}) is None


@pytest.mark.parametrize(
    "arguments",
    [
        {POSITION: -1}, {POSITION: 28}, {POSITION: "0"}, {CATALOG: 1}, {POSITION: 0, CATALOG: 2},
        {POSITION: 0, BANNED: "f"}, {POSITION: 0, BANNED: "00"}, {POSITION: 2, CATALOG: 1}, {POSITION: 2, PREFIX: "01"},
        {POSITION: 0, "segue_z": 1}, {POSITION: 0, BANNED: "00" * 27 * 10_001},
    ],
)  # fmt: skip
def test_arguments_that_mean_nothing_are_refused(arguments: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="segue_"):
        MaskRequest.read(arguments)


def test_what_cannot_be_fulfilled_is_an_error() -> None:
    everything = CATALOG_IDS.tobytes().hex()
    with pytest.raises(ValueError, match="no semantic ID"):
        mask(**{POSITION: 0, CATALOG: 1, BANNED: everything})
    with pytest.raises(ValueError, match="not below"):
        mask(**{POSITION: 0, BANNED: "ff" * 27})
    with pytest.raises(ValueError, match="does not have"):
        mask(**{POSITION: 1, PREFIX: "ff"})
    request = MaskRequest.read({POSITION: 0, CATALOG: 1})
    assert request is not None
    with pytest.raises(ValueError, match="without a code table"):
        PositionMask(CODEC, request, None)
