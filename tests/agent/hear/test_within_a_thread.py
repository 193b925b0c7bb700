"""What a message means after others: what is in sight, what was spoken of, and what was wished for."""

from dataclasses import replace

import pytest

from segue.agent.hear import Hearer
from segue.agent.search_text import search_text
from segue.agent.wish import Facets, ThreadView, Wish


@pytest.mark.parametrize("message", ["no, not that one", "I don't like this one", "I love this one", "esa no"])
def test_one_of_several_in_sight_is_asked_about(hearer: Hearer, country: ThreadView, message: str) -> None:
    wish = hearer.hear(message, country)
    assert wish.refs == ()
    assert wish.clarify is not None
    assert all(track.title in wish.clarify for track in country.shown)
    alone = hearer.hear(message, replace(country, shown=country.shown[:1]))
    assert (alone.refs, alone.clarify) == ((1,), None)


@pytest.mark.parametrize("message", ["not those", "no, not these", "nope, not any of them"])
def test_all_in_sight_are_turned_down_by_whoever_says_so(hearer: Hearer, country: ThreadView, message: str) -> None:
    wish = hearer.hear(message, country)
    assert (wish.act, wish.refs, wish.clarify) == ("dislike", (1, 2, 3), None)


def test_one_that_is_pointed_at_is_not_asked_about(hearer: Hearer, country: ThreadView) -> None:
    wish = hearer.hear("not the second one", country)
    assert (wish.act, wish.refs, wish.clarify) == ("dislike", (2,), None)


@pytest.mark.parametrize(
    ("message", "moods"),
    [
        ("happier", ("happier",)), ("sadder", ("sadder",)), ("calmer but happier", ("calmer", "happier")),
        ("more cheerful", ("cheerful",)), ("a bit angrier please", ("angrier",)),
    ],
)  # fmt: skip
def test_a_comparative_alone_changes_the_mood(
    hearer: Hearer, country: ThreadView, message: str, moods: tuple[str, ...]
) -> None:
    standing = Wish(act="request", text="some country", want=Facets(genres=("country",), moods=("dark",)))
    wish = hearer.hear(message, replace(country, wish=standing))
    assert (wish.act, wish.want.moods, wish.refs) == ("refine", moods, ())
    assert wish.want.genres == ("country",)


def test_the_answer_to_which_one_is_the_opinion_of_that_track(hearer: Hearer, country: ThreadView) -> None:
    asked = hearer.hear("no, not that one", country)
    assert asked.clarify is not None
    thread = replace(country, before=asked.clarify, wish=asked)
    for message, refs in (("the second one", (2,)), ("Jolene", (1,)), ("all of them", (1, 2, 3))):
        answer = hearer.hear(message, thread)
        assert (answer.act, answer.refs, answer.clarify) == ("dislike", refs, None), message
    assert hearer.hear("more like the second one", thread).act != "dislike"


def test_another_genre_leaves_the_artist_that_was_asked_for(hearer: Hearer, country: ThreadView) -> None:
    standing = Wish(act="request", text="something by Queen", want=Facets(artists=("Queen",)))
    wish = hearer.hear("actually some jazz", replace(country, wish=standing))
    assert wish.filters.artists == ()
    assert wish.filters.genres == ("jazz",)


@pytest.mark.parametrize("message", ["no sad stuff. make me forget him", "no sad stuff, I want to forget her"])
def test_who_wants_to_forget_somebody_orders_nothing_of_the_memory(hearer: Hearer, message: str) -> None:
    wish = hearer.hear(message)
    assert (wish.act, wish.command) == ("request", None)
    assert wish.filters.without_moods == ("sad",)
    assert hearer.hear("forget that I like jazz").command is not None


def test_what_was_spoken_of_last_is_meant_by_it(hearer: Hearer) -> None:
    thread = ThreadView(shown=tuple(hearer.house.catalog.at(n) for n in range(4)), focus=(3,))
    assert hearer.hear("who's that singer?", thread).refs == (3,)
    assert hearer.hear("when was it released?", thread).refs == (3,)
    assert hearer.hear("when was the second one released?", thread).refs == (2,)


def test_a_question_whether_tracks_are_something_names_it(hearer: Hearer) -> None:
    thread = ThreadView(shown=tuple(hearer.house.catalog.at(n) for n in range(4)))
    asked = hearer.hear("is the second one jazz?", thread).question
    assert asked is not None
    assert (asked.refs, asked.labels) == ((2,), ("jazz",))


@pytest.mark.parametrize(
    ("message", "genres"),
    [
        ("no wait, jazz", ("jazz",)),
        ("hmm actually country", ("country",)),
        ("wait, no, soul please", ("soul",)),
        ("that's not rock, that's soul", ("rock",)),
        ("that isn't jazz, is it", ("rock",)),
        ("make it 8 songs", ("rock",)),
        ("sorry but those aren't really rock", ("rock",)),
        ("can you make it about 20 songs?", ("rock",)),
        ("12 songs please", ("rock",)),
    ],
)
def test_a_change_of_mind_keeps_what_it_does_not_change(hearer: Hearer, message: str, genres: tuple[str, ...]) -> None:
    first = hearer.hear("some rock from the 90s")
    shown = tuple(hearer.house.catalog.at(n) for n in (9, 12, 13))
    wish = hearer.hear(message, ThreadView(shown=shown, wish=first))
    assert (wish.want.genres, wish.avoid.genres, wish.command) == (genres, (), None)
    assert wish.want.eras == first.want.eras
    assert wish.act in ("refine", "dislike")
    assert wish.text == message


def test_an_order_to_forget_stays_one(hearer: Hearer) -> None:
    first = hearer.hear("some rock from the 90s")
    wish = hearer.hear("forget that I like jazz", ThreadView(wish=first))
    assert wish.command is not None
    assert wish.command.name == "forget"


@pytest.mark.parametrize(
    ("message", "act", "refs"),
    [
        ("the 2nd 1 is 👎", "dislike", (2,)),
        ("2 👍", "like", (2,)),
        ("yes, this is good. more like the first", "more", (1,)),
        ("more like the second one, but with a woman singing", "refine", (2,)),
    ],
)
def test_what_is_thought_of_a_track_is_not_turned_round(
    hearer: Hearer, country: ThreadView, message: str, act: str, refs: tuple[int, ...]
) -> None:
    wish = hearer.hear(message, country)
    assert (wish.act, wish.refs) == (act, refs)


def test_no_such_song_ever_is_a_lasting_ban(hearer: Hearer) -> None:
    first = hearer.hear("some rock from the 90s")
    wish = hearer.hear("no country ever!!", ThreadView(wish=first))
    assert (wish.act, wish.lasting, wish.avoid.genres) == ("taste", True, ("country",))
    assert wish.command is not None
    assert wish.command.name == "never"


def test_who_forgets_a_wish_drops_it_and_no_taste(hearer: Hearer) -> None:
    wish = hearer.hear("forget it, jazz after all", ThreadView(wish=hearer.hear("some rock from the 90s")))
    assert (wish.act, wish.want, wish.command) == ("request", Facets(genres=("jazz",)), None)


@pytest.mark.parametrize(
    ("message", "artist"),
    [
        ("qualcosa di Johnny Cash", "Johnny Cash"),
        ("chansons de Édith Piaf", "Édith Piaf"),
        ("etwas von Massive Attack", "Massive Attack"),
    ],
)
def test_whom_music_is_by_is_wanted(hearer: Hearer, message: str, artist: str) -> None:
    wish = hearer.hear(message)
    assert (wish.want.artists, wish.avoid.artists, wish.missing) == ((artist,), (), ())


@pytest.mark.parametrize(
    ("message", "mood"),
    [
        ("my dog died today", "comforting"),
        ("my girlfriend broke up with me", "heartbroken"),
        ("I had a terrible week, play something", "comforting"),
        ("we got married!", "celebratory"),
    ],
)
def test_what_happened_asks_for_music_that_fits(hearer: Hearer, message: str, mood: str) -> None:
    wish = hearer.hear(message)
    assert mood in wish.want.moods
    assert (wish.missing, wish.want.titles, wish.want.artists) == ((), (), ())
    assert not {"dog", "girlfriend", "week", "married"} & set(search_text(wish, []).split())


def test_a_name_behind_by_is_a_name(hearer: Hearer) -> None:
    wish = hearer.hear("songs by radiohed")
    assert (wish.missing, wish.nearest, wish.want.sound) == (("radiohed",), {"radiohed": "Radiohead"}, ())


@pytest.mark.parametrize(
    ("message", "era"), [("not that old", "newer"), ("nah, too old", "newer"), ("less modern", "older")]
)
def test_too_old_asks_for_newer_ones_and_turns_none_down(hearer: Hearer, message: str, era: str) -> None:
    shown = tuple(hearer.house.catalog.at(n) for n in (8, 9, 12, 13, 14))
    wish = hearer.hear(message, ThreadView(shown=shown, wish=hearer.hear("some rock")))
    assert wish.want.eras == (era,)
    assert wish.filters.year_from is not None or wish.filters.year_to is not None
    if message == "not that old":
        assert wish.act == "refine"


def test_no_lyrics_is_a_refinement(hearer: Hearer) -> None:
    wish = hearer.hear("no lyrics please", ThreadView(wish=hearer.hear("some jazz")))
    assert (wish.act, wish.want.genres, wish.filters.vocals) == ("refine", ("jazz",), ("instrumental",))


def test_what_was_spoken_of_is_what_is_added(hearer: Hearer) -> None:
    thread = ThreadView(shown=tuple(hearer.house.catalog.at(n) for n in range(4)), focus=(3,))
    wish = hearer.hear("add it to my list", thread)
    assert (wish.act, wish.refs, wish.clarify) == ("control", (3,), None)
    assert hearer.hear("is it about love?", thread).clarify is None
    assert hearer.hear("I love the second one", thread).refs == (2,)


@pytest.mark.parametrize("message", ["what's on my list?", "show me my playlist"])
def test_the_list_can_be_asked_for(hearer: Hearer, message: str) -> None:
    wish = hearer.hear(message)
    assert wish.act == "control"
    assert wish.command is not None
    assert wish.command.name == "show_list"


def test_going_back_to_something_is_no_statement_of_taste(hearer: Hearer) -> None:
    wish = hearer.hear("back to rock please", ThreadView(wish=hearer.hear("some jazz")))
    assert (wish.act, wish.want.genres) == ("request", ("rock",))


def test_what_is_ruled_out_is_never_searched_for(hearer: Hearer) -> None:
    wish = hearer.hear("not sad", ThreadView(wish=hearer.hear("sad songs")))
    assert wish.avoid.moods == ("sad",)
    assert "sad" not in search_text(wish, [])
