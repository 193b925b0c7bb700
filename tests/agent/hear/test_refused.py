"""Artists that are called like common words and are refused."""

from collections.abc import Iterator

import pytest

from segue.agent.hear import Hearer
from segue.generator.sentences import HashingEncoder
from segue.generator.track import Track
from segue.tools.catalog.catalog import Catalog
from segue.tools.catalog.update import update_catalog

ARTISTS = ("Common", "Yes", "Queen", "The Specials", "Soul")


@pytest.fixture(scope="module")
def words(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hearer]:
    folder = tmp_path_factory.mktemp("refused")
    songs = ({"id": f"t{n}", "title": f"Song {n}", "artists": [name], "genres": ["soul", "rock"]}
             for n, name in enumerate(ARTISTS))  # fmt: skip
    update_catalog(folder, map(Track.model_validate, songs), encoder=HashingEncoder())
    with Catalog.open(folder) as catalog:
        yield Hearer(catalog)


@pytest.mark.parametrize(
    ("text", "refused"),
    [
        ("rock, anything but Common", ("Common",)),
        ("rock but not Yes or Queen", ("Yes", "Queen")),
        ("I never want to hear The Specials again", ("The Specials",)),
        ("anything but Soul", ()),
        ("rock with no common words", ()),
        ("nothing but Common", ()),
    ],
)
def test_a_refused_name_is_an_artist_however_common_a_word_it_is(
    words: Hearer, text: str, refused: tuple[str, ...]
) -> None:
    assert words.hear(text).filters.without_artists == refused
