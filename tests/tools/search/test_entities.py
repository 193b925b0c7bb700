import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from segue.tools.search.entities import EntityLinker, Mention

ROWS = [
    ("Don't Stop Believin'", ["Journey"], "Escape"),
    ("Walk on the Ocean", ["Toad the Wet Sprocket"], "Fear"),
    ("Everything in Its Right Place", ["Radiohead"], "Kid A"),
    ("Creep", ["Radiohead"], "Pablo Honey"),
    ("Roundabout", ["Yes"], "Fragile"),
    ("The Weight", ["The Band"], "Music from Big Pink"),
    ("Love", ["Lana Del Rey"], "Lust for Life"),
    ("Music", ["Madonna"], "Music"),
    ("Looking For", ["The The"], None),
    ("Under the Bridge", ["Red Hot Chili Peppers"], "Blood Sugar Sex Magik"),
    ("Dreams", ["Fleetwood Mac"], "Rumours"),
    ("Dreams", ["The Cranberries"], None),
    ("First Love", ["宇多田ヒカル"], "First Love"),
    ("Halo", ["Beyoncé"], "I Am... Sasha Fierce"),
    ("Sinnerman", ["Nina Simone"], "Pastel Blues"),
    ("Hip Hop", ["dead prez"], None),
    ("Refugee", ["Tom Petty & The Heartbreakers"], None),
]


@pytest.fixture(scope="module")
def linker() -> EntityLinker:
    titles, artists, albums = zip(*ROWS, strict=True)
    return EntityLinker.of_columns(titles, artists, albums)


def names(mentions: list[Mention]) -> set[tuple[str, str]]:
    return {(mention.kind, mention.name) for mention in mentions}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("something like toad the wet sprocket", ("artist", "Toad the Wet Sprocket")),
        ("Perfect! More songs similar to Don't Sotp Believin'?", ("title", "Don't Stop Believin'")),
        ("anything like Radiohead's newer stuff", ("artist", "Radiohead")),
        ("songs like radiohaed", ("artist", "Radiohead")),
        ("bands like RHCP", ("artist", "Red Hot Chili Peppers")),
        ("I want to hear 宇多田ヒカル", ("artist", "宇多田ヒカル")),
        ("songs like beyonce", ("artist", "Beyoncé")),
        ("play some nina simone", ("artist", "Nina Simone")),
        ("songs like Tom Petty", ("artist", "Tom Petty & The Heartbreakers")),
    ],
)
def test_names_are_found(linker: EntityLinker, text: str, expected: tuple[str, str]) -> None:
    assert expected in names(linker.link(text))


@pytest.mark.parametrize(
    "text",
    [
        "I love music and I want love songs",
        "yes please, I like the music",
        "looking for the band that plays at weddings",
        "I want some hip hop for a party",
        "sweet dreams are made of this kind of thing, I need music for sleeping",
        "yes",
        "thanks, that was great",
        "",
        "?!",
    ],
)
def test_everyday_words_are_no_names(linker: EntityLinker, text: str) -> None:
    assert linker.link(text) == []


def test_mentions_say_where_and_what(linker: EntityLinker) -> None:
    text = "I love Radiohead's Kid A. Something similar?"
    (mention,) = [m for m in linker.link(text) if m.kind == "artist"]
    assert text[mention.start : mention.end] == mention.text == "Radiohead's"
    assert mention.positions == (2, 3)
    assert mention.exact


def test_a_misspelling_is_not_exact(linker: EntityLinker) -> None:
    (mention,) = linker.link("songs like radiohaed")
    assert not mention.exact


def test_an_ambiguous_title_keeps_all_its_tracks(linker: EntityLinker) -> None:
    (mention,) = [m for m in linker.link('play "Dreams"') if m.kind == "title"]
    assert set(mention.positions) == {10, 11}


def test_a_bare_name_counts_in_a_search_box_only(linker: EntityLinker) -> None:
    assert linker.link("love") == []
    assert names(linker.link("love", bare=True)) == {("title", "Love")}


@settings(deadline=None, max_examples=50)
@given(
    st.lists(
        st.sampled_from([w for row in ROWS for w in row[0].split()] + ["by", "like", "the", '"', ","]), max_size=12
    )
)
def test_mentions_never_overlap(linker: EntityLinker, pieces: list[str]) -> None:
    text = " ".join(pieces)
    end = 0
    for mention in linker.link(text):
        assert mention.start >= end
        assert text[mention.start : mention.end] == mention.text
        end = mention.end
