from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from segue.generator.codec import BEGIN, END, Codec, SemanticId, shared_depths
from segue.generator.errors import SemanticIdError, UserError
from segue.generator.layout import DEFAULT_LAYOUT, CodeLayout, Codes

CODEC = Codec(base=49_152)
layouts = st.builds(
    CodeLayout,
    st.tuples(*[st.tuples(st.integers(1, 255), st.integers(1, 256), st.integers(1, 256))] * 9),
)


@st.composite
def semantic_ids(draw: st.DrawFn, layout: CodeLayout = DEFAULT_LAYOUT) -> Codes:
    codes = [draw(st.integers(0, int(size) - 1)) for size in layout.sizes]
    for start in range(0, 27, 3):
        if codes[start] == 0:
            codes[start : start + 3] = [0, 0, 0]
    return np.array(codes, dtype=np.uint8)


@settings(deadline=None)
@given(st.data(), layouts, st.integers(0, 200_000), st.integers(0, 2**32 - 1))
def test_every_form_comes_back(data: st.DataObject, layout: CodeLayout, base: int, tie: int) -> None:
    codec = Codec(layout, base)
    codes = data.draw(semantic_ids(layout))
    assert np.array_equal(codec.from_text(codec.to_text(codes)), codes)
    assert np.array_equal(codec.from_bytes(codec.to_bytes(codes)), codes)
    assert np.array_equal(codec.from_tokens(codec.to_tokens(codes)), codes)
    again = codec.id_from_text(codec.id_to_text(SemanticId(codes, tie)))
    assert np.array_equal(again.codes, codes)
    assert again.tie == tie
    for length in (0, 1, 26, 27):
        prefix = codec.prefix_from_text(codec.prefix_to_text(codes[:length]))
        assert np.array_equal(prefix, codes[:length])


@settings(deadline=None)
@given(semantic_ids())
def test_text_and_token_ids_name_the_same_tokens(codes: Codes) -> None:
    texts = [CODEC.token_texts[token - CODEC.base] for token in CODEC.to_tokens(codes)]
    assert "".join(texts) == CODEC.to_text(codes)


def test_a_vocabulary_gains_2018_distinct_tokens() -> None:
    assert len(set(CODEC.token_texts)) == len(CODEC.token_texts) == 2_018
    assert CODEC.token_texts[:2] == ("<AC1-0>", "<AC1-1>")
    assert CODEC.token_texts[-2:] == (BEGIN, END)


def test_an_unknown_modality_is_written_out() -> None:
    codes = np.zeros(27, dtype=np.uint8)
    codes[3:6] = (21, 5, 7)
    assert CODEC.to_text(codes).startswith(f"{BEGIN}<AC1-0><AC2-0><AC3-0><BM1-21><BM2-5><BM3-7><ST1-0>")


GOOD = CODEC.to_text(np.zeros(27, dtype=np.uint8))


@pytest.mark.parametrize(
    "text",
    [
        "", BEGIN, END, GOOD[1:], GOOD[:-1], GOOD + " ", " " + GOOD, GOOD + "\n", GOOD + END, GOOD.lower(),
        GOOD.replace("<AC2-0>", ""), GOOD.replace("<AC1-0>", "<AC1-0><AC1-0>"), GOOD.replace("AC1-0", "AC1-00"),
        GOOD.replace("AC1-0", "AC1-129"), GOOD.replace("AC1-0", "AC1--1"), GOOD.replace("AC1-0", "AC1-٣"),
        GOOD.replace("<AC1-0>", "＜AC1-0＞"), GOOD.replace("AC2-0", "AC2-5"), GOOD.replace("AC1-0", "BM1-0"),
        GOOD.replace("AC1-0", "AC1-99999999999"), GOOD.replace("<BM1", " <BM1"), GOOD.replace(END, "<TC3-0>" + END),
    ],
)  # fmt: skip
def test_malformed_text_is_refused(text: str) -> None:
    with pytest.raises(SemanticIdError):
        CODEC.from_text(text)


@settings(deadline=None)
@given(semantic_ids(), st.data())
def test_altered_text_never_reads_as_the_same_id(codes: Codes, data: st.DataObject) -> None:
    text = CODEC.to_text(codes)
    at = data.draw(st.integers(0, len(text) - 1))
    letter = data.draw(st.characters(exclude_characters=text[at]))
    try:
        read = CODEC.from_text(text[:at] + letter + text[at + 1 :])
    except UserError:
        return
    assert not np.array_equal(read, codes)


@pytest.mark.parametrize("tail", ["", "#", "#-1", "#01", "#4294967296", "#1 ", "# 1", "#1#1", "#one"])
def test_a_tie_break_number_has_one_spelling(tail: str) -> None:
    with pytest.raises(SemanticIdError):
        CODEC.id_from_text(GOOD + tail)


def test_foreign_tokens_and_bytes_are_refused() -> None:
    tokens = CODEC.to_tokens(np.zeros(27, dtype=np.uint8))
    for wrong in (
        tokens[1:],
        tokens[::-1],
        tokens + 1,
        tokens - 1,
        tokens.astype(np.float64),
        Codec(base=7).to_tokens(np.zeros(27, dtype=np.uint8)),
    ):
        with pytest.raises(SemanticIdError):
            CODEC.from_tokens(wrong)
    for data in (b"", bytes(26), bytes(28), b"\xff" * 27, b"\x00\x01" + bytes(25)):
        with pytest.raises(SemanticIdError):
            CODEC.from_bytes(data)
    with pytest.raises(SemanticIdError):
        CODEC.id_to_text(SemanticId(np.zeros(27, dtype=np.uint8), -1))
    with pytest.raises(SemanticIdError):
        CODEC.prefix_to_text(np.zeros(28, dtype=np.uint8))


def test_a_longer_prefix_continues_a_shorter_one() -> None:
    codes = np.arange(27, dtype=np.uint8) % 30 + 1
    texts = [CODEC.prefix_to_text(codes[:n]) for n in range(28)]
    assert all(longer.startswith(shorter) for shorter, longer in pairwise(texts))


def test_shared_depths_are_hierarchical_and_unknown_agrees_with_nothing() -> None:
    one = np.zeros(27, dtype=np.uint8)
    two = one.copy()
    one[:12] = (5, 6, 7, 5, 6, 7, 5, 6, 7, 5, 6, 7)
    two[:12] = (5, 6, 7, 5, 6, 9, 5, 9, 7, 9, 6, 7)
    assert shared_depths(one, two).tolist() == [3, 2, 1, 0, 0, 0, 0, 0, 0]
    assert shared_depths(np.stack([one, two]), two)[1].tolist() == [3, 3, 3, 3, 0, 0, 0, 0, 0]
