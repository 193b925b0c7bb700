"""Messages in other languages than English."""

import pytest

from segue.agent.hear import Hearer
from segue.agent.hear.foreign import foreign_words
from segue.tools.search.words import words


@pytest.mark.parametrize(
    ("message", "kind", "value"),
    [
        ("quelque chose de plus calme", "moods", "calm"),
        ("algo tranquilo", "moods", "calm"),
        ("etwas ruhiges bitte", "moods", "calm"),
        ("música alegre", "moods", "happy"),
        ("música para bailar", "sound", "danceable"),
        ("musica per ballare", "sound", "danceable"),
        ("Musik zum Lernen", "activities", "study"),
        ("chansons d'amour", "themes", "love"),
    ],
)
def test_moods_and_occasions_are_heard_in_other_languages(hearer: Hearer, message: str, kind: str, value: str) -> None:
    wish = hearer.hear(message)
    assert value in getattr(wish.want, kind)
    assert wish.missing == ()


@pytest.mark.parametrize(
    ("message", "said"),
    [
        ("chanson songs from the 1980s", False),
        ("no chanson", False),
        ("some lieder by a soprano", False),
        ("une chanson triste", True),
        ("des chansons pour danser", True),
        ("ein paar Lieder bitte", True),
    ],
)
def test_a_word_for_songs_is_a_kind_of_music_in_another_language(message: str, said: bool) -> None:
    fillers = [found for found in foreign_words(message, words(message)) if found.kind is None]
    assert bool(fillers) == said


@pytest.mark.parametrize("message", ["songs that I lent my brother", "the season of Lent"])
def test_english_words_that_look_like_another_language_are_english(message: str) -> None:
    assert [found for found in foreign_words(message, words(message)) if found.kind] == []


def test_a_long_message_in_another_language_is_read_word_by_word() -> None:
    degrees = f"no {'très' * 40} triste"
    assert [found.polarity for found in foreign_words(degrees, words(degrees))] == ["want"]
    text = "nada muy triste " * 500
    assert [found.polarity for found in foreign_words(text, words(text))] == ["avoid"] * 500


def test_a_decade_is_heard_in_spanish_without_its_years(hearer: Hearer) -> None:
    wish = hearer.hear("rock alegre de los 80")
    assert (wish.filters.year_from, wish.filters.year_to) == (1980, 1989)
    assert wish.missing == ()


def test_a_mood_is_ruled_out_in_other_languages(hearer: Hearer) -> None:
    wish = hearer.hear("etwas ruhiges, nicht zu traurig")
    assert (wish.want.moods, wish.avoid.moods) == (("calm",), ("sad",))


@pytest.mark.parametrize("message", ["auf Deutsch bitte", "en español por favor", "in italiano"])
def test_a_language_is_heard_in_its_own(hearer: Hearer, message: str) -> None:
    heard = [each.value for each in foreign_words(message, words(message)) if each.kind == "languages"]
    assert len(heard) == 1
    assert heard[0] in ("German", "Spanish", "Italian")
