import pytest

from segue.agent.hear.counts import count_in


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
        ("songs from 2020", None),
        ("top 40 hits", None),
        ("one of my favorite songs", None),
        ("play number 4 again", None),
    ],
)
def test_how_many_are_asked_for(text: str, count: int | None) -> None:
    assert count_in(text) == count
