from hypothesis import given, settings
from hypothesis import strategies as st

from segue.tools.search.spelling import Speller, allowed_edits

VOCABULARY = ["stop", "step", "believin", "radiohead", "yes", "nas", "metallica"]


def corrected(word: str) -> list[str]:
    return [VOCABULARY[correction.word] for correction in Speller(VOCABULARY).corrections(word)]


def test_slips_are_corrected_nearest_first() -> None:
    assert corrected("sotp") == ["stop"]
    assert corrected("beleivin") == ["believin"]
    assert corrected("metalica") == ["metallica"]
    assert corrected("stap") == ["stop", "step"]


def test_short_words_and_far_ones_are_left_alone() -> None:
    assert corrected("nes") == []
    assert corrected("xylophone") == []
    assert corrected("stop") == ["step"]


@settings(deadline=None)
@given(st.sampled_from([word for word in VOCABULARY if len(word) > 4]), st.data())
def test_any_one_slip_is_undone(word: str, data: st.DataObject) -> None:
    place = data.draw(st.integers(1, len(word) - 2))
    kind = data.draw(st.sampled_from(["swap", "drop", "double"]))
    slipped = {
        "swap": word[:place] + word[place + 1] + word[place] + word[place + 2 :],
        "drop": word[:place] + word[place + 1 :],
        "double": word[:place] + word[place] + word[place:],
    }[kind]
    if slipped != word and allowed_edits(len(slipped)):
        assert word in corrected(slipped)
