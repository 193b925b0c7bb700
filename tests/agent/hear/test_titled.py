"""Titles that are common words, in front of their artist."""

from collections.abc import Iterator

import pytest

from segue.agent.hear import Hearer
from segue.generator.sentences import HashingEncoder
from segue.generator.track import Track
from segue.tools.catalog.catalog import Catalog
from segue.tools.catalog.update import update_catalog

SONGS = [("One", "Metallica"), ("Fade to Black", "Metallica"), ("One", "U2"), ("Music", "Madonna"), ("Songs", "Regina")]


@pytest.fixture(scope="module")
def hearer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hearer]:
    folder = tmp_path_factory.mktemp("titled")
    songs = ({"id": f"t{n}", "title": title, "artists": [name]} for n, (title, name) in enumerate(SONGS))
    update_catalog(folder, map(Track.model_validate, songs), encoder=HashingEncoder())
    with Catalog.open(folder) as catalog:
        yield Hearer(catalog)


@pytest.mark.parametrize(
    ("text", "title", "position"),
    [
        ("One by Metallica", "One", 0),
        ("play one by U2", "One", 2),
        ("can you put on Fade to Black by Metallica?", "Fade to Black", 1),
        ("play the one by Metallica", None, None),
        ("One by Madonna", None, None),
        ("music by Madonna", None, None),
        ("some songs by Regina", None, None),
    ],
)
def test_a_title_of_that_artist_is_meant(hearer: Hearer, text: str, title: str | None, position: int | None) -> None:
    heard = hearer.hear(text)
    assert heard.want.titles == ((title,) if title else ())
    places = [mention.positions for mention in heard.mentions if mention.kind == "title"]
    assert places == ([(position,)] if title else [])
