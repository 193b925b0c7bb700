import pytest

from segue.agent.hear.commands import control_command, is_about_memory, taste_command
from segue.agent.hear.questions import asked_in


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("add 2 and 4", "add"),
        ("remove the first one", "remove"),
        ("skip skip skip", "skip"),
        ("delete everything and start over", "clear"),
        ("rename it to Girls Night", "rename"),
        ("save this", "save"),
        ("undo", "undo"),
        ("Stop. Stop. Stop.", "stop"),
        ("play number 4", "play"),
        ("shuffle", "shuffle"),
        ("ajoute la 3 à ma liste", "add"),
    ],
)
def test_what_is_to_be_done_to_the_list(text: str, name: str) -> None:
    assert control_command(text).name == name


def test_a_new_name_is_the_argument() -> None:
    assert control_command("rename it to Girls Night and drop Hollaback").argument == "Girls Night"


@pytest.mark.parametrize(
    ("text", "avoided", "name"),
    [
        ("never play Christmas music", "Christmas", "never"),
        ("I never want to hear country", "country", "never"),
        ("forget that I like country", "country", "forget"),
        ("don't save that as my taste", "80s synth", "forget"),
        ("take ABBA off the never-play list", "", "unban"),
        ("my favourite band is ABBA", "", "state"),
        ("forget everything you know about me", "", "erase"),
        ("undo that", "", "undo"),
    ],
)
def test_what_is_to_be_done_to_what_is_remembered(text: str, avoided: str, name: str) -> None:
    assert taste_command(text, avoided).name == name


def test_asking_what_is_remembered_is_told_from_other_questions() -> None:
    assert is_about_memory("what do you actually know about me?") == "show_taste"
    assert is_about_memory("show me what you know about me") == "show_taste"
    assert is_about_memory("what do you know about Prince?") is None


@pytest.mark.parametrize(
    ("text", "asked"),
    [
        ("what year did that Prince song come out?", "year"),
        ("when was the first one released?", "year"),
        ("who wrote the last two?", "artist"),
        ("which album is cosmic love on", "album"),
        ("what genre is the third one? blues?", "genre"),
        ("why did you pick this", "why"),
        ("how long are these?", "length"),
        ("what language is it in?", "language"),
        ("tell me about her", "about"),
        ("can you hum", "other"),
    ],
)
def test_what_is_asked(text: str, asked: str) -> None:
    assert asked_in(text) == asked
