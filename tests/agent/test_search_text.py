"""What is searched for: messages that stand on the thread become words that can stand alone."""

from collections.abc import Callable, Sequence
from typing import Any

import pytest

from segue.agent.fake import FakeRecommender
from segue.agent.music_agent import MusicAgent
from segue.agent.search_text import compared_with, comparisons, description, is_relative, labels, search_text
from segue.agent.wish import Facets, HeardMention, Wish
from segue.generator.track import Track
from segue.tools.catalog.catalog import Catalog
from segue.tools.search.filters import Filters

Make = Callable[..., MusicAgent]
GOSPEL = Track.model_validate(
    {"id": "g", "title": "Named", "artists": ["Somebody"], "genres": ["gospel", "soul"], "moods": ["uplifting"],
     "instruments": ["organ", "choir"]}
)  # fmt: skip


def wish(act: Any, text: str, **facts: Any) -> Wish:
    return Wish(act=act, text=text, **facts)


def test_a_request_is_searched_for_as_it_is_said() -> None:
    assert search_text(wish("request", "warm music to cook to", want=Facets(moods=("warm",))), []) == (
        "warm music to cook to"
    )


def test_another_language_is_searched_for_in_the_words_of_labels() -> None:
    calm = wish("request", "algo de jazz tranquilo", want=Facets(genres=("jazz",), moods=("calm",)))
    assert search_text(calm, []) == "jazz calm songs"
    named = wish("request", "la canción tranquila Hello", want=Facets(moods=("calm",), titles=("Hello",)))
    assert search_text(named, []) == "la canción tranquila Hello"
    assert search_text(wish("request", "nada triste", avoid=Facets(moods=("sad",))), []) == "songs"
    mixed = wish("request", "some triste piano", want=Facets(moods=("sad",)))
    assert search_text(mixed, []) == "some triste piano"


def test_more_like_a_track_is_searched_for_by_what_is_known_of_it_but_its_names() -> None:
    found = search_text(
        wish("more", "nice, more like the second one", refs=(2,), want=Facets(moods=("warm",))), [GOSPEL]
    )
    assert found == "warm. gospel, soul, uplifting, organ"


def test_a_refinement_keeps_what_was_asked_for_and_leaves_years_to_the_filters() -> None:
    refined = wish("refine", "less old, something from the last ten years",
                   want=Facets(moods=("warm",), eras=("old", "last ten years")))  # fmt: skip
    found = search_text(refined, [])
    assert "warm" in found
    assert "last ten years" not in found
    assert "old" not in found


def test_what_is_ruled_out_is_not_searched_for() -> None:
    assert "classical" not in search_text(
        wish("request", "sad piano, not Classical", avoid=Facets(genres=("classical",))), []
    )


def test_words_that_only_contain_what_is_ruled_out_stay() -> None:
    assert "rockabilly" in search_text(wish("request", "rockabilly, no rock", avoid=Facets(genres=("rock",))), [])


def test_whoever_wants_it_livelier_wants_the_same_kind_of_music() -> None:
    livelier = wish("refine", "a bit more energetic", want=Facets(moods=("energetic",)))
    assert is_relative(livelier)
    assert "uplifting" not in search_text(livelier, [GOSPEL])
    assert "gospel" in search_text(livelier, [GOSPEL])
    assert not is_relative(wish("refine", "with a female singer"))


def test_a_name_to_compare_with_is_described_instead_of_said() -> None:
    like = HeardMention(kind="artist", name="Somebody", score=1, positions=(3,), exact=True, start=15, end=23,
                        text="Somebody", polarity="like")  # fmt: skip
    found = search_text(wish("request", "something like Somebody but calmer", mentions=(like,)), [GOSPEL])
    assert "Somebody" not in found
    assert "calmer" in found
    assert "gospel" in found


def test_where_only_refusals_are_left_the_message_is_searched_for_as_it_is() -> None:
    title = wish("dislike", "No Woman, No Cry", avoid=Facets(titles=("Cry",), vocals=("Woman",)))
    assert search_text(title, []) == "No Woman, No Cry"


def test_a_title_that_sounds_like_a_comparison_is_none() -> None:
    title = "Something Like Olivia"
    like = HeardMention(kind="title", name=title, score=1, positions=(3,), exact=True, start=0, end=21, text=title,
                        polarity="like")  # fmt: skip
    assert comparisons(wish("request", title, mentions=(like,))) == []
    said = like.model_copy(update={"start": 11, "end": 32})
    assert comparisons(wish("request", "songs like Something Like Olivia", mentions=(said,))) == [said]


@pytest.mark.parametrize(
    "text", ["play something I like by Sade", "I would like some Sade", "something you like by the Sade"]
)
def test_whoever_likes_or_would_like_an_artist_compares_with_nobody(text: str) -> None:
    start = text.index("Sade")
    like = HeardMention(kind="artist", name="Sade", score=1, positions=(3,), exact=True, start=start, end=start + 4,
                        text="Sade", polarity="like")  # fmt: skip
    assert comparisons(wish("request", text, mentions=(like,))) == []


def test_who_is_asked_for_is_not_left_out_though_the_thread_compared_with_them(catalog: Catalog) -> None:
    def by(artists: Sequence[str]) -> list[int]:
        return [2, 9]

    asked = wish("refine", "now some Sade", like=("Sade",), filters=Filters(artists=("Sade",)))
    assert compared_with(asked, (), catalog, by) == ()
    assert compared_with(asked.model_copy(update={"filters": Filters()}), (), catalog, by) == (2, 9)


def test_of_several_tracks_what_most_have_comes_first() -> None:
    other = GOSPEL.model_copy(update={"genres": ("soul",), "moods": (), "instruments": ()})
    assert description([GOSPEL, other]).startswith("soul")


def test_names_and_years_are_no_labels() -> None:
    wanted = Facets(genres=("soul",), artists=("Sade",), eras=("80s",), instruments=("organ",))
    assert labels(wish("request", "", want=wanted)) == ("soul", "organ")


def test_calmer_is_a_wish_for_what_is_calm() -> None:
    assert "calm" in labels(wish("refine", "", want=Facets(sound=("calmer",))))
    assert labels(wish("refine", "", want=Facets(sound=("heavier",)))) == ("heavy",)
    assert "sad" in labels(wish("refine", "", want=Facets(moods=("sadder",))))


async def test_what_is_pointed_at_is_compared_with_and_what_is_wanted_is_told(make: Make, catalog: Catalog) -> None:
    recommender = FakeRecommender(catalog)
    more = Wish(act="more", text="", refs=(2,), want=Facets(moods=("warm",)))
    async with make({"more like the second": more}, recommender=recommender) as agent:
        first = await agent.turn("something", thread="t1")
        await agent.turn("more like the second", thread="t1")
    assert [catalog.ids[position] for position in recommender.situations[-1].like] == [first.tracks[1].id]
    assert recommender.wanted[-1] == ("warm",)


async def test_where_an_artist_has_no_more_the_nearest_others_come_and_it_is_said(make: Make) -> None:
    asked = Wish(act="request", text="", filters=Filters(artists=("Massive Attack",)), count=50)
    more = Wish(act="more", text="", filters=Filters(artists=("Massive Attack",)))
    async with make({"Massive Attack": asked, "more": more}) as agent:
        first = await agent.turn("Massive Attack", thread="t1")
        second = await agent.turn("more", thread="t1")
    assert {track.artist for track in first.tracks} == {"Massive Attack"}
    assert second.tracks
    assert "Massive Attack" not in {track.artist for track in second.tracks}
    assert "Nothing more by Massive Attack fits: these are others." in [receipt.text for receipt in second.receipts]


@pytest.mark.parametrize("act", ["request", "more"])
async def test_a_thread_that_began_with_a_comparison_goes_on_with_others(
    make: Make, catalog: Catalog, act: Any
) -> None:
    recommender = FakeRecommender(catalog)
    name = "Massive Attack"
    names = (name,)
    position = next(at for at, track in enumerate(catalog) if track.artist == name)
    like = HeardMention(kind="artist", name=name, score=1, positions=(position,), exact=True, start=5, end=19,
                        text=name, polarity="like")  # fmt: skip
    first = Wish(act="request", text="", like=names, mentions=(like,))
    then = Wish(act=act, text="", like=names, mentions=(like,) if act == "request" else ())
    then_text = "like Massive Attack" if act == "request" else "then"
    async with make({"like Massive Attack": first, "then": then}, recommender=recommender) as agent:
        turn = await agent.turn("like Massive Attack", thread="t1")
        await agent.turn(then_text, thread="t1")
    assert "You compared with Massive Attack: these are others." in [receipt.text for receipt in turn.receipts]
    assert position in recommender.situations[-1].like


@pytest.mark.parametrize("message", ["I don't like this one", "no, not those", "the second one"])
def test_words_that_turn_tracks_down_are_not_searched_for(message: str) -> None:
    assert search_text(wish("dislike", message, want=Facets(genres=("rock",))), []) == "rock"
    other = search_text(wish("dislike", f"{message}, with a theremin", want=Facets(genres=("rock",))), [])
    assert "theremin" in other
