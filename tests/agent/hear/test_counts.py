import pytest

from segue.agent.hear.counts import count_in, per_artist_in


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("three songs", 3),
        ("a couple of upbeat songs", 2),
        ("15 more of this pls", 15),
        ("give me 5", 5),
        ("top 10 rock songs", 10),
        ("five extra along those lines", 5),
        ("keep adding until there's 40", 40),
        ("just one more song", 1),
        ("play the last two songs", None),
        ("the first two songs are great", None),
        ("add 2 and 4", None),
        ("1000 songs of rock", 1000),
        ("a thousand songs", 1000),
        ("1999 songs", None),
        ("give me 2020 rock songs", None),
        ("play 1979", None),
        ("play 99999", None),
        ("songs from 2020", None),
        ("top 40 hits", None),
        ("one of my favorite songs", None),
        ("play number 4 again", None),
    ],
)
def test_how_many_are_asked_for(text: str, count: int | None) -> None:
    assert count_in(text) == count


@pytest.mark.parametrize(
    ("text", "count", "cap"),
    [
        ("six game songs, at most one per artist", 6, 1),
        ("ten 2010s songs, no more than one song per artist", 10, 1),
        ("jazz, max 2 songs per artist", None, 2),
        ("only one track from each band", None, 1),
        ("some rock, all by different artists please", None, 1),
        ("no artist twice", None, 1),
        ("give me 5 songs from 3 artists", 5, None),
        ("songs by different artists", None, None),
        ("five songs", 5, None),
    ],
)
def test_how_many_of_one_artist_are_allowed(text: str, count: int | None, cap: int | None) -> None:
    assert (count_in(text), per_artist_in(text)) == (count, cap)
