import pytest

from segue.agent.hear import Hearer
from segue.agent.hear.pointing import points
from segue.agent.wish import ThreadView
from segue.generator.track import Track

SHOWN = tuple(
    Track.model_validate({"id": f"t{n}", "title": f"Song {n}", "artists": [f"Singer {n}"]}) for n in range(1, 6)
)


@pytest.mark.parametrize(
    ("message", "act", "refs"),
    [
        ("esa no", "dislike", ()),
        ("ese no, otra cosa por favor", "dislike", ()),
        ("essa não", "dislike", ()),
        ("non quella", "dislike", ()),
        ("pas celle-là", "dislike", ()),
        ("nicht das", "dislike", ()),
        ("das gefällt mir nicht", "dislike", ()),
        ("je n'aime pas cette chanson", "dislike", ()),
        ("la segunda no me gusta", "dislike", (2,)),
        ("non la prima", "dislike", (1,)),
        ("pas la deuxième", "dislike", (2,)),
        ("nicht das dritte Lied", "dislike", (3,)),
        ("esas no", "dislike", (1, 2, 3, 4, 5)),
        ("me gusta la primera", "like", (1,)),
        ("mi piace l'ultima", "like", (5,)),
    ],
)
def test_a_verdict_in_another_language_is_one(hearer: Hearer, message: str, act: str, refs: tuple[int, ...]) -> None:
    wish = hearer.hear(message, ThreadView(shown=SHOWN))
    assert (wish.act, wish.refs, wish.missing) == (act, refs, ())
    assert (wish.clarify is None) == bool(refs), "one of five, no telling which, is asked for"
    assert not wish.avoid


def test_the_only_track_in_sight_is_meant(hearer: Hearer) -> None:
    assert hearer.hear("non quella", ThreadView(shown=SHOWN[:1])).refs == (1,)


@pytest.mark.parametrize("message", ["esta noche quiero jazz", "no", "la primera vez", "nicht das Boot", "no das efx"])
def test_whatever_says_more_is_no_verdict(message: str) -> None:
    assert points(message, SHOWN).verdict is None
