from hypothesis import given, settings
from hypothesis import strategies as st

from segue.tools.search.terms import decade, query_terms, terms
from segue.tools.search.words import keys, words, zipf


def test_words_keep_their_place() -> None:
    text = "Radiohead's “Kid A” & Guns N’ Roses"
    found = words(text)
    assert [word.key for word in found] == ["radioheads", "kid", "a", "and", "guns", "and", "roses"]
    assert text[found[0].start : found[0].end] == "Radiohead's"


def test_unspaced_scripts_are_cut_into_characters() -> None:
    assert keys("宇多田ヒカル") == tuple("宇多田ヒカル")
    assert keys("방탄소년단") == tuple("방탄소년단")
    assert terms("宇多田") == ["宇多", "多田"]


def test_combining_marks_stay_in_the_word() -> None:
    assert keys("Beyonce\u0301") == keys("Beyoncé") == ("beyonce",)
    assert len(keys("हिन्दी गाने")) == 2


@settings(deadline=None)
@given(st.text())
def test_every_word_lies_in_the_text(text: str) -> None:
    end = 0
    for word in words(text):
        assert end <= word.start < word.end <= len(text)
        assert word.key
        end = word.end


def test_common_words_are_told_from_rare_ones() -> None:
    assert zipf("love") > 5 > zipf("journey") > 4 > zipf("beatles")
    assert zipf("xqzzv") < 3


def test_decades_and_plurals_are_one_term() -> None:
    assert [decade(word) for word in ("90s", "1990s", "nineties", "00s", "2010s", "199s")] == [
        1990, 1990, 1990, 2000, 2010, None,
    ]  # fmt: skip
    assert terms("90s ballads") == terms("nineties ballad")


def test_words_of_asking_are_no_query_terms_unless_alone() -> None:
    assert query_terms("please play some sad songs") == ["sad"]
    assert query_terms("play it") == ["play", "it"]


@settings(deadline=None)
@given(st.text(alphabet=st.characters(max_codepoint=127)) | st.text(alphabet="ab1 $&'`\"_-!.\t", max_size=15))
def test_text_in_ascii_is_cut_as_if_it_were_any_text(text: str) -> None:
    assert keys(text) == keys(f"{text} é")[:-1]
    assert terms(text) == terms(f"{text} é")[:-1]
