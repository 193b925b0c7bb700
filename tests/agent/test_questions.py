"""Questions about the tracks in sight, taken together or one after the other."""

from collections.abc import Callable

import pytest

from segue.agent.fake import FakeHearer
from segue.agent.hear.questions import extreme_in
from segue.agent.music_agent import MusicAgent
from segue.agent.reply.comparing import extreme, labelled
from segue.agent.wish import Command, HeardMention, Question, Wish
from segue.generator.track import Track
from segue.tools.catalog.catalog import Catalog

Make = Callable[..., MusicAgent]


def track(name: str, year: int | None, *genres: str, **more: object) -> Track:
    fields = {"id": name, "title": name, "artists": ["A"], "genres": genres, "released": year and str(year), **more}
    return Track.model_validate({key: value for key, value in fields.items() if value is not None})


SHOWN = (track("Old", 1957, "jazz"), track("New", 1999, "cool jazz", moods=["sad"]), track("Odd", None, "soul"))


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("which of these is the oldest?", ("year", "least")),
        ("what's the most recent one?", ("year", "most")),
        ("which came out first?", ("year", "least")),
        ("which one is the longest?", ("length", "most")),
        ("when was the third released?", None),
        ("play the oldest one", None),
        ("who was the first singer?", None),
    ],
)
def test_extremes_are_heard_in_questions(text: str, found: tuple[str, str] | None) -> None:
    assert extreme_in(text) == found


def test_the_oldest_is_the_oldest_that_is_dated() -> None:
    said, tracks = extreme(SHOWN, "year", "least")
    assert tracks == [SHOWN[0]]
    assert " ".join(said) == ("“Old” by A is the oldest of the 2 that the catalog has this of. “Old” came out in 1957.")
    assert extreme(SHOWN[:2], "year", "most")[1] == [SHOWN[1]]
    assert extreme(SHOWN, "length", "most") == (["The catalog does not say how long these are."], [])


def test_tracks_are_what_their_labels_say() -> None:
    assert labelled(SHOWN, ["jazz"])[1] == [*SHOWN[:2]]
    assert labelled(SHOWN, ["motown"]) == (["The catalog labels none of these as motown."], [])
    assert labelled(SHOWN[:1], ["sad"])[0][0] == "The catalog does not label “Old” by A as sad."


async def test_questions_take_the_list_as_a_whole_and_go_on_from_what_was_spoken_of(make: Make) -> None:
    oldest = Wish(act="question", text="", question=Question(asked="year", extreme="least", refs=(1, 2, 3, 4, 5)))
    third = Wish(act="question", text="", question=Question(asked="year", refs=(3,)))
    hearer = FakeHearer({"oldest": oldest, "third": third})
    async with make(hearer=hearer) as agent:
        shown = (await agent.turn("something", thread="t1")).tracks
        told = (await agent.turn("oldest", thread="t1")).text
        first = min(shown, key=lambda each: each.year or 0)
        assert f"“{first.title}” by {first.artist} is the oldest." in told
        assert str(first.year) in told
        await agent.turn("third", thread="t1")
        await agent.turn("whatever", thread="t1")
        assert hearer.views[-2].focus == (first.number,)
        assert hearer.views[-1].focus == (3,)
        await agent.turn("and now?", thread="t1")
        assert not hearer.views[-1].focus, "new tracks are in sight"


async def test_the_list_is_told_by_name(make: Make) -> None:
    add = Wish(act="control", text="", command=Command(name="add"), refs=(2,))
    show = Wish(act="control", text="", command=Command(name="show_list"))
    async with make({"add": add, "list?": show}) as agent:
        shown = (await agent.turn("something", thread="t1")).tracks
        assert (await agent.turn("list?", thread="t1")).text.startswith("Your list is empty")
        await agent.turn("add", thread="t1")
        told = (await agent.turn("list?", thread="t1")).text
        assert told == f"Your list has one track: “{shown[1].title}” by {shown[1].artist}."


async def test_a_question_about_an_artist_is_about_them(make: Make, catalog: Catalog) -> None:
    place = next(n for n in range(len(catalog)) if catalog.at(n).artist == "Nina Simone")
    mention = HeardMention(
        kind="artist", name="Nina Simone", score=1.0, positions=(place,), exact=True, start=0, end=1, text="n",
        polarity="want",
    )  # fmt: skip
    who = Wish(act="question", text="", question=Question(asked="artist"), mentions=(mention,))
    async with make({"who": who}) as agent:
        assert "is by Nina Simone." in (await agent.turn("who", thread="t1")).text
