import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from segue.generator.errors import CodesCorrupt
from segue.generator.layout import DEFAULT_LAYOUT, CodeLayout, position, position_name
from segue.generator.modality import Modality

layouts = st.builds(
    CodeLayout,
    st.tuples(*[st.tuples(st.integers(1, 255), st.integers(1, 256), st.integers(1, 256))] * 9),
)


def test_the_default_is_the_vocabulary_of_the_paper() -> None:
    assert DEFAULT_LAYOUT.total == 2_016
    assert DEFAULT_LAYOUT.vocabulary == 2_018
    assert DEFAULT_LAYOUT.sizes[:3].tolist() == [129, 64, 31]
    assert DEFAULT_LAYOUT.offsets[:4].tolist() == [0, 129, 193, 224]


def test_positions_are_modality_major() -> None:
    assert position(Modality.AC, 1) == 0
    assert position(Modality.TC, 3) == 26
    assert [position_name(i) for i in (0, 1, 3, 26)] == ["AC1", "AC2", "BM1", "TC3"]
    with pytest.raises(ValueError, match="levels are 1 to 3"):
        position(Modality.AC, 4)
    with pytest.raises(ValueError, match="places"):
        position_name(27)


@given(layouts)
def test_json_round_trip(layout: CodeLayout) -> None:
    again = CodeLayout.from_json(layout.to_json())
    assert again == layout
    assert (again.offsets + again.sizes)[-1] == again.total


@pytest.mark.parametrize(
    "text",
    ["", "[]", "{}", "nonsense", '{"AC": [1, 2, 3]}', DEFAULT_LAYOUT.to_json().replace("128", "256", 1),
     DEFAULT_LAYOUT.to_json().replace("128", "true", 1), DEFAULT_LAYOUT.to_json().replace("[128, 64, 31]", "7", 1),
     DEFAULT_LAYOUT.to_json().replace("AC", "XX")],
)  # fmt: skip
def test_foreign_json_is_refused(text: str) -> None:
    with pytest.raises(CodesCorrupt):
        CodeLayout.from_json(text)


@pytest.mark.parametrize(
    "codewords", [((128, 64, 31),) * 8, ((0, 64, 31),) * 9, ((256, 1, 1),) * 9, ((1, 257, 1),) * 9]
)
def test_a_code_must_fit_into_one_byte(codewords: tuple[tuple[int, int, int], ...]) -> None:
    with pytest.raises(ValueError, match="needs"):
        CodeLayout(codewords)


def test_check_refuses_what_the_layout_cannot_mean() -> None:
    good = np.zeros((2, 27), dtype=np.int64)
    good[1, 3:6] = (128, 63, 30)
    assert DEFAULT_LAYOUT.check(good).dtype == np.uint8
    assert DEFAULT_LAYOUT.known(good)[1].tolist() == [False, True, *[False] * 7]
    for place, value, message in [(3, 129, "BM1"), (4, 64, "BM2"), (0, -1, "AC1"), (7, 5, "ST is unknown")]:
        bad = good.copy()
        bad[1, place] = value
        with pytest.raises(ValueError, match=message):
            DEFAULT_LAYOUT.check(bad)
    with pytest.raises(ValueError, match="shape"):
        DEFAULT_LAYOUT.check(good[:, :26])
    with pytest.raises(ValueError, match="whole numbers"):
        DEFAULT_LAYOUT.check(good.astype(np.float32))
