import pytest

from segue.agent.hear.pointing import points
from segue.generator.track import Track

SHOWN = tuple(
    Track.model_validate({"id": title, "title": title, "artists": [artist]})
    for title, artist in (
        ("Umbrella", "Rihanna"),
        ("Crazy in Love", "Beyoncé"),
        ("Since U Been Gone", "Kelly Clarkson"),
        ("Hollaback Girl", "Gwen Stefani"),
    )
)


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("skip the second one", (2,)),
        ("add 2 and 4", (2, 4)),
        ("3 is spot on", (3,)),
        ("play number 4 again", (4,)),
        ("the last two", (3, 4)),
        ("the first three please", (1, 2, 3)),
        ("remove the last one", (4,)),
        ("add all of them except the last", (1, 2, 3)),
        ("keep the first, bin the rest", (1, 2, 3, 4)),
        ("the Rihanna one", (1,)),
        ("rename it to Girls Night and drop Hollaback", (4,)),
        ("la tercera no", (3,)),
        ("üçüncüyü listeme ekle", (3,)),
        ("more kelly clarkson", (3,)),
        ("15 more of this", ()),
        ("music from the last two years", ()),
        ("skip ahead 2 songs", ()),
    ],
)
def test_which_tracks_are_pointed_at(text: str, numbers: tuple[int, ...]) -> None:
    assert points(text, SHOWN).numbers == numbers


def test_a_number_beyond_the_list_is_told_and_not_taken() -> None:
    pointing = points("who sings the 7th one?", SHOWN)
    assert pointing.numbers == ()
    assert pointing.beyond == (7,)


def test_the_only_track_in_sight_needs_no_number() -> None:
    assert points("I love this one", SHOWN[:1]).numbers == (1,)
    assert points("I love this one", SHOWN).numbers == ()


def test_both_means_two() -> None:
    assert points("remove both", SHOWN[:2]).numbers == (1, 2)


def test_nothing_in_sight_is_pointed_at() -> None:
    assert points("the last two and all of them", ()).numbers == ()
