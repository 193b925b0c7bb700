from segue.agent.hear.alignment import SOME_NAME, UNKNOWN, align, labels_of
from segue.agent.hear.network import BEGIN, OUTSIDE, WITHIN
from segue.agent.wish import FACET_KINDS
from segue.tools.search.words import words


def test_labels_stand_where_their_words_do_misspelt_or_not() -> None:
    found = words("old school rock like Led Zepplin but no sax")
    labels = labels_of({"genres": ["rock"]}, {"instruments": ["sax"]}, ["Led Zeppelin"])
    aligned = align(found, labels)
    assert aligned.tag == [OUTSIDE, OUTSIDE, BEGIN, OUTSIDE, BEGIN, WITHIN, OUTSIDE, OUTSIDE, BEGIN]
    assert aligned.kind[2] == FACET_KINDS.index("genres")
    assert aligned.kind[4] == SOME_NAME
    assert aligned.kind[0] == UNKNOWN
    assert aligned.polarity[2::6] == [0, 1]
    assert aligned.lost == ()


def test_a_label_that_is_not_said_is_lost_and_not_forced() -> None:
    aligned = align(words("others from there"), labels_of({"countries": ["Ethiopia"]}, {}, []))
    assert [label.value for label in aligned.lost] == ["Ethiopia"]
    assert set(aligned.tag) == {OUTSIDE}
